//! What every refusal of the crate says of itself: code, remedy, layer, and a text with its causes.
//!
//! A module declares its refusals with [`refusals!`]: one table, in which each variant stands with its
//! code and its remedy, once. What the table says can be listed (`ota_trust::refusals`), so nothing else
//! has to be kept in step with it.

use alloc::string::String;
use core::error::Error;
use core::fmt::{self, Write as _};

use super::Remedy;
use super::printed::escape_of;

/// The layer of the security model that refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Layer {
    /// Below all layers: what is no valid name, path, version, time, JSON or key.
    Primitives,
    /// Layer 1: the connection that a request came over.
    Transport,
    /// Layer 2: requests and responses.
    Request,
    /// Layer 3: roles, thresholds, versions, expiry.
    Manifest,
    /// Layer 4: lengths, digests, blocks.
    Artifact,
    /// Layer 5: rollout plans, decisions, and the permits in which all proofs meet.
    Eligibility,
    /// Layer 6: attestation results.
    Attestation,
    /// Who a device is, as far as a server has to know.
    Identity,
    /// Layer 7: drafts, signatures, ceremonies.
    Signing,
    /// What a device keeps between cycles.
    Storage,
    /// Who built an artifact.
    Provenance,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Primitives => "primitives",
            Self::Transport => "transport",
            Self::Request => "request",
            Self::Manifest => "manifest",
            Self::Artifact => "artifact",
            Self::Eligibility => "eligibility",
            Self::Attestation => "attestation",
            Self::Identity => "identity",
            Self::Signing => "signing",
            Self::Storage => "storage",
            Self::Provenance => "provenance",
        })
    }
}

/// A refusal of this crate. All of its errors are, and [`Error`](crate::Error) gathers them.
///
/// The text of an error (`Display`) says its own part and leaves the cause to
/// [`source`](Error::source). Whoever prints it for a person or a log prints the
/// [`report`](Self::report), which has both.
///
/// ```
/// use ota_trust::Refusal;
/// use ota_trust::primitives::{Limits, StartTime, UtcTime};
/// use ota_trust::update::Update;
///
/// /// What goes to a log: which code, what helps, and the whole story on one line.
/// fn logged(refusal: &dyn Refusal) -> String {
///     format!("{} ({}): {}", refusal.code(), refusal.remedy(), refusal.report())
/// }
///
/// let start = StartTime::Known("2026-11-23T09:36:05Z".parse::<UtcTime>()?);
/// let refused = Update::begin(b"{}".as_slice(), start, Limits::small()).unwrap_err();
/// assert_eq!(
///     logged(&refused),
///     "update.anchor (tell the operator of the repository or the device): \
///      the provisioned root is refused: root: not well-formed: the field `signatures` is missing"
/// );
/// # Ok::<(), ota_trust::Error>(())
/// ```
///
/// It is implemented by this crate alone, so that it can grow.
pub trait Refusal: Error + sealed::Sealed {
    /// The stable code, such as `verify.expired`. It is for programs, and does not change.
    fn code(&self) -> &'static str;

    /// What helps.
    fn remedy(&self) -> Remedy;

    /// The layer that refused.
    fn layer(&self) -> Layer;

    /// The text with all that it was caused by, fit for a log.
    fn report(&self) -> ErrorReport<'_>;
}

pub(crate) mod sealed {
    /// Keeps [`Refusal`](super::Refusal) to this crate.
    pub trait Sealed {}
}

/// What a refusal means, without one at hand: for dashboards, alerts and translations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusalInfo {
    pub(crate) code: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) remedy: Option<Remedy>,
    pub(crate) layer: Layer,
}

impl RefusalInfo {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// What it means, in a sentence or two, in the notation of the documentation (Markdown).
    #[must_use]
    pub const fn meaning(&self) -> &'static str {
        self.meaning.trim_ascii_start()
    }

    /// What helps. Where another refusal passes this code on, what helps may be something else: an
    /// error at hand knows ([`Refusal::remedy`]).
    ///
    /// `None` for a [`Reason`](crate::eligibility::Reason) of a decision, which is not a failure: it
    /// may pass by itself, and says so ([`wait`](crate::eligibility::Reason::wait)).
    #[must_use]
    pub const fn remedy(&self) -> Option<Remedy> {
        self.remedy
    }

    /// The layer that refuses. Where another refusal passes this code on, it is that one's.
    #[must_use]
    pub const fn layer(&self) -> Layer {
        self.layer
    }
}

/// An error with all that it was caused by, for people and for logs.
///
/// It displays as the texts of the error and its [`source`](Error::source)s, joined by `: `. A cause
/// that the text before it already ends with is not repeated. What cannot be seen is escaped, control
/// characters first of all, so that what a file contains cannot forge a line of a log. The whole is at
/// most [`MAX_LENGTH`](Self::MAX_LENGTH) characters long, and a text that has a cause at most a quarter
/// of that: what is longer is cut.
///
/// ```
/// use ota_trust::ErrorReport;
///
/// let error = std::io::Error::other("the disk\nis full");
/// assert_eq!(ErrorReport::of(&error).to_string(), "the disk\\nis full");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ErrorReport<'e>(&'e (dyn Error + 'static));

impl<'e> ErrorReport<'e> {
    /// How many characters it has at most, escaped, before a closing `…`.
    pub const MAX_LENGTH: usize = 2000;

    /// Of any error, this crate's or not.
    #[must_use]
    pub fn of(error: &'e (dyn Error + 'static)) -> Self {
        Self(error)
    }
}

impl fmt::Display for ErrorReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut said, mut link) = (Bounded::new(Self::MAX_LENGTH), Some(self.0));
        while let Some(error) = link {
            link = error.source();
            // What caused an error is worth more than the rest of a long text.
            let longest = if link.is_some() { Self::MAX_LENGTH / 4 } else { Self::MAX_LENGTH };
            let mut part = Bounded::new(longest);
            // Cut is not failed: what fits has been taken.
            let _ = write!(part, "{error}");
            if part.is_cut {
                part.text.push('…');
            }
            if said.text.ends_with(&part.text) {
                continue;
            }
            let colon = if said.text.is_empty() { "" } else { ": " };
            if said.take(colon).and_then(|()| said.take(&part.text)).is_err() {
                break;
            }
        }
        f.write_str(&said.text)?;
        if said.is_cut { f.write_str("…") } else { Ok(()) }
    }
}

/// Text of at most so many characters, each of which is seen.
struct Bounded {
    text: String,
    room: usize,
    is_cut: bool,
}

impl Bounded {
    fn new(room: usize) -> Self {
        Self { text: String::new(), room, is_cut: false }
    }

    /// Adds text that has been escaped.
    fn take(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| self.take_one(c))
    }

    fn take_one(&mut self, c: char) -> fmt::Result {
        let room = self.room.checked_sub(1);
        self.is_cut = room.is_none();
        self.room = room.ok_or(fmt::Error)?;
        self.text.push(c);
        Ok(())
    }
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| match (c, escape_of(c, true)) {
            // What was escaped before stays as it is.
            ('\\' | '"' | '\'', _) | (_, None) => self.take_one(c),
            (_, Some(mut escape)) => escape.try_for_each(|c| self.take_one(c)),
        })
    }
}

/// Declares a type of refusals: the type itself, its `code`, `remedy` and `layer`, the trait
/// [`Refusal`], and the table that `ota_trust::refusals` lists.
///
/// Called with parentheses, so that rustfmt formats what is inside. The layer comes first; each variant
/// has its documentation (which is its meaning in the table), an optional `#[cfg]`, and then one of
///
/// - `#[refusal("module.reason", Remedy)]`: its own code and remedy;
/// - `#[refusal(of field)]`: the code and the remedy of the refusal in that field (`0` in a tuple);
/// - `#[refusal(of field, Remedy)]`: the code of that refusal, and a remedy of its own.
///
/// A struct has one of the first two, behind its documentation.
macro_rules! refusals {
    (
        $layer:ident,
        $(#[$outer:meta])*
        $vis:vis enum $name:ident {
            $(
                $(#[doc = $doc:literal])*
                $(#[cfg($cfg:meta)])?
                #[refusal $how:tt]
                $(#[$meta:meta])*
                $variant:ident $({ $($named:tt)* })? $(( $($tuple:tt)* ))?
            ),* $(,)?
        } $(,)?
    ) => {
        $(#[$outer])*
        $vis enum $name {
            $(
                $(#[doc = $doc])*
                $(#[cfg($cfg)])?
                $(#[$meta])*
                $variant $({ $($named)* })? $(( $($tuple)* ))?
            ),*
        }

        impl $name {
            /// What `refusals()` lists of this type; `None` for what another type lists.
            pub(crate) const TABLE: &'static [Option<crate::primitives::RefusalInfo>] = &[
                $( $(#[cfg($cfg)])? refusals!(@info $layer [$($doc)*] $how) ),*
            ];

            /// The stable code of this refusal.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                refusals!(@code self [] $( $([$cfg])? $variant $how )*)
            }

            /// What helps.
            #[must_use]
            pub const fn remedy(&self) -> crate::primitives::Remedy {
                refusals!(@remedy self [] $( $([$cfg])? $variant $how )*)
            }
        }

        refusals!(@refusal $layer $name);
    };
    (
        $layer:ident,
        $(#[doc = $doc:literal])*
        #[refusal $how:tt]
        $(#[$meta:meta])*
        $vis:vis struct $name:ident; $(,)?
    ) => {
        $(#[doc = $doc])*
        $(#[$meta])*
        $vis struct $name;

        impl $name {
            /// What `refusals()` lists of this type.
            pub(crate) const TABLE: &'static [Option<crate::primitives::RefusalInfo>] =
                &[refusals!(@info $layer [$($doc)*] $how)];

            /// The stable code of this refusal.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                let Self = self;
                refusals!(@own_code $how)
            }

            /// What helps.
            #[must_use]
            pub const fn remedy(&self) -> crate::primitives::Remedy {
                let Self = self;
                refusals!(@own_remedy $how)
            }
        }

        refusals!(@refusal $layer $name);
    };

    (
        $layer:ident,
        $(#[doc = $doc:literal])*
        #[refusal(of $field:ident)]
        $(#[$meta:meta])*
        $vis:vis struct $name:ident { $($fields:tt)* } $(,)?
    ) => {
        $(#[doc = $doc])*
        $(#[$meta])*
        $vis struct $name { $($fields)* }

        impl $name {
            /// What `refusals()` lists of this type: nothing that the type of its field does not.
            pub(crate) const TABLE: &'static [Option<crate::primitives::RefusalInfo>] = &[];

            /// The stable code of this refusal.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                self.$field.code()
            }

            /// What helps.
            #[must_use]
            pub const fn remedy(&self) -> crate::primitives::Remedy {
                self.$field.remedy()
            }
        }

        refusals!(@refusal $layer $name);
    };

    // The trait, from the inherent methods.
    (@refusal $layer:ident $name:ident) => {
        impl $name {
            /// The layer that refused.
            #[must_use]
            pub const fn layer(&self) -> crate::primitives::Layer {
                crate::primitives::Layer::$layer
            }

            /// The text with all that it was caused by, fit for a log.
            #[must_use]
            pub fn report(&self) -> crate::primitives::ErrorReport<'_> {
                crate::primitives::ErrorReport::of(self)
            }
        }

        impl crate::primitives::sealed::Sealed for $name {}

        impl crate::primitives::Refusal for $name {
            fn code(&self) -> &'static str {
                self.code()
            }

            fn remedy(&self) -> crate::primitives::Remedy {
                self.remedy()
            }

            fn layer(&self) -> crate::primitives::Layer {
                self.layer()
            }

            fn report(&self) -> crate::primitives::ErrorReport<'_> {
                self.report()
            }
        }
    };

    (@info $layer:ident [$($doc:literal)*] (of $($nested:tt)*)) => { None };
    (@info $layer:ident [$($doc:literal)*] ($code:literal, $remedy:ident)) => {
        Some(crate::primitives::RefusalInfo {
            code: $code,
            meaning: concat!($($doc),*),
            remedy: Some(crate::primitives::Remedy::$remedy),
            layer: crate::primitives::Layer::$layer,
        })
    };

    (@own_code ($code:literal, $remedy:ident)) => { $code };
    (@own_remedy ($code:literal, $remedy:ident)) => { crate::primitives::Remedy::$remedy };

    // The arms of a match, one variant after the other: a name that an arm binds has to be written in
    // the same step as its use.
    (@code $self:ident [$($arms:tt)*]) => { match $self { $($arms)* } };
    (@code $self:ident [$($arms:tt)*] $([$cfg:meta])? $variant:ident ($code:literal, $remedy:ident) $($rest:tt)*) => {
        refusals!(@code $self [$($arms)* $(#[cfg($cfg)])? Self::$variant { .. } => $code,] $($rest)*)
    };
    (@code $self:ident [$($arms:tt)*] $([$cfg:meta])? $variant:ident (of $field:tt $(, $remedy:ident)?) $($rest:tt)*) => {
        refusals!(@code $self [$($arms)* $(#[cfg($cfg)])? Self::$variant { $field: inner, .. } => inner.code(),] $($rest)*)
    };
    (@remedy $self:ident [$($arms:tt)*]) => { match $self { $($arms)* } };
    (@remedy $self:ident [$($arms:tt)*] $([$cfg:meta])? $variant:ident (of $field:tt) $($rest:tt)*) => {
        refusals!(@remedy $self [$($arms)* $(#[cfg($cfg)])? Self::$variant { $field: inner, .. } => inner.remedy(),] $($rest)*)
    };
    (@remedy $self:ident [$($arms:tt)*] $([$cfg:meta])? $variant:ident (of $field:tt, $remedy:ident) $($rest:tt)*) => {
        refusals!(@remedy $self [$($arms)* $(#[cfg($cfg)])? Self::$variant { .. } => crate::primitives::Remedy::$remedy,] $($rest)*)
    };
    (@remedy $self:ident [$($arms:tt)*] $([$cfg:meta])? $variant:ident ($code:literal, $remedy:ident) $($rest:tt)*) => {
        refusals!(@remedy $self [$($arms)* $(#[cfg($cfg)])? Self::$variant { .. } => crate::primitives::Remedy::$remedy,] $($rest)*)
    };
}

/// Declares the reasons of decisions, which are not errors: the type and its `code`, and the same table.
/// Each variant has its documentation, and then `#[reason("reason.name")]`.
macro_rules! reasons {
    (
        $layer:ident,
        $(#[$outer:meta])*
        $vis:vis enum $name:ident {
            $(
                $(#[doc = $doc:literal])*
                #[reason($code:literal)]
                $variant:ident $({ $($named:tt)* })? $(( $($tuple:tt)* ))?
            ),* $(,)?
        } $(,)?
    ) => {
        $(#[$outer])*
        $vis enum $name {
            $( $(#[doc = $doc])* $variant $({ $($named)* })? $(( $($tuple)* ))? ),*
        }

        impl $name {
            /// What `refusals()` lists of this type.
            pub(crate) const TABLE: &'static [Option<crate::primitives::RefusalInfo>] = &[
                $( Some(crate::primitives::RefusalInfo {
                    code: $code,
                    meaning: concat!($($doc),*),
                    remedy: None,
                    layer: crate::primitives::Layer::$layer,
                }) ),*
            ];

            /// The stable code.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self { $( Self::$variant { .. } => $code, )* }
            }
        }
    };
}

pub(crate) use {reasons, refusals};

//! A PKCS#11 token: its keys, and a [`Signer`] for each.

use std::env;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::UserType;
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use ota_trust::key::{NamedKey, SignError, Signer};
use p256::pkcs8::{EncodePublicKey as _, LineEnding};
use sha2::{Digest as _, Sha256};

use crate::Result;

/// By this the token's keys are found again.
const LABEL: &str = "ota-trust";

/// The module of the token's maker, loaded at run time.
pub struct Module(Pkcs11);

/// A token with somebody logged in.
pub struct Session {
    session: cryptoki::session::Session,
    has_eddsa: bool,
    /// What the token calls itself.
    pub name: String,
}

/// The two kinds of keys that are made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    P256,
    Ed25519,
}

/// A key that never leaves the token. The token does one thing with it: sign.
pub struct TokenKey<'s> {
    session: &'s Session,
    private: ObjectHandle,
    kind: Kind,
    public_key: NamedKey,
}

impl Module {
    /// The module that TOKEN_MODULE names.
    #[allow(clippy::doc_markdown, reason = "the name of a variable")]
    pub fn load() -> Result<Self> {
        let module = env::var("TOKEN_MODULE").map_err(|_| "TOKEN_MODULE is not set")?;
        let module = Pkcs11::new(module)?;
        module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
        Ok(Self(module))
    }

    /// Gives a token that has nothing yet its PINs.
    pub fn initialise(&self, so_pin: &AuthPin, pin: &AuthPin) -> Result<()> {
        if !self.0.get_slots_with_initialized_token()?.is_empty() {
            return Err("there is a token with contents: it stays as it is".into());
        }
        let slot = *self.0.get_slots_with_token()?.first().ok_or("there is no token")?;
        self.0.init_token(slot, so_pin, LABEL)?;
        let session = self.0.open_rw_session(slot)?;
        session.login(UserType::So, Some(so_pin))?;
        session.init_pin(pin)?;
        Ok(session.logout()?)
    }

    /// Logs in to the first token.
    pub fn log_in(&self, pin: &AuthPin) -> Result<Session> {
        let slot = self.slot()?;
        let session = self.0.open_rw_session(slot)?;
        session.login(UserType::User, Some(pin))?;
        let info = self.0.get_token_info(slot)?;
        let name = format!("{} {}, {}", info.manufacturer_id(), info.model(), info.serial_number());
        let has_eddsa = self.0.get_mechanism_list(slot)?.contains(&MechanismType::EDDSA);
        Ok(Session { session, has_eddsa, name })
    }

    fn slot(&self) -> Result<Slot> {
        let slots = self.0.get_slots_with_initialized_token()?;
        Ok(*slots.first().ok_or("there is no token with contents: `prepare` makes one")?)
    }
}

impl Session {
    /// Makes a key of each kind that the token knows.
    pub fn make_keys(&self) -> Result<Vec<TokenKey<'_>>> {
        let mut kinds = vec![Kind::P256];
        if self.has_eddsa {
            kinds.push(Kind::Ed25519);
        }
        for kind in kinds {
            self.make(kind)?;
        }
        self.keys()
    }

    fn make(&self, kind: Kind) -> Result<()> {
        let common = [
            Attribute::Token(true),
            Attribute::Label(LABEL.into()),
            Attribute::Id(kind.id().into()),
        ];
        let mut public = common.to_vec();
        public.extend([
            Attribute::Private(false),
            Attribute::Verify(true),
            Attribute::EcParams(kind.curve().into()),
        ]);
        let mut private = common.to_vec();
        private.extend([
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
        ]);
        let mechanism = match kind {
            Kind::P256 => Mechanism::EccKeyPairGen,
            Kind::Ed25519 => Mechanism::EccEdwardsKeyPairGen,
        };
        let (_, private) = self.session.generate_key_pair(&mechanism, &public, &private)?;
        self.check_kept_inside(private)
    }

    /// The token's own word that the secret has never been outside, and cannot be had.
    fn check_kept_inside(&self, private: ObjectHandle) -> Result<()> {
        let expected = [
            Attribute::Sensitive(true),
            Attribute::AlwaysSensitive(true),
            Attribute::Extractable(false),
            Attribute::NeverExtractable(true),
        ];
        let types: Vec<AttributeType> = expected.iter().map(Attribute::attribute_type).collect();
        let found = self.session.get_attributes(private, &types)?;
        if expected.iter().all(|attribute| found.contains(attribute)) {
            return Ok(());
        }
        Err(format!("the token does not keep the key to itself: {found:?}").into())
    }

    /// The keys that were made before.
    pub fn keys(&self) -> Result<Vec<TokenKey<'_>>> {
        let mut keys = Vec::new();
        for kind in [Kind::P256, Kind::Ed25519] {
            let find = |class| {
                let template = [
                    Attribute::Class(class),
                    Attribute::Label(LABEL.into()),
                    Attribute::Id(kind.id().into()),
                ];
                Ok::<_, cryptoki::error::Error>(self.session.find_objects(&template)?.pop())
            };
            let (Some(private), Some(public)) =
                (find(ObjectClass::PRIVATE_KEY)?, find(ObjectClass::PUBLIC_KEY)?)
            else {
                continue;
            };
            self.check_kept_inside(private)?;
            let public_key = self.public_key(kind, public)?;
            keys.push(TokenKey { session: self, private, kind, public_key });
        }
        Ok(keys)
    }

    fn public_key(&self, kind: Kind, public: ObjectHandle) -> Result<NamedKey> {
        let found = self.session.get_attributes(public, &[AttributeType::EcPoint])?;
        let Some(Attribute::EcPoint(der)) = found.first() else {
            return Err("the token does not show the public key".into());
        };
        // An `OCTET STRING` of less than 128 bytes: a tag, the length, the point.
        let point = match der.split_at_checked(2) {
            Some(([0x04, length], point)) if usize::from(*length) == point.len() => point,
            _ => return Err("the public key is not in DER".into()),
        };
        Ok(match kind {
            Kind::P256 => {
                let key = p256::PublicKey::from_sec1_bytes(point)?;
                let pem = key.to_public_key_pem(LineEnding::LF)?;
                NamedKey::new("ecdsa", "ecdsa-sha2-nistp256", &pem)
            }
            Kind::Ed25519 => NamedKey::new("ed25519", "ed25519", &hex::encode(point)),
        })
    }
}

impl Kind {
    fn id(self) -> &'static [u8] {
        match self {
            Self::P256 => b"p256",
            Self::Ed25519 => b"ed25519",
        }
    }

    /// `CKA_EC_PARAMS`: the identifier of P-256 (RFC 5480), and the name `edwards25519`
    /// (PKCS#11 3.0 §2.3.5), both in DER.
    fn curve(self) -> &'static [u8] {
        match self {
            Self::P256 => b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07",
            Self::Ed25519 => b"\x13\x0cedwards25519",
        }
    }
}

impl Signer for TokenKey<'_> {
    fn public_key(&self) -> &NamedKey {
        &self.public_key
    }

    /// ECDSA signs a digest: the one mechanism that all tokens have. The library brings what comes
    /// back, `r` and `s` side by side, into the form of TUF, and verifies it.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let session = &self.session.session;
        let signature = match self.kind {
            Kind::P256 => session.sign(&Mechanism::Ecdsa, self.private, &Sha256::digest(message)),
            Kind::Ed25519 => {
                let pure = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
                session.sign(&pure, self.private, message)
            }
        };
        signature.map_err(SignError::new)
    }
}

//! Values that are made of a text, as the standard library's traits have it: for `parse()`, and for
//! whatever reads options or configuration.

/// `FromStr` and `TryFrom<&str>` by the one function that reads the type, with its rules and errors.
macro_rules! parsed {
    ($($name:ty, $error:ty, $read:expr;)*) => {$(
        impl core::str::FromStr for $name {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                $read(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = $error;

            fn try_from(text: &str) -> Result<Self, $error> {
                $read(text)
            }
        }
    )*};
}

pub(crate) use parsed;

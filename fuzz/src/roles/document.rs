//! Metadata files, read naively (TUF §4).

use std::collections::BTreeSet;

use ed25519_dalek::{Signature, VerifyingKey};
use ota_trust::primitives::Limits;
use serde_json::{Map, Value};

use crate::harness::signing::{sha256, sha512};
use crate::harness::strict;

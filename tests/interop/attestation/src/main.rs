//! Writes `tests/data/attestation/ear.json`: attestation results that another implementation writes
//! and signs, crate `ear`, which speaks draft 04.
//!
//! ```text
//! ear-tokens            writes them
//! ear-tokens --check    fails if headers or claims differ from what is there
//! ```
//!
//! Its ES256 is not deterministic, so signatures are left to the tests that read the file. Keys,
//! time and challenge are those of `cases.json` beside it, and so are the fields of a case.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::process::ExitCode;

use ear::{
    Algorithm, Appraisal, Bytes, EAR_PROFILE, Ear, Extensions, KeyAttestation, Nonce, VerifierID,
};
use serde_json::{Map, Value, json};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/attestation");

/// Values of executables and hardware, and what they come to.
const TIERS: [(i8, i8, &str); 9] = [
    (2, 3, "affirming"),
    (2, -32, "affirming"),
    (0, 2, "affirming"),
    (0, 0, "none"),
    (2, 32, "warning"),
    (-96, 2, "warning"),
    (96, 32, "contraindicated"),
    (2, -128, "contraindicated"),
    // Affirming to `ear`, because 2 is more than 1. But the verifier could not read all of it.
    (2, 1, "attestation.status"),
];

/// All before a key in the `SubjectPublicKeyInfo` of Ed25519.
const ED25519_INFO: [u8; 12] = *b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

struct World(Value);

impl World {
    fn read() -> Result<Self, Box<dyn Error>> {
        Ok(Self(serde_json::from_slice(&fs::read(format!("{FOLDER}/cases.json"))?)?))
    }

    fn text(&self, pointer: &str) -> Result<&str, Box<dyn Error>> {
        Ok(self.0.pointer(pointer).and_then(Value::as_str).ok_or("cases.json has other fields")?)
    }

    /// An EAR of one submodule, signed.
    fn token(&self, appraisal: Appraisal, key: &str) -> Result<String, Box<dyn Error>> {
        let challenge = hex::decode(self.text("/challenge")?)?;
        let ear = Ear {
            profile: EAR_PROFILE.to_owned(),
            status: None,
            iat: self.0["now"].as_i64().ok_or("no time")?,
            exp: None,
            vid: VerifierID {
                build: "vts 0.0.1".to_owned(),
                developer: "https://veraison-project.org".to_owned(),
            },
            raw_evidence: None,
            nonce: Some(Nonce::try_from(&*challenge)?),
            topology: None,
            submods: BTreeMap::from([("PSA".to_owned(), appraisal)]),
            extensions: Extensions::new(),
        };
        let algorithm = if key == "p256" { Algorithm::ES256 } else { Algorithm::EdDSA };
        Ok(ear.sign_jwt_pem(algorithm, self.text(&format!("/keys/{key}/pem"))?.as_bytes())?)
    }

    fn cases(&self) -> Result<Value, Box<dyn Error>> {
        let mut cases = Map::new();
        for key in ["verifier", "p256"] {
            for (executables, hardware, expected) in TIERS {
                let token = self.token(appraisal(executables, hardware), key)?;
                let case = json!({"token": token, "expected": expected, "keys": [key]});
                cases.insert(format!("{key}-{executables}-{hardware}"), case);
            }
        }
        for (key, expected) in [("device", "affirming"), ("stranger", "attestation.attested-key")] {
            let public = hex::decode(self.text(&format!("/keys/{key}/public"))?)?;
            let mut appraisal = appraisal(2, 2);
            let info = [&ED25519_INFO[..], &public].concat();
            appraisal.key_attestation = Some(KeyAttestation { pub_key: Bytes(info) });
            let token = self.token(appraisal, "verifier")?;
            cases.insert(format!("key-of-{key}"), json!({"token": token, "expected": expected}));
        }
        Ok(cases.into())
    }
}

/// An appraisal with these values, and the status that `ear` gives it.
fn appraisal(executables: i8, hardware: i8) -> Appraisal {
    let mut appraisal = Appraisal::new();
    appraisal.trust_vector.executables.set(executables);
    appraisal.trust_vector.hardware.set(hardware);
    appraisal.update_status_from_trust_vector();
    appraisal
}

/// The cases, with no signature in any token.
fn unsigned(cases: &Value) -> Value {
    let mut cases = cases.clone();
    for case in cases.as_object_mut().into_iter().flat_map(Map::values_mut) {
        let signed = case["token"].as_str().and_then(|token| token.rsplit_once('.'));
        case["token"] = signed.map(|(signed, _)| signed).into();
    }
    cases
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let cases = World::read()?.cases()?;
    let path = format!("{FOLDER}/ear.json");
    if std::env::args().nth(1).as_deref() != Some("--check") {
        fs::write(path, serde_json::to_string_pretty(&cases)? + "\n")?;
        return Ok(ExitCode::SUCCESS);
    }
    let present = serde_json::from_slice(&fs::read(path)?)?;
    let is_same = unsigned(&cases) == unsigned(&present);
    if !is_same {
        eprintln!("ear.json is not what ear-tokens writes");
    }
    Ok(if is_same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

//! The model: the compact serialization of JWS, the claims of EAR, and the tiers of AR4SI.

use ed25519_dalek::{Signature, VerifyingKey};
use ota_trust::primitives::Limits;
use serde_json::Value;

use super::super::signing::{public, verifies};
use super::super::strict;
use super::{
    Asked, Clock, MAX_AGE, MAX_CHALLENGE_AGE, MAX_LENGTH, NOW, PROFILES, SKEW, VERIFIERS,
    base64url, challenge, numbers,
};

/// What is proven. Tiers are places in [`TIERS`].
pub struct Proven {
    pub worst: usize,
    pub submodules: Vec<(String, usize)>,
    pub developer: String,
    pub not_after: i64,
    /// For how many seconds it holds by the uptime.
    pub seconds: u64,
}

/// The check that refuses, and whether the verifier had said that the device is bad.
pub struct Refused {
    pub code: &'static str,
    pub is_bad: bool,
}

/// From the best to the worst.
const TIERS: [&str; 4] = ["affirming", "none", "warning", "contraindicated"];
const BAD: usize = 3;
const LATEST: i64 = 253_402_300_799;

fn refuse<T>(code: &'static str) -> Result<T, Refused> {
    Err(Refused { code, is_bad: false })
}

pub fn verify(token: &[u8], asked: Asked) -> Result<Proven, Refused> {
    if token.len() > MAX_LENGTH {
        return refuse("too-long");
    }
    let mut limits = Limits::default();
    limits.max_depth = 16;
    limits.max_string = MAX_LENGTH as u32;
    let payload = payload(token, &limits)?;
    // What is read is an integer, so that any other number is as good as none.
    let payload = numbers::without_others(&payload);
    let claims = strict::read(&payload, &limits).filter(Value::is_object);
    let Some(claims) = claims else { return refuse("payload") };

    let Some(profile) = claims["eat_profile"].as_str() else { return refuse("claim") };
    let Some(spelling) = PROFILES.iter().find(|known| known.0 == profile) else {
        return refuse("profile");
    };
    let named = |first: &str, rest: &str| {
        format!("ear{}{first}{}", spelling.1, rest.replace(' ', &spelling.2.to_string()))
    };
    let (not_after, seconds) = window(&claims, asked)?;

    match asked.clock {
        Clock::Stored => return refuse("challenge-stored"),
        Clock::Uptime(after) if after > MAX_CHALLENGE_AGE => return refuse("challenge-overdue"),
        _ => {}
    }
    let nonce = answered(&claims, asked)?;
    let text = base64url::encode(&challenge());
    if nonce != text && nonce != text + "=" {
        return refuse("nonce");
    }
    let id = &claims[named("verifier", " id")];
    let (Some(developer), Some(build)) = (id["developer"].as_str(), id["build"].as_str()) else {
        return refuse("claim");
    };
    let allowed = |known: &(&str, Option<&str>)| {
        known.0 == developer && known.1.is_none_or(|only| only == build)
    };
    if !VERIFIERS.iter().any(allowed) {
        return refuse("verifier");
    }

    let submodules = claims["submods"].as_object().into_iter().flat_map(|all| all.values());
    let mut parts = submodules.chain([&claims]);
    if parts.any(|part| unread(spelling.1).iter().any(|claim| part.get(claim).is_some())) {
        return refuse("claim");
    }
    let status = named("status", "");
    let vector = named("trustworthiness", " vector");
    let Some((submodules, worst, is_inflated)) = appraise(&claims, &status, &vector) else {
        return refuse("claim");
    };
    let refuse_of_all = |code| Err(Refused { code, is_bad: worst == BAD });
    if !asked.debug {
        match debug_state(&claims) {
            Some(true) => return Err(Refused { code: "debug-enabled", is_bad: true }),
            Some(false) => {}
            None => return refuse_of_all("debug-state"),
        }
    }
    if asked.required.is_some_and(|name| !submodules.iter().any(|(known, _)| known == name)) {
        return refuse_of_all("missing-submodule");
    }
    if is_inflated {
        return refuse_of_all("status");
    }
    if asked.no_device_ids && names_device(&claims) {
        return refuse_of_all("device-id");
    }
    Ok(Proven { worst, submodules, developer: developer.to_owned(), not_after, seconds })
}

/// The payload, if key 0 has signed it.
fn payload(token: &[u8], limits: &Limits) -> Result<Vec<u8>, Refused> {
    let Ok(text) = std::str::from_utf8(token) else { return refuse("form") };
    let parts: Vec<&str> = text.split('.').collect();
    let decoded: Option<Vec<_>> = parts.iter().map(|part| base64url::decode(part)).collect();
    let Some([header, payload, signature]) = decoded.as_deref() else { return refuse("form") };

    let header = strict::read(header, limits).filter(Value::is_object);
    let Some(header) = header else { return refuse("header") };
    if ["crit", "b64"].iter().any(|name| header.get(name).is_some()) {
        return refuse("forbidden-parameter");
    }
    let is_text = |name| header.get(name).is_none_or(Value::is_string);
    let Some(algorithm) = header["alg"].as_str().filter(|_| is_text("typ")) else {
        return refuse("parameter");
    };
    let known = ["jwt", "eat+jwt", "application/eat+jwt", "eat-jwt", "application/eat-jwt"];
    if header["typ"].as_str().is_some_and(|typ| !known.contains(&&*typ.to_ascii_lowercase())) {
        return refuse("type");
    }
    if !is_text("kid") {
        return refuse("parameter");
    }
    if header["kid"].as_str().is_some_and(|kid| kid != "verifier") {
        return refuse("unknown-key");
    }
    if !["EdDSA", "Ed25519"].contains(&algorithm) {
        return refuse("algorithm");
    }
    let key = hex::decode(public(0)).expect("hexadecimal");
    let key = VerifyingKey::try_from(&key[..]).expect("a key");
    let signed = format!("{}.{}", parts[0], parts[1]);
    let is_signed = Signature::from_slice(signature)
        .is_ok_and(|signature| verifies(&key, signed.as_bytes(), &signature));
    if is_signed { Ok(payload.clone()) } else { refuse("signature") }
}

/// The nonce on which the token and its submodules agree, as far as they have one.
fn answered(claims: &Value, asked: Asked) -> Result<String, Refused> {
    let one = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(all) if all.len() == 1 => all[0].as_str().map(str::to_owned),
        _ => None,
    };
    let or_refuse = |nonce: Option<String>| nonce.map_or_else(|| refuse("claim"), Ok);
    let of_token = claims.get("eat_nonce");
    let mut all: Vec<String> = Vec::new();
    if let Some(nonce) = of_token {
        all.push(or_refuse(one(nonce))?);
    }
    for (name, submodule) in claims["submods"].as_object().into_iter().flatten() {
        let nonce = submodule.get("eat_nonce");
        let need_not = asked.required.is_some_and(|required| required != name);
        if nonce.is_none() && (of_token.is_some() || need_not) {
            continue;
        }
        all.push(or_refuse(nonce.and_then(one))?);
        if all.iter().any(|nonce| *nonce != all[0]) {
            return refuse("nonce");
        }
    }
    or_refuse(all.pop())
}

/// When the time of the token is over, if it is not, and how many seconds it lasts.
fn window(claims: &Value, asked: Asked) -> Result<(i64, u64), Refused> {
    let now = NOW + asked.later;
    let time = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => match value.as_i64().filter(|time| (0..=LATEST).contains(time)) {
            None => refuse("claim"),
            time => Ok(time),
        },
    };
    let Some(issued) = time("iat")? else { return refuse("claim") };
    let nbf = time("nbf")?;
    let begins = nbf.unwrap_or(issued).max(issued);
    let expires = time("exp")?;
    if expires.is_some_and(|expires| expires <= issued) || (expires.is_none() && asked.expiry) {
        return refuse("claim");
    }
    if let (Some(nbf), Some(expires)) = (nbf, expires)
        && nbf >= expires
    {
        return refuse("claim");
    }
    if asked.clock == Clock::Known && begins > now + SKEW {
        return refuse("not-yet-valid");
    }
    if now >= (issued + MAX_AGE + SKEW).min(LATEST) {
        return refuse("too-old");
    }
    if expires.is_some_and(|expires| now >= (expires + SKEW).min(LATEST)) {
        return refuse("expired");
    }
    let ends = [
        expires.map_or(LATEST, |expires| expires + SKEW),
        issued + MAX_AGE + SKEW,
        now + MAX_AGE,
        NOW + 86_400,
        LATEST,
    ];
    let life = expires.map_or(MAX_AGE, |expires| (expires - issued).min(MAX_AGE));
    Ok((ends.into_iter().min().unwrap_or(now), life.unsigned_abs()))
}

/// The claims of EAR as they are spelled where this is not what separates them.
fn unread(separator: char) -> [&'static str; 4] {
    match separator {
        '.' => [
            "ear_status",
            "ear_trustworthiness_vector",
            "ear_verifier_id",
            "ear_veraison_key_attestation",
        ],
        _ => [
            "ear.status",
            "ear.trustworthiness-vector",
            "ear.verifier-id",
            "ear.veraison.key-attestation",
        ],
    }
}

/// The tier of each submodule, the worst of all, and whether a status is better than it may be;
/// `None` for what is malformed.
#[allow(clippy::type_complexity, reason = "it is taken apart at once")]
fn appraise(
    claims: &Value,
    status: &str,
    vector: &str,
) -> Option<(Vec<(String, usize)>, usize, bool)> {
    let tier = |value: &Value| TIERS.iter().position(|name| value.as_str() == Some(name));
    let mut submodules = Vec::new();
    let mut is_inflated = false;
    for (name, appraisal) in claims["submods"].as_object()? {
        if appraisal.get("submods").is_some() {
            return None;
        }
        let claimed = tier(appraisal.get(status)?)?;
        let found = match appraisal.get(vector) {
            None => 1,
            Some(vector) => vector_tier(vector)?,
        };
        is_inflated |= claimed < found;
        submodules.push((name.clone(), claimed.max(found)));
    }
    let found = submodules.iter().map(|(_, tier)| *tier).max()?;
    let claimed = match claims.get(status) {
        None => found,
        Some(status) => tier(status)?,
    };
    Some((submodules, found.max(claimed), is_inflated || claimed < found))
}

fn vector_tier(vector: &Value) -> Option<usize> {
    let mut worst = None;
    for value in vector.as_object()?.values() {
        let tier = match value.as_i64()? {
            0 => continue,
            -1 | 1 => 1,
            2..=31 | -32..=-2 => 0,
            32..=95 | -96..=-33 => 2,
            96..=127 | -128..=-97 => BAD,
            _ => return None,
        };
        worst = worst.max(Some(tier));
    }
    Some(worst.unwrap_or(1))
}

/// Whether the token or a submodule says that debugging is enabled; `None` where one says something
/// else than a state, and none says that.
fn debug_state(claims: &Value) -> Option<bool> {
    let names = "enabled disabled disabled-since-boot disabled-permanently \
                 disabled-fully-and-permanently";
    let names: Vec<&str> = names.split_whitespace().collect();
    let submodules = claims["submods"].as_object().into_iter().flat_map(|all| all.values());
    let said = submodules.chain([claims]).filter_map(|object| object.get("dbgstat"));
    let states: Vec<Option<usize>> = said
        .map(|value| match value.as_u64() {
            Some(number) => (0..names.len()).find(|state| *state as u64 == number),
            None => names.iter().position(|name| value.as_str() == Some(name)),
        })
        .collect();
    if states.contains(&Some(0)) {
        return Some(true);
    }
    (!states.contains(&None)).then_some(false)
}

fn names_device(value: &Value) -> bool {
    let words = "ueid sueids oemid hwmodel hwversion location bootseed bootcount uptime jti sub \
                 ear_raw_evidence ear.raw-evidence ear_veraison_annotated_evidence \
                 ear.veraison.annotated-evidence";
    let is_name = |name: &str| words.split(' ').any(|word| word == name);
    match value {
        Value::Object(object) => object.iter().any(|(name, v)| is_name(name) || names_device(v)),
        Value::Array(items) => items.iter().any(names_device),
        _ => false,
    }
}

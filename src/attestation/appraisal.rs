//! What a verifier says of each part of a device, worked out anew.
//!
//! A status sums up what stands below it: that of a submodule its trustworthiness vector, that of
//! the token all submodules. Both are recomputed here. A verifier may say worse than that, which
//! stands; one that says better contradicts itself and is refused (draft-ietf-rats-ear §3, §3.1).

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::object::{Object, Value};
use super::{AttestationError, ClaimNames, Tier};

/// The submodules of a token.
pub(super) struct Appraisals<'b> {
    pub(super) submodules: Vec<(Box<str>, Tier)>,
    /// The worst of them, and of the status of the token.
    pub(super) worst: Tier,
    /// A status that is better than what it stands for, and that.
    pub(super) inflated: Option<(Tier, Tier)>,
    /// What was read of each submodule.
    pub(super) objects: Vec<Object<'b>>,
}

impl<'b> Appraisals<'b> {
    /// Reads `submods`, which has one at least. Each is an appraisal, and has no submodules: tokens
    /// and claims-sets that are nested there, at any depth (RFC 9711 §4.2.18), have signers that
    /// nobody asked for, or say of further parts what nobody would read. They are refused.
    pub(super) fn read(claims: &Object<'b>, names: ClaimNames) -> Result<Self, AttestationError> {
        let malformed = AttestationError::Claim { claim: "submods" };
        require_spelling(claims, names)?;
        let submods = claims.get("submods").and_then(Value::object).ok_or(malformed.clone())?;
        let (mut submodules, mut objects) = (Vec::new(), Vec::new());
        let mut inflated = None;
        let mut worst = None;
        for (name, appraisal) in submods.iter() {
            let appraisal = appraisal.object().ok_or(malformed.clone())?;
            if appraisal.get("submods").is_some() {
                return Err(malformed);
            }
            require_spelling(&appraisal, names)?;
            let claimed = status(&appraisal, names)?
                .ok_or(AttestationError::Claim { claim: names.status() })?;
            let found = vector_tier(&appraisal, names)?;
            if claimed < found {
                inflated = inflated.or(Some((claimed, found)));
            }
            let tier = claimed.max(found);
            worst = worst.max(Some(tier));
            submodules.push((name.into(), tier));
            objects.push(appraisal);
        }
        let found: Tier = worst.ok_or(malformed)?;
        let claimed = status(claims, names)?.unwrap_or(found);
        if claimed < found {
            inflated = inflated.or(Some((claimed, found)));
        }
        Ok(Self { submodules, worst: found.max(claimed), inflated, objects })
    }
}

/// There are no claims as another profile spells them: what they say would not be read.
fn require_spelling(object: &Object<'_>, names: ClaimNames) -> Result<(), AttestationError> {
    match names.other().all().into_iter().find(|claim| object.get(claim).is_some()) {
        Some(claim) => Err(AttestationError::Claim { claim }),
        None => Ok(()),
    }
}

fn status(object: &Object<'_>, names: ClaimNames) -> Result<Option<Tier>, AttestationError> {
    let claim = names.status();
    let Some(value) = object.get(claim) else { return Ok(None) };
    let tier = value.text().and_then(|name| Tier::of_name(&name));
    tier.map(Some).ok_or(AttestationError::Claim { claim })
}

/// The worst tier of a trustworthiness vector; no claim at all where there is none.
///
/// A claim that is 0 counts for as much as one that is absent (AR4SI §2.3.2). Claims with names
/// that are not known count by their tier (§2.3.4).
fn vector_tier(appraisal: &Object<'_>, names: ClaimNames) -> Result<Tier, AttestationError> {
    let claim = names.trustworthiness_vector();
    let malformed = AttestationError::Claim { claim };
    let Some(vector) = appraisal.get(claim) else { return Ok(Tier::NoClaim) };
    let mut worst = None;
    for (_, value) in vector.object().ok_or(malformed.clone())?.iter() {
        let value = value.integer().ok_or(malformed.clone())?;
        if value != 0 {
            worst = worst.max(Some(Tier::of_value(value)));
        }
    }
    Ok(worst.unwrap_or(Tier::NoClaim))
}

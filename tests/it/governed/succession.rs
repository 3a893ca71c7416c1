//! Which plan may follow which.

use ota_trust::primitives::Limits;
use ota_trust::release::ManifestDigest;
use ota_trust::rollout::{
    Active, BasisPoints, HaltCriteria, Plan, PlanDraft, PlannedReleaseDraft, Stage, check_successor,
};

use super::vendor::{PLAN_EXPIRES, product, utc, version};

/// All that a plan can say.
const STAGES: [Stage; 9] = [
    Stage::Draft,
    Stage::Validation,
    Stage::Limited,
    Stage::Stable,
    Stage::Paused(Active::Validation),
    Stage::Paused(Active::Limited),
    Stage::Paused(Active::Stable),
    Stage::Withdrawn,
    Stage::Superseded,
];

/// What may follow each stage besides itself, by the names that stand in plans.
fn followers(stage: Stage) -> &'static [&'static str] {
    match stage {
        Stage::Draft | Stage::Paused(Active::Validation) => {
            &["validation", "withdrawn", "superseded"]
        }
        Stage::Validation => &["limited", "paused (validation)", "withdrawn", "superseded"],
        Stage::Limited => &["stable", "paused (limited)", "withdrawn", "superseded"],
        Stage::Stable => &["paused (stable)", "withdrawn", "superseded"],
        Stage::Paused(Active::Limited) => &["limited", "withdrawn", "superseded"],
        Stage::Paused(Active::Stable) => &["stable", "withdrawn", "superseded"],
        Stage::Withdrawn | Stage::Unknown => &[],
        Stage::Superseded => &["withdrawn"],
    }
}

fn digest(number: u8) -> ManifestDigest {
    ManifestDigest::from_bytes([number; 32])
}

fn plan(of: &str, epoch: u64, releases: &[(u8, Stage)], withdrawn: &[u8]) -> Plan {
    let mut draft = PlanDraft::new(product(of), epoch, utc(PLAN_EXPIRES));
    for (number, stage) in releases {
        let number_text = version(&format!("{number}.0.0"));
        draft = draft.release(PlannedReleaseDraft::new(digest(*number), number_text, *stage));
    }
    let draft = withdrawn.iter().fold(draft, |draft, number| draft.withdraw(digest(*number)));
    let limits = Limits::default();
    Plan::parse(&draft.to_bytes(&limits).unwrap(), &limits).unwrap()
}

fn code(current: Option<&Plan>, next: &Plan) -> &'static str {
    check_successor(current, next).map_or_else(|e| e.code(), |()| "ok")
}

#[test]
fn stages_follow_each_other_as_the_table_says() {
    for from in STAGES {
        for to in STAGES {
            let allowed = from == to || followers(from).contains(&to.to_string().as_str());
            assert_eq!(from.may_become(to), allowed, "{from} to {to}");
            let (old, new) = (plan("lamp", 1, &[(1, from)], &[]), plan("lamp", 2, &[(1, to)], &[]));
            let expected = match (allowed, from, to) {
                (true, ..) => "ok",
                // It says that it was withdrawn, and now that it was not.
                (false, Stage::Withdrawn, _) => "succession.not-withdrawn",
                _ => "succession.transition",
            };
            assert_eq!(code(Some(&old), &new), expected, "{from} to {to}");
        }
    }
}

#[test]
fn a_release_begins_at_the_beginning() {
    for stage in STAGES {
        let begins = matches!(stage, Stage::Draft | Stage::Validation);
        let expected = if begins { "ok" } else { "succession.begins" };
        assert_eq!(code(None, &plan("lamp", 1, &[(1, stage)], &[])), expected, "{stage}");
        let (old, new) = (plan("lamp", 1, &[], &[]), plan("lamp", 2, &[(1, stage)], &[]));
        assert_eq!(code(Some(&old), &new), expected, "{stage}");
    }
}

#[test]
fn epochs_rise_and_products_stay() {
    let current = plan("lamp", 7, &[], &[]);
    for (epoch, expected) in
        [(8, "ok"), (100, "ok"), (7, "succession.epoch"), (6, "succession.epoch")]
    {
        assert_eq!(code(Some(&current), &plan("lamp", epoch, &[], &[])), expected);
    }
    assert_eq!(code(Some(&current), &plan("door", 8, &[], &[])), "succession.product");
}

#[test]
fn nothing_is_dropped_silently() {
    for stage in STAGES {
        let old = plan("lamp", 1, &[(1, stage)], &[2]);
        let dropped = plan("lamp", 2, &[], &[2]);
        let expected = match stage {
            Stage::Draft | Stage::Superseded => "ok",
            Stage::Withdrawn => "succession.not-withdrawn",
            _ => "succession.dropped",
        };
        assert_eq!(code(Some(&old), &dropped), expected, "{stage}");
        assert_eq!(code(Some(&old), &plan("lamp", 2, &[], &[1, 2])), "ok", "withdrawn: {stage}");
        let forgotten = plan("lamp", 2, &[(1, stage)], &[]);
        assert_eq!(code(Some(&old), &forgotten), "succession.not-withdrawn", "{stage}");
    }
}

#[test]
fn the_plan_after_another_says_the_same_with_the_next_epoch() {
    let current = plan("lamp", 7, &[(1, Stage::Limited), (3, Stage::Paused(Active::Stable))], &[2]);
    let limits = Limits::default();
    let next = PlanDraft::after(&current, utc(PLAN_EXPIRES)).to_bytes(&limits).unwrap();
    let next = Plan::parse(&next, &limits).unwrap();
    assert_eq!(next.epoch(), 8);
    assert_eq!((next.releases(), next.withdrawn()), (current.releases(), current.withdrawn()));
    assert_eq!(code(Some(&current), &next), "ok");
}

#[test]
fn criteria_are_read_as_they_were_written_and_carried_over() {
    let limits = Limits::default();
    let plain = HaltCriteria::new(50, BasisPoints::new(200).unwrap(), 86_400).unwrap();
    let capped = plain.clone().with_max_failures(12).unwrap();
    for (criteria, most) in [(plain, None), (capped, Some(12))] {
        let manifest = ManifestDigest::from_bytes([1; 32]);
        let release = PlannedReleaseDraft::new(manifest, version("2.0.0"), Stage::Limited);
        let draft = PlanDraft::new(product("lamp"), 1, utc(PLAN_EXPIRES));
        let bytes = draft.release(release.halt(&criteria)).to_bytes(&limits).unwrap();
        let plan = Plan::parse(&bytes, &limits).unwrap();
        let next = PlanDraft::after(&plan, utc(PLAN_EXPIRES)).to_bytes(&limits).unwrap();
        for plan in [plan, Plan::parse(&next, &limits).unwrap()] {
            let halt = plan.release(manifest).unwrap().halt().unwrap();
            assert_eq!((halt, halt.max_failures()), (&criteria, most));
        }
    }
}

/// Only what the minimum index covers may be left out.
#[test]
fn a_withdrawal_is_dropped_when_its_index_is_below_the_minimum() {
    use ota_trust::rollout::Withdrawal;
    let digest = |byte| ManifestDigest::from_bytes([byte; 32]);
    let old = Withdrawal { manifest: digest(1), rollback_index: Some(4) };
    let limits = Limits::default();
    let parse =
        |draft: &PlanDraft| Plan::parse(&draft.to_bytes(&limits).unwrap(), &limits).unwrap();
    let draft = |epoch| PlanDraft::new(product("lamp"), epoch, utc(PLAN_EXPIRES));
    let current = draft(1).withdraw_release(old).withdraw(digest(2)).raise_minimum_index(1);
    let current = parse(&current);
    let code = |next: &PlanDraft| {
        check_successor(Some(&current), &parse(next)).map_err(|e| e.code()).err()
    };
    let raised = PlanDraft::after(&current, utc(PLAN_EXPIRES)).raise_minimum_index(5);
    assert_eq!(parse(&raised).withdrawn(), [Withdrawal::from(digest(2))]);
    assert_eq!(code(&raised), None);
    let not_enough = draft(2).withdraw(digest(2)).raise_minimum_index(4);
    assert_eq!(code(&not_enough), Some("succession.not-withdrawn"));
    // Nobody has said of the other one how old it is.
    assert_eq!(code(&draft(2).raise_minimum_index(9)), Some("succession.not-withdrawn"));
    let falls = draft(2).withdraw_release(old).withdraw(digest(2));
    assert_eq!(code(&falls), Some("succession.minimum-index"));
}

//! Decisions that were wrong once, one by one.

use ota_trust::attestation::{AttestationGate, TimedSignal};
use ota_trust::eligibility::{
    Catalog, Cohort, Decided, Decision, DeviceFacts, MaintenanceWindow, Offer, Policy, decide,
};
use ota_trust::metadata::RoleType;
use ota_trust::primitives::{Digest, Hashes, Limits, StartTime};
use ota_trust::release::{
    ComponentDraft, Content, ManifestDigest, ReleaseDescription, Severity, TrustedRelease,
};
use ota_trust::rollout::{Grant, PlanDraft, PlannedReleaseDraft, Privilege, Stage};

use super::agent::Agent;
use super::editions::{HOUR, time};
use super::vendor::{Vendor, channel, component, hardware, product, stable, version};
use crate::publishing::house::{key, now};

/// A lamp with stable releases of these versions and indexes, all of them critical and for `stable`
/// and `beta`, each with these grants.
fn lamp(releases: &[(&str, u64)], grants: &[Grant]) -> (Agent, Catalog, Vec<ManifestDigest>) {
    let (mut vendor, mut digests) = (Vendor::new(), Vec::new());
    let mut plan = PlanDraft::new(product("lamp"), 1, time(now().unix() + 12 * HOUR));
    for (number, index) in releases {
        let digest = vendor.release_as("lamp", number, *index, |draft| {
            draft.severity(Severity::Critical).channel(channel("beta"))
        });
        let stage = if grants.is_empty() { Stage::Stable } else { Stage::Limited };
        let planned = PlannedReleaseDraft::new(digest, version(number), stage);
        plan = plan.release(grants.iter().fold(planned, |planned, grant| planned.grant(*grant)));
        digests.push(digest);
    }
    vendor.plan("lamp", &plan);
    let mut agent = Agent::new(&vendor, product("lamp"));
    let (_, catalog) = agent.catalog(&vendor).unwrap();
    (agent, catalog, digests)
}

fn decided(policy: &Policy, facts: &DeviceFacts<'_>, catalog: &Catalog) -> Decided {
    decide(policy, facts, catalog, TimedSignal::UNAVAILABLE, StartTime::Known(now()))
}

fn offered(facts: &DeviceFacts<'_>, catalog: &Catalog) -> Option<ManifestDigest> {
    decided(&Policy::default(), facts, catalog).into_eligible().map(|e| e.manifest())
}

#[test]
fn what_rests_on_a_grant_ends_with_it() {
    let ends =
        |privilege, hours: i64| Grant { privilege, until: time(now().unix() + hours * HOUR) };
    let grants = [
        ends(Privilege::SkipWaves, 3),
        ends(Privilege::BypassAttestation, 2),
        ends(Privilege::OwnPace, 1),
    ];
    let (agent, catalog, _) = lamp(&[("2.0.0", 2)], &grants);
    let hours = |policy: &Policy| {
        let eligible = decided(policy, &agent.facts(), &catalog).into_eligible().unwrap();
        (eligible.not_after().unix() - now().unix()) / HOUR
    };
    let policy = Policy::default();
    assert_eq!(hours(&policy), 3);
    let channels = vec![channel("stable")];
    let gate = AttestationGate::Require { channels, allow_warning: false };
    let policy = policy.attestation(gate);
    assert_eq!(hours(&policy), 2);
    let shut = MaintenanceWindow::daily(5 * 3600, 3600);
    assert_eq!(hours(&policy.clone().maintenance_windows(shut)), 1);
    // The window is open: the grant is not needed, and ends first.
    let open = MaintenanceWindow::daily(0, 2 * 3600);
    assert_eq!(hours(&policy.maintenance_windows(open)), 2);
}

#[test]
fn a_switch_to_the_channel_that_it_follows_is_none() {
    let (agent, catalog, digests) = lamp(&[("2.0.0", 2)], &[]);
    let mut facts = agent.facts();
    facts.entitled.push(channel("beta"));
    facts.version = version("3.0.0");
    for (to, expected) in [(None, None), (Some("stable"), None), (Some("beta"), Some(digests[0]))] {
        facts.switch_to = to.map(channel);
        assert_eq!(offered(&facts, &catalog), expected, "{to:?}");
    }
}

#[test]
fn a_switch_does_not_fall_behind_what_runs_and_is_of_that_channel_too() {
    let (agent, catalog, digests) = lamp(&[("2.0.0", 2), ("3.0.0", 2)], &[]);
    let mut facts = agent.facts();
    facts.entitled.push(channel("beta"));
    facts.switch_to = Some(channel("beta"));
    facts.version = version("3.0.0");
    facts.running = Some(digests[1]);
    assert_eq!(offered(&facts, &catalog), None);
}

#[test]
fn the_highest_number_of_failed_boots_counts() {
    let (agent, catalog, digests) = lamp(&[("2.0.0", 2)], &[]);
    let mut facts = agent.facts();
    for boots in [[1, 3], [3, 1]] {
        facts.failed_boots = boots.map(|boots| (digests[0], boots)).to_vec();
        assert_eq!(offered(&facts, &catalog), None);
    }
}

#[test]
fn a_server_never_holds_the_proof_of_a_device() {
    let (agent, catalog, digests) = lamp(&[("2.0.0", 2)], &[]);
    let mut facts = agent.facts();
    facts.cohort = Cohort::DecidedByDevice;
    let decision = decided(&Policy::default(), &facts, &catalog).decision;
    let Decision::Offer(Offer::Undecided(undecided)) = decision else { panic!("{decision:?}") };
    assert_eq!((undecided.limited, undecided.otherwise), (vec![], Some(digests[0])));
}

#[test]
fn a_catalog_is_not_decided_from_when_its_plan_has_expired() {
    let (agent, catalog, digests) = lamp(&[("2.0.0", 2)], &[]);
    let at = |hours: i64, seconds| StartTime::Known(time(now().unix() + hours * HOUR + seconds));
    let decide = |now| {
        let signal = TimedSignal::UNAVAILABLE;
        decide(&Policy::default(), &agent.facts(), &catalog, signal, now)
    };
    assert!(decide(at(12, -1)).into_eligible().is_some());
    assert_eq!(decide(at(12, 0)).reason(digests[0]).map(|r| r.code()), Some("reason.expired"));
}

#[test]
fn a_release_that_was_found_twice_is_what_is_proven_of_it_less() {
    let mut vendor = Vendor::new();
    vendor.release("lamp", "2.0.0", 2);
    let mut agent = Agent::new(&vendor, product("lamp"));
    let at = product("lamp").manifest_path(&version("2.0.0"));
    let mut found = |vendor: &Vendor| {
        let repository = agent.device.refresh(&vendor.house.web);
        let (web, contents) = (&vendor.house.web, &vendor.contents);
        let (target, bytes) = agent.fetch(web, contents, repository, &at).1.unwrap();
        TrustedRelease::read(target, &bytes, &Limits::default()).unwrap()
    };
    let early = found(&vendor);
    // The same state of the repository under a timestamp that holds for longer.
    let now = now().saturating_add(3600);
    let mut draft = vendor.house.published.draft();
    draft.renew(&RoleType::Timestamp.into()).unwrap();
    let signing = draft.seal(now, &vendor.house.policy).unwrap();
    let release = signing.publish(&[&key("timestamp")], now).unwrap();
    vendor.house.web.upload(&release);
    let late = found(&vendor);
    assert_eq!(early.vouched().snapshot(), late.vouched().snapshot());
    assert!(early.vouched().fresh_until() < late.vouched().fresh_until());
    for releases in [[early.clone(), late.clone()], [late, early.clone()]] {
        let catalog = Catalog::without_rollouts(releases).unwrap();
        let kept: Vec<_> = catalog.releases().map(TrustedRelease::vouched).collect();
        assert_eq!(kept, [early.vouched()]);
    }
}

#[test]
fn no_plan_binds_what_the_caller_describes() {
    let mut vendor = Vendor::new();
    vendor.release("lamp", "2.0.0", 2);
    let mut agent = Agent::new(&vendor, product("lamp"));
    let described = |agent: &mut Agent, vendor: &Vendor| {
        let path = product("lamp").manifest_path(&version("2.0.0"));
        let repository = agent.device.refresh(&vendor.house.web);
        let found = agent.device.find_vouched(&vendor.house.web, repository, &path).unwrap();
        let description = ReleaseDescription {
            product: product("lamp"),
            version: version("2.0.0"),
            rollback_index: 2,
            hardware_ids: vec![hardware("a1")],
            channels: vec![channel("stable")],
        };
        TrustedRelease::assume_described(found.target.unwrap(), description)
    };
    let digest = described(&mut agent, &vendor).digest();
    vendor.plan("lamp", &stable("lamp", 1, &[(digest, "2.0.0")]));
    let release = described(&mut agent, &vendor);
    assert_eq!(release.digest(), digest, "the plan lists it");
    let documents = agent.documents(&vendor).unwrap();
    let live = agent.observe(documents.plan.unwrap(), documents.brake).unwrap();
    let catalog = Catalog::new(&live, [release]).unwrap();
    let decided = decided(&Policy::default(), &agent.facts(), &catalog);
    assert_eq!(decided.reason(digest).map(|r| r.code()), Some("reason.not-in-plan"));
}

/// A digest that only one of two knows says nothing, and one that differs says that they are two.
#[test]
fn a_source_is_known_by_every_digest_that_both_have() {
    let (long, other) = (Digest::Sha512([5; 64]), Digest::Sha512([6; 64]));
    let content = |length: u64, digests: &[Digest]| {
        let mut hashes = Hashes::default();
        for digest in digests {
            hashes.insert(*digest);
        }
        Content { length, hashes }
    };
    let short = Digest::Sha256([2; 32]);
    let listed = content(3, &[short, long]);
    for (held, is_it) in [
        (content(3, &[short, long]), true),
        (content(3, &[short]), true),
        (content(3, &[long]), true),
        (content(3, &[short, other]), false),
        (content(3, &[Digest::Sha256([3; 32]), long]), false),
        (content(4, &[short, long]), false),
        (content(3, &[]), false),
    ] {
        assert_eq!(held.agrees_with(&listed), is_it, "{held:?}");
        assert_eq!(listed.agrees_with(&held), is_it, "{held:?}");
    }
    assert!(!content(3, &[short]).agrees_with(&content(3, &[long])), "nothing in common");
}

/// The better release hid the one that the device could have had, for ever.
#[test]
fn a_release_that_cannot_be_made_here_does_not_stand_before_one_that_can() {
    let mut vendor = Vendor::new();
    let whole = vendor.release("lamp", "2.0.0", 2);
    let source = |name: &str| Content::of(name.as_bytes());
    let deltas = vendor.release_as("lamp", "3.0.0", 2, |draft| {
        ["app", "data"].into_iter().fold(draft, |draft, name| {
            let made = ComponentDraft::deltas_only(component(name), Content::of(b"made"));
            draft.component(made.delta(name, "toy", Content::of(b"delta"), source(name)))
        })
    });
    vendor.plan("lamp", &stable("lamp", 1, &[(whole, "2.0.0"), (deltas, "3.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    let (_, catalog) = agent.catalog(&vendor).unwrap();
    for (held, offered) in [
        (&[][..], whole),
        (&["app"][..], whole),
        (&["app", "another"][..], whole),
        (&["data", "app"][..], deltas),
    ] {
        let mut facts = agent.facts();
        facts.sources = held.iter().map(|name| source(name)).collect();
        let decided = decided(&Policy::default(), &facts, &catalog);
        let reason = decided.reason(deltas).map(|reason| reason.code());
        assert_eq!(reason, (offered == whole).then_some("reason.no-source"), "{held:?}");
        assert_eq!(decided.into_eligible().unwrap().manifest(), offered, "{held:?}");
    }
}

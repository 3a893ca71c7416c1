//! What a review of installations has found: each was accepted, lost, denied or repeated for ever once.

use ota_trust::attestation::TimedSignal;
use ota_trust::eligibility::{Catalog, Eligible, MaintenanceWindow, Policy, decide};
use ota_trust::installation::{
    Build, Cause, Health, InstallState, Running, Slot, Step, Tell, Verdict, judge,
};
use ota_trust::permit::start_again;
use ota_trust::primitives::{Limits, StartTime, StoredState};
use ota_trust::release::{ManifestDigest, TrustedRelease};
use ota_trust::rollout::{BrakeDraft, Ratchets};

use super::agent::{Agent, Documents};
use super::vendor::{Vendor, channel, product, stable, version};

pub(super) fn slot(name: &str) -> Slot {
    Slot::new(name).unwrap()
}

pub(super) fn starts_in(agent: &mut Agent, name: &str, number: &str, index: u64) {
    (agent.slot, agent.build) = (slot(name), Build::new(version(number), index));
    agent.starts += 1;
}

/// Judges what runs, with this health, and takes the steps; what the boot loader was told.
pub(super) fn judged(agent: &mut Agent, health: Health) -> (Verdict, Vec<Tell>) {
    let running = Running { health, ..agent.running() };
    let judgement = judge(&agent.state, &running, &agent.ratchets);
    let verdict = judgement.verdict().clone();
    (verdict, agent.take(judgement.into_steps()))
}

pub(super) fn failures(agent: &Agent) -> Vec<(ManifestDigest, u64, Cause)> {
    agent.state.failed().map(|failed| (failed.manifest, failed.times, failed.cause)).collect()
}

fn eligible(agent: &mut Agent, vendor: &Vendor) -> Eligible {
    agent.poll(vendor).unwrap().1.into_eligible().unwrap()
}

/// What an owner who may have the beta gets, on the channel that they choose now.
pub(super) fn chosen(
    agent: &mut Agent,
    vendor: &Vendor,
    switch: Option<&str>,
) -> (Documents, Eligible) {
    let (documents, catalog) = agent.catalog(vendor).unwrap();
    let mut facts = agent.facts();
    facts.entitled.push(channel("beta"));
    facts.switch_to = switch.map(channel);
    let (signal, now) = (TimedSignal::UNAVAILABLE, agent.device.start);
    let decided = decide(&agent.policy, &facts, &catalog, signal, now);
    (documents, decided.into_eligible().unwrap())
}

/// Activates the newest beta.
pub(super) fn activate_beta(agent: &mut Agent, vendor: &Vendor) {
    let (documents, proof) = chosen(agent, vendor, Some("beta"));
    let release = documents.releases.iter().find(|r| r.digest() == proof.manifest()).unwrap();
    let mut write = agent.permit_for(release, proof).unwrap();
    agent.download(vendor, documents.repository, &mut write).unwrap();
    let permit = write.install(agent.device.start).unwrap();
    agent.activate(permit).unwrap();
}

/// The code of the refusal to start again what is pending.
fn started_again(agent: &Agent, eligible: Eligible) -> Result<(), &'static str> {
    let (running, now) = (agent.running(), agent.device.start);
    let steps = start_again(eligible, &agent.state, &running, &agent.ratchets, now);
    steps.map(drop).map_err(|e| e.code())
}

/// 1.5.0 is good in `b`, and 2.0.0 is activated into `a`.
pub(super) fn two() -> (Vendor, Agent, [ManifestDigest; 2]) {
    let mut vendor = Vendor::new();
    let first = vendor.release("lamp", "1.5.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(first, "1.5.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    assert_eq!(agent.update(&vendor), Ok(true));
    let second = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 2, &[(first, "1.5.0"), (second, "2.0.0")]));
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    agent.activate(permit).unwrap();
    (vendor, agent, [first, second])
}

#[test]
fn a_release_that_works_at_first_and_falls_back_is_not_installed_for_ever() {
    for health in [Health::Good, Health::NotYet, Health::Bad] {
        let mut vendor = Vendor::new();
        let manifest = vendor.release("lamp", "2.0.0", 2);
        vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
        let mut agent = Agent::new(&vendor, product("lamp"));
        for times in 1..=3 {
            assert_eq!(agent.update(&vendor), Ok(true), "{health:?} {times}");
            starts_in(&mut agent, "a", "1.0.0", 1);
            // Whether it is booked now or at the next activation.
            assert_eq!(judged(&mut agent, health).0, Verdict::FellBack);
        }
        if health != Health::Good {
            assert_eq!(agent.update(&vendor), Ok(true), "three are booked with this one");
            assert_eq!(failures(&agent), [(manifest, 3, Cause::FellBack)]);
            starts_in(&mut agent, "a", "1.0.0", 1);
        }
        let (_, decided) = agent.poll(&vendor).unwrap();
        assert_eq!(decided.reason(manifest).unwrap().code(), "reason.failed-boots", "{health:?}");
    }
}

/// Not even if it does not start in between, which is forgotten of a release that works.
#[test]
fn a_fallback_is_remembered_over_other_failures_and_confirmations() {
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    assert_eq!(agent.update(&vendor), Ok(true));
    starts_in(&mut agent, "a", "1.0.0", 1);
    assert_eq!(judged(&mut agent, Health::Good).0, Verdict::FellBack);
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    agent.activate(permit).unwrap();
    agent.starts += 1;
    assert_eq!(judged(&mut agent, Health::Good).0, Verdict::Failed(Cause::NotStarted));
    assert_eq!(agent.update(&vendor), Ok(true));
    assert_eq!(failures(&agent), [(manifest, 2, Cause::FellBack)]);
}

#[test]
fn what_the_loader_does_not_leave_is_said_to_be_stuck_and_fails_nothing_else() {
    for withdraws in [false, true] {
        let (mut vendor, mut agent, [first, second]) = two();
        agent.restart();
        let health = if withdraws { Health::Good } else { Health::Bad };
        if withdraws {
            let plan = stable("lamp", 3, &[(first, "1.5.0")]).withdraw(second);
            vendor.plan("lamp", &plan);
            agent.catalog(&vendor).unwrap();
        }
        let cause = if withdraws { Cause::Withdrawn } else { Cause::Unhealthy };
        for _ in 0..3 {
            let told = (Verdict::Leave(cause), vec![Tell::Back(slot("b"))]);
            assert_eq!(judged(&mut agent, health), told);
            agent.starts += 1;
        }
        // In this start and in any other, however it is.
        for health in [health, Health::Good, Health::NotYet, Health::Bad, Health::Good] {
            assert_eq!(judged(&mut agent, health), (Verdict::Stuck(cause), vec![]), "{health:?}");
            agent.starts += 1;
        }
        let failed = if withdraws { vec![] } else { vec![(second, 1, cause)] };
        assert_eq!(failures(&agent), failed);
        let (_, decided) = agent.poll(&vendor).unwrap();
        assert_eq!(decided.runs_withdrawn, withdraws);
        // What mends it may be installed.
        let third = vendor.release("lamp", "2.1.0", 2);
        let plan = stable("lamp", 4, &[(first, "1.5.0"), (third, "2.1.0")]);
        vendor.plan("lamp", &if withdraws { plan.withdraw(second) } else { plan });
        assert_eq!(agent.update(&vendor), Ok(true));
        assert_eq!(judged(&mut agent, Health::Good), (Verdict::Nothing, vec![]));
        assert_eq!(failures(&agent), failed);
    }
}

#[test]
fn only_what_waits_is_started_again() {
    // It was to start, did not, and nobody has judged that.
    let (vendor, agent, [_, second]) = two();
    let mut late = agent.clone();
    late.starts += 1;
    let proof = eligible(&mut late, &vendor);
    assert_eq!(started_again(&late, proof), Err("permit.not-waiting"));
    let steps = late.state.give_up(&late.running()).unwrap();
    assert_eq!(late.take(steps), [Tell::Keep(slot("b")), Tell::Forbid(slot("a"))]);
    assert_eq!(failures(&late), [(second, 1, Cause::NotStarted)], "and it has failed");
    // It was given up, and the power went.
    let mut dropped = agent.clone();
    let steps = dropped.state.give_up(&dropped.running()).unwrap();
    let Some(Step::Store(first)) = steps.into_iter().next() else { panic!("stored first") };
    dropped.state = first.stored();
    dropped.starts += 1;
    let proof = eligible(&mut dropped, &vendor);
    assert_eq!(started_again(&dropped, proof), Err("permit.not-waiting"));
    let given_up = Verdict::GaveUp(Cause::GivenUp);
    assert_eq!(judged(&mut dropped, Health::Good).0, given_up);
    assert_eq!(failures(&dropped), []);
    // It was left.
    let mut left = agent.clone();
    left.restart();
    assert_eq!(judged(&mut left, Health::Bad).0, Verdict::Leave(Cause::Unhealthy));
    starts_in(&mut left, "b", "1.5.0", 2);
    let proof = eligible(&mut left, &vendor);
    assert_eq!(started_again(&left, proof), Err("permit.not-waiting"));
    let steps = left.state.give_up(&left.running()).unwrap();
    left.take(steps);
    assert_eq!(failures(&left), [(second, 1, Cause::Unhealthy)]);
}

/// The state as it was before the boot loader was told.
fn untold(agent: &mut Agent) {
    let text = String::from_utf8(agent.state.to_bytes().unwrap()).unwrap();
    let lines =
        text.lines().filter(|line| !line.starts_with("told ") && !line.starts_with("sha256"));
    let lines: String = lines.flat_map(|line| [line, "\n"]).collect();
    agent.state = InstallState::load(Some(&sealed(&lines)), &product("lamp")).kept().unwrap();
    agent.starts += 1;
}

pub(super) fn sealed(lines: &str) -> Vec<u8> {
    format!("{lines}sha256 {}\n", crate::world::sha256_hex(lines.as_bytes())).into_bytes()
}

#[test]
fn what_is_started_again_rests_on_present_proofs() {
    let (vendor, mut agent, _) = two();
    untold(&mut agent);
    // What it knows of plans is forgotten, or newer firmware's.
    let mut forgetful = agent.clone();
    let proof = eligible(&mut forgetful, &vendor);
    forgetful.ratchets = Ratchets::new(product("lamp"));
    assert_eq!(started_again(&forgetful, proof), Err("permit.not-durable"));
    let proof = eligible(&mut forgetful, &vendor);
    let newer = sealed("ota-trust rollouts 1\nproduct lamp\n!future\n");
    let newer = Ratchets::load(Some(&newer), &product("lamp"));
    let StoredState::Newer(newer) = newer else { panic!("newer") };
    forgetful.ratchets = newer;
    assert_eq!(started_again(&forgetful, proof), Err("state.newer"));
    // A window that has closed since.
    let StartTime::Known(now) = agent.device.start else { panic!("it knows the time") };
    let second = u32::try_from(now.unix().rem_euclid(86_400)).unwrap();
    agent.policy = Policy::default().maintenance_windows(MaintenanceWindow::daily(second, 60));
    let proof = eligible(&mut agent, &vendor);
    assert_eq!(proof.not_after(), now.saturating_add(60));
    agent.device.start = StartTime::Known(now.saturating_add(61));
    assert_eq!(started_again(&agent, proof), Err("permit.expired"));
    agent.device.start = StartTime::Known(now);
    let proof = eligible(&mut agent, &vendor);
    assert_eq!(started_again(&agent, proof), Ok(()));
}

#[test]
fn what_is_paused_before_it_starts_waits_until_it_is_let_go() {
    let (mut vendor, mut agent, [first, second]) = two();
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1).pause(second));
    agent.catalog(&vendor).unwrap();
    for _ in 0..2 {
        // As often as it is asked, as the boot loader may have refused.
        assert_eq!(judged(&mut agent, Health::Good), (Verdict::Waits, vec![Tell::Keep(slot("b"))]));
    }
    let (_, decided) = agent.poll(&vendor).unwrap();
    assert_eq!(decided.reason(second).unwrap().code(), "reason.paused");
    // Nothing has failed by that, in whatever start.
    agent.starts += 1;
    assert_eq!(judged(&mut agent, Health::Good), (Verdict::Waits, vec![]));
    // The power goes before the loader hears of it: it starts, and is on trial as any.
    let (mut hasty_vendor, mut hasty, _) = two();
    hasty_vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1).pause(second));
    hasty.catalog(&hasty_vendor).unwrap();
    let judgement = judge(&hasty.state, &hasty.running(), &hasty.ratchets);
    let Some(Step::Store(untold)) = judgement.into_steps().into_iter().next() else {
        panic!("stored first")
    };
    hasty.state = untold.stored();
    hasty.restart();
    assert_eq!(judged(&mut hasty, Health::Good).0, Verdict::Confirmed);
    // It is let go, and started.
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 2));
    vendor.plan("lamp", &stable("lamp", 3, &[(first, "1.5.0"), (second, "2.0.0")]));
    let proof = eligible(&mut agent, &vendor);
    let (running, now) = (agent.running(), agent.device.start);
    let steps = start_again(proof, &agent.state, &running, &agent.ratchets, now).unwrap();
    assert_eq!(agent.take(steps), [Tell::Keep(slot("b")), Tell::Try(slot("a"))]);
    agent.restart();
    assert_eq!(judged(&mut agent, Health::Good).0, Verdict::Confirmed);
    assert_eq!(failures(&agent), []);
}

#[test]
fn nothing_is_judged_by_what_is_remembered_of_another_product() {
    let (mut vendor, mut agent, [first, second]) = two();
    agent.restart();
    vendor.plan("lamp", &stable("lamp", 3, &[(first, "1.5.0")]).withdraw(second));
    agent.catalog(&vendor).unwrap();
    let judgement = judge(&agent.state, &agent.running(), &Ratchets::new(product("door")));
    assert_eq!(judgement.verdict(), &Verdict::OtherProduct);
    assert!(judgement.steps().is_empty());
    assert_eq!(judged(&mut agent, Health::Good).0, Verdict::Leave(Cause::Withdrawn));
}

#[test]
fn ratchets_of_newer_firmware_stop_an_activation_without_plans_too() {
    let mut vendor = Vendor::new();
    vendor.release("lamp", "2.0.0", 2);
    let mut agent = Agent::new(&vendor, product("lamp"));
    agent.policy = Policy::without_rollouts();
    let documents = agent.documents(&vendor).unwrap();
    let path = product("lamp").manifest_path(&version("2.0.0"));
    let (web, contents) = (&vendor.house.web, &vendor.contents);
    let (repository, found) = agent.fetch(web, contents, documents.repository, &path);
    let (target, bytes) = found.unwrap();
    let release = TrustedRelease::read(target, &bytes, &Limits::default()).unwrap();
    let catalog = Catalog::without_rollouts([release.clone()]).unwrap();
    let (facts, now) = (agent.facts(), agent.device.start);
    let decided = decide(&agent.policy, &facts, &catalog, TimedSignal::UNAVAILABLE, now);
    let mut write = agent.permit_for(&release, decided.into_eligible().unwrap()).unwrap();
    agent.download(&vendor, repository, &mut write).unwrap();
    let permit = write.install(now).unwrap();
    let newer = sealed("ota-trust rollouts 1\nproduct lamp\n!future\n");
    agent.ratchets = Ratchets::load(Some(&newer), &product("lamp")).unwrap_or_else(|| panic!());
    assert_eq!(agent.activate(permit), Err("state.newer"));
}

#[test]
fn what_is_started_again_is_of_the_channel_that_was_chosen_last() {
    let mut vendor = Vendor::new();
    let manifest = vendor.release_on("lamp", "2.0.0", 2, |draft| {
        draft.channel(channel("stable")).channel(channel("beta"))
    });
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    activate_beta(&mut agent, &vendor);
    untold(&mut agent);
    let (_, proof) = chosen(&mut agent, &vendor, None);
    let (running, now) = (agent.running(), agent.device.start);
    let steps = start_again(proof, &agent.state, &running, &agent.ratchets, now).unwrap();
    agent.take(steps);
    agent.restart();
    assert_eq!(judged(&mut agent, Health::Good).0, Verdict::Confirmed);
    assert_eq!(agent.facts().channel, channel("stable"));
}

#[test]
fn what_newer_firmware_adds_to_a_line_of_ratchets_is_kept_at_each_observation() {
    let (vendor, mut agent, _) = two();
    let text = String::from_utf8(agent.ratchets.to_bytes().unwrap()).unwrap();
    let (lines, _) = text.rsplit_once("sha256 ").unwrap();
    let added = lines.replace("product lamp\n", "!product lamp future=1\n");
    let loaded = Ratchets::load(Some(&sealed(&added)), &product("lamp"));
    agent.ratchets = loaded.kept().unwrap();
    agent.catalog(&vendor).unwrap();
    let text = String::from_utf8(agent.ratchets.to_bytes().unwrap()).unwrap();
    assert!(text.contains("\n!product lamp future=1\n"), "{text}");
}

#[test]
fn a_cause_that_is_not_known_is_kept_and_counts() {
    let (_, agent, [_, second]) = two();
    let text = String::from_utf8(agent.state.to_bytes().unwrap()).unwrap();
    let (lines, _) = text.rsplit_once("sha256 ").unwrap();
    let stored = sealed(&format!("{lines}failed {second} 2 watchdog\n"));
    let state = InstallState::load(Some(&stored), &product("lamp")).kept().unwrap();
    let failed: Vec<_> = state.failed().map(|failed| (failed.times, failed.cause)).collect();
    assert_eq!(failed, [(2, Cause::Unknown)]);
    assert_eq!(state.to_bytes(), Some(stored));
}

#[test]
fn a_gate_that_asks_for_nothing_has_nothing_to_say() {
    let read = |gate: &str| {
        let text = format!(r#"{{"schema":1,"rollouts":"required","attestation":{gate}}}"#);
        Policy::from_json(text.as_bytes(), &Limits::default()).map_err(|e| e.code())
    };
    assert!(read(r#"{"gate":"prefer"}"#).is_ok());
    for gate in
        [r#"{"gate":"prefer","channels":["stable"]}"#, r#"{"gate":"ignore","allow_warning":true}"#]
    {
        assert_eq!(read(gate), Err("record.value"), "{gate}");
    }
}

//! What is kept over restarts, kills and fallbacks: the record of an installation, what closes it, and
//! what is told to the boot loader before.

use ota_trust::eligibility::Policy;
use ota_trust::installation::{
    Build, Cause, Health, InstallState, Running, Slot, Step, Tell, Verdict, judge,
};
use ota_trust::permit::start_again;
use ota_trust::primitives::{Limits, StartTime, StoredState};
use ota_trust::release::ManifestDigest;
use ota_trust::rollout::{BrakeDraft, PlanDraft, Ratchets};

use super::agent::Agent;
use super::lamp;
use super::vendor::{PLAN_EXPIRES, Vendor, product, stable, utc, version};

fn slot(name: &str) -> Slot {
    Slot::new(name).unwrap()
}

/// The same, with the release activated.
pub(super) fn activated() -> (Vendor, Agent, ManifestDigest) {
    let (vendor, mut agent, manifest) = lamp();
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    let told = agent.activate(permit).unwrap();
    assert_eq!(told, [Tell::Keep(slot("a")), Tell::Try(slot("b"))]);
    (vendor, agent, manifest)
}

/// The device starts with what it had: the boot loader has gone back.
pub(super) fn fall_back(agent: &mut Agent) {
    (agent.slot, agent.build) = (slot("a"), Build::new(version("1.0.0"), 1));
    agent.starts += 1;
}

pub(super) fn with_health(agent: &Agent, health: Health) -> Running<'_> {
    Running { health, ..agent.running() }
}

fn failures(agent: &Agent) -> Vec<(ManifestDigest, u64, Cause)> {
    agent.state.failed().map(|failed| (failed.manifest, failed.times, failed.cause)).collect()
}

#[test]
fn nothing_below_the_index_that_runs_is_permitted_though_what_runs_is_withdrawn() {
    let mut vendor = Vendor::new();
    let five = vendor.release("lamp", "2.0.0", 5);
    vendor.plan("lamp", &stable("lamp", 1, &[(five, "2.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    agent.activate(permit).unwrap();
    agent.restart();
    // The stored index stays at that of the slot to fall back to.
    let running = Running { must_stay_bootable: &[1], ..agent.running() };
    let judgement = judge(&agent.state, &running, &agent.ratchets);
    assert_eq!(judgement.verdict(), &Verdict::Confirmed);
    agent.take(judgement.into_steps());
    assert_eq!(agent.state.rollback_index(), Some(1));
    assert_eq!(agent.state.floor(&agent.running()).index(), 5);
    // A thief of `rollouts`: a version that rises, an index that falls, and what runs withdrawn.
    let two = vendor.release("lamp", "2.1.0", 2);
    vendor.plan("lamp", &stable("lamp", 2, &[(two, "2.1.0")]).withdraw(five));
    let (documents, decided) = agent.poll(&vendor).unwrap();
    assert_eq!(decided.reason(two).unwrap().code(), "reason.below-floor");
    // Nor if the facts are wrong: the permit looks for itself.
    let mut forgetful = agent.clone();
    forgetful.state = InstallState::new(product("lamp"));
    forgetful.build = Build::new(version("2.0.0"), 1);
    let (_, decided) = forgetful.poll(&vendor).unwrap();
    let eligible = decided.into_eligible().unwrap();
    let release = documents.releases.iter().find(|release| release.digest() == two).unwrap();
    let refused = agent.permit_for(release, eligible).unwrap_err();
    assert_eq!(refused.code(), "permit.below-floor");
    // Nor in the end.
    let permit = forgetful.install_permit(&vendor).unwrap().unwrap();
    let (running, now) = (agent.running(), agent.device.start);
    let steps = permit.activate(&agent.state, &running, &agent.ratchets, now);
    assert_eq!(steps.unwrap_err().code(), "permit.below-floor");
    let running = Running { hardware_counter: Some(3), ..forgetful.running() };
    let permit = forgetful.clone().install_permit(&vendor).unwrap().unwrap();
    let steps =
        permit.activate(&forgetful.state, &running, &forgetful.ratchets, agent.device.start);
    assert_eq!(steps.unwrap_err().code(), "permit.below-floor", "of the hardware");
}

#[test]
fn what_is_withdrawn_or_paused_after_the_download_is_not_activated() {
    for (pauses, code) in [(false, "permit.withdrawn"), (true, "permit.paused")] {
        let (mut vendor, mut agent, manifest) = lamp();
        vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1));
        let permit = agent.install_permit(&vendor).unwrap().unwrap();
        let brake = BrakeDraft::new(&product("lamp"), 2);
        let stopped = if pauses { brake.pause(manifest) } else { brake.withdraw(manifest) };
        vendor.brake("lamp", &stopped);
        agent.catalog(&vendor).unwrap();
        // The permit itself would hold for hours.
        assert_eq!(agent.activate(permit).unwrap_err(), code);
        assert_eq!(agent.state.pending(), None);
    }
}

#[test]
fn an_activation_asks_what_was_learned_of_plans_and_that_it_is_stored() {
    let (vendor, mut agent, _) = lamp();
    let now = agent.device.start;
    let permit = |agent: &Agent| agent.clone().install_permit(&vendor).unwrap().unwrap();
    let code = |agent: &Agent, ratchets: &Ratchets| {
        let steps = permit(agent).activate(&agent.state, &agent.running(), ratchets, now);
        steps.map(drop).map_err(|e| e.code())
    };
    // The caller has forgotten what it knows.
    assert_eq!(code(&agent, &Ratchets::new(product("lamp"))), Err("permit.not-durable"));
    assert_eq!(code(&agent, &Ratchets::new(product("door"))), Err("permit.other-product"));
    // It could not store it.
    let documents = agent.documents(&vendor).unwrap();
    let limits = Limits::default();
    let unstored =
        agent.ratchets.observe(documents.plan.unwrap(), documents.brake, now, &limits).unwrap();
    let live = unstored.not_stored();
    assert_eq!(code(&agent, live.ratchets()), Err("permit.not-durable"));
    agent.catalog(&vendor).unwrap();
    assert_eq!(code(&agent, &agent.ratchets), Ok(()));
}

#[test]
fn what_is_withdrawn_while_it_waits_is_given_up_and_has_not_failed() {
    let (mut vendor, mut agent, bad) = activated();
    let good = vendor.release("lamp", "2.0.1", 2);
    vendor.plan("lamp", &stable("lamp", 2, &[(good, "2.0.1")]).withdraw(bad));
    agent.catalog(&vendor).unwrap();
    let judgement = judge(&agent.state, &agent.running(), &agent.ratchets);
    assert_eq!(judgement.verdict(), &Verdict::GaveUp(Cause::Withdrawn));
    let told = agent.take(judgement.into_steps());
    assert_eq!(told, [Tell::Keep(slot("a")), Tell::Forbid(slot("b"))]);
    assert_eq!((agent.state.pending(), failures(&agent)), (None, vec![]));
    assert_eq!(agent.update(&vendor), Ok(true));
    assert_eq!(agent.state.good().unwrap().manifest, good);
}

#[test]
fn what_is_withdrawn_while_it_is_on_trial_is_left_and_raises_no_index() {
    let (mut vendor, mut agent, bad) = activated();
    agent.restart();
    vendor.plan("lamp", &PlanDraft::new(product("lamp"), 2, utc(PLAN_EXPIRES)).withdraw(bad));
    agent.catalog(&vendor).unwrap();
    let judgement = judge(&agent.state, &agent.running(), &agent.ratchets);
    assert_eq!(judgement.verdict(), &Verdict::Leave(Cause::Withdrawn));
    assert_eq!(judgement.restart_into(), Some(&slot("a")));
    assert_eq!(agent.take(judgement.into_steps()), [Tell::Back(slot("a"))]);
    fall_back(&mut agent);
    assert_eq!(agent.judge(), Verdict::Failed(Cause::Withdrawn));
    assert_eq!((failures(&agent), agent.state.rollback_index()), (vec![], None));
}

#[test]
fn a_withdrawn_release_that_runs_raises_nothing_and_stays_the_floor() {
    let (mut vendor, mut agent, manifest) = lamp();
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    agent.activate(permit).unwrap();
    agent.restart();
    let held = Running { must_stay_bootable: &[1], hardware_counter: Some(0), ..agent.running() };
    let judgement = judge(&agent.state, &held, &agent.ratchets);
    let told = agent.take(judgement.into_steps());
    assert_eq!(told, [Tell::Keep(slot("b")), Tell::Raise(1)]);
    vendor.plan("lamp", &PlanDraft::new(product("lamp"), 2, utc(PLAN_EXPIRES)).withdraw(manifest));
    agent.catalog(&vendor).unwrap();
    let (_, decided) = agent.poll(&vendor).unwrap();
    assert!(decided.runs_withdrawn);
    let free = Running { hardware_counter: Some(1), ..agent.running() };
    assert!(judge(&agent.state, &free, &agent.ratchets).steps().is_empty());
    assert_eq!(agent.state.floor(&free).index(), 2);
}

#[test]
fn a_newer_release_takes_the_place_of_one_that_waits_and_nothing_has_failed() {
    let (mut vendor, mut agent, first) = activated();
    let second = vendor.release("lamp", "2.1.0", 3);
    vendor.plan("lamp", &stable("lamp", 2, &[(first, "2.0.0"), (second, "2.1.0")]));
    assert_eq!(agent.write_permit(&vendor).err(), Some("permit.pending"));
    let steps = agent.state.give_up(&agent.running()).unwrap();
    assert_eq!(agent.take(steps), [Tell::Keep(slot("a")), Tell::Forbid(slot("b"))]);
    assert_eq!(agent.state.give_up(&agent.running()), None, "nothing waits");
    assert_eq!(agent.update(&vendor), Ok(true));
    assert_eq!(agent.state.good().unwrap().manifest, second);
    assert_eq!(failures(&agent), []);
}

#[test]
fn what_was_given_up_and_starts_all_the_same_is_left_without_a_failure() {
    let (_, mut agent, _) = activated();
    let steps = agent.state.give_up(&agent.running()).unwrap();
    // The power goes when that has been stored, and the loader tries the slot.
    let Some(Step::Store(dropped)) = steps.into_iter().next() else { panic!("stored first") };
    agent.state = dropped.stored();
    agent.restart();
    assert_eq!(agent.state.give_up(&agent.running()), None, "it runs");
    assert_eq!(agent.judge(), Verdict::Leave(Cause::GivenUp));
    fall_back(&mut agent);
    assert_eq!(agent.judge(), Verdict::Failed(Cause::GivenUp));
    assert_eq!((agent.state.pending(), failures(&agent)), (None, vec![]));
}

#[test]
fn an_agent_that_is_started_again_judges_nothing() {
    let (vendor, mut agent, _) = activated();
    let before = agent.state.clone();
    for _ in 0..5 {
        assert_eq!(agent.judge(), Verdict::Waits);
    }
    assert_eq!(agent.state, before);
    assert_eq!(agent.write_permit(&vendor).err(), Some("permit.pending"), "b is to be started");
    // It is told once in a start of the system.
    let (_, decided) = agent.poll(&vendor).unwrap();
    let eligible = decided.into_eligible().unwrap();
    let (running, now) = (agent.running(), agent.device.start);
    let steps = start_again(eligible, &agent.state, &running, &agent.ratchets, now).unwrap();
    assert!(steps.is_empty());
}

#[test]
fn proofs_of_components_do_not_outlive_their_permit() {
    let mut vendor = Vendor::new();
    let first = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(first, "2.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    let (documents, mut write) = agent.write_permit(&vendor).unwrap().unwrap();
    agent.download(&vendor, documents.repository, &mut write).unwrap();
    drop(write);
    // A newer release is written over it and withdrawn; the first one is offered again.
    let second = vendor.release("lamp", "2.1.0", 2);
    vendor.plan("lamp", &stable("lamp", 2, &[(first, "2.0.0"), (second, "2.1.0")]));
    let (documents, mut write) = agent.write_permit(&vendor).unwrap().unwrap();
    agent.download(&vendor, documents.repository, &mut write).unwrap();
    assert_eq!(write.release().digest(), second);
    vendor.plan("lamp", &stable("lamp", 3, &[(first, "2.0.0")]).withdraw(second));
    let (_, write) = agent.write_permit(&vendor).unwrap().unwrap();
    assert_eq!(write.release().digest(), first);
    assert_eq!(write.install(agent.device.start).unwrap_err().code(), "permit.missing");
}

#[test]
fn the_way_back_is_told_until_the_device_is_there() {
    let (_, mut agent, bad) = activated();
    agent.restart();
    // Each time the power goes before one more step is taken.
    for taken in 0..4 {
        let mut cut = agent.clone();
        for start in 0..2 {
            let running = with_health(&cut, Health::Bad);
            let judgement = judge(&cut.state, &running, &cut.ratchets);
            assert_eq!(judgement.verdict(), &Verdict::Leave(Cause::Unhealthy), "{taken} {start}");
            assert!(judgement.steps().as_slice().contains(&Step::Tell(Tell::Back(slot("a")))));
            for step in judgement.into_steps().into_iter().take(taken) {
                if let Step::Store(unstored) = step {
                    cut.state = unstored.stored();
                }
            }
            cut.starts += 1;
        }
        // It says that it works now: what is being left is left.
        if cut.state.to_bytes() != agent.state.to_bytes() {
            assert!(!matches!(cut.judge(), Verdict::Confirmed));
        }
        fall_back(&mut cut);
        cut.judge();
        assert_eq!(cut.state.pending(), None);
        assert_eq!(failures(&cut).len(), 1);
        assert_eq!(failures(&cut)[0].0, bad);
    }
}

#[test]
fn a_loader_that_does_not_go_back_is_told_three_times_and_then_an_operator_is_needed() {
    let (_, mut agent, bad) = activated();
    agent.restart();
    let mut verdicts = Vec::new();
    for _ in 0..5 {
        let judgement = judge(&agent.state, &with_health(&agent, Health::Bad), &agent.ratchets);
        verdicts.push((judgement.verdict().clone(), judgement.restart_into().is_some()));
        agent.take(judgement.into_steps());
        agent.starts += 1;
    }
    let left = (Verdict::Leave(Cause::Unhealthy), true);
    let stuck = (Verdict::Stuck(Cause::Unhealthy), false);
    assert_eq!(verdicts, [left.clone(), left.clone(), left, stuck.clone(), stuck]);
    assert_eq!(failures(&agent), [(bad, 1, Cause::Unhealthy)]);
}

#[test]
fn a_slot_is_forbidden_before_it_is_written() {
    let (vendor, mut agent, _) = lamp();
    let (_, write) = agent.write_permit(&vendor).unwrap().unwrap();
    assert_eq!(write.slot(), &slot("b"));
    let steps = write.before_writing(&agent.running());
    assert_eq!(agent.take(steps), [Tell::Keep(slot("a")), Tell::Forbid(slot("b"))]);
}

/// The boot loader would not start it a second time.
#[test]
fn a_release_below_the_hardware_counter_is_not_kept_and_not_left_for_what_would_not_start() {
    for health in [Health::Good, Health::NotYet, Health::Bad] {
        let (_, mut agent, manifest) = activated();
        agent.restart();
        let running = Running { hardware_counter: Some(3), ..with_health(&agent, health) };
        let judgement = judge(&agent.state, &running, &agent.ratchets);
        assert_eq!(judgement.verdict(), &Verdict::Stuck(Cause::BelowCounter));
        assert_eq!(judgement.restart_into(), None);
        assert_eq!(agent.take(judgement.into_steps()), []);
        assert_eq!(failures(&agent), [(manifest, 1, Cause::BelowCounter)]);
    }
    // Nor is what has to go for another reason.
    let (_, mut agent, manifest) = activated();
    agent.restart();
    let judgement = judge(&agent.state, &with_health(&agent, Health::Bad), &agent.ratchets);
    assert_eq!(judgement.verdict(), &Verdict::Leave(Cause::Unhealthy));
    agent.take(judgement.into_steps());
    let running = Running { hardware_counter: Some(3), ..agent.running() };
    let judgement = judge(&agent.state, &running, &agent.ratchets);
    assert_eq!(judgement.verdict(), &Verdict::Stuck(Cause::Unhealthy));
    assert_eq!(agent.take(judgement.into_steps()), []);
    assert_eq!(failures(&agent), [(manifest, 1, Cause::Unhealthy)]);
}

#[test]
fn the_mark_for_the_loader_is_said_until_the_confirmation_is_stored() {
    let (_, mut agent, manifest) = activated();
    agent.restart();
    for _ in 0..3 {
        let judgement = judge(&agent.state, &agent.running(), &agent.ratchets);
        assert_eq!(judgement.verdict(), &Verdict::Confirmed);
        let first = judgement.into_steps().into_iter().next();
        assert_eq!(first, Some(Step::Tell(Tell::Keep(slot("b")))));
        // The power goes before it is stored.
        agent.starts += 1;
    }
    assert_eq!(agent.judge(), Verdict::Confirmed);
    assert_eq!(agent.state.good().unwrap().manifest, manifest);
    assert_eq!(agent.judge(), Verdict::Nothing);
}

#[test]
fn power_cuts_before_the_loader_is_told_are_no_failures_of_the_release() {
    let (vendor, mut agent, manifest) = lamp();
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    let now = agent.device.start;
    let steps = permit.activate(&agent.state, &agent.running(), &agent.ratchets, now).unwrap();
    let Some(Step::Store(opened)) = steps.into_iter().next() else { panic!("stored first") };
    agent.state = opened.stored();
    for attempts in 2..=3 {
        agent.starts += 1;
        assert_eq!(agent.judge(), Verdict::Waits);
        let (_, decided) = agent.poll(&vendor).unwrap();
        let eligible = decided.into_eligible().unwrap();
        assert_eq!(eligible.manifest(), manifest);
        let (running, now) = (agent.running(), agent.device.start);
        let steps = start_again(eligible, &agent.state, &running, &agent.ratchets, now).unwrap();
        let tells = [Tell::Keep(slot("a")), Tell::Try(slot("b"))].map(Step::Tell);
        assert!(tells.iter().all(|tell| steps.as_slice().contains(tell)), "{attempts}");
        let Some(Step::Store(again)) = steps.into_iter().next() else { panic!("stored first") };
        agent.state = again.stored();
    }
    agent.starts += 1;
    assert_eq!(agent.judge(), Verdict::LoaderFailed);
    assert_eq!(failures(&agent), []);
    assert_eq!(agent.update(&vendor), Ok(true));
}

#[test]
fn what_is_started_again_is_what_is_pending_and_still_decided_for() {
    let (mut vendor, mut agent, first) = activated();
    let decide = |agent: &mut Agent, vendor: &Vendor| {
        let (_, decided) = agent.poll(vendor).unwrap();
        let eligible = decided.into_eligible().unwrap();
        let (running, now) = (agent.running(), agent.device.start);
        let steps = start_again(eligible, &agent.state, &running, &agent.ratchets, now);
        steps.map(drop).map_err(|e| e.code())
    };
    let mut idle = agent.clone();
    idle.state = InstallState::new(product("lamp"));
    assert_eq!(decide(&mut idle, &vendor), Err("permit.nothing-pending"));
    let second = vendor.release("lamp", "2.1.0", 2);
    vendor.plan("lamp", &stable("lamp", 2, &[(first, "2.0.0"), (second, "2.1.0")]));
    assert_eq!(decide(&mut agent, &vendor), Err("permit.other-release"));
}

#[test]
fn a_release_that_does_not_start_is_not_tried_for_ever() {
    let (vendor, mut agent, manifest) = lamp();
    for times in 1..=3 {
        let permit = agent.install_permit(&vendor).unwrap().unwrap();
        agent.activate(permit).unwrap();
        fall_back(&mut agent);
        assert_eq!(agent.judge(), Verdict::Failed(Cause::NotStarted));
        assert_eq!(failures(&agent), [(manifest, times, Cause::NotStarted)]);
    }
    let (_, decided) = agent.poll(&vendor).unwrap();
    assert_eq!(decided.reason(manifest).unwrap().code(), "reason.failed-boots");
    agent.policy = Policy::default().max_failed_boots(4);
    assert_eq!(agent.update(&vendor), Ok(true));
    assert_eq!(failures(&agent), [], "it works after all");
}

#[test]
fn a_fallback_long_after_the_confirmation_is_a_failure_of_what_was_good() {
    let (vendor, mut agent, manifest) = lamp();
    assert_eq!(agent.update(&vendor), Ok(true));
    fall_back(&mut agent);
    let sick = with_health(&agent, Health::Bad);
    assert!(judge(&agent.state, &sick, &agent.ratchets).steps().is_empty(), "both may be broken");
    let judgement = judge(&agent.state, &agent.running(), &agent.ratchets);
    assert_eq!(judgement.verdict(), &Verdict::FellBack);
    let told = agent.take(judgement.into_steps());
    assert_eq!(told, [Tell::Keep(slot("a")), Tell::Forbid(slot("b"))]);
    assert_eq!(failures(&agent), [(manifest, 1, Cause::FellBack)]);
    assert_eq!(agent.judge(), Verdict::Nothing);
    assert_eq!(agent.state.rollback_index(), Some(2), "and the index does not fall");
}

#[test]
fn what_the_plan_lists_is_forgotten_last_of_what_has_failed() {
    let mut vendor = Vendor::new();
    let listed = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(listed, "2.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    agent.policy = Policy::default().max_failed_boots(100);
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    agent.activate(permit).unwrap();
    fall_back(&mut agent);
    agent.judge();
    let text = String::from_utf8(agent.state.to_bytes().unwrap()).unwrap();
    let (lines, _) = text.rsplit_once("sha256 ").unwrap();
    // As many others as a plan can have.
    let others = (0..64).map(|n| format!("failed {:064x} 1 unhealthy\n", n + 1));
    let lines = format!("{lines}{}", others.collect::<String>());
    agent.state = InstallState::load(Some(&sealed(&lines)), &product("lamp")).kept().unwrap();
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    agent.activate(permit).unwrap();
    fall_back(&mut agent);
    agent.judge();
    let failed = failures(&agent);
    assert_eq!(failed.len(), 64);
    assert_eq!(failed.last(), Some(&(listed, 2, Cause::NotStarted)));
    assert_eq!(failed[0].0.to_string(), format!("{:064x}", 2), "the oldest of the others");
}

fn sealed(lines: &str) -> Vec<u8> {
    let digest = ManifestDigest::of(lines.as_bytes());
    format!("{lines}sha256 {digest}\n").into_bytes()
}

/// The state as newer firmware has written it, with one more line.
fn with_line(state: &InstallState, line: &str) -> Vec<u8> {
    let text = String::from_utf8(state.to_bytes().unwrap()).unwrap();
    let (lines, _) = text.rsplit_once("sha256 ").unwrap();
    sealed(&format!("{lines}{line}\n"))
}

#[test]
fn older_firmware_keeps_what_newer_firmware_has_written_and_goes_on() {
    let (_, mut agent, manifest) = activated();
    let newer = with_line(&agent.state, "future x key=value");
    agent.state = InstallState::load(Some(&newer), &product("lamp")).kept().unwrap();
    fall_back(&mut agent);
    assert_eq!(agent.judge(), Verdict::Failed(Cause::NotStarted));
    let text = String::from_utf8(agent.state.to_bytes().unwrap()).unwrap();
    assert!(text.contains("\nfuture x key=value\n"), "{text}");
    assert_eq!(failures(&agent), [(manifest, 1, Cause::NotStarted)]);
}

#[test]
fn older_firmware_stops_at_what_it_must_not_pass_over() {
    let (vendor, mut agent, manifest) = lamp();
    assert_eq!(agent.update(&vendor), Ok(true));
    let newer = with_line(&agent.state, "!future x");
    let StoredState::Newer(state) = InstallState::load(Some(&newer), &product("lamp")) else {
        panic!("it is newer")
    };
    // What it knows of it counts.
    assert_eq!(state.rollback_index(), Some(2));
    assert_eq!(state.good().unwrap().manifest, manifest);
    assert_eq!(state.to_bytes(), None);
    agent.state = state;
    fall_back(&mut agent);
    assert_eq!(agent.state.floor(&agent.running()).index(), 2);
    let judgement = judge(&agent.state, &agent.running(), &agent.ratchets);
    assert_eq!(judgement.verdict(), &Verdict::Newer);
    assert!(judgement.steps().is_empty());
    let mut vendor = vendor;
    let next = vendor.release("lamp", "2.1.0", 2);
    vendor.plan("lamp", &stable("lamp", 2, &[(next, "2.1.0")]));
    assert_eq!(agent.update(&vendor), Err("state.newer"));
    // Of a later major nothing is known, and it is not written over.
    let text = String::from_utf8(newer).unwrap().replace("installation 1", "installation 2");
    let (lines, _) = text.rsplit_once("sha256 ").unwrap();
    let major = sealed(lines);
    let found = InstallState::load(Some(&major), &product("lamp"));
    assert!(matches!(&found, StoredState::Newer(state) if state.good().is_none()), "{found:?}");
}

#[test]
fn ratchets_of_newer_firmware_are_not_written_over() {
    let (vendor, mut agent, _) = lamp();
    agent.catalog(&vendor).unwrap();
    let text = String::from_utf8(agent.ratchets.to_bytes().unwrap()).unwrap();
    let (lines, _) = text.rsplit_once("sha256 ").unwrap();
    let load = |lines: &str| Ratchets::load(Some(&sealed(lines)), &product("lamp"));
    // An unknown line is kept.
    agent.ratchets = load(&format!("{lines}future y\n")).kept().unwrap();
    agent.catalog(&vendor).unwrap();
    let text = String::from_utf8(agent.ratchets.to_bytes().unwrap()).unwrap();
    assert!(text.contains("\nfuture y\n"), "{text}");
    // A critical one stops.
    let StoredState::Newer(newer) = load(&format!("{lines}!future y\n")) else { panic!("newer") };
    agent.ratchets = newer;
    assert_eq!(agent.ratchets.plan_epoch(), Some(1));
    assert_eq!(agent.update(&vendor), Err("state.newer"));
}

#[test]
fn state_that_is_absent_damaged_or_of_another_product_is_told_apart() {
    let (_, agent, _) = activated();
    let load = |bytes: Option<&[u8]>, name: &str| InstallState::load(bytes, &product(name));
    let bytes = agent.state.to_bytes().unwrap();
    assert_eq!(load(None, "lamp"), StoredState::Absent);
    assert_eq!(load(Some(&bytes), "lamp"), StoredState::Kept(agent.state.clone()));
    assert_eq!(load(Some(&bytes), "door"), StoredState::Damaged);
    for number in 0..bytes.len() {
        let mut torn = bytes.clone();
        torn[number] ^= 1;
        assert_eq!(load(Some(&torn), "lamp"), StoredState::Damaged, "byte {number}");
        assert_eq!(load(Some(&bytes[..number]), "lamp"), StoredState::Damaged);
    }
}

#[test]
fn a_permit_is_not_used_after_its_end() {
    let (vendor, mut agent, _) = lamp();
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    agent.device.start = StartTime::Known(permit.not_after());
    assert_eq!(agent.activate(permit).unwrap_err(), "permit.expired");
}

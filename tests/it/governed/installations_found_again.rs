//! What a second review of installations has found.

use ota_trust::eligibility::Eligible;
use ota_trust::installation::{
    Cause, Health, InstallState, Running, Step, Steps, Tell, Verdict, judge,
};
use ota_trust::permit::start_again;
use ota_trust::rollout::{BrakeDraft, Ratchets};

use super::agent::Agent;
use super::installations_found::{
    activate_beta, chosen, failures, judged, sealed, slot, starts_in, two,
};
use super::vendor::{Vendor, channel, product, stable};

/// Takes the first steps alone.
fn take_some(agent: &mut Agent, steps: Steps, count: usize) -> Vec<Tell> {
    let mut told = Vec::new();
    for step in steps.into_iter().take(count) {
        match step {
            Step::Store(unstored) => agent.state = unstored.stored(),
            Step::Tell(tell) => told.push(tell),
        }
    }
    told
}

fn lines(agent: &Agent) -> String {
    let text = String::from_utf8(agent.state.to_bytes().unwrap()).unwrap();
    text.rsplit_once("sha256 ").unwrap().0.to_owned()
}

/// With more lines in its state.
fn with_lines(agent: &mut Agent, more: &str) {
    let stored = sealed(&format!("{}{more}", lines(agent)));
    agent.state = InstallState::load(Some(&stored), &product("lamp")).kept().unwrap();
}

fn start_steps(agent: &Agent, proof: Eligible) -> Steps {
    let (running, now) = (agent.running(), agent.device.start);
    start_again(proof, &agent.state, &running, &agent.ratchets, now).unwrap()
}

/// Left as often as it may be, and not gone.
fn stick(agent: &mut Agent) {
    agent.restart();
    for _ in 0..3 {
        assert_eq!(judged(agent, Health::Bad).0, Verdict::Leave(Cause::Unhealthy));
        agent.starts += 1;
    }
    assert_eq!(judged(agent, Health::Bad).0, Verdict::Stuck(Cause::Unhealthy));
}

/// The boot loader refuses, or the agent is killed: it would start at the next restart.
#[test]
fn a_pause_is_told_until_the_boot_loader_has_heard_it() {
    let (mut vendor, mut agent, [_, second]) = two();
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1).pause(second));
    agent.catalog(&vendor).unwrap();
    let judgement = judge(&agent.state, &agent.running(), &agent.ratchets);
    assert_eq!(take_some(&mut agent, judgement.into_steps(), 1), []);
    for _ in 0..3 {
        assert_eq!(judged(&mut agent, Health::Good), (Verdict::Waits, vec![Tell::Keep(slot("b"))]));
    }
}

#[test]
fn a_pause_reaches_what_the_loader_was_told_and_nobody_has_noted() {
    let (mut vendor, mut agent, [_, second]) = two();
    let steps = agent.state.give_up(&agent.running()).unwrap();
    agent.take(steps);
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    let (running, now) = (agent.running(), agent.device.start);
    let steps = permit.activate(&agent.state, &running, &agent.ratchets, now).unwrap();
    let told = take_some(&mut agent, steps, 3);
    assert_eq!(told, [Tell::Keep(slot("b")), Tell::Try(slot("a"))]);
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1).pause(second));
    agent.catalog(&vendor).unwrap();
    assert_eq!(judged(&mut agent, Health::Good), (Verdict::Waits, vec![Tell::Keep(slot("b"))]));
}

#[test]
fn pauses_that_come_and_go_are_no_failure_of_the_boot_loader() {
    let (mut vendor, mut agent, [first, second]) = two();
    let releases = [(first, "1.5.0"), (second, "2.0.0")];
    for round in 0..4 {
        vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 2 * round + 1).pause(second));
        agent.catalog(&vendor).unwrap();
        let held = (Verdict::Waits, vec![Tell::Keep(slot("b"))]);
        assert_eq!(judged(&mut agent, Health::Good), held, "{round}");
        agent.starts += 1;
        assert_eq!(judged(&mut agent, Health::Good), (Verdict::Waits, vec![]), "{round}");
        vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 2 * round + 2));
        vendor.plan("lamp", &stable("lamp", 3 + round, &releases));
        let proof = agent.poll(&vendor).unwrap().1.into_eligible().unwrap();
        let steps = start_steps(&agent, proof);
        assert_eq!(agent.take(steps), [Tell::Keep(slot("b")), Tell::Try(slot("a"))]);
    }
}

/// It was told before the power went; what was not noted is no excuse.
#[test]
fn what_was_on_trial_and_fell_back_has_failed_though_nobody_had_noted_that_it_was_told() {
    let (vendor, mut agent, [_, second]) = two();
    let steps = agent.state.give_up(&agent.running()).unwrap();
    agent.take(steps);
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    let (running, now) = (agent.running(), agent.device.start);
    let steps = permit.activate(&agent.state, &running, &agent.ratchets, now).unwrap();
    take_some(&mut agent, steps, 3);
    agent.restart();
    assert_eq!(judged(&mut agent, Health::NotYet), (Verdict::Trial, vec![]));
    starts_in(&mut agent, "b", "1.5.0", 2);
    assert_eq!(judged(&mut agent, Health::Good).0, Verdict::Failed(Cause::NotStarted));
    assert_eq!(failures(&agent), [(second, 1, Cause::NotStarted)]);
}

#[test]
fn a_boot_loader_that_always_refuses_to_go_back_does_not_deny_updates() {
    let (mut vendor, mut agent, [first, second]) = two();
    agent.restart();
    for start in 0..4 {
        let running = Running { health: Health::Bad, ..agent.running() };
        let judgement = judge(&agent.state, &running, &agent.ratchets);
        let is_stuck = judgement.verdict() == &Verdict::Stuck(Cause::Unhealthy);
        assert_eq!(is_stuck, start == 3, "{start}");
        // Whatever it is told fails.
        let steps = judgement.into_steps();
        let stores = |step: &&Step| matches!(step, Step::Store(_));
        let stored = steps.as_slice().iter().take_while(stores).count();
        assert_eq!(take_some(&mut agent, steps, stored), []);
        agent.starts += 1;
    }
    let third = vendor.release("lamp", "2.1.0", 2);
    let releases = [(first, "1.5.0"), (second, "2.0.0"), (third, "2.1.0")];
    vendor.plan("lamp", &stable("lamp", 3, &releases));
    assert_eq!(agent.update(&vendor), Ok(true));
}

#[test]
fn a_boot_loader_that_goes_back_late_is_told_to_stay_there() {
    let (_, mut agent, [first, second]) = two();
    stick(&mut agent);
    assert_eq!(agent.state.installed_in(&slot("a")).unwrap().manifest, second);
    starts_in(&mut agent, "b", "1.5.0", 2);
    assert_eq!(judged(&mut agent, Health::NotYet), (Verdict::Nothing, vec![]), "it may not work");
    let told = vec![Tell::Keep(slot("b")), Tell::Forbid(slot("a"))];
    assert_eq!(judged(&mut agent, Health::Good), (Verdict::Nothing, told));
    assert_eq!(judged(&mut agent, Health::Good), (Verdict::Nothing, vec![]), "once");
    assert_eq!(agent.facts().running, Some(first));
    assert_eq!(failures(&agent), [(second, 1, Cause::Unhealthy)]);
}

#[test]
fn a_device_keeps_its_channel_when_it_comes_back_late() {
    let mut vendor = Vendor::new();
    let beta = |vendor: &mut Vendor, number| {
        vendor.release_on("lamp", number, 2, |draft| draft.channel(channel("beta")))
    };
    let first = beta(&mut vendor, "1.5.0");
    vendor.plan("lamp", &stable("lamp", 1, &[(first, "1.5.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    activate_beta(&mut agent, &vendor);
    agent.restart();
    assert_eq!(judged(&mut agent, Health::Good).0, Verdict::Confirmed);
    let second = beta(&mut vendor, "2.0.0");
    vendor.plan("lamp", &stable("lamp", 2, &[(first, "1.5.0"), (second, "2.0.0")]));
    activate_beta(&mut agent, &vendor);
    stick(&mut agent);
    starts_in(&mut agent, "b", "1.5.0", 2);
    judged(&mut agent, Health::Good);
    assert_eq!(agent.facts().channel, channel("beta"));
}

#[test]
fn something_else_that_is_not_left_is_said_to_be_stuck_for_as_long_as_it_runs() {
    let (_, mut agent, _) = two();
    starts_in(&mut agent, "a", "9.9.9", 7);
    for _ in 0..3 {
        assert_eq!(judged(&mut agent, Health::Good).0, Verdict::Leave(Cause::OtherRelease));
        agent.starts += 1;
    }
    for _ in 0..3 {
        let stuck = (Verdict::Stuck(Cause::OtherRelease), vec![]);
        assert_eq!(judged(&mut agent, Health::Good), stuck);
        agent.starts += 1;
    }
    assert_eq!(agent.facts().running, None, "nobody knows what it is");
}

/// With three slots it may be one that nothing is known of.
#[test]
fn a_third_slot_that_does_not_work_is_not_kept() {
    for health in [Health::Bad, Health::NotYet, Health::Good] {
        let (_, mut agent, _) = two();
        starts_in(&mut agent, "c", "1.0.0", 1);
        let (verdict, told) = judged(&mut agent, health);
        assert_eq!(verdict, Verdict::Failed(Cause::NotStarted));
        assert_eq!(told.contains(&Tell::Keep(slot("c"))), health == Health::Good, "{told:?}");
        assert!(told.contains(&Tell::Forbid(slot("a"))));
    }
}

/// In the same start, too.
#[test]
fn what_was_told_is_of_the_channel_that_was_chosen_last() {
    for is_paused in [false, true] {
        let mut vendor = Vendor::new();
        let manifest = vendor.release_on("lamp", "2.0.0", 2, |draft| {
            draft.channel(channel("stable")).channel(channel("beta"))
        });
        vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
        let mut agent = Agent::new(&vendor, product("lamp"));
        activate_beta(&mut agent, &vendor);
        if is_paused {
            vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1).pause(manifest));
            agent.catalog(&vendor).unwrap();
            assert_eq!(judged(&mut agent, Health::Good).0, Verdict::Waits);
            vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 2));
            vendor.plan("lamp", &stable("lamp", 2, &[(manifest, "2.0.0")]));
        }
        let (_, proof) = chosen(&mut agent, &vendor, None);
        let steps = start_steps(&agent, proof);
        assert_eq!(agent.take(steps).is_empty(), !is_paused);
        let (_, proof) = chosen(&mut agent, &vendor, None);
        assert!(start_steps(&agent, proof).is_empty(), "once");
        agent.restart();
        assert_eq!(judged(&mut agent, Health::Good).0, Verdict::Confirmed);
        assert_eq!(agent.facts().channel, channel("stable"));
    }
}

#[test]
fn a_release_makes_room_for_its_own_failure_alone() {
    let mut vendor = Vendor::new();
    let numbers: Vec<_> = (0..64).map(|minor| format!("2.{minor}.0")).collect();
    let releases: Vec<_> =
        numbers.iter().map(|number| (vendor.release("lamp", number, 2), number.as_str())).collect();
    vendor.plan("lamp", &stable("lamp", 1, &releases));
    let mut agent = Agent::new(&vendor, product("lamp"));
    // All have failed for good but the newest, which fell back once and has one more chance.
    let ((newest, _), others) = releases.split_last().unwrap();
    let mut failed = format!("failed {newest} 2 fell-back\n");
    failed.extend(others.iter().map(|(manifest, _)| format!("failed {manifest} 3 unhealthy\n")));
    with_lines(&mut agent, &failed);
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    agent.activate(permit).unwrap();
    starts_in(&mut agent, "a", "1.0.0", 1);
    assert_eq!(judged(&mut agent, Health::Good).0, Verdict::Failed(Cause::NotStarted));
    assert_eq!(failures(&agent).len(), 64);
    assert_eq!(failures(&agent).last(), Some(&(*newest, 3, Cause::FellBack)));
    assert!(agent.install_permit(&vendor).unwrap().is_none(), "none is left");
}

#[test]
fn the_cause_that_newer_firmware_gives_keeps_its_name() {
    let (_, mut agent, [_, second]) = two();
    with_lines(&mut agent, &format!("leaving {second} watchdog 1 {}\n", "0".repeat(64)));
    agent.starts += 1;
    assert_eq!(judged(&mut agent, Health::Good).0, Verdict::Failed(Cause::Unknown));
    assert!(lines(&agent).ends_with(&format!("failed {second} 1 watchdog\n")));
}

/// It may be one that a confirmation does not end.
#[test]
fn a_cause_that_is_not_known_outlasts_a_confirmation() {
    let (_, mut agent, [_, second]) = two();
    with_lines(&mut agent, &format!("failed {second} 2 fell-back-twice\n"));
    agent.restart();
    assert_eq!(judged(&mut agent, Health::Good).0, Verdict::Confirmed);
    assert_eq!(failures(&agent), [(second, 2, Cause::Unknown)]);
}

/// It may have been withdrawn.
#[test]
fn nothing_rises_while_newer_firmware_knows_more_of_rollouts() {
    let (_, mut agent, _) = two();
    agent.restart();
    let newer = sealed("ota-trust rollouts 2\nproduct lamp\n");
    let newer = Ratchets::load(Some(&newer), &product("lamp")).unwrap_or_else(|| panic!());
    assert!(newer.is_newer());
    let running = Running { hardware_counter: Some(1), ..agent.running() };
    let judgement = judge(&agent.state, &running, &newer);
    assert_eq!(judgement.verdict(), &Verdict::Confirmed);
    let before = agent.state.rollback_index();
    assert_eq!(agent.take(judgement.into_steps()), [Tell::Keep(slot("a"))]);
    assert_eq!(agent.state.rollback_index(), before);
}

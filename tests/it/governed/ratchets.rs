//! What a device has seen of rollouts never falls, and no theft denies updates for ever.

use ota_trust::metadata::PathSet;
use ota_trust::primitives::{Limits, StoredState, TargetPath};
use ota_trust::release::ManifestDigest;
use ota_trust::repository::Delegation;
use ota_trust::rollout::{BrakeDraft, PlanDraft, Ratchets, Withdrawal};

use super::agent::Agent;
use super::vendor::{PLAN_EXPIRES, Vendor, product, stable, utc};
use crate::publishing::house::{path, public, role};

fn some_digest(number: u32) -> ManifestDigest {
    let mut bytes = [0xaa; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    ManifestDigest::from_bytes(bytes)
}

fn empty(epoch: u64) -> PlanDraft {
    PlanDraft::new(product("lamp"), epoch, utc(PLAN_EXPIRES))
}

#[test]
fn an_older_plan_is_refused_and_another_of_the_same_epoch() {
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    let mut agent = Agent::new(&vendor, product("lamp"));
    vendor.plan("lamp", &empty(7));
    agent.catalog(&vendor).unwrap();
    let seen = agent.ratchets.clone();
    for (epoch, code) in [(6, "rollout.epoch-rollback"), (7, "rollout.epoch-reused")] {
        vendor.plan("lamp", &stable("lamp", epoch, &[(manifest, "2.0.0")]));
        assert_eq!(agent.update(&vendor), Err(code));
        assert_eq!(agent.ratchets, seen, "a refusal changes nothing");
    }
    vendor.plan("lamp", &stable("lamp", 8, &[(manifest, "2.0.0")]));
    assert_eq!(agent.update(&vendor), Ok(true));
    assert_eq!(agent.ratchets.plan_epoch(), Some(8));
}

#[test]
fn the_last_epoch_signed_by_a_thief_ends_with_the_stolen_key() {
    for authority in ["rollouts", "brake"] {
        let mut vendor = Vendor::new();
        let manifest = vendor.release("lamp", "2.0.0", 2);
        vendor.plan("lamp", &empty(3));
        vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 3));
        let mut agent = Agent::new(&vendor, product("lamp"));
        agent.catalog(&vendor).unwrap();
        // The thief publishes the last epoch that there is.
        if authority == "rollouts" {
            vendor.plan("lamp", &empty(u64::MAX));
        } else {
            vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), u64::MAX).pause_all());
        }
        agent.catalog(&vendor).unwrap();
        // Nothing that is signed with the old key can follow.
        vendor.plan("lamp", &stable("lamp", 4, &[(manifest, "2.0.0")]));
        vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 4));
        assert_eq!(agent.update(&vendor), Err("rollout.epoch-rollback"), "{authority}");
        vendor.rotate(authority, authority, "fresh");
        assert_eq!(agent.update(&vendor), Ok(true), "{authority}");
        assert_eq!((agent.ratchets.plan_epoch(), agent.ratchets.brake_epoch()), (Some(4), Some(4)));
    }
}

#[test]
fn a_key_that_is_only_added_ends_no_ratchet() {
    let mut vendor = Vendor::new();
    let mut agent = Agent::new(&vendor, product("lamp"));
    vendor.plan("lamp", &empty(u64::MAX));
    agent.catalog(&vendor).unwrap();
    vendor.edit(|draft| {
        use crate::publishing::house::{public, role};
        draft.targets().unwrap().add_key(&role("rollouts"), &public("another")).unwrap();
    });
    vendor.plan("lamp", &empty(4));
    assert_eq!(agent.update(&vendor), Err("rollout.epoch-rollback"));
}

#[test]
fn what_was_withdrawn_stays_so_under_any_later_plan_and_any_keys() {
    for by_brake in [false, true] {
        let mut vendor = Vendor::new();
        let manifest = vendor.release("lamp", "2.0.0", 2);
        let mut agent = Agent::new(&vendor, product("lamp"));
        vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
        if by_brake {
            vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1).withdraw(manifest));
        } else {
            vendor.plan("lamp", &empty(2).withdraw(manifest));
        }
        agent.catalog(&vendor).unwrap();
        // A thief, or a mistake: live again, and the brake empty.
        vendor.plan("lamp", &stable("lamp", 3, &[(manifest, "2.0.0")]));
        if by_brake {
            vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 2));
        }
        let refused = |agent: &mut Agent, vendor: &Vendor| {
            let (_, decided) = agent.poll(vendor).unwrap();
            assert_eq!(decided.reason(manifest).unwrap().code(), "reason.withdrawn");
            assert!(decided.into_eligible().is_none());
        };
        refused(&mut agent, &vendor);
        vendor.rotate("rollouts", "rollouts", "fresh");
        vendor.rotate("brake", "brake", "fresher");
        refused(&mut agent, &vendor);
        assert!(agent.ratchets.is_withdrawn(manifest));
    }
}

#[test]
fn a_brake_that_was_seen_does_not_vanish() {
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1).pause(manifest));
    let mut agent = Agent::new(&vendor, product("lamp"));
    let (_, decided) = agent.poll(&vendor).unwrap();
    assert_eq!(decided.reason(manifest).unwrap().code(), "reason.paused");
    vendor.edit(|draft| {
        draft.remove_target(&brake_path()).unwrap();
    });
    assert_eq!(agent.update(&vendor), Err("rollout.brake-missing"));
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 2));
    vendor.plan("lamp", &stable("lamp", 2, &[(manifest, "2.0.0")]));
    assert_eq!(agent.update(&vendor), Ok(true), "an empty brake and another plan let go");
}

/// A vendor without a brake, and a thief of its key, who makes one. `targets` takes the key away.
#[test]
fn the_brake_of_a_thief_ends_with_the_key_though_no_other_brake_follows() {
    for undelegates in [false, true] {
        let mut vendor = Vendor::new();
        let manifest = vendor.release("lamp", "2.0.0", 2);
        let gone = vendor.release("lamp", "1.9.0", 2);
        let planned = [(manifest, "2.0.0"), (gone, "1.9.0")];
        vendor.plan("lamp", &stable("lamp", 1, &planned));
        let brake = BrakeDraft::new(&product("lamp"), u64::MAX).pause_all();
        vendor.brake("lamp", &brake.withdraw(gone));
        let mut agent = Agent::new(&vendor, product("lamp"));
        assert_eq!(agent.update(&vendor), Ok(false));
        if !undelegates {
            vendor.rotate("brake", "brake", "fresh");
        }
        vendor.edit(|draft| {
            if undelegates {
                draft.targets().unwrap().undelegate(&role("brake")).unwrap();
            } else {
                draft.remove_target(&brake_path()).unwrap();
            }
        });
        // That there is none lets nothing go by itself: that takes a plan.
        let (_, decided) = agent.poll(&vendor).unwrap();
        assert_eq!(decided.reason(manifest).unwrap().code(), "reason.paused");
        assert_eq!(agent.ratchets.brake_epoch(), None);
        vendor.plan("lamp", &stable("lamp", 2, &planned));
        let (_, decided) = agent.poll(&vendor).unwrap();
        assert_eq!(decided.reason(gone).unwrap().code(), "reason.withdrawn", "that stays");
        assert_eq!(agent.update(&vendor), Ok(true));
        assert_eq!(agent.state.good().unwrap().manifest, manifest);
    }
}

/// The people of the brake could delegate it to themselves, and take that back.
#[test]
fn a_brake_does_not_end_by_what_its_own_people_take_away() {
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
    vendor.house.keys.push("own".into());
    vendor.edit(|draft| {
        let paths = PathSet::patterns(["brake/*"]);
        let own = Delegation::new(role("own"), vec![public("own")], 1, paths);
        draft.role(&role("brake")).unwrap().delegate(&own.terminating()).unwrap();
        draft.create_role(&role("own")).unwrap();
    });
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1).pause(manifest));
    let mut agent = Agent::new(&vendor, product("lamp"));
    assert_eq!(agent.update(&vendor), Ok(false));
    assert_eq!(agent.ratchets.brake_epoch(), Some(1));
    vendor.edit(|draft| draft.role(&role("brake")).unwrap().undelegate(&role("own")).unwrap());
    vendor.plan("lamp", &stable("lamp", 2, &[(manifest, "2.0.0")]));
    assert_eq!(agent.update(&vendor), Err("rollout.brake-missing"));
}

fn brake_path() -> TargetPath {
    path("brake/lamp.json")
}

/// Of two keys of the brake, one has paused, and the other one lets go: that takes a plan.
#[test]
fn a_pause_ends_with_another_plan_and_not_by_the_brake_alone() {
    for rotates in [false, true] {
        let mut vendor = Vendor::new();
        let manifest = vendor.release("lamp", "2.0.0", 2);
        let other = vendor.release("lamp", "2.1.0", 2);
        let planned = [(manifest, "2.0.0"), (other, "2.1.0")];
        vendor.plan("lamp", &stable("lamp", 1, &planned));
        vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1).pause_all());
        let mut agent = Agent::new(&vendor, product("lamp"));
        agent.catalog(&vendor).unwrap();
        if rotates {
            vendor.rotate("brake", "brake", "fresh");
        }
        let paused = |agent: &mut Agent, vendor: &Vendor| {
            let (_, decided) = agent.poll(vendor).unwrap();
            [manifest, other]
                .map(|m| decided.reason(m).is_some_and(|r| r.code() == "reason.paused"))
        };
        vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 2));
        assert_eq!(paused(&mut agent, &vendor), [true, true]);
        assert!(agent.ratchets.is_paused(manifest));
        // Whoever signs plans lets go, and only of what the brake of that day does not stop.
        vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 3).pause(other));
        assert_eq!(paused(&mut agent, &vendor), [true, true], "still the same plan");
        vendor.plan("lamp", &stable("lamp", 2, &planned));
        assert_eq!(paused(&mut agent, &vendor), [false, true]);
        vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 4));
        assert_eq!(paused(&mut agent, &vendor), [false, true], "it was seen with this plan");
        vendor.plan("lamp", &stable("lamp", 3, &planned));
        assert_eq!(agent.update(&vendor), Ok(true));
        assert_eq!(agent.state.good().unwrap().manifest, other);
    }
}

/// What more is paused than can be remembered counts as all of it.
#[test]
fn pauses_that_fill_the_memory_pause_everything() {
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    let mut agent = Agent::new(&vendor, product("lamp"));
    (agent.device.limits.max_withdrawn, agent.device.limits.max_components) = (4, 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
    for epoch in 1..3 {
        let brake = BrakeDraft::new(&product("lamp"), epoch.into());
        let brake =
            (0..4).fold(brake, |brake, number| brake.pause(some_digest(epoch * 4 + number)));
        vendor.brake("lamp", &brake);
        agent.catalog(&vendor).unwrap();
    }
    assert!(agent.ratchets.is_paused(manifest));
    assert_eq!(agent.update(&vendor), Ok(false));
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 9));
    vendor.plan("lamp", &stable("lamp", 2, &[(manifest, "2.0.0")]));
    assert_eq!(agent.update(&vendor), Ok(true));
}

/// The answer to a theft of one of two keys may be that both must sign: the thief's last epoch is gone.
#[test]
fn a_threshold_that_rises_ends_an_epoch_and_no_withdrawal() {
    use crate::publishing::house::{public, role};
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    let withdrawn = some_digest(1);
    vendor.plan("lamp", &empty(u64::MAX).withdraw(withdrawn));
    let mut agent = Agent::new(&vendor, product("lamp"));
    agent.catalog(&vendor).unwrap();
    vendor.house.keys.push("second".into());
    vendor.edit(|draft| {
        draft.targets().unwrap().add_key(&role("rollouts"), &public("second")).unwrap();
        draft.renew(&role("rollouts")).unwrap();
    });
    vendor.plan("lamp", &stable("lamp", 2, &[(manifest, "2.0.0")]));
    assert_eq!(agent.update(&vendor), Err("rollout.epoch-rollback"), "a key is only added");
    vendor.edit(|draft| {
        draft.targets().unwrap().set_threshold(&role("rollouts"), 2).unwrap();
        draft.renew(&role("rollouts")).unwrap();
    });
    assert_eq!(agent.update(&vendor), Ok(true));
    assert!(agent.ratchets.is_withdrawn(withdrawn));
    // One that falls again ends nothing.
    vendor.edit(|draft| {
        draft.targets().unwrap().set_threshold(&role("rollouts"), 1).unwrap();
        draft.renew(&role("rollouts")).unwrap();
    });
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
    assert_eq!(agent.update(&vendor), Err("rollout.epoch-rollback"));
}

#[test]
fn a_brake_can_only_stop() {
    // It pauses and withdraws what the plan offers, and offers nothing that the plan does not.
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &empty(1));
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1));
    let mut agent = Agent::new(&vendor, product("lamp"));
    assert_eq!(agent.update(&vendor), Ok(false));
    vendor.plan("lamp", &stable("lamp", 2, &[(manifest, "2.0.0")]));
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 2).pause_all());
    assert_eq!(agent.update(&vendor), Ok(false));
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 3));
    assert_eq!(agent.update(&vendor), Ok(false), "not even by letting go");
    vendor.plan("lamp", &stable("lamp", 3, &[(manifest, "2.0.0")]));
    assert_eq!(agent.update(&vendor), Ok(true));
}

#[test]
fn withdrawals_that_fill_the_memory_deny_updates_until_the_keys_rotate() {
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    let honest = vendor.release("lamp", "1.9.0", 2);
    let mut agent = Agent::new(&vendor, product("lamp"));
    agent.device.limits.max_withdrawn = 8;
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]).withdraw(honest));
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1));
    agent.catalog(&vendor).unwrap();
    // A thief of the brake's key, twice: seven fit, the next do not.
    for (epoch, code) in [(2, Ok(())), (3, Err("rollout.withdrawn-full"))] {
        let brake = (0..7).fold(BrakeDraft::new(&product("lamp"), epoch), |brake, number| {
            brake.withdraw(some_digest(u32::try_from(epoch).unwrap() * 100 + number))
        });
        vendor.brake("lamp", &brake);
        assert_eq!(agent.catalog(&vendor).map(|_| ()), code);
    }
    vendor.rotate("brake", "brake", "fresh");
    let wanted = some_digest(7);
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 1).withdraw(wanted));
    assert_eq!(agent.update(&vendor), Ok(true), "the thief's go first");
    assert!(agent.ratchets.is_withdrawn(wanted), "what is said now is kept");
    assert!(agent.ratchets.is_withdrawn(honest), "and what another authority said");
}

fn with_index(number: u32, index: u64) -> Withdrawal {
    Withdrawal { manifest: some_digest(number), rollback_index: Some(index) }
}

/// In the life of a product there are more withdrawals than a device remembers.
#[test]
fn withdrawals_below_the_minimum_index_make_room_for_others() {
    let mut vendor = Vendor::new();
    let mut agent = Agent::new(&vendor, product("lamp"));
    agent.device.limits.max_withdrawn = 4;
    let withdrawing = |epoch, minimum, numbers: std::ops::Range<u32>, index| {
        let draft = empty(epoch).raise_minimum_index(minimum);
        numbers.fold(draft, |draft, number| draft.withdraw_release(with_index(number, index)))
    };
    vendor.plan("lamp", &withdrawing(1, 0, 0..4, 1));
    agent.catalog(&vendor).unwrap();
    vendor.plan("lamp", &withdrawing(2, 0, 4..6, 2));
    assert_eq!(agent.update(&vendor), Err("rollout.withdrawn-full"));
    vendor.plan("lamp", &withdrawing(3, 1, 4..6, 2));
    assert_eq!(agent.update(&vendor), Err("rollout.withdrawn-full"), "they are not below");
    vendor.plan("lamp", &withdrawing(4, 2, 4..6, 2));
    assert_eq!(agent.update(&vendor), Ok(false));
    // As many as are needed, the oldest first, and what is said now stays.
    let withdrawn: Vec<_> = agent.ratchets.withdrawn().collect();
    assert_eq!(withdrawn, [2, 3, 4, 5].map(some_digest));
    assert_eq!(agent.ratchets.minimum_index(), 2);
    vendor.plan("lamp", &withdrawing(5, 9, 2..6, 2));
    let mut said = agent.clone();
    assert_eq!(said.update(&vendor), Ok(false));
    vendor.plan("lamp", &withdrawing(6, 9, 2..6, 9));
    assert_eq!(said.update(&vendor), Ok(false));
}

/// A thief of `rollouts` says that what the brake has withdrawn is old.
#[test]
fn the_index_of_a_withdrawal_is_believed_as_it_was_said_first() {
    let mut vendor = Vendor::new();
    let mut agent = Agent::new(&vendor, product("lamp"));
    agent.device.limits.max_withdrawn = 2;
    vendor.plan("lamp", &empty(1));
    let brake = BrakeDraft::new(&product("lamp"), 1).withdraw(some_digest(1));
    vendor.brake("lamp", &brake.withdraw_release(with_index(2, 7)));
    agent.catalog(&vendor).unwrap();
    let thief = [1, 2].map(|number| with_index(number, 0));
    vendor.plan("lamp", &thief.into_iter().fold(empty(2), PlanDraft::withdraw_release));
    agent.catalog(&vendor).unwrap();
    vendor.plan("lamp", &empty(3).raise_minimum_index(5).withdraw(some_digest(3)));
    assert_eq!(agent.update(&vendor), Err("rollout.withdrawn-full"));
    assert!([1, 2].iter().all(|number| agent.ratchets.is_withdrawn(some_digest(*number))));
}

#[test]
fn a_minimum_index_never_falls_but_with_the_keys_and_nothing_below_is_offered() {
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    let planned = |epoch| stable("lamp", epoch, &[(manifest, "2.0.0")]);
    vendor.plan("lamp", &planned(1));
    let mut agent = Agent::new(&vendor, product("lamp"));
    let permit = agent.install_permit(&vendor).unwrap().unwrap();
    vendor.plan("lamp", &planned(2).raise_minimum_index(3));
    let (_, decided) = agent.poll(&vendor).unwrap();
    assert_eq!(decided.reason(manifest).unwrap().code(), "reason.below-minimum");
    assert_eq!(agent.activate(permit).unwrap_err(), "permit.below-floor");
    for minimum in [0, 2] {
        vendor.plan("lamp", &planned(3 + minimum).raise_minimum_index(minimum));
        assert_eq!(agent.update(&vendor), Err("rollout.minimum-index"));
        assert_eq!(agent.ratchets.minimum_index(), 3);
    }
    vendor.rotate("rollouts", "rollouts", "fresh");
    vendor.plan("lamp", &planned(1).raise_minimum_index(2));
    assert_eq!(agent.update(&vendor), Ok(true));
    assert_eq!(agent.ratchets.minimum_index(), 2);
}

#[test]
fn an_expired_plan_is_not_acted_on() {
    let mut vendor = Vendor::new();
    let expires = super::vendor::utc("2027-01-01T00:00:01Z");
    vendor.plan("lamp", &PlanDraft::new(product("lamp"), 1, expires));
    let mut agent = Agent::new(&vendor, product("lamp"));
    agent.catalog(&vendor).unwrap();
    agent.device.start = crate::world::at("2027-01-01T00:00:01Z");
    assert_eq!(agent.catalog(&vendor).map(|_| ()), Err("rollout.expired"));
}

#[test]
fn stored_ratchets_are_read_as_written_and_nothing_else_is() {
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &empty(9).withdraw(manifest));
    vendor.brake("lamp", &BrakeDraft::new(&product("lamp"), 4).withdraw(some_digest(1)));
    let mut agent = Agent::new(&vendor, product("lamp"));
    agent.catalog(&vendor).unwrap();
    let documents = agent.documents(&vendor).unwrap();
    let (start, limits) = (agent.device.start, Limits::default());
    let again = agent.ratchets.observe(documents.plan.unwrap(), documents.brake, start, &limits);
    let again = again.unwrap();
    assert!(!again.has_changed());
    let bytes = again.to_store();
    let load = |bytes: Option<&[u8]>, name: &str| Ratchets::load(bytes, &product(name));
    assert_eq!(load(Some(bytes), "lamp"), StoredState::Kept(agent.ratchets.clone()));
    assert_eq!(load(Some(bytes), "door"), StoredState::Damaged, "of another product");
    assert_eq!(load(None, "lamp"), StoredState::Absent);
    for number in 0..bytes.len() {
        let mut torn = bytes.to_vec();
        torn[number] ^= 1;
        let damaged = StoredState::Damaged;
        assert_eq!(load(Some(&torn), "lamp"), damaged, "byte {number}");
        assert_eq!(load(Some(&bytes[..number]), "lamp"), damaged);
    }
}

#[test]
fn what_could_not_be_stored_permits_nothing() {
    let mut vendor = Vendor::new();
    let manifest = vendor.release("lamp", "2.0.0", 2);
    vendor.plan("lamp", &stable("lamp", 1, &[(manifest, "2.0.0")]));
    let mut agent = Agent::new(&vendor, product("lamp"));
    let documents = agent.documents(&vendor).unwrap();
    let (start, limits) = (agent.device.start, Limits::default());
    // However often it is looked at: what was never stored does not become durable by that.
    let mut known = agent.ratchets.clone();
    for _ in 0..3 {
        let unstored = known
            .observe(documents.plan.clone().unwrap(), documents.brake.clone(), start, &limits)
            .unwrap();
        assert!(unstored.has_changed());
        let live = unstored.not_stored();
        assert!(!live.is_durable());
        let refusal = super::refusal_of_permit(&agent, &live, &documents);
        assert_eq!(refusal, "permit.not-durable");
        known = live.ratchets().clone();
    }
    // A trust store that could not be written does the same.
    agent.device.store.clear();
    agent.device.broken.insert(ota_trust::update::StoredItem::Timestamp);
    let documents = agent.documents(&vendor).unwrap();
    let live = agent.observe(documents.plan.clone().unwrap(), documents.brake.clone()).unwrap();
    assert_eq!(super::refusal_of_permit(&agent, &live, &documents), "permit.not-durable");
    // And one whose ledger newer firmware keeps to itself.
    agent.device.broken.clear();
    agent.documents(&vendor).unwrap();
    agent.device.edit_ledger(|ledger| format!("{ledger}!future\n"));
    let documents = agent.documents(&vendor).unwrap();
    let live = agent.observe(documents.plan.clone().unwrap(), documents.brake.clone()).unwrap();
    assert_eq!(super::refusal_of_permit(&agent, &live, &documents), "permit.not-durable");
}

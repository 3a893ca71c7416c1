//! Enrolments at random: against a naive table that forgets nothing, and with a server that knows
//! what it is told.

use std::collections::BTreeSet;

use ota_trust::identity::*;
use ota_trust::primitives::{StoredState, UtcTime};
use proptest::prelude::*;

use super::calendar::*;
use super::fleet::*;

/// How long a challenge may be answered that has just been handed out, at least: in seconds.
const HALF: u64 = 86_400;

#[derive(Clone, Debug)]
enum Event {
    /// Hours go by.
    Wait {
        hours: u64,
    },
    /// The origin vouches for its own key of an epoch, or for another device's.
    Rotate {
        epoch: u64,
        own: bool,
    },
    /// Another device's origin does.
    Stranger,
    Fork,
    Challenge,
    /// To the challenge that was sent so many challenges ago.
    Answer {
        ago: usize,
        epoch: u64,
        own: bool,
    },
    Revoke,
    Retire,
}

fn events() -> impl Strategy<Value = Event> {
    let own = || prop::bool::weighted(0.8);
    prop_oneof![
        6 => (1..400_u64).prop_map(|hours| Event::Wait { hours }),
        8 => (1..6_u64, own()).prop_map(|(epoch, own)| Event::Rotate { epoch, own }),
        1 => Just(Event::Stranger),
        2 => Just(Event::Fork),
        4 => Just(Event::Challenge),
        6 => (0..3_usize, 1..6_u64, own()).prop_map(|(ago, epoch, own)| Event::Answer { ago, epoch, own }),
        1 => Just(Event::Revoke),
        1 => Just(Event::Retire),
    ]
}

/// An enrolment as the table in `enrolment.rs` has it. All that ever was stays in it.
#[derive(Debug)]
struct Naive {
    standing: &'static str,
    /// Epoch, whether it is the device's own, and whether it is good.
    keys: Vec<(u64, bool, bool)>,
    /// Each challenge with its end; what was answered has ended.
    challenges: Vec<(u8, UtcTime)>,
    suspicions: u64,
}

impl Naive {
    fn has_ended(&self) -> bool {
        matches!(self.standing, "retired" | "revoked")
    }

    /// The keys whose windows have not ended, that are good or not.
    fn keys(&self, good: bool, now: UtcTime) -> Vec<(u64, bool)> {
        let of = self.keys.iter().filter(|key| key.2 == good && now < end_of(key.0));
        of.map(|key| (key.0, key.1)).collect()
    }

    fn suspect(&mut self) -> &'static str {
        self.suspicions += u64::from(self.standing != "suspected");
        self.standing = "suspected";
        "challenge"
    }

    /// Why an epoch has no certificates, if it has none.
    fn closed(epoch: u64, now: UtcTime) -> Option<&'static str> {
        if end_of(epoch) <= now {
            Some("identity.epoch-over")
        } else if window_of(epoch).not_before() > now.saturating_add(30 * 86_400) {
            Some("identity.epoch-too-late")
        } else {
            None
        }
    }

    /// What is done, or why it is refused.
    fn on(&mut self, event: &Event, sent: &[u8], now: UtcTime) -> &'static str {
        let good = self.keys(true, now);
        let lost = |key: (u64, bool)| self.keys(false, now).contains(&key);
        match *event {
            Event::Wait { .. } => "nothing",
            Event::Stranger => "identity.other-enrolment",
            Event::Revoke | Event::Retire => {
                let retired = matches!(event, Event::Retire) && self.standing != "revoked";
                self.standing = if retired { "retired" } else { "revoked" };
                self.challenges.clear();
                "nothing"
            }
            _ if self.has_ended() => "identity.ended",
            Event::Challenge => {
                let lasts = now.saturating_add(HALF);
                if !self.challenges.iter().any(|open| open.1 >= lasts) {
                    let number = u8::try_from(sent.len()).unwrap();
                    self.challenges.push((number, now.saturating_add(2 * HALF)));
                }
                "send"
            }
            Event::Fork => self.suspect(),
            Event::Rotate { epoch, own } => {
                let own_one = good.contains(&(epoch, own));
                if lost((epoch, own)) {
                    "identity.key-withdrawn"
                } else if good.contains(&(epoch, !own)) {
                    self.suspect()
                } else if let (false, Some(refused)) = (own_one, Self::closed(epoch, now)) {
                    refused
                } else if self.standing == "suspected" {
                    "challenge"
                } else {
                    if !own_one {
                        self.keys.push((epoch, own, true));
                    }
                    "certify"
                }
            }
            Event::Answer { ago, epoch, own } => {
                let open: Vec<u8> =
                    self.challenges.iter().filter(|open| now < open.1).map(|open| open.0).collect();
                let to = sent.iter().rev().nth(ago);
                let is_known = good.iter().any(|key| key.0 == epoch);
                if open.is_empty() {
                    "identity.no-challenge"
                } else if to.is_none_or(|to| !open.contains(to)) {
                    "identity.wrong-answer"
                } else if lost((epoch, own)) {
                    "identity.key-withdrawn"
                } else if let (false, Some(refused)) = (is_known, Self::closed(epoch, now)) {
                    refused
                } else {
                    let others = self.keys.iter_mut().filter(|key| key.0 == epoch && key.1 != own);
                    others.for_each(|key| key.2 = false);
                    if !good.contains(&(epoch, own)) {
                        self.keys.push((epoch, own, true));
                    }
                    self.standing = "enrolled";
                    self.challenges.clear();
                    "certify"
                }
            }
        }
    }
}

fn name(own: bool) -> &'static str {
    if own { "a lamp" } else { "thief" }
}

fn key(epoch: u64, own: bool) -> EpochKey {
    identity(name(own), epoch).epoch_key().clone()
}

/// The life of one device, its enroller and a server that keeps what it is told.
struct Life {
    record: Enrolment,
    now: UtcTime,
    /// The challenges that were sent.
    sent: Vec<u8>,
    /// Each certificate that was ever made: handle and end.
    made: BTreeSet<(Handle, UtcTime)>,
    /// What the server refuses.
    told: BTreeSet<Handle>,
}

impl Life {
    fn new() -> Self {
        let (record, now) = (enrolled("a lamp"), day(0));
        let (sent, made, told) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        Self { record, now, sent, made, told }
    }

    /// What comes of an event, with the record stored and read again.
    fn play(&mut self, event: &Event) -> &'static str {
        let (record, now) = (&self.record, self.now);
        let origin = identity("a lamp", 0);
        let ask = |from: &DeviceIdentity, to: &str, epoch| {
            record.rotate(&rotation(from, &identity(to, epoch)), &windows(now), now)
        };
        let next = match *event {
            Event::Wait { hours } => {
                self.now = now.saturating_add(hours * 3600);
                return "nothing";
            }
            Event::Rotate { epoch, own } => ask(&origin, name(own), epoch),
            Event::Stranger => ask(&identity("thief", 0), "thief", 5),
            Event::Fork => record.fork(now),
            Event::Challenge => record.challenge([u8::try_from(self.sent.len()).unwrap(); 32], now),
            Event::Answer { ago, epoch, own } => {
                let challenge = self.sent.iter().rev().nth(ago).copied().unwrap_or(255);
                let claimed = key(epoch, own);
                let signature = origin.answer(&[challenge; 32], &claimed);
                record.answer(&claimed, &signature, &windows(now), now)
            }
            Event::Revoke => record.revoke(now),
            Event::Retire => record.retire(now),
        };
        let next = match next {
            Ok(next) => next,
            Err(refused) => return refused.code(),
        };
        assert_eq!(next.has_changed(), next.to_store() != record.to_bytes().unwrap());
        let bytes = next.to_store().to_vec();
        let step = next.stored();
        assert_eq!(
            Enrolment::load(Some(&bytes), step.record.origin()),
            StoredState::Kept(step.record.clone())
        );
        assert_eq!(step.withdrawn, step.record.withdrawn(now));
        self.told.extend(&step.withdrawn);
        self.record = step.record;
        match step.action {
            EnrolmentAction::None => "nothing",
            EnrolmentAction::Challenge => "challenge",
            EnrolmentAction::Send(challenge) => {
                self.sent.push(challenge[0]);
                "send"
            }
            EnrolmentAction::Certify(right) => {
                self.made.insert((right.key().handle(), right.window().expires()));
                "certify"
            }
        }
    }

    /// The handles that a server would still serve.
    fn served(&self) -> BTreeSet<Handle> {
        let unexpired = self.made.iter().filter(|made| self.now < made.1).map(|made| made.0);
        unexpired.filter(|handle| !self.told.contains(handle)).collect()
    }

    /// A device that has lost all but its secret asks to be challenged, answers, and has a
    /// certificate that is good now.
    fn gets_on(&self, epoch: u64) -> bool {
        let now = self.now;
        let asked = self.record.challenge([254; 32], now).unwrap().stored();
        let EnrolmentAction::Send(challenge) = asked.action else { return false };
        let claimed = key(epoch, true);
        let signature = identity("a lamp", 0).answer(&challenge, &claimed);
        // As late as a challenge that was just handed out has to hold, within the epoch's window.
        let late = now.saturating_add(HALF - 1);
        let later = if late < end_of(epoch) { late } else { now };
        let passed = asked.record.answer(&claimed, &signature, &windows(later), later);
        let Ok(passed) = passed else { return false };
        let step = passed.stored();
        certified(&step)
            .is_some_and(|right| *right.key() == claimed && right.window().not_before() <= now)
    }
}

/// The epoch that a device is in.
fn epoch_at(now: UtcTime) -> u64 {
    u64::try_from(now.unix()).unwrap() / (30 * 86_400) + 1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_life_is_that_of_the_table(events in prop::collection::vec(events(), 1..32)) {
        let mut life = Life::new();
        let mut naive = Naive { standing: "enrolled", keys: Vec::new(), challenges: Vec::new(), suspicions: 0 };
        let mut ended = false;
        for event in events {
            let expected = naive.on(&event, &life.sent, life.now);
            let done = life.play(&event);
            prop_assert_eq!(done, expected, "{:?}", event);
            prop_assert!(!(ended && done == "certify"), "what has ended is never certified again");
            ended |= matches!(event, Event::Revoke | Event::Retire);

            let (record, now) = (&life.record, life.now);
            let standing = format!("{:?}", record.standing()).to_lowercase();
            prop_assert_eq!(standing, naive.standing);
            prop_assert_eq!(record.suspicions(), naive.suspicions);
            let live: BTreeSet<Handle> = record.live().map(|key| key.handle()).collect();
            let expected: BTreeSet<Handle> =
                naive.keys(true, now).into_iter().map(|(epoch, own)| key(epoch, own).handle()).collect();
            prop_assert!(live.is_superset(&expected), "a key is dropped that has not ended");
            prop_assert_eq!(record.live().count(), live.len());
            let lost = naive.keys(false, now);
            let lost = lost.into_iter().map(|(epoch, own)| key(epoch, own).handle());
            let gone: BTreeSet<Handle> =
                if ended { lost.chain(expected).collect() } else { lost.collect() };
            prop_assert_eq!(record.withdrawn(now).into_iter().collect::<BTreeSet<_>>(), gone);
        }
    }

    /// What a server is told of a record that has ended leaves nothing out.
    #[test]
    fn no_handle_that_is_live_is_left_out_of_a_withdrawal(
        events in prop::collection::vec(events(), 1..32), revoke: bool,
    ) {
        let mut life = Life::new();
        for event in events {
            life.play(&event);
            if life.record.standing().is_ended() {
                prop_assert_eq!(life.served(), BTreeSet::new());
            } else {
                let (served, live) = (life.served(), life.record.live());
                let live: BTreeSet<Handle> = live.map(|key| key.handle()).collect();
                prop_assert!(served.is_subset(&live), "somebody is served whom nobody knows");
            }
        }
        life.play(if revoke { &Event::Revoke } else { &Event::Retire });
        prop_assert_eq!(life.served(), BTreeSet::new());
    }

    /// Whatever was fetched ahead, forked, or asked for by others.
    #[test]
    fn a_device_that_lost_its_state_always_gets_on(events in prop::collection::vec(events(), 1..32)) {
        let mut life = Life::new();
        for event in events {
            let is_thief = matches!(event, Event::Rotate { own: false, .. } | Event::Answer { own: false, .. });
            let is_end = matches!(event, Event::Revoke | Event::Retire);
            if !is_thief && !is_end {
                life.play(&event);
            }
            prop_assert!(life.gets_on(epoch_at(life.now)), "{:?}", event);
        }
    }

    /// A thief who can have the origin sign costs it epochs that were lost to the thief, and no
    /// others.
    #[test]
    fn a_thief_s_answers_cost_epochs_and_not_the_enrolment(events in prop::collection::vec(events(), 1..32)) {
        let mut life = Life::new();
        for event in events {
            if !matches!(event, Event::Revoke | Event::Retire) {
                life.play(&event);
            }
            let epoch = epoch_at(life.now);
            let is_lost = life.told.contains(&key(epoch, true).handle());
            prop_assert_eq!(life.gets_on(epoch), !is_lost, "{:?}", event);
        }
    }
}

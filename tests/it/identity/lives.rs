//! Enrolments at random: against a naive table that forgets nothing, and with a server that knows
//! what it is told.

use std::collections::BTreeSet;

use ota_trust::identity::*;
use ota_trust::primitives::{StoredState, UtcTime};
use proptest::prelude::*;

use super::calendar::*;
use super::fleet::*;
use super::naive::*;

fn key(epoch: u64, who: Who) -> DeviceIdentity {
    identity(NAMES[who], epoch)
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

    /// When the enroller believes that it is.
    fn believed(&self, dated: &Dated) -> UtcTime {
        self.now.saturating_add(dated.ahead * 86_400)
    }

    /// What comes of an event, with the record stored and read again.
    fn play(&mut self, dated: &Dated) -> &'static str {
        let (record, now) = (&self.record, self.believed(dated));
        let origin = identity("a lamp", 0);
        let ask = |from: &DeviceIdentity, to: &DeviceIdentity| {
            record.rotate(&rotation(from, to), &windows(now), now)
        };
        let next = match dated.event {
            Event::Wait { hours } => {
                self.now = self.now.saturating_add(hours * 3600);
                return "nothing";
            }
            Event::Rotate { epoch, who } => ask(&origin, &key(epoch, who)),
            Event::Stranger => ask(&identity("thief", 0), &key(5, 1)),
            Event::Fork => record.fork(now),
            Event::Challenge => record.challenge([u8::try_from(self.sent.len()).unwrap(); 32], now),
            Event::Answer { ago, epoch, who, as_whom } => {
                let challenge = self.sent.iter().rev().nth(ago).copied().unwrap_or(255);
                let claimed = key(epoch, who);
                let mut signature = origin.answer(&[challenge; 32], &claimed);
                if who != as_whom {
                    let forged = origin.answer(&[challenge; 32], &key(epoch, as_whom));
                    signature[64..].copy_from_slice(&forged[64..]);
                }
                record.answer(claimed.epoch_key(), &signature, &windows(now), now)
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

    /// The handles that a server would still serve, which is told again at the present time.
    fn served(&self) -> BTreeSet<Handle> {
        let unexpired = self.made.iter().filter(|made| self.now < made.1).map(|made| made.0);
        let again = self.record.withdrawn(self.now);
        let is_told = |handle: &Handle| self.told.contains(handle) || again.contains(handle);
        unexpired.filter(|handle| !is_told(handle)).collect()
    }

    /// A device that has lost all but its secret asks to be challenged, answers, and has a
    /// certificate that is good now.
    fn gets_on(&self, epoch: u64) -> bool {
        let now = self.now;
        let asked = self.record.challenge([254; 32], now).unwrap().stored();
        let EnrolmentAction::Send(challenge) = asked.action else { return false };
        let claimed = key(epoch, 0);
        let signature = identity("a lamp", 0).answer(&challenge, &claimed);
        // As late as a challenge that was just handed out has to hold, within the epoch's window.
        let late = now.saturating_add(HALF - 1);
        let later = if late < end_of(epoch) { late } else { now };
        let passed = asked.record.answer(claimed.epoch_key(), &signature, &windows(later), later);
        let Ok(passed) = passed else { return false };
        let step = passed.stored();
        certified(&step).is_some_and(|right| {
            right.key() == claimed.epoch_key() && right.window().not_before() <= now
        })
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
        let mut naive = Naive::new();
        let mut ended = false;
        for dated in events {
            let expected = naive.on(&dated.event, &life.sent, life.believed(&dated));
            let done = life.play(&dated);
            prop_assert_eq!(done, expected, "{:?}", dated);
            prop_assert!(!(ended && done == "certify"), "what has ended is never certified again");
            ended |= matches!(dated.event, Event::Revoke | Event::Retire);

            let (record, now) = (&life.record, life.now);
            let standing = format!("{:?}", record.standing()).to_lowercase();
            prop_assert_eq!(standing, naive.standing);
            prop_assert_eq!(record.suspicions(), naive.suspicions);
            let live: BTreeSet<Handle> = record.live(now).map(|key| key.handle()).collect();
            let expected: BTreeSet<Handle> =
                naive.keys(true, now).into_iter().map(|(epoch, who)| key(epoch, who).handle()).collect();
            prop_assert_eq!(&live, &expected);
            prop_assert_eq!(record.live(now).count(), live.len());
            let lost = naive.keys(false, now);
            let lost = lost.into_iter().map(|(epoch, who)| key(epoch, who).handle());
            let gone: BTreeSet<Handle> =
                if ended { lost.chain(expected).collect() } else { lost.collect() };
            let withdrawn: BTreeSet<Handle> = record.withdrawn(now).into_iter().collect();
            prop_assert!(ended || withdrawn.is_disjoint(&live), "good and withdrawn at once");
            prop_assert_eq!(withdrawn, gone);
            for epoch in 1..6 {
                let of_it = naive.keys.iter().filter(|key| key.0 == epoch).count();
                prop_assert!(of_it <= 3, "so many handles of one device count in one epoch");
            }
        }
    }

    /// What a server is told of a record that has ended leaves nothing out.
    #[test]
    fn no_handle_that_is_live_is_left_out_of_a_withdrawal(
        events in prop::collection::vec(events(), 1..32), revoke: bool,
    ) {
        let mut life = Life::new();
        for dated in events {
            life.play(&dated);
            if life.record.standing().is_ended() {
                prop_assert_eq!(life.served(), BTreeSet::new());
            } else {
                let (served, live) = (life.served(), life.record.live(life.now));
                let live: BTreeSet<Handle> = live.map(|key| key.handle()).collect();
                prop_assert!(served.is_subset(&live), "somebody is served whom nobody knows");
            }
        }
        let event = if revoke { Event::Revoke } else { Event::Retire };
        life.play(&Dated { event, ahead: 0 });
        prop_assert_eq!(life.served(), BTreeSet::new());
    }

    /// Whatever was fetched ahead, forked, or asked for by others.
    #[test]
    fn a_device_that_lost_its_state_always_gets_on(events in prop::collection::vec(events(), 1..32)) {
        let mut life = Life::new();
        for dated in events {
            if honest(&dated.event) {
                life.play(&dated);
            }
            prop_assert!(life.gets_on(epoch_at(life.now)), "{:?}", dated);
        }
    }

    /// A thief who can have the origin sign costs it epochs that were lost to the thief, or taken
    /// over too often, and no others. Each of them is a suspicion.
    #[test]
    fn a_thief_s_answers_cost_epochs_and_not_the_enrolment(events in prop::collection::vec(events(), 1..32)) {
        let mut life = Life::new();
        for dated in events {
            if !matches!(dated.event, Event::Revoke | Event::Retire) {
                life.play(&dated);
            }
            let epoch = epoch_at(life.now);
            let lost = |who: &Who| life.told.contains(&key(epoch, *who).handle());
            let taken = (0..NAMES.len()).filter(lost).count();
            let own = key(epoch, 0);
            let is_own = life.record.live(life.now).any(|live| live == *own.epoch_key());
            let is_lost = lost(&0) || (taken == 2 && !is_own);
            prop_assert_eq!(life.gets_on(epoch), !is_lost, "{:?}", dated);
            prop_assert!(life.record.suspicions() >= taken as u64);
        }
    }
}

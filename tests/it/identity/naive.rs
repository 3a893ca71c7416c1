//! What may happen to an enrolment, and a naive table of it that forgets nothing.

use ota_trust::primitives::UtcTime;
use proptest::prelude::*;

use super::calendar::*;

/// How long a challenge may be answered that has just been handed out, at least: in seconds.
pub(crate) const HALF: u64 = 86_400;

/// Whose keys the origin may vouch for: the device's own come first.
pub(crate) const NAMES: [&str; 4] = ["a lamp", "thief", "second thief", "third thief"];

/// The place of a name.
pub(crate) type Who = usize;

/// What happens, and by how many days the enroller's clock is ahead when it does, and not after.
#[derive(Clone, Debug)]
pub(crate) struct Dated {
    pub(crate) event: Event,
    pub(crate) ahead: u64,
}

#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// Hours go by.
    Wait {
        hours: u64,
    },
    /// The origin vouches for the key that somebody has of an epoch.
    Rotate {
        epoch: u64,
        who: Who,
    },
    /// Another device's origin does.
    Stranger,
    Fork,
    Challenge,
    /// To the challenge that was sent so many challenges ago. The key of `who` is claimed, and that
    /// of `as_whom` signs, which is another one where somebody claims what is not theirs.
    Answer {
        ago: usize,
        epoch: u64,
        who: Who,
        as_whom: Who,
    },
    Revoke,
    Retire,
}

pub(crate) fn events() -> impl Strategy<Value = Dated> {
    let who = || prop_oneof![8 => Just(0), 2 => 1..NAMES.len()];
    let event = prop_oneof![
        6 => (1..400_u64).prop_map(|hours| Event::Wait { hours }),
        8 => (1..6_u64, who()).prop_map(|(epoch, who)| Event::Rotate { epoch, who }),
        1 => Just(Event::Stranger),
        2 => Just(Event::Fork),
        4 => Just(Event::Challenge),
        8 => (0..3_usize, 1..6_u64, who(), prop::bool::weighted(0.1)).prop_map(
            |(ago, epoch, who, is_forged)| {
                let as_whom = if is_forged { (who + 1) % NAMES.len() } else { who };
                Event::Answer { ago, epoch, who, as_whom }
            }
        ),
        1 => Just(Event::Revoke),
        1 => Just(Event::Retire),
    ];
    let ahead = prop_oneof![12 => Just(0), 1 => Just(3_u64), 1 => Just(45), 1 => Just(4000)];
    (event, ahead).prop_map(|(event, ahead)| Dated { event, ahead })
}

/// Those of nobody who has the secret beside the device, and of no end.
pub(crate) fn honest(event: &Event) -> bool {
    match *event {
        Event::Rotate { who, .. } => who == 0,
        // What is forged is refused.
        Event::Answer { who, as_whom, .. } => who == 0 || who != as_whom,
        Event::Revoke | Event::Retire => false,
        _ => true,
    }
}

/// An enrolment as the table in `enrolment.rs` has it. All that ever was stays in it.
#[derive(Debug)]
pub(crate) struct Naive {
    pub(crate) standing: &'static str,
    /// Epoch, whose it is, and whether it is good.
    pub(crate) keys: Vec<(u64, Who, bool)>,
    /// Each challenge, and when it was opened; what was answered is not there.
    challenges: Vec<(u8, UtcTime)>,
    pub(crate) suspicions: u64,
}

impl Naive {
    pub(crate) fn new() -> Self {
        Self { standing: "enrolled", keys: Vec::new(), challenges: Vec::new(), suspicions: 0 }
    }

    fn has_ended(&self) -> bool {
        matches!(self.standing, "retired" | "revoked")
    }

    /// The keys whose windows have not ended, that are good or not.
    pub(crate) fn keys(&self, good: bool, now: UtcTime) -> Vec<(u64, Who)> {
        let of = self.keys.iter().filter(|key| key.2 == good && now < end_of(key.0));
        of.map(|key| (key.0, key.1)).collect()
    }

    fn count_a_suspicion(&mut self) {
        self.suspicions += u64::from(self.standing != "suspected");
    }

    fn suspect(&mut self) -> &'static str {
        self.count_a_suspicion();
        self.standing = "suspected";
        "challenge"
    }

    /// The challenges that may be answered.
    fn open(&self, now: UtcTime) -> Vec<(u8, UtcTime)> {
        let in_time = |open: &&(u8, UtcTime)| {
            now < open.1.saturating_add(2 * HALF) && open.1 <= now.saturating_add(HALF)
        };
        self.challenges.iter().filter(in_time).copied().collect()
    }

    /// How often an epoch was taken over.
    fn displaced(&self, epoch: u64) -> usize {
        self.keys.iter().filter(|key| key.0 == epoch && !key.2).count()
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
    pub(crate) fn on(&mut self, event: &Event, sent: &[u8], now: UtcTime) -> &'static str {
        let good = self.keys(true, now);
        let is_lost = |key: (u64, Who)| self.keys.contains(&(key.0, key.1, false));
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
                let lasts = |open: &(u8, UtcTime)| open.1.saturating_add(HALF) >= now;
                if !self.open(now).iter().any(lasts) {
                    self.challenges.push((u8::try_from(sent.len()).unwrap(), now));
                }
                "send"
            }
            Event::Fork => self.suspect(),
            Event::Rotate { epoch, who } => {
                let is_known = good.contains(&(epoch, who));
                if is_lost((epoch, who)) {
                    "identity.key-withdrawn"
                } else if !is_known && good.iter().any(|key| key.0 == epoch) {
                    self.suspect()
                } else if let (false, Some(refused)) = (is_known, Self::closed(epoch, now)) {
                    refused
                } else if self.standing == "suspected" {
                    "challenge"
                } else {
                    if !is_known {
                        self.keys.push((epoch, who, true));
                    }
                    "certify"
                }
            }
            Event::Answer { ago, epoch, who, as_whom } => {
                let open: Vec<u8> = self.open(now).iter().map(|open| open.0).collect();
                let to = sent.iter().rev().nth(ago);
                let is_taken = good.iter().any(|key| key.0 == epoch);
                let is_known = good.contains(&(epoch, who));
                if open.is_empty() {
                    "identity.no-challenge"
                } else if to.is_none_or(|to| !open.contains(to)) || who != as_whom {
                    "identity.wrong-answer"
                } else if is_lost((epoch, who)) {
                    "identity.key-withdrawn"
                } else if let (false, Some(refused)) = (is_taken, Self::closed(epoch, now)) {
                    refused
                } else if is_taken && !is_known && self.displaced(epoch) == 2 {
                    "identity.disputed"
                } else {
                    if !is_known {
                        if is_taken {
                            self.count_a_suspicion();
                        }
                        self.keys
                            .iter_mut()
                            .filter(|key| key.0 == epoch)
                            .for_each(|key| key.2 = false);
                        self.keys.push((epoch, who, true));
                    }
                    self.standing = "enrolled";
                    self.challenges.clear();
                    "certify"
                }
            }
        }
    }
}

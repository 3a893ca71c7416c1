//! Decisions, held against the naive oracle and against what must hold of any of them.

use ota_trust::eligibility::decide;
use proptest::prelude::*;

use super::choices::{Case, case, real_facts, real_now, real_policy, real_signal, secret};
use super::oracle::{self, Asked, Clock, Finding, Gate, Place, Privilege, Stage};

type Digest = [u8; 32];

impl Case {
    /// What the library decides, in the oracle's words.
    fn decided(&self) -> (oracle::Decision, Vec<(Digest, Finding)>) {
        let secret = secret(self.seed);
        let (catalog, _) = self.edition().catalog(self.with_plan, &self.releases);
        let facts = real_facts(&self.facts, self.running, &secret);
        let policy = real_policy(&self.policy);
        let (signal, now) = (real_signal(self.told), real_now(self.clock, self.uptime));
        oracle::seen(&decide(&policy, &facts, &catalog, signal, now))
    }

    fn with_asked<T>(&self, ask: impl FnOnce(&Asked<'_>, &[oracle::Release]) -> T) -> T {
        let (_, releases) = self.edition().catalog(self.with_plan, &self.releases);
        let plan = self.with_plan.then_some(&self.edition().plan);
        let (facts, releases) = (&self.facts(), &releases[..]);
        let Self { policy, told, clock, uptime, .. } = self;
        let (told, clock, uptime) = (*told, *clock, *uptime);
        ask(&Asked { policy, facts, releases, plan, told, clock, uptime }, releases)
    }

    fn expected(&self) -> (oracle::Decision, Vec<(Digest, Finding)>) {
        self.with_asked(|asked, _| oracle::decide(asked))
    }

    fn decision(&self) -> oracle::Decision {
        self.decided().0
    }

    /// The device's offer, and until when it holds.
    fn offered(&self) -> Option<(Digest, i64)> {
        match self.decision() {
            oracle::Decision::Eligible { digest, not_after, .. } => Some((digest, not_after)),
            _ => None,
        }
    }

    /// What passes all checks: what is offered, and what is worse.
    fn passing(&self) -> Vec<Digest> {
        let passes = |(_, finding): &(Digest, Finding)| !matches!(finding, Finding::Refused { .. });
        self.decided().1.into_iter().filter(passes).map(|(digest, _)| digest).collect()
    }

    /// Why a release is not offered, and until when.
    fn refusal(&self, of: Digest) -> Option<(&'static str, Option<i64>)> {
        let (_, finding) = self.decided().1.into_iter().find(|(digest, _)| *digest == of)?;
        match finding {
            Finding::Refused { code, until } => Some((code, until)),
            _ => None,
        }
    }

    fn release(&self, digest: Digest) -> &'static oracle::Release {
        self.edition().plain.iter().find(|release| release.digest == digest).unwrap()
    }

    fn planned(&self, digest: Digest) -> Option<&'static oracle::Planned> {
        let plan = self.with_plan.then_some(&self.edition().plan)?;
        plan.releases.iter().find(|planned| planned.digest == digest)
    }

    fn at(&self, clock: Clock) -> Self {
        Self { clock, ..self.clone() }
    }

    fn placed(&self, place: Place) -> Self {
        let mut case = self.clone();
        case.facts.place = place;
        case
    }

    /// After the device has installed a release, and has followed it to its channel.
    fn installed(&self, digest: Digest) -> Self {
        let mut case = self.clone();
        let (facts, release) = (&mut case.facts, self.release(digest));
        (facts.version, facts.running) = (release.version, Some(digest));
        facts.floor = facts.floor.max(release.index);
        facts.repair = false;
        facts.channel = facts.switch_to.take().unwrap_or(facts.channel.clone());
        case
    }
}

/// Where in the order of the checks a reason is that time can bring.
fn place(code: &str) -> usize {
    const ORDER: [&[&str]; 6] = [
        &["reason.expired"],
        &["reason.attestation"],
        &["reason.not-exposed"],
        &["reason.not-in-cohort", "reason.no-seed"],
        &["reason.window"],
        &["reason.quota"],
    ];
    ORDER.iter().position(|codes| codes.contains(&code)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn decisions_are_those_of_the_naive_oracle(case in case()) {
        let (expected, trace) = case.expected();
        let (decided, found) = case.decided();
        prop_assert_eq!(found, trace);
        prop_assert_eq!(decided, expected);
    }

    #[test]
    fn order_and_repetition_change_nothing(case in case(), by in 0..40_usize) {
        let mut other = case.clone();
        let by = by.min(case.releases.len());
        other.releases.rotate_left(by);
        other.releases.extend_from_slice(&case.releases[..by]);
        other.facts.failed_boots.reverse();
        other.facts.entitled.reverse();
        prop_assert_eq!(case.decided(), other.decided());
    }

    #[test]
    fn attestation_can_only_restrict(case in case()) {
        let mut ungated = case.clone();
        ungated.policy.gate = Gate::Ignore;
        let all = ungated.passing();
        prop_assert!(case.passing().iter().all(|digest| all.contains(digest)));
    }

    #[test]
    fn a_server_and_the_device_agree(case in case()) {
        let device = case.placed(Place::Device(Vec::new()));
        let Place::Device(places) = device.facts().place else { panic!("a device") };
        let resolved = match case.placed(Place::Server).decision() {
            oracle::Decision::Undecided { limited, otherwise } => {
                let within = |(digest, share): &(Digest, u16)| {
                    places.iter().any(|(of, least)| of == digest && least <= share)
                };
                limited.into_iter().find(within).map(|(digest, _)| digest).or(otherwise)
            }
            oracle::Decision::Eligible { .. } => panic!("no server holds a device's proof"),
            _ => None,
        };
        prop_assert_eq!(resolved, device.offered().map(|(digest, _)| digest));
    }

    #[test]
    fn a_reason_is_gone_when_it_says_and_not_a_second_before(case in case()) {
        let with_time = |time| match case.clock {
            Clock::Known(_) => case.at(Clock::Known(time)),
            Clock::NotBefore(_) => case.at(Clock::NotBefore(time)),
        };
        for (digest, finding) in case.decided().1 {
            let Finding::Refused { code, until: Some(until) } = finding else { continue };
            let of_exposure = ["reason.not-exposed", "reason.not-in-cohort", "reason.no-seed"];
            let signed_by = case.edition().plan.signed_by.filter(|_| case.with_plan);
            if of_exposure.contains(&code) && signed_by.is_some_and(|signed_by| signed_by < until) {
                // It takes a later timestamp, too.
                continue;
            }
            prop_assert!(until > case.clock.time());
            let gone = with_time(until).refusal(digest);
            prop_assert!(gone.is_none_or(|(later, _)| later != code), "{code} at {until}");
            let still = with_time(until - 1).refusal(digest);
            // What is checked before may stand against it by then: documents, grants and windows end.
            let holds = |(before, _)| before == code || place(before) < place(code);
            prop_assert!(still.is_some_and(holds), "{code} a second before {until}");
        }
    }

    #[test]
    fn a_clock_that_may_be_behind_offers_what_any_later_clock_does(
        case in case(),
        later in 0..200_000_i64,
    ) {
        let time = case.clock.time();
        let later = case.at(Clock::Known(time + later));
        let passing = later.passing();
        for digest in case.at(Clock::NotBefore(time)).passing() {
            let refusal = later.refusal(digest).map(|(code, _)| code);
            let has_ended = match refusal {
                Some("reason.expired") => true,
                Some("reason.attestation") => later.clock.time() >= case.told.at + case.told.seconds,
                _ => false,
            };
            prop_assert!(passing.contains(&digest) || has_ended, "{refusal:?}");
        }
    }

    #[test]
    fn nothing_lets_a_device_have_what_it_must_not(case in case()) {
        for digest in case.passing() {
            let release = case.release(digest);
            let (floor, step) = (case.facts.floor, case.policy.index_step);
            prop_assert!(release.index >= floor && release.index - floor <= step);
            prop_assert!(release.hardware.contains(&case.facts.hardware));
            let stage = case.planned(digest).map(|planned| planned.stage);
            let may = match stage {
                None => !case.with_plan && !case.policy.rollouts,
                Some(Stage::Validation) => case.facts.validates,
                Some(stage) => matches!(stage, Stage::Limited | Stage::Stable),
            };
            prop_assert!(may, "{stage:?}");
            prop_assert!(!(release.described && case.policy.rollouts));
        }
    }

    #[test]
    fn grants_end_and_so_does_what_rests_on_them(case in case()) {
        let Some((digest, not_after)) = case.offered() else { return Ok(()) };
        let now = case.clock.time();
        prop_assert!(not_after > now || case.policy.permit_seconds == 0);
        let used = case.with_asked(|asked, _| asked.privileges_used(case.release(digest)));
        for (privilege, until) in used {
            let claim = match privilege {
                Privilege::OwnPace => 0,
                Privilege::BypassAttestation => 1,
                Privilege::SkipWaves => 4,
            };
            prop_assert!(case.release(digest).severity >= claim);
            prop_assert!(case.planned(digest).unwrap().grants.contains(&(privilege, until)));
            prop_assert!(matches!(case.clock, Clock::Known(_)) && not_after <= until);
            // What the grants allowed until then, nothing allows at that moment, unless it passes
            // by itself.
            let then = case.at(Clock::Known(until));
            let again = then.offered().filter(|(offered, _)| *offered == digest);
            let rests = then.with_asked(|asked, _| asked.privileges_used(case.release(digest)));
            prop_assert!(again.is_none() || !rests.contains(&(privilege, until)));
        }
    }

    #[test]
    fn a_device_that_takes_what_it_is_offered_comes_to_rest(case in case()) {
        let order = |digest| {
            let release = case.release(digest);
            (release.index, release.version, std::cmp::Reverse(release.digest))
        };
        let mut device = case.clone();
        // What ran at first may be recalled, and what is offered never is: so the order falls at most
        // before the first.
        let mut best = None;
        while let Some((digest, _)) = device.offered() {
            prop_assert!(best.is_none_or(|best| order(best) < order(digest)));
            prop_assert!(case.release(digest).index >= device.facts.floor);
            best = Some(digest);
            device = device.installed(digest);
        }
    }
}

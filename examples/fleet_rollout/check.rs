//! What has to hold in the end, line by line.
//!
//! Exposures are held against the normal approximation of the binomial distribution: the number of
//! lamps that a build is offered to, of those that polled, is within five standard deviations of what
//! the plan says, and exact where the plan says all or none. A line fails by chance once in about
//! two million. All of it is computed in integers.

use ota_trust::primitives::UtcTime;
use ota_trust::rollout::BasisPoints;

use crate::fleet::Fate;
use crate::lamp::{Build, Channel, Hardware};
use crate::message::Truth;
use crate::record::{Assessed, Record, exposed_at_the_end, stretches};
use crate::script::{FAILURES, MINIMUM_SAMPLE, SILENCE};
use crate::simulation::Simulation;
use crate::tell::percent;

/// Whether something holds.
pub struct Finding {
    pub holds: bool,
    pub what: String,
}

fn finding(holds: bool, what: String) -> Finding {
    Finding { holds, what }
}

/// All checks.
pub fn all(simulation: &Simulation) -> Vec<Finding> {
    let records = &simulation.records;
    let mut findings: Vec<Finding> = stretches(records).flat_map(exposures).collect();
    findings.push(offered_to_nobody(records));
    findings.push(installed_once_paused(simulation));
    findings.push(wrong_hardware(records));
    findings.extend(quotas(records));
    findings.extend(spoofed(records));
    findings.push(stopped(simulation));
    findings.push(all_mended(simulation));
    findings
}

/// Each exposure of a stretch in which anything is exposed.
fn exposures(stretch: &[Record]) -> Vec<Finding> {
    let planned = stretch.first().map(|record| &record.planned).into_iter().flatten();
    let exposed = planned.filter(|(_, planned)| planned.exposure > BasisPoints::NONE);
    exposed.map(|((build, channel), p)| exposure(stretch, *build, *channel, p.exposure)).collect()
}

fn exposure(stretch: &[Record], build: Build, channel: Channel, share: BasisPoints) -> Finding {
    let found = exposed_at_the_end(stretch, build, channel);
    let (n, x, p) = (i128::from(found.polled), i128::from(found.exposed), i128::from(share.get()));
    // Both sides in units of lamps, times 10,000: the variance of n draws is n·p·(1 − p).
    let bound = (25 * n * p * (10_000 - p)).isqrt();
    let holds = n > 0 && (x * 10_000 - n * p).abs() <= bound;
    let at = stretch.first().map(|record| record.at.to_string()).unwrap_or_default();
    let (number, name) = (build.number(), channel.name());
    finding(
        holds,
        format!(
            "{at}: {number} on {name}, planned {share}: offered to {x} of {n} that polled, \
             expected {} ± {}",
            n * p / 10_000,
            bound / 10_000
        ),
    )
}

/// Where the plan says none, it is none.
fn offered_to_nobody(records: &[Record]) -> Finding {
    let (mut polls, mut offered) = (0, 0);
    for record in records {
        let unexposed = record.planned.iter().filter(|(_, p)| p.exposure == BasisPoints::NONE);
        for found in unexposed.filter_map(|(of, _)| record.polled.exposed.get(of)) {
            polls += found.polled;
            offered += found.exposed;
        }
    }
    let what = format!(
        "at {polls} polls while a build was paused, withdrawn or being validated, it was \
         offered {offered} times"
    );
    finding(offered == 0 && polls > 0, what)
}

fn installed_once_paused(simulation: &Simulation) -> Finding {
    let (Some(paused), Some(withdrawn)) = (simulation.script.paused, simulation.script.withdrawn)
    else {
        return finding(false, "2.1.0 was never withdrawn".into());
    };
    let later = simulation.records.iter().filter(|record| record.at >= paused);
    let installed = count(later, |build, _| build == Build::Bad);
    let what = format!(
        "from the pause at {paused} on, and so after the withdrawal at {withdrawn}, 2.1.0 was \
         installed {installed} times"
    );
    finding(installed == 0 && withdrawn >= paused, what)
}

fn wrong_hardware(records: &[Record]) -> Finding {
    let polls: u64 = records.iter().map(|record| record.polled.unserved).sum();
    let installed = count(records, |_, hardware| hardware == Hardware::B1);
    let what =
        format!("of {polls} polls of the wrong hardware, {installed} ended in an installation");
    finding(installed == 0 && polls > 0, what)
}

/// Quotas hold but for what the plan grants.
fn quotas(records: &[Record]) -> [Finding; 2] {
    let of = |build| -> u64 {
        records.iter().filter_map(|record| record.polled.metered.get(&build)).sum()
    };
    let (bad, mended) = (of(Build::Bad), of(Build::Mended));
    [
        finding(bad == 0, format!("2.1.0 was installed {bad} times by lamps without quota")),
        finding(mended > 0, format!("2.1.1, which has a grant, was installed by {mended} of them")),
    ]
}

/// What was forged was refused; what honest lamps said is what was counted, in every hour.
fn spoofed(records: &[Record]) -> [Finding; 2] {
    let sent = |of: Truth| -> u64 { records.iter().filter_map(|r| r.sent.get(&of)).sum() };
    let (forged, replayed) = (sent(Truth::Forged), sent(Truth::Replayed));
    let refused: u64 = records.iter().map(|record| record.received.refused).sum();
    let assessed: Vec<&Assessed> = records.iter().filter_map(|r| r.assessed.as_ref()).collect();
    let wrong = assessed.iter().filter(|assessed| !is_true(assessed)).count();
    let hours = assessed.len();
    [
        finding(
            forged == refused && forged > 0,
            format!("{forged} reports were forged, and {refused} refused"),
        ),
        finding(
            wrong == 0 && replayed > 0,
            format!(
                "{replayed} reports were replayed; of {hours} assessments, {wrong} differ from what \
                 honest lamps said"
            ),
        ),
    ]
}

fn is_true(assessed: &Assessed) -> bool {
    let (found, said) = (&assessed.assessment, assessed.truth);
    let open = said.accepted.checked_sub(said.succeeded + said.failed);
    (found.accepted, found.succeeded, found.failed) == (said.accepted, said.succeeded, said.failed)
        && open == Some(found.silent + found.pending)
        && (found.unaccepted, found.unreadable) == (0, 0)
}

/// The rollout went on as long as the criteria let it, and not an hour longer. Whether they are met is
/// computed here from what the simulation knows, and not from reports.
fn stopped(simulation: &Simulation) -> Finding {
    let records = &simulation.records;
    let assessed = records.iter().filter_map(|r| Some((r.at, r.assessed.as_ref()?)));
    let mut bad = assessed.filter(|(_, assessed)| assessed.build == Build::Bad);
    let met = bad.find_map(|(at, assessed)| {
        let (failed, resolved) = failures(records, at, assessed);
        let too_many = failed * 10_000 >= resolved * u64::from(FAILURES);
        (too_many && resolved >= MINIMUM_SAMPLE).then_some((at, failed, resolved))
    });
    let Some((at, failed, resolved)) = met else {
        return finding(false, "2.1.0 has never met its criteria".into());
    };
    let bricked: u64 = records.iter().map(|record| record.polled.bricked).sum();
    let lamps: usize = simulation.lamps.iter().map(Vec::len).sum();
    let what = format!(
        "2.1.0 met its criteria at {at}: {failed} of {resolved} had failed ({}), and it was paused in \
         the same hour; {bricked} of {lamps} lamps are bricked",
        percent(failed, resolved),
    );
    finding(simulation.script.paused == Some(at), what)
}

/// How many lamps had failed a build by then, and of how many.
fn failures(records: &[Record], at: UtcTime, assessed: &Assessed) -> (u64, u64) {
    let silent = records.iter().filter(|record| record.at.saturating_add(SILENCE) <= at);
    let silent: u64 = silent.filter_map(|r| r.polled.lost.get(&assessed.build)).sum();
    let failed = assessed.truth.failed + silent;
    (failed, failed + assessed.truth.succeeded)
}

fn all_mended(simulation: &Simulation) -> Finding {
    let all = simulation.lamps.iter().flatten();
    let is_alive = |fate, gone: Option<Build>| fate != Fate::Off && gone.is_none();
    let alive = all.filter(|lamp| is_alive(lamp.fate, lamp.gone));
    let served = alive.filter(|lamp| lamp.kind.hardware != Hardware::B1);
    let (mended, others): (Vec<_>, Vec<_>) = served.partition(|l| l.kind.runs == Build::Mended);
    let what = format!("{} lamps run 2.1.1 in the end, {} do not", mended.len(), others.len());
    finding(others.is_empty() && !mended.is_empty(), what)
}

fn count<'r>(
    records: impl IntoIterator<Item = &'r Record>,
    is: impl Fn(Build, Hardware) -> bool,
) -> u64 {
    let all = records.into_iter().flat_map(|record| &record.polled.installed);
    all.filter(|((build, hardware), _)| is(*build, *hardware)).map(|(_, count)| count).sum()
}

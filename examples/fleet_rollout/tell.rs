//! The table at the end, and what else there is to say.

use std::time::Duration;

use ota_trust::primitives::UtcTime;
use ota_trust::rollout::{BasisPoints, Stage};

use crate::check::Finding;
use crate::edition::Planned;
use crate::lamp::{Build, Channel};
use crate::polled::Exposed;
use crate::record::{Record, exposed_at_the_end, stretches};

/// A row for each stretch in which the plan stays the same.
pub fn table(records: &[Record]) {
    println!(
        "\n{:11}  {:5} {:10} {:>17} {:>17} {:>11} {:>9} {:>9} {:>7} {:>8} {:>7}",
        "", "", "", "planned", "exposed", "of", "2.1.0", "2.1.1", "lamps", "reports", ""
    );
    println!(
        "{:11}  {:5} {:10} {:>8} {:>8} {:>8} {:>8} {:>11} {:>9} {:>9} {:>7} {:>8} {:>7}",
        "from",
        "build",
        "stage",
        "beta",
        "stable",
        "beta",
        "stable",
        "polled",
        "installed",
        "installed",
        "bricked",
        "accepted",
        "refused"
    );
    let (mut bad, mut mended, mut bricked) = (0, 0, 0);
    for stretch in stretches(records) {
        bad += installed(stretch, Build::Bad);
        mended += installed(stretch, Build::Mended);
        bricked += stretch.iter().map(|record| record.polled.bricked).sum::<u64>();
        if let Some(row) = row(stretch) {
            println!("{row} {bad:>9} {mended:>9} {bricked:>7} {}", reports(stretch));
        }
    }
}

fn row(stretch: &[Record]) -> Option<String> {
    let first = stretch.first()?;
    let stage_of = |build| first.planned.get(&(build, Channel::Stable)).and_then(|p| p.stage);
    let build = if stage_of(Build::Mended).is_some() { Build::Mended } else { Build::Bad };
    let stage = match stage_of(build)? {
        Stage::Paused(_) => "paused",
        stage => stage.name(),
    };
    let of = |channel| {
        let planned =
            first.planned.get(&(build, channel)).map(|planned: &Planned| planned.exposure);
        let planned = planned.unwrap_or(BasisPoints::NONE);
        (percent(planned.get().into(), 10_000), exposed_at_the_end(stretch, build, channel))
    };
    let [(beta, on_beta), (stable, on_stable)] = Channel::ALL.map(of);
    let share = |of: Exposed| percent(of.exposed, of.polled);
    Some(format!(
        "{:11}  {:5} {stage:10} {beta:>8} {stable:>8} {:>8} {:>8} {:>11}",
        short(first.at),
        build.number(),
        share(on_beta),
        share(on_stable),
        on_beta.polled + on_stable.polled
    ))
}

fn installed(records: &[Record], build: Build) -> u64 {
    let all = records.iter().flat_map(|record| &record.polled.installed);
    all.filter(|((of, _), _)| *of == build).map(|(_, count)| count).sum()
}

fn reports(records: &[Record]) -> String {
    let sum = |of: fn(&Record) -> u64| records.iter().map(of).sum::<u64>();
    format!("{:>8} {:>7}", sum(|r| r.received.accepted), sum(|r| r.received.refused))
}

/// A share in percent, with two digits.
pub fn percent(part: u64, whole: u64) -> String {
    match (part * 10_000).checked_div(whole) {
        Some(points) => format!("{}.{:02} %", points / 100, points % 100),
        None => "-".into(),
    }
}

/// Day and time, without the year.
fn short(time: UtcTime) -> String {
    time.to_string().get(5..16).unwrap_or_default().replace('T', " ")
}

/// How many decisions there were, and how long all took.
pub fn speed(records: &[Record], all: Duration) {
    let sum = |of: fn(&Record) -> u64| records.iter().map(of).sum::<u64>();
    let decisions = sum(|record| record.polled.decisions);
    let verified = sum(|record| record.received.accepted + record.received.refused);
    let deciding: Duration = records.iter().map(|record| record.polled.deciding).sum();
    let nanoseconds = deciding.as_nanos() / u128::from(decisions.max(1));
    let seconds = all.as_secs_f64();
    println!();
    println!("{decisions} decisions, {nanoseconds} ns of one core each");
    println!("{verified} reports verified; {seconds:.1} s in all");
}

/// One line of the checks.
pub fn finding(finding: &Finding) {
    println!("{}  {}", if finding.holds { "holds" } else { "FAILS" }, finding.what);
}

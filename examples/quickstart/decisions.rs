//! Who gets which release: two products, several devices, and a week of governance.

use ota_trust::attestation::{AttestationGate, AttestationSignal, TimedSignal};
use ota_trust::eligibility::{Decision, EnrolmentStatus, Policy};
use ota_trust::primitives::{Limits, StartTime, UtcTime};
use ota_trust::release::{Channel, ManifestDigest, Product, ReleaseVersion, Severity};
use ota_trust::rollout::{
    BasisPoints, BrakeDraft, ExposureStep, Grant, Plan, PlanDraft, PlannedReleaseDraft, Privilege,
    Stage,
};

use crate::agent::Agent;
use crate::governance::{Company, NewRelease};
use crate::source::Source;
use crate::{DAY, Result};

/// How many lamps a rollout is counted over.
const LAMPS: u8 = 200;

pub fn run(start: UtcTime) -> Result<()> {
    println!("\nAnother vendor: releases, rollouts and the brake are three groups of people.");
    let mut company = Company::found(start)?;
    let day = |number: u64| start.saturating_add(number * DAY);
    let release = |product, version, rollback_index, severity| {
        let hardware = if product == "lamp" { "lamp-a1" } else { "door-1" };
        NewRelease { product, version, rollback_index, hardware, severity }
    };
    let lamp_2_0 = company.release(&release("lamp", "2.0.0", 2, Severity::None))?;
    let lamp_2_1 = company.release(&release("lamp", "2.1.0", 2, Severity::None))?;
    let door = company.release(&release("door", "1.1.0", 1, Severity::None))?;
    let expires = day(30);
    let mut lamps = PlanDraft::new(Product::new("lamp")?, 1, expires)
        .release(planned(lamp_2_0, "2.0.0", Stage::Validation)?)
        .release(planned(lamp_2_1, "2.1.0", Stage::Validation)?);
    company.plan("lamp", &lamps)?;
    let stable = planned(door, "1.1.0", Stage::Stable)?;
    company.plan("door", &PlanDraft::new(Product::new("door")?, 1, expires).release(stable))?;

    let root = company.vendor.web.metadata.get("1.root.json").cloned().ok_or("no root")?;
    let agent = |name, of, number| Agent::new(name, of, root.clone(), number);
    let mut lamp = agent("a lamp", ("lamp", "lamp-a1"), 1)?;
    let mut old = agent("a lamp of another hardware", ("lamp", "lamp-z9"), 2)?;
    let mut revoked = agent("a revoked lamp", ("lamp", "lamp-a1"), 3)?;
    revoked.enrolment = EnrolmentStatus::Revoked;
    let mut the_door = agent("a door", ("door", "door-1"), 4)?;

    println!("\nlamp 2.0.0 goes to all, lamp 2.1.0 to 10 %, then 50 %, then all. Day 1:");
    let channel = Channel::new("stable")?;
    let mut growing = planned(lamp_2_1, "2.1.0", Stage::Limited)?;
    for (number, points) in [(1, 1000), (2, 5000), (3, 10_000)] {
        let exposure = BasisPoints::new(points).ok_or("more than all")?;
        growing = growing.step(&channel, ExposureStep::new(day(number), exposure));
    }
    lamps = next(&lamps, expires)?
        .release(planned(lamp_2_0, "2.0.0", Stage::Stable)?)
        .release(growing.clone());
    company.plan("lamp", &lamps)?;
    company.pass(day(1))?;
    for device in [&mut old, &mut revoked, &mut lamp, &mut the_door] {
        device.set_time(StartTime::Known(day(1)));
        tell(&company, device)?;
    }
    println!("\nAmong {LAMPS} other lamps, 2.1.0 is offered to");
    println!("  day 1: {}", count(&company, &root, lamp_2_1)?);
    println!("The lamp installs what it is offered:");
    update(&company, &mut lamp)?;
    company.pass(day(2))?;
    println!("\nAmong the same {LAMPS}\n  day 2: {}", count(&company, &root, lamp_2_1)?);

    println!("\n2.1.0 turns out to be bad. Somebody on call pulls the brake:");
    company.brake("lamp", &BrakeDraft::new(&Product::new("lamp")?, 1).withdraw(lamp_2_1))?;
    lamp.set_time(StartTime::Known(day(2)));
    tell(&company, &mut lamp)?;
    println!("A plan by mistake, or by thieves, offers it again, and the brake is let go:");
    lamps = next(&lamps, expires)?.release(planned(lamp_2_1, "2.1.0", Stage::Stable)?);
    company.plan("lamp", &lamps)?;
    company.brake("lamp", &BrakeDraft::new(&Product::new("lamp")?, 2))?;
    tell(&company, &mut lamp)?;

    company.pass(day(3))?;
    println!("\nThis vendor asks for attestation, and a verifier has found the lamp bad, day 3:");
    let fixed = company.release(&release("lamp", "2.1.1", 3, Severity::High))?;
    let fix = planned(fixed, "2.1.1", Stage::Stable)?;
    lamps = next(&lamps, expires)?.release(fix.clone());
    company.plan("lamp", &lamps)?;
    lamp.set_time(StartTime::Known(day(3)));
    let channels = vec![channel.clone()];
    lamp.policy =
        Policy::default().attestation(AttestationGate::Require { channels, allow_warning: false });
    // Of a verifier of its own; with feature `attestation`, of an `AttestationResult`.
    let (bad, now) = (AttestationSignal::Contraindicated, StartTime::Known(day(3)));
    lamp.signal = TimedSignal::assume_verified(bad, now, 300);
    tell(&company, &mut lamp)?;
    println!("2.1.1 says that it mends a security flaw. Now the plan grants that it counts:");
    let grant = Grant { privilege: Privilege::BypassAttestation, until: day(10) };
    lamps = next(&lamps, expires)?.release(fix.grant(grant));
    company.plan("lamp", &lamps)?;
    tell(&company, &mut lamp)?;
    update(&company, &mut lamp)
}

fn planned(manifest: ManifestDigest, version: &str, stage: Stage) -> Result<PlannedReleaseDraft> {
    Ok(PlannedReleaseDraft::new(manifest, ReleaseVersion::new(version)?, stage))
}

/// The plan that follows another one.
fn next(plan: &PlanDraft, expires: UtcTime) -> Result<PlanDraft> {
    let limits = Limits::default();
    Ok(PlanDraft::after(&Plan::parse(&plan.to_bytes(&limits)?, &limits)?, expires))
}

/// What a device decides, and what it found of each release.
fn tell(company: &Company, agent: &mut Agent) -> Result<()> {
    let (_, _, decided) = agent.poll(&Source::web(company.vendor.web.clone()))?;
    let decision = match &decided.decision {
        Decision::Offer(_) => "installs",
        Decision::Hold(_) => "waits",
        Decision::None => "does nothing",
    };
    println!("  {}, running {}, {decision}:", agent.name, agent.version());
    for finding in &decided.trace {
        println!("    {}: {}", company.name_of(finding.manifest), finding.answer);
    }
    Ok(())
}

fn update(company: &Company, agent: &mut Agent) -> Result<()> {
    let source = Source::web(company.vendor.web.clone());
    let (repository, catalog, decided) = agent.poll(&source)?;
    let eligible = decided.into_eligible().ok_or("nothing to install")?;
    let permit = agent.install(&source, repository, &catalog, eligible)?;
    let (product, version, not_after) = (permit.product(), permit.version(), permit.not_after());
    println!("  {} may install {product} {version} until {not_after}", agent.name);
    agent.restart(permit)?;
    let index = agent.rollback_index().ok_or("no index")?;
    println!("  it runs {}, confirmed; it takes rollback index {index} and above", agent.version());
    Ok(())
}

/// To how many of many lamps a release is offered.
fn count(company: &Company, root: &[u8], release: ManifestDigest) -> Result<usize> {
    let source = Source::web(company.vendor.web.clone());
    let mut offered = 0;
    for number in 0..LAMPS {
        let mut lamp = Agent::new("", ("lamp", "lamp-a1"), root.to_vec(), number.wrapping_add(50))?;
        lamp.set_time(StartTime::Known(company.now));
        let (_, _, decided) = lamp.poll(&source)?;
        let eligible = decided.into_eligible();
        offered += usize::from(eligible.is_some_and(|eligible| eligible.manifest() == release));
    }
    Ok(offered)
}

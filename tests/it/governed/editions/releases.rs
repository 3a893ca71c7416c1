//! The releases of all editions.

use ota_trust::release::{ComponentDraft, Content, ReleaseDescription, Severity, TrustedRelease};
use ota_trust::verify::VouchedTarget;

use super::super::oracle;
use super::super::vendor::{Vendor, channel, component, hardware, product, version};
use super::dice::Dice;
use super::{CHANNELS, HARDWARE};

const SEVERITIES: [Severity; 5] =
    [Severity::None, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
pub(super) const LAMPS: [(&str, oracle::Version); 20] = [
    ("0.9.0", (0, 9, 0, u64::MAX, 0)),
    ("1.0.0", (1, 0, 0, u64::MAX, 0)),
    ("1.0.1", (1, 0, 1, u64::MAX, 0)),
    ("1.1.0-rc.2", (1, 1, 0, 2, 0)),
    ("1.1.0-rc.10", (1, 1, 0, 10, 0)),
    ("1.1.0", (1, 1, 0, u64::MAX, 0)),
    ("1.1.0+7", (1, 1, 0, u64::MAX, 7)),
    ("1.9.0", (1, 9, 0, u64::MAX, 0)),
    ("1.10.0", (1, 10, 0, u64::MAX, 0)),
    ("2.0.0-rc.1", (2, 0, 0, 1, 0)),
    ("2.0.0", (2, 0, 0, u64::MAX, 0)),
    ("2.0.1", (2, 0, 1, u64::MAX, 0)),
    ("2.1.0", (2, 1, 0, u64::MAX, 0)),
    ("2.2.0", (2, 2, 0, u64::MAX, 0)),
    ("2.3.0", (2, 3, 0, u64::MAX, 0)),
    ("3.0.0-rc.1", (3, 0, 0, 1, 0)),
    ("3.0.0", (3, 0, 0, u64::MAX, 0)),
    ("3.0.1", (3, 0, 1, u64::MAX, 0)),
    ("3.1.0", (3, 1, 0, u64::MAX, 0)),
    ("4.0.0", (4, 0, 0, u64::MAX, 0)),
];
/// How many contents there are that devices may hold, and one that none does.
pub(crate) const SOURCES: u8 = 3;
/// Versions that devices run.
pub(crate) const RUNNING: [usize; 8] = [0, 1, 3, 5, 6, 8, 10, 16];

pub(crate) fn running(number: usize) -> (&'static str, oracle::Version) {
    LAMPS[RUNNING[number]]
}

/// Publishes a release; all are for `a1` and `stable`, and some for more.
pub(super) fn release(
    vendor: &mut Vendor,
    dice: &mut Dice,
    of: &str,
    (number, plain): (&'static str, oracle::Version),
    index: u64,
) -> (oracle::Release, &'static str) {
    let mut more = |all: &[&'static str]| -> Vec<&'static str> {
        all.iter().copied().filter(|_| dice.below(2) == 0).collect()
    };
    let (kinds, channels) = (more(&HARDWARE[1..]), more(&CHANNELS[1..]));
    let severity = u8::try_from(dice.below(5)).unwrap();
    let minimum = (dice.below(4) == 0).then(|| running(3));
    let only_from = (dice.below(5) == 0).then(|| {
        let mut sources: Vec<u8> = (0..SOURCES).filter(|_| dice.below(2) == 0).collect();
        sources.push(SOURCES);
        sources
    });
    let digest = vendor.release_as(of, number, index, |draft| {
        let draft = match &only_from {
            Some(sources) => draft.component(made_from(sources)),
            None => draft,
        };
        let draft = draft.severity(SEVERITIES[usize::from(severity)]);
        let draft = kinds.iter().fold(draft, |draft, id| draft.hardware_id(hardware(id)));
        let draft = channels.iter().fold(draft, |draft, name| draft.channel(channel(name)));
        match minimum {
            Some((number, _)) => draft.minimum_version(&version(number)),
            None => draft,
        }
    });
    let with = |base: &str, more: Vec<&str>| {
        [base].into_iter().chain(more).map(str::to_owned).collect::<Vec<_>>()
    };
    let plain = oracle::Release {
        digest: *digest.as_bytes(),
        product: of.to_owned(),
        version: plain,
        index,
        hardware: with(HARDWARE[0], kinds),
        channels: with(CHANNELS[0], channels),
        severity,
        minimum: minimum.map(|(_, plain)| plain),
        only_from,
        fresh: oracle::Fresh::Proven,
        fresh_until: 0,
        durable: true,
        described: false,
        approvals: 1,
    };
    (plain, number)
}

/// A component that deltas from these sources lead to.
fn made_from(sources: &[u8]) -> ComponentDraft {
    let draft = ComponentDraft::deltas_only(component("assets"), Content::of(b"assets"));
    sources.iter().fold(draft, |draft, number| {
        draft.delta(&format!("{number}.delta"), "toy", Content::of(b"delta"), source(*number))
    })
}

/// What a device may hold.
pub(crate) fn source(number: u8) -> Content {
    Content::of(&[number])
}

/// What a caller describes of a target, whatever its manifest says.
pub(super) fn described_release(
    vouched: VouchedTarget,
    plain: &mut oracle::Release,
    at: usize,
    index: u64,
) -> TrustedRelease {
    let description = ReleaseDescription {
        product: product(&plain.product),
        version: version(LAMPS[at].0),
        rollback_index: index,
        hardware_ids: HARDWARE.map(hardware).to_vec(),
        channels: CHANNELS.map(channel).to_vec(),
    };
    let release = TrustedRelease::assume_described(vouched, description);
    (plain.index, plain.severity, plain.minimum, plain.described) = (index, 0, None, true);
    plain.only_from = None;
    plain.hardware = HARDWARE.map(str::to_owned).to_vec();
    plain.channels = CHANNELS.map(str::to_owned).to_vec();
    plain.digest = *release.digest().as_bytes();
    release
}

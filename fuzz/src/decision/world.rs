//! Fixed catalogs: small repositories whose plans differ, published and verified once, and beside each
//! document what it says as plain data.

use std::collections::BTreeMap;

use ota_trust::eligibility::Catalog;
use ota_trust::key::{Ed25519Signer, Signer};
use ota_trust::metadata::{PathSet, RoleType};
use ota_trust::primitives::{Limits, RoleName, StartTime, TargetPath, UtcTime};
use ota_trust::release::{
    Channel, ComponentDraft, ComponentId, Content, HardwareId, ManifestDigest, ManifestDraft,
    Product, ReleaseVersion, Severity, TrustedRelease,
};
use ota_trust::repository::{Delegation, Policy, Published, TargetEntry};
use ota_trust::rollout::{
    Active, BasisPoints, BrakeDraft, ExposureStep, FoundBrake, Gate, Grant, PlanDraft,
    PlannedReleaseDraft, Privilege, Ratchets, SourceVersions, Stage, TrustedBrake, TrustedPlan,
    VersionRange,
};
use ota_trust::update::{NotFound, Update};
use ota_trust::verify::VouchedTarget;

use super::super::choices::Choices;
use super::super::device::{Answer, Device};
use super::oracle;

pub const NOW: i64 = 1_800_000_000;
pub const HOUR: i64 = 3600;
pub const CHANNELS: [&str; 2] = ["stable", "beta"];
pub const HARDWARE: [&str; 2] = ["a1", "b2"];
pub const VERSIONS: [u64; 6] = [1, 2, 3, 4, 5, 6];

/// What the plan of each catalog is chosen by: for each release the stage, steps and grants.
const PLANS: [&[u8]; 6] = [
    b"",
    b"10000200013210530020123123200310011020",
    b"2201320012302310020230120321001230",
    b"30123001230123012300123012301203012031020301",
    b"234012340123401230400123401230120301234001230123",
    b"4321043201432014302143021430214032104321",
];

pub struct World {
    pub catalog: Catalog,
    /// The same releases under no plan.
    pub unplanned: Catalog,
    pub releases: Vec<oracle::Release>,
    pub plan: oracle::Plan,
}

/// What the brake of each catalog is chosen by; two have none.
const BRAKES: [&[u8]; 6] = [b"", b"0", b"1222222", b"1012301", b"1120320", b"1331203"];

/// All catalogs, each under a clock that is believed and under one that is not.
pub fn all() -> Vec<World> {
    let worlds = PLANS.iter().zip(BRAKES).flat_map(|(plan, brake)| {
        [StartTime::Known(time(NOW)), StartTime::NotBefore(time(NOW))]
            .map(|start| World::new(&mut Choices::new(plan), &mut Choices::new(brake), start))
    });
    worlds.collect()
}

pub fn time(unix: i64) -> UtcTime {
    UtcTime::from_unix(unix).expect("a time")
}

pub fn product() -> Product {
    Product::new("lamp").expect("a name")
}

pub fn version(number: u64) -> ReleaseVersion {
    ReleaseVersion::new(&format!("{number}.0.0")).expect("a version")
}

pub fn channel(name: &str) -> Channel {
    Channel::new(name).expect("a name")
}

pub fn hardware(name: &str) -> HardwareId {
    HardwareId::new(name).expect("a name")
}

impl World {
    fn new(plans: &mut Choices<'_>, brakes: &mut Choices<'_>, start: StartTime) -> Self {
        let limits = Limits::default();
        let manifests: Vec<(oracle::Release, Vec<u8>)> = VERSIONS.map(manifest).into();
        let (draft, mut planned) = plan(&manifests, plans);
        let plan_bytes = draft.to_bytes(&limits).expect("a plan");
        let mut contents = vec![(product().plan_path(), plan_bytes)];
        for (number, (_, bytes)) in VERSIONS.iter().zip(&manifests) {
            contents.push((product().manifest_path(&version(*number)), bytes.clone()));
        }
        let brake_bytes = brake(&mut planned, brakes);
        let listed = brake_bytes.iter().map(|bytes| (product().brake_path(), bytes.clone()));
        contents.extend(listed);
        let paths = contents.iter().take(1 + VERSIONS.len()).map(|(path, _)| path.clone());
        let mut sought: Vec<TargetPath> = paths.collect();
        sought.push(product().brake_path());
        let mut found = look_up(&contents, &sought, start);
        let found_brake = match (found.pop().expect("an answer"), &brake_bytes) {
            (Ok(vouched), Some(bytes)) => {
                FoundBrake::Brake(TrustedBrake::read(vouched, bytes, &limits).expect("a brake"))
            }
            (answer, _) => {
                let not_found = answer.expect_err("there is no brake");
                FoundBrake::Unlisted(not_found.into_unlisted().expect("a whole search"))
            }
        };
        let mut found = found.into_iter().map(|answer| answer.expect("it is listed"));
        let trusted = TrustedPlan::read(found.next().expect("the plan"), &contents[0].1, &limits);
        let trusted = trusted.expect("a plan");
        planned.until = planned.until.min(trusted.vouched().fresh_until().unix());
        let sighting = Ratchets::new(product()).observe(trusted, found_brake, start, &limits);
        let live = sighting.expect("the first plan").stored();
        let releases = found.zip(&manifests).map(|(vouched, (_, bytes))| {
            TrustedRelease::read(vouched, bytes, &limits).expect("a release")
        });
        let mut releases: Vec<TrustedRelease> = releases.collect();
        let says = releases.iter().zip(manifests).map(|(release, (plain, _))| oracle::Release {
            fresh: match start {
                StartTime::Known(_) => oracle::Fresh::Proven,
                StartTime::NotBefore(_) => oracle::Fresh::Unproven,
            },
            fresh_until: release.vouched().fresh_until().unix(),
            ..plain
        });
        let mut says: Vec<oracle::Release> = says.collect();
        // One that the plan has is not found.
        let missing = plans.below(2 * releases.len());
        if missing < releases.len() {
            releases.remove(missing);
            says.remove(missing);
        }
        let catalog = Catalog::new(&live, releases.clone()).expect("of one repository");
        let unplanned = Catalog::without_rollouts(releases).expect("of one repository");
        Self { catalog, unplanned, releases: says, plan: planned }
    }
}

/// The manifest with this number: for more hardware and channels, and of more consequence, in turn.
fn manifest(number: u64) -> (oracle::Release, Vec<u8>) {
    const SEVERITIES: [Severity; 5] =
        [Severity::None, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
    let index = [1, 1, 2, 3, 5, u64::MAX][number as usize - 1];
    let severity = [4, 0, 1, 4, 4, 4][number as usize - 1];
    let kinds = &HARDWARE[..=usize::from(number.is_multiple_of(2))];
    let channels = &CHANNELS[..=usize::from(number > 2)];
    let minimum = (number == 5).then_some(3);
    let content = Content::of(&number.to_be_bytes());
    let id = ComponentId::new("firmware").expect("a name");
    let mut draft = ManifestDraft::new(product(), version(number), index)
        .severity(SEVERITIES[severity])
        .component(ComponentDraft::full(id, "firmware.bin", content));
    draft = kinds.iter().fold(draft, |draft, id| draft.hardware_id(hardware(id)));
    draft = channels.iter().fold(draft, |draft, name| draft.channel(channel(name)));
    // One component of it is made of what a device holds, or not at all.
    let only_from = (number == 4).then(|| vec![2, 3]);
    if let Some(sources) = &only_from {
        let id = ComponentId::new("assets").expect("a name");
        let assets = ComponentDraft::deltas_only(id, Content::of(b"assets"));
        draft = draft.component(sources.iter().fold(assets, |assets, number| {
            let name = format!("{number}.delta");
            assets.delta(&name, "toy", Content::of(b"delta"), source(*number))
        }));
    }
    if let Some(minimum) = minimum {
        draft = draft.minimum_version(&version(minimum));
    }
    let bytes = draft.to_bytes(&Limits::default()).expect("a manifest");
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let plain = oracle::Release {
        digest: *ManifestDigest::of(&bytes).as_bytes(),
        product: "lamp".to_owned(),
        version: plain_version(number),
        index,
        hardware: owned(kinds),
        channels: owned(channels),
        severity: severity as u8,
        minimum: minimum.map(plain_version),
        only_from,
        fresh: oracle::Fresh::Proven,
        fresh_until: 0,
        durable: true,
        described: false,
        approvals: 1,
    };
    (plain, bytes)
}

/// What a device may hold.
pub fn source(number: u8) -> Content {
    Content::of(&[number])
}

pub fn plain_version(number: u64) -> oracle::Version {
    (number, 0, 0, u64::MAX, 0)
}

fn plan(
    manifests: &[(oracle::Release, Vec<u8>)],
    choices: &mut Choices<'_>,
) -> (PlanDraft, oracle::Plan) {
    const STAGES: [(Stage, oracle::Stage); 8] = [
        (Stage::Stable, oracle::Stage::Stable),
        (Stage::Limited, oracle::Stage::Limited),
        (Stage::Limited, oracle::Stage::Limited),
        (Stage::Validation, oracle::Stage::Validation),
        (Stage::Draft, oracle::Stage::Draft),
        (Stage::Paused(Active::Limited), oracle::Stage::Paused),
        (Stage::Withdrawn, oracle::Stage::Withdrawn),
        (Stage::Superseded, oracle::Stage::Superseded),
    ];
    const PRIVILEGES: [(Privilege, oracle::Privilege); 3] = [
        (Privilege::OwnPace, oracle::Privilege::OwnPace),
        (Privilege::SkipWaves, oracle::Privilege::SkipWaves),
        (Privilege::BypassAttestation, oracle::Privilege::BypassAttestation),
    ];
    const POINTS: [u16; 4] = [0, 1000, 6000, 10_000];
    let until = NOW + 20 * HOUR;
    let mut draft = PlanDraft::new(product(), 1, time(until));
    let mut releases = Vec::new();
    for (number, (manifest, _)) in VERSIONS.iter().zip(manifests) {
        let (stage, plain) = *choices.one_of(&STAGES);
        let (digest, version_of) = (manifest.digest, manifest.version);
        let mut plain = oracle::Planned {
            digest,
            version: version_of,
            stage: plain,
            said: plain,
            exposure: vec![],
            grants: vec![],
            recalls: vec![],
            ranges: vec![],
            except: vec![],
        };
        let digest = ManifestDigest::from_bytes(digest);
        let mut release = PlannedReleaseDraft::new(digest, version(*number), stage);
        for name in CHANNELS {
            let (first, mut steps) = (choices.below(3), Vec::<oracle::Step>::new());
            for (at, points) in POINTS.into_iter().enumerate().skip(first) {
                let from = NOW + HOUR * (6 * at as i64 - choices.below(20) as i64);
                let ends = |step: &oracle::Step| step.ramp_until.unwrap_or(step.from);
                let follows = |before| ends(before) <= from && before.from < from;
                if steps.last().is_none_or(follows) {
                    let (step, plain) = step(from, points, choices);
                    release = release.step(&channel(name), step);
                    steps.push(plain);
                }
            }
            plain.exposure.push((name.to_owned(), steps));
        }
        for _ in 0..choices.below(4) {
            let (privilege, named) = *choices.one_of(&PRIVILEGES);
            let until = NOW + HOUR * (choices.below(30) as i64 - 6);
            release = release.grant(Grant { privilege, until: time(until) });
            plain.grants.push((named, until));
        }
        if choices.below(8) == 1 {
            let recalled = *choices.one_of(&VERSIONS);
            release = release.recall(version(recalled));
            plain.recalls.push(plain_version(recalled));
        }
        if choices.below(8) == 1 {
            let (first, end) = (*choices.one_of(&VERSIONS), *choices.one_of(&VERSIONS));
            let range = VersionRange { at_least: Some(version(first)), below: Some(version(end)) };
            let except = vec![version(*choices.one_of(&[2, 3]))];
            plain.except = except
                .iter()
                .map(|v| plain_version(v.as_str()[..1].parse().expect("a number")))
                .collect();
            plain.ranges = vec![(plain_version(first), plain_version(end))];
            release = release.sources(SourceVersions { ranges: vec![range], except });
        }
        draft = draft.release(release);
        releases.push(plain);
    }
    let minimum = choices.below(8).saturating_sub(5) as u64;
    let draft = draft.raise_minimum_index(minimum);
    let (durable, signed_by, approvals) = (true, None, 1);
    (draft, oracle::Plan { releases, until, durable, minimum, signed_by, approvals })
}

/// At once or over some time; by itself, or where people have opened it.
fn step(from: i64, share: u16, choices: &mut Choices<'_>) -> (ExposureStep, oracle::Step) {
    let mut step = ExposureStep::new(time(from), BasisPoints::new(share).expect("a share"));
    let mut plain = oracle::Step { from, share, ramp_until: None, shut: false };
    match choices.below(6) {
        1 => {
            plain.ramp_until = Some(from + 3 * HOUR + 7);
            step = step.ramp_until(time(from + 3 * HOUR + 7));
        }
        2 => step = step.gate(Gate::Opened),
        3 => (step, plain.shut) = (step.gate(Gate::Closed), true),
        _ => {}
    }
    (step, plain)
}

/// What a brake stops of what a plan lets out.
fn brake(plan: &mut oracle::Plan, choices: &mut Choices<'_>) -> Option<Vec<u8>> {
    if choices.below(2) == 0 {
        return None;
    }
    let mut draft = BrakeDraft::new(&product(), 1);
    for planned in &mut plan.releases {
        let digest = ManifestDigest::from_bytes(planned.digest);
        let offers = [oracle::Stage::Validation, oracle::Stage::Limited, oracle::Stage::Stable];
        match choices.below(4) {
            0 => {
                draft = draft.pause(digest);
                if offers.contains(&planned.stage) {
                    planned.stage = oracle::Stage::Paused;
                }
            }
            1 => {
                draft = draft.withdraw(digest);
                planned.stage = oracle::Stage::Withdrawn;
            }
            _ => {}
        }
    }
    Some(draft.to_bytes(&Limits::default()).expect("a brake"))
}

/// Publishes targets below three authorities, and looks for some.
fn look_up(
    contents: &[(TargetPath, Vec<u8>)],
    sought: &[TargetPath],
    start: StartTime,
) -> Vec<Result<VouchedTarget, NotFound>> {
    let keys: Vec<Ed25519Signer> = (1..=7).map(|n| Ed25519Signer::from_seed(&[n; 32])).collect();
    let public = |number: usize| keys[number].public_key().clone();
    let mut draft = Published::nothing().draft();
    let roles = [RoleType::Root, RoleType::Timestamp, RoleType::Snapshot, RoleType::Targets];
    for (number, role) in roles.into_iter().enumerate() {
        draft.root().set_keys(role, &[public(number)], 1).expect("a role");
    }
    draft.targets().expect("a role");
    for (number, name, paths) in
        [(4, "releases", "releases/*/*/*"), (5, "rollouts", "rollouts/*"), (6, "brake", "brake/*")]
    {
        let role = RoleName::delegated(name).expect("a name");
        let paths = PathSet::patterns([paths]);
        let delegation = Delegation::new(role.clone(), vec![public(number)], 1, paths);
        draft.targets().expect("a role").delegate(&delegation.terminating()).expect("a delegation");
        draft.create_role(&role).expect("a role");
    }
    for (path, bytes) in contents {
        draft.insert_target(path, &TargetEntry::of(bytes)).expect("a target");
    }
    let signing = draft.seal(time(NOW), &Policy::default()).expect("a release");
    let signers: Vec<&dyn Signer> = keys.iter().map(|key| key as &dyn Signer).collect();
    let release = signing.publish(&signers, time(NOW)).expect("signed");
    let files: BTreeMap<String, Vec<u8>> =
        release.files().map(|file| (file.name(), file.bytes().to_vec())).collect();
    let mut serve =
        |name: &str, _| files.get(name).map_or(Answer::NotFound, |b| Answer::File(b.clone()));
    let mut device = Device::default();
    let root = files["1.root.json"].clone();
    let begin = Update::begin(root, start, Limits::default());
    let mut repository = device.drive(&mut serve, begin).expect("a cycle");
    let mut found = Vec::new();
    for path in sought {
        let lookup = device.drive(&mut serve, repository.find_vouched(path)).expect("a search");
        repository = lookup.repository;
        found.push(lookup.target);
    }
    found
}

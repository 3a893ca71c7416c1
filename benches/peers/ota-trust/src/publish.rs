//! ota-trust as a publisher.

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use harness::publish::{Job, Publisher, Target};
use harness::{Result, limits};
use ota_trust::key::{Ed25519Signer, Signer};
use ota_trust::primitives::{Digest, Hashes, Limits, RoleName, TargetPath, UtcTime};
use ota_trust::repository::{Bins, Draft, DraftError, Policy, Published, TargetEntry};

struct OtaTrust {
    job: &'static Job,
    targets: Vec<(TargetPath, TargetEntry)>,
    changed: (TargetPath, TargetEntry),
    /// The keys that sign: all but that of the root.
    keys: Vec<Ed25519Signer>,
    policy: Policy,
}

impl Publisher for OtaTrust {
    fn ready(job: &'static Job) -> Result<Self> {
        let roles = ["timestamp", "snapshot", "targets", "bin"];
        let key = |role: &str| Ok(Ed25519Signer::from_seed(job.seed(role)?));
        let mut policy = Policy::default();
        policy.limits = limits();
        Ok(Self {
            job,
            targets: job.targets.iter().map(entry).collect::<Result<_>>()?,
            changed: entry(&job.changed)?,
            keys: roles.into_iter().map(key).collect::<Result<_>>()?,
            policy,
        })
    }

    fn publish(&self) -> Result<()> {
        let root = self.job.read("1.root.json")?;
        let mut draft = Published::open_root(root, &self.policy.limits)?.draft();
        let targets = draft.targets()?;
        for (path, entry) in &self.targets {
            targets.insert(path, entry);
        }
        if let Some(bits) = self.job.bits {
            let key = Ed25519Signer::from_seed(self.job.seed("bin")?).public_key().clone();
            let bins = Bins::listed(bits, "bin", vec![key], 1);
            draft.move_into_bins(&RoleName::targets(), &bins)?;
        }
        self.release(draft)
    }

    fn change(&self) -> Result<()> {
        let [root, timestamp, snapshot] =
            ["1.root.json", "timestamp.json", "1.snapshot.json"].map(|name| self.job.read(name));
        let mut published = Published::open(root?, timestamp?, snapshot?, &self.policy.limits)?;
        let (path, entry) = &self.changed;
        self.load(&mut published, &RoleName::targets())?;
        // Of the roles that delegation leads to, only what lists the target.
        while let Err(DraftError::NotLoaded(role)) = published.draft().role_for(path) {
            self.load(&mut published, &role)?;
        }
        let mut draft = published.draft();
        draft.insert_target(path, entry)?;
        self.release(draft)
    }
}

impl OtaTrust {
    fn load(&self, published: &mut Published, role: &RoleName) -> Result<()> {
        let name = published.file_name(role).ok_or("not published")?;
        Ok(published.load(role, self.job.read(&name)?)?)
    }

    fn release(&self, draft: Draft) -> Result<()> {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let now = UtcTime::from_unix(seconds.try_into()?)?;
        let signers: Vec<&dyn Signer> = self.keys.iter().map(|key| key as &dyn Signer).collect();
        let release = draft.seal(now, &self.policy)?.publish(&signers, now)?;
        release.files().try_for_each(|file| self.job.write(&file.name(), file.bytes()))
    }
}

fn entry(target: &Target) -> Result<(TargetPath, TargetEntry)> {
    let hashes = Hashes::from_digest(Digest::Sha256(target.sha256));
    Ok((TargetPath::new(&target.path)?, TargetEntry::new(target.length, hashes)?))
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_targets_length = limits::LENGTH;
    limits.max_snapshot_length = limits::LENGTH;
    limits
}

fn main() -> ExitCode {
    harness::publish::main::<OtaTrust>()
}

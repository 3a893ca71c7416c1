//! rust-tuf as a publisher. Its delegations have patterns alone, no hash prefixes.

use std::process::ExitCode;

use chrono::{DateTime, Duration, Utc};
use futures_io::AsyncRead;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::io::AsyncReadExt;
use harness::publish::{EXPIRES, Job, Publisher, Target};
use harness::{Result, at_once};
use tuf::crypto::{Ed25519PrivateKey, HashAlgorithm, HashValue, PrivateKey};
use tuf::database::Database;
use tuf::metadata::{
    Metadata, MetadataPath, MetadataVersion, RawSignedMetadata, RawSignedMetadataSetBuilder,
    TargetDescription, TargetPath,
};
use tuf::pouf::Pouf1;
use tuf::repo_builder::RepoBuilder;
use tuf::repository::RepositoryStorage;

struct RustTuf {
    job: &'static Job,
    targets: Vec<(TargetPath, TargetDescription)>,
    changed: (TargetPath, TargetDescription),
    keys: [Ed25519PrivateKey; 3],
    valid_for: Duration,
}

/// The folder for new files.
struct Out(&'static Job);

impl RepositoryStorage<Pouf1> for Out {
    fn store_metadata<'a>(
        &'a self,
        path: &MetadataPath,
        version: MetadataVersion,
        metadata: &'a mut (dyn AsyncRead + Send + Unpin),
    ) -> BoxFuture<'a, tuf::Result<()>> {
        let name = path.components::<Pouf1>(version).join("/");
        async move {
            let mut bytes = Vec::new();
            metadata.read_to_end(&mut bytes).await?;
            self.0.write(&name, &bytes).map_err(|error| tuf::Error::Opaque(error.to_string()))
        }
        .boxed()
    }

    fn store_target<'a>(
        &'a self,
        _: &TargetPath,
        _: &'a mut (dyn AsyncRead + Send + Unpin),
    ) -> BoxFuture<'a, tuf::Result<()>> {
        async { Err(tuf::Error::Opaque("there are no artifacts".into())) }.boxed()
    }
}

impl Publisher for RustTuf {
    fn ready(job: &'static Job) -> Result<Self> {
        let key = |role| {
            Ok::<_, Box<dyn std::error::Error>>(Ed25519PrivateKey::from_ed25519(job.key(role)?)?)
        };
        Ok(Self {
            job,
            targets: job.targets.iter().map(entry).collect::<Result<_>>()?,
            changed: entry(&job.changed)?,
            keys: [key("targets")?, key("snapshot")?, key("timestamp")?],
            valid_for: EXPIRES.parse::<DateTime<Utc>>()? - Utc::now(),
        })
    }

    fn publish(&self) -> Result<()> {
        if self.job.bits.is_some() {
            return Err("delegates by patterns alone, not by hash prefixes".into());
        }
        let database = Database::from_trusted_root(&self.read("1.root.json")?)?;
        self.write(&database, &self.targets)
    }

    fn change(&self) -> Result<()> {
        if self.job.bits.is_some() {
            return Err("delegates by patterns alone, not by hash prefixes".into());
        }
        let published = RawSignedMetadataSetBuilder::new()
            .root(self.read("1.root.json")?)
            .timestamp(self.read("timestamp.json")?)
            .snapshot(self.read("1.snapshot.json")?)
            .targets(self.read("1.targets.json")?)
            .build();
        let database = Database::from_trusted_metadata(&published)?;
        self.write(&database, std::slice::from_ref(&self.changed))
    }
}

impl RustTuf {
    fn read<M: Metadata>(&self, name: &str) -> Result<RawSignedMetadata<Pouf1, M>> {
        Ok(RawSignedMetadata::new(self.job.read(name)?))
    }

    /// Lists targets besides those that are published, signs and writes.
    fn write(
        &self,
        database: &Database<Pouf1>,
        targets: &[(TargetPath, TargetDescription)],
    ) -> Result<()> {
        let [of_targets, of_snapshot, of_timestamp] =
            self.keys.each_ref().map(|key| [key as &dyn PrivateKey]);
        let builder = RepoBuilder::from_database(Out(self.job), database)
            .trusted_targets_keys(&of_targets)
            .trusted_snapshot_keys(&of_snapshot)
            .trusted_timestamp_keys(&of_timestamp)
            .targets_expiration_duration(self.valid_for)
            .snapshot_expiration_duration(self.valid_for)
            .timestamp_expiration_duration(self.valid_for)
            .skip_root()
            .stage_targets_with_builder(|builder| {
                targets.iter().fold(builder, |builder, (path, target)| {
                    builder.insert_target_description(path.clone(), target.clone())
                })
            })?
            .snapshot_includes_length(true)
            .snapshot_includes_hashes(&[HashAlgorithm::Sha256])
            .stage_snapshot()?
            .timestamp_includes_length(true)
            .timestamp_includes_hashes(&[HashAlgorithm::Sha256])
            .stage_timestamp()?;
        at_once(builder.commit())??;
        Ok(())
    }
}

fn entry(target: &Target) -> Result<(TargetPath, TargetDescription)> {
    let hashes = [(HashAlgorithm::Sha256, HashValue::new(target.sha256.to_vec()))].into();
    let listed = TargetDescription::new(target.length, hashes, [].into())?;
    Ok((TargetPath::new(target.path.clone())?, listed))
}

fn main() -> ExitCode {
    harness::publish::main::<RustTuf>()
}

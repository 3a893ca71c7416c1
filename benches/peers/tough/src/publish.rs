//! tough as a publisher. It loads all delegated roles to change one, and writes all files again.

use std::num::NonZeroU64;
use std::process::ExitCode;

use aws_lc_rs::digest::{SHA256, digest};
use harness::Result;
use harness::publish::{EXPIRES, Job, Publisher, Target};
use jiff::Timestamp;
use tokio::runtime::{self, Runtime};
use tough::editor::RepositoryEditor;
use tough::editor::targets::TargetsEditor;
use tough::key_source::KeySource;
use tough::schema::decoded::{Decoded, Hex};
use tough::schema::key::Key;
use tough::schema::{self, Hashes, KeyHolder, PathHashPrefix, PathSet, Signed, Targets};
use tough::sign::{Sign, parse_keypair};
use tough::{ExpirationEnforcement, FilesystemTransport, Limits, RepositoryLoader, TargetName};
use url::Url;

struct Tough {
    job: &'static Job,
    runtime: Runtime,
    targets: Vec<(TargetName, schema::Target)>,
    changed: (TargetName, schema::Target),
    /// All of them: the editor takes those that it needs.
    keys: Vec<Box<dyn KeySource>>,
    bin_key: Vec<Box<dyn KeySource>>,
    expires: Timestamp,
}

/// A key in memory, as PKCS #8.
#[derive(Clone, Debug)]
struct InMemory(Vec<u8>);

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tough::async_trait]
impl KeySource for InMemory {
    async fn as_sign(&self) -> std::result::Result<Box<dyn Sign>, Failure> {
        Ok(Box::new(parse_keypair(&self.0)?))
    }

    async fn write(&self, _: &str, _: &str) -> std::result::Result<(), Failure> {
        Err("the key is not to be replaced".into())
    }
}

impl Publisher for Tough {
    fn ready(job: &'static Job) -> Result<Self> {
        let key = |role: &str| Ok(Box::new(InMemory(job.pkcs8(role)?)) as Box<dyn KeySource>);
        let all = ["timestamp", "snapshot", "targets", "bin"];
        Ok(Self {
            job,
            runtime: runtime::Builder::new_current_thread().build()?,
            targets: job.targets.iter().map(entry).collect::<Result<_>>()?,
            changed: entry(&job.changed)?,
            keys: all.into_iter().map(key).collect::<Result<_>>()?,
            bin_key: vec![key("bin")?],
            expires: EXPIRES.parse()?,
        })
    }

    fn publish(&self) -> Result<()> {
        self.runtime.block_on(async {
            let mut editor = RepositoryEditor::new(self.job.metadata.join("1.root.json")).await?;
            if self.job.bits.is_some() {
                editor.targets(self.delegating().await?)?;
            } else {
                for (name, target) in &self.targets {
                    editor.add_target(name.clone(), target.clone())?;
                }
            }
            self.write(editor, true, NonZeroU64::MIN).await
        })
    }

    fn change(&self) -> Result<()> {
        self.runtime.block_on(async {
            let (name, target) = &self.changed;
            let root = self.job.metadata.join("1.root.json");
            let url =
                Url::from_directory_path(&self.job.metadata).map_err(|()| "no such folder")?;
            let limits = Limits {
                max_targets_size: harness::limits::LENGTH,
                max_snapshot_size: harness::limits::LENGTH,
                ..Limits::default()
            };
            let trusted = std::fs::read(&root)?;
            let loader = RepositoryLoader::new(&trusted, url.clone(), url)
                .transport(FilesystemTransport)
                .expiration_enforcement(ExpirationEnforcement::Safe)
                .limits(limits);
            let repository = loader.load().await?;
            let delegations = repository.targets().signed.delegations.as_ref();
            let mut bins = delegations.iter().flat_map(|delegations| &delegations.roles);
            let bin = bins.find(|bin| {
                let listed = bin.targets.as_ref().map(|targets| &targets.signed.targets);
                listed.is_some_and(|listed| listed.contains_key(name))
            });
            let bin = bin.map(|bin| bin.name.clone());
            let mut editor = RepositoryEditor::from_repo(root, repository).await?;
            let second = NonZeroU64::MIN.saturating_add(1);
            if let Some(bin) = &bin {
                // The editor has the top-level role open, and lets go of it only signed.
                editor.targets_version(second)?.targets_expires(self.expires)?;
                editor.sign_targets_editor(&self.keys).await?;
                editor.change_delegated_targets(bin)?;
            }
            editor.add_target(name.clone(), target.clone())?;
            if bin.is_some() {
                editor.targets_version(second)?.targets_expires(self.expires)?;
                editor.sign_targets_editor(&self.keys).await?;
            }
            self.write(editor, bin.is_none(), second).await
        })
    }
}

impl Tough {
    /// The top-level role, which delegates to the bins.
    async fn delegating(&self) -> Result<Signed<Targets>> {
        let root: Signed<schema::Root> = serde_json::from_slice(&self.job.read("1.root.json")?)?;
        let first = NonZeroU64::MIN;
        let targets = Targets::new("1.0.0".into(), first, self.expires);
        let mut top = TargetsEditor::from_targets("targets", targets, KeyHolder::Root(root.signed));
        let key: Key = parse_keypair(&self.job.pkcs8("bin")?)?.tuf_key();
        let id = key.key_id()?;
        let bins = self.job.bins();
        let mut shares: Vec<_> = bins.iter().map(|_| Vec::new()).collect();
        for target in &self.targets {
            shares[bin_of(target.0.raw(), self.job.bits.unwrap_or(0))?].push(target);
        }
        for ((name, prefixes), share) in bins.into_iter().zip(shares) {
            let mut bin = TargetsEditor::new(&name);
            bin.version(first).expires(self.expires);
            for (name, target) in share {
                bin.add_target(name.clone(), target.clone())?;
            }
            let signed = bin.create_signed(&self.bin_key).await?;
            let prefixes: std::result::Result<_, _> =
                prefixes.into_iter().map(PathHashPrefix::new).collect();
            let keys = [(id.clone(), key.clone())].into();
            let paths = PathSet::PathHashPrefixes(prefixes?);
            top.delegate_role(signed, paths, true, keys, vec![id.clone()], first)?;
        }
        top.version(first).expires(self.expires);
        let signed = top.create_signed(&self.keys).await?;
        Ok(Signed { signed: signed.signed.targets, signatures: signed.signatures })
    }

    /// Signs what is open, the snapshot and the timestamp, and writes all files.
    async fn write(
        &self,
        mut editor: RepositoryEditor,
        targets_are_open: bool,
        version: NonZeroU64,
    ) -> Result<()> {
        if targets_are_open {
            editor.targets_version(version)?.targets_expires(self.expires)?;
        }
        editor.snapshot_version(version).snapshot_expires(self.expires);
        editor.timestamp_version(version).timestamp_expires(self.expires);
        editor.sign(&self.keys).await?.write(&self.job.out).await?;
        Ok(())
    }
}

fn entry(target: &Target) -> Result<(TargetName, schema::Target)> {
    let sha256: Decoded<Hex> = target.sha256.to_vec().into();
    let listed = schema::Target {
        length: target.length,
        hashes: Hashes { sha256, _extra: [].into() },
        custom: [].into(),
        _extra: [].into(),
    };
    Ok((TargetName::new(&target.path)?, listed))
}

/// The number of the bin of a path: so many of the first bits of its SHA-256.
fn bin_of(path: &str, bits: u32) -> Result<usize> {
    let digest = digest(&SHA256, path.as_bytes());
    let head = digest.as_ref().first_chunk().ok_or("too short")?;
    Ok(usize::try_from(u32::from_be_bytes(*head).checked_shr(32 - bits).unwrap_or(0))?)
}

fn main() -> ExitCode {
    harness::publish::main::<Tough>()
}

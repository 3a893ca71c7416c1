//! tough. It loads all delegated roles at once, and stores what it trusts in a temporary folder.

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::pin::pin;
use std::process::ExitCode;

use futures_util::stream::{self, TryStreamExt};
use harness::{CHUNK, Client, Folder, Result, limits};
use tokio::runtime::{self, Runtime};
use tough::{
    Bytes, Limits, Repository, RepositoryLoader, TargetName, Transport, TransportError,
    TransportErrorKind, TransportStream,
};
use url::Url;

struct Tough {
    runtime: Runtime,
    repository: Repository,
}

/// The repository on the disk, as `file:///metadata/` and `file:///targets/`.
#[derive(Clone)]
struct Local(&'static Folder);

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Local")
    }
}

#[tough::async_trait]
impl Transport for Local {
    async fn fetch(&self, url: Url) -> std::result::Result<TransportStream, TransportError> {
        let reader: io::Result<Box<dyn Read + Send + Sync>> = match url.path().split_at(9) {
            ("/metadata", name) => self.0.metadata(&name[1..], limits::LENGTH).and_then(|bytes| {
                let bytes = bytes.ok_or(io::ErrorKind::NotFound)?;
                Ok(Box::new(Cursor::new(bytes)) as _)
            }),
            (_, name) => File::open(self.0.targets.join(name)).map(|file| Box::new(file) as _),
        };
        let failed = move |error: io::Error| {
            let kind = match error.kind() {
                io::ErrorKind::NotFound => TransportErrorKind::FileNotFound,
                _ => TransportErrorKind::Other,
            };
            TransportError::new_with_cause(kind, url.clone(), error)
        };
        let mut reader = reader.map_err(&failed)?;
        let chunks = std::iter::from_fn(move || {
            let mut chunk = vec![0; CHUNK];
            match reader.read(&mut chunk) {
                Ok(0) => None,
                Ok(read) => {
                    chunk.truncate(read);
                    Some(Ok(Bytes::from(chunk)))
                }
                Err(error) => Some(Err(failed(error))),
            }
        });
        Ok(Box::pin(stream::iter(chunks)))
    }
}

impl Client for Tough {
    fn refresh(folder: &'static Folder) -> Result<Self> {
        let runtime = runtime::Builder::new_current_thread().build()?;
        let limits = Limits {
            max_targets_size: limits::LENGTH,
            max_snapshot_size: limits::LENGTH,
            max_root_updates: limits::ROOTS.into(),
            ..Limits::default()
        };
        let (metadata, targets) =
            (Url::parse("file:///metadata/")?, Url::parse("file:///targets/")?);
        let loader = RepositoryLoader::new(&folder.root, metadata, targets);
        let loader = loader.transport(Local(folder)).limits(limits);
        let repository = runtime.block_on(loader.load())?;
        Ok(Self { runtime, repository })
    }

    fn find(&mut self, path: &str) -> Result<Option<u64>> {
        let found = self.repository.targets().signed.find_target(&TargetName::new(path)?, false);
        Ok(found.ok().map(|target| target.length))
    }

    fn artifact(&mut self, path: &str) -> Result<()> {
        let name = TargetName::new(path)?;
        self.runtime.block_on(async {
            let stream = self.repository.read_target(&name).await?.ok_or("not found")?;
            let mut stream = pin!(stream);
            while stream.try_next().await?.is_some() {}
            Ok(())
        })
    }
}

fn main() -> ExitCode {
    harness::main::<Tough>()
}

//! rust-tuf, with a local repository that keeps nothing.

use std::fs::File;
use std::process::ExitCode;

use futures_io::AsyncRead;
use futures_util::future::{self, BoxFuture, FutureExt};
use futures_util::io::{AllowStdIo, AsyncReadExt, Cursor};
use harness::{CHUNK, Folder, Result, at_once, limits};
use tuf::Error;
use tuf::client::{Client, Config};
use tuf::metadata::{MetadataPath, MetadataVersion, RawSignedMetadata, TargetPath};
use tuf::pouf::Pouf1;
use tuf::repository::{RepositoryProvider, RepositoryStorage};

struct RustTuf(Client<Pouf1, Nothing, Remote>);

/// The repository on the disk.
struct Remote(&'static Folder);

/// A device that keeps nothing.
struct Nothing;

type Reader<'a> = Box<dyn AsyncRead + Send + Unpin + 'a>;
type Answer<'a, T> = BoxFuture<'a, tuf::Result<T>>;

impl RepositoryProvider<Pouf1> for Remote {
    fn fetch_metadata<'a>(
        &'a self,
        path: &MetadataPath,
        version: MetadataVersion,
    ) -> Answer<'a, Reader<'a>> {
        let name = path.components::<Pouf1>(version).join("/");
        let file = match self.0.metadata(&name, limits::LENGTH) {
            Ok(Some(bytes)) => Ok(Box::new(Cursor::new(bytes)) as _),
            Ok(None) => Err(Error::MetadataNotFound { path: path.clone(), version }),
            Err(error) => Err(error.into()),
        };
        future::ready(file).boxed()
    }

    fn fetch_target<'a>(&'a self, path: &TargetPath) -> Answer<'a, Reader<'a>> {
        let file = File::open(self.0.targets.join(path.as_str()));
        let file = file.map(|file| Box::new(AllowStdIo::new(file)) as _);
        future::ready(file.map_err(Error::from)).boxed()
    }
}

impl RepositoryProvider<Pouf1> for Nothing {
    fn fetch_metadata<'a>(
        &'a self,
        path: &MetadataPath,
        version: MetadataVersion,
    ) -> Answer<'a, Reader<'a>> {
        future::ready(Err(Error::MetadataNotFound { path: path.clone(), version })).boxed()
    }

    fn fetch_target<'a>(&'a self, path: &TargetPath) -> Answer<'a, Reader<'a>> {
        future::ready(Err(Error::TargetNotFound(path.clone()))).boxed()
    }
}

impl RepositoryStorage<Pouf1> for Nothing {
    fn store_metadata<'a>(
        &'a self,
        _: &MetadataPath,
        _: MetadataVersion,
        _: &'a mut (dyn AsyncRead + Send + Unpin),
    ) -> Answer<'a, ()> {
        future::ready(Ok(())).boxed()
    }

    fn store_target<'a>(
        &'a self,
        _: &TargetPath,
        _: &'a mut (dyn AsyncRead + Send + Unpin),
    ) -> Answer<'a, ()> {
        future::ready(Ok(())).boxed()
    }
}

impl harness::Client for RustTuf {
    fn refresh(folder: &'static Folder) -> Result<Self> {
        let length = Some(usize::try_from(limits::LENGTH)?);
        let config = Config::build().max_snapshot_length(length).max_targets_length(length);
        let root = RawSignedMetadata::new(folder.root.clone());
        let client = Client::with_trusted_root(config.finish()?, &root, Nothing, Remote(folder));
        let mut client = at_once(client)??;
        at_once(client.update())??;
        Ok(Self(client))
    }

    fn find(&mut self, path: &str) -> Result<Option<u64>> {
        let path = TargetPath::new(path.to_owned())?;
        match at_once(self.0.fetch_target_description(&path))? {
            Ok(target) => Ok(Some(target.length())),
            Err(Error::TargetNotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn artifact(&mut self, path: &str) -> Result<()> {
        let path = TargetPath::new(path.to_owned())?;
        let mut chunk = vec![0; CHUNK];
        at_once(async {
            let mut reader = self.0.fetch_target(&path).await?;
            while reader.read(&mut chunk).await? > 0 {}
            Ok(())
        })?
    }
}

fn main() -> ExitCode {
    harness::main::<RustTuf>()
}

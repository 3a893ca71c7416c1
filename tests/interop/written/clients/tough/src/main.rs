//! tough, with its own HTTP transport and datastore.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use cli::{Arguments, Found, Result, Trusted, hex};
use tokio::runtime;
use tough::{HttpTransportBuilder, IntoVec, Repository, RepositoryLoader, TargetName};
use url::Url;

async fn update(arguments: &Arguments) -> Result<Trusted> {
    let (metadata, targets) =
        (Url::parse(&arguments.metadata_url)?, Url::parse(&arguments.targets_url)?);
    // By default it waits 100 ms before each request, the first included.
    let transport = HttpTransportBuilder::new().initial_backoff(Duration::ZERO).build();
    let loader = RepositoryLoader::new(&arguments.root, metadata, targets);
    let loader = loader.transport(transport).datastore(&arguments.store);
    let repository = loader.load().await?;

    let mut found = BTreeMap::new();
    for path in &arguments.find {
        found.insert(path.clone(), find(&repository, path).await?);
    }
    Ok(Trusted {
        root: repository.root().signed.version.get(),
        timestamp: repository.timestamp().signed.version.get(),
        snapshot: repository.snapshot().signed.version.get(),
        targets: repository.targets().signed.version.get(),
        found,
    })
}

async fn find(repository: &Repository, path: &str) -> Result<Option<Found>> {
    let name = TargetName::new(path)?;
    let Ok(target) = repository.targets().signed.find_target(&name, false) else {
        return Ok(None);
    };
    let stream = repository.read_target(&name).await?.ok_or("found, but not to be read")?;
    let custom = target.custom.clone().into_iter().collect();
    Ok(Some(Found {
        length: target.length,
        sha256: Some(hex(&target.hashes.sha256)),
        custom: Some(custom),
        downloaded: stream.into_vec().await?,
    }))
}

fn main() -> ExitCode {
    cli::main(|arguments| {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(update(arguments))
    })
}

//! The story in words.

use std::error::Error as StdError;

use ota_trust::artifact::VerifiedArtifact;
use ota_trust::primitives::RoleName;
use ota_trust::repository::Release;
use ota_trust::update::{Change, RemoteFile, Repository, StoredItem};
use ota_trust::verify::TrustedTarget;
use ota_trust::{Error, ErrorReport};

/// What happens between the device and the repository.
pub enum Event<'e> {
    /// The device asked for a file.
    Asked { file: &'e RemoteFile, there: bool },
    /// A file has been verified, and the device stores something.
    Stores(&'e Change<'e>),
}

/// Tells one event.
pub fn step(event: &Event<'_>) {
    match event {
        Event::Asked { file, there: true } => println!("  asks for {file}"),
        Event::Asked { file, there: false } => {
            println!("  asks for {file}: there is none, so the root at hand is the latest");
        }
        Event::Stores(Change::Remove { item }) => {
            println!(
                "    drops its {item:?}: this root takes a key from the role, which may be stolen"
            );
        }
        Event::Stores(Change::Write { item, bytes }) => {
            if let Some(why) = why_trusted(item) {
                println!("    {why} ({} bytes, stored)", bytes.len());
            }
        }
    }
}

fn why_trusted(item: &StoredItem) -> Option<String> {
    Some(match item {
        StoredItem::Ledger(_) => return None,
        StoredItem::Root(version) => {
            let before = version.get().saturating_sub(1);
            format!("root {version} is trusted: enough keys of root {before} and of its own have signed it")
        }
        StoredItem::Timestamp => {
            "the timestamp is trusted: signed as the root says, not older than the last, not expired".into()
        }
        StoredItem::Snapshot => {
            "the snapshot is trusted: the one that the timestamp names; nothing in it is gone or older".into()
        }
        StoredItem::Role(role) if *role == RoleName::targets() => {
            "the targets are trusted: the version that the snapshot names, signed as the root says".into()
        }
        StoredItem::Role(role) => {
            format!("the role {role} is trusted: signed by the keys that its delegator gave it")
        }
    })
}

/// Tells the end of a cycle.
pub fn refreshed(repository: &Repository<'_>) {
    println!(
        "  the metadata is verified: root {}, snapshot {}, targets {}; the root expires {}",
        repository.root().version(),
        repository.snapshot().version(),
        repository.targets().version(),
        repository.root().expires(),
    );
}

/// Tells what could be looked for, where nothing was.
pub fn offers(repository: &Repository<'_>) {
    let targets = repository.targets();
    println!("  the top-level targets list {} files:", targets.len());
    for path in targets.paths().take(10) {
        println!("    {path}");
    }
    let delegated = targets.delegations().map_or(0, |delegations| {
        delegations.succinct().map_or(delegations.roles().len(), |bins| 1 << bins.bit_length())
    });
    println!("  and delegate to {delegated} roles; --target PATH looks for a file");
}

/// Tells what a search found.
pub fn found(target: &TrustedTarget) {
    let chain: Vec<&str> = target.vouched_by().iter().map(RoleName::as_str).collect();
    println!("  {} is listed, vouched for by root, {}", target.path(), chain.join(", "));
    println!("    {} bytes, {:?}", target.length(), target.hashes().iter().collect::<Vec<_>>());
}

/// Tells the end of the story.
pub fn verified(artifact: &VerifiedArtifact) {
    println!("  all {} bytes have arrived and have these digests: verified", artifact.length());
}

/// Tells what was published.
pub fn release(title: &str, release: &Release) {
    println!("\n{title}. To upload, in this order:");
    for file in release.files() {
        println!("  {}, {} bytes", file.name(), file.bytes().len());
    }
    println!();
}

/// Explains a failure: with code, layer and remedy if the library refused.
pub fn failure(error: &(dyn StdError + 'static)) {
    eprintln!("refused: {}", ErrorReport::of(error));
    if let Some(refusal) = error.downcast_ref::<Error>() {
        let (code, layer, remedy) = (refusal.code(), refusal.layer(), refusal.remedy());
        eprintln!("  code {code}, layer {layer:?}; what helps: {remedy}");
    }
}

/// Tells how an attack ended.
pub fn attack(number: usize, name: &str, refusal: &Error) {
    println!("{number:>3}. {name}");
    println!("     refused [{}]: {}", refusal.code(), refusal.report());
    println!("     what helps: {}", refusal.remedy());
}

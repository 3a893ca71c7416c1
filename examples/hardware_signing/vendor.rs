//! The publisher: a ceremony in which one of the signers has a token.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use ota_trust::key::{NamedKey, Signer};
use ota_trust::metadata::RoleType;
use ota_trust::primitives::{Limits, RoleName, TargetPath, UtcTime};
use ota_trust::repository::ceremony::{SigningRequest, SigningResponse};
use ota_trust::repository::{Next, Policy, Published, Release, TargetEntry};

use crate::Result;
use crate::secret::fresh_key;
use crate::token::Session;

/// What is published.
pub const PATH: &str = "lamp/1.0/firmware.bin";
pub const FIRMWARE: &[u8] = b"firmware that a key in a token has signed for";

const DAY: u64 = 86_400;

/// Two of three sign targets; where the token has another key, it signs the root.
pub fn release(session: &Session) -> Result<Release> {
    let keys = session.keys()?;
    let token = keys.first().ok_or("the token has no key: `prepare` makes one")?;
    let [colleague, absent, people, machine] =
        [fresh_key()?, fresh_key()?, fresh_key()?, fresh_key()?];
    let root: &dyn Signer = match keys.get(1) {
        Some(key) => key,
        None => &people,
    };
    let public = |signers: &[&dyn Signer]| -> Vec<NamedKey> {
        signers.iter().map(|signer| signer.public_key().clone()).collect()
    };
    let mut draft = Published::nothing().draft();
    draft.root().set_keys(RoleType::Root, &public(&[root]), 1)?;
    draft.root().set_keys(RoleType::Targets, &public(&[token, &colleague, &absent]), 2)?;
    draft.root().set_keys(RoleType::Snapshot, &public(&[&machine]), 1)?;
    draft.root().set_keys(RoleType::Timestamp, &public(&[&machine]), 1)?;
    draft.targets()?.insert(&TargetPath::new(PATH)?, &TargetEntry::of(FIRMWARE));
    let mut policy = Policy::default();
    // With digests listed, the snapshot would vouch for targets, too. Here their signatures stand alone.
    policy.list_digests = false;

    let now = now()?;
    let mut signing = draft.seal(now, &policy)?;
    signing.sign(root)?;
    let targets = RoleName::targets();
    let request = signing.request(&targets, now.saturating_add(DAY))?;
    let answers =
        [answer(&request, token, Some(&session.name))?, answer(&request, &colleague, None)?];
    for response in answers {
        signing.attach(&request, &response, now)?;
        println!("attached the signature of {}", response.key_id());
        if let Some(hardware) = response.claimed_hardware() {
            println!("  whose key is said to lie in {hardware}: a claim, which nothing depends on");
        }
    }
    println!("{} has not signed, and need not", absent.public_key().id());
    match signing.complete(now)? {
        Next::Sign(online) => Ok(online.publish(&[&machine], now)?),
        Next::Release(release) => Ok(release),
    }
}

/// A signer, who has the request and nothing else.
fn answer(
    request: &SigningRequest,
    signer: &dyn Signer,
    hardware: Option<&str>,
) -> Result<SigningResponse> {
    let limits = Limits::default();
    let request = SigningRequest::parse(&request.to_bytes(), &limits)?;
    println!("{}", request.review(None, &limits)?);
    let response = request.sign(signer, now()?)?;
    Ok(match hardware {
        Some(hardware) => response.claiming_hardware(hardware),
        None => response,
    })
}

/// Writes a new folder: artifacts, then metadata in its order.
pub fn write(release: &Release, repository: &Path) -> Result<()> {
    fs::create_dir(repository)?;
    let path = TargetPath::new(PATH)?;
    for name in TargetEntry::of(FIRMWARE).upload_paths(&path, true) {
        put(&repository.join("targets").join(name), FIRMWARE)?;
    }
    for file in release.files() {
        put(&repository.join("metadata").join(file.name()), file.bytes())?;
    }
    println!("written to {}", repository.display());
    Ok(())
}

fn put(file: &Path, bytes: &[u8]) -> Result<()> {
    fs::create_dir_all(file.parent().unwrap_or(file))?;
    Ok(fs::write(file, bytes)?)
}

pub fn now() -> Result<UtcTime> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    Ok(UtcTime::from_unix(seconds.try_into()?)?)
}

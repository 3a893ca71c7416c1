//! Attacks on the vendor's devices, by somebody who controls the web server, and who holds stolen
//! keys where it says so.

#![allow(clippy::indexing_slicing, reason = "the files are those that the vendor wrote")]

use ota_trust::Error;
use ota_trust::primitives::TargetPath;
use serde_json::{Value, json};

use crate::Result;
use crate::device::{self, Device};
use crate::forge::Forge;
use crate::source::Source;
use crate::tell;
use crate::vendor::Web;

/// The devices, and what the vendor has served over time.
pub struct Story {
    /// A lamp as it leaves the factory.
    pub new: Device,
    /// One that has gone along with every release.
    pub updated: Device,
    /// What was served after each release, oldest first.
    pub history: Vec<Web>,
    /// What the lamp installs.
    pub firmware: TargetPath,
}

/// Which device is attacked.
#[derive(Clone, Copy)]
enum Victim {
    New,
    Updated,
}

/// What an attacker makes of what the vendor serves now, and has served.
type Make = fn(&mut Forge, &[Web]) -> Result<()>;

const ON_METADATA: &[(&str, Victim, Make)] = &[
    ("the timestamp of the release before is replayed", Victim::Updated, |forge, history| {
        replay(forge, history.iter().rev().nth(1), "timestamp")
    }),
    ("a timestamp of long ago is replayed", Victim::New, |forge, history| {
        forge.web = history.first().cloned().unwrap_or_default();
        Ok(())
    }),
    (
        "the snapshot of another day stands in the place of the new one",
        Victim::New,
        |forge, history| replay(forge, history.first(), "snapshot"),
    ),
    (
        "the lamp's releases of another day stand in the place of the new ones",
        Victim::New,
        |forge, history| replay(forge, history.first(), "lamp"),
    ),
    ("the snapshot is withheld", Victim::New, |forge, _| {
        let name = forge.name("snapshot")?;
        forge.web.metadata.remove(&name);
        Ok(())
    }),
    ("one bit of the targets is flipped", Victim::New, |forge, _| {
        let name = forge.name("targets")?;
        let file = forge.web.metadata.get_mut(&name);
        if let Some(byte) = file.and_then(|bytes| bytes.get_mut(300)) {
            *byte ^= 1;
        }
        Ok(())
    }),
    (
        "stolen online keys: the lamp's releases are no longer listed",
        Victim::Updated,
        |forge, _| {
            forge.put("snapshot", &["snapshot"], |signed| {
                signed["meta"].as_object_mut().map(|meta| meta.remove("lamp.json"));
            })?;
            forge.list_snapshot(&["timestamp 2"])
        },
    ),
    (
        "stolen online keys: an older version of the lamp's releases is listed",
        Victim::Updated,
        |forge, _| {
            forge.put("snapshot", &["snapshot"], |signed| {
                signed["meta"]["lamp.json"] = json!({"version": 1});
            })?;
            forge.list_snapshot(&["timestamp 2"])
        },
    ),
    ("stolen online keys and one of three release keys: a release", Victim::Updated, |forge, _| {
        evil(forge, &["release 1"])
    }),
    ("the same, and the one key signs twice", Victim::Updated, |forge, _| {
        evil(forge, &["release 1", "release 1"])
    }),
    ("the same, and the one key signs in the name of another", Victim::Updated, |forge, _| {
        evil(forge, &["release 1", "release 1=release 2"])
    }),
    ("stolen online keys and the targets key: a release", Victim::Updated, |forge, _| {
        evil(forge, &["targets", "targets=release 1"])
    }),
    (
        "the timestamp key that was rotated away signs version 4,294,967,295",
        Victim::Updated,
        |forge, _| {
            forge.put("timestamp", &["timestamp"], |signed| signed["version"] = u32::MAX.into())
        },
    ),
    ("the snapshot key signs a timestamp", Victim::New, |forge, _| {
        forge.put("timestamp", &["snapshot", "snapshot=timestamp 2"], |_| ())
    }),
    ("two unknown keys sign a root that names them", Victim::Updated, |forge, _| {
        forge.put("root", &["evil 1", "evil 2"], crown)
    }),
    ("one of three root keys is stolen, too", Victim::Updated, |forge, _| {
        forge.put("root", &["root 1", "evil 1", "evil 2"], crown)
    }),
    ("the root skips a version", Victim::Updated, |forge, _| {
        let next = format!("{}.root.json", forge.last_root() + 1);
        let after = format!("{}.root.json", forge.last_root() + 2);
        forge.put("root", &["root 1", "root 2"], |signed| {
            signed["version"] = (signed["version"].as_u64().unwrap_or_default() + 1).into();
        })?;
        let skipping = forge.web.metadata.remove(&after).unwrap_or_default();
        forge.web.metadata.insert(next, skipping);
        Ok(())
    }),
];

/// What an attacker does to the bytes of the firmware.
type Tamper = fn(&mut Vec<u8>);

const ON_ARTIFACT: &[(&str, Tamper)] = &[
    ("one bit of the firmware is flipped", |bytes| {
        if let Some(byte) = bytes.get_mut(10_000) {
            *byte ^= 1;
        }
    }),
    ("the firmware ends early", |bytes| bytes.truncate(10_000)),
    ("the firmware does not end", |bytes| bytes.resize(10 << 20, 0)),
];

/// Makes every attack; fails if one is not refused.
pub fn run(story: &Story) -> Result<()> {
    let now = story.history.last().cloned().unwrap_or_default();
    let mut number = 0;
    for (name, victim, make) in ON_METADATA {
        number += 1;
        let mut forge = Forge { web: now.clone() };
        make(&mut forge, &story.history)?;
        let (victim, kind) = match victim {
            Victim::New => (&story.new, "new lamp"),
            Victim::Updated => (&story.updated, "lamp in use"),
        };
        let source = Source::web(forge.web);
        let outcome = on_metadata(victim.clone(), &source, &story.firmware);
        refused(number, &format!("{name} ({kind})"), outcome)?;
    }
    for (name, tamper) in ON_ARTIFACT {
        number += 1;
        let outcome = on_artifact(story.updated.clone(), now.clone(), &story.firmware, *tamper);
        refused(number, name, outcome)?;
    }
    println!("\n{number} attacks, {number} refused.");
    Ok(())
}

/// The file of a role as it was once, under its name of now.
fn replay(forge: &mut Forge, then: Option<&Web>, role: &str) -> Result<()> {
    let then = Forge { web: then.cloned().unwrap_or_default() };
    let bytes = then.web.metadata.get(&then.name(role)?).cloned();
    let now = forge.name(role)?;
    forge.web.metadata.insert(now, bytes.unwrap_or_default());
    Ok(())
}

/// A release of the lamp with the thief's firmware.
fn evil(forge: &mut Forge, keys: &[&str]) -> Result<()> {
    forge.put("lamp", keys, |signed| {
        for (_, entry) in signed["targets"].as_object_mut().into_iter().flatten() {
            entry["hashes"]["sha256"] = "66".repeat(32).into();
        }
    })?;
    forge.list("lamp")
}

/// Makes the thief's keys those of the root.
fn crown(signed: &mut Value) {
    let mut ids = Vec::new();
    for name in ["evil 1", "evil 2"] {
        let key = crate::vendor::key(name);
        let key = ota_trust::key::Signer::public_key(&key);
        signed["keys"][key.id().as_str()] = json!({
            "keytype": key.key_type(),
            "keyval": {"public": key.value()},
            "scheme": key.scheme(),
        });
        ids.push(key.id().as_str().to_owned());
    }
    signed["roles"]["root"] = json!({"keyids": ids, "threshold": 2});
}

/// A cycle, a search and an installation on what the attacker serves.
fn on_metadata(mut device: Device, source: &Source, firmware: &TargetPath) -> Result<()> {
    let repository = device.refresh(source, &mut |_| ())?;
    let found = device.find(repository, firmware, source, &mut |_| ())?;
    let target = found.target.map_err(Error::from)?;
    device::install(&target, source).map(|_| ())
}

fn on_artifact(mut device: Device, web: Web, firmware: &TargetPath, tamper: Tamper) -> Result<()> {
    let source = Source::web(web);
    let repository = device.refresh(&source, &mut |_| ())?;
    let target = device.find(repository, firmware, &source, &mut |_| ())?.target?;
    let name = target.download_paths().next().ok_or("no name to download")?;
    let mut bytes = source.target(&name)?.ok_or("the firmware is missing")?;
    tamper(&mut bytes);
    device::check(&target, &bytes)?;
    Ok(())
}

fn refused(number: usize, name: &str, outcome: Result<()>) -> Result<()> {
    match outcome {
        Ok(()) => Err(format!("{name}: was not refused").into()),
        Err(error) => {
            let refusal = error.downcast::<Error>()?;
            tell::attack(number, name, &refusal);
            Ok(())
        }
    }
}

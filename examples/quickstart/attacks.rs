//! Attacks on the embedded repository.
//!
//! Those that need a signature are folders with the attacker's files, which take the place of the
//! repository's own. Those on the artifact are made here.

use ota_trust::Error;
use ota_trust::primitives::TargetPath;

use crate::Result;
use crate::device::{self, Device};
use crate::source::Source;
use crate::tell;

/// Makes every attack; fails if one is not refused.
pub fn run(lamp: &Device, firmware: &TargetPath) -> Result<()> {
    let mut number = 0;
    for (kind, victim) in [("new-device", lamp.as_new()), ("updated-device", lamp.clone())] {
        for attack in Source::attacks(kind) {
            number += 1;
            let name = attack.path().file_name().unwrap_or_default().to_string_lossy();
            let name = format!("{} (on {})", name.replace('-', " "), kind.replace('-', " "));
            let outcome = on_metadata(victim.clone(), &Source::attacked(attack), firmware);
            refused(number, &name, outcome)?;
        }
    }
    for (name, tamper) in ON_ARTIFACT {
        number += 1;
        refused(number, name, on_artifact(lamp.clone(), firmware, *tamper))?;
    }
    println!("\n{number} attacks, {number} refused.");
    Ok(())
}

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

/// A cycle, a search and an installation on what the attacker serves.
fn on_metadata(mut device: Device, source: &Source, firmware: &TargetPath) -> Result<()> {
    let repository = device.refresh(source, &mut |_| ())?;
    let found = device.find(repository, firmware, source, &mut |_| ())?;
    let target = found.target.map_err(Error::from)?;
    device::install(&target, source).map(|_| ())
}

fn on_artifact(mut device: Device, firmware: &TargetPath, tamper: Tamper) -> Result<()> {
    let source = Source::embedded();
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

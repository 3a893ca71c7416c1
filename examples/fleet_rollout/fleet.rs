//! The lamps: what each is, and what becomes of it.
//!
//! All is drawn from the seed and the lamp's number, so a fleet is the same each time.

use ota_trust::identity::DeviceSecret;
use sha2::{Digest as _, Sha256};

use crate::Result;
use crate::lamp::{Build, Channel, Hardware, SLOTS};

/// A lamp.
pub struct Lamp {
    pub secret: DeviceSecret,
    pub kind: Kind,
    pub fate: Fate,
    /// The build that it has accepted last and was not heard of since: bricked or unplugged.
    pub gone: Option<Build>,
    /// The build that it has failed to install once.
    pub failed: Option<Build>,
}

/// All that a decision depends on, but for the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    pub hardware: Hardware,
    pub channel: Channel,
    /// It pays for data, and has used up its quota for weeks.
    pub metered: bool,
    /// It stands in the vendor's laboratory.
    pub validates: bool,
    /// What it runs. Of no importance to hardware that there is no release for.
    pub runs: Build,
}

/// What happens to a lamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing.
    Sound,
    /// It is switched off before all begins, and never polls.
    Off,
    /// The bad build bricks it.
    Bricks,
    /// The first attempt to install anything fails; the next one does not.
    Fails,
    /// Somebody unplugs it just when it has accepted something.
    Unplugged,
}

/// One in so many.
struct Draw([u8; 32], usize);

impl Draw {
    /// Draws for a lamp: 16 bits each time, and few enough times.
    fn next(&mut self) -> u16 {
        let mut bytes = self.0.iter().skip(self.1).copied();
        self.1 += 2;
        u16::from_be_bytes([bytes.next().unwrap_or(0), bytes.next().unwrap_or(0)])
    }

    /// With a probability in hundredths of a percent, to within 2⁻¹⁶.
    fn happens(&mut self, basis_points: u32) -> bool {
        u32::from(self.next()) * 10_000 < basis_points << 16
    }
}

/// The whole fleet, by the slot in which its lamps poll.
pub fn draw(lamps: u64, seed: u64) -> Result<Vec<Vec<Lamp>>> {
    let mut slots: Vec<Vec<Lamp>> = (0..SLOTS).map(|_| Vec::new()).collect();
    for number in 0..lamps {
        let bits = |what: &str| -> [u8; 32] {
            let hash = Sha256::new().chain_update(seed.to_be_bytes());
            hash.chain_update(number.to_be_bytes()).chain_update(what).finalize().into()
        };
        let secret = DeviceSecret::new(&mut bits("secret"))?;
        let mut draw = Draw(bits("fate"), 0);
        let slot = usize::from(draw.next()) % SLOTS;
        let kind = kind(&mut draw);
        let fate = fate(kind.hardware, &mut draw);
        let lamp = Lamp { secret, kind, fate, gone: None, failed: None };
        if let Some(slot) = slots.get_mut(slot) {
            slot.push(lamp);
        }
    }
    Ok(slots)
}

/// Those who try betas bought their lamps early: few of them have the second revision, and the
/// laboratory has none. So the bad build looks well until it comes to the stable channel.
fn kind(draw: &mut Draw) -> Kind {
    let channel = if draw.happens(1000) { Channel::Beta } else { Channel::Stable };
    let of_second = if channel == Channel::Beta { 150 } else { 3300 };
    let hardware = match (draw.happens(1000), draw.happens(of_second)) {
        (true, _) => Hardware::B1,
        (_, true) => Hardware::A2,
        _ => Hardware::A1,
    };
    let metered = draw.happens(400);
    let validates = draw.happens(10) && hardware == Hardware::A1;
    Kind { hardware, channel, metered, validates, runs: Build::Old }
}

fn fate(hardware: Hardware, draw: &mut Draw) -> Fate {
    let fates = [(300, Fate::Off), (2500, Fate::Bricks), (20, Fate::Fails), (20, Fate::Unplugged)];
    let drawn = fates.into_iter().find(|(points, _)| draw.happens(*points));
    match drawn {
        Some((_, Fate::Bricks)) if hardware != Hardware::A2 => Fate::Sound,
        drawn => drawn.map_or(Fate::Sound, |(_, fate)| fate),
    }
}

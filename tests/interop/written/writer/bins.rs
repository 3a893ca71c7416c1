//! Hash bins as TAP 15 and §4.5 have them, computed here once more.

use ota_trust::repository::Bins;
use serde_json::{Value, json};

use crate::content::sha256;
use crate::keys::{Key, public};

#[derive(Clone)]
pub struct Spread {
    pub bits: u32,
    pub prefix: &'static str,
    pub keys: Vec<Key>,
    pub threshold: u64,
    pub succinct: bool,
}

impl Spread {
    pub fn bins(&self) -> Bins {
        let make = if self.succinct { Bins::succinct } else { Bins::listed };
        make(self.bits, self.prefix, public(&self.keys), self.threshold)
    }

    /// The role that lists a path.
    pub fn of(&self, path: &str) -> String {
        let leading = u32::from_str_radix(&sha256(path.as_bytes())[..8], 16).unwrap();
        self.name(leading >> (32 - self.bits))
    }

    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        (0..1 << self.bits).map(|bin| self.name(bin))
    }

    fn digits(&self) -> usize {
        self.bits.div_ceil(4) as usize
    }

    fn name(&self, bin: u32) -> String {
        format!("{}-{bin:0width$x}", self.prefix, width = self.digits())
    }

    /// `delegations`, but for `keys`.
    pub fn delegations(&self) -> Value {
        let ids: Vec<&str> = self.keys.iter().map(Key::id).collect();
        if self.succinct {
            return json!({"succinct_roles": {
                "bit_length": self.bits,
                "name_prefix": self.prefix,
                "keyids": ids,
                "threshold": self.threshold,
            }});
        }
        let each = (1_u32 << (4 * self.digits())) >> self.bits;
        let roles = self.names().zip(0..).map(|(name, bin)| {
            let prefixes = (bin * each..(bin + 1) * each)
                .map(|prefix| format!("{prefix:0width$x}", width = self.digits()));
            json!({
                "name": name,
                "keyids": ids,
                "threshold": self.threshold,
                "terminating": true,
                "path_hash_prefixes": prefixes.collect::<Vec<_>>(),
            })
        });
        json!({"roles": roles.collect::<Vec<_>>()})
    }
}

//! The targets of a fleet of devices, each made from its number.

use serde::{Serialize, Serializer};

use crate::document::Hashes;
use crate::workload::{Layout, Workload};

/// What the targets are.
pub(crate) enum Fleet {
    /// Packages, in groups of a thousand.
    Grouped,
    /// Packages, so many in the folder of each role.
    InFolders(u32),
    /// The one image, with its digest and length.
    Image(Hashes, u64),
}

/// What a targets file says of one target.
#[derive(Serialize)]
pub(crate) struct Entry {
    custom: Custom,
    pub(crate) hashes: Hashes,
    pub(crate) length: u64,
}

#[derive(Serialize)]
struct Custom {
    description: String,
    platforms: [&'static str; 2],
    rollback_index: u32,
}

/// The entries with these numbers, in this order, as a map by path.
pub(crate) struct Entries<'a> {
    pub(crate) fleet: &'a Fleet,
    pub(crate) numbers: &'a [u32],
}

impl Fleet {
    /// The packages of a workload.
    pub(crate) fn packages(workload: &Workload) -> Self {
        match workload.layout {
            Layout::Folders(folders) => Self::InFolders(workload.targets / folders),
            Layout::Flat | Layout::Bins(_) | Layout::Succinct(_) => Self::Grouped,
        }
    }

    /// The path of a target; paths sort as their numbers do.
    pub(crate) fn path(&self, number: u32) -> String {
        let file = format!("artifact-{number:06}-release-1.0.{number}.tar.gz");
        match self {
            Self::Grouped => format!("packages/group-{:03}/{file}", number / 1000),
            Self::InFolders(each) => format!("dir-{:03}/{file}", number / each),
            // In no folder: some clients put the digest before the first component, not the last.
            Self::Image(..) => "lamp-2.0.0.img".to_owned(),
        }
    }

    /// The entry of a target. No such package exists, so the digest is that of its number.
    pub(crate) fn entry(&self, number: u32) -> Entry {
        let (hashes, length) = match self {
            Self::Image(hashes, length) => (hashes.clone(), *length),
            Self::Grouped | Self::InFolders(_) => {
                (Hashes::of(number.to_string().as_bytes()), 1024 + 7 * u64::from(number))
            }
        };
        let custom = Custom {
            description: format!("made for the benchmark: {number}"),
            platforms: ["lamp-a", "lamp-b"],
            rollback_index: number,
        };
        Entry { custom, hashes, length }
    }
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entry = |&number| (self.fleet.path(number), self.fleet.entry(number));
        serializer.collect_map(self.numbers.iter().map(entry))
    }
}

//! What publishers work from: the targets as a plain list, and the keys.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::fleet::Fleet;
use crate::key::Key;
use crate::layout::BIN;
use crate::workload::{Layout, Workload};

/// Writes the layout, the keys and the list, where one could publish the repository from them.
pub(crate) fn write(folder: &Path, workload: &Workload, fleet: &Fleet) -> io::Result<()> {
    let layout = match workload.layout {
        Layout::Flat => "flat\n".to_owned(),
        Layout::Bins(bits) => format!("bins {bits}\n"),
        Layout::Folders(_) | Layout::Succinct(_) => return Ok(()),
    };
    fs::create_dir_all(folder)?;
    fs::write(folder.join("layout.txt"), layout)?;
    let roles = ["root", "timestamp", "snapshot", "targets", BIN];
    let keys: String = roles.into_iter().map(|role| Key::of(role, 0).line(role)).collect();
    fs::write(folder.join("keys.txt"), keys)?;
    let mut list = BufWriter::new(File::create(folder.join("targets.txt"))?);
    for number in 0..workload.targets {
        let (path, entry) = (fleet.path(number), fleet.entry(number));
        writeln!(list, "{path} {} {}", entry.length, entry.hashes.sha256)?;
    }
    list.flush()
}

//! Writes all files of a repository, from the targets up to the timestamp, and the roots.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::document::{self, EXPIRES, Listing, MetaFile, RoleKeys, Root, SPEC_VERSION, Targets};
use crate::fleet::{Entries, Fleet};
use crate::key::Key;
use crate::workload::{Roots, Style, Workload};
use crate::{artifact, layout, lookup, publish};

/// Writes the repository of a workload.
pub(crate) fn write(folder: &Path, workload: &Workload) -> io::Result<()> {
    let files = Files { folder: folder.join("metadata"), style: workload.style };
    fs::create_dir_all(&files.folder)?;
    let fleet = match workload.artifact {
        0 => Fleet::packages(workload),
        length => artifact::serve(&folder.join("targets"), length)?,
    };
    let all: Vec<u32> = (0..workload.targets).collect();
    let roles = layout::delegated(workload, &fleet);
    let shares: Vec<&[u32]> = match &roles[..] {
        [] => vec![&all],
        roles => roles.iter().map(|role| &role.numbers[..]).collect(),
    };
    fs::write(folder.join("lookup.txt"), lookup::lines(&fleet, &shares))?;
    publish::write(&folder.join("publish"), workload, &fleet)?;

    let targets = |numbers, delegations| Targets {
        kind: "targets",
        delegations,
        expires: EXPIRES,
        spec_version: SPEC_VERSION,
        entries: Entries { fleet: &fleet, numbers },
        version: 1,
    };
    let mut listed = BTreeMap::new();
    for role in &roles {
        let signed = targets(&role.numbers, None);
        let file = files.write(&format!("1.{}.json", role.name), &signed, [&role.key])?;
        listed.insert(format!("{}.json", role.name), file);
    }
    let top = targets(
        if roles.is_empty() { &all } else { &[] },
        layout::delegations(workload.layout, &roles),
    );
    let file = files.write("1.targets.json", &top, [&Key::of("targets", 0)])?;
    listed.insert("targets.json".to_owned(), file);

    let snapshot = listing("snapshot", listed);
    let file = files.write("1.snapshot.json", &snapshot, [&Key::of("snapshot", 0)])?;
    let timestamp = listing("timestamp", BTreeMap::from([("snapshot.json".to_owned(), file)]));
    files.write("timestamp.json", &timestamp, [&Key::of("timestamp", 0)])?;

    files.roots(workload.roots)?;
    fs::copy(files.folder.join("1.root.json"), folder.join("root.json"))?;
    Ok(())
}

/// The folder of the metadata, and how it is written.
struct Files {
    folder: PathBuf,
    style: Style,
}

impl Files {
    /// Writes one file, and returns how the role above lists it.
    fn write<'k>(
        &self,
        name: &str,
        signed: &impl Serialize,
        keys: impl IntoIterator<Item = &'k Key>,
    ) -> io::Result<MetaFile> {
        let bytes = document::file(signed, keys, self.style)?;
        fs::write(self.folder.join(name), &bytes)?;
        Ok(MetaFile::of(&bytes))
    }

    /// Writes the chain of roots, each signed by the first keys that meet the threshold.
    fn roots(&self, roots: Roots) -> io::Result<()> {
        let own: Vec<Key> = (0..roots.keys).map(|number| Key::of("root", number)).collect();
        let others = ["timestamp", "snapshot", "targets"].map(|role| (role, Key::of(role, 0)));
        let every = others.iter().map(|(_, key)| key).chain(&own);
        let keys: BTreeMap<_, _> = every.map(|key| (key.id.clone(), key.public.clone())).collect();
        for version in 1..=roots.last {
            let ids = own.iter().map(|key| key.id.clone()).collect();
            let one = |key: &Key| RoleKeys { keyids: vec![key.id.clone()], threshold: 1 };
            let mut roles: BTreeMap<_, _> =
                others.iter().map(|(role, key)| (*role, one(key))).collect();
            roles.insert("root", RoleKeys { keyids: ids, threshold: roots.threshold });
            let signed = Root {
                kind: "root",
                consistent_snapshot: true,
                expires: EXPIRES,
                keys: keys.clone(),
                roles,
                spec_version: SPEC_VERSION,
                version,
            };
            let signers = own.iter().take(roots.threshold.into());
            self.write(&format!("{version}.root.json"), &signed, signers)?;
        }
        Ok(())
    }
}

fn listing(kind: &'static str, meta: BTreeMap<String, MetaFile>) -> Listing {
    Listing { kind, expires: EXPIRES, meta, spec_version: SPEC_VERSION, version: 1 }
}

//! Under which root the stored timestamp and snapshot were trusted.
//!
//! A key that is taken from the timestamp or the snapshot role may have been stolen, and whoever
//! had it may have signed a version so high that no honest one ever exceeds it. So when either role
//! loses a key, what is stored of both is dropped (§5.3.11). Comparing two roots in memory would
//! not do: the device may be stopped between storing the root and removing the files, and if the
//! role kept one old key, the poisoned file would verify for ever. Hence the ledger: it says of
//! each stored file, by its digest, under which root it was trusted and with which keys, and the
//! decision is made on load.
//!
//! It is written before the file that it speaks of and keeps what it said of the file before, so it
//! is right whichever of the two is on the disk after a power cut. A file that it does not know is
//! taken for what it is: signed by present keys, of unknown age, a baseline.
//!
//! It also remembers the latest root under which a file was stored. After the fallback to an older
//! slot, whose firmware ships an older root, a mirror that withholds the roots since is found out.
//!
//! ```text
//! ota-trust ledger 1
//! mixed
//! file timestamp|snapshot <file> <root> <its digest> <anchor> <its digest> <keys>
//! sha256 <checksum>
//! ```
//!
//! There is one `file` for each file that is stored, or is about to be. Roots are named by version
//! and digest, keys by fingerprint. What newer firmware adds stays as it is ([`stored`]). If it has
//! added something critical, nothing is stored and nothing is installed.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::key::KeyFingerprint;
use crate::metadata::{ListedKey, MetaFile, RoleType, Root};
use crate::primitives::stored::{self, Fields, Line, Reader, Rewrite, Writer, lines};
use crate::primitives::{Sha256Digest, Version, sha256};
use crate::verify::{Trusted, VerifyError};

/// The provisioned root of a cycle, as the ledger refers to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Anchor(Mark);

impl Anchor {
    pub(super) fn of(root: &Trusted<'_, Root>) -> Self {
        Self(Mark::of(root))
    }
}

lines!(
    "ledger",
    1,
    /// What is stored of the ledger.
    struct Lines {
        /// The storage has held another repository's state, and may still hold some of its role
        /// files.
        mixed: Option<Line<()>>,
        /// What is known of the stored files.
        file: Vec<Line<Entry>>,
    }
);

/// The ledger of one device.
#[derive(Debug)]
pub(super) struct Ledger {
    lines: Lines,
    /// `None` where newer firmware has written it, and this one must not write over it.
    rewrite: Option<Rewrite<Lines>>,
    /// The last root of the chain so far; never stored.
    root: Option<Mark>,
    /// The keys that timestamp and snapshot have by the last root of all; never stored.
    keys: BTreeSet<KeyFingerprint>,
    /// The roles whose stored file would have been removed in this cycle, if anything could be stored.
    removed: Vec<RoleType>,
}

/// What is known of one stored file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    role: RoleType,
    file: Sha256Digest,
    /// The root under which it was trusted.
    root: Mark,
    /// The root that was provisioned at that time.
    anchor: Mark,
    /// The keys that timestamp and snapshot had at that time.
    keys: BTreeSet<KeyFingerprint>,
    /// Set while a cycle walks the chain; never stored.
    void: bool,
    /// The file was found in the storage in this cycle; never stored.
    present: bool,
}

/// One root: its version and the digest of what is signed of it. (The envelope is not: anybody on
/// the way can add a space to it.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    version: Version,
    digest: Sha256Digest,
}

impl Mark {
    fn of(root: &Trusted<'_, Root>) -> Self {
        Self { version: root.version(), digest: root.signed_digest() }
    }

    /// Whether two roots of one version are not the same.
    fn contradicts(&self, other: &Self) -> bool {
        self.version == other.version && self.digest != other.digest
    }
}

impl Ledger {
    /// What the storage has of the ledger, if it has anything. A damaged one says nothing.
    pub(super) fn read(bytes: Option<&[u8]>) -> Self {
        let (lines, rewrite) = stored::read(bytes).open();
        Self { lines, rewrite, root: None, keys: BTreeSet::new(), removed: Vec::new() }
    }

    /// Whether floors can be entered.
    pub(super) fn is_writable(&self) -> bool {
        self.rewrite.is_some()
    }

    /// A root of the chain is another than the one of that version under which a file was trusted:
    /// the file is another repository's, which happens to share a key.
    pub(super) fn saw_root(&mut self, root: &Trusted<'_, Root>) {
        let mark = Mark::of(root);
        self.root = Some(mark);
        for entry in &mut self.lines.file {
            if entry.root.contradicts(&mark) || entry.anchor.contradicts(&mark) {
                entry.void = true;
                self.lines.mixed.get_or_insert_default();
            }
        }
    }

    /// Whether a stored role file may be used, given what the snapshot lists of it.
    ///
    /// A listed digest says all. Without one, version and signatures would fit another
    /// repository's file as well, if the two share the role's keys.
    pub(super) fn may_reuse(&self, listed: &MetaFile) -> bool {
        listed.hashes.is_some() || self.lines.mixed.is_none()
    }

    /// With the root of this version, the timestamp or the snapshot role lost a key.
    pub(super) fn recovered_at(&mut self, version: Version) {
        for entry in &mut self.lines.file {
            entry.void |= entry.root.version < version;
        }
    }

    /// Whether what is stored of `role` was trusted under a root of this version or a later one.
    pub(super) fn is_since(&self, role: RoleType, version: Version) -> bool {
        self.lines.file.iter().any(|e| e.role == role && !e.void && e.root.version >= version)
    }

    /// The chain has been walked to its end. An entry from before the provisioned root met none of
    /// it, so its keys are compared with the last root's.
    ///
    /// An entry under a *later* root says that this device has trusted that root: whoever serves a
    /// chain that ends before it rolls the root back, and with it the keys that were taken away.
    pub(super) fn settle(&mut self, last: &Trusted<'_, Root>) -> Result<(), VerifyError> {
        self.keys = floor_keys(last);
        for entry in &mut self.lines.file {
            entry.void |= entry.root.version <= last.version() && !entry.keys.is_subset(&self.keys);
        }
        let seen = self.lines.file.iter().filter(|e| !e.void).map(|e| e.root.version).max();
        match seen {
            Some(trusted) if trusted > last.version() => {
                let (role, found) = (RoleType::Root.into(), last.version());
                Err(VerifyError::Rollback { role, trusted, found })
            }
            _ => Ok(()),
        }
    }

    /// The stored file of a role is removed (§5.3.11). Where nothing may be stored, it stays, and is
    /// passed over in this cycle.
    pub(super) fn remove(&mut self, role: RoleType) {
        if !self.is_writable() {
            self.removed.push(role);
        }
    }

    /// Whether a file that was found in the storage may be a floor.
    pub(super) fn accepts(&mut self, role: RoleType, bytes: &[u8]) -> bool {
        if self.removed.contains(&role) {
            return false;
        }
        let file = sha256(bytes);
        let known = self.lines.file.iter_mut().find(|e| e.role == role && e.file == file);
        known.is_none_or(|entry| {
            entry.present = true;
            !entry.void
        })
    }

    /// Adds what is to be known of a file that is about to be stored, and gives the bytes to store;
    /// `None` where the ledger must not be written.
    ///
    /// What was said of the file that is in the storage now stays: it may be there still when this
    /// is read again. A void entry is stored as it was; the same chain makes it void again.
    pub(super) fn enter(
        &mut self,
        role: RoleType,
        bytes: &[u8],
        anchor: &Anchor,
    ) -> Option<Vec<u8>> {
        let file = sha256(bytes);
        let entries = &mut self.lines.file;
        let known = entries.iter().position(|e| e.role == role && e.file == file);
        let known = known.map(|at| entries.remove(at));
        entries.retain(|e| e.role != role || (e.present && e.file != file));
        let entry = Entry {
            role,
            file,
            // A chain starts with the provisioned root.
            root: self.root.unwrap_or(anchor.0),
            anchor: anchor.0,
            keys: self.keys.clone(),
            void: false,
            present: false,
        };
        entries.push(match known {
            Some(line) => line.with(entry),
            None => Line::new(entry),
        });
        self.rewrite.as_ref().map(|rewrite| rewrite.write(&self.lines))
    }
}

impl Fields for Entry {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        let role = line.word()?;
        let floors = [RoleType::Timestamp, RoleType::Snapshot];
        Some(Self {
            role: floors.into_iter().find(|floor| floor.name() == role)?,
            file: line.field()?,
            root: Mark::read(line)?,
            anchor: Mark::read(line)?,
            keys: line.fields()?,
            void: false,
            present: false,
        })
    }

    fn write(&self, line: &mut Writer<'_>) {
        let Self { role, file, root, anchor, keys, void: _, present: _ } = self;
        line.word(role.name()).field(file);
        root.write(line);
        anchor.write(line);
        for key in keys {
            line.field(key);
        }
    }
}

impl Fields for Mark {
    fn read(line: &mut Reader<'_>) -> Option<Self> {
        Some(Self { version: line.field()?, digest: line.field()? })
    }

    fn write(&self, line: &mut Writer<'_>) {
        line.field(&self.version).field(&self.digest);
    }
}

/// Whether the timestamp or the snapshot role has fewer keys in `after`: one that it had is gone.
pub(super) fn lost_key(before: &Trusted<'_, Root>, after: &Trusted<'_, Root>) -> bool {
    [RoleType::Timestamp, RoleType::Snapshot].into_iter().any(|role| {
        // Most roots change nothing here. Keys need not be decoded to see that they are the same.
        let listed: Vec<_> = listed_keys(after, role).collect();
        listed_keys(before, role).any(|key| !listed.contains(&key))
            && !role_keys(before, role).is_subset(&role_keys(after, role))
    })
}

/// The keys of timestamp and snapshot, by what they decode to.
fn floor_keys(root: &Trusted<'_, Root>) -> BTreeSet<KeyFingerprint> {
    let mut keys = role_keys(root, RoleType::Timestamp);
    keys.append(&mut role_keys(root, RoleType::Snapshot));
    keys
}

fn role_keys(root: &Trusted<'_, Root>, role: RoleType) -> BTreeSet<KeyFingerprint> {
    listed_keys(root, role).filter_map(|key| key.decode()?.fingerprint()).collect()
}

fn listed_keys<'r>(
    root: &'r Trusted<'_, Root>,
    role: RoleType,
) -> impl Iterator<Item = ListedKey<'r>> {
    root.role(role).key_ids().iter().filter_map(|id| root.document().key(id))
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use super::*;
    use crate::primitives::Digest;
    use crate::primitives::stored::Field;

    const NEW: &[u8] = b"a file";
    /// The digest of `NEW`.
    const FILE: &str = "7365d029861e32c521f8089b00a6fb32daf0615025b69b599d1ce53501b845c2";
    const OLD: &[u8] = b"an older file";
    /// The digest of `OLD`.
    const OLD_FILE: &str = "e54c23f1fe653a42fb98b421dc9c56a318dc055fb0fc5f4919d95714a1189f67";

    fn hex(digit: char) -> String {
        core::iter::repeat_n(digit, 64).collect()
    }

    fn sealed(lines: &str) -> Vec<u8> {
        let text = format!("ota-trust ledger 1\n{lines}");
        let checksum = Digest::Sha256(sha256(text.as_bytes()));
        format!("{text}sha256 {checksum}\n").into_bytes()
    }

    /// What is known of a file, under root 3 with keys `d` and `e`, as firmware with root 1 saw it.
    fn line(role: &str, file: &str) -> String {
        let [b, c, d, e] = ['b', 'c', 'd', 'e'].map(hex);
        format!("file {role} {file} 3 {b} 1 {c} {d} {e}\n")
    }

    /// Enters `NEW` as the timestamp, under the root, the anchor and the keys that `line` has.
    fn enter(ledger: &mut Ledger) -> Option<Vec<u8>> {
        let digest = |digit| Field::read(&hex(digit)).unwrap();
        let key = |digit| KeyFingerprint::from_bytes(digest(digit));
        ledger.keys = ['e', 'd'].map(key).into();
        ledger.root = Some(Mark { version: Version::new(3).unwrap(), digest: digest('b') });
        let anchor = Anchor(Mark { version: Version::ONE, digest: digest('c') });
        ledger.enter(RoleType::Timestamp, NEW, &anchor)
    }

    #[test]
    fn the_bytes_are_these() {
        let mut ledger = Ledger::read(None);
        ledger.lines.mixed.get_or_insert_default();
        let checksum = "bbd29a9d8bae914a76180b23e7b14795ddce9ca748352a7e42ae70fd789aa91d";
        let expected = format!(
            "ota-trust ledger 1\nmixed\nfile timestamp {FILE} 3 {} 1 {} {} {}\nsha256 {checksum}\n",
            hex('b'),
            hex('c'),
            hex('d'),
            hex('e')
        );
        assert_eq!(String::from_utf8(enter(&mut ledger).unwrap()).unwrap(), expected);
        let again = Ledger::read(Some(expected.as_bytes()));
        assert_eq!(again.lines, ledger.lines);
        assert_eq!(again.rewrite.unwrap().write(&again.lines), expected.as_bytes());
    }

    #[test]
    fn what_newer_firmware_has_added_stays_for_as_long_as_its_file() {
        let (snapshot, gone) = (line("snapshot", &hex('a')), line("timestamp", &hex('9')));
        let (snapshot, gone) = (snapshot.trim_end(), gone.trim_end());
        let (old, new) = (line("timestamp", OLD_FILE), line("timestamp", FILE));
        let (old, new) = (old.trim_end(), new.trim_end());
        let stored = format!(
            "future x y\n{gone} a=1\n!{old} b=2 c=\nmixed since=4\nfuture\n!{snapshot} d=4\n"
        );
        let mut ledger = Ledger::read(Some(&sealed(&stored)));
        assert!(ledger.accepts(RoleType::Timestamp, OLD));
        let expected =
            format!("mixed since=4\n!{old} b=2 c=\n!{snapshot} d=4\n{new}\nfuture x y\nfuture\n");
        assert_eq!(enter(&mut ledger), Some(sealed(&expected)));

        // A file that is entered again is the same file, whatever is known of it now.
        let earlier = new.replace(" 3 ", " 2 ");
        let mut ledger = Ledger::read(Some(&sealed(&format!("{earlier} a=1\n{snapshot}\n"))));
        assert_eq!(enter(&mut ledger), Some(sealed(&format!("{snapshot}\n{new} a=1\n"))));
    }

    #[test]
    fn what_newer_firmware_keeps_for_itself_counts_and_is_not_written() {
        let known = line("timestamp", FILE);
        let mut ledger = Ledger::read(Some(&sealed(&format!("!future x y\n{known}mixed\n"))));
        assert!(ledger.is_since(RoleType::Timestamp, Version::new(3).unwrap()));
        assert!(ledger.lines.mixed.is_some() && !ledger.is_writable());
        assert_eq!(enter(&mut ledger), None);
        let mut ledger = Ledger::read(Some(&sealed("")));
        assert!(ledger.is_writable());
        assert!(enter(&mut ledger).is_some());
    }

    #[test]
    fn what_cannot_be_read_says_nothing() {
        let good = line("timestamp", FILE);
        assert_eq!(Ledger::read(Some(&sealed(&good))).lines.file.len(), 1);
        let upper = FILE.to_uppercase();
        for bad in [
            good.replace("timestamp", "root"),
            good.replace("timestamp", "Timestamp"),
            good.replace(FILE, &upper),
            good.replace(FILE, &FILE[1..]),
            good.replace(" 3 ", " 0 "),
            good.replace(" 3 ", " 03 "),
            good.replace(" 3 ", " "),
            good.replace(&hex('d'), "d"),
            good.replace('\n', " key\n"),
            good.replace('\n', " \n"),
            format!("file timestamp {FILE} 3 {} 1\n", hex('b')),
            format!("{good}mixed\nmixed\n"),
            format!("{good}mixed 1\n"),
            format!("{good}file\n"),
        ] {
            let ledger = Ledger::read(Some(&sealed(&bad)));
            assert_eq!(ledger.lines, Lines::default(), "{bad}");
            assert!(ledger.is_writable());
        }
        let none =
            Ledger::read(Some(&sealed(&format!("file timestamp {FILE} 3 {0} 1 {0}\n", hex('b')))));
        assert!(none.lines.file[0].keys.is_empty());
    }
}

//! A repository whose files can be changed and then signed again by those who signed them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::chain::Files;
use super::fuzz::strict;
use crate::world::*;

/// The folder of the repository that python-tuf wrote.
pub(super) const LAMP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/lamp");

/// Ends of names. Each sorts elsewhere when what stands in the file is compared and not what is meant,
/// when the end of a name counts as its quote, or by UTF-16.
const ODD: [&str; 11] =
    ["", " ", "!", "\"", "#", "\\", "\u{1}", "\n", "\u{7f}", "\u{ffff}", "\u{1f600}"];

/// Files, and the keys that have signed them.
pub(super) struct Repository {
    pub(super) files: Files,
    keys: Vec<Signer>,
}

/// What a file is changed into.
pub(super) struct Change<'c> {
    /// The `signed` part, or the whole file if it is not signed again.
    pub(super) text: Vec<u8>,
    pub(super) role: &'c str,
    pub(super) sign_again: bool,
    /// Whether the parents list the new file's length and digests, if they list any.
    pub(super) list_again: bool,
}

impl Repository {
    /// The newest state of the repository that python-tuf wrote. Its keys follow from their names.
    pub(super) fn lamp() -> Self {
        let file = |name: &str| fs::read(Path::new(LAMP).join("metadata").join(name)).unwrap();
        let roles = [
            ("root", "2.root.json"),
            ("timestamp", "timestamp.json"),
            ("snapshot", "2.snapshot.json"),
            ("targets", "1.targets.json"),
            ("releases", "2.releases.json"),
        ];
        let roles = roles.map(|(role, name)| (role.to_owned(), file(name)));
        let names = [
            "root 1",
            "root 2",
            "root 3",
            "root 4",
            "timestamp",
            "snapshot",
            "targets",
            "releases 1",
            "releases 2",
        ];
        let key = |name| Signer::new(&format!("ota-trust test key: lamp {name}"));
        let files = Files { anchor: file("1.root.json"), roles: roles.into() };
        Self { files, keys: names.into_iter().map(key).collect() }
    }

    /// Some hundred targets, and delegations of all three kinds.
    pub(super) fn large() -> Self {
        // One more than there are.
        let bins: Vec<String> = (0..=32).map(|bin| format!("bin-{bin:02x}")).collect();
        let mut repo = Repo::with(|repo| {
            repo.listing = Listing::VersionLengthAndHashes;
            for number in 0..300 {
                let path = format!("top/{number}/\u{fc}\"{}", number % 7);
                repo.add_target("targets", &path, path.as_bytes());
            }
            for odd in ODD {
                let path = format!("odd{odd}");
                repo.add_target("targets", &path, b"");
                let custom = json!({"": odd, odd: [{path.clone(): null}]});
                repo.role("targets").targets.get_mut(&path).unwrap()["custom"] = custom;
            }
            for number in 0..40 {
                let pattern = format!("by-pattern/{number}*/?");
                repo.delegate("targets", Delegation::new(&format!("p{number}"), &[&pattern]));
                let prefixes = [format!("{number:02x}"), format!("{:02x}", number + 128)];
                let edge = Delegation::new(&format!("h{number}"), &[]);
                let edge = edge.hash_prefixes(&prefixes.each_ref().map(String::as_str));
                repo.delegate("targets", edge);
            }
            repo.delegate("targets", Delegation::new("team", &["team/*", "a*"]).terminating());
            for bin in &bins {
                repo.roles.insert(bin.clone(), Role::new(vec![Signer::new("bins")]));
                repo.add_target(bin, "team/file", b"in a bin");
            }
            for (role, path) in [("p4", "by-pattern/4/a"), ("h7", "hashed"), ("team", "abc")] {
                repo.add_target(role, path, b"content");
            }
        });
        repo.edit("team", |signed| {
            let roles = json!({"keyids": ["bins"], "threshold": 1, "bit_length": 5,
                "name_prefix": "bin"});
            let keys = json!({"bins": Signer::new("bins").public()});
            signed["delegations"] = json!({"keys": keys, "succinct_roles": roles});
        });
        repo.publish();
        let anchor = repo.file("1.root.json");
        repo.next_root(|_| ());
        let mut names: Vec<String> = repo.roles.keys().cloned().collect();
        names.push("snapshot".into());
        let file = |name: String| (name.clone(), repo.file(&format!("1.{name}.json")));
        let mut roles: BTreeMap<String, Vec<u8>> = names.iter().cloned().map(file).collect();
        roles.insert("root".into(), repo.file("2.root.json"));
        roles.insert("timestamp".into(), repo.file("timestamp.json"));
        names.extend(["root", "timestamp", "bins"].map(str::to_owned));
        let files = Files { anchor, roles };
        Self { files, keys: names.iter().map(|name| Signer::new(name)).collect() }
    }

    /// A file as another parser reads it.
    pub(super) fn value(&self, role: &str) -> Value {
        serde_json::from_slice(self.files.get(role)).unwrap()
    }

    /// The files with one of them changed, and with parents that follow, as far as is asked.
    pub(super) fn changed(&self, change: &Change<'_>) -> Files {
        let mut files = self.files.clone();
        let Change { text, role, sign_again, list_again } = change;
        let file = if *sign_again { self.signed_again(role, text) } else { text.clone() };
        files.roles.insert((*role).to_owned(), file);
        if *list_again {
            let parents = match *role {
                "root" | "timestamp" => &[][..],
                "snapshot" => &[("timestamp", "snapshot")],
                role => &[("snapshot", role), ("timestamp", "snapshot")],
            };
            for (parent, child) in parents {
                let mut signed = self.value(parent)["signed"].take();
                if relist(&mut signed["meta"][format!("{child}.json")], files.get(child)) {
                    let file = self.signed_again(parent, signed.to_string().as_bytes());
                    files.roles.insert((*parent).to_owned(), file);
                }
            }
        }
        files
    }

    /// A file of this `signed` part, signed by those who had signed the file of the role, over what
    /// the reference says is the canonical form; where there is none, over nothing.
    fn signed_again(&self, role: &str, signed: &[u8]) -> Vec<u8> {
        let before = self.value(role);
        let message = strict::canonical(&before["signed"]);
        let value = strict::read(signed, &ota_trust::primitives::Limits::default());
        let again = value.map(|value| strict::canonical(&value)).unwrap_or_default();
        let signatures = before["signatures"].as_array().unwrap().iter().map(|signature| {
            let id = signature["keyid"].as_str().unwrap();
            // Ed25519 is deterministic: whoever makes the same signature has made it.
            let mut keys = self.keys.iter().map(|key| key.alias(id));
            let key = keys.find(|key| key.sign(message.as_bytes()) == *signature);
            key.expect("a key that is known").sign(again.as_bytes())
        });
        let signatures: Value = signatures.collect();
        [format!("{{\"signatures\":{signatures},\"signed\":").as_bytes(), signed, b"}"].concat()
    }
}

/// Puts length and digests of a file where a parent lists them; whether it does.
fn relist(listed: &mut Value, file: &[u8]) -> bool {
    let Some(listed) = listed.as_object_mut() else { return false };
    if let Some(length) = listed.get_mut("length") {
        *length = json!(file.len());
    }
    if let Some(hashes) = listed.get_mut("hashes").and_then(Value::as_object_mut) {
        for (algorithm, digest) in hashes {
            *digest = match algorithm.as_str() {
                "sha256" => sha256_hex(file),
                _ => sha512_hex(file),
            }
            .into();
        }
    }
    listed.contains_key("length")
}

//! Releases: what is uploaded, what devices then find, and that it can be opened again.

use ota_trust::key::Signer;
use ota_trust::primitives::{Limits, UtcTime};
use ota_trust::repository::{Published, Release};
use serde_json::{Value, json};

use crate::content::Content;
use crate::keys::Key;
use crate::publisher::{Publisher, role};
use crate::said::{Next, TOP_LEVEL};

/// As many targets are looked up in a step.
const LOOKED_UP: usize = 12;

impl Publisher {
    /// Publishes the draft, with these versions of root, timestamp, snapshot and targets. Devices
    /// come by when all is uploaded.
    pub fn step(&mut self, versions: [u64; 4]) {
        self.publish(versions);
        self.devices_come_by(versions);
    }

    /// The same, and devices come by after each file, too: the last versions are those of the
    /// release.
    pub fn step_by_file(&mut self, versions: &[[u64; 4]]) {
        let release = self.release();
        let [.., last] = versions else { panic!("no versions") };
        let (_, before) = self.steps.last().expect("a step before").clone();
        assert_eq!(release.files().count(), versions.len());
        for (file, versions) in release.files().zip(versions) {
            self.web.put("metadata", &file.name(), file.bytes());
            self.devices_come_by(*versions);
            let (_, told) = self.steps.last_mut().expect("the step just made");
            if told["expect"]["timestamp"] == before["expect"]["timestamp"] {
                told["targets"] = before["targets"].clone();
            }
        }
        self.settle(&release, *last);
    }

    /// The same, and no device comes by.
    pub fn publish(&mut self, versions: [u64; 4]) {
        let release = self.release();
        for file in release.files() {
            self.web.put("metadata", &file.name(), file.bytes());
        }
        self.settle(&release, versions);
    }

    /// What the release is meant to say, and the next draft.
    fn settle(&mut self, release: &Release, versions: [u64; 4]) {
        let files = release.files().map(|file| (file.role().as_str().into(), file.bytes()));
        let (files, digests, date) = (files.collect(), self.policy.list_digests, self.date());
        let expires = |role: &str| date.expires(role);
        self.said.publish(&Next { versions, files, expires: &expires, digests });
        self.published = self.reopened();
        self.draft = self.published.draft();
        self.day += 1;
    }

    fn devices_come_by(&mut self, versions: [u64; 4]) {
        let expect = TOP_LEVEL.iter().zip(versions);
        let expect: Value =
            expect.map(|(role, version)| ((*role).to_owned(), Value::from(version))).collect();
        let every = self.contents.len().div_ceil(LOOKED_UP).max(1);
        let mut targets = json!({"missing.bin": null});
        for (at, content) in self.contents.iter().step_by(every) {
            targets[at] = content.as_ref().map_or(Value::Null, Content::found);
        }
        self.steps.push((self.web.clone(), json!({"expect": expect, "targets": targets})));
    }

    fn release(&self) -> Release {
        let (date, mut policy) = (self.date(), self.policy.clone());
        let now = date.now();
        let valid = |role| {
            let expires = UtcTime::parse(&date.expires(role)).unwrap();
            u64::try_from(expires.unix() - now.unix()).unwrap()
        };
        policy.expiry.root = valid("root");
        policy.expiry.timestamp = valid("timestamp");
        policy.expiry.snapshot = valid("snapshot");
        policy.expiry.targets = valid("targets");
        policy.expiry.delegated = valid("");
        let signers: Vec<&dyn Signer> = self.keys.values().map(Key::signer).collect();
        self.draft.clone().seal(now, &policy).unwrap().publish(&signers, now).unwrap()
    }

    /// What is on the web server, read anew.
    fn reopened(&self) -> Published {
        let version = |role: &str| &self.said.signed[role]["version"];
        let root = self.web.metadata(&format!("{}.root.json", version("root")));
        let is_consistent = self.said.signed["root"]["consistent_snapshot"] == true;
        let prefix =
            if is_consistent { format!("{}.", version("snapshot")) } else { String::new() };
        let snapshot = format!("{prefix}snapshot.json");
        let (timestamp, snapshot) =
            (self.web.metadata("timestamp.json"), self.web.metadata(&snapshot));
        let mut published = Published::open(root, timestamp, snapshot, &Limits::default()).unwrap();
        for name in &self.said.order {
            let file = published.file_name(&role(name)).unwrap();
            published.load(&role(name), self.web.metadata(&file)).unwrap();
        }
        published
    }

    fn date(&self) -> Date {
        Date { day: self.day + 1, short_lived: self.short_lived }
    }
}

/// When a release is made: each a day after the one before.
struct Date {
    day: u32,
    short_lived: bool,
}

impl Date {
    fn now(&self) -> UtcTime {
        UtcTime::parse(&format!("2026-01-{:02}T00:00:00Z", self.day)).unwrap()
    }

    /// Another year for each role, so that none can be taken for another.
    fn expires(&self, role: &str) -> String {
        let year = match role {
            _ if self.short_lived => 2026,
            "root" => 2090,
            "targets" => 2080,
            "snapshot" => 2060,
            "timestamp" => 2050,
            _ => 2070,
        };
        format!("{year}-02-{:02}T00:00:00Z", self.day)
    }
}

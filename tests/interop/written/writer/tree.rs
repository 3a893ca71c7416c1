//! What a web server has, and how a scenario is written to a disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use serde_json::{Value, json};

/// The files of a web server, by the paths that URLs decode to.
#[derive(Clone, Default)]
pub struct Web(BTreeMap<String, Rc<[u8]>>);

impl Web {
    /// `name` is percent-encoded.
    pub fn put(&mut self, folder: &str, name: &str, bytes: &[u8]) {
        let name = decoded(name);
        self.0.insert(format!("{folder}/{name}"), bytes.into());
    }

    pub fn metadata(&self, name: &str) -> Vec<u8> {
        let name = decoded(name);
        self.0[&format!("metadata/{name}")].to_vec()
    }

    fn write(&self, folder: &Path) {
        for (path, bytes) in &self.0 {
            write(&folder.join(path), bytes);
        }
    }
}

/// A scenario: what is served at each step, and what clients are to find there.
pub struct Scenario {
    pub name: String,
    pub clients: Vec<&'static str>,
    pub root: Vec<u8>,
    pub steps: Vec<(Web, Value)>,
    pub drafted: BTreeMap<String, Value>,
}

impl Scenario {
    pub fn write(&self, out: &Path) {
        let folder = out.join(&self.name);
        for (number, (web, _)) in self.steps.iter().enumerate() {
            web.write(&folder.join(number.to_string()));
        }
        write(&folder.join("root.json"), &self.root);
        let told = json!({
            "name": self.name,
            "clients": self.clients,
            "steps": self.steps.iter().map(|(_, told)| told).collect::<Vec<_>>(),
            "drafted": self.drafted,
        });
        write(&folder.join("scenario.json"), told.to_string().as_bytes());
    }
}

fn write(file: &Path, bytes: &[u8]) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, bytes).unwrap();
}

/// A URL's path with `%XX` as the byte that it stands for.
fn decoded(url_path: &str) -> String {
    let mut parts = url_path.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}

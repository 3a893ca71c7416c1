//! An attacker who floods the server with reports, to stop a rollout or to keep it going.
//!
//! It has seen some honest messages, and has keys of its own. It has no lamp's key.

use std::collections::VecDeque;

use ota_trust::identity::DeviceSecret;
use ota_trust::release::ManifestDigest;
use ota_trust::rollout::ReportKind;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::Result;
use crate::enroller::Enroller;
use crate::lamp::Build;
use crate::message::{Message, Sender, Truth};

/// How many messages it remembers.
const MEMORY: usize = 64;

/// What it has and does.
pub struct Attacker {
    enroller: Enroller,
    seen: VecDeque<Message>,
    sent: u64,
    /// Messages in each step.
    volume: u64,
}

impl Attacker {
    pub fn new(lamps: u64) -> Result<Self> {
        let enroller = Enroller::new("an attacker")?;
        Ok(Self { enroller, seen: VecDeque::new(), sent: 0, volume: (lamps / 10_000).max(5) })
    }

    /// Listens.
    pub fn see(&mut self, messages: &[Message]) {
        let honest = messages.iter().filter(|message| message.truth == Truth::New);
        self.seen.extend(honest.take(MEMORY).cloned());
        self.seen.drain(..self.seen.len().saturating_sub(MEMORY));
    }

    /// Sends reports on a build.
    pub fn flood(&mut self, build: Build, manifest: ManifestDigest) -> Result<Vec<Message>> {
        if self.seen.is_empty() {
            return Ok(Vec::new());
        }
        (0..self.volume).map(|_| self.spoof(build, manifest)).collect()
    }

    /// One message, of five sorts in turn.
    fn spoof(&mut self, build: Build, manifest: ManifestDigest) -> Result<Message> {
        let sort = self.sent % 5;
        self.sent += 1;
        self.seen.rotate_left(1);
        let victim = self.seen.front().ok_or("nothing was seen")?;
        if sort == 0 {
            return Ok(Message { truth: Truth::Replayed, ..victim.clone() });
        }
        let secret = DeviceSecret::new(&mut Sha256::digest(self.sent.to_be_bytes()).into())?;
        let kinds = [ReportKind::Failed, ReportKind::Succeeded, ReportKind::Accepted];
        let kind = kinds.into_iter().cycle().nth((self.sent % 3).try_into()?);
        let sender = Sender::new(self.enroller.enrol(&secret)?, build, manifest);
        let own = sender.says(kind.unwrap_or(ReportKind::Failed), Truth::Forged)?;
        let with_victims_certificate =
            |report| Message { certificate: victim.certificate.clone(), report, ..own.clone() };
        let mut forged: Value = serde_json::from_slice(&own.report)?;
        Ok(match sort {
            // Under a certificate of its own making.
            1 => own,
            // Under the handle of a lamp, whose signature is none.
            2 => {
                set(&mut forged, "/signatures", json!([]))?;
                with_victims_certificate(serde_json::to_vec(&forged)?)
            }
            // Under the handle of a lamp, signed by another key, which says so.
            3 => with_victims_certificate(own.report.clone()),
            // Under the handle of a lamp, signed by another key, which pretends to be the lamp's.
            _ => {
                let victims: Value = serde_json::from_slice(&victim.report)?;
                let key_id = victims.pointer(KEY_ID).cloned().unwrap_or_default();
                set(&mut forged, KEY_ID, key_id)?;
                with_victims_certificate(serde_json::to_vec(&forged)?)
            }
        })
    }
}

const KEY_ID: &str = "/signatures/0/keyid";

fn set(document: &mut Value, pointer: &str, value: Value) -> Result<()> {
    *document.pointer_mut(pointer).ok_or("a report has no such part")? = value;
    Ok(())
}

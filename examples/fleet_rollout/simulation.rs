//! The course of time: in each step some lamps poll, reports arrive, and once an hour people and the
//! server look at them.

use std::collections::BTreeMap;
use std::mem::take;

use indicatif::{ProgressBar, ProgressStyle};
use ota_trust::primitives::UtcTime;
use ota_trust::rollout::Verdict;

use crate::Result;
use crate::attacker::Attacker;
use crate::edition::{Edition, Planned, Reader};
use crate::enroller::Enroller;
use crate::fleet::{self, Lamp};
use crate::lamp::{Build, Channel, DAY, HOUR, SLOTS, STEP, step_time};
use crate::message::Message;
use crate::parallel::in_parts;
use crate::poll::Scene;
use crate::polled::Polled;
use crate::record::{Assessed, Record, Said};
use crate::script::Script;
use crate::server::Server;
use crate::vendor::Vendor;

/// All that takes part, and all that has happened.
pub struct Simulation {
    vendor: Vendor,
    reader: Reader,
    edition: Edition,
    pub script: Script,
    enroller: Enroller,
    server: Server,
    attacker: Attacker,
    /// By the slot in which they poll.
    pub lamps: Vec<Vec<Lamp>>,
    /// Sent in the last step, and still on the way.
    on_the_way: Vec<Message>,
    said: BTreeMap<Build, Said>,
    pub records: Vec<Record>,
}

impl Simulation {
    pub fn new(lamps: u64, seed: u64) -> Result<Self> {
        let begins = step_time(0)?;
        let vendor = Vendor::found(begins)?;
        let mut reader = Reader::new(&vendor)?;
        let edition = reader.read(&vendor, begins)?;
        let enroller = Enroller::new("enroller")?;
        let server = Server::new(&enroller)?;
        Ok(Self {
            vendor,
            reader,
            edition,
            script: Script::new(begins),
            enroller,
            server,
            attacker: Attacker::new(lamps)?,
            lamps: fleet::draw(lamps, seed)?,
            on_the_way: Vec::new(),
            said: BTreeMap::new(),
            records: Vec::new(),
        })
    }

    /// Goes through so many days.
    pub fn run(&mut self, days: u64) -> Result<()> {
        let steps = days * DAY / STEP;
        let style = "{elapsed} {bar:40} {percent} % {msg}";
        let bar = ProgressBar::new(steps).with_style(ProgressStyle::with_template(style)?);
        for number in 0..steps {
            let now = step_time(number)?;
            let assessed = if number % (HOUR / STEP) == 0 { self.hour(now, &bar)? } else { None };
            let slot = usize::try_from(number)? % SLOTS;
            self.step(now, slot, assessed)?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// The server assesses, people act, and what they publish is read.
    fn hour(&mut self, now: UtcTime, bar: &ProgressBar) -> Result<Option<Assessed>> {
        let assessed = self.server.assess(&self.edition, now);
        let verdict = assessed.as_ref().map_or(Verdict::TooFew, |(_, found)| found.verdict);
        let event = self.script.advance(now, verdict, &mut self.vendor)?;
        let is_midnight = now.unix().rem_euclid(DAY.cast_signed()) == 0;
        if is_midnight {
            self.vendor.renew(now)?;
        }
        if is_midnight || event.is_some() {
            self.edition = self.reader.read(&self.vendor, now)?;
        }
        if let Some(event) = event {
            bar.suspend(|| println!("{now}  {event}"));
            bar.set_message(event);
        }
        self.server.judge(self.script.judged());
        Ok(assessed.map(|(build, assessment)| {
            let truth = self.said.get(&build).copied().unwrap_or_default();
            Assessed { build, assessment, truth }
        }))
    }

    /// The lamps of a slot poll, and what was sent arrives.
    fn step(&mut self, now: UtcTime, slot: usize, assessed: Option<Assessed>) -> Result<()> {
        let lamps = self.lamps.get_mut(slot).ok_or("there is no such slot")?;
        let scene = Scene { edition: &self.edition, enroller: &self.enroller, now };
        let mut polled = Polled::default();
        for part in in_parts(lamps, |lamps| scene.poll(lamps)) {
            polled.add(part?);
        }

        let mut messages = take(&mut self.on_the_way);
        messages.append(&mut polled.accepted);
        self.on_the_way = take(&mut polled.outcomes);
        self.attacker.see(&messages);
        let judged = self.script.judged();
        if let Some((build, manifest)) = judged.and_then(|b| Some((b, self.edition.digest(b)?))) {
            messages.extend(self.attacker.flood(build, manifest)?);
        }
        let mut sent = BTreeMap::new();
        for message in &messages {
            self.said.entry(message.build).or_default().hear(message);
            *sent.entry(message.truth).or_default() += 1;
        }
        let received = self.server.receive(&mut messages, now);
        let planned = self.planned(now)?;
        self.records.push(Record { at: now, planned, polled, received, sent, assessed });
        Ok(())
    }

    fn planned(&self, now: UtcTime) -> Result<BTreeMap<(Build, Channel), Planned>> {
        let mut planned = BTreeMap::new();
        for build in Build::NEW {
            for channel in Channel::ALL {
                planned.insert((build, channel), self.edition.planned(build, channel, now)?);
            }
        }
        Ok(planned)
    }
}

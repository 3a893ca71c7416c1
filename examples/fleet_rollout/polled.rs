//! What came of polls, as the simulation knows it. Nobody in the story does.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::lamp::{Build, Channel, Hardware};
use crate::message::Message;

/// What came of the polls of some lamps in one step.
#[derive(Default)]
pub struct Polled {
    /// How many decisions were made.
    pub decisions: u64,
    /// Of those that releases are made for and that do not validate.
    pub exposed: BTreeMap<(Build, Channel), Exposed>,
    /// By what was installed, and on what.
    pub installed: BTreeMap<(Build, Hardware), u64>,
    /// The installations by lamps that have used up their quota.
    pub metered: BTreeMap<Build, u64>,
    /// Polls of hardware that there is nothing for.
    pub unserved: u64,
    /// Lamps that installed the bad build, and are broken.
    pub bricked: u64,
    /// Lamps that have reported that they accept a build, and will not be heard of again.
    pub lost: BTreeMap<Build, u64>,
    /// What the cores have spent on decisions, added up.
    pub deciding: Duration,
    /// What lamps say at once.
    pub accepted: Vec<Message>,
    /// What they say in the next step.
    pub outcomes: Vec<Message>,
}

/// How many lamps polled, and to how many of them a build was offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exposed {
    pub polled: u64,
    pub exposed: u64,
}

impl Polled {
    /// Counts one lamp.
    pub fn expose(&mut self, build: Build, channel: Channel, is_offered: bool) {
        let count = self.exposed.entry((build, channel)).or_default();
        count.add(Exposed { polled: 1, exposed: u64::from(is_offered) });
    }

    /// Counts other lamps, too.
    pub fn add(&mut self, other: Self) {
        self.decisions += other.decisions;
        for (of, count) in other.exposed {
            self.exposed.entry(of).or_default().add(count);
        }
        for (of, count) in other.installed {
            *self.installed.entry(of).or_default() += count;
        }
        for (of, count) in other.metered {
            *self.metered.entry(of).or_default() += count;
        }
        for (of, count) in other.lost {
            *self.lost.entry(of).or_default() += count;
        }
        self.deciding += other.deciding;
        self.unserved += other.unserved;
        self.bricked += other.bricked;
        self.accepted.extend(other.accepted);
        self.outcomes.extend(other.outcomes);
    }
}

impl Exposed {
    pub fn add(&mut self, other: Self) {
        self.polled += other.polled;
        self.exposed += other.exposed;
    }
}

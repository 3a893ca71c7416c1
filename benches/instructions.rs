//! One hot path, run a number of times: what `.ci/instructions` counts the instructions of.
//!
//! `instructions PATH COUNT`. With a count of 0 it does what comes before, which is taken off.
//!
//! `instructions search LENGTH ROUNDS SEED` looks for the file of that length that costs the most to
//! read, and fails where one costs more than the bound of `shapes`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a bench that cannot go on has nothing to measure"
)]

mod common;
mod dice;
mod shapes;

use std::hint::black_box;

use common::Mirror;
use common::governed::{catalog, fleet};
use common::publisher::Publisher;
use common::requests::{self, Server};
use ota_trust::attestation::TimedSignal;
use ota_trust::eligibility::{Policy, decide};
use ota_trust::json;
use ota_trust::primitives::Limits;

/// A name, the repository that is worked on, and what is done with it so many times.
type HotPath = (&'static str, &'static str, fn(&str, usize));

const PATHS: [HotPath; 11] = [
    ("scan", "flat10k", scan),
    ("canonical", "flat10k-pretty", canonical),
    ("refresh", "flat10k", refresh),
    ("roots", "roots200-3of5", refresh),
    ("look-up", "bins1024", look_up),
    ("publish", "flat1k", publish),
    ("change", "bins64-of6400", change),
    ("decide", "", decisions),
    ("request", "", requests),
    ("replay", "", replays),
    ("response", "", responses),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let number = |text: &String| text.parse().expect("a number");
    match &arguments[..] {
        [mode, length, names @ ..] if mode == "shapes" => {
            return shapes::measure_all(number(length), names);
        }
        [mode, length, rounds, seed] if mode == "search" => {
            return shapes::search(number(length), number(rounds), number(seed) as u64);
        }
        _ => {}
    }
    let [path, count] = &arguments[..] else {
        // As `cargo bench` runs it, there is nothing to do: the counting is valgrind's.
        return PATHS.iter().for_each(|(name, ..)| println!("{name}"));
    };
    let count = count.parse().expect("a number");
    let known = PATHS.iter().find(|(name, ..)| name == path);
    let (_, workload, run) = known.expect("the name of a hot path");
    run(workload, count);
}

fn scan(workload: &str, count: usize) {
    let mirror = Mirror::of(workload);
    let file = mirror.file("1.targets.json");
    for _ in 0..count {
        json::check(black_box(file), &Limits::default()).expect("strict JSON");
    }
}

fn canonical(workload: &str, count: usize) {
    let mirror = Mirror::of(workload);
    let file = mirror.file("1.targets.json");
    for _ in 0..count {
        black_box(json::canonical_form(black_box(file), &Limits::default())).expect("strict JSON");
    }
}

fn refresh(workload: &str, count: usize) {
    let mirror = Mirror::of(workload);
    for _ in 0..count {
        black_box(mirror.refresh());
    }
}

fn look_up(workload: &str, count: usize) {
    let mirror = Mirror::of(workload);
    let mut repository = mirror.warm();
    for (path, _) in mirror.lookups.iter().cycle().take(count) {
        (repository, _) = mirror.find(repository, path);
    }
}

/// From the list of targets to complete files.
fn publish(workload: &str, count: usize) {
    let publisher = Publisher::of(workload);
    for _ in 0..count {
        black_box(publisher.publish(publisher.binned()));
    }
}

/// From the published files to those that another content of one target makes.
fn change(workload: &str, count: usize) {
    let publisher = Publisher::of(workload);
    for _ in 0..count {
        black_box(publisher.change(&publisher.opened_for_a_change()));
    }
}

/// Decisions of a server for devices that differ, one after the other.
fn decisions(_: &str, count: usize) {
    let (catalog, fleet, policy) = (catalog(), fleet(512), Policy::default());
    for facts in fleet.iter().cycle().take(count) {
        let signal = TimedSignal::UNAVAILABLE;
        let _ = black_box(decide(&policy, black_box(facts), &catalog, signal, common::start()));
    }
}

/// Requests with a cached certificate, from the parts of their heads to what a server acts on.
fn requests(_: &str, count: usize) {
    let mut server = Server::with_requests(64);
    for _ in 0..count {
        black_box(server.accept_next(true));
    }
}

/// Entries into a store that has some.
fn replays(_: &str, count: usize) {
    let entries = Server::with_requests(1024).entries();
    let mut store = requests::store();
    for (number, entry) in entries.iter().cycle().take(count).enumerate() {
        if number % entries.len() == 0 {
            store = requests::store();
        }
        black_box(store.insert(black_box(entry), requests::now()));
    }
}

/// A device signs a request and reads the answer.
fn responses(_: &str, count: usize) {
    let mut server = Server::with_requests(1);
    let accepted = server.accept_next(true);
    let response = server.respond(&accepted);
    for _ in 0..count {
        let request = server.devices[0].request(0);
        black_box(server.read_answer(request, black_box(&response)));
    }
}

//! The most expensive file that there is of a length, and what plain ones cost: found by a search over
//! ways to write one, not by hand, and counted by callgrind.

#[path = "../../src/json/shapes.rs"]
mod shape;

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

use ota_trust::json;
use ota_trust::primitives::Limits;
use shape::Shape;

use crate::dice::Dice;

/// No file that is found costs more than this many times a compact and sorted one of short members.
const MOST: u64 = 4;

/// A member, by its number.
type Member = fn(usize) -> String;

/// Files that are compact, sorted and without escapes, and one that is indented: a list of targets,
/// and members that are as short as can be.
const PLAIN: [(&str, Member); 3] = [
    ("compact targets", |n| target(n, ["", "", "", "", ""])),
    ("indented targets", |n| target(n, ["\n  ", " ", "\n   ", "\n    ", " "])),
    ("compact members", |n| format!("\"{n:08}\":0")),
];

fn target(n: usize, [outer, space, inner, innermost, also]: [&str; 5]) -> String {
    format!(
        "{outer}\"releases/lamp/{n:09}.bin\":{space}{{{inner}\"hashes\":{space}{{{innermost}\"sha256\":{also}\
         \"{n:064x}\"{inner}}},{inner}\"length\":{space}{n}{outer}}}"
    )
}

/// A file by its name among the plain ones, or by its genes.
fn file(name: &str, length: usize) -> String {
    let Some((_, member)) = PLAIN.iter().find(|(plain, _)| *plain == name) else {
        return Shape::parse(name).text(length);
    };
    let members = length / member(0).len();
    let members: Vec<String> = (0..members).map(member).collect();
    format!("{{{}}}", members.join(","))
}

/// Reads these files: callgrind writes what each of them takes.
pub fn measure_all(length: usize, names: &[String]) {
    for name in names {
        measured(file(name, length).as_bytes());
    }
}

#[inline(never)]
fn measured(file: &[u8]) {
    // Refused or not: it is read.
    let _ = black_box(json::check(black_box(file), &Limits::default()));
}

/// Instructions for each thousand bytes of these files.
fn costs(length: usize, names: &[String]) -> Vec<u64> {
    const MEASURED: &str = "instructions::shapes::measured";
    let folder = std::env::temp_dir().join(format!("shapes-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let output = Command::new("valgrind")
        .arg("--tool=callgrind")
        .args([format!("--toggle-collect={MEASURED}"), format!("--dump-after={MEASURED}")])
        .arg(format!("--callgrind-out-file={}", folder.join("out").display()))
        .arg(std::env::current_exe().expect("this program"))
        .args(["shapes", &length.to_string()])
        .args(names)
        .output()
        .expect("valgrind");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let costs = names.iter().zip(1..).map(|(name, number)| {
        instructions(&folder.join(format!("out.{number}"))) * 1000 / file(name, length).len() as u64
    });
    let costs = costs.collect();
    fs::remove_dir_all(&folder).expect("an own folder");
    costs
}

fn instructions(dump: &Path) -> u64 {
    let dump = fs::read_to_string(dump).expect("a dump");
    let sum = dump.lines().find_map(|line| line.strip_prefix("summary: ")).expect("a sum");
    sum.trim().parse().expect("a number")
}

/// In each round, some files that are like the worst so far, and some that are like nothing before.
pub fn search(length: usize, rounds: usize, seed: u64) {
    let plain = PLAIN.map(|(name, _)| name.to_owned());
    let plain_costs = costs(length, &plain);
    for (name, cost) in plain.iter().zip(&plain_costs) {
        println!("{cost:7} instructions for 1,000 bytes: {name}");
    }
    let bound = MOST * plain_costs.last().expect("plain files");
    let mut dice = Dice::new(seed);
    let mut worst: Vec<(u64, Shape)> = Vec::new();
    let first = Shape::first();
    let names: Vec<String> = first.iter().map(Shape::to_string).collect();
    add(&mut worst, costs(length, &names), first);
    for _ in 0..rounds {
        let shapes: Vec<Shape> = (0..24)
            .map(|_| {
                if worst.is_empty() || dice.below(4) == 0 {
                    return Shape::random(&mut dice);
                }
                let mut shape = worst[dice.below(worst.len())].1.clone();
                shape.mutate(&mut dice);
                shape
            })
            .collect();
        let names: Vec<String> = shapes.iter().map(Shape::to_string).collect();
        add(&mut worst, costs(length, &names), shapes);
    }
    for (cost, shape) in &worst {
        let text: String = shape.text(200).chars().take(100).collect();
        println!("{cost:7} of {bound}: {shape} {text}");
    }
    assert!(worst.iter().all(|(cost, _)| *cost <= bound), "a file costs more than the bound");
}

/// Keeps the most expensive.
fn add(worst: &mut Vec<(u64, Shape)>, costs: Vec<u64>, shapes: Vec<Shape>) {
    worst.extend(costs.into_iter().zip(shapes));
    worst.sort_by_key(|(cost, _)| std::cmp::Reverse(*cost));
    worst.dedup();
    worst.truncate(8);
}

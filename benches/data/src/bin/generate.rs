//! `generate ROOT [WORKLOAD…]` makes the repositories of these names, or all, and prints where each is.

use std::env;
use std::path::Path;
use std::process::ExitCode;

use bench_data::{WORKLOADS, Workload};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let Some((root, names)) = arguments.split_first() else {
        eprintln!("usage: generate ROOT [WORKLOAD…]\n\nworkloads:");
        for workload in WORKLOADS {
            eprintln!("    {}", workload.name);
        }
        return ExitCode::FAILURE;
    };
    let workloads: Option<Vec<&Workload>> = match names {
        [] => Some(WORKLOADS.iter().collect()),
        names => names.iter().map(|name| Workload::named(name)).collect(),
    };
    let Some(workloads) = workloads else {
        eprintln!("there is no such workload among: {}", names.join(" "));
        return ExitCode::FAILURE;
    };
    for workload in workloads {
        println!("{}", bench_data::ready(Path::new(root), workload).display());
    }
    ExitCode::SUCCESS
}

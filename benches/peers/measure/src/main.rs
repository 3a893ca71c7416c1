//! `measure COMMAND…` runs a command and prints what it cost, as the kernel counts it: user and
//! system CPU time in microseconds, wall time in microseconds, and peak memory in KiB.
//!
//! A process starts as a copy of its parent, so the peak of a small process can be that of its
//! parent. This one is small.

use std::env;
use std::error::Error;
use std::process::{Command, ExitCode};
use std::time::Instant;

use wait4::Wait4;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let command = arguments.next().ok_or("usage: measure COMMAND…")?;
    let start = Instant::now();
    let child = Command::new(command).args(arguments).spawn()?;
    let used = child.wait4()?;
    let wall = start.elapsed();
    let cpu = used.rusage.utime + used.rusage.stime;
    println!("{} {} {}", cpu.as_micros(), wall.as_micros(), used.rusage.maxrss / 1024);
    let code = used.status.code().ok_or("ended by a signal")?;
    Ok(ExitCode::from(u8::try_from(code)?))
}

//! What all publishers share: the command line, what they are given, and the loop that is timed.
//!
//! `<publisher> <operation> <dir> <count> <out>` does so many times what the operation says with a repository that
//! `bench-data` made, and writes the files that are new into `<out>`. It prints how many bytes the
//! last time wrote, and ends as the clients do.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use crate::{Result, chain, misused};

/// When everything expires that is published.
pub const EXPIRES: &str = "2098-01-01T00:00:00Z";

/// A publisher, as one would write it with its library.
pub trait Publisher: Sized {
    /// What is ready before the work starts: keys, and targets as the library has them.
    fn ready(job: &'static Job) -> Result<Self>;

    /// Publishes all targets under the root that there is.
    fn publish(&self) -> Result<()>;

    /// Reads what is published, lists the target `job.changed` with another content, and publishes.
    fn change(&self) -> Result<()>;
}

/// What a publisher is given.
pub struct Job {
    /// Everything that is to be listed; empty where one target changes.
    pub targets: Vec<Target>,
    /// What is to be listed of the target that changes.
    pub changed: Target,
    /// Of how many bits the hash bins are; `None` for one file.
    pub bits: Option<u32>,
    /// What is published.
    pub metadata: PathBuf,
    /// Where new files belong.
    pub out: PathBuf,
    keys: BTreeMap<String, [u8; 64]>,
}

/// One target.
#[derive(Clone)]
pub struct Target {
    pub path: String,
    pub length: u64,
    pub sha256: [u8; 32],
}

impl Job {
    fn open(operation: &str, dir: &Path, out: &Path) -> io::Result<Self> {
        let read = |name: &str| fs::read_to_string(dir.join(name));
        let list =
            if operation == "publish" { read("publish/targets.txt")? } else { String::new() };
        let targets: Option<Vec<Target>> = list.lines().map(Target::of).collect();
        let keys: Option<BTreeMap<_, _>> = read("publish/keys.txt")?.lines().map(key).collect();
        let looked_up = read("lookup.txt")?;
        let (path, length) = looked_up
            .lines()
            .next()
            .and_then(|line| line.rsplit_once(' '))
            .ok_or_else(|| malformed("lookup.txt"))?;
        let length = length.parse::<u64>().map_err(io::Error::other)?;
        let bits = read("publish/layout.txt")?;
        Ok(Self {
            targets: targets.ok_or_else(|| malformed("targets.txt"))?,
            // One byte more; the digest is as good as any.
            changed: Target { path: path.to_owned(), length: length + 1, sha256: [0xc5; 32] },
            bits: bits.trim().strip_prefix("bins ").and_then(|bits| bits.parse().ok()),
            metadata: dir.join("metadata"),
            out: out.to_owned(),
            keys: keys.ok_or_else(|| malformed("keys.txt"))?,
        })
    }

    /// The Ed25519 key of a role, its seed and its public half; that of all bins is `bin`.
    pub fn key(&self, role: &str) -> Result<&[u8; 64]> {
        self.keys.get(role).ok_or_else(|| format!("no key for {role}").into())
    }

    /// The seed of the same key.
    pub fn seed(&self, role: &str) -> Result<&[u8; 32]> {
        Ok(self.key(role)?.first_chunk().ok_or("too short")?)
    }

    /// The same key as PKCS #8, version 1 (RFC 8410).
    pub fn pkcs8(&self, role: &str) -> Result<Vec<u8>> {
        const HEAD: &[u8] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
        Ok([HEAD, self.seed(role)?].concat())
    }

    /// A file that is published.
    pub fn read(&self, name: &str) -> Result<Vec<u8>> {
        Ok(fs::read(self.metadata.join(name)).map_err(|error| format!("{name}: {error}"))?)
    }

    /// Writes a file that is new.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        Ok(fs::write(self.out.join(name), bytes)?)
    }

    /// The names of the bins in order, each with the hash prefixes that it speaks for.
    #[must_use]
    pub fn bins(&self) -> Vec<(String, Vec<String>)> {
        let Some(bits) = self.bits else { return Vec::new() };
        let digits = bits.div_ceil(4).max(1);
        let (width, each) = (digits as usize, 1_u32 << (4 * digits - bits));
        let prefixes = |bin: u32| bin * each..(bin + 1) * each;
        (0..1_u32 << bits)
            .map(|bin| {
                let prefixes = prefixes(bin).map(|prefix| format!("{prefix:0width$x}"));
                (format!("bin-{bin:0width$x}"), prefixes.collect())
            })
            .collect()
    }

    fn written(&self) -> io::Result<u64> {
        fs::read_dir(&self.out)?.map(|entry| Ok(entry?.metadata()?.len())).sum()
    }
}

impl Target {
    fn of(line: &str) -> Option<Self> {
        let (rest, sha256) = line.rsplit_once(' ')?;
        let (path, length) = rest.rsplit_once(' ')?;
        let (path, length) = (path.to_owned(), length.parse().ok()?);
        Some(Self { path, length, sha256: bytes(sha256)? })
    }
}

fn key(line: &str) -> Option<(String, [u8; 64])> {
    let (role, pair) = line.split_once(' ')?;
    Some((role.to_owned(), bytes(&pair.replace(' ', ""))?))
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    for (number, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * number..2 * number + 2)?, 16).ok()?;
    }
    Some(bytes)
}

fn malformed(name: &str) -> io::Error {
    io::Error::other(format!("{name} is malformed"))
}

/// The whole program of a contender.
#[must_use]
pub fn main<P: Publisher>() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [operation, dir, count, out] = &arguments[..] else {
        return misused("<operation> <dir> <count> <out>");
    };
    let Ok(count) = count.parse::<usize>() else { return misused("<count> is a number") };
    let run = match operation.as_str() {
        "publish" => P::publish,
        "change" => P::change,
        _ => return misused("<operation> is publish or change"),
    };
    let job: &'static Job = match Job::open(operation, Path::new(dir), Path::new(out)) {
        Ok(job) => Box::leak(Box::new(job)),
        Err(error) => return misused(&format!("{dir}: {error}")),
    };
    let done = P::ready(job).and_then(|publisher| (0..count).try_for_each(|_| run(&publisher)));
    match done.and_then(|()| Ok(job.written()?)) {
        Ok(written) => {
            println!("{written}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}", chain(&*error));
            ExitCode::from(2)
        }
    }
}

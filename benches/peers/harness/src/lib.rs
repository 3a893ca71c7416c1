//! What all contenders share: the command line, the folder they read, and the loop that is timed.
//!
//! `<contender> <operation> <dir> <count>` runs an [`Operation`] on a repository that `bench-data`
//! made, and prints how many bytes of metadata were read. It ends with 0 if all was done, with 2
//! and a reason if the client could not do it, and with 1 if the call itself was wrong. With a
//! count of 0, what stands before the loop is done and nothing else.

mod folder;
pub mod publish;

use std::error::Error;
use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::process::ExitCode;
use std::task::{Context, Poll, Waker};
use std::{env, io};

pub use folder::{CHUNK, Folder};

/// What a client says when it cannot go on.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The limits that all clients get, where a library has such a limit: room for the largest
/// repository.
pub mod limits {
    /// Bytes of any file.
    pub const LENGTH: u64 = 512 << 20;
    /// Root files in one refresh.
    pub const ROOTS: u32 = 1024;
}

/// A TUF client, as one would write it with its library.
pub trait Client: Sized {
    /// A client that trusts `folder.root` and stores nothing, brought up to the trusted top-level
    /// targets.
    fn refresh(folder: &'static Folder) -> Result<Self>;

    /// The listed length of a target; `None` where no role lists it.
    fn find(&mut self, path: &str) -> Result<Option<u64>>;

    /// Reads the target's file and checks it, as the library offers.
    fn artifact(&mut self, path: &str) -> Result<()>;
}

/// The whole program of a contender.
#[must_use]
pub fn main<C: Client>() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [operation, dir, count] = &arguments[..] else {
        return misused("<operation> <dir> <count>");
    };
    let Ok(count) = count.parse() else { return misused("<count> is a number") };
    let folder = match Folder::open(Path::new(dir)) {
        Ok(folder) => &*Box::leak(Box::new(folder)),
        Err(error) => return misused(&format!("{dir}: {error}")),
    };
    let run = match operation.as_str() {
        "refresh" => refresh::<C>,
        "find" => find::<C>,
        "warm" => warm::<C>,
        "artifact" => artifact::<C>,
        _ => return misused("<operation> is refresh, find, warm or artifact"),
    };
    match run(folder, count) {
        Ok(()) => {
            println!("{}", folder.fetched());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}", chain(&*error));
            ExitCode::from(2)
        }
    }
}

/// The result of a future that never waits, because all files are read where they are asked for.
/// Waiting all the same is an error.
pub fn at_once<F: Future>(future: F) -> io::Result<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Err(io::Error::other("the client waits for something")),
    }
}

fn refresh<C: Client>(folder: &'static Folder, count: usize) -> Result<()> {
    (0..count).try_for_each(|_| C::refresh(folder).map(drop))
}

fn find<C: Client>(folder: &'static Folder, count: usize) -> Result<()> {
    (0..count).try_for_each(|_| look_up(&mut C::refresh(folder)?, &folder.lookup[0]))
}

fn warm<C: Client>(folder: &'static Folder, count: usize) -> Result<()> {
    let mut client = C::refresh(folder)?;
    folder.lookup.iter().try_for_each(|target| look_up(&mut client, target))?;
    folder.lookup.iter().cycle().take(count).try_for_each(|target| look_up(&mut client, target))
}

fn artifact<C: Client>(folder: &'static Folder, count: usize) -> Result<()> {
    let mut client = C::refresh(folder)?;
    let target = &folder.lookup[0];
    look_up(&mut client, target)?;
    (0..count).try_for_each(|_| client.artifact(&target.0))
}

/// A look-up that finds nothing, or another length, is one that the client cannot do.
fn look_up(client: &mut impl Client, (path, length): &(String, u64)) -> Result<()> {
    match client.find(path)? {
        Some(found) if found == *length => Ok(()),
        Some(found) => Err(format!("{path}: found with length {found}, not {length}").into()),
        None => Err(format!("{path}: not found").into()),
    }
}

pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

pub(crate) fn misused(why: &str) -> ExitCode {
    eprintln!("{why}");
    ExitCode::FAILURE
}

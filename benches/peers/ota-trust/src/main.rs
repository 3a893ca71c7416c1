//! ota-trust, with a device that keeps nothing.

mod client;

use std::io;
use std::process::ExitCode;

use client::Store;
use harness::Result;
use ota_trust::update::{Change, StoredItem};

struct Nothing;

impl Store for Nothing {
    fn empty() -> Result<Self> {
        Ok(Self)
    }

    fn read(&self, _: &StoredItem) -> io::Result<Option<Vec<u8>>> {
        Ok(None)
    }

    fn apply(&self, _: &[Change<'_>]) -> io::Result<()> {
        Ok(())
    }
}

fn main() -> ExitCode {
    harness::main::<client::Client<Nothing>>()
}

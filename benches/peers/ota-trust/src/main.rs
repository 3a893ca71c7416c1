//! ota-trust, with a device that keeps nothing.

mod client;

use std::process::ExitCode;

use client::Store;
use harness::Result;
use ota_trust::update::{Change, StoredItem};

struct Nothing;

impl Store for Nothing {
    fn empty() -> Result<Self> {
        Ok(Self)
    }

    fn read(&self, _: &StoredItem) -> Result<Option<Vec<u8>>> {
        Ok(None)
    }

    fn apply(&self, _: Vec<Change<'_>>) -> Result<()> {
        Ok(())
    }
}

fn main() -> ExitCode {
    harness::main::<client::Client<Nothing>>()
}

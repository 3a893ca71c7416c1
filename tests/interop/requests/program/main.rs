//! Requests and responses that ota-trust signs, and its verdict on those of others: the program that
//! ../run.py is about.
//!
//! ```text
//! requests-program write FOLDER    signs messages, one file each
//! requests-program read FOLDER     prints `FILE accepted` or `FILE refused CODE` for each file
//! ```
//!
//! ../messages.py tells what is in the files, and what both sides have agreed on.

#![allow(clippy::expect_used, reason = "a mistake in here or in a file ends the program")]

mod certificate;
mod device;
mod keys;
mod message;
mod server;
mod writing;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use message::Message;
use server::Server;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.as_slice() {
        [call, folder] if call == "write" => writing::write(Path::new(folder)),
        [call, folder] if call == "read" => read(Path::new(folder)),
        _ => {
            eprintln!("requests-program write|read FOLDER");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn read(folder: &Path) {
    let server = Server::new();
    for file in files(folder) {
        let name = file.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
        let text = fs::read(&file).expect("a file that can be read");
        let verdict = match serde_json::from_slice(&text).expect("a message") {
            Message::Request(request) => {
                server.accept(&request).map(|_| ()).map_err(|refused| refused.code())
            }
            Message::Response(response) => device::believe(&response),
        };
        match verdict {
            Ok(()) => println!("{name} accepted"),
            Err(code) => println!("{name} refused {code}"),
        }
    }
}

/// In the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files
}

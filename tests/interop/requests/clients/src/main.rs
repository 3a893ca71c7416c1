//! Signed requests and responses, verified by crates that have nothing to do with ota-trust.
//!
//! ```text
//! request-clients httpsig-hyper|wimsey-httpsig FOLDER
//! ```
//!
//! It prints `FILE accepted` or `FILE refused WHY` for each file in FOLDER, in the order of their names.
//! ../messages.py tells what is in the files. Signatures are all that is verified: whether one covers
//! what it has to, and whether its nonce is the right one, the crates leave to their callers.

mod httpsig;
mod message;
mod wimsey;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use message::Message;

/// What a crate says.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [peer, folder] = arguments.as_slice() else {
        return Err("request-clients PEER FOLDER".into());
    };
    let verify = match &**peer {
        "httpsig-hyper" => httpsig::verify,
        "wimsey-httpsig" => wimsey::verify,
        _ => return Err(format!("no such peer: {peer}").into()),
    };
    for file in files(Path::new(folder))? {
        let name = file.file_name().unwrap_or_default().display();
        let message: Message = serde_json::from_slice(&fs::read(&file)?)?;
        match verify(&message) {
            Ok(()) => println!("{name} accepted"),
            Err(error) => println!("{name} refused {}", error.to_string().replace('\n', " ")),
        }
    }
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut files = entries.collect::<Result<Vec<PathBuf>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    Ok(files)
}

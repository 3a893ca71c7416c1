//! The signer's side. It knows nothing of the workspace.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use ota_trust::primitives::Limits;
use ota_trust::repository::ceremony::{Review, SigningRequest};

use crate::cli::SignOptions;
use crate::{Result, files, keys, now};

pub fn sign(options: &SignOptions) -> Result<()> {
    if options.output.exists() {
        return Err(files::exists(&options.output));
    }
    let limits = Limits::default();
    let request = SigningRequest::parse(&files::read(&options.request)?, &limits)?;
    let trusted = options.trusted.as_deref().map(files::read).transpose()?;
    let review = request.review(trusted.as_deref(), &limits)?;
    println!("{review}\nresponses are taken until {}", request.expires());
    if !options.yes {
        confirm(&review)?;
    }
    let mut response = request.sign(&*keys::signer(&options.key)?, now()?)?;
    if let Some(hardware) = &options.hardware {
        response = response.claiming_hardware(hardware);
    }
    files::write_new(&options.output, &response.to_bytes())?;
    println!("signed with {}", response.key_id());
    println!("for the coordinator: {}", options.output.display());
    Ok(())
}

/// The digits have to be typed, so that nobody signs by pressing a key too often.
fn confirm(review: &Review) -> Result<()> {
    if !io::stdin().is_terminal() {
        return Err("there is no terminal to ask on; --yes signs without asking".into());
    }
    print!("To sign this, type the first 8 digits of its sha256: ");
    io::stdout().flush()?;
    let mut typed = String::new();
    io::stdin().lock().read_line(&mut typed)?;
    if review.digest.get(..8) == Some(typed.trim()) {
        return Ok(());
    }
    Err("not signed".into())
}

//! The command line.

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

/// Refreshes and downloads from a TUF repository.
#[derive(Debug, Parser)]
#[command(name = "tuf_client", version)]
pub struct Options {
    /// The folder that shows what is trusted.
    #[arg(long, value_name = "D")]
    pub metadata_dir: PathBuf,
    /// Where the repository's metadata is; used as it stands.
    #[arg(long, value_name = "U")]
    pub metadata_url: Option<String>,
    /// A target to download; may be given several times.
    #[arg(long = "target-name", value_name = "T")]
    pub target_names: Vec<String>,
    /// Where the repository's targets are; used as it stands.
    #[arg(long, value_name = "B")]
    pub target_base_url: Option<String>,
    /// The folder to download to.
    #[arg(long, value_name = "O")]
    pub target_dir: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Trust a root file as the start of the chain.
    Init {
        /// The root file, obtained in a way that is itself trusted.
        root: PathBuf,
    },
    /// Update the metadata.
    Refresh,
    /// Update the metadata and download targets.
    Download,
}

impl Options {
    /// Reads the command line; `None` where it only asked for help or the version.
    pub fn read() -> Result<Option<Self>, String> {
        Self::try_parse().map(Some).or_else(|e| {
            if e.use_stderr() {
                return Err(e.to_string());
            }
            print!("{e}");
            Ok(None)
        })
    }

    /// The base URL and the folder that `download` needs.
    pub fn download_places(&self) -> Result<(&str, &Path), &'static str> {
        if self.target_names.is_empty() {
            return Err("--target-name is missing");
        }
        let base = self.target_base_url.as_deref().ok_or("--target-base-url is missing")?;
        let folder = self.target_dir.as_deref().ok_or("--target-dir is missing")?;
        Ok((base, folder))
    }
}

//! The command line. Its help is the manual of a ceremony.

#![allow(clippy::doc_markdown, reason = "the help shows commands as they are typed")]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::edit::Edit;
use crate::keys::PublicKey;

/// Signs the metadata of a TUF repository by people who never meet.
///
/// There is one coordinator, who has the workspace and no secret key, and there are signers, each
/// with a key on a machine or a USB stick of their own. A ceremony goes like this:
///
/// 1. Each signer, once: `keygen anna.pem`, and gives anna.pem.pub to the coordinator.
/// 2. The coordinator, once: `init work …`.
/// 3. The coordinator: `draft work add-target …`, and as many edits more as there are.
/// 4. The coordinator: `request work --expires-in 7`, and gives each request to the signers.
/// 5. Each signer: `sign targets.request.json --key anna.pem --trusted 4.targets.json -o anna.json`,
///    reads what would change, and sends anna.json back.
/// 6. The coordinator: `attach work anna.json bela.json`, and looks at `status work`.
/// 7. The coordinator: `publish work --online-key server.pem --to repository`.
/// 8. From 3 on for the next release.
///
/// Signers trust neither the coordinator nor the USB stick: what they read before they sign is worked
/// out on their own machine, from exactly the bytes that are signed. They should compare the digest
/// over the telephone.
///
/// No command overwrites a file that it did not write itself. It exits 0 if all went well, 1 if
/// something was refused or still waits, and 2 if the command line is wrong.
#[derive(Debug, Parser)]
#[command(name = "signing_ceremony", version, verbatim_doc_comment)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a key: signers, once.
    ///
    /// Makes an ed25519 key. FILE is the secret (PKCS#8 in PEM, readable by its owner alone), which
    /// never leaves the signer. FILE.pub is for the coordinator. Nothing is overwritten.
    ///
    /// Example: signing_ceremony keygen /media/stick/anna.pem
    #[command(verbatim_doc_comment)]
    Keygen {
        /// Where the secret goes.
        file: PathBuf,
    },
    /// Make a workspace: the coordinator, once.
    ///
    /// Drafts the first root and the first targets, from the public keys of the signers. Nothing is
    /// published and nobody has signed anything yet: go on with `draft` and `request`. Keys of root and
    /// targets are people's; those of snapshot and timestamp can lie on a server, so they may be
    /// no people's.
    ///
    /// Example: signing_ceremony init work --root-key anna.pem.pub bela.pem.pub cora.pem.pub
    ///   --root-threshold 2 --targets-key anna.pem.pub bela.pem.pub cora.pem.pub
    ///   --targets-threshold 2 --snapshot-key server.pem.pub --timestamp-key server.pem.pub
    #[command(verbatim_doc_comment)]
    Init {
        /// The folder to make.
        workspace: PathBuf,
        #[command(flatten)]
        first: First,
    },
    /// Edit what the next release says: the coordinator.
    ///
    /// Each edit is tried on what is published and on the edits before it, and then noted. No key is
    /// needed. Edits collect until `request` seals them.
    ///
    /// Example: signing_ceremony draft work add-target lamp/2.0/firmware.bin build/firmware.bin
    #[command(verbatim_doc_comment)]
    Draft {
        /// The workspace.
        workspace: PathBuf,
        /// The edit.
        #[command(subcommand)]
        edit: Edit,
    },
    /// Seal the draft and write requests for signatures: the coordinator.
    ///
    /// The draft's bytes are fixed, and no edit changes them any more: `withdraw` gives the draft back.
    /// For each file that waits, a request is written below WORKSPACE. Give it to each
    /// signer, by whatever way.
    ///
    /// Example: signing_ceremony request work --expires-in 7
    #[command(verbatim_doc_comment)]
    Request {
        /// The workspace.
        workspace: PathBuf,
        /// For how many days responses are taken.
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u64).range(1..=365))]
        expires_in: u64,
    },
    /// Review a request and sign it: signers.
    ///
    /// Shows everything that would change against TRUSTED, the signer's own copy of the role's published
    /// file (such as 4.targets.json), and asks for the first 8 digits of the digest. Read them to the
    /// other signers: all should have the same. Nothing of the workspace is needed, nor a network.
    ///
    /// Example: signing_ceremony sign targets.request.json --key anna.pem --trusted 4.targets.json
    ///   -o anna.json
    #[command(verbatim_doc_comment)]
    Sign(SignOptions),
    /// Take responses in: the coordinator.
    ///
    /// Each response is checked: that it is to the request that waits, in time, by one of the role's
    /// keys that has not signed yet, and that the signature verifies. One that is refused is told with its
    /// reason, and takes nothing away from the others. Exits 1 if any was refused.
    ///
    /// Example: signing_ceremony attach work anna.json bela.json
    #[command(verbatim_doc_comment)]
    Attach {
        /// The workspace.
        workspace: PathBuf,
        /// What the signers sent back.
        #[arg(required = true)]
        responses: Vec<PathBuf>,
    },
    /// Show who has signed and who has not: the coordinator.
    ///
    /// Before the draft is sealed, shows its edits instead.
    ///
    /// Example: signing_ceremony status work
    #[command(verbatim_doc_comment)]
    Status {
        /// The workspace.
        workspace: PathBuf,
    },
    /// Give a sealed draft back, to edit it or to ask again: the coordinator.
    ///
    /// For a mistake that was seen too late, or requests that expired. Requests and signatures are put
    /// aside in the workspace, and responses to them are stale from now on. The edits stay.
    ///
    /// Example: signing_ceremony withdraw work
    #[command(verbatim_doc_comment)]
    Withdraw {
        /// The workspace.
        workspace: PathBuf,
    },
    /// Complete what is signed and write it to a repository: the coordinator.
    ///
    /// Signs snapshot and timestamp with the online keys that are given. Without one, writes a request
    /// for each, one after the other, and exits 1: attach the response and publish again. When all is
    /// complete, writes artifacts to REPOSITORY/targets and then files to
    /// REPOSITORY/metadata, in the order in which a web server may show them, each as a whole or not at
    /// all. It can be stopped at any moment and run again.
    ///
    /// Example: signing_ceremony publish work --online-key server.pem --to /srv/repository
    #[command(verbatim_doc_comment)]
    Publish {
        /// The workspace.
        workspace: PathBuf,
        /// Keys for snapshot and timestamp (PKCS#8 in PEM).
        #[arg(long = "online-key", value_name = "KEYFILE", num_args = 1..)]
        online_keys: Vec<PathBuf>,
        /// For how many days responses are taken if there has to be a request.
        #[arg(long, value_name = "DAYS", default_value = "7",
              value_parser = clap::value_parser!(u64).range(1..=365))]
        expires_in: u64,
        /// The folder that devices see.
        #[arg(long, value_name = "REPOSITORY")]
        to: PathBuf,
    },
}

/// The keys of the first root.
#[derive(Debug, Args)]
pub struct First {
    /// Public keys that sign the root.
    #[arg(long = "root-key", value_name = "PUB", required = true, num_args = 1.., value_parser = PublicKey::read)]
    pub root_keys: Vec<PublicKey>,
    /// How many of them have to sign.
    #[arg(long, value_name = "N")]
    pub root_threshold: u64,
    /// Public keys that sign targets.
    #[arg(long = "targets-key", value_name = "PUB", required = true, num_args = 1.., value_parser = PublicKey::read)]
    pub targets_keys: Vec<PublicKey>,
    /// How many of them have to sign.
    #[arg(long, value_name = "N")]
    pub targets_threshold: u64,
    /// The public key that signs the snapshot.
    #[arg(long, value_name = "PUB", value_parser = PublicKey::read)]
    pub snapshot_key: PublicKey,
    /// The public key that signs the timestamp.
    #[arg(long, value_name = "PUB", value_parser = PublicKey::read)]
    pub timestamp_key: PublicKey,
}

/// What a signer says.
#[derive(Debug, Args)]
pub struct SignOptions {
    /// What the coordinator sent.
    pub request: PathBuf,
    /// The secret key (PKCS#8 in PEM, ed25519 or P-256).
    #[arg(long, value_name = "KEYFILE")]
    pub key: PathBuf,
    /// The signer's own copy of what is published; without it, all is shown as new.
    #[arg(long, value_name = "FILE")]
    pub trusted: Option<PathBuf>,
    /// Claims that the key lies in hardware, in words for the record. Nobody can check it.
    #[arg(long, value_name = "WORDS")]
    pub hardware: Option<String>,
    /// Signs without asking.
    #[arg(long)]
    pub yes: bool,
    /// Where the response goes.
    #[arg(short, long, value_name = "RESPONSE")]
    pub output: PathBuf,
}

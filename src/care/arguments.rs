//! What both programs' command lines say of looking after: the same words on hub and node. It does nothing.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::monitor::Limits;

/// Make a backup, or check one.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Backup {
    /// Checking one instead.
    #[command(subcommand)]
    pub command: Option<BackupCommand>,
    /// Where it goes; a dated name in backups/ of the program's folder unless given. Nothing is overwritten.
    pub file: Option<PathBuf>,
    /// Afterwards remove older backups in backups/, so that so many stay. Those made before a migration are left alone.
    #[arg(long, value_name = "N", conflicts_with = "file", value_parser = clap::value_parser!(u16).range(1..))]
    pub keep: Option<u16>,
    /// Put the private keys into it: whoever has the file can then act in this name. Keep it where keys are kept.
    #[arg(long)]
    pub with_keys: bool,
    /// Afterwards check it as `backup verify` does.
    #[arg(long)]
    pub verify: bool,
}

/// What else can be done with backups.
#[derive(Clone, Debug, Subcommand)]
pub enum BackupCommand {
    /// Check a backup without restoring it: every byte, then its database as `verify` does.
    Verify {
        /// The backup.
        file: PathBuf,
    },
}

/// Put a backup back.
#[derive(Clone, Debug, Args)]
pub struct Restore {
    /// The backup.
    pub file: PathBuf,
    /// Put a database that is there aside, under a dated name.
    #[arg(long)]
    pub replace: bool,
}

/// How it stands; for monitoring with limits, each WARNING,CRITICAL.
#[derive(Clone, Debug, Args)]
pub struct Status {
    /// One line and an exit code for monitoring: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
    #[arg(long)]
    pub check: bool,
    /// Only whether the program that runs here can do its work: 0 if it can, 69 if not. What others do does not matter.
    #[arg(long, conflicts_with = "check")]
    pub ready: bool,
    /// Seconds without a link; on the hub, since a node was heard. 300,3600 on a node and 3600,86400 on the hub unless given.
    #[arg(long, value_name = "W,C", requires = "check")]
    pub link_seconds: Option<Limits>,
    /// Events that wait to leave.
    #[arg(long, value_name = "W,C", requires = "check", default_value = "1000,100000")]
    pub outbox: Limits,
    /// Own events of the last day that did not simply apply (a node).
    #[arg(long, value_name = "W,C", requires = "check", default_value = "1,50")]
    pub refusals: Limits,
    /// Days that the certificate is still valid.
    #[arg(long, value_name = "W,C", requires = "check", default_value = "30,7")]
    pub certificate_days: Limits,
    /// Of a hundred: how much of the disk is free.
    #[arg(long, value_name = "W,C", requires = "check", default_value = "10,3")]
    pub disk_percent: Limits,
    /// Hours since the newest backup, if ever one was made here.
    #[arg(long, value_name = "W,C", requires = "check", default_value = "30,80")]
    pub backup_hours: Limits,
}

//! What can be said of units on the command line. It does nothing.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Units {
    #[command(subcommand)]
    pub(crate) command: Option<UnitsCommand>,
    /// Only this unit and those below it.
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    pub(crate) below: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UnitsCommand {
    /// Take in the units of a file, CSV or TOML: those that are new or otherwise than before.
    ///
    /// CSV: a head line that names code and name, and perhaps level, area, categories and contact; codes are separated by spaces. TOML: a
    /// table [[unit]] for each, with the same keys. Columns that are left out change nothing. Every mistake is told, line by line; then
    /// nothing is changed. Only units at home at this node, at most 2000 a file.
    Import {
        /// The file; TOML if its name ends so.
        file: PathBuf,
    },
    /// Add a unit, or open a closed one again.
    Add(Add),
    /// Give a unit another name.
    Rename {
        /// Its code, such as 13.71.dlh.
        code: String,
        /// Its public name.
        name: String,
    },
    /// Pass what a unit holds on to another, and close it.
    ///
    /// Refused while something of it cannot be passed on, such as what waits for its reporter; run again, it goes on.
    Merge {
        /// The unit that is no more.
        code: String,
        /// The unit that takes over.
        #[arg(long, value_name = "CODE")]
        into: String,
    },
    /// Close a unit that holds no open complaints.
    Close {
        /// Its code.
        code: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Its code, below this node's, such as 13.71.dlh.
    pub(crate) code: String,
    /// Its public name.
    #[arg(long)]
    pub(crate) name: String,
    /// The areas it serves, by code; may be repeated. That of its code unless given.
    #[arg(long, value_name = "CODE")]
    pub(crate) area: Vec<String>,
    /// What it is competent for: codes, separated by spaces or commas; see `categories`.
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub(crate) categories: Vec<String>,
    /// How to reach the office: telephone, e-mail or address. Never a person's: everybody can read it.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) contact: String,
}

//! The papers that the program makes of its own command line: completions, manual pages, the page of commands. It needs no
//! settings and opens no database.

use std::io::Write as _;

use clap::CommandFactory as _;
use lintas::manual;
use serde_json::json;

use crate::cli::{Cli, Command};
use crate::failure::Failure;
use crate::output::{Voice, print};

/// Prints or writes what a command asks for; any other command it leaves alone.
///
/// # Errors
/// If pages cannot be written.
pub(crate) fn make(command: Command, voice: Voice) -> Result<(), Failure> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are no papers")]
    match command {
        Command::Completions(asked) => {
            // A reader that went away is no fault.
            let _ = std::io::stdout().lock().write_all(&manual::completions(&Cli::command(), asked.shell));
        }
        Command::Man(man) => {
            let folder = man.folder.display().to_string();
            let failed = |cause| Failure::Write { path: folder.clone(), cause };
            let pages = manual::pages(Cli::command(), &man.folder).map_err(failed)?;
            let count = pages.to_string();
            let facts = [("count", &*count), ("folder", &*folder)];
            voice.answer(&json!({ "pages": pages, "folder": folder }), &voice.say("program.pages", &facts));
        }
        Command::Markdown => print(&manual::markdown(Cli::command())),
        _ => {}
    }
    Ok(())
}

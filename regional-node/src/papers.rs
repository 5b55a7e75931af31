//! The papers that the program makes of its own command line: completions, manual pages, the page of commands. It needs no
//! settings and opens no database.

use std::io::Write as _;

use clap::CommandFactory as _;
use lintas::manual;
use lintas::runtime::Exit;
use lintas::words::{self, Language};
use serde_json::json;

use crate::cli::{Cli, Command};
use crate::failure::Failure;
use crate::output::{bare, say, say_json};

/// Prints or writes what a command asks for; any other command it leaves alone.
///
/// # Errors
/// If pages cannot be written.
pub(crate) fn make(command: Command, json: bool, lang: Language) -> Result<Exit, Failure> {
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
            if json {
                say_json(&json!({ "pages": pages, "folder": folder }));
            } else {
                say(&words::say("program.pages", lang, &[("count", &count), ("folder", &folder)]));
            }
        }
        Command::Markdown => bare(&manual::markdown(Cli::command())),
        _ => {}
    }
    Ok(Exit::Done)
}

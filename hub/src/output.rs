//! What commands print: for people, or as JSON. It shows; it asks nothing.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;

use lintas::runtime::{Progress, SystemClock};
use lintas::words::{self, Language};
use serde_json::Value;

/// Width of a story where the terminal's is not known, in characters.
const WIDTH_DEFAULT: usize = 100;

/// How an answer is to be given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Voice {
    /// In which language.
    pub(crate) language: Language,
    /// For machines instead.
    pub(crate) json: bool,
}

impl Voice {
    /// The text of a code with its facts.
    pub(crate) fn say(self, code: &str, facts: &[(&str, &str)]) -> String {
        words::say(code, self.language, facts)
    }

    /// Prints one answer, for people or for machines.
    pub(crate) fn answer(self, value: &Value, text: &str) {
        if self.json { print(&format!("{value:#}")) } else { print(text) }
    }

    /// Where long work tells how far it is: bars on a terminal, the logs elsewhere.
    pub(crate) fn progress(self) -> Progress {
        Progress::of_command(self.json, Arc::new(SystemClock), move |code| self.say(code, &[]))
    }
}

/// Prints to standard output; a reader that went away is no fault.
pub(crate) fn print(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{}", text.trim_end());
}

/// Prints beside the answer, to standard error.
pub(crate) fn remark(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end());
}

/// How wide a line may be: what the shell says in COLUMNS, or a hundred characters.
pub(crate) fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    columns.unwrap_or(WIDTH_DEFAULT)
}

/// Whether output may be dressed: on a terminal, unless `NO_COLOR` is set.
pub(crate) fn ansi() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

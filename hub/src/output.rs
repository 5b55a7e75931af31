//! What commands print: for people, or as JSON. It shows; it asks nothing.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use lintas::runtime::{Progress, SystemClock};
use lintas::words::{self, Language};
use serde_json::Value;

use crate::cli::Common;
use crate::settings;

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
        if self.json { print(&format!("{:#}", with_mark(value.clone(), trains()))) } else { print(&marked(text)) }
    }

    /// Where long work tells how far it is: bars on a terminal, the logs elsewhere.
    pub(crate) fn progress(self) -> Progress {
        Progress::of_command(self.json, Arc::new(SystemClock), move |code| self.say(code, &[]))
    }
}

/// The word that is on all that is a training's, whatever the language.
pub(crate) const TRAINING: &str = "LATIHAN";

/// For whom this process answers, which says whether that is a training.
static SPEAKER: OnceLock<(Common, Language)> = OnceLock::new();

/// Says for whom this process answers, once.
pub(crate) fn speak_for(common: &Common, language: Language) {
    let _ = SPEAKER.set((common.clone(), language));
}

/// Whether it answers for a training. Found out when it first answers: some commands make the settings.
pub(crate) fn trains() -> bool {
    static TRAINS: OnceLock<bool> = OnceLock::new();
    *TRAINS.get_or_init(|| SPEAKER.get().is_some_and(|(common, _)| settings::trains(common)))
}

/// The text, after a line that says that it is a training's, if it is and that was not said yet.
fn marked(text: &str) -> String {
    static SAID: AtomicBool = AtomicBool::new(false);
    let language = SPEAKER.get().map_or_else(Language::default, |(_, language)| *language);
    let first = trains() && !SAID.swap(true, Ordering::Relaxed);
    if first { format!("{}\n{text}", words::say("training.mark", language, &[])) } else { text.to_owned() }
}

/// An object says at its top that it is a training's.
pub(crate) fn with_mark(mut value: Value, trains: bool) -> Value {
    if let Some(object) = value.as_object_mut().filter(|_| trains) {
        object.insert("training".to_owned(), true.into());
    }
    value
}

/// Prints the one line of a check for monitoring, which has no room for another.
pub(crate) fn print_line(line: &str) {
    if trains() { print(&format!("{TRAINING}: {line}")) } else { print(line) }
}

/// Prints to standard output what is read by programs as well as by people; a reader that went away is no fault.
pub(crate) fn print(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{}", text.trim_end());
}

/// Prints beside the answer, to standard error.
pub(crate) fn remark(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", marked(text).trim_end());
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

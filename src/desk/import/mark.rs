//! The note beside every step of a taking over. By it alone such a step is told from what somebody has done at the desk: header and
//! change can be the same. One whose note was destroyed, or cannot be read, counts as somebody's.

use crate::domain::{EventHash, PartKind};
use crate::journal::Part;
use crate::store::{File, FiledEvent};
use crate::words::{Language, say};

/// The texts that such a note may have.
const TEXTS: [&str; 3] = ["import.mark", "import.mark-state", "import.mark-answered"];

/// The note beside a step, by the system's name and its state there.
pub(super) fn of_state(source: &str, state: &str, language: Language) -> String {
    let facts = [("source", source), ("state", state)];
    say(if state.is_empty() { "import.mark" } else { "import.mark-state" }, language, &facts)
}

/// The note beside an answer, by the system's name, its state there, and the day of the answer.
pub(super) fn of_answer(source: &str, state: &str, answered: &str, language: Language) -> String {
    if answered.is_empty() {
        return of_state(source, state, language);
    }
    say("import.mark-answered", language, &[("source", source), ("date", answered)])
}

/// The events of a complaint that bear the note of a taking over from a system, in whatever language.
pub(in crate::desk) fn marked(file: &File, source: &str) -> Vec<EventHash> {
    let marked = file.events.iter().filter(|filed| is_marked(filed, source));
    marked.map(|filed| filed.event.hash).collect()
}

fn is_marked(filed: &FiledEvent, source: &str) -> bool {
    let note = filed.parts.iter().rfind(|part| part.kind == PartKind::Note);
    let Some(note) = note.and_then(Part::content) else { return false };
    let begins = |code: &str, language: Language| {
        let text = say(code, language, &[("source", source)]);
        // What comes after the system's name is of each taking over.
        text.split('{').next().is_some_and(|beginning| note.starts_with(beginning.as_bytes()))
    };
    Language::ALL.iter().any(|language| TEXTS.iter().any(|code| begins(code, *language)))
}

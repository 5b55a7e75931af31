//! Papers from the command line: a receipt, or the letter with an answer. What stands in them is the library's.

use lintas::notify;
use lintas::words::Language;
use serde_json::{Value, json};

use crate::cli::{Common, Paper, Shown};
use crate::failure::Failure;
use crate::story;

/// Which paper.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Receipt,
    Letter,
}

/// Makes a paper, for machines and for people.
///
/// # Errors
/// If there is no complaint of that name, or nothing to put into a letter.
pub(crate) async fn print(common: &Common, of: &Paper, kind: Kind, lang: Language) -> Result<(Value, String), Failure> {
    let shown = Shown { complaint: of.complaint.clone(), identity: false };
    let (registry, file, _) = story::file(common, &shown).await?;
    let timetable = story::timetable_of(common);
    let (name, text) = match kind {
        Kind::Receipt => ("receipt", notify::receipt(&file, &registry, &timetable, lang)?),
        Kind::Letter => ("letter", notify::answer(&file, &registry, &timetable, lang)?),
    };
    Ok((json!({ name: text }), text))
}

//! Statistics over the mirror: sums only. What is counted and shown is the library's.

use lintas::desk::DeskError;
use lintas::desk::statistics::{Arguments, Asked, Question, ask, csv, json, text};
use lintas::domain::UnitCode;

use crate::database;
use crate::failure::Failure;
use crate::output::{Voice, print};
use crate::settings::Settings;

/// Most rows of an answer.
const ROWS_MAX: usize = 1_000_000;

/// Shows statistics.
///
/// # Errors
/// If a word is none or the database cannot be read.
pub(crate) async fn statistics(settings: &Settings, asked: &Arguments, voice: Voice) -> Result<(), Failure> {
    let unit = |argument, code: &str| {
        let given = (!code.is_empty()).then(|| UnitCode::parse(code)).transpose();
        given.map_err(|error| Failure::Argument { argument, cause: error.to_string() })
    };
    let by = asked.by();
    let words = Asked { by: &by, category: &asked.category, class: &asked.class, month: &asked.month };
    let question = Question::of(words, unit("--unit", &asked.unit)?, unit("--area", &asked.area)?).map_err(refused)?;
    let question = Question { public: asked.public, ..question };
    let store = database::reader(settings).await?;
    let registry = database::registry(&store).await?;
    let found = ask(&store, &question, settings.clock.timestamp(), ROWS_MAX).await;
    store.close().await;
    let found = found.map_err(refused)?;
    if asked.csv && !voice.json {
        let mut table = Vec::new();
        let written = |cause| Failure::Write { path: "-".to_owned(), cause };
        csv(&found, &registry, voice.language, &mut table).map_err(written)?;
        print(&String::from_utf8_lossy(&table));
        return Ok(());
    }
    voice.answer(&json(&found, &registry, voice.language), &text(&found, &registry, voice.language));
    Ok(())
}

fn refused(error: DeskError) -> Failure {
    if let DeskError::Store(error) = error {
        return error.into();
    }
    Failure::Argument { argument: "statistics", cause: error.to_string() }
}

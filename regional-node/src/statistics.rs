//! Statistics on the command line: asked of the running node or, if none runs, of the database. What is counted and shown is the
//! library's.

use lintas::desk::service::{Caller, told};
use lintas::desk::statistics::{Arguments, csv, json, text};
use lintas::protocol::desk::v1 as wire;
use lintas::store::sqlite::SqliteStore;
use lintas::words::Language;
use serde_json::Value;

use crate::failure::Failure;

/// Statistics, for machines and for people; as a table for other programs, if that is asked for.
///
/// # Errors
/// If a word is none, the account may not ask, or the database cannot be read.
pub(crate) async fn statistics(
    mut caller: Caller<SqliteStore>,
    asked: Arguments,
    lang: Language,
) -> Result<(Value, String), Failure> {
    let by = asked.by();
    let Arguments { unit, area, category, class, month, public, csv: as_csv, .. } = asked;
    let request = wire::StatisticsRequest { by, unit, area, category, class, month, public };
    let (statistics, names) = told::statistics(&caller.statistics(request).await?);
    let text = if as_csv {
        let mut table = Vec::new();
        let written = |cause| Failure::Write { path: "-".to_owned(), cause };
        csv(&statistics, &names, lang, &mut table).map_err(written)?;
        String::from_utf8_lossy(&table).into_owned()
    } else {
        text(&statistics, &names, lang)
    };
    Ok((json(&statistics, &names, lang), text))
}

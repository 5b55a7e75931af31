//! Complaints written to a file or to standard output. Read from the database itself, whether the node runs or not; what is written
//! is the library's.

use std::io;

use lintas::desk::export::{ExportError, Exported, Format, Place, Shown, Writer, export as write};
use lintas::domain::Registry;
use lintas::store::{ListFilter, Store as _};
use lintas::words::{self, Language};
use serde_json::json;

use crate::cli::{Export, List};
use crate::failure::Failure;
use crate::output::{progress, remark, say, say_json};
use crate::settings::Settings;
use crate::{keys, story};

/// Exports what fits.
///
/// # Errors
/// If an argument is wrong, the database cannot be read, or the file cannot be made.
pub(crate) async fn export(settings: &Settings, asked: &Export, json: bool, lang: Language) -> Result<(), Failure> {
    let filter = filter(asked)?;
    let shown = Shown { texts: true, confidential: asked.confidential, identity: asked.identity };
    let format = format(asked, json)?;
    let opener = keys::opener(settings)?;
    let store = keys::reader(settings).await?;
    let mut registry = Registry::default();
    store.registry().await?.iter().for_each(|event| registry.apply(event));
    let progress = progress(json, lang);
    let path = asked.file.display().to_string();
    let done = if path == "-" {
        let mut writer = Writer::new(io::stdout(), format, shown).map_err(|cause| written(&path, cause))?;
        let done = write(&store, &registry, filter, shown, &opener, &mut writer, &progress).await;
        if done.as_ref().is_err_and(ExportError::is_closed) {
            // A reader that went away has had what it wanted.
            return Ok(());
        }
        done?
    } else {
        let mut place = Place::begin(&asked.file, asked.force)?;
        let mut writer = Writer::new(&mut place, format, shown).map_err(|cause| written(&path, cause))?;
        let done = write(&store, &registry, filter, shown, &opener, &mut writer, &progress).await?;
        drop(writer);
        place.keep()?;
        done
    };
    store.close().await;
    tell(&path, shown, done, json, lang);
    Ok(())
}

fn written(path: &str, cause: io::Error) -> Failure {
    Failure::Write { path: path.to_owned(), cause }
}

fn filter(asked: &Export) -> Result<ListFilter, Failure> {
    let Export { unit, state, node, origin, late, imported, .. } = asked;
    let (unit, state, node, origin) = (unit.clone(), state.clone(), node.clone(), origin.clone());
    story::filter(&List { unit, state, node, origin, late: *late, imported: *imported, limit: u32::MAX })
}

fn format(asked: &Export, json: bool) -> Result<Format, Failure> {
    let lines = asked.format.as_deref().map_or(json && !asked.excel, |format| format == "jsonl");
    if lines && asked.excel {
        return Err(Failure::Argument("--excel is for a table, not for JSON lines".to_owned()));
    }
    let delimiter = if asked.excel { b';' } else { b',' };
    Ok(if lines { Format::JsonLines } else { Format::Csv { delimiter, mark: asked.excel } })
}

/// Says what was exported: beside the export itself, if that went to standard output.
fn tell(path: &str, shown: Shown, done: Exported, json: bool, lang: Language) {
    let Exported { complaints, withheld } = done;
    let (count, held) = (complaints.to_string(), withheld.to_string());
    let word = |code: &str, facts: &[(&str, &str)]| words::say(code, lang, facts);
    let mut lines = vec![word("export.done", &[("count", &count), ("path", path)])];
    if withheld > 0 {
        lines.push(word("export.withheld", &[("count", &held)]));
    }
    let personal = shown.identity || shown.confidential;
    if personal {
        lines.push(word("export.personal", &[]));
    }
    if path == "-" {
        // The number is seen in what was written; a warning is not.
        lines.iter().skip(1).for_each(|line| remark(line));
    } else if json {
        say_json(&json!({ "complaints": complaints, "withheld": withheld, "file": path, "personal": personal }));
    } else {
        say(&lines.join("\n"));
    }
}

//! What the mirror knows of complaints, written to a file or to standard output: facts only. It has no desk: whoever needs the texts
//! asks the node that answers for them.

use std::io;

use lintas::desk::Opener;
use lintas::desk::export::{Format, Place, Shown, Writer, export as write};
use serde_json::json;

use crate::cli::Export;
use crate::failure::Failure;
use crate::output::Voice;
use crate::settings::Settings;
use crate::{database, listing};

/// Exports what fits.
///
/// # Errors
/// If an argument is wrong, the database cannot be read, or the file cannot be made.
pub(crate) async fn export(settings: &Settings, asked: &Export, voice: Voice) -> Result<(), Failure> {
    let filter = listing::filter(&asked.filter, usize::MAX)?;
    let shown = Shown::default();
    let format = format(asked, voice.json)?;
    let (store, opener) = (database::reader(settings).await?, Opener::without_keys());
    let registry = database::registry(&store).await?;
    let progress = voice.progress();
    let path = asked.file.display().to_string();
    let written = |cause| Failure::Write { path: path.clone(), cause };
    if path == "-" {
        let mut writer = Writer::new(io::stdout(), format, shown).map_err(written)?;
        let done = write(&store, &registry, filter, shown, &opener, &mut writer, &progress).await;
        store.close().await;
        return match done {
            // A reader that went away has had what it wanted.
            Err(error) if !error.is_closed() => Err(error.into()),
            Ok(_) | Err(_) => Ok(()),
        };
    }
    let mut place = Place::begin(&asked.file, asked.force)?;
    let mut writer = Writer::new(&mut place, format, shown).map_err(written)?;
    let done = write(&store, &registry, filter, shown, &opener, &mut writer, &progress).await?;
    drop(writer);
    place.keep()?;
    store.close().await;
    let count = done.complaints.to_string();
    let value = json!({ "complaints": done.complaints, "file": path });
    voice.answer(&value, &voice.say("export.done", &[("count", &count), ("path", &path)]));
    Ok(())
}

fn format(asked: &Export, json: bool) -> Result<Format, Failure> {
    let lines = asked.format.as_deref().map_or(json && !asked.excel, |format| format == "jsonl");
    if lines && asked.excel {
        let cause = "it is for a table, not for JSON lines".to_owned();
        return Err(Failure::Argument { argument: "--excel", cause });
    }
    let delimiter = if asked.excel { b';' } else { b',' };
    Ok(if lines { Format::JsonLines } else { Format::Csv { delimiter, mark: asked.excel } })
}

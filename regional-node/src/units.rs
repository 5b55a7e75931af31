//! Units on the command line: listed, taken in from a file, added, renamed, merged, closed. What that means is the desk's.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use lintas::desk::service::{Caller, REQUEST_BYTES_MAX};
use lintas::desk::units::Form;
use lintas::protocol::desk::v1 as wire;
use lintas::protocol::desk::v1::change_unit_request::Change;
use lintas::store::sqlite::SqliteStore;
use lintas::words::{self, Language};
use serde_json::{Value, json};

use crate::cli::{Common, UnitsCommand};
use crate::failure::Failure;
use crate::output::clean;
use crate::request::RequestError;
use crate::visit;

/// Room that the words around a file take in a request, in bytes.
const AROUND: usize = 1024;

/// The units that the node knows, or those below one.
///
/// # Errors
/// If the desk says no.
pub(crate) async fn list(
    mut caller: Caller<SqliteStore>,
    below: String,
    lang: Language,
) -> Result<(Value, String), Failure> {
    let reply = caller.units(wire::UnitsRequest { below }).await?;
    let unit = |u: &wire::Unit| {
        json!({
            "code": u.code, "name": u.name, "home": u.home, "closed": u.closed, "areas": u.areas,
            "categories": u.categories, "contact": u.contact, "waiting": u.waiting,
            "into": if u.into.is_empty() { Value::Null } else { json!(u.into) },
        })
    };
    let node = |n: &wire::Node| json!({ "code": n.code, "name": n.name, "revoked": n.revoked });
    let value = json!({
        "units": reply.units.iter().map(unit).collect::<Vec<_>>(),
        "nodes": reply.nodes.iter().map(node).collect::<Vec<_>>(),
    });
    Ok((value, reply.units.iter().map(|unit| row(unit, lang)).collect()))
}

fn row(unit: &wire::Unit, lang: Language) -> String {
    let mut marks = Vec::new();
    if unit.waiting {
        marks.push(words::say("units.waiting", lang, &[]));
    }
    if !unit.into.is_empty() {
        marks.push(words::say("units.merged", lang, &[("into", &unit.into)]));
    } else if unit.closed {
        marks.push(words::say("units.closed", lang, &[]));
    }
    let marks = if marks.is_empty() { String::new() } else { format!("  ({})", marks.join(", ")) };
    let mut text = format!("{:<20} {:<10} {}{marks}\n", unit.code, unit.home, clean(&unit.name));
    let more = [unit.areas.join(" "), unit.categories.join(" "), clean(&unit.contact)];
    let more: Vec<&str> = more.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    if !more.is_empty() {
        let _ = writeln!(text, "{:<20} {:<10} {}", "", "", more.join(" | "));
    }
    text
}

/// Declares something of this node's units.
///
/// # Errors
/// If the file cannot be read or is wrong, or the desk says no.
pub(crate) async fn declare(
    common: &Common,
    command: UnitsCommand,
    lang: Language,
) -> Result<(Value, String), Failure> {
    let (unit, change, into) = match command {
        UnitsCommand::Import { file } => return import(common, &file, lang).await,
        UnitsCommand::Add(new) => {
            let (areas, categories) = (new.area.join(" "), new.categories.join(" "));
            (new.code, Change::Add(wire::AddUnit { name: new.name, areas, categories, contact: new.contact }), None)
        }
        UnitsCommand::Rename { code, name } => (code, Change::Rename(wire::RenameUnit { name }), None),
        UnitsCommand::Merge { code, into } => (code, Change::Merge(wire::MergeUnit { into: into.clone() }), Some(into)),
        UnitsCommand::Close { code } => (code, Change::CloseUnit(wire::CloseUnit {}), None),
    };
    let mut caller = visit::desk(common).await?;
    let reply = caller.change_unit(wire::ChangeUnitRequest { unit, change: Some(change) }).await?;
    let value = json!({ "unit": reply.unit, "changed": reply.changed, "passed": reply.passed, "into": into });
    let passed = reply.passed.to_string();
    let text = match &into {
        Some(into) => {
            words::say("units.merged-done", lang, &[("unit", &reply.unit), ("into", into), ("passed", &passed)])
        }
        None if reply.changed => words::say("units.done", lang, &[("unit", &reply.unit)]),
        None => words::say("units.same", lang, &[("unit", &reply.unit)]),
    };
    Ok((value, text))
}

async fn import(common: &Common, path: &Path, lang: Language) -> Result<(Value, String), Failure> {
    let shown = path.display().to_string();
    let wrong = |why: String| Failure::Request(RequestError::File { path: shown.clone(), why });
    let most = REQUEST_BYTES_MAX.saturating_sub(AROUND);
    let mut file = Vec::new();
    let opened = std::fs::File::open(path).map_err(|error| wrong(error.to_string()))?;
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    opened.take(limit).read_to_end(&mut file).map_err(|error| wrong(error.to_string()))?;
    if file.len() > most {
        return Err(wrong(format!("longer than {most} bytes: split it; nothing was changed")));
    }
    let toml = Form::of_name(&shown) == Form::Toml;
    let mut caller = visit::desk(common).await?;
    let reply = caller.import_units(wire::ImportUnitsRequest { file, toml }).await?;
    if !reply.mistakes.is_empty() {
        return Err(Failure::Units(reply.mistakes));
    }
    let value = json!({ "added": reply.added, "changed": reply.changed, "unchanged": reply.unchanged });
    let facts = [reply.added, reply.changed, reply.unchanged].map(|number| number.to_string());
    let [added, changed, unchanged] = &facts;
    let facts = [("added", &**added), ("changed", changed), ("unchanged", unchanged)];
    Ok((value, words::say("units.imported", lang, &facts)))
}

//! The mirror, read: complaints by filter and one complaint's story.

use lintas::desk::listing::{list as as_table, listed};
use lintas::desk::name::ComplaintName;
use lintas::desk::story::{Reader, Story, linked, render};
use lintas::domain::complaint::DisplayState;
use lintas::domain::{ComplaintId, NodeId, UnitCode};
use lintas::store::database::Database;
use lintas::store::{ListFilter, Store};
use serde_json::json;

use crate::cli::{Filter, List};
use crate::database;
use crate::failure::Failure;
use crate::output::{Voice, ansi, width};
use crate::settings::Settings;

/// Shows complaints by filter.
///
/// # Errors
/// If an argument is wrong or the database cannot be read.
pub(crate) async fn list(settings: &Settings, arguments: &List, voice: Voice) -> Result<(), Failure> {
    let filter = filter(&arguments.filter, usize::from(arguments.limit))?;
    let limit = filter.limit;
    let store = database::reader(settings).await?;
    let (registry, found) = (database::registry(&store).await?, store.list(filter).await?);
    store.close().await;
    let value = json!({ "complaints": listed(&found, &registry), "more": found.len() >= limit });
    voice.answer(&value, &as_table(&found, &registry, voice.language, limit));
    Ok(())
}

/// The filter of a command.
///
/// # Errors
/// If an argument is wrong.
pub(crate) fn filter(arguments: &Filter, limit: usize) -> Result<ListFilter, Failure> {
    let argument = |argument, cause: String| Failure::Argument { argument, cause };
    let unit = arguments.unit.as_deref().map(UnitCode::parse).transpose();
    let node = |name, text: Option<&str>| {
        text.map(NodeId::parse).transpose().map_err(|error| argument(name, error.to_string()))
    };
    let states = arguments.state.iter().map(|name| {
        let found = DisplayState::ALL.iter().find(|state| state.name() == name).copied();
        let all: Vec<&str> = DisplayState::ALL.iter().map(|state| state.name()).collect();
        found.ok_or_else(|| argument("--state", format!("{name:?} is none of {}", all.join(", "))))
    });
    Ok(ListFilter {
        unit: unit.map_err(|error| argument("--unit", error.to_string()))?,
        states: states.collect::<Result<_, _>>()?,
        node: node("--node", arguments.node.as_deref())?,
        origin: node("--origin", arguments.origin.as_deref())?,
        late: arguments.late,
        linked: None,
        imported: arguments.imported,
        limit,
    })
}

/// Tells one complaint's story.
///
/// # Errors
/// If there is none of that name.
pub(crate) async fn show(settings: &Settings, name: &str, voice: Voice) -> Result<(), Failure> {
    let name = ComplaintName::parse(name)?;
    let store = database::reader(settings).await?;
    let id = resolve(&store, name).await?;
    let file = store.file(id).await?.ok_or(Failure::UnknownComplaint)?;
    let registry = database::registry(&store).await?;
    let links = linked(&store, &file).await?;
    store.close().await;
    let told = Story::of(&file, &registry, &settings.policy.timetable, voice.language, Reader::Exchange)
        .with_links(&links, &registry);
    voice.answer(&json!(told), &render(&told, width(), ansi()));
    Ok(())
}

async fn resolve(store: &Database, name: ComplaintName) -> Result<ComplaintId, Failure> {
    match name {
        ComplaintName::Id(id) => Ok(id),
        ComplaintName::Tracking(number) => store.find(number).await?.ok_or(Failure::UnknownComplaint),
        ComplaintName::Prefix(digits) => match store.find_prefix(&digits, 2).await?.as_slice() {
            [] => Err(Failure::UnknownComplaint),
            [only] => Ok(*only),
            [..] => Err(Failure::Ambiguous),
        },
    }
}

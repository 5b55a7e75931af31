//! Complaints as people read them: lists, and one complaint's story. The node's operators read the database itself, whether the node
//! runs or not; whoever has logged in asks the node. The reporter's identity is shown only when it is asked for.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use lintas::desk::listing::{list as as_table, listed};
use lintas::desk::service::told;
use lintas::desk::story::{Linked, Reader, Story, identity, render};
use lintas::desk::{ComplaintName, Desk, DeskError, Reporter};
use lintas::domain::complaint::DisplayState;
use lintas::domain::{NodeId, Registry, Starts, Timetable, UnitCode};
use lintas::protocol::desk::v1 as wire;
use lintas::regulations::timetable;
use lintas::runtime::OsEntropy;
use lintas::store::sqlite::SqliteStore;
use lintas::store::{File, ListFilter};
use lintas::words::{Language, say};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::cli::{Common, List, Shown};
use crate::failure::Failure;
use crate::keys;
use crate::output::clean;
use crate::settings::Settings;
use crate::visit::{self, Visit};

/// Width of a story where the terminal's is not known, in characters.
const WIDTH_DEFAULT: usize = 100;

async fn desk(settings: &Settings) -> Result<Desk<SqliteStore>, Failure> {
    let store = keys::reader(settings).await?;
    Ok(Desk::open(store, Arc::clone(&settings.clock), Arc::new(OsEntropy), keys::ring(settings)?)
        .await?
        .with_timetable(Arc::clone(&settings.timetable)))
}

/// Complaints by filter, for machines and for people.
///
/// # Errors
/// If an argument is wrong or the database cannot be read.
pub(crate) async fn list(common: &Common, list: List, lang: Language) -> Result<(Value, String), Failure> {
    let filter = filter(&list)?;
    let limit = filter.limit;
    let (registry, found) = match visit::reading(common).await? {
        Visit::Books(settings) => {
            let desk = desk(&settings).await?;
            (desk.registry().await?, desk.list(filter).await?)
        }
        Visit::Desk(mut caller) => {
            let List { unit, state, node, origin, late, imported, limit } = list;
            let request = wire::ListRequest { unit, states: state, node, origin, late, imported, limit };
            let units = caller.units(wire::UnitsRequest::default()).await?;
            (Arc::new(told::units(&units)), told::list(&caller.list(request).await?))
        }
    };
    let value = json!({ "complaints": listed(&found, &registry), "more": found.len() >= limit });
    Ok((value, as_table(&found, &registry, lang, limit)))
}

/// The filter of a command.
///
/// # Errors
/// If an argument is wrong.
pub(crate) fn filter(list: &List) -> Result<ListFilter, Failure> {
    let wrong = |name: &str, why: String| Failure::Argument(format!("--{name}: {why}"));
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let node = |name: &str, text: &str| {
        given(text).map(|text| NodeId::parse(&text)).transpose().map_err(|error| wrong(name, error.to_string()))
    };
    let states = list.state.iter().map(|name| {
        let known = DisplayState::ALL.iter().find(|state| state.name() == name).copied();
        let all: Vec<&str> = DisplayState::ALL.iter().map(|state| state.name()).collect();
        known.ok_or_else(|| wrong("state", format!("{name} is none of {}", all.join(", "))))
    });
    let unit = given(&list.unit).map(|text| UnitCode::parse(&text)).transpose();
    Ok(ListFilter {
        unit: unit.map_err(|error| wrong("unit", error.to_string()))?,
        states: states.collect::<Result<_, _>>()?,
        node: node("node", &list.node)?,
        origin: node("origin", &list.origin)?,
        late: list.late,
        linked: None,
        imported: list.imported,
        limit: usize::try_from(list.limit).unwrap_or(usize::MAX),
    })
}

/// How long each step may take. Whoever has no way to the settings is told by what is compiled in.
pub(crate) fn timetable_of(common: &Common) -> Arc<Timetable> {
    let settings = Settings::if_there(common).ok().flatten();
    settings.map_or_else(|| Arc::new(timetable(Starts::default())), |settings| settings.timetable)
}

/// One complaint's story, for machines and for people.
///
/// # Errors
/// If there is none of that name.
pub(crate) async fn show(common: &Common, shown: &Shown, lang: Language) -> Result<(Value, String), Failure> {
    let (registry, file, links) = file(common, shown).await?;
    let timetable = timetable_of(common);
    let story = Story::of(&file, &registry, &timetable, lang, Reader::Handler).with_links(&links, &registry);
    let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let mut text = render(&story, columns.unwrap_or(WIDTH_DEFAULT), std::io::stdout().is_terminal() && !plain);
    let mut value = json!(story);
    if shown.identity {
        let known = identity(&file);
        if let (Some(object), Some(reporter)) = (value.as_object_mut(), &known) {
            object.insert("reporter".to_owned(), json!(reporter));
        }
        let Reporter { name, phone, address, email } = known.unwrap_or_default();
        let dash = |text: String| if text.is_empty() { "-".to_owned() } else { clean(&text) };
        let facts = [dash(name), dash(phone), dash(address), dash(email)];
        let _ = writeln!(text, "\n{}: {}", say("who.reporter", lang, &[]), facts.join(", "));
    }
    Ok((value, text))
}

/// One complaint's file, and the names that stand in it.
///
/// # Errors
/// If there is none of that name.
pub(crate) async fn file(common: &Common, shown: &Shown) -> Result<(Arc<Registry>, File, Vec<Linked>), Failure> {
    let name = ComplaintName::parse(&shown.complaint).map_err(DeskError::from)?;
    Ok(match visit::reading(common).await? {
        Visit::Books(settings) => {
            let desk = desk(&settings).await?;
            let file = desk.show(&name).await?;
            let links = desk.linked(&file).await?;
            (desk.registry().await?, file, links)
        }
        Visit::Desk(mut caller) => {
            let reply = caller.show_all(&shown.complaint, shown.identity).await?;
            let (file, names) = told::file(&reply);
            (Arc::new(names), file, told::linked(&reply))
        }
    })
}

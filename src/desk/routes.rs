//! Whom to ask: puts what the books say of a complaint, the registry and the list of units before the router. The router decides
//! alone; nothing is written.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::directory::{read, registered};
use super::error::DeskError;
use super::office::Desk;
use crate::domain::directory::{Directory, Level, Office};
use crate::domain::event::Category;
use crate::domain::routing::{Case, Route, route};
use crate::domain::{Change, Complaint, Event, Reason, Registry, UnitCode, fold};
use crate::store::Store;
use crate::words::categories;

/// What the units are competent for, as the data say.
const UNITS: &[u8] = include_bytes!("../../data/units.csv");

/// A case, whom to ask, and the units as they stand.
#[derive(Clone, Debug)]
pub struct Routed {
    /// What was gone by.
    pub case: Case,
    /// Whom to ask, and who was left out.
    pub route: Route,
    /// The units.
    pub directory: Directory,
}

impl<S: Store> Desk<S> {
    /// Whom to ask about a complaint that is here.
    ///
    /// # Errors
    /// If there is none of that name, or it is not this caller's to read, or storage failed.
    pub async fn route(&self, name: &super::ComplaintName) -> Result<Routed, DeskError> {
        let file = self.show(name).await?;
        let events: Vec<Event> = file.events.into_iter().map(|filed| filed.event).collect();
        let complaint = fold(&events).ok_or(DeskError::UnknownComplaint)?;
        let registry = self.registry().await?;
        let case = case_of(&complaint, &events).ok_or_else(|| no_category(complaint.category.as_str()))?;
        Ok(routed(case, &registry))
    }

    /// Whom to ask about a case that nobody has filed yet.
    ///
    /// # Errors
    /// If nothing can be filed under that category, or storage failed.
    pub async fn route_case(
        &self,
        category: &Category,
        area: Option<&UnitCode>,
        about: Option<&UnitCode>,
    ) -> Result<Routed, DeskError> {
        let own = self.own_unit().territory();
        let case =
            Case::new(categories(), category, area.unwrap_or(&own)).ok_or_else(|| no_category(category.as_str()))?;
        Ok(routed(Case { about: about.cloned(), ..case }, &*self.registry().await?))
    }
}

fn no_category(given: &str) -> DeskError {
    let near: Vec<&str> = categories().nearest(given, 3).into_iter().map(|entry| entry.code.as_str()).collect();
    DeskError::Word { what: "category", given: given.to_owned(), allowed: format!("{}, …", near.join(", ")) }
}

fn routed(case: Case, registry: &Registry) -> Routed {
    let directory = directory(registry);
    let route = route(&directory, &case);
    Routed { case, route, directory }
}

/// The case that a complaint is. Where it happened is where it was filed, if nothing else is known.
fn case_of(complaint: &Complaint, events: &[Event]) -> Option<Case> {
    let filing = &complaint.filing;
    let filed = complaint.epochs.first().and_then(|epoch| epoch.holders.first()).map(UnitCode::territory);
    let area = filing.area.clone().or(filed).unwrap_or_else(UnitCode::root);
    let case = Case::new(categories(), &complaint.category, &area)?;
    let returned_by = events.iter().filter(|event| complaint.contains(&event.hash)).filter_map(returned);
    Some(Case {
        about: filing.about.clone(),
        returned_by: returned_by.collect(),
        holder: Some(complaint.unit().clone()),
        ..case
    })
}

/// The unit that says by an event that it is not competent.
fn returned(event: &Event) -> Option<UnitCode> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others say nothing of competence")]
    let says = match &event.header.change {
        Change::Return { .. } => true,
        Change::Disposed { reason, .. } | Change::Transfer { reason, .. } => *reason == Reason::NotMyAuthority,
        _ => false,
    };
    event.header.unit.clone().filter(|_| says)
}

/// The units that the registry lists, with what the data say of them; those that are only in the data are at home nowhere.
fn directory(registry: &Registry) -> Directory {
    static OFFICES: OnceLock<Vec<Office>> = OnceLock::new();
    // The file is compiled in, and a test reads it.
    let offices = OFFICES.get_or_init(|| read(UNITS).unwrap_or_default());
    let known: BTreeSet<&UnitCode> = offices.iter().map(|office| &office.code).collect();
    let others = registry.units().filter(|(code, _)| !known.contains(code)).map(|(code, entry)| Office {
        code: code.clone(),
        name: entry.name.clone(),
        level: level(code),
        areas: BTreeSet::new(),
        categories: BTreeSet::new(),
        closed: false,
        home: None,
    });
    registered(offices.iter().cloned().chain(others), registry).unwrap_or_default()
}

fn level(code: &UnitCode) -> Level {
    match code.kind() {
        "national" => Level::National,
        "province" => Level::Province,
        "city" => Level::City,
        "district" => Level::District,
        "village" => Level::Village,
        "ministry" => Level::Ministry,
        _ => Level::Agency,
    }
}

//! Whom to ask: puts what the books say of a complaint, and the units that the registry lists, before the router. The router decides
//! alone; nothing is written.

use super::error::DeskError;
use super::office::Desk;
use crate::domain::directory::{Directory, Level, Office};
use crate::domain::event::Category;
use crate::domain::routing::{Case, Route, route};
use crate::domain::{Change, Complaint, Event, Reason, Registry, UnitCode, fold};
use crate::store::Store;
use crate::words::categories;

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
        let registry = self.outlook().await?.ahead();
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
        Ok(routed(Case { about: about.cloned(), ..case }, &self.outlook().await?.ahead()))
    }
}

pub(super) fn no_category(given: &str) -> DeskError {
    let near: Vec<&str> = categories().nearest(given, 3).into_iter().map(|entry| entry.code.as_str()).collect();
    DeskError::Word { what: "category", given: given.to_owned(), allowed: format!("{}, …", near.join(", ")) }
}

fn routed(case: Case, registry: &Registry) -> Routed {
    let directory = directory(registry);
    let route = route(&directory, &case);
    Routed { case, route, directory }
}

/// The case that a complaint is. Where it happened is where it was filed, if nothing else is known.
pub(super) fn case_of(complaint: &Complaint, events: &[Event]) -> Option<Case> {
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

/// The units that the registry lists: what each is competent for, whether it was closed, and where it is at home, if that node may be
/// given complaints. One that only this node knows yet is at home nowhere.
#[must_use]
pub fn directory(registry: &Registry) -> Directory {
    let offices = registry.units().map(|(code, entry)| {
        let home = registry.home(code).filter(|node| registry.may_receive(node).is_ok());
        Office {
            code: code.clone(),
            name: entry.listing.name.clone(),
            level: Level::of(code),
            areas: entry.listing.areas.clone(),
            categories: entry.listing.categories.clone(),
            closed: entry.closed,
            home: home.filter(|_| !registry.is_waiting(code)),
        }
    });
    // The registry holds each code once.
    Directory::new(offices).unwrap_or_default()
}

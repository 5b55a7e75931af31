//! To whom a transfer goes: to whom it names, to the admin unit of another government, or to the router's first proposal. It reads;
//! whether the transfer can be done is the planner's.

use super::routes::{case_of, directory, no_category};
use super::{ComplaintName, Desk, DeskError};
use crate::domain::routing::{Case, route};
use crate::domain::{Event, Registry, UnitCode, fold};
use crate::store::Store;
use crate::words::{self, Language};

/// To whom a transfer goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Addressed {
    /// The unit.
    pub unit: UnitCode,
    /// Why, in words, if it is another than was named, or none was.
    pub reason: Option<String>,
}

impl<S: Store> Desk<S> {
    /// To whom a transfer of a complaint goes that names this unit, or none. Within another government that is its admin unit, whose
    /// code is the government's, unless the route names the unit. What is unknown, closed or complained of is left as it is: the
    /// planner refuses it, and says why.
    ///
    /// # Errors
    /// If there is no such complaint, or nobody of another body can be proposed.
    pub async fn address(
        &self,
        name: &ComplaintName,
        to: Option<UnitCode>,
        language: Language,
    ) -> Result<Addressed, DeskError> {
        let file = self.show(name).await?;
        let events: Vec<Event> = file.events.into_iter().map(|filed| filed.event).collect();
        let complaint = fold(&events).ok_or(DeskError::UnknownComplaint)?;
        let registry = self.outlook().await?.ahead();
        let case = case_of(&complaint, &events);
        let about = complaint.filing.about.as_ref();
        match (to, case) {
            (None, None) => Err(no_category(complaint.category.as_str())),
            (None, Some(case)) => proposed(&case, &registry, complaint.unit(), language),
            (Some(to), case) => Ok(named(to, case.as_ref(), &registry, (complaint.unit(), about), language)),
        }
    }
}

/// The router's first candidate of another body.
fn proposed(case: &Case, registry: &Registry, holder: &UnitCode, language: Language) -> Result<Addressed, DeskError> {
    let directory = directory(registry);
    let other = route(&directory, case).candidates.into_iter().find(|one| one.unit.government() != holder.government());
    let first = other.ok_or(DeskError::NobodyElse)?;
    let reason = Some(words::candidate(&first, case, &directory, language));
    Ok(Addressed { unit: first.unit, reason })
}

fn named(
    to: UnitCode,
    case: Option<&Case>,
    registry: &Registry,
    (holder, about): (&UnitCode, Option<&UnitCode>),
    language: Language,
) -> Addressed {
    let admin = to.government();
    let fits = |unit: &UnitCode| registry.is_live(unit) && !about.is_some_and(|about| about.implicates(unit));
    let elsewhere = admin != to && admin != holder.government() && admin != *holder;
    if !elsewhere || !fits(&to) || !fits(&admin) {
        return Addressed { unit: to, reason: None };
    }
    let routed = case.map(|case| route(&directory(registry), case)).unwrap_or_default();
    if routed.candidates.iter().any(|one| one.unit == to) {
        return Addressed { unit: to, reason: None };
    }
    let facts = [("asked", to.as_str()), ("unit", admin.as_str())];
    let reason = Some(words::say("transfer.admin-unit", language, &facts));
    Addressed { unit: admin, reason }
}

//! The bounds of whoever is at the desk: what `permission` says, asked before each use case, and what is left of a list. The node's
//! operator has none.

use super::action::{Action, ActionName};
use super::error::DeskError;
use super::office::Desk;
use super::options::Standing;
use super::permission::{Denial, Grant, Matter};
use crate::accounts::AccountError;
use crate::domain::{ComplaintId, Event, UnitCode, fold};
use crate::store::{File, ListFilter, Store, Summary, View};

/// Most complaints that are looked through for a list of those that an account may see.
const LOOKED_THROUGH_MAX: usize = 20_000;

impl<S: Store> Desk<S> {
    /// The node's own unit.
    pub(super) fn own_unit(&self) -> UnitCode {
        self.node.unit().cloned().unwrap_or_else(UnitCode::root)
    }

    /// Whether whoever is here may do something.
    pub(super) fn may(
        &self,
        action: ActionName,
        asks: impl FnOnce(&Grant<'_>) -> Result<(), Denial>,
    ) -> Result<(), DeskError> {
        let Some(holder) = self.actor().holder() else { return Ok(()) };
        let own = self.own_unit();
        asks(&Grant { role: holder.role, unit: &holder.unit, own: &own }).map_err(|denial| match denial {
            // Whoever is complained of does not learn that there is something.
            Denial::Accused => DeskError::UnknownComplaint,
            Denial::Role => DeskError::NotForRole { action, role: holder.role },
            Denial::Unit => DeskError::OutsideUnit { unit: holder.unit.clone() },
        })
    }

    /// Whether whoever is here may act on a complaint as a transaction has read it.
    pub(super) fn may_act(
        &self,
        view: &View,
        complaint: ComplaintId,
        action: &Action,
        unit: Option<&UnitCode>,
    ) -> Result<(), DeskError> {
        if self.actor().holder().is_none() {
            return Ok(());
        }
        let events = view.complaints.get(&complaint).map(Vec::as_slice).unwrap_or_default();
        let matter = matter(events)?;
        self.may(action.name(), |grant| grant.acts(&matter, action, unit))
    }

    /// Whether whoever is here may read a complaint.
    pub(super) fn may_read(&self, file: &File) -> Result<(), DeskError> {
        if self.actor().holder().is_none() {
            return Ok(());
        }
        let matter = matter(&events(file))?;
        self.may(ActionName::File, |grant| grant.reads(&matter)).map_err(|error| {
            // Reading is no action that could be named.
            if let DeskError::NotForRole { role, .. } = error {
                AccountError::NotAllowed { role }.into()
            } else {
                error
            }
        })
    }

    /// Leaves of what can be done now only what whoever is here may do. If storage fails it all stays: what was done is done, and
    /// each action is asked about again.
    pub(super) async fn narrow(&self, complaint: ComplaintId, standing: &mut Standing) {
        if self.actor().holder().is_some()
            && let Ok(Some(file)) = self.store.file(complaint).await
        {
            self.narrow_by(&file, standing);
        }
    }

    /// The same of a complaint at hand.
    pub(crate) fn narrow_by(&self, file: &File, standing: &mut Standing) {
        if self.actor().holder().is_none() {
            return;
        }
        let Ok(matter) = matter(&events(file)) else { return };
        standing.options.retain(|action| self.may(*action, |grant| grant.acts_by_name(&matter, *action, None)).is_ok());
    }

    /// Complaints by filter: of these, what whoever is here may read, and of an agency's account only what is held by it or below.
    ///
    /// # Errors
    /// If storage failed, or the account has nothing to do with complaints.
    pub async fn list(&self, filter: ListFilter) -> Result<Vec<Summary>, DeskError> {
        let Some(holder) = self.actor().holder() else { return Ok(self.store.list(filter).await?) };
        let Some(filter) = narrowed(filter, &holder.unit, &self.own_unit()) else { return Ok(Vec::new()) };
        let mut wanted = filter.limit;
        loop {
            let found = self.store.list(ListFilter { limit: wanted, ..filter.clone() }).await?;
            let whole = found.len() < wanted || wanted >= LOOKED_THROUGH_MAX;
            let mut shown = Vec::new();
            for summary in found {
                let Some(file) = self.store.file(summary.id).await? else { continue };
                match self.may_read(&file) {
                    Ok(()) => shown.push(summary),
                    Err(DeskError::UnknownComplaint | DeskError::OutsideUnit { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            if whole || shown.len() >= filter.limit {
                shown.truncate(filter.limit);
                return Ok(shown);
            }
            wanted = wanted.saturating_mul(2).min(LOOKED_THROUGH_MAX);
        }
    }
}

/// The filter within an account's unit; none if both have nothing in common.
fn narrowed(filter: ListFilter, unit: &UnitCode, own: &UnitCode) -> Option<ListFilter> {
    let unit = narrowed_unit(filter.unit.clone(), unit, own)?;
    Some(ListFilter { unit, ..filter })
}

/// The unit asked about within an account's unit; none if both have nothing in common. The node's own unit is everything here.
#[expect(clippy::option_option, reason = "no unit at all is another answer than every unit")]
pub(super) fn narrowed_unit(asked: Option<UnitCode>, unit: &UnitCode, own: &UnitCode) -> Option<Option<UnitCode>> {
    match asked {
        asked if unit == own => Some(asked),
        None => Some(Some(unit.clone())),
        Some(asked) if unit.contains(&asked) => Some(Some(asked)),
        Some(asked) if asked.contains(unit) => Some(Some(unit.clone())),
        Some(_) => None,
    }
}

fn matter(events: &[Event]) -> Result<Matter, DeskError> {
    let complaint = fold(events).ok_or(DeskError::UnknownComplaint)?;
    Ok(Matter::of(&complaint, events))
}

fn events(file: &File) -> Vec<Event> {
    file.events.iter().map(|filed| filed.event.clone()).collect()
}

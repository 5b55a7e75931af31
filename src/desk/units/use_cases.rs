//! What people do with the units of their node: take in a file, add, rename, merge, close. Each declares; the hub publishes.

use super::entry::Fields;
use super::file::{FileUnit, Read, UNITS_MAX, WrongLine};
use super::known::Outlook;
use super::plan::declare;
use crate::accounts::AccountError;
use crate::desk::action::{Action, ActionName};
use crate::desk::author::{self, Author};
use crate::desk::content;
use crate::desk::{Desk, DeskError};
use crate::domain::event::PublicName;
use crate::domain::registry::UnitEntry;
use crate::domain::{Change, ComplaintId, DisplayState, NodeId, Position, Reason, Registry, Role, UnitCode, Verdict};
use crate::store::{Changes, ListFilter, Store, View};

/// Rows that are looked at at a time.
const PAGE: usize = 500;

/// What was declared of one unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declared {
    /// Which.
    pub unit: UnitCode,
    /// Whether there was anything to declare.
    pub changed: bool,
}

/// What came of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Imported {
    /// Units that were new, or closed.
    pub added: usize,
    /// Units of which something is otherwise now.
    pub changed: usize,
    /// Units of which nothing is.
    pub unchanged: usize,
}

/// What came of a merger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Merged {
    /// The unit that is no more.
    pub unit: UnitCode,
    /// The one that has taken over.
    pub into: UnitCode,
    /// Complaints that were passed on.
    pub passed: usize,
}

impl<S: Store> Desk<S> {
    /// The registry, and what was declared here and waits for the hub.
    ///
    /// # Errors
    /// If storage failed.
    pub async fn outlook(&self) -> Result<Outlook, DeskError> {
        let registry = self.registry().await?;
        let hub = self.books().peer(NodeId::Hub).await?;
        let mut after = hub.map_or(Position::ZERO, |hub| hub.judged);
        let mut declared = Vec::new();
        loop {
            let rows = self.books().journal(self.node().clone(), after, PAGE).await?;
            let open = rows.iter().filter(|row| row.complaint.is_none() && row.verdict == Verdict::Provisional);
            let events = open.filter_map(|row| crate::journal::event(&row.bytes).ok());
            declared.extend(events.filter(|event| event.header.change.role() == Role::Declarer));
            match rows.last() {
                Some(last) if rows.len() == PAGE => after = last.position,
                Some(_) | None => return Ok(Outlook { registry, declared }),
            }
        }
    }

    /// Declares the units of a file that are new or otherwise than before: all, or none. Gives every mistake of the file instead, if
    /// there is one; then nothing was declared.
    ///
    /// # Errors
    /// If this account may not, too much waits for the hub already, or storage failed.
    pub async fn import_units(&self, read: Read) -> Result<Result<Imported, Vec<WrongLine>>, DeskError> {
        let plan = |view: &View, registry: &Registry, author: &Author| {
            let Read { units, mut wrong } = read;
            if let Some(beyond) = units.get(UNITS_MAX) {
                wrong.push(WrongLine {
                    line: beyond.line,
                    what: format!("a file holds at most {UNITS_MAX} units: split it"),
                });
            }
            let (mut done, mut wanted) = (Imported::default(), Vec::new());
            for unit in units {
                if let Err(error) = self.may_declare(registry, &unit.listing.unit) {
                    // Who may not declare anything at all is told so once, not line by line.
                    if matches!(error, DeskError::Account(_)) {
                        return Err(error);
                    }
                    wrong.push(WrongLine { line: unit.line, what: error.to_string() });
                    continue;
                }
                wanted.extend(self::wanted(unit, registry, &mut done));
            }
            wrong.sort();
            if !wrong.is_empty() {
                return Ok((Changes::default(), (Err(wrong), None)));
            }
            let (changes, end) = declare(view, registry, author, &self.acting(registry), wanted)?;
            Ok((changes, (Ok(done), end)))
        };
        let (done, end) = self.transact([].into(), |_: &View| None, plan).await?;
        if let Some(end) = end {
            self.wrote(end);
        }
        Ok(done)
    }

    /// Declares a unit that is not there yet, or was closed.
    ///
    /// # Errors
    /// If it is there already, is not at home here, is not as a unit must be, this account may not, or storage failed.
    pub async fn add_unit(&self, fields: Fields<'_>) -> Result<Declared, DeskError> {
        let listing = fields.listing().map_err(|wrong| {
            let (field, _) = wrong.first().cloned().unwrap_or_default();
            DeskError::UnitField { field, what: wrong.into_iter().map(|(_, what)| what).collect::<Vec<_>>().join("; ") }
        })?;
        self.declare_one(&listing.unit.clone(), |entry| match entry {
            Some(entry) if !entry.closed => Err(DeskError::UnitExists(listing.unit.clone())),
            Some(_) | None => Ok(Change::UnitDeclared(Box::new(listing))),
        })
        .await
    }

    /// Gives a unit another name; what else is known of it stays.
    ///
    /// # Errors
    /// If there is no such unit, it is closed or not at home here, the name is none, this account may not, or storage failed.
    pub async fn rename_unit(&self, unit: &UnitCode, name: &str) -> Result<Declared, DeskError> {
        let wrong = || DeskError::UnitField {
            field: "name",
            what: "a name is 1 to 120 characters without control characters".to_owned(),
        };
        let name = PublicName::parse(name).ok_or_else(wrong)?;
        let unknown = DeskError::unknown_unit(unit.as_str(), &self.outlook().await?.ahead());
        self.declare_one(unit, |entry| match entry {
            Some(entry) if entry.closed => Err(closed(unit, entry)),
            Some(entry) => Ok(Change::UnitDeclared(Box::new(crate::domain::Listing { name, ..entry.listing.clone() }))),
            None => Err(unknown),
        })
        .await
    }

    /// Closes a unit that holds no open complaints.
    ///
    /// # Errors
    /// If it holds some, is this node's own, is not there or not at home here, this account may not, or storage failed.
    pub async fn close_unit(&self, unit: &UnitCode) -> Result<Declared, DeskError> {
        self.may_retire(unit, None).await?;
        let count = self.open_at(unit).await?.len();
        if count > 0 {
            return Err(DeskError::UnitHolds { unit: unit.clone(), count });
        }
        self.retire(unit, None).await
    }

    /// Passes what a unit holds on to another, and closes it: the router and everybody else look for what it did there from then on.
    /// Each complaint is passed on by a disposition of its own, before; run again, it goes on where it was broken off.
    ///
    /// # Errors
    /// If a complaint cannot be passed on now (it waits for its reporter, a transfer is under way, or it is about the other unit),
    /// either unit is not there or not at home here, this account may not, or storage failed. What was passed on stays so.
    pub async fn merge_unit(&self, unit: &UnitCode, into: &UnitCode) -> Result<Merged, DeskError> {
        self.may_retire(unit, Some(into)).await?;
        let mut passed = self.pass_on(unit, into).await?;
        let left = self.open_at(unit).await?.len();
        if left > 0 {
            return Err(DeskError::UnitHolds { unit: unit.clone(), count: left });
        }
        self.retire(unit, Some(into)).await?;
        // From here on nothing is given to it at this desk; what came between the look and the word goes the same way.
        passed = passed.saturating_add(self.pass_on(unit, into).await?);
        Ok(Merged { unit: unit.clone(), into: into.clone(), passed })
    }

    /// One declaration, on what is known of the unit in the transaction.
    async fn declare_one(
        &self,
        unit: &UnitCode,
        choose: impl FnOnce(Option<&UnitEntry>) -> Result<Change, DeskError> + Send,
    ) -> Result<Declared, DeskError> {
        let plan = |view: &View, registry: &Registry, author: &Author| {
            self.may_declare(registry, unit)?;
            let change = choose(registry.unit(unit))?;
            let wanted = if registry.says_already(&change) { Vec::new() } else { vec![change] };
            declare(view, registry, author, &self.acting(registry), wanted)
        };
        let end = self.transact([].into(), |_: &View| None, plan).await?;
        if let Some(end) = end {
            self.wrote(end);
        }
        Ok(Declared { unit: unit.clone(), changed: end.is_some() })
    }

    async fn retire(&self, unit: &UnitCode, into: Option<&UnitCode>) -> Result<Declared, DeskError> {
        let change = Change::UnitRetired { unit: unit.clone(), into: into.cloned() };
        self.declare_one(unit, |_| Ok(change)).await
    }

    /// Whether a unit may be closed, and another take over.
    async fn may_retire(&self, unit: &UnitCode, into: Option<&UnitCode>) -> Result<(), DeskError> {
        let ahead = self.outlook().await?.ahead();
        let entry = ahead.unit(unit).ok_or_else(|| DeskError::unknown_unit(unit.as_str(), &ahead))?;
        self.may_declare(&ahead, unit)?;
        if *unit == self.own_unit() {
            return Err(DeskError::OwnUnit(unit.clone()));
        }
        if entry.closed && entry.into.as_ref() != into {
            return Err(closed(unit, entry));
        }
        let Some(into) = into else { return Ok(()) };
        if into == unit {
            return Err(DeskError::MergeSelf(unit.clone()));
        }
        let other = ahead.unit(into).ok_or_else(|| DeskError::unknown_unit(into.as_str(), &ahead))?;
        self.may_declare(&ahead, into)?;
        if ahead.is_waiting(into) {
            return Err(DeskError::UnitWaits(into.clone()));
        }
        if other.closed { Err(closed(into, other)) } else { Ok(()) }
    }

    /// Whether whoever is here may declare something of a unit, and this node may.
    fn may_declare(&self, registry: &Registry, unit: &UnitCode) -> Result<(), DeskError> {
        let home = registry.home(unit);
        if home.as_ref() != Some(self.node()) {
            return Err(DeskError::UnitElsewhere { unit: unit.clone(), home });
        }
        self.may(ActionName::Dispose, |grant| grant.declares(unit)).map_err(|error| {
            // It is no action on a complaint that could be named.
            if let DeskError::NotForRole { role, .. } = error {
                AccountError::NotAllowed { role }.into()
            } else {
                error
            }
        })
    }

    /// In whose name it is declared: the account's unit, or the node's own.
    fn acting(&self, registry: &Registry) -> UnitCode {
        let listed = |unit: &UnitCode| registry.is_home_at(unit, self.node(), registry.position());
        let holder = self.actor().holder().map(|holder| holder.unit.clone());
        holder.filter(listed).unwrap_or_else(|| self.own_unit())
    }

    /// The complaints that a unit holds here and that have not ended; not those of units below it.
    async fn open_at(&self, unit: &UnitCode) -> Result<Vec<ComplaintId>, DeskError> {
        let ended = [DisplayState::Closed, DisplayState::Archived];
        let states = DisplayState::ALL.iter().copied().filter(|state| !ended.contains(state)).collect();
        let (unit_of, node) = (Some(unit.clone()), Some(self.node().clone()));
        let filter = ListFilter { unit: unit_of, node, states, limit: PAGE, ..ListFilter::default() };
        let (mut open, mut after) = (Vec::new(), None);
        loop {
            let page = self.books().filed(filter.clone(), after).await?;
            open.extend(page.iter().filter(|summary| summary.unit == *unit).map(|summary| summary.id));
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some((last.filed_at, last.id)),
                Some(_) | None => return Ok(open),
            }
        }
    }

    /// Disposes what a unit holds to another, each in a transaction of its own; what cannot be now stays. Returns how many went.
    async fn pass_on(&self, unit: &UnitCode, into: &UnitCode) -> Result<usize, DeskError> {
        let mut passed = 0_usize;
        for complaint in self.open_at(unit).await? {
            let action = Action::Dispose { unit: into.clone(), reason: Reason::Competent };
            let parts = content::of_action(&action, "", &*self.entropy)?;
            let parts = content::signed(parts, self.actor(), &*self.entropy)?;
            let plan = |view: &View, registry: &Registry, author: &Author| {
                author::take(view, registry, author, complaint, None, &action, parts)
            };
            let span = self.begin(ActionName::Dispose, None);
            match self.write(complaint, ActionName::Dispose, Some(span), plan).await {
                Ok(_) => passed = passed.saturating_add(1),
                Err(error @ (DeskError::Store(_) | DeskError::Revoked | DeskError::NoRegistry)) => return Err(error),
                // It stays where it is, and is counted there.
                Err(error) => tracing::info!(%complaint, %unit, code = error.code(), "is not passed on now"),
            }
        }
        Ok(passed)
    }
}

/// The declaration that a unit of a file needs, if it needs one.
fn wanted(unit: FileUnit, registry: &Registry, done: &mut Imported) -> Option<Change> {
    let known = registry.unit(&unit.listing.unit);
    let listing = unit.over(known.map(|entry| &entry.listing));
    let count = match known {
        Some(entry) if !entry.closed && entry.listing == listing => &mut done.unchanged,
        Some(entry) if !entry.closed => &mut done.changed,
        Some(_) | None => &mut done.added,
    };
    *count = count.saturating_add(1);
    let change = Change::UnitDeclared(Box::new(listing));
    (!registry.says_already(&change)).then_some(change)
}

fn closed(unit: &UnitCode, entry: &UnitEntry) -> DeskError {
    DeskError::ClosedUnit { unit: unit.clone(), into: entry.into.clone(), lead: super::Lead::default() }
}

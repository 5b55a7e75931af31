//! The plan of one transaction that takes complaints over: each is filed, marked and brought to its state by the desk's own
//! planner. One that is here already gets what was still missing, if nothing else has happened to it; else nothing. Pure.

use crate::desk::author::{self, Author};
use crate::desk::content;
use crate::desk::error::DeskError;
use crate::domain::{
    Change, ComplaintId, DisplayState, Event, Filing, Position, Registry, TrackingNumber, UnitCode, fold,
};
use crate::journal::{self, Part};
use crate::runtime::{Entropy, random_bytes};
use crate::store::{Changes, View};
use crate::words::Language;

use super::item::{Item, Step};

/// The name of the change that files a complaint.
const FILED: &str = "filed";

/// What became of a complaint that was to be taken over.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    /// It was filed.
    New,
    /// It was here, and what was still missing was written.
    Continued,
    /// It was here; nothing was written.
    Known,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::New, Self::Continued, Self::Known];

    /// The name on the command line and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Continued => "continued",
            Self::Known => "known",
        }
    }
}

/// A complaint that was taken over, or is here already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    /// Its id.
    pub complaint: ComplaintId,
    /// What its reporter keeps.
    pub tracking: TrackingNumber,
    /// What was done.
    pub outcome: Outcome,
    /// Where it stands now.
    pub state: DisplayState,
}

/// A complaint with all that chance and the clock give it, ready for the planner.
pub(in crate::desk) struct Prepared {
    pub(in crate::desk) complaint: ComplaintId,
    filing: Filing,
    unit: UnitCode,
    filing_parts: Vec<Part>,
    mark_parts: Vec<Part>,
    steps: Vec<(Step, Vec<Part>)>,
}

/// Draws what a complaint needs and holds its texts against the limits.
///
/// # Errors
/// If a text is too long or missing, or an anonymous complaint comes with an identity.
pub(in crate::desk) fn prepare(
    item: &Item,
    own: &UnitCode,
    id: impl FnOnce(&[u8; 16]) -> ComplaintId,
    nonce: [u8; 16],
    language: Language,
    entropy: &dyn Entropy,
) -> Result<Prepared, DeskError> {
    let new = &item.filing;
    let filing = Filing {
        nonce,
        tracking: TrackingNumber::from_random(u64::from_be_bytes(random_bytes(entropy))),
        class: new.class,
        channel: new.channel,
        on_behalf: new.on_behalf,
        visibility: new.visibility,
        category: new.category.clone(),
        about: new.about.clone(),
    };
    let steps = item.steps(own, language).into_iter().map(|step| {
        let parts = content::of_step(&step.action, &step.texts, entropy)?;
        Ok((step, parts))
    });
    Ok(Prepared {
        complaint: id(&nonce),
        filing,
        unit: item.filing_unit(own),
        filing_parts: content::of_filing(new, entropy)?,
        mark_parts: content::of_original(&item.original, entropy)?,
        steps: steps.collect::<Result<_, DeskError>>()?,
    })
}

/// Plans the taking over of complaints, in their order.
///
/// # Errors
/// At the first that cannot be filed, or brought to its state; then nothing is written.
pub(in crate::desk) fn plan(
    view: &View,
    registry: &Registry,
    author: &Author,
    prepared: Vec<Prepared>,
) -> Result<(Changes, Vec<Taken>, Position), DeskError> {
    let mut work = Work { view: view.clone(), registry, author, changes: Changes::default() };
    let taken = prepared.into_iter().map(|one| work.take(one)).collect::<Result<Vec<_>, _>>()?;
    let Work { view, changes, .. } = work;
    Ok((changes, taken, view.own.written))
}

/// The transaction in the making.
struct Work<'a> {
    /// As it will be read once what is planned so far is written.
    view: View,
    registry: &'a Registry,
    author: &'a Author,
    changes: Changes,
}

impl Work<'_> {
    fn take(&mut self, one: Prepared) -> Result<Taken, DeskError> {
        let Prepared { complaint, filing, unit, filing_parts, mark_parts, steps } = one;
        let events = self.view.complaints.get(&complaint).map(Vec::as_slice).unwrap_or_default();
        let outcome = match self.written_so_far(events, &steps) {
            Some(0) => Outcome::New,
            Some(written) if written < steps.len().saturating_add(2) => Outcome::Continued,
            Some(_) | None => return self.taken(complaint, Outcome::Known),
        };
        let written = events.len();
        let (registry, author) = (self.registry, self.author);
        if written < 1 {
            let planned = author::file(&self.view, registry, author, &unit, filing, filing_parts)?;
            self.add(complaint, planned.0);
        }
        if written < 2 {
            let planned = author::mark_imported(&self.view, registry, author, complaint, mark_parts)?;
            self.add(complaint, planned.0);
        }
        for (step, parts) in steps.into_iter().skip(written.saturating_sub(2)) {
            let (unit, action) = (Some(&step.unit), &step.action);
            let planned = author::act(&self.view, registry, author, complaint, unit, action, parts)?;
            self.add(complaint, planned.0);
        }
        self.taken(complaint, outcome)
    }

    /// How many of the events that are to be written stand here: filing, mark, steps. None if something else has happened to the
    /// complaint, so that it is to be left alone.
    fn written_so_far(&self, events: &[Event], steps: &[(Step, Vec<Part>)]) -> Option<usize> {
        let first = [FILED, Change::Imported.name()];
        let mut names = first.into_iter().chain(steps.iter().map(|(step, _)| step.change.name()));
        for event in events {
            let expected = names.next()?;
            if event.header.node != self.author.node || event.header.change.name() != expected {
                return None;
            }
        }
        Some(events.len())
    }

    /// Takes what was planned into account for what comes after it.
    fn add(&mut self, complaint: ComplaintId, changes: Changes) {
        for entry in &changes.entries {
            self.view.own.written = entry.position;
            if let Ok(event) = journal::event(&entry.sealed.bytes) {
                self.view.complaints.entry(complaint).or_default().push(event);
            }
        }
        self.view.own.cited = self.view.own.cited.max(changes.cited.unwrap_or_default());
        self.changes.entries.extend(changes.entries);
        self.changes.cited = self.changes.cited.max(changes.cited);
        // Only the last of each complaint says how it stands.
        self.changes.summaries.retain(|summary| summary.id != complaint);
        self.changes.summaries.extend(changes.summaries);
    }

    fn taken(&self, complaint: ComplaintId, outcome: Outcome) -> Result<Taken, DeskError> {
        let events = self.view.complaints.get(&complaint).map(Vec::as_slice).unwrap_or_default();
        let folded = fold(events).ok_or(DeskError::UnknownComplaint)?;
        Ok(Taken { complaint, tracking: folded.filing.tracking, outcome, state: folded.display() })
    }
}

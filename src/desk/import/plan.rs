//! The plan of one transaction that takes complaints over: each is filed, marked and brought to its state by the desk's own
//! planner. One that is here already gets what was still missing, if nothing else has happened to it; else nothing. Pure.

use std::collections::BTreeSet;

use crate::desk::author::{self, Author};
use crate::desk::content;
use crate::desk::error::DeskError;
use crate::domain::{
    Change, ComplaintId, DisplayState, Event, EventHash, Filing, Header, Position, Registry, Role, TrackingNumber,
    UnitCode, fold,
};
use crate::journal::{self, Part};
use crate::runtime::{Entropy, random_bytes};
use crate::store::{Changes, View};
use crate::words::Language;

use super::item::{Item, Step};

/// What became of a complaint that was to be taken over.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    /// It was filed.
    New,
    /// It was here, and what was still missing was written.
    Continued,
    /// It was here; nothing was written.
    Known,
    /// It was here, and the other system has a newer state of it, to which it cannot go on: somebody has worked on it here, or it
    /// went another way there. Nothing was written.
    NotFollowed,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::New, Self::Continued, Self::Known, Self::NotFollowed];

    /// The name on the command line and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Continued => "continued",
            Self::Known => "known",
            Self::NotFollowed => "not-followed",
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
    holder: UnitCode,
    filing_parts: Vec<Part>,
    mark_parts: Vec<Part>,
    steps: Vec<(Step, Vec<Part>)>,
    ends: DisplayState,
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
        area: new.told_area(),
    };
    let steps = item.steps(own, language).into_iter().map(|step| {
        let parts = content::of_step(&step.action, &step.texts, entropy)?;
        Ok((step, parts))
    });
    Ok(Prepared {
        complaint: id(&nonce),
        filing,
        unit: item.filing_unit(own),
        holder: item.holder(own),
        filing_parts: content::of_filing(new, entropy)?,
        mark_parts: content::of_original(&item.original, entropy)?,
        steps: steps.collect::<Result<_, DeskError>>()?,
        ends: item.ends_as(),
    })
}

impl Prepared {
    /// The same with what `sign` adds beside each event.
    ///
    /// # Errors
    /// As `sign`.
    pub(in crate::desk) fn signed(
        self,
        sign: impl Fn(Vec<Part>) -> Result<Vec<Part>, DeskError>,
    ) -> Result<Self, DeskError> {
        let steps = self.steps.into_iter().map(|(step, parts)| Ok((step, sign(parts)?)));
        Ok(Self {
            filing_parts: sign(self.filing_parts)?,
            mark_parts: sign(self.mark_parts)?,
            steps: steps.collect::<Result<_, DeskError>>()?,
            ..self
        })
    }
}

/// Plans the taking over of complaints, in their order. `marked` are the events here that a taking over has written.
///
/// # Errors
/// At the first that cannot be filed, or brought to its state; then nothing is written.
pub(in crate::desk) fn plan(
    view: &View,
    registry: &Registry,
    author: &Author,
    prepared: Vec<Prepared>,
    marked: &BTreeSet<EventHash>,
) -> Result<(Changes, Vec<Taken>, Position), DeskError> {
    let mut work = Work { view: view.clone(), registry, author, marked, changes: Changes::default() };
    let taken = prepared.into_iter().map(|one| work.take(one)).collect::<Result<Vec<_>, _>>()?;
    let Work { view, changes, .. } = work;
    Ok((changes, taken, view.own.written))
}

/// Whether an event is more than the grants that go with another.
fn is_a_step(event: &Event) -> bool {
    event.header.change.role() != Role::Granter
}

/// The transaction in the making.
struct Work<'a> {
    /// As it will be read once what is planned so far is written.
    view: View,
    registry: &'a Registry,
    author: &'a Author,
    marked: &'a BTreeSet<EventHash>,
    changes: Changes,
}

/// The steps of a complaint that was filed by its holder itself, when the other system had not disposed of it yet.
fn without_disposition(steps: Vec<(Step, Vec<Part>)>, unit: &UnitCode, holder: &UnitCode) -> Vec<(Step, Vec<Part>)> {
    let left = steps.into_iter().filter(|(step, _)| !matches!(step.change, Change::Disposed { .. }));
    let own = |(step, parts): (Step, Vec<Part>)| {
        let by = if step.unit == *unit { holder.clone() } else { step.unit };
        (Step { unit: by, ..step }, parts)
    };
    left.map(own).collect()
}

/// How far a complaint has been taken over.
struct Progress {
    /// Steps that were done.
    done: usize,
    /// Whether nothing but the taking over has happened to it.
    alone: bool,
}

impl Work<'_> {
    fn take(&mut self, one: Prepared) -> Result<Taken, DeskError> {
        let Prepared { complaint, filing, unit, holder, filing_parts, mark_parts, steps, ends } = one;
        let stored = self.view.complaints.get(&complaint).map(Vec::as_slice).unwrap_or_default();
        // Grants go with other events, and are no steps.
        let events: Vec<Event> = stored.iter().filter(|event| is_a_step(event)).cloned().collect();
        let events = &events[..];
        let written = events.len();
        let by = events.first().and_then(|filed| filed.header.unit.as_ref());
        let (steps, fits) = match by {
            Some(by) if *by != unit && *by == holder => (without_disposition(steps, &unit, &holder), true),
            Some(by) => (steps, *by == unit),
            None => (steps, true),
        };
        let Progress { done, alone } = self.progress(events, &steps);
        let alone = alone && fits;
        let (missing, stands) = (written < 2 || done < steps.len(), fold(events).map(|folded| folded.display()));
        let outcome = match stands {
            None => Outcome::New,
            Some(_) if missing && alone => Outcome::Continued,
            Some(state) if missing && state != ends => return self.taken(complaint, Outcome::NotFollowed),
            Some(_) => return self.taken(complaint, Outcome::Known),
        };
        let (registry, author) = (self.registry, self.author);
        if written < 1 {
            let planned = author::file(&self.view, registry, author, &unit, filing, filing_parts)?;
            self.add(complaint, planned.0);
        }
        if written < 2 {
            let planned = author::mark_imported(&self.view, registry, author, complaint, mark_parts)?;
            self.add(complaint, planned.0);
        }
        for (step, parts) in steps.into_iter().skip(done) {
            let (unit, action) = (Some(&step.unit), &step.action);
            let planned = author::act(&self.view, registry, author, complaint, unit, action, parts)?;
            self.add(complaint, planned.0);
        }
        self.taken(complaint, outcome)
    }

    /// How far the events of a complaint are those that are to be written: filing, mark, steps. Follow-ups are no steps on the way
    /// to another state: one that a taking over wrote may be missing now, and one that is to be written may come too late.
    fn progress(&self, events: &[Event], steps: &[(Step, Vec<Part>)]) -> Progress {
        let mut done = 0_usize;
        let step = |at: usize| steps.get(at).map(|(step, _)| step);
        let follows_up = |at: usize| step(at).is_some_and(|step| step.change == Change::FollowedUp);
        for (event, place) in events.iter().zip(0_usize..) {
            let Header { change, unit, node, .. } = &event.header;
            let is =
                |at: usize| step(at).is_some_and(|step| step.change == *change && Some(&step.unit) == unit.as_ref());
            let next = done.saturating_add(1);
            let taken_over = *node == self.author.node
                && match place {
                    0 => matches!(change, Change::Filed(_)),
                    1 => *change == Change::Imported,
                    _ => self.marked.contains(&event.hash),
                };
            if !taken_over {
                return Progress { done, alone: false };
            }
            if place < 2 {
                continue;
            }
            if is(done) {
                done = next;
            } else if follows_up(done) && is(next) {
                done = next.saturating_add(1);
            } else if *change != Change::FollowedUp {
                return Progress { done, alone: false };
            }
        }
        Progress { done, alone: true }
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

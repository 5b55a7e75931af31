//! What there is to tell of one step: read off the complaint's file at the moment of sending, as the file stood when the step was stored.
//! Personal; it is kept nowhere.

use std::fmt;

use crate::desk::story::{self, Reader, Story};
use crate::domain::{
    Change, Complaint, DisplayState, Event, EventHash, Outcome, PartKind, Registry, Step, Timestamp, Timetable,
    TrackingNumber, UnitCode, Visibility, fold,
};
use crate::store::{File, FiledEvent, Notice};
use crate::words::Language;

/// Who the reporter is, as far as mail goes.
#[derive(Clone, PartialEq, Eq)]
pub enum Reached {
    /// At this address.
    At(String),
    /// No address was given, or it was destroyed.
    Nowhere,
    /// What was given cannot be read here.
    Unreadable,
}

/// What there is to tell of one step.
#[derive(Clone, PartialEq, Eq)]
pub struct Facts {
    /// The step.
    pub step: Step,
    /// When, as its event says.
    pub at: Timestamp,
    /// What the reporter keeps.
    pub tracking: TrackingNumber,
    /// Who may know what.
    pub visibility: Visibility,
    /// Who answers for it.
    pub unit: UnitCode,
    /// The same with its public name.
    pub unit_name: String,
    /// Where it stands.
    pub state: DisplayState,
    /// The last day for what the reporter may do now, as YYYY-MM-DD, if one is laid down.
    pub last_day: Option<String>,
    /// What an officer wrote beside it; only of a complaint that is not confidential.
    pub text: Option<String>,
    /// Where the reporter is reached.
    pub reporter: Reached,
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts").field("step", &self.step).field("tracking", &self.tracking).finish_non_exhaustive()
    }
}

impl Facts {
    /// What there is to tell of a notice, out of the opened file of its complaint; none if what it tells counts for nothing any more.
    #[must_use]
    pub fn of(
        file: &File,
        notice: &Notice,
        registry: &Registry,
        timetable: &Timetable,
        language: Language,
    ) -> Option<Self> {
        let events: Vec<Event> = file.events.iter().map(|filed| filed.event.clone()).collect();
        if fold(&events)?.outcomes.get(&notice.event) != Some(&Outcome::Counted) {
            return None;
        }
        // As it stood then, so that it is told the same however late.
        let upto = file.events.iter().position(|filed| filed.event.hash == notice.event)?;
        let then = File { events: file.events.get(..=upto)?.to_vec(), summary: None };
        let complaint = fold(events.get(..=upto)?)?;
        let event = &then.events.last()?.event;
        let story = Story::of(&then, registry, timetable, language, Reader::Handler);
        let last_day = story.now.as_ref().and_then(|now| now.due.as_ref()?.last_day.clone());
        let waits = matches!(notice.step, Step::Responded | Step::Deferred);
        Some(Self {
            step: notice.step,
            at: event.header.time,
            tracking: complaint.filing.tracking,
            visibility: complaint.filing.visibility,
            unit: complaint.unit().clone(),
            unit_name: story.now.map_or_else(|| complaint.unit().to_string(), |now| now.unit.to_string()),
            state: complaint.display(),
            last_day: last_day.filter(|_| waits),
            text: text(file, &complaint, event),
            reporter: reached(file, &complaint.filed),
        })
    }
}

/// What was written beside an event, or beside the late one that it adopts.
fn text(file: &File, complaint: &Complaint, event: &Event) -> Option<String> {
    if complaint.filing.visibility != Visibility::Open {
        return None;
    }
    let own = note(file, &event.hash);
    let adopted = || if let Change::Adopted { event } = event.header.change { note(file, &event) } else { None };
    own.or_else(adopted)
}

/// The note beside an event, if it can be read here.
pub(super) fn note(file: &File, hash: &EventHash) -> Option<String> {
    let filed = find(file, hash)?;
    let part = filed.parts.iter().find(|part| part.kind == PartKind::Note)?;
    let text = String::from_utf8_lossy(part.content()?).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

pub(super) fn find<'a>(file: &'a File, hash: &EventHash) -> Option<&'a FiledEvent> {
    file.events.iter().find(|filed| filed.event.hash == *hash)
}

fn reached(file: &File, filed: &EventHash) -> Reached {
    let parts = find(file, filed).map(|filed| filed.parts.as_slice()).unwrap_or_default();
    let Some(part) = parts.iter().find(|part| part.kind == PartKind::Identity) else { return Reached::Nowhere };
    if part.content().is_none() {
        return Reached::Unreadable;
    }
    match story::identity(file) {
        Some(reporter) if reporter.email.is_empty() => Reached::Nowhere,
        Some(reporter) => Reached::At(reporter.email),
        None => Reached::Unreadable,
    }
}

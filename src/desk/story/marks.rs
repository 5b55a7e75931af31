//! What is to be known of an event beside what it says: provisional, late, refused, granted, taken back. It reads verdicts
//! and the fold's outcomes; it judges nothing.

use serde::Serialize;

use super::Told;
use crate::domain::{Change, Complaint, EventHash, Outcome, Verdict};
use crate::store::FiledEvent;
use crate::words::Word;

/// A mark beside an event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Mark {
    /// Its stable code, such as `mark.provisional`.
    pub code: &'static str,
    /// What it says.
    pub text: String,
}

pub(super) fn of(told: &Told<'_>, filed: &FiledEvent) -> Vec<Mark> {
    let mark = |code, facts: &[(&str, &str)]| Mark { code, text: told.say(code, facts) };
    let reason = |text: &str| [("reason", text.to_owned())];
    let with = |code, text: &str| {
        let facts = reason(text);
        mark(code, &facts.each_ref().map(|(name, fact)| (*name, fact.as_str())))
    };
    let language = told.language;
    let event = &filed.event;
    let proposal = event.header.change.is_proposal();
    match filed.verdict {
        Verdict::Late if is_adopted(told, &event.hash) => vec![mark("mark.late-adopted", &[])],
        Verdict::Late => vec![mark("mark.late", &[])],
        Verdict::Refused(refusal) => vec![with("mark.refused", refusal.in_words(language))],
        Verdict::Inadmissible(why) => vec![with("mark.inadmissible", why.in_words(language))],
        Verdict::Held => vec![mark("mark.held", &[])],
        Verdict::Applied if proposal => fate(told, &event.hash),
        Verdict::Applied if is_early(told, &event.hash) => vec![mark("mark.early", &[])],
        Verdict::Applied => Vec::new(),
        Verdict::Provisional => {
            let outcome = told.complaint.as_ref().and_then(|complaint| complaint.outcomes.get(&event.hash));
            match outcome {
                Some(Outcome::Counted) if proposal => fate(told, &event.hash),
                Some(Outcome::Counted) if matches!(event.header.change, Change::TakeBack { .. }) => {
                    vec![mark("mark.asked-to-take-back", &[])]
                }
                Some(Outcome::Refused(refusal)) => {
                    vec![mark("mark.provisional", &[]), with("mark.expected-refused", refusal.in_words(language))]
                }
                Some(Outcome::Late) => vec![mark("mark.provisional", &[]), mark("mark.expected-late", &[])],
                Some(Outcome::Counted | Outcome::Inadmissible(_) | Outcome::Held | Outcome::Waiting) | None => {
                    vec![mark("mark.provisional", &[])]
                }
            }
        }
    }
}

/// What became of a proposal that counts.
fn fate(told: &Told<'_>, proposal: &EventHash) -> Vec<Mark> {
    let (code, why) = fate_of(told, proposal);
    let facts: &[(&str, &str)] = &[("reason", why)];
    vec![Mark { code, text: told.say(code, facts) }]
}

fn fate_of(told: &Told<'_>, proposal: &EventHash) -> (&'static str, &'static str) {
    for filed in &told.file.events {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others end no proposal")]
        match &filed.event.header.change {
            Change::Moved(moved) if moved.proposal == Some(*proposal) => return ("mark.granted", ""),
            Change::MoveRefused { proposal: named, reason, .. } if named == proposal => {
                return ("mark.move-refused", reason.in_words(told.language));
            }
            _ => {}
        }
    }
    match taken_back(told, proposal) {
        Some(Verdict::Provisional) => ("mark.asked-to-take-back", ""),
        Some(_) => ("mark.taken-back", ""),
        None if told.complaint.as_ref().is_some_and(|c| is_pending(c, proposal)) => ("mark.pending", ""),
        None => ("mark.superseded", ""),
    }
}

fn is_pending(complaint: &Complaint, proposal: &EventHash) -> bool {
    complaint.epoch().pending == Some(*proposal)
}

/// The verdict on the event that takes a proposal back, if one does.
pub(super) fn taken_back(told: &Told<'_>, proposal: &EventHash) -> Option<Verdict> {
    let outcomes = &told.complaint.as_ref()?.outcomes;
    let takes = told.file.events.iter().find(|filed| {
        let names = matches!(filed.event.header.change, Change::TakeBack { proposal: named } if named == *proposal);
        names && outcomes.get(&filed.event.hash) == Some(&Outcome::Counted)
    });
    takes.map(|filed| filed.verdict)
}

/// Whether the hub moved it upwards before it was due, as far as is known here.
fn is_early(told: &Told<'_>, event: &EventHash) -> bool {
    let events: Vec<_> = told.file.events.iter().map(|filed| filed.event.clone()).collect();
    !told.timetable.was_due(&events, *event)
}

fn is_adopted(told: &Told<'_>, late: &EventHash) -> bool {
    let Some(complaint) = &told.complaint else { return false };
    told.file.events.iter().any(|filed| {
        let adopts = matches!(filed.event.header.change, Change::Adopted { event } if event == *late);
        adopts && complaint.outcomes.get(&filed.event.hash) == Some(&Outcome::Counted)
    })
}

//! One complaint's whole story across nodes: who did what and when, in words, and where it stands now. A pure function of the
//! stored file; it never shows who the reporter is.

mod head;
mod linked;
mod marks;
mod now;
mod order;
mod paint;
mod step;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use super::Reporter;
use crate::domain::{
    Complaint, Event, EventHash, NodeId, PartKind, Registry, Role, Timetable, UnitCode, Visibility, fold,
};
use crate::store::{File, FiledEvent};
use crate::words::{Language, say};

pub use head::Head;
pub use linked::{How, LINKED_MAX, LinkTold, Linked, linked};
pub use marks::Mark;
pub use now::{Now, Pending};
pub use paint::render;
pub use step::{Opened, Step, Text};

/// Whose eyes the story is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reader {
    /// A node that handles it: all but the reporter's identity.
    Handler,
    /// The hub, which routes and oversees: nothing of the content of a confidential complaint either.
    Exchange,
}

/// A complaint's story in one language.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Story {
    /// The language of its texts.
    pub language: Language,
    /// What it is about.
    pub head: Head,
    /// What happened, causes before effects.
    pub steps: Vec<Step>,
    /// Where it stands; none if the filing is not stored here.
    pub now: Option<Now>,
    /// Complaints that have to do with it.
    pub links: Vec<LinkTold>,
}

/// A unit or node with its public name, as far as the registry knows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Named {
    /// Its code.
    pub code: String,
    /// Its public name.
    pub name: Option<String>,
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} ({})", self.code),
            None => f.write_str(&self.code),
        }
    }
}

impl Story {
    /// Tells the story of a file.
    #[must_use]
    pub fn of(file: &File, registry: &Registry, timetable: &Timetable, language: Language, reader: Reader) -> Self {
        let told = Told::new(file, registry, timetable, language, reader);
        Self {
            language,
            head: head::of(&told),
            steps: told.order.iter().zip(1..).map(|(event, number)| step::of(&told, event, number)).collect(),
            now: told.complaint.as_ref().map(|complaint| now::of(&told, complaint)),
            links: Vec::new(),
        }
    }
}

/// Who the reporter is, if it was told and is still stored. A story never tells it.
#[must_use]
pub fn identity(file: &File) -> Option<Reporter> {
    let mut parts = file.events.iter().flat_map(|filed| &filed.parts);
    let part = parts.rfind(|part| part.kind == PartKind::Identity)?;
    serde_json::from_slice(part.content()?).ok()
}

/// What is needed to tell a story.
struct Told<'a> {
    file: &'a File,
    registry: &'a Registry,
    timetable: &'a Timetable,
    language: Language,
    reader: Reader,
    complaint: Option<Complaint>,
    order: Vec<&'a FiledEvent>,
    numbers: BTreeMap<EventHash, usize>,
}

impl<'a> Told<'a> {
    fn new(
        file: &'a File,
        registry: &'a Registry,
        timetable: &'a Timetable,
        language: Language,
        reader: Reader,
    ) -> Self {
        let events: Vec<Event> = file.events.iter().map(|filed| filed.event.clone()).collect();
        // Grants go with other events; to whom content was sealed is told at the head.
        let mut order = order::causal(&file.events);
        order.retain(|filed| filed.event.header.change.role() != Role::Granter);
        let numbers = order.iter().zip(1..).map(|(filed, number)| (filed.event.hash, number)).collect();
        Self { file, registry, timetable, language, reader, complaint: fold(&events), order, numbers }
    }

    /// Whether the content is not for these eyes.
    fn is_withheld(&self) -> bool {
        let confidential = |complaint: &Complaint| complaint.filing.visibility == Visibility::Confidential;
        self.reader == Reader::Exchange && self.complaint.as_ref().is_none_or(confidential)
    }

    fn unit(&self, unit: &UnitCode) -> Named {
        let name = self.registry.unit(unit).map(|entry| entry.listing.name.as_str().to_owned());
        let node = || self.registry.node(&NodeId::Node(unit.clone())).map(|entry| entry.name.as_str().to_owned());
        Named { code: unit.to_string(), name: name.or_else(node) }
    }

    fn node(&self, node: &NodeId) -> Named {
        match node.unit() {
            Some(unit) => self.unit(unit),
            None => Named { code: node.to_string(), name: Some(self.say("who.hub", &[])) },
        }
    }

    fn say(&self, code: &str, facts: &[(&str, &str)]) -> String {
        say(code, self.language, facts)
    }

    fn find(&self, hash: &EventHash) -> Option<&'a FiledEvent> {
        self.file.events.iter().find(|filed| filed.event.hash == *hash)
    }
}

//! Complaints that have to do with the one whose story is told, by what stands in it or in them, as far as they are known where it is
//! told. It reads; whether a reader may see them is the caller's.

use serde::Serialize;

use super::Story;
use crate::domain::{Complaint, ComplaintId, Event, Registry, fold};
use crate::store::{File, ListFilter, Store, StoreError, Summary};
use crate::words::{Word, say};

/// Most complaints that are looked for because they name this one.
pub const LINKED_MAX: usize = 100;

/// How another complaint has to do with this one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum How {
    /// This one is a double of it.
    Main,
    /// It is a double of this one.
    Double,
    /// Neither.
    Related,
}

impl How {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Main, Self::Double, Self::Related];

    /// The name on the wire and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Double => "double",
            Self::Related => "related",
        }
    }
}

/// Another complaint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Linked {
    /// Its name.
    pub id: ComplaintId,
    /// How it has to do with this one.
    pub how: How,
    /// What is known of it here.
    pub known: Option<Summary>,
}

/// The same, as a story tells it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct LinkTold {
    /// Its id, in hexadecimal.
    pub complaint: String,
    /// How it has to do with this one: main, double or related.
    pub how: &'static str,
    /// Its tracking number; none if it is not known here.
    pub tracking: Option<String>,
    /// Its state's name.
    pub state: Option<&'static str>,
    /// Who answers for it.
    pub unit: Option<String>,
}

/// The complaints that a file's has to do with, those that it is a double of first.
///
/// # Errors
/// If storage failed.
pub async fn linked<S: Store>(store: &S, file: &File) -> Result<Vec<Linked>, StoreError> {
    let Some(complaint) = folded(file) else { return Ok(Vec::new()) };
    let mut found: std::collections::BTreeMap<ComplaintId, How> = std::collections::BTreeMap::new();
    found.extend(complaint.related.iter().map(|id| (*id, How::Related)));
    found.extend(complaint.joined.iter().map(|(_, id)| (*id, How::Double)));
    let filter = ListFilter { linked: Some(complaint.id), limit: LINKED_MAX, ..ListFilter::default() };
    for naming in store.list(filter).await? {
        let other = store.file(naming.id).await?.as_ref().and_then(folded);
        let double = other.is_some_and(|other| other.double_of() == Some(complaint.id));
        let how = if double { How::Double } else { How::Related };
        found.entry(naming.id).and_modify(|known| *known = (*known).min(how)).or_insert(how);
    }
    found.extend(complaint.double_of().map(|id| (id, How::Main)));
    let mut all = Vec::with_capacity(found.len());
    for (id, how) in found {
        all.push(Linked { id, how, known: store.file(id).await?.and_then(|file| file.summary) });
    }
    all.sort_by_key(|linked| (linked.how, linked.id));
    Ok(all)
}

fn folded(file: &File) -> Option<Complaint> {
    let events: Vec<Event> = file.events.iter().map(|filed| filed.event.clone()).collect();
    fold(&events)
}

impl Story {
    /// The same story, with the complaints that it has to do with.
    #[must_use]
    pub fn with_links(mut self, links: &[Linked], registry: &Registry) -> Self {
        for linked in links {
            let line = self.line(linked, registry);
            if let Some(now) = &mut self.now {
                now.lines.push(line);
            }
        }
        self.links = links.iter().map(told).collect();
        self
    }

    fn line(&self, linked: &Linked, registry: &Registry) -> String {
        let how = linked.how.name();
        let Some(known) = &linked.known else {
            return say(&format!("now.link-{how}-elsewhere"), self.language, &[("complaint", &linked.id.to_string())]);
        };
        let name = registry.unit(&known.unit).map(|entry| entry.listing.name.as_str().to_owned());
        let unit = super::Named { code: known.unit.to_string(), name };
        let facts = [
            ("complaint", known.tracking.to_string()),
            ("state", known.state.in_words(self.language).to_owned()),
            ("unit", unit.to_string()),
        ];
        say(&format!("now.link-{how}"), self.language, &facts.each_ref().map(|(name, fact)| (*name, fact.as_str())))
    }
}

fn told(linked: &Linked) -> LinkTold {
    let known = linked.known.as_ref();
    LinkTold {
        complaint: linked.id.to_string(),
        how: linked.how.name(),
        tracking: known.map(|known| known.tracking.to_string()),
        state: known.map(|known| known.state.name()),
        unit: known.map(|known| known.unit.to_string()),
    }
}

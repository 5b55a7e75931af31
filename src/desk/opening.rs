//! Opening what is sealed, where it is shown: with the keys of this node, out of the grants that came with the events. Every
//! part that opens is compared with what its author signed. It writes nothing.

use std::sync::Arc;

use super::granting::wraps_of;
use crate::domain::{Event, FederationId, PartRef};
use crate::journal::part::Body;
use crate::journal::{Keyring, OpenError, Part, sealed};
use crate::store::{File, FiledEvent};

/// What opens files: the keys of a node, or none at the hub.
#[derive(Clone, Debug)]
pub struct Opener(Option<(Arc<Keyring>, FederationId)>);

impl Opener {
    /// One that opens nothing: what is sealed stays so.
    #[must_use]
    pub const fn without_keys() -> Self {
        Self(None)
    }

    /// One with the keys of a node.
    #[must_use]
    pub const fn new(ring: Arc<Keyring>, federation: FederationId) -> Self {
        Self(Some((ring, federation)))
    }

    /// The same file with every part readable that can be read here. What nobody has granted to this node stays sealed; what is
    /// not what its author signed is marked as such.
    #[must_use]
    pub fn open(&self, file: File) -> File {
        let Some((ring, federation)) = &self.0 else { return file };
        let events: Vec<Event> = file.events.iter().map(|filed| filed.event.clone()).collect();
        let opened = file.events.into_iter().map(|filed| open_event(filed, &events, ring, federation));
        File { events: opened.collect(), ..file }
    }
}

fn open_event(filed: FiledEvent, events: &[Event], ring: &Keyring, federation: &FederationId) -> FiledEvent {
    let FiledEvent { event, parts, verdict } = filed;
    let open = |part: Part| {
        let reference = event.header.parts.get(usize::from(part.index));
        match reference.filter(|_| part.is_sealed()) {
            Some(reference) => open_part(part, reference, &event, events, ring, federation),
            None => part,
        }
    };
    let parts = parts.into_iter().map(open).collect();
    FiledEvent { event, parts, verdict }
}

/// A sealed part opened with whichever grant opens it. If there are grants to this node and none does, that is its author's fault.
fn open_part(
    part: Part,
    reference: &PartRef,
    event: &Event,
    events: &[Event],
    ring: &Keyring,
    federation: &FederationId,
) -> Part {
    let Some(complaint) = event.header.complaint else { return part };
    let mut fault: Option<OpenError> = None;
    for wrap in wraps_of(events, &event.hash, part.index).filter(|wrap| ring.has(&wrap.key)) {
        let key = ring.unwrap(wrap, federation, reference);
        let opened = key.map(|key| sealed::open(&part, reference, &key, federation, complaint));
        match opened {
            Some(Ok(opened)) => return opened,
            Some(Err(error)) => fault = Some(fault.map_or(error, |known| known.max(error))),
            None => fault = fault.or(Some(OpenError::Key)),
        }
    }
    match fault {
        Some(fault) => Part { body: Body::Faulty(fault), ..part },
        None => part,
    }
}

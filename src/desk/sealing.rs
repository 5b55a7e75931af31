//! Sealing at the desk: what an event's author seals, for whom, and the grants that go with it. Pure: the keys are drawn from a
//! seed that was drawn before.

use std::collections::BTreeMap;

use super::author::Author;
use crate::domain::sealing::{is_accused, must_be_sealed, recipients};
use crate::domain::{Complaint, Event, NodeId, Registry, SealingKeyId, Wrap};
use crate::journal::grant::wrap;
use crate::journal::{Part, PartKey, sealed};

/// The parts of an event as they are stored and sent, and the keys of the sealed ones, wrapped to all who are to read them.
/// `complaint` is the fold with the event. While the registry is `doubted` its author alone keeps the keys, and grants later.
pub(super) fn seal(
    registry: &Registry,
    author: &Author,
    complaint: &Complaint,
    event: &Event,
    parts: Vec<Part>,
    doubted: bool,
) -> (Vec<Part>, Vec<Wrap>) {
    let mut wraps = Vec::new();
    let to = readers(registry, author, complaint, doubted);
    let one = |part: Part| {
        if !must_be_sealed(part.kind, &complaint.filing, &complaint.origin) {
            return part;
        }
        let at = event.header.position;
        let key = PartKey::from_random(author.seed.draw("part", at, part.index, ""));
        // The desk has held it against the limits, so it can be sealed; readable it is never handed on.
        let Some(sealed) = sealed::seal(&part, &key, &author.federation, complaint.id) else { return part };
        let Some(reference) = part.reference() else { return part };
        for (node, recipient) in &to {
            let seed = author.seed.draw("wrap", at, part.index, node.as_str());
            wraps.extend(wrap(&key, seed, &author.federation, part.index, &reference, (node, recipient)));
        }
        sealed
    };
    let parts = parts.into_iter().map(one).collect();
    (parts, wraps)
}

/// Who is to read what is written now: those whom the rules name, and its author, unless the complaint is about its author's own
/// government and somebody else can read it.
fn readers(
    registry: &Registry,
    author: &Author,
    complaint: &Complaint,
    doubted: bool,
) -> BTreeMap<NodeId, SealingKeyId> {
    let mut to = if doubted { BTreeMap::new() } else { recipients(complaint, registry) };
    if to.is_empty() || !is_accused(&author.node, complaint.filing.about.as_ref()) {
        // Its own key it knows better than the registry does.
        to.insert(author.node.clone(), author.key);
    }
    to
}

//! What people write, made into parts with salts and held against the limits, before anything is stored.

use super::action::{Action, NewComplaint, Reporter};
use super::actor::{Actor, Signature};
use super::error::DeskError;
use super::original::Original;
use crate::domain::event::{PART_BYTES_MAX, PARTS_BYTES_MAX};
use crate::domain::mailbox::is_mailbox;
use crate::domain::{PartKind, Visibility};
use crate::journal::Part;
use crate::runtime::{Entropy, random_bytes};

/// The parts of a filing.
///
/// # Errors
/// If there is no narrative, a part is too long, an e-mail address is none, or an anonymous complaint comes with an identity.
pub(super) fn of_filing(new: &NewComplaint, entropy: &dyn Entropy) -> Result<Vec<Part>, DeskError> {
    if new.visibility == Visibility::Anonymous && new.reporter.is_some() {
        return Err(DeskError::AnonymousIdentity);
    }
    let mut texts = Vec::new();
    if let Some(reporter) = new.reporter.as_ref().filter(|reporter| !reporter.is_empty()) {
        let email = reporter.email.trim();
        if !email.is_empty() && !is_mailbox(email) {
            return Err(DeskError::NotAMailbox);
        }
        texts.push((PartKind::Identity, identity(reporter)));
    }
    let narrative = new.narrative.trim();
    if narrative.is_empty() {
        return Err(DeskError::TextNeeded(super::action::ActionName::File));
    }
    texts.push((PartKind::Narrative, narrative.as_bytes().to_vec()));
    parts(texts, entropy)
}

/// The parts of an action: its text, if there is one.
///
/// # Errors
/// If the action is nothing without a text and there is none, or it is too long.
pub(super) fn of_action(action: &Action, text: &str, entropy: &dyn Entropy) -> Result<Vec<Part>, DeskError> {
    let text = text.trim();
    if text.is_empty() {
        return if action.needs_text() { Err(DeskError::TextNeeded(action.name())) } else { Ok(Vec::new()) };
    }
    let reporters = matches!(action, Action::Reply | Action::Complete | Action::Appeal);
    let kind = if reporters { PartKind::Narrative } else { PartKind::Note };
    parts(vec![(kind, text.as_bytes().to_vec())], entropy)
}

/// The part of the mark that a complaint was taken over.
///
/// # Errors
/// If it is too long.
pub(super) fn of_original(original: &Original, entropy: &dyn Entropy) -> Result<Vec<Part>, DeskError> {
    parts(vec![(PartKind::Note, original.content())], entropy)
}

/// The parts of a step of taking over: its texts, one note each.
///
/// # Errors
/// If the action is nothing without a text and there is none, or they are too long.
pub(super) fn of_step(action: &Action, texts: &[String], entropy: &dyn Entropy) -> Result<Vec<Part>, DeskError> {
    let texts = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
    let notes: Vec<_> = texts.map(|text| (PartKind::Note, text.as_bytes().to_vec())).collect();
    if notes.is_empty() && action.needs_text() {
        return Err(DeskError::TextNeeded(action.name()));
    }
    parts(notes, entropy)
}

/// The same parts and, last, who acted: nobody is named where it was the node's operator.
///
/// # Errors
/// If all parts together are too long.
pub(super) fn signed(mut parts: Vec<Part>, actor: &Actor, entropy: &dyn Entropy) -> Result<Vec<Part>, DeskError> {
    let Some(holder) = actor.holder() else { return Ok(parts) };
    let index = u8::try_from(parts.len()).unwrap_or(u8::MAX);
    let content = Signature::of(holder).content();
    parts.push(Part::plain(index, PartKind::Author, random_bytes(entropy), content));
    let bytes = parts.iter().map(Part::len).sum();
    if bytes > PARTS_BYTES_MAX { Err(DeskError::TooMuch { bytes, max: PARTS_BYTES_MAX }) } else { Ok(parts) }
}

/// An identity's bytes: a JSON object of the fields that are known.
fn identity(reporter: &Reporter) -> Vec<u8> {
    let trimmed = |text: &str| text.trim().to_owned();
    let Reporter { name, phone, address, email } = reporter;
    let (name, phone) = (trimmed(name), trimmed(phone));
    let reporter = Reporter { name, phone, address: trimmed(address), email: trimmed(email) };
    // Four texts always make JSON.
    serde_json::to_vec(&reporter).unwrap_or_default()
}

fn parts(texts: Vec<(PartKind, Vec<u8>)>, entropy: &dyn Entropy) -> Result<Vec<Part>, DeskError> {
    if let Some((kind, long)) = texts.iter().find(|(_, content)| content.len() > PART_BYTES_MAX) {
        return Err(DeskError::TooLong { kind: *kind, bytes: long.len(), max: PART_BYTES_MAX });
    }
    let bytes = texts.iter().map(|(_, content)| content.len()).sum();
    if bytes > PARTS_BYTES_MAX {
        return Err(DeskError::TooMuch { bytes, max: PARTS_BYTES_MAX });
    }
    let numbered = (0_u8..).zip(texts);
    Ok(numbered.map(|(index, (kind, content))| Part::plain(index, kind, random_bytes(entropy), content)).collect())
}

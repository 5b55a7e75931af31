//! From wanted declarations to events of this node's journal. Pure: whatever it needs of clock and registry was drawn before.

use super::known::DECLARED_MAX;
use crate::desk::DeskError;
use crate::desk::author::{Author, may_write};
use crate::domain::event::HEADER_BYTES_MAX;
use crate::domain::{Change, Event, Header, Position, Registry, UnitCode, Verdict};
use crate::journal;
use crate::store::{Changes, Entry, View};

/// Plans declarations in the name of `unit`. Also gives where the journal ends then; none if there is nothing to declare.
///
/// # Errors
/// If the unit is not at home here, too much waits for the hub already, or a declaration fits no header.
pub(super) fn declare(
    view: &View,
    registry: &Registry,
    author: &Author,
    unit: &UnitCode,
    wanted: Vec<Change>,
) -> Result<(Changes, Option<Position>), DeskError> {
    may_write(registry, author, unit)?;
    let count = view.declared.len().saturating_add(wanted.len());
    if count > DECLARED_MAX {
        return Err(DeskError::ManyDeclared { count, max: DECLARED_MAX });
    }
    let cited = registry.position().max(view.own.cited);
    let mut changes = Changes { cited: Some(cited), ..Changes::default() };
    let mut position = view.own.written;
    for change in wanted {
        position = position.next();
        let header = Header {
            federation: author.federation.clone(),
            node: author.node.clone(),
            position,
            prev: None,
            complaint: None,
            opener: None,
            seen: None,
            registry: cited,
            time: author.now,
            unit: Some(unit.clone()),
            account: Some(author.account),
            change,
            parts: Vec::new(),
        };
        let bytes = journal::header::encode(&header);
        if bytes.len() > HEADER_BYTES_MAX {
            return Err(DeskError::HeaderTooLong(bytes.len()));
        }
        let event = Event { hash: journal::header_hash(&bytes), header };
        changes.entries.push(Entry::of(&event, bytes, Vec::new(), None, Verdict::Provisional).traced(author.trace));
    }
    if changes.entries.is_empty() { Ok((Changes::default(), None)) } else { Ok((changes, Some(position))) }
}

//! Wrapping the keys of stored parts anew.

use std::sync::Arc;

use super::state::State;
use crate::journal::Part;
use crate::journal::part::Body;
use crate::store::{PartPlace, Rewrapped, StoreError, Vault};

impl State {
    /// The newest content that is locked.
    pub(super) fn newest_locked(&self) -> Option<&Part> {
        let parts = self.events.values().rev().flat_map(|row| &row.entry.sealed.parts);
        parts.into_iter().find(|part| matches!(part.body, Body::Locked(_)))
    }

    pub(super) fn rewrap(
        &mut self,
        vault: &Vault,
        after: PartPlace,
        limit: usize,
    ) -> Result<Option<Rewrapped>, StoreError> {
        let mut done: Option<Rewrapped> = None;
        let mut looked = 0_usize;
        for (id, row) in &mut self.events {
            let event = i64::try_from(*id).unwrap_or(i64::MAX);
            let hash = row.entry.hash;
            for part in &mut Arc::make_mut(row).entry.sealed.parts {
                let at = (event, i64::from(part.index));
                if at <= after {
                    continue;
                }
                if looked >= limit {
                    return Ok(done);
                }
                looked = looked.saturating_add(1);
                let anew = vault.rewrap(part, &hash)?;
                let changed = done.map_or(0, |done| done.changed).saturating_add(u64::from(anew.is_some()));
                done = Some(Rewrapped { at, changed });
                if let Some(anew) = anew {
                    *part = anew;
                }
            }
        }
        Ok(done)
    }
}

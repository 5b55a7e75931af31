//! Counting and logging of refused connections: each is counted, and one line a minute for each address and reason is
//! logged, so that a peer that tries all day does not fill the disk.

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use super::Refused;
use crate::identity::refusal::{Refusal, Refusals};

/// Most pairs of address and reason remembered in one minute; further ones are counted and told of in one line.
const LINES_MAX: usize = 256;
const DETAIL_CHARS_MAX: usize = 200;

pub(super) struct Report {
    refusals: Arc<Refusals>,
    told: BTreeSet<(IpAddr, Refusal)>,
    untold: u64,
    accept_told: bool,
}

impl Report {
    pub(super) const fn new(refusals: Arc<Refusals>) -> Self {
        Self { refusals, told: BTreeSet::new(), untold: 0, accept_told: false }
    }

    pub(super) fn refused(&mut self, refused: &Refused) {
        let total = self.refusals.count(refused.reason);
        if self.told.len() >= LINES_MAX || !self.told.insert((refused.address, refused.reason)) {
            self.untold = self.untold.saturating_add(1);
            return;
        }
        // The detail may hold what the peer wrote: escaped, it cannot pass for a line of its own.
        let detail: String = refused.detail.chars().take(DETAIL_CHARS_MAX).flat_map(char::escape_debug).collect();
        tracing::warn!(
            address = %refused.address,
            reason = refused.reason.code(),
            total,
            detail,
            "connection refused: {}",
            refused.reason
        );
    }

    pub(super) fn accept_failed(&mut self, fault: &io::Error) {
        if !self.accept_told {
            tracing::error!(%fault, "connections cannot be accepted, trying again: raise the limit on open files?");
        }
        self.accept_told = true;
    }

    pub(super) fn next_minute(&mut self) {
        if self.untold > 0 {
            tracing::warn!(connections = self.untold, "further connections were refused in the last minute");
        }
        self.told.clear();
        self.untold = 0;
        self.accept_told = false;
    }

    /// How many lines were written since the minute began.
    #[cfg(test)]
    pub(super) fn lines(&self) -> (usize, u64) {
        (self.told.len(), self.untold)
    }
}

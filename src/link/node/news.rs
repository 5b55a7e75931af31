//! What came from others since somebody looked: for whoever has to act upon it. It is a hint and no record; what is to be done is
//! found in the store.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::apply::Proven;
use crate::domain::{Change, ComplaintId};

/// Complaints that are remembered by name; beyond these, whoever looks is told to look at all.
const COMPLAINTS_MAX: usize = 10_000;

/// What was heard.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Heard {
    /// Complaints of which something came.
    pub complaints: BTreeSet<ComplaintId>,
    /// Whether all complaints are to be looked at: somebody has other keys, or too many came at once.
    pub all: bool,
}

/// News of one node.
#[derive(Debug)]
pub struct News {
    /// What was heard, and whether somebody is at work upon what was taken before.
    heard: Mutex<(Heard, bool)>,
    told: watch::Sender<()>,
}

impl Default for News {
    fn default() -> Self {
        Self { heard: Mutex::default(), told: watch::Sender::new(()) }
    }
}

impl News {
    /// Wakes whoever subscribed, each time something came.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.told.subscribe()
    }

    /// What was heard since this was last asked. Whoever takes it says when it is [`Self::done`].
    #[must_use]
    pub fn take(&self) -> Heard {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.1 = true;
        std::mem::take(&mut heard.0)
    }

    /// What was taken has been acted upon.
    pub fn done(&self) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).1 = false;
    }

    /// Whether there is nothing that nobody has acted upon.
    #[must_use]
    pub fn is_old(&self) -> bool {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) == (Heard::default(), false)
    }

    /// Notes what of a delivery may concern others: moves, grants, filings; and keys.
    pub(super) fn note(proven: &[Proven]) -> Option<Heard> {
        let mut heard = Heard::default();
        for event in proven.iter().map(|proven| &proven.event) {
            #[expect(clippy::wildcard_enum_match_arm, reason = "the others let nobody in and leave nobody out")]
            match &event.header.change {
                Change::Moved(_) | Change::Granted { .. } => heard.complaints.extend(event.header.complaint),
                Change::NodeEnrolled { .. }
                | Change::KeysRotated { .. }
                | Change::KeysEndorsed { .. }
                | Change::NodeReinstated { .. }
                | Change::IncarnationGranted { .. } => heard.all = true,
                _ => {}
            }
        }
        (heard != Heard::default()).then_some(heard)
    }

    /// Tells what was noted, once it is stored.
    pub(super) fn tell(&self, news: Heard) {
        let mut locked = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let heard = &mut locked.0;
        heard.all |= news.all;
        heard.complaints.extend(news.complaints);
        if heard.complaints.len() > COMPLAINTS_MAX {
            *heard = Heard { all: true, ..Heard::default() };
        }
        drop(locked);
        self.told.send_replace(());
    }
}

//! A complaint to take over, and the way to the state that it is to come to: each step an action of the unit that does it, as
//! if somebody did it at the desk now. It writes nothing.

use std::fmt;

use crate::desk::original::Original;
use crate::desk::{Action, NewComplaint};
use crate::domain::{Change, DisplayState, Reason, UnitCode};
use crate::words::Language;

use super::mark;

/// Most complaints that are taken over in one transaction.
pub const ITEMS_MAX: usize = 200;

/// A complaint as another system had it.
#[derive(Clone, PartialEq, Eq)]
pub struct Item {
    /// What is filed; its unit is the one that is to answer for it.
    pub filing: NewComplaint,
    /// What the other system said of it.
    pub original: Original,
    /// The state that it is to come to.
    pub state: DisplayState,
    /// The text of a follow-up; empty if there is none.
    pub follow_up: String,
    /// The answer; empty if there is none.
    pub response: String,
}

/// One step on the way.
pub(super) struct Step {
    pub(super) action: Action,
    /// The change that it is written as.
    pub(super) change: Change,
    /// Who does it.
    pub(super) unit: UnitCode,
    /// What is written beside it, in this order.
    pub(super) texts: Vec<String>,
}

impl Item {
    /// The unit that files it at the node of unit `own`: who is to answer for it, or, if that unit got it by disposition, `own`.
    pub(super) fn filing_unit(&self, own: &UnitCode) -> UnitCode {
        if self.is_disposed(own) { own.clone() } else { self.holder(own) }
    }

    /// Who answers for it at last.
    pub(super) fn holder(&self, own: &UnitCode) -> UnitCode {
        self.filing.unit.clone().unwrap_or_else(|| own.clone())
    }

    /// Whether it came to the unit that answers for it by disposition.
    fn is_disposed(&self, own: &UnitCode) -> bool {
        use DisplayState::{Awaiting, Closed, Disposed, InProgress};
        self.holder(own) != *own && matches!(self.state, Disposed | InProgress | Awaiting | Closed)
    }

    /// The state in which it ends: what was closed without an answer that could be taken over is put away.
    #[must_use]
    pub fn ends_as(&self) -> DisplayState {
        let unanswered = self.response.trim().is_empty();
        match self.state {
            DisplayState::Closed if unanswered => DisplayState::Archived,
            DisplayState::New | DisplayState::Received => DisplayState::New,
            DisplayState::Undisposed | DisplayState::Returned => DisplayState::Undisposed,
            DisplayState::Disposed => DisplayState::Disposed,
            DisplayState::InProgress => DisplayState::InProgress,
            DisplayState::Deferred => DisplayState::Deferred,
            DisplayState::Awaiting => DisplayState::Awaiting,
            DisplayState::Closed => DisplayState::Closed,
            DisplayState::Archived => DisplayState::Archived,
        }
    }

    /// The steps after filing and marking, at the node of unit `own`.
    pub(super) fn steps(&self, own: &UnitCode, language: Language) -> Vec<Step> {
        let holder = self.holder(own);
        let mark = self.mark(language);
        let by = |unit: &UnitCode, action, change, text: &str| {
            let texts = [text, &mark].into_iter().filter(|text| !text.trim().is_empty()).map(str::to_owned);
            Step { action, change, unit: unit.clone(), texts: texts.collect() }
        };
        let first = self.filing_unit(own);
        let mut steps = Vec::new();
        let ends = self.ends_as();
        if matches!(ends, DisplayState::Deferred) {
            let reason = Reason::Incomplete;
            return vec![by(&first, Action::Defer { reason }, Change::Deferred { reason }, "")];
        }
        if ends != DisplayState::New && self.state != DisplayState::Archived {
            steps.push(by(&first, Action::Verify, Change::Verified, ""));
        }
        if self.is_disposed(own) {
            let (unit, reason) = (holder.clone(), Reason::Competent);
            let change = Change::Disposed { unit: unit.clone(), reason };
            steps.push(by(&first, Action::Dispose { unit, reason }, change, ""));
        }
        if self.uses_follow_up() || ends == DisplayState::InProgress {
            steps.push(by(&holder, Action::FollowUp, Change::FollowedUp, &self.follow_up));
        }
        if self.uses_response() {
            let texts = vec![self.response.clone(), self.answered(language)];
            steps.push(Step { texts, ..by(&holder, Action::Respond, Change::Responded, "") });
        }
        match ends {
            DisplayState::Closed => steps.push(by(&holder, Action::Close, Change::Closed, "")),
            DisplayState::Archived => {
                let reason = Reason::Other;
                steps.push(by(&holder, Action::Archive { reason }, Change::Archived { reason }, ""));
            }
            DisplayState::New
            | DisplayState::Undisposed
            | DisplayState::Disposed
            | DisplayState::InProgress
            | DisplayState::Received
            | DisplayState::Returned
            | DisplayState::Deferred
            | DisplayState::Awaiting => {}
        }
        steps
    }

    /// Whether its follow-up is written as one.
    pub(super) fn uses_follow_up(&self) -> bool {
        self.has_begun() && !self.follow_up.trim().is_empty()
    }

    /// Whether its answer is written as one.
    pub(super) fn uses_response(&self) -> bool {
        matches!(self.ends_as(), DisplayState::Awaiting | DisplayState::Closed)
    }

    /// Whether somebody has worked on it.
    fn has_begun(&self) -> bool {
        matches!(self.state, DisplayState::InProgress | DisplayState::Awaiting | DisplayState::Closed)
    }

    /// What is written beside every step, so that nobody takes it for something done here.
    fn mark(&self, language: Language) -> String {
        mark::of_state(&self.original.source, &self.original.state, language)
    }

    fn answered(&self, language: Language) -> String {
        let Original { source, state, answered, .. } = &self.original;
        mark::of_answer(source, state, answered, language)
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item").field("filing", &self.filing).field("state", &self.state).finish_non_exhaustive()
    }
}

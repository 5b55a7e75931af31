//! What reporters are to be told, as it is kept: references to events, never content and nobody's address. What a change does to a notice
//! is said here once for all stores; what is told to whom is the domain's.

use crate::domain::notice::{NoticeFault, NoticeState, Recipient, Step, Telling, steps};
use crate::domain::{Complaint, ComplaintId, Event, EventHash, NodeId, NoticeId, Timestamp};
use crate::journal;

/// Notices that may wait at a time; one that comes beyond them is noted as dead, for people to see and try again.
pub const NOTICES_WAITING_MAX: u64 = 100_000;
/// Notices that are kept when they no longer wait; beyond these the oldest are forgotten.
pub const NOTICES_KEPT_MAX: u64 = 1_000_000;

/// An event that somebody is told of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// Its name, the same however often it is noted and sent.
    pub id: NoticeId,
    /// The complaint.
    pub complaint: ComplaintId,
    /// The event.
    pub event: EventHash,
    /// What step it is.
    pub step: Step,
    /// Who is told.
    pub recipient: Recipient,
    /// The event's own time.
    pub at: Timestamp,
    /// How it stands.
    pub state: NoticeState,
    /// How often it was tried.
    pub attempts: u32,
    /// Before when it is not tried.
    pub next: Timestamp,
    /// Why it is not sent, or not yet.
    pub fault: Option<NoticeFault>,
}

/// What a transaction does with notices.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoticeChange {
    /// It is to be sent. One of that name that is kept stays as it is; where `waiting_max` wait already it is dead from the beginning.
    Tell {
        /// The notice.
        notice: Notice,
        /// How many may wait.
        waiting_max: u64,
    },
    /// It was tried. One that does not wait any more stays as it is.
    Settle {
        /// Which.
        id: NoticeId,
        /// How it stands now.
        state: NoticeState,
        /// How often it was tried.
        attempts: u32,
        /// Before when it is not tried again.
        next: Timestamp,
        /// Why it is not sent, or not yet.
        fault: Option<NoticeFault>,
    },
    /// Those of these that are dead are to be tried again, as if for the first time.
    Retry {
        /// Which.
        ids: Vec<NoticeId>,
        /// From when on.
        at: Timestamp,
    },
    /// All that wait are dead, those to these recipients excepted.
    Abandon {
        /// To whom they go on waiting.
        except: Vec<Recipient>,
        /// Why the others do not.
        fault: NoticeFault,
    },
    /// Those that do not wait are forgotten: those of events before a moment, and the oldest beyond a number.
    Forget {
        /// The moment.
        before: Timestamp,
        /// The number.
        kept_max: u64,
    },
}

/// Which notices to read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NoticeFilter {
    /// Only the one of this name.
    pub id: Option<NoticeId>,
    /// Only those that stand so.
    pub state: Option<NoticeState>,
    /// Only those to this recipient.
    pub recipient: Option<Recipient>,
    /// Only those that may be tried at this moment, the longest due first; else the newest events come first.
    pub due: Option<Timestamp>,
    /// At most so many.
    pub limit: usize,
}

/// The notices of what counts in `after` and did not in `before`, at the complaint's origin `own`; `events` are those of `after`. Due
/// at once: at the time that the event says, which for an anonymous reporter tells no more than the journal does.
#[must_use]
pub fn noted(
    telling: &Telling,
    own: &NodeId,
    before: Option<&Complaint>,
    after: &Complaint,
    events: &[Event],
    now: Timestamp,
) -> Vec<NoticeChange> {
    let recipients = telling.recipients(after, events);
    if recipients.is_empty() {
        return Vec::new();
    }
    let mut noted = Vec::new();
    for (hash, step) in steps(own, before, after, events) {
        let at = events.iter().find(|event| event.hash == hash).map_or(now, |event| event.header.time);
        noted.extend(recipients.iter().map(|recipient| NoticeChange::Tell {
            notice: Notice {
                id: journal::notice_id(&hash, recipient),
                complaint: after.id,
                event: hash,
                step,
                recipient: recipient.clone(),
                at,
                state: NoticeState::Waiting,
                attempts: 0,
                next: at.min(now),
                fault: None,
            },
            waiting_max: NOTICES_WAITING_MAX,
        }));
    }
    noted
}

impl Notice {
    /// The same, given up before it was tried, because too many wait.
    pub(super) fn beyond_the_limit(&self) -> Self {
        Self { state: NoticeState::Dead, fault: Some(NoticeFault::Full), ..self.clone() }
    }
}

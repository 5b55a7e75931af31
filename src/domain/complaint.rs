//! A complaint's state as people and the hub see it: the result of the fold. Holds no rules of its own but what can be read off.

use std::collections::{BTreeMap, BTreeSet};

use super::deadline::Moment;
use super::event::{Category, Filing};
use super::ids::{ComplaintId, EventHash, NodeId, Position, Timestamp};
use super::terms::{Cause, Class, Inadmissibility, Refusal};
use super::unit::UnitCode;

/// Where a complaint stands within its epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Status {
    /// Being handled.
    Open,
    /// Moved here and not accepted yet.
    Received,
    /// Waits for the reporter to complete the file.
    Deferred,
    /// Answered; waits for the reporter.
    Awaiting,
    /// Ended.
    Closed,
    /// Put away.
    Archived,
}

/// The state in the words of LAPOR! reports (SP4N.md, "States").
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DisplayState {
    /// Not verified yet.
    New,
    /// Verified and held by the unit admin.
    Undisposed,
    /// Disposed, nothing done yet.
    Disposed,
    /// In progress.
    InProgress,
    /// Received from another body, not accepted yet.
    Received,
    /// Came back from the unit it was sent to.
    Returned,
    /// Put off until the reporter completes the file.
    Deferred,
    /// Answered, waits for the reporter.
    Awaiting,
    /// Ended.
    Closed,
    /// Put away.
    Archived,
}

impl DisplayState {
    /// Every state.
    pub const ALL: &[Self] = &[
        Self::New,
        Self::Undisposed,
        Self::Disposed,
        Self::InProgress,
        Self::Received,
        Self::Returned,
        Self::Deferred,
        Self::Awaiting,
        Self::Closed,
        Self::Archived,
    ];

    /// The state's name on the command line and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Undisposed => "undisposed",
            Self::Disposed => "disposed",
            Self::InProgress => "in-progress",
            Self::Received => "received",
            Self::Returned => "returned",
            Self::Deferred => "deferred",
            Self::Awaiting => "awaiting",
            Self::Closed => "closed",
            Self::Archived => "archived",
        }
    }
}

/// How a complaint came to its present holder.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Arrival {
    /// It was filed there.
    Filed,
    /// The hub moved it there.
    Moved(Cause),
}

/// What became of an event in the fold.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// It counts.
    Counted,
    /// Written after custody had moved: kept and shown, without effect.
    Late,
    /// Its precondition did not hold.
    Refused(Refusal),
    /// Outside the set: its author had no authority.
    Inadmissible(Inadmissibility),
    /// Outside the set until its change is known.
    Held,
    /// What it builds upon has not arrived.
    Waiting,
}

/// One unit's time as custodian, between two openers.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each set by its own event")]
pub struct Epoch {
    /// The event that opened it: Filed, or a Moved.
    pub opener: EventHash,
    /// How the complaint came.
    pub arrival: Arrival,
    /// The unit that answered before; none if it was filed here.
    pub sender: Option<UnitCode>,
    /// Whether a Return brought it, to its sender or to an arbiter.
    pub by_return: bool,
    /// Whether an arbiter's assignment binds.
    pub assigned: bool,
    /// The node that answers.
    pub node: NodeId,
    /// The units that answered, in order: the one that the opener names, then those disposed to. Never empty.
    pub holders: Vec<UnitCode>,
    /// The status that the last counted event set.
    pub base: Status,
    /// Up to which origin event the author of that status had seen.
    pub base_seen: Option<Position>,
    /// Whether a disposition is the newest of disposition and follow-up.
    pub disposed: bool,
    /// Whether there was a follow-up since the last disposition.
    pub followed_up: bool,
    /// The proposal under way.
    pub pending: Option<EventHash>,
    /// Whether it was closed or put away in this epoch, opened again since or not: what an appeal is against.
    pub ended: bool,
    /// The complaint whose double it is, and is put away as.
    pub double_of: Option<ComplaintId>,
}

impl Epoch {
    /// The unit that answers at the end of what is known of this epoch.
    #[must_use]
    pub fn holder(&self) -> &UnitCode {
        static ROOT: std::sync::LazyLock<UnitCode> = std::sync::LazyLock::new(UnitCode::root);
        self.holders.last().unwrap_or(&ROOT)
    }
}

/// A complaint: a pure function of the set of its events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Complaint {
    /// Its name.
    pub id: ComplaintId,
    /// The node where it was filed.
    pub origin: NodeId,
    /// The event that filed it.
    pub filed: EventHash,
    /// When, by the origin's clock.
    pub filed_at: Timestamp,
    /// What it was filed as.
    pub filing: Filing,
    /// What it is about, as it is known by now.
    pub category: Category,
    /// What kind it is, as it is known by now.
    pub class: Class,
    /// Complaints that have to do with it, as its holders say.
    pub related: BTreeSet<ComplaintId>,
    /// Nodes that take part because of a double, and which.
    pub joined: BTreeSet<(NodeId, ComplaintId)>,
    /// Who held it, oldest first. Never empty; the last is the present one.
    pub epochs: Vec<Epoch>,
    /// Whether it was filed before, in a system that this one follows.
    pub imported: bool,
    /// Whether it was verified.
    pub verified: bool,
    /// Positions of the reporter's replies and completions in the origin's journal, ascending.
    pub replies: Vec<Position>,
    /// The newest origin event: what the next event's `seen` names.
    pub newest_origin: EventHash,
    /// What became of each event.
    pub outcomes: BTreeMap<EventHash, Outcome>,
    /// Events refused because a proposal is pending that is pending still.
    pub undecided: BTreeSet<EventHash>,
    /// Origin, every node ever named by a Moved or a Joined, and those told of a deadline that passed.
    pub participants: BTreeSet<NodeId>,
    /// Events whose content was destroyed.
    pub redacted: BTreeSet<EventHash>,
    /// The reporter's latest rating.
    pub stars: Option<u8>,
    /// How many ratings count.
    pub ratings: u8,
    /// Whether the reporter confirmed, appealed or withdrew.
    pub reporter: ReporterVoice,
    /// The deadlines that passed and of which those above were told: in which epoch, what for, and when.
    pub overdue: BTreeSet<(EventHash, Moment, Timestamp)>,
    /// What the present holder must still receive before it may act.
    pub missing: Vec<EventHash>,
    /// Whether an event is in the set, or held, whose change this version does not know.
    pub read_only: bool,
}

/// What the reporter said beside replies.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ReporterVoice {
    /// Confirmed the answer.
    pub confirmed: bool,
    /// Appealed against it.
    pub appealed: bool,
    /// Withdrew the complaint.
    pub withdrew: bool,
}

impl Complaint {
    /// The present epoch.
    ///
    /// # Panics
    /// Never: the fold makes at least one epoch.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "the fold makes at least one epoch")]
    pub fn epoch(&self) -> &Epoch {
        &self.epochs[self.epochs.len().saturating_sub(1)]
    }

    /// The unit that answers for it now: exactly one.
    #[must_use]
    pub fn unit(&self) -> &UnitCode {
        self.epoch().holder()
    }

    /// The node of that unit.
    #[must_use]
    pub fn node(&self) -> &NodeId {
        &self.epoch().node
    }

    /// The complaint whose double it is now.
    #[must_use]
    pub fn double_of(&self) -> Option<ComplaintId> {
        self.epoch().double_of
    }

    /// Where it stands, every reply taken into account.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status_seeing(None)
    }

    /// Where it stands for somebody who has seen origin events up to `horizon` (all, if none is given).
    /// A reply that the author of an answer, a close or a deferral had not seen reopens it (fold rule 4).
    #[must_use]
    pub fn status_seeing(&self, horizon: Option<Position>) -> Status {
        effective(self.epoch(), &self.replies, horizon)
    }

    /// The state in LAPOR!'s words.
    #[must_use]
    pub fn display(&self) -> DisplayState {
        displayed(self.epoch(), self.verified, &self.replies)
    }

    /// The hub's verdict on an event, once nothing can change it: what the hub tells the event's author. None while the
    /// event waits, is held, or was written while a proposal is pending (granted, that makes it late; refused or taken
    /// back, it stays refused), and for an event that is not here.
    #[must_use]
    pub fn verdict(&self, event: &EventHash) -> Option<Outcome> {
        let outcome = *self.outcomes.get(event)?;
        match outcome {
            Outcome::Refused(Refusal::Pending) if self.undecided.contains(event) => None,
            Outcome::Counted | Outcome::Late | Outcome::Refused(_) | Outcome::Inadmissible(_) => Some(outcome),
            Outcome::Held | Outcome::Waiting => None,
        }
    }

    /// Whether an event counts or may come to count: in the set, neither inadmissible nor held.
    #[must_use]
    pub fn contains(&self, event: &EventHash) -> bool {
        self.outcomes.get(event).is_some_and(|outcome| !matches!(outcome, Outcome::Inadmissible(_) | Outcome::Held))
    }
}

/// The state in LAPOR!'s words of a complaint in this epoch, with these replies.
pub(super) fn displayed(epoch: &Epoch, verified: bool, replies: &[Position]) -> DisplayState {
    match effective(epoch, replies, None) {
        Status::Received => match epoch.arrival {
            Arrival::Moved(Cause::Return) => DisplayState::Returned,
            Arrival::Filed | Arrival::Moved(_) if epoch.disposed => DisplayState::Disposed,
            Arrival::Filed | Arrival::Moved(_) => DisplayState::Received,
        },
        Status::Deferred => DisplayState::Deferred,
        Status::Awaiting => DisplayState::Awaiting,
        Status::Closed => DisplayState::Closed,
        Status::Archived => DisplayState::Archived,
        Status::Open if epoch.followed_up || epoch.base != Status::Open => DisplayState::InProgress,
        Status::Open if epoch.disposed => DisplayState::Disposed,
        Status::Open if verified => DisplayState::Undisposed,
        Status::Open => DisplayState::New,
    }
}

/// The status of an epoch for somebody who has seen origin events up to `horizon` (all, if none is given).
pub(super) fn effective(epoch: &Epoch, replies: &[Position], horizon: Option<Position>) -> Status {
    if !matches!(epoch.base, Status::Awaiting | Status::Closed | Status::Deferred) {
        return epoch.base;
    }
    let unseen = |reply: &Position| {
        epoch.base_seen.is_none_or(|seen| *reply > seen) && horizon.is_none_or(|horizon| *reply <= horizon)
    };
    if replies.iter().any(unseen) { Status::Open } else { epoch.base }
}

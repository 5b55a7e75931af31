//! A complaint's life as it counted: its steps in order, and how long it stood in which state. Read off the fold and its events; it
//! judges nothing anew.

use std::collections::{BTreeMap, BTreeSet};

use super::complaint::{Arrival, Complaint, DisplayState, Epoch, Outcome, Status, displayed, effective};
use super::event::{Change, Event, Role};
use super::fold::advance;
use super::ids::{EventHash, Position, Timestamp};

/// The latest second since 1970 that is told apart, in the year 4147: sums over a hundred million complaints stay numbers.
pub const SECONDS_MAX: i64 = 1 << 36;

/// A stay in one state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stay {
    /// The state.
    pub state: DisplayState,
    /// Since when, in whole seconds since 1970.
    pub since: i64,
    /// Until when; none for the one that goes on.
    pub until: Option<i64>,
}

/// What counted, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Life<'a> {
    /// The holders' events and the reporter's replies, each with the change that it stands for.
    pub steps: Vec<(&'a Event, &'a Change)>,
    /// The states that it went through, each other than the one before; the last goes on. Never empty.
    pub stays: Vec<Stay>,
}

/// Seconds since 1970, none before and none after [`SECONDS_MAX`]: a clock that is years off spoils its own complaint only.
#[must_use]
pub fn seconds(at: Timestamp) -> i64 {
    at.0.div_euclid(1_000_000).clamp(0, SECONDS_MAX)
}

/// The life of a folded complaint. Steps stand in the order in which the fold takes them; a reply stands before what had seen it, and
/// else where its time puts it. Times never run backwards: what says that it happened earlier happened at once.
#[must_use]
pub fn life<'a>(complaint: &Complaint, events: &'a [Event]) -> Life<'a> {
    let mut walk = Walk::new(complaint, events);
    let mut custodial: BTreeMap<EventHash, Vec<&'a Event>> = BTreeMap::new();
    for event in walk.known.values().copied() {
        let counts = complaint.outcomes.get(&event.hash) == Some(&Outcome::Counted);
        if let Some(opener) = event.header.opener
            && counts
            && event.header.change.role() == Role::Custodian
        {
            custodial.entry(opener).or_default().push(event);
        }
    }
    for (number, epoch) in complaint.epochs.iter().enumerate() {
        if let Some(opener) = walk.known.get(&epoch.opener).copied()
            && number > 0
        {
            walk.hear_until(None, opener.header.time);
            walk.epoch = opened(epoch);
            walk.stand(opener.header.time);
        }
        let mut written = custodial.remove(&epoch.opener).unwrap_or_default();
        written.sort_by_key(|event| (event.header.position, event.hash));
        for event in written {
            walk.take(event);
        }
    }
    walk.hear_all();
    Life { steps: walk.steps, stays: walk.stays }
}

/// An epoch as it was when it opened.
fn opened(epoch: &Epoch) -> Epoch {
    let filed = epoch.arrival == Arrival::Filed;
    Epoch {
        holders: epoch.holders.iter().take(1).cloned().collect(),
        base: if filed { Status::Open } else { Status::Received },
        base_seen: None,
        disposed: false,
        followed_up: false,
        pending: None,
        ..epoch.clone()
    }
}

struct Walk<'a, 'c> {
    complaint: &'c Complaint,
    known: BTreeMap<EventHash, &'a Event>,
    /// The replies, as the fold has them, and of those the heard ones.
    replies: Vec<&'a Event>,
    heard: Vec<Position>,
    epoch: Epoch,
    verified: bool,
    steps: Vec<(&'a Event, &'a Change)>,
    stays: Vec<Stay>,
}

impl<'a, 'c> Walk<'a, 'c> {
    fn new(complaint: &'c Complaint, events: &'a [Event]) -> Self {
        let known: BTreeMap<EventHash, &Event> = events.iter().map(|event| (event.hash, event)).collect();
        let counted: BTreeSet<Position> = complaint.replies.iter().copied().collect();
        let is_reply = |event: &&Event| {
            event.header.node == complaint.origin
                && event.header.change.is_reply()
                && counted.contains(&event.header.position)
                && complaint.outcomes.get(&event.hash) == Some(&Outcome::Counted)
        };
        let mut replies: Vec<&Event> = known.values().copied().filter(is_reply).collect();
        replies.sort_by_key(|event| (event.header.position, event.hash));
        let first = Stay { state: DisplayState::New, since: seconds(complaint.filed_at), until: None };
        let epoch = opened(complaint.epochs.first().unwrap_or_else(|| complaint.epoch()));
        Self {
            complaint,
            known,
            replies,
            heard: Vec::new(),
            epoch,
            verified: false,
            steps: Vec::new(),
            stays: vec![first],
        }
    }

    /// Takes the replies into account that an author had seen, or that came before a moment.
    fn hear_until(&mut self, seen: Option<Position>, at: Timestamp) {
        while let Some(reply) = self.replies.get(self.heard.len()).copied() {
            if seen.is_none_or(|seen| reply.header.position > seen) && reply.header.time >= at {
                break;
            }
            self.hear(reply);
        }
    }

    fn hear_all(&mut self) {
        while let Some(reply) = self.replies.get(self.heard.len()).copied() {
            self.hear(reply);
        }
    }

    fn hear(&mut self, reply: &'a Event) {
        self.heard.push(reply.header.position);
        self.steps.push((reply, &reply.header.change));
        self.stand(reply.header.time);
    }

    /// Takes a holder's event that counted, as the fold does.
    fn take(&mut self, event: &'a Event) {
        let header = &event.header;
        let late = if let Change::Adopted { event } = &header.change { self.known.get(event).copied() } else { None };
        let change = late.map_or(&header.change, |late| &late.header.change);
        let seen = header.seen.and_then(|seen| self.known.get(&seen)).map(|seen| &seen.header);
        let seen = seen.filter(|seen| seen.change.role() == Role::Origin && seen.node == self.complaint.origin);
        let horizon = seen.map(|seen| seen.position);
        self.hear_until(horizon, header.time);
        let before = effective(&self.epoch, &self.complaint.replies, Some(horizon.unwrap_or(Position::ZERO)));
        advance(&mut self.epoch, change, event.hash, before, horizon);
        self.verified |= matches!(change, Change::Verified);
        self.steps.push((event, change));
        self.stand(header.time);
    }

    /// Notes where it stands from a moment on.
    fn stand(&mut self, at: Timestamp) {
        let state = displayed(&self.epoch, self.verified, &self.heard);
        let Some(last) = self.stays.last_mut() else { return };
        if last.state != state {
            let now = seconds(at).max(last.since);
            last.until = Some(now);
            self.stays.push(Stay { state, since: now, until: None });
        }
    }
}

//! How a node stands: its link, what waits to leave, what the hub said. It reads; it judges nothing.

use std::fmt::Debug;

use super::error::DeskError;
use super::office::Desk;
use crate::domain::{FederationId, Moment, NodeId, Position, Timestamp};
use crate::journal::{Receipt, Statement};
use crate::store::{Counts, DueFilter, OwnJournal, Refusals, Store};

/// Most refusals that a status names.
pub const REFUSALS_MAX: usize = 20;

/// Most deadlines that a status counts.
pub const OWED_MAX: usize = 10_000;
/// How far ahead deadlines are looked for, in seconds: no holidays are longer than two weeks.
const NEAR_SECONDS: i64 = 14 * 86_400;

/// Deadlines of a node's offices.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Owed {
    /// Those that end today or on the next working day.
    pub soon: u64,
    /// Those that have passed.
    pub overdue: u64,
}

/// What the link is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LinkState {
    /// No link runs in this process.
    #[default]
    Unknown,
    /// On the way to the hub, or waiting before the next attempt.
    Connecting,
    /// Connected, and not yet up to date.
    CatchingUp,
    /// Connected and up to date.
    Connected,
    /// Stands still until an operator acts.
    Stopped,
}

impl LinkState {
    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Connecting => "connecting",
            Self::CatchingUp => "catching-up",
            Self::Connected => "connected",
            Self::Stopped => "stopped",
        }
    }
}

/// What the link says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LinkReport {
    /// What it is doing.
    pub state: LinkState,
    /// Since when, if that is known.
    pub since: Option<Timestamp>,
    /// How far this node is behind the hub, in seconds, if that is known.
    pub lag_seconds: Option<u64>,
    /// Why it stands still or waits: a text without personal data.
    pub fault: Option<String>,
}

/// Whoever knows how the link stands.
pub trait LinkProbe: Debug + Send + Sync {
    /// Where the hub said last that its registry ends, and when; none if it has not since the program began.
    fn hub_registry(&self) -> Option<(Position, Timestamp)> {
        None
    }

    /// How it stands at `now`.
    fn report(&self, now: Timestamp) -> LinkReport;

    /// Has the hub told something of keys.
    fn say(&self, statement: Statement);
}

/// How a node stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// The federation.
    pub federation: FederationId,
    /// This node.
    pub node: NodeId,
    /// Its clock.
    pub now: Timestamp,
    /// The link's own report.
    pub link: LinkReport,
    /// When something was last heard from the hub.
    pub contact: Option<Timestamp>,
    /// The own journal's end.
    pub own: OwnJournal,
    /// Own events that no receipt covers.
    pub unacknowledged: u64,
    /// The hub's newest receipt.
    pub receipt: Option<Receipt>,
    /// Figures.
    pub counts: Counts,
    /// What this node's offices owe.
    pub owed: Owed,
    /// The newest own events that did not simply apply.
    pub refusals: Vec<Refusals>,
    /// The newest registry event.
    pub registry: Position,
    /// Where the hub said last that its registry ends, and when.
    pub hub_registry: Option<(Position, Timestamp)>,
    /// How much evidence there is, into which nobody has looked, that the hub shows two registries.
    pub doubts: u64,
}

impl<S: Store> Desk<S> {
    /// How this node stands.
    ///
    /// # Errors
    /// If storage failed.
    pub async fn status(&self) -> Result<Status, DeskError> {
        let own = self.store.own().await?;
        let hub = self.store.peer(NodeId::Hub).await?;
        let (contact, receipt, fault) = hub.map_or((None, None, None), |hub| {
            (hub.contact, hub.receipt.map(|signed| signed.receipt().clone()), hub.fault)
        });
        let now = self.clock.timestamp();
        let mut link = self.link.as_ref().map(|link| link.report(now)).unwrap_or_default();
        link.fault = link.fault.or(fault);
        Ok(Status {
            federation: self.federation.clone(),
            node: self.node.clone(),
            now,
            link,
            contact,
            unacknowledged: unacknowledged(own.written, receipt.as_ref().map(|receipt| receipt.position)),
            own,
            receipt,
            counts: self.store.counts().await?,
            owed: self.owed(now).await?,
            refusals: self.store.refusals(REFUSALS_MAX).await?,
            registry: self.registry().await?.position(),
            hub_registry: self.link.as_ref().and_then(|link| link.hub_registry()),
            doubts: self.doubts(own).await?,
        })
    }
}

impl<S: Store> Desk<S> {
    /// What this node's offices owe soon, and what is overdue: the reminder before a deadline, for whoever looks.
    async fn owed(&self, now: Timestamp) -> Result<Owed, DeskError> {
        let filter = DueFilter {
            before: now.plus_seconds(NEAR_SECONDS),
            node: Some(self.node.clone()),
            moments: Moment::ALL.into_iter().filter(|moment| moment.is_the_offices()).collect(),
            told: true,
            after: None,
            limit: OWED_MAX,
        };
        let mut owed = Owed::default();
        for summary in self.store.due(filter).await? {
            let Some(due) = summary.due else { continue };
            if due <= now {
                owed.overdue = owed.overdue.saturating_add(1);
            } else if self.timetable.is_near(due, &summary.unit, 1, now) {
                owed.soon = owed.soon.saturating_add(1);
            }
        }
        Ok(owed)
    }

    async fn doubts(&self, own: OwnJournal) -> Result<u64, DeskError> {
        if !own.doubted {
            return Ok(0);
        }
        let open = self.store.evidence().await?.into_iter().filter(|one| one.dismissed.is_none()).count();
        Ok(u64::try_from(open).unwrap_or(u64::MAX))
    }
}

/// How many events of the present life no receipt covers.
fn unacknowledged(written: Position, receipt: Option<Position>) -> u64 {
    match receipt {
        Some(receipt) if receipt.incarnation == written.incarnation => written.seq.saturating_sub(receipt.seq),
        Some(_) | None => written.seq,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipt_of_a_dead_life_counts_for_the_new_one() {
        assert_eq!(unacknowledged(Position::new(2, 3), Some(Position::new(1, 900))), 3);
        assert_eq!(unacknowledged(Position::new(1, 903), Some(Position::new(1, 900))), 3);
        assert_eq!(unacknowledged(Position::new(1, 5), None), 5);
    }
}

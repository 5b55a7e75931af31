//! Units as this node knows them: what everybody knows from the registry, and what was declared here and waits for the hub. Pure.

use std::sync::Arc;

use crate::domain::{Event, Listing, NodeId, Registry, UnitCode};

/// Most declarations that may wait for the hub; beyond, the desk takes no more.
pub const DECLARED_MAX: usize = 10_000;

/// A unit as this node knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownUnit {
    /// What is known of it; what was declared here last, if something was.
    pub listing: Listing,
    /// The node at which it is at home.
    pub home: Option<NodeId>,
    /// Whether it takes no complaints any more.
    pub closed: bool,
    /// The unit that has taken over what it did.
    pub into: Option<UnitCode>,
    /// Whether the hub has yet to publish that.
    pub waiting: bool,
}

/// The registry, and what was declared here and waits for the hub.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// What everybody knows.
    pub registry: Arc<Registry>,
    /// The own declarations that the hub has not judged, in order.
    pub declared: Vec<Event>,
}

impl Outlook {
    /// The registry as it will be when the hub has published all of it.
    #[must_use]
    pub fn ahead(&self) -> Registry {
        self.registry.foreseen(&self.declared)
    }

    /// The units at or below one (all of them if none is named), by code.
    #[must_use]
    pub fn units(&self, below: Option<&UnitCode>) -> Vec<KnownUnit> {
        let (registry, ahead) = (&self.registry, self.ahead());
        let asked = ahead.units().filter(|(code, _)| below.is_none_or(|below| below.contains(code)));
        let known = asked.map(|(code, entry)| KnownUnit {
            listing: entry.listing.clone(),
            home: registry.home(code),
            closed: entry.closed,
            into: entry.into.clone(),
            waiting: registry.unit(code).is_none_or(|published| {
                (&published.listing, published.closed, &published.into) != (&entry.listing, entry.closed, &entry.into)
            }),
        });
        known.collect()
    }
}

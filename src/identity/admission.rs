//! How many connections there may be: in all and per node. A permit is given back when it is dropped.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::NodeId;

type Counts = Arc<Mutex<BTreeMap<NodeId, usize>>>;

/// The places for connections.
#[derive(Debug)]
pub(super) struct Admission {
    total: Arc<Semaphore>,
    per_node: Counts,
    per_node_max: usize,
}

/// A connection's place in all, taken before its handshake.
#[derive(Debug)]
pub(super) struct Place {
    #[expect(dead_code, reason = "held for its drop")]
    permit: OwnedSemaphorePermit,
}

impl Admission {
    pub(super) fn new(total_max: usize, per_node_max: usize) -> Self {
        let total = Arc::new(Semaphore::new(total_max.min(Semaphore::MAX_PERMITS)));
        Self { total, per_node: Arc::default(), per_node_max }
    }

    /// A place in all, if there is one.
    pub(super) fn place(&self) -> Option<Place> {
        Arc::clone(&self.total).try_acquire_owned().ok().map(|permit| Place { permit })
    }

    /// Turns a place into a node's permit, if the node has not got its share already.
    pub(super) fn permit(&self, place: Place, node: &NodeId) -> Option<ConnectionPermit> {
        let mut counts = self.per_node.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(node.clone()).or_insert(0);
        if *count >= self.per_node_max {
            return None;
        }
        *count = count.saturating_add(1);
        Some(ConnectionPermit { _place: place, per_node: Arc::clone(&self.per_node), node: node.clone() })
    }
}

/// The right to one connection of one node; keep it as long as the connection.
pub struct ConnectionPermit {
    _place: Place,
    per_node: Counts,
    node: NodeId,
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut counts = self.per_node.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut entry) = counts.entry(self.node.clone()) {
            let left = entry.get().saturating_sub(1);
            if left == 0 {
                entry.remove();
            } else {
                entry.insert(left);
            }
        }
    }
}

impl fmt::Debug for ConnectionPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ConnectionPermit").field(&self.node).finish()
    }
}

/// The places for those who are not known yet: few, and fewer from one address, so that they take nothing from the nodes.
#[derive(Debug)]
pub(super) struct Strangers {
    from: Arc<Mutex<Vec<IpAddr>>>,
    max: usize,
    per_address_max: usize,
}

impl Strangers {
    pub(super) fn new(max: usize, per_address_max: usize) -> Self {
        Self { from: Arc::default(), max, per_address_max }
    }

    /// A place for a stranger, if there is one.
    pub(super) fn permit(&self, address: IpAddr) -> Option<StrangerPermit> {
        let mut from = self.from.lock().unwrap_or_else(PoisonError::into_inner);
        let from_there = from.iter().filter(|each| **each == address).count();
        if from.len() >= self.max || from_there >= self.per_address_max {
            return None;
        }
        from.push(address);
        Some(StrangerPermit { from: Arc::clone(&self.from), address })
    }
}

/// The right to one connection of somebody unknown; keep it as long as the connection.
#[derive(Debug)]
pub struct StrangerPermit {
    from: Arc<Mutex<Vec<IpAddr>>>,
    address: IpAddr,
}

impl Drop for StrangerPermit {
    fn drop(&mut self) {
        let mut from = self.from.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = from.iter().position(|each| *each == self.address) {
            from.swap_remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_is_lost_when_a_connection_ends() {
        let admission = Admission::new(3, 2);
        let (padang, sumbar) = (NodeId::parse("13.71").unwrap(), NodeId::parse("13").unwrap());
        let first = admission.permit(admission.place().unwrap(), &padang).unwrap();
        let _second = admission.permit(admission.place().unwrap(), &padang).unwrap();
        assert!(admission.permit(admission.place().unwrap(), &padang).is_none());
        let _other = admission.permit(admission.place().unwrap(), &sumbar).unwrap();
        assert!(admission.place().is_none());
        drop(first);
        assert!(admission.permit(admission.place().unwrap(), &padang).is_some());
        assert_eq!(admission.per_node.lock().unwrap().len(), 2);
    }

    #[test]
    fn strangers_of_one_address_take_all_places() {
        let strangers = Strangers::new(3, 2);
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let first = strangers.permit(one).unwrap();
        let _second = strangers.permit(one).unwrap();
        assert!(strangers.permit(one).is_none());
        let _third = strangers.permit(other).unwrap();
        assert!(strangers.permit(other).is_none());
        drop(first);
        assert!(strangers.permit(other).is_some());
    }
}

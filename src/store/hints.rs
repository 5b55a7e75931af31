//! Hints between processes on one database: for whom something waits. They are told outside of every transaction that stores
//! something, many at a time, and may be lost: whoever waits asks the database anyway.

use std::collections::BTreeSet;
use std::future::Future;

use super::StoreError;
use crate::domain::NodeId;

/// For whom something waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Waiting {
    /// For these nodes.
    Nodes(BTreeSet<NodeId>),
    /// It is not known: whoever listens looks for itself.
    Anybody,
}

/// Tells hints to other processes on the same database, and hears theirs.
pub trait Hints: Clone + Send + Sync + 'static {
    /// What hears.
    type Ears: Ears;

    /// Tells that something waits for these nodes, in one notice.
    ///
    /// # Errors
    /// If the database cannot be reached; nothing is lost but time.
    fn tell(&self, nodes: &BTreeSet<NodeId>) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Begins to listen.
    ///
    /// # Errors
    /// If the database cannot be reached.
    fn listen(&self) -> impl Future<Output = Result<Self::Ears, StoreError>> + Send;
}

/// Hears hints of other processes, never the own ones.
pub trait Ears: Send {
    /// The next hint. After a connection that broke off and was made again, and after a long silence: anybody.
    ///
    /// # Errors
    /// If the database ended the connection, or cannot be reached again. Wait before you listen anew.
    fn hear(&mut self) -> impl Future<Output = Result<Waiting, StoreError>> + Send;
}

//! What storage promises: one trait of coarse operations, one transaction each. Rules are the domain's; here things are only kept.
//!
//! A [`Store`] keeps one program's journal copies, their verdicts, the complaints folded from them, and what is still to be
//! delivered. [`Store::transact`] is the one way to change anything: it reads a [`View`] under locks, hands it to a pure
//! planner, and writes the planner's [`Changes`], all or nothing, durable when it returns.

mod advance;
pub mod changes;
mod columns;
#[cfg(test)]
mod conformance;
pub mod copy;
pub mod database;
pub mod error;
pub mod evidence;
mod fault;
pub mod health;
pub mod hints;
pub mod memory;
mod migrated;
pub mod notices;
pub mod observed;
pub mod people;
pub mod postgres;
pub mod probe;
pub mod rows;
pub mod sqlite;
pub mod tallies;
mod tallying;
pub mod tokens;
pub mod vault;

use std::future::Future;

pub use changes::{Changes, Entry, PeerUpdate, Scope, View};
pub use error::StoreError;
pub use evidence::{Evidence, Word};
pub use notices::{NOTICES_KEPT_MAX, NOTICES_WAITING_MAX, Notice, NoticeChange, NoticeFilter, noted};
pub use people::{Account, People, PeopleChanges, PeopleScope, Request, Session, Somebody};
pub use rows::{
    Batch, Counts, Delivery, DueFilter, File, FiledEvent, JournalRow, ListFilter, OwnJournal, Owner, PartPlace, Peer,
    ProofRef, Refusals, Rewrapped, SealedEntry, Summary, Unsealed,
};
pub use tallies::{Dimension, Tally, TallyFilter};
pub use tokens::{Token, TokenChange, TokenStanding};
pub use vault::Vault;

use crate::domain::{ComplaintId, Event, EventHash, NodeId, Position, Timestamp, TrackingNumber, Verdict};

/// Most rows an outbox holds before it is marked for a refill.
pub const OUTBOX_ROWS_MAX: u64 = 1_000_000;

/// Storage of one hub or one node.
///
/// Every method is one transaction. What a method that changes something has returned is durable (promise 2).
pub trait Store: Clone + Send + Sync + 'static {
    /// Reads what `scope` names, asks `plan`, and writes what it answers, in one transaction. Complaints are locked before
    /// their history is read; locks are taken in the order of CUSTODY.md: complaints (sorted), the peer's row, the own journal,
    /// destinations (sorted). If the changes are empty nothing is written. The planner is called exactly once.
    ///
    /// # Errors
    /// If storage failed or a change contradicts what is stored (a gap in a journal, a second Moved of one opener, an event
    /// whose bytes differ from the stored ones); then nothing was changed.
    fn transact<T, F>(&self, scope: Scope, plan: F) -> impl Future<Output = Result<T, StoreError>> + Send
    where
        T: Send,
        F: FnOnce(&View) -> (Changes, T) + Send;

    /// Whose store this is.
    ///
    /// # Errors
    /// If storage failed, as for every method below.
    fn owner(&self) -> impl Future<Output = Result<Owner, StoreError>> + Send;

    /// The own journal's end.
    fn own(&self) -> impl Future<Output = Result<OwnJournal, StoreError>> + Send;

    /// All registry events, in the hub's order.
    fn registry(&self) -> impl Future<Output = Result<Vec<Event>, StoreError>> + Send;

    /// One complaint's whole file, events in the order in which they were stored; none if nothing of it is stored.
    fn file(&self, complaint: ComplaintId) -> impl Future<Output = Result<Option<File>, StoreError>> + Send;

    /// Complaints by filter, newest change first.
    fn list(&self, filter: ListFilter) -> impl Future<Output = Result<Vec<Summary>, StoreError>> + Send;

    /// Complaints by filter in the order in which they were filed (by their origin's clock, then by id), after the one with this
    /// time and id: for going through all of them in pages, while others come in.
    fn filed(
        &self,
        filter: ListFilter,
        after: Option<(Timestamp, ComplaintId)>,
    ) -> impl Future<Output = Result<Vec<Summary>, StoreError>> + Send;

    /// Complaints whose deadline has passed, the oldest first.
    fn due(&self, filter: DueFilter) -> impl Future<Output = Result<Vec<Summary>, StoreError>> + Send;
    /// Sums of figures of complaints, broken down, in the order of the keys; rows with no complaint are left out. What it costs
    /// depends on how many cells there are, not on how many complaints. Figures follow each commit at once.
    fn tallies(&self, filter: TallyFilter) -> impl Future<Output = Result<Vec<Tally>, StoreError>> + Send;

    /// How many complaints wait for an office that is late at a moment, by the keys of the same breakdown. What it costs depends on
    /// how many those are.
    fn late(
        &self,
        filter: TallyFilter,
        now: Timestamp,
    ) -> impl Future<Output = Result<std::collections::BTreeMap<Vec<String>, u64>, StoreError>> + Send;

    /// The complaint with a tracking number.
    fn find(&self, tracking: TrackingNumber) -> impl Future<Output = Result<Option<ComplaintId>, StoreError>> + Send;

    /// The complaints whose name begins with these bits, at most `limit`; for names a person typed in part.
    fn find_prefix(&self, hex: &str, limit: usize)
    -> impl Future<Output = Result<Vec<ComplaintId>, StoreError>> + Send;

    /// The first sealed batches of one journal after a position, seals in order, at most `bytes` of headers and parts but at
    /// least one batch, if there is one; they go on over lives. `after` must be the end of a batch, or the zero of a life. Only
    /// for a journal that is stored whole: the own one, and on the hub every one.
    fn sealed(
        &self,
        origin: NodeId,
        after: Position,
        bytes: usize,
    ) -> impl Future<Output = Result<Vec<Batch>, StoreError>> + Send;

    /// What is to be delivered to `destination` after number `after` of outbox generation `generation`, in order: at most
    /// `bytes` of headers and parts but at least one event, if there is one, and no more than fit one batch. Empty if the
    /// generation is not the present one; ends before an event whose proof is not stored yet.
    fn outbox(
        &self,
        destination: NodeId,
        generation: u32,
        after: u64,
        bytes: usize,
    ) -> impl Future<Output = Result<Vec<Delivery>, StoreError>> + Send;

    /// A peer's row.
    fn peer(&self, node: NodeId) -> impl Future<Output = Result<Option<Peer>, StoreError>> + Send;

    /// All peers' rows, by node.
    fn peers(&self) -> impl Future<Output = Result<Vec<Peer>, StoreError>> + Send;

    /// Begins the next generation of a destination's outbox and fills it with all it is to have: every registry event, and
    /// every event by others of each complaint it takes part in, in the order in which they were stored, proofs present. What is
    /// inadmissible is not forwarded. Returns the generation; none, and nothing is changed, if `session` is not the destination's
    /// newest session any more: a later one has the outbox now.
    fn refill(&self, destination: NodeId, session: u64)
    -> impl Future<Output = Result<Option<u32>, StoreError>> + Send;

    /// Verdicts on a journal's events after a position, in order, at most `limit`; ends before the first that is provisional.
    fn verdicts(
        &self,
        origin: NodeId,
        after: Position,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(Position, EventHash, Verdict)>, StoreError>> + Send;

    /// Complaints held at `holder` with a proposal pending; found by query, never remembered.
    fn unordered(
        &self,
        holder: NodeId,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<ComplaintId>, StoreError>> + Send;

    /// Complaints with events that are held, for a hub that was upgraded.
    fn held(&self, limit: usize) -> impl Future<Output = Result<Vec<ComplaintId>, StoreError>> + Send;

    /// A journal's rows after a position, in order, with their seals' places: for verification.
    fn journal(
        &self,
        origin: NodeId,
        after: Position,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<JournalRow>, StoreError>> + Send;

    /// The names of a journal's events after a position, in order, at most `limit`; nothing of them is read but these.
    fn names(
        &self,
        origin: NodeId,
        after: Position,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(Position, EventHash)>, StoreError>> + Send;

    /// All journals of which something is stored.
    fn origins(&self) -> impl Future<Output = Result<Vec<NodeId>, StoreError>> + Send;

    /// The seal that covers a position, if it is stored.
    fn seal_of(
        &self,
        origin: NodeId,
        position: Position,
    ) -> impl Future<Output = Result<Option<crate::journal::Seal>, StoreError>> + Send;

    /// All joining tokens that were issued, oldest first.
    fn tokens(&self) -> impl Future<Output = Result<Vec<Token>, StoreError>> + Send;

    /// What reporters are to be told, or were, by filter.
    fn notices(&self, filter: NoticeFilter) -> impl Future<Output = Result<Vec<Notice>, StoreError>> + Send;

    /// Figures for `status`.
    fn counts(&self) -> impl Future<Output = Result<Counts, StoreError>> + Send;

    /// The newest own events with a verdict other than applied, at most `limit`.
    fn refusals(&self, limit: usize) -> impl Future<Output = Result<Vec<Refusals>, StoreError>> + Send;

    /// Prepares a node's store for recovery under a new life: keeps nothing of the own journal beyond `stored`, and hands back
    /// the own events that the hub does not hold, oldest first, to be issued again. Idempotent until the new life begins.
    ///
    /// `stored` is a position up to which both journals are known to agree; any lower one does too. What lies beyond leaves the
    /// live journal, its seals with it, but is kept; what of it then comes from the hub takes its place again. So, once the
    /// hub's copy is stored to its end, `set_aside` of the own end gives exactly what is to be issued again, before and after a
    /// crash, until a transaction with [`Changes::new_life`] commits.
    fn set_aside(&self, stored: Position) -> impl Future<Output = Result<Vec<SealedEntry>, StoreError>> + Send;

    /// Reads of accounts, sessions and requests what `scope` names, asks `plan`, and writes what it answers, in one transaction
    /// that no other on people comes between. If the changes are empty nothing is written. The planner is called exactly once.
    fn people<T, F>(&self, scope: PeopleScope, plan: F) -> impl Future<Output = Result<T, StoreError>> + Send
    where
        T: Send,
        F: FnOnce(&People) -> (PeopleChanges, T) + Send;

    /// Of accounts, sessions and requests what `scope` names.
    fn look_at_people(&self, scope: PeopleScope) -> impl Future<Output = Result<People, StoreError>> + Send;
    /// What proves that the hub shows two registries, oldest first.
    fn evidence(&self) -> impl Future<Output = Result<Vec<Evidence>, StoreError>> + Send;

    /// Refuses if the newest content that is locked here was locked with a key that is not in the vault: a program that went on would
    /// store what those with the right key cannot read.
    fn check_vault(&self) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Locks with the vault's present key what of the next `limit` parts after a place is not locked with it. Gives where it ended
    /// and how many it changed; none when there was nothing left to look at. Content that authors sealed stays as it is.
    ///
    /// Only while no other program writes to the store: it would go on with the key it has.
    fn rewrap(
        &self,
        after: PartPlace,
        limit: usize,
    ) -> impl Future<Output = Result<Option<Rewrapped>, StoreError>> + Send;
}

//! The write side of a transaction: which changes are written, in which order. How is each table's own file.

use sqlx::PgConnection;

use super::{
    Changes, OwnJournal, Owner, Peer, StoreError, aside, entries, evidence, notices, outbox, own, peers, projections,
    seals, tallies, tokens, verdicts,
};
use crate::store::advance;

/// What writing needs of what was read.
pub(super) struct Job<'a> {
    pub(super) owner: &'a Owner,
    pub(super) own: OwnJournal,
    /// The row of the scope's peer.
    pub(super) peer: Option<Peer>,
    /// The row number of the newest event.
    pub(super) last: i64,
    pub(super) outbox_rows_max: u64,
}

impl Job<'_> {
    pub(super) async fn write(mut self, connection: &mut PgConnection, changes: &Changes) -> Result<(), StoreError> {
        let before = self.own;
        if let Some((incarnation, previous)) = changes.new_life {
            advance::begin_life(&mut self.own, incarnation, previous)?;
            aside::forget(connection).await?;
        }
        entries::write(connection, self.owner, &mut self.own, self.last, &changes.entries).await?;
        seals::write(connection, self.owner, &mut self.own, &changes.seals).await?;
        self.own.cited = self.own.cited.max(changes.cited.unwrap_or_default());
        if self.own != before {
            own::write(connection, &self.own).await?;
        }
        verdicts::write(connection, &changes.verdicts).await?;
        projections::write(connection, &changes.summaries).await?;
        tallies::write(connection, &changes.summaries).await?;
        projections::announce(connection, &changes.announced).await?;
        peers::create(connection, &changes.new_peers).await?;
        if let Some(update) = &changes.peer {
            let conflict = || StoreError::Conflict("an update of a peer that is not in scope".to_owned());
            let mut peer = self.peer.ok_or_else(conflict)?;
            advance::update(&mut peer, update)?;
            peers::write(connection, &peer).await?;
            if update.delivered.is_some() {
                outbox::drop_delivered(connection, &peer).await?;
            }
        }
        tokens::write(connection, &changes.tokens).await?;
        evidence::write(connection, &changes.evidence, changes.dismissed).await?;
        notices::write(connection, &changes.notices).await?;
        outbox::write(connection, &changes.outbox, self.outbox_rows_max).await?;
        entries::destroy(connection, &changes.destroy).await
    }
}

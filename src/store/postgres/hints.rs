//! Hints by PostgreSQL's NOTIFY, on a channel of the schema: <https://www.postgresql.org/docs/current/sql-notify.html>.

use std::collections::BTreeSet;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::time::timeout;

use super::StoreError;
use super::settings::{Limits, pool, within};
use crate::domain::NodeId;
use crate::store::hints::{Ears, Hints, Waiting};

/// Bytes of one notice; PostgreSQL takes less than 8000.
const NOTICE_BYTES_MAX: usize = 7000;
/// A notice that names everybody.
const ALL: &str = "*";

/// Tells hints and hears them.
#[derive(Clone, Debug)]
pub struct PostgresHints {
    pool: PgPool,
    channel: String,
    /// By what this process knows its own notices.
    process: String,
    limits: Limits,
}

impl PostgresHints {
    pub(super) fn new(pool: PgPool, schema: &str, process: u64, limits: Limits) -> Self {
        Self { pool, channel: format!("{schema}_waiting"), process: format!("{process:016x}"), limits }
    }
}

impl Hints for PostgresHints {
    type Ears = PostgresEars;

    async fn tell(&self, nodes: &BTreeSet<NodeId>) -> Result<(), StoreError> {
        if nodes.is_empty() {
            return Ok(());
        }
        let notice = notice(&self.process, nodes);
        within(self.limits.operation, async {
            sqlx::query("SELECT pg_notify($1, $2)").bind(&self.channel).bind(notice).execute(&self.pool).await?;
            Ok(())
        })
        .await
    }

    async fn listen(&self) -> Result<PostgresEars, StoreError> {
        // A connection of its own: a listener that is given up says a last word to its server, whose answer may never come.
        let pool = pool(self.pool.connect_options().as_ref().clone(), 1, self.limits);
        within(self.limits.operation, async {
            let mut listener = PgListener::connect_with(&pool).await?;
            listener.listen(&self.channel).await?;
            Ok(PostgresEars { listener, process: self.process.clone(), limits: self.limits })
        })
        .await
    }
}

/// Hears hints.
#[derive(Debug)]
pub struct PostgresEars {
    listener: PgListener,
    process: String,
    limits: Limits,
}

impl PostgresEars {
    /// Asks the server whether it is still there, after a silence.
    async fn ask(&mut self) -> Result<(), StoreError> {
        let Limits { connection, answer, .. } = self.limits;
        within(connection.saturating_add(answer), async {
            sqlx::query("SELECT 1").execute(&mut self.listener).await?;
            Ok(())
        })
        .await
    }
}

impl Ears for PostgresEars {
    async fn hear(&mut self) -> Result<Waiting, StoreError> {
        loop {
            match timeout(self.limits.silence, self.listener.try_recv()).await {
                Ok(Ok(Some(notice))) => {
                    if let Some(waiting) = read(&self.process, notice.payload()) {
                        return Ok(waiting);
                    }
                }
                Ok(Ok(None)) => return Ok(Waiting::Anybody),
                // The server's last word before it ends a connection is one, too. Whoever listens waits before it does so again.
                Ok(Err(error)) => return Err(error.into()),
                // Should the connection have been made again in the silence, something may have been missed.
                Err(_) => {
                    self.ask().await?;
                    return Ok(Waiting::Anybody);
                }
            }
        }
    }
}

fn notice(process: &str, nodes: &BTreeSet<NodeId>) -> String {
    let names: Vec<&str> = nodes.iter().map(NodeId::as_str).collect();
    let names = names.join(",");
    format!("{process} {}", if names.len() > NOTICE_BYTES_MAX { ALL } else { &names })
}

/// Reads a notice; none if it is the own process's. What this version does not understand concerns anybody.
fn read(process: &str, notice: &str) -> Option<Waiting> {
    let Some((from, names)) = notice.split_once(' ') else { return Some(Waiting::Anybody) };
    if from == process {
        return None;
    }
    let nodes: Result<BTreeSet<NodeId>, _> = names.split(',').map(NodeId::parse).collect();
    Some(nodes.map_or(Waiting::Anybody, Waiting::Nodes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notice_leaves_somebody_asleep_or_wakes_its_own_process() {
        let nodes: BTreeSet<NodeId> =
            ["13.71", "13", "kl.pu", "id"].into_iter().map(|name| NodeId::parse(name).unwrap()).collect();
        assert_eq!(read("b", &notice("a", &nodes)), Some(Waiting::Nodes(nodes.clone())));
        assert_eq!(read("a", &notice("a", &nodes)), None);
        let many: BTreeSet<NodeId> = (0..2000).map(|number| NodeId::parse(&format!("kl.n{number}")).unwrap()).collect();
        assert_eq!(read("b", &notice("a", &many)), Some(Waiting::Anybody));
        for odd in ["", "13.71", "a 13.71,,", "a 13.71,NOBODY!", "a *"] {
            assert_eq!(read("b", odd), Some(Waiting::Anybody), "{odd}");
        }
    }
}

//! Hints between processes on one database: for whom something waits. They are told outside of every transaction that stores
//! something, many at a time, and may be lost: whoever waits asks the database anyway.

use std::collections::BTreeSet;

use sqlx::PgPool;
use sqlx::postgres::PgListener;

use super::StoreError;
use crate::domain::NodeId;

/// The channel of the database.
const CHANNEL: &str = "lintas_waiting";
/// Bytes of one notice; PostgreSQL takes less than 8000.
const NOTICE_BYTES_MAX: usize = 7000;
/// A notice that names everybody.
const ALL: &str = "*";

/// For whom something waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Waiting {
    /// For these nodes.
    Nodes(BTreeSet<NodeId>),
    /// It is not known: whoever listens looks for itself.
    Anybody,
}

/// Tells hints to other processes, and hears theirs.
#[derive(Clone, Debug)]
pub struct Hints {
    pool: PgPool,
}

impl Hints {
    pub(super) const fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Tells that something waits for these nodes, in one notice.
    ///
    /// # Errors
    /// If the database cannot be reached; nothing is lost but time.
    pub async fn tell(&self, nodes: &BTreeSet<NodeId>) -> Result<(), StoreError> {
        if nodes.is_empty() {
            return Ok(());
        }
        let notice = notice(nodes);
        sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(notice).execute(&self.pool).await?;
        Ok(())
    }

    /// Listens.
    ///
    /// # Errors
    /// If the database cannot be reached.
    pub async fn listen(&self) -> Result<Ears, StoreError> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(Ears { listener })
    }
}

/// Hears hints.
#[derive(Debug)]
pub struct Ears {
    listener: PgListener,
}

impl Ears {
    /// The next hint. After a connection that broke off and was made again: anybody.
    ///
    /// # Errors
    /// If the database cannot be reached again.
    pub async fn hear(&mut self) -> Result<Waiting, StoreError> {
        let heard = self.listener.try_recv().await?;
        Ok(heard.map_or(Waiting::Anybody, |notice| read(notice.payload())))
    }
}

fn notice(nodes: &BTreeSet<NodeId>) -> String {
    let names: Vec<&str> = nodes.iter().map(NodeId::as_str).collect();
    let notice = names.join(",");
    if notice.len() > NOTICE_BYTES_MAX { ALL.to_owned() } else { notice }
}

/// Reads a notice. What this version does not understand concerns anybody.
fn read(notice: &str) -> Waiting {
    let nodes: Result<BTreeSet<NodeId>, _> = notice.split(',').map(NodeId::parse).collect();
    nodes.map_or(Waiting::Anybody, Waiting::Nodes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notice_leaves_somebody_asleep() {
        let nodes: BTreeSet<NodeId> =
            ["13.71", "13", "kl.pu", "id"].into_iter().map(|name| NodeId::parse(name).unwrap()).collect();
        assert_eq!(read(&notice(&nodes)), Waiting::Nodes(nodes));
        let many: BTreeSet<NodeId> =
            (0..2000).map(|number| NodeId::parse(&format!("kl.n{number}")).unwrap()).collect();
        assert_eq!(read(&notice(&many)), Waiting::Anybody);
        for odd in ["", "13.71,,", "13.71,NOBODY!", "*"] {
            assert_eq!(read(odd), Waiting::Anybody, "{odd}");
        }
    }
}

//! A node that was long without a link catches up with the hub: real processes over mutual TLS, from the start of the node's
//! process until it holds the hub's signed receipt and verdict for its last event.

use std::path::Path;

use lintas::domain::{NodeId, Position};
use lintas::runtime::{Clock as _, SystemClock};
use lintas::store::Store as _;
use lintas::store::sqlite::SqliteStore;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::Command;

use super::case::{Stopwatch, until};
use super::cluster::Cluster;
use super::error::{BenchError, Result};
use super::memory::Memory;
use super::plan::{END_LOOK_EVERY, Options};
use super::workload;
use crate::demo::data_folder;
use crate::federation::Federation;

/// The node that catches up.
pub(super) const NODE: (&str, &str) = (workload::UNIT, "Pemerintah Kota Padang");

/// The database of the hub that has heard nothing, on PostgreSQL, and of its copy that a node catches up with.
pub(super) const PREPARED: &str = "prepared";
pub(super) const CAUGHT_UP: &str = "caught_up";

/// Memory of hub and node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Both {
    pub(super) hub: Memory,
    pub(super) node: Memory,
}

impl Both {
    fn of(federation: &Federation) -> Result<Self> {
        Ok(Self { hub: Memory::of(federation.hub_process())?, node: Memory::of(federation.node_process(NODE.0))? })
    }
}

/// Where a hub keeps its journal.
#[derive(Clone, Copy, Debug)]
pub(super) enum HubOn<'a> {
    /// In a file of its folder.
    Sqlite,
    /// In a database of this cluster.
    Postgres(&'a Cluster),
}

impl HubOn<'_> {
    /// An empty database for a hub; none is needed in the hub's own folder.
    pub(super) async fn fresh(self, name: &str) -> Result<Option<String>> {
        self.from(name, "template0").await
    }

    /// A copy of a hub's database, for a copy of the hub.
    async fn from(self, name: &str, template: &str) -> Result<Option<String>> {
        let Self::Postgres(cluster) = self else { return Ok(None) };
        cluster.make(name, template).await?;
        Ok(Some(cluster.address.url(name)))
    }

    async fn settle(self) -> Result<()> {
        Command::new("sync").status().await?;
        match self {
            Self::Sqlite => Ok(()),
            Self::Postgres(cluster) => cluster.settle().await,
        }
    }
}

/// A hub that has heard nothing, and a node with much to tell.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    on: HubOn<'a>,
    federation: Federation,
    _folder: TempDir,
    events: u64,
    /// What the hub holds beforehand: the registry.
    before: u64,
    /// Memory of both with an idle link, nothing told.
    pub(super) idle: Both,
}

/// What one catching up came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caught {
    pub(super) seconds: f64,
    pub(super) memory: Both,
}

/// A folder of its own, in which everything lies.
pub(super) fn folder() -> Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("lintas-bench-").tempdir()?)
}

impl<'a> Prepared<'a> {
    /// Founds a federation and writes the journal.
    pub(super) async fn make(on: HubOn<'a>, events: u64) -> Result<Self> {
        let folder = folder()?;
        let units = data_folder().join("units.csv");
        let database = on.fresh(PREPARED).await?;
        let mut federation = Federation::found_on(folder.path(), &units, &[NODE], database).await?;
        federation.start().await?;
        let idle = Both::of(&federation)?;
        let before = count(&federation.ask_hub(&["status"]).await?)?.1;
        federation.stop().await?;
        let store = SqliteStore::open(&federation.node_database(NODE.0)).await?;
        workload::write(&store, events, SystemClock.timestamp()).await?;
        store.close().await;
        Ok(Self { on, federation, _folder: folder, events, before, idle })
    }

    /// Lets a copy of the node catch up with a copy of the hub. With `verify`, the hub checks all that it holds afterwards.
    pub(super) async fn run(&self, options: &Options, verify: bool) -> Result<Caught> {
        let folder = folder()?;
        let database = self.on.from(CAUGHT_UP, PREPARED).await?;
        let mut federation = self.federation.copied(folder.path(), database).await?;
        self.on.settle().await?;
        federation.start_hub_under(&words(&options.hub_under))?;
        let port = federation.port();
        let listens = async || Ok(TcpStream::connect(("127.0.0.1", port)).await.is_ok());
        until("the hub to listen", END_LOOK_EVERY, listens).await?;
        let watch = Stopwatch::start();
        federation.spawn_node_under(&words(&options.node_under), NODE.0)?;
        self.told(&federation.node_database(NODE.0)).await?;
        let seconds = watch.seconds();
        let memory = Both::of(&federation)?;
        self.check(&federation).await?;
        federation.stop().await?;
        if verify {
            federation.hub(&["verify"]).await?;
        }
        Ok(Caught { seconds, memory })
    }

    /// Waits until the node has stored the receipt and the verdict on its last event.
    async fn told(&self, database: &Path) -> Result<()> {
        let end = Position::new(1, self.events);
        let store = SqliteStore::open_read_only(database).await?;
        until("the receipt for the last event", END_LOOK_EVERY, async || {
            let peer = store.peer(NodeId::Hub).await?;
            Ok(peer.is_some_and(|peer| {
                let receipt = peer.receipt.map(|signed| signed.receipt().position);
                receipt == Some(end) && peer.judged == end
            }))
        })
        .await?;
        store.close().await;
        Ok(())
    }

    /// That everything is there, folded and applied, on both sides.
    async fn check(&self, federation: &Federation) -> Result<()> {
        let (complaints, events) = count(&federation.ask_hub(&["status"]).await?)?;
        let wanted = (self.events / super::plan::STEPS, self.events.saturating_add(self.before));
        if (complaints, events) != wanted {
            return Err(BenchError::Wrong(format!(
                "the hub has {complaints} complaints and {events} events, not {wanted:?}"
            )));
        }
        let node = federation.ask(NODE.0, &["status"]).await?;
        let open = ["unsealed", "unacknowledged", "provisional"].map(|name| node["outbox"][name].as_u64());
        if open != [Some(0); 3] || node["refusals"].as_array().is_none_or(|refusals| !refusals.is_empty()) {
            return Err(BenchError::Wrong("the node has events that were not applied".to_owned()));
        }
        Ok(())
    }
}

/// A wrapper's program and arguments.
fn words(under: &[String]) -> Vec<&str> {
    under.iter().map(String::as_str).collect()
}

/// Complaints and events in a hub's status.
fn count(status: &Value) -> Result<(u64, u64)> {
    let figures = status["complaints"].as_u64().zip(status["events"].as_u64());
    figures.ok_or_else(|| BenchError::Wrong("the hub's status has no figures".to_owned()))
}

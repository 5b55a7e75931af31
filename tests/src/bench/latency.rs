//! The way of one action, in a federation that is otherwise idle: from the call to the desk of one city until it is durable there,
//! durable on the hub, and visible at the desk of another city.

use std::path::Path;

use lintas::desk::service::Caller;
use lintas::desk::socket::SocketPlace;
use lintas::domain::{NodeId, UnitCode};
use lintas::protocol::desk::v1 as desk;
use lintas::protocol::desk::v1::act_request::Action;
use lintas::store::Store as _;
use lintas::store::sqlite::SqliteStore;
use tempfile::TempDir;

use super::case::{Stopwatch, until};
use super::catch_up::{HubOn, folder};
use super::error::{BenchError, Result};
use super::plan::{LOOK_EVERY, SAMPLED_COMPLAINTS};
use super::psql::Psql;
use super::workload::text;
use crate::demo::data_folder;
use crate::federation::Federation;

/// The city whose reporters speak, and the city that answers.
const CITIES: [(&str, &str); 3] =
    [("13.71", "Pemerintah Kota Padang"), ("13.72", "Pemerintah Kota Solok"), ("id", "Meja Nasional")];

/// The hub's database on PostgreSQL.
pub(super) const DATABASE: &str = "cities";

/// Times since the call, in seconds, of every action.
#[derive(Clone, Debug, Default)]
pub(super) struct Ways {
    /// The desk has answered: the action is durable at the node.
    pub(super) desk: Vec<f64>,
    /// The hub has committed it.
    pub(super) hub: Vec<f64>,
    /// The other city's desk shows it.
    pub(super) city: Vec<f64>,
}

/// Two cities with complaints filed in one and held in the other.
#[derive(Debug)]
pub(super) struct Cities<'a> {
    on: HubOn<'a>,
    federation: Federation,
    _folder: TempDir,
    complaints: Vec<String>,
}

type Desk = Caller<SqliteStore>;

impl<'a> Cities<'a> {
    /// Founds and starts them, files and moves the complaints.
    pub(super) async fn start(on: HubOn<'a>) -> Result<Self> {
        let folder = folder()?;
        let units = data_folder().join("units.csv");
        let database = on.fresh(DATABASE).await?;
        let mut federation = Federation::found_on(folder.path(), &units, &CITIES, database).await?;
        federation.start().await?;
        let mut complaints = Vec::new();
        let mut here = connect(&federation.node_folder(CITIES[0].0)).await?;
        for number in 0..SAMPLED_COMPLAINTS {
            let filed = here.file(filing(wide(number))).await?;
            let to = desk::Transfer { unit: CITIES[1].0.to_owned(), reason: "not-my-authority".to_owned() };
            here.act(act(&filed.complaint, Action::Transfer(to), wide(number))).await?;
            complaints.push(filed.complaint);
        }
        federation.at_rest().await?;
        Ok(Self { on, federation, _folder: folder, complaints })
    }

    /// Times the way of so many replies, one after another, on each complaint in turn.
    pub(super) async fn run(&self, samples: usize) -> Result<Ways> {
        let mut here = connect(&self.federation.node_folder(CITIES[0].0)).await?;
        let mut there = connect(&self.federation.node_folder(CITIES[1].0)).await?;
        let mut hub = HubView::open(self.on, &self.federation).await?;
        let node = SqliteStore::open_read_only(&self.federation.node_database(CITIES[0].0)).await?;
        let author = NodeId::Node(UnitCode::parse(CITIES[0].0).map_err(|error| BenchError::Wrong(error.to_string()))?);
        let mut ways = Ways::default();
        for (number, complaint) in (0..samples).zip(self.complaints.iter().cycle()) {
            let known = u32::try_from(there.show_all(complaint, false).await?.events.len()).unwrap_or(u32::MAX);
            let reply = act(complaint, Action::Reply(desk::Reply {}), wide(number));
            let watch = Stopwatch::start();
            let written = here.act(reply).await?;
            ways.desk.push(watch.seconds());
            let seq = written.position.map_or(u64::MAX, |position| position.seq);
            until("an action at the hub", LOOK_EVERY, async || hub.holds(&author, seq).await).await?;
            ways.hub.push(watch.seconds());
            let page = desk::ShowRequest { complaint: complaint.clone(), after: known, identity: false };
            until("an action at the other city", LOOK_EVERY, async || {
                Ok(!there.show(page.clone()).await?.events.is_empty())
            })
            .await?;
            ways.city.push(watch.seconds());
            // The next one begins when everything of this one is over.
            until("the receipt of an action", LOOK_EVERY, async || {
                let receipt = node.peer(NodeId::Hub).await?.and_then(|peer| peer.receipt);
                Ok(receipt.is_some_and(|signed| signed.receipt().position.seq >= seq))
            })
            .await?;
        }
        hub.close().await?;
        node.close().await;
        Ok(ways)
    }

    /// Ends the processes.
    pub(super) async fn stop(mut self) -> Result<()> {
        Ok(self.federation.stop().await?)
    }
}

/// The hub's database, looked into from outside: what is seen there is committed.
#[derive(Debug)]
enum HubView {
    Sqlite(SqliteStore),
    Postgres(Box<Psql>),
}

impl HubView {
    async fn open(on: HubOn<'_>, federation: &Federation) -> Result<Self> {
        Ok(match on {
            HubOn::Sqlite => Self::Sqlite(SqliteStore::open_read_only(&federation.hub_database()).await?),
            HubOn::Postgres(cluster) => Self::Postgres(Box::new(cluster.psql(DATABASE)?)),
        })
    }

    /// Whether so much of a node's journal is stored.
    async fn holds(&mut self, author: &NodeId, seq: u64) -> Result<bool> {
        match self {
            Self::Sqlite(store) => {
                Ok(store.peer(author.clone()).await?.is_some_and(|peer| peer.stored.position.seq >= seq))
            }
            Self::Postgres(psql) => {
                psql.is(&format!("SELECT stored_seq >= {seq} FROM peers WHERE node = '{author}'")).await
            }
        }
    }

    async fn close(self) -> Result<()> {
        match self {
            Self::Sqlite(store) => {
                store.close().await;
                Ok(())
            }
            Self::Postgres(psql) => psql.close().await,
        }
    }
}

async fn connect(data: &Path) -> Result<Desk> {
    Ok(Desk::connect(&SocketPlace::of(data)?).await?)
}

fn filing(number: u64) -> desk::FileRequest {
    desk::FileRequest {
        class: "complaint".to_owned(),
        channel: "counter".to_owned(),
        visibility: "open".to_owned(),
        category: "sampah".to_owned(),
        narrative: text(number),
        ..desk::FileRequest::default()
    }
}

fn act(complaint: &str, action: Action, number: u64) -> desk::ActRequest {
    desk::ActRequest {
        complaint: complaint.to_owned(),
        unit: String::new(),
        text: text(number),
        action: Some(action),
        ..desk::ActRequest::default()
    }
}

fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

//! A small federation for one test, and the hands at its desks. It judges nothing; the checker does.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lintas::desk::service::{Caller, ClientError};
use lintas::desk::socket::SocketPlace;
use lintas::domain::{NodeId, Position, UnitCode};
use lintas::identity::load_secret_keys;
use lintas::journal::StorageKey;
use lintas::protocol::desk::v1 as wire;
use lintas::protocol::desk::v1::act_request::Action;
use lintas::runtime::OsEntropy;
use lintas::store::database::{Database, Place};
use lintas::store::{ListFilter, Store, Summary, Vault};
use lintas_tests::demo;
use lintas_tests::federation::{Federation, PATIENCE};
use lintas_tests::postgres::Server;
use tempfile::TempDir;

pub(crate) const PADANG: &str = "13.71";
pub(crate) const PROVINCE: &str = "13";

/// Whoever sits at a desk.
pub(crate) type Hand = Caller<Database>;

/// What opens the content of a folder's database.
pub(crate) fn vault_of(folder: &Path) -> Vault {
    // A folder that lost its keys shows what needs none.
    let keys = load_secret_keys(&folder.join("keys/storage.key")).unwrap_or_default();
    Vault::new(keys.into_iter().map(StorageKey::new), Arc::new(OsEntropy))
}

/// A federation in a folder that goes with it.
pub(crate) struct Town {
    pub(crate) federation: Federation,
    folder: TempDir,
    /// The hub's database, if it is not in a file. Ended last.
    pub(crate) server: Option<Server>,
}

impl Town {
    /// Founds a federation of these nodes. Nothing runs yet.
    pub(crate) async fn founded(codes: &[&str]) -> Self {
        Self::founded_on(codes, None).await
    }

    /// The same with the hub's database on a server.
    pub(crate) async fn founded_on(codes: &[&str], server: Option<Server>) -> Self {
        let folder = tempfile::Builder::new().prefix("lintas-it-").tempdir().unwrap();
        // Where complaints go from node to node there is somebody at the top, who endorses the others' keys.
        let wanted = |code: &str| codes.contains(&code) || (code == "id" && codes.len() > 1);
        let nodes: Vec<_> = demo::NODES.iter().copied().filter(|(code, _)| wanted(code)).collect();
        let units = demo::data_folder().join("units.csv");
        let database = server.as_ref().map(|server| server.address().to_owned());
        let federation = Federation::found_on(folder.path(), &units, &nodes, database).await.unwrap();
        Self { federation, folder, server }
    }

    /// The same, and all of it runs.
    pub(crate) async fn running(codes: &[&str]) -> Self {
        let mut town = Self::founded(codes).await;
        town.federation.start().await.unwrap();
        town
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) async fn desk(&self, code: &str) -> Hand {
        Hand::connect(&SocketPlace::of(&self.federation.node_folder(code)).unwrap()).await.unwrap()
    }

    /// The hub's database, for looking only.
    pub(crate) async fn hub_books(&self) -> Database {
        let folder = self.federation.hub_folder();
        let books = Database::open_beside(&demo::hub_database(&folder).unwrap()).await.unwrap();
        books.with_vault(vault_of(&folder))
    }

    /// A node's database, for looking only.
    pub(crate) async fn node_books(&self, code: &str) -> Database {
        let books = Database::open_beside(&Place::File(self.federation.node_database(code))).await.unwrap();
        books.with_vault(vault_of(&self.federation.node_folder(code)))
    }

    /// Waits until all is delivered and judged, ends everything, and has the books checked.
    pub(crate) async fn ends_in_order(self) {
        self.federation.at_rest().await.unwrap();
        self.ends_at_rest().await;
    }

    /// Ends everything that is at rest, and has the books checked.
    pub(crate) async fn ends_at_rest(mut self) {
        self.federation.stop().await.unwrap();
        let report = demo::audit(self.federation.folder()).await.unwrap();
        assert!(report.is_clean() && report.complaints > 0, "{report}");
    }
}

pub(crate) fn node(code: &str) -> NodeId {
    NodeId::Node(UnitCode::parse(code).unwrap())
}

/// A complaint whose text has so many bytes.
pub(crate) fn complaint(number: usize, bytes: usize) -> wire::FileRequest {
    let words = |word: &str| word.to_owned();
    wire::FileRequest {
        class: words("complaint"),
        channel: words("counter"),
        visibility: words("open"),
        category: words("jalan-rusak"),
        narrative: format!("{number}: {}", "lubang ".repeat(bytes / 7)),
        ..wire::FileRequest::default()
    }
}

/// Files complaints, one after the other; their ids.
pub(crate) async fn file(hand: &mut Hand, count: usize, bytes: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..count {
        ids.push(hand.file(complaint(number, bytes)).await.unwrap().complaint);
    }
    ids
}

/// Does something with a complaint.
pub(crate) async fn act(hand: &mut Hand, id: &str, action: Action) {
    try_act(hand, id, action).await.unwrap();
}

pub(crate) async fn try_act(hand: &mut Hand, id: &str, action: Action) -> Result<wire::ActReply, ClientError> {
    let request = wire::ActRequest { complaint: id.to_owned(), action: Some(action), ..wire::ActRequest::default() };
    hand.act(request).await
}

pub(crate) fn transfer(to: &str) -> Action {
    Action::Transfer(wire::Transfer { unit: to.to_owned(), reason: "not-my-authority".to_owned() })
}

/// All complaints that a database lists.
pub(crate) async fn listed(books: &Database) -> Vec<Summary> {
    books.list(ListFilter { limit: 100_000, ..ListFilter::default() }).await.unwrap()
}

/// Up to where the hub has stored a node's journal.
pub(crate) async fn stored(hub: &Database, code: &str) -> Position {
    hub.peer(node(code)).await.unwrap().unwrap().stored.position
}

/// Looks without a pause until it is so: for what is over in a moment. Not longer than a program may take.
pub(crate) async fn soon<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(answer) = look().await {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap_or_else(|_| panic!("waited in vain: {what}"))
}

/// Waits until the hub has stored more of a node's journal than that.
pub(crate) async fn beyond(hub: &Database, code: &str, before: Position) -> Position {
    soon(&format!("the hub beyond {before} of {code}"), async || {
        let now = stored(hub, code).await;
        (now > before).then_some(now)
    })
    .await
}

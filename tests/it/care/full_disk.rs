//! A full disk, at the node and at the hub, as real processes on small file systems: new work is refused loudly, what was
//! acknowledged stays, and both go on by themselves when there is room.

use std::collections::BTreeSet;
use std::fs;

use lintas::desk::socket::SocketPlace;
use lintas::store::database::{Database, Place};
use lintas_tests::federation::{Federation, PATIENCE};
use lintas_tests::wait::until;

use super::folder::{SmallDisk, refused};
use crate::processes::town::{Hand, PADANG, complaint, listed};

/// Room of each small disk.
const MEBIBYTES: u32 = 12;
/// Bytes of a complaint's text: a few of them fill what is left in the log.
const TEXT_BYTES: usize = 60_000;

#[tokio::test]
async fn full_disk_loses_what_was_acknowledged_or_needs_a_restart() {
    let folder = tempfile::Builder::new().prefix("lintas-it-").tempdir().unwrap();
    let disk = |name: &str| SmallDisk::mount(&folder.path().join(name), MEBIBYTES);
    let (Some(of_hub), Some(of_node)) = (disk("hub"), disk(&format!("node-{PADANG}"))) else { return };
    let units = lintas_tests::demo::data_folder().join("units.csv");
    let mut federation = Federation::found(folder.path(), &units, &[(PADANG, "Kota Padang")]).await.unwrap();
    federation.start().await.unwrap();
    let mut hand = Hand::connect(&SocketPlace::of(&federation.node_folder(PADANG)).unwrap()).await.unwrap();
    let mut acknowledged = BTreeSet::new();
    acknowledged.insert(hand.file(complaint(0, 100)).await.unwrap().complaint);
    federation.at_rest().await.unwrap();

    // The node's disk: it files until there is no room, and says so.
    of_node.fill();
    let why = loop {
        match hand.file(complaint(acknowledged.len(), TEXT_BYTES)).await {
            Ok(reply) => acknowledged.insert(reply.complaint),
            Err(error) => break error.to_string(),
        };
        assert!(acknowledged.len() < 200, "the disk is not full");
    };
    assert!(why.contains("cannot be used now") && why.contains("disk space"), "{why}");
    let (code, said) = refused(federation.node(PADANG, &["file", "--category", "sampah", "--text", "x"]).await);
    assert!(code == 1 && said.contains("disk space") && said.lines().count() == 1, "{code}: {said}");
    let (code, said) = refused(federation.node(PADANG, &["backup"]).await);
    assert!(code == 69 && said.contains("make room"), "{code}: {said}");
    // Reading goes on, and nothing acknowledged is gone.
    let found = federation.ask(PADANG, &["list", "--limit", "1000"]).await.unwrap();
    assert!(acknowledged.iter().all(|id| found.to_string().contains(id)), "{found}");
    let (code, said) = refused(federation.node(PADANG, &["status", "--check"]).await);
    assert!(code == 2 && said.contains("% of the disk free"), "{code}: {said}");
    of_node.free();
    // No restart: the same process goes on.
    acknowledged.insert(hand.file(complaint(1000, TEXT_BYTES)).await.unwrap().complaint);
    federation.at_rest().await.unwrap();

    // The hub's disk: it acknowledges nothing that it cannot store.
    of_hub.fill();
    while stored(&federation).await >= acknowledged.len() {
        acknowledged.insert(hand.file(complaint(acknowledged.len(), TEXT_BYTES)).await.unwrap().complaint);
        assert!(acknowledged.len() < 400, "the hub's disk is not full");
        let _ = until("the hub takes it or does not", std::time::Duration::from_millis(500), async || {
            (stored(&federation).await >= acknowledged.len()).then_some(())
        })
        .await;
    }
    until("the hub says that it cannot store", PATIENCE, async || {
        let log = fs::read_to_string(federation.log_file("hub")).ok()?;
        log.contains("disk is full").then_some(())
    })
    .await
    .unwrap();
    let waiting = federation.ask(PADANG, &["status"]).await.unwrap();
    assert!(waiting["outbox"]["unacknowledged"].as_u64().unwrap() > 0, "acknowledged though not stored: {waiting}");
    let hub = federation.hub_process();
    of_hub.free();
    federation.at_rest().await.unwrap();
    assert_eq!(federation.hub_process(), hub);
    assert!(stored(&federation).await == acknowledged.len());
    federation.node(PADANG, &["verify"]).await.unwrap();
    federation.hub(&["verify"]).await.unwrap();
    federation.stop().await.unwrap();
    let report = lintas_tests::demo::audit(folder.path()).await.unwrap();
    assert!(report.is_clean(), "{report}");
}

/// How many complaints the hub lists.
async fn stored(federation: &Federation) -> usize {
    let books = Database::open_beside(&Place::File(federation.hub_database())).await.unwrap();
    let count = listed(&books).await.len();
    books.close().await;
    count
}

//! A node's disk set back to a backup, or lost: found, said on both sides, and recovered with nothing lost that could be kept.

use std::fs;
use std::path::Path;

use lintas_tests::federation::PATIENCE;
use lintas_tests::wait::until;

use super::town::{PADANG, Town, file, listed};

const FILES: [&str; 3] = ["node.db", "node.db-wal", "node.db-shm"];

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in FILES {
        let _ = fs::remove_file(to.join(name));
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

/// Waits until node and hub both say that the journal has forked.
async fn both_say_fork(town: &Town) {
    until("both sides say fork", PATIENCE, async || {
        let here = town.federation.ask(PADANG, &["status"]).await.ok()?.to_string();
        let there = town.federation.ask_hub(&["nodes"]).await.ok()?.to_string();
        (here.contains("fork") && there.contains("fork")).then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn restored_backup_goes_on_as_if_nothing_was() {
    let mut town = Town::running(&[PADANG]).await;
    let old = file(&mut town.desk(PADANG).await, 3, 100).await;
    town.federation.at_rest().await.unwrap();
    town.federation.stop_node(PADANG).await.unwrap();
    let (folder, backup) = (town.federation.node_folder(PADANG), town.path("backup"));
    copy(&folder, &backup);

    // Life goes on after the backup, then the disk is set back to it.
    town.federation.start_node(PADANG).await.unwrap();
    let known = file(&mut town.desk(PADANG).await, 3, 100).await;
    town.federation.at_rest().await.unwrap();
    town.federation.stop_node(PADANG).await.unwrap();
    copy(&backup, &folder);
    town.federation.start_node(PADANG).await.unwrap();
    both_say_fork(&town).await;
    // The desk works alone meanwhile.
    let alone = file(&mut town.desk(PADANG).await, 2, 100).await;
    town.federation.stop_node(PADANG).await.unwrap();
    town.federation.node(PADANG, &["recover"]).await.unwrap();
    town.federation.start_node(PADANG).await.unwrap();
    town.federation.at_rest().await.unwrap();

    let hub = town.hub_books().await;
    let there: Vec<String> = listed(&hub).await.iter().map(|row| row.id.to_string()).collect();
    for id in old.iter().chain(&known).chain(&alone) {
        assert!(there.contains(id), "{id} is lost");
    }
    assert_eq!(there.len(), 8);

    // A lost disk: the same, from nothing.
    town.federation.stop_node(PADANG).await.unwrap();
    for name in FILES {
        let _ = fs::remove_file(folder.join(name));
    }
    town.federation.node(PADANG, &["recover"]).await.unwrap();
    town.federation.start_node(PADANG).await.unwrap();
    town.federation.at_rest().await.unwrap();
    let node = town.node_books(PADANG).await;
    assert_eq!(listed(&node).await.len(), 8);
    node.close().await;
    hub.close().await;
    town.ends_in_order().await;
}

//! Kill -9 in the middle of a catch-up: what was acknowledged is there, nothing is there twice.

use std::collections::BTreeSet;

use lintas::domain::{NodeId, Position};
use lintas::store::Store;
use lintas_tests::postgres::Server;

use super::town::{PADANG, Town, beyond, complaint, file, listed, stored};

/// Large enough that one batch of 256 KiB holds a few dozen, and a catch-up takes many batches.
const TEXT_BYTES: usize = 8_000;

#[tokio::test]
async fn hub_killed_in_the_middle_of_catch_up_loses_nothing() {
    hub_is_killed(Town::running(&[PADANG]).await).await;
}

#[tokio::test]
async fn hub_on_postgres_killed_in_the_middle_of_catch_up_loses_nothing() {
    let mut town = Town::founded_on(&[PADANG], Some(Server::start(&[]).unwrap())).await;
    town.federation.start().await.unwrap();
    hub_is_killed(town).await;
}

async fn hub_is_killed(mut town: Town) {
    town.federation.stop_hub().await.unwrap();
    let ids = file(&mut town.desk(PADANG).await, 1_000, TEXT_BYTES).await;
    let written = town.node_books(PADANG).await.own().await.unwrap().written;

    let books = town.hub_books().await;
    let mut reached = stored(&books, PADANG).await;
    for life in 0..4 {
        town.federation.start_hub().unwrap();
        reached = beyond(&books, PADANG, reached).await;
        town.federation.kill_hub().await.unwrap();
        // What is stored in one transaction is up to the machine: one that is quick is through before its fourth death.
        if reached >= written {
            assert!(life > 0, "the hub was killed too late to show anything");
            break;
        }
        // The node believes no more than what is on the dead hub's disk.
        let receipt = town.node_books(PADANG).await.peer(NodeId::Hub).await.unwrap().unwrap().receipt;
        let receipt = receipt.map_or(Position::ZERO, |receipt| receipt.receipt().position);
        reached = stored(&books, PADANG).await;
        assert!(receipt <= reached, "life {life}: {receipt} was acknowledged, {reached} is stored");
    }
    town.federation.start_hub().unwrap();
    town.federation.at_rest().await.unwrap();
    let there: BTreeSet<String> = listed(&books).await.iter().map(|row| row.id.to_string()).collect();
    assert_eq!(there, ids.into_iter().collect());
    books.close().await;
    town.ends_in_order().await;
}

#[tokio::test]
async fn node_killed_in_the_middle_of_catch_up_and_filing_loses_nothing() {
    let mut town = Town::running(&[PADANG]).await;
    town.federation.stop_hub().await.unwrap();
    let mut answered: BTreeSet<String> =
        file(&mut town.desk(PADANG).await, 200, TEXT_BYTES).await.into_iter().collect();
    let books = town.hub_books().await;
    // Started anew, the node dials at once; it would wait by now.
    town.federation.kill_node(PADANG).await.unwrap();
    town.federation.start_hub().unwrap();
    town.federation.start_node(PADANG).await.unwrap();
    for _ in 0..3 {
        let mut hand = town.desk(PADANG).await;
        let before = stored(&books, PADANG).await;
        let filing = async {
            let mut filed = Vec::new();
            while let Ok(reply) = hand.file(complaint(filed.len(), TEXT_BYTES)).await {
                filed.push(reply.complaint);
            }
            filed
        };
        let killing = async {
            beyond(&books, PADANG, before).await;
            town.federation.kill_node(PADANG).await.unwrap();
        };
        let (filed, ()) = tokio::join!(filing, killing);
        answered.extend(filed);
        town.federation.start_node(PADANG).await.unwrap();
        let node = town.node_books(PADANG).await;
        let kept: BTreeSet<String> = listed(&node).await.iter().map(|row| row.id.to_string()).collect();
        let lost: Vec<_> = answered.difference(&kept).collect();
        assert!(lost.is_empty(), "answered, but not there after the kill: {lost:?}");
        node.close().await;
    }
    town.federation.at_rest().await.unwrap();
    let there: BTreeSet<String> = listed(&books).await.iter().map(|row| row.id.to_string()).collect();
    assert!(answered.is_subset(&there));
    // At each kill one may have been written whose answer nobody heard.
    assert!(there.len() <= answered.len() + 3, "{} were filed, {} are there", answered.len(), there.len());
    books.close().await;
    town.ends_in_order().await;
}

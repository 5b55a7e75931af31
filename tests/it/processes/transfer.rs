//! Kill -9 of everyone in turn while custody is on its way: exactly one unit answers for each complaint afterwards.

use std::collections::BTreeSet;

use lintas::store::database::Database;
use lintas::store::{ListFilter, Store};

use super::town::{Hand, PADANG, PROVINCE, Town, beyond, file, listed, node, soon, stored, transfer, try_act};

/// Transfers asked for in one round.
const ROUND: usize = 10;

/// Asks for transfers until the desk no longer answers; those that it took.
async fn ask(hand: &mut Hand, ids: &[String]) -> BTreeSet<String> {
    let mut asked = BTreeSet::new();
    for id in ids {
        if try_act(hand, id, transfer(PROVINCE)).await.is_err() {
            break;
        }
        asked.insert(id.clone());
    }
    asked
}

async fn held_by_province(books: &Database) -> usize {
    let filter = ListFilter { node: Some(node(PROVINCE)), limit: 100_000, ..ListFilter::default() };
    books.list(filter).await.unwrap().len()
}

/// Waits until one more is the province's, as a database sees it.
async fn one_more(books: &Database, before: usize) {
    soon("a transfer that arrives", async || (held_by_province(books).await > before).then_some(())).await;
}

#[tokio::test]
async fn hub_and_nodes_killed_in_the_middle_of_a_transfer_leave_one_custodian() {
    let mut town = Town::running(&[PADANG, PROVINCE]).await;
    let ids = file(&mut town.desk(PADANG).await, 4 * ROUND, 100).await;
    town.federation.at_rest().await.unwrap();
    let rounds: Vec<&[String]> = ids.chunks(ROUND).collect();
    let hub = town.hub_books().await;

    // The hub, as soon as it has decided one.
    let mut hand = town.desk(PADANG).await;
    let (mut asked, ()) = tokio::join!(ask(&mut hand, rounds[0]), async {
        one_more(&hub, 0).await;
        town.federation.kill_hub().await.unwrap();
    });
    town.federation.start_hub().unwrap();

    // The receiving node, as soon as it has one.
    let province = town.node_books(PROVINCE).await;
    let before = held_by_province(&province).await;
    let (more, ()) = tokio::join!(ask(&mut hand, rounds[1]), async {
        one_more(&province, before).await;
        town.federation.kill_node(PROVINCE).await.unwrap();
    });
    asked.extend(more);
    town.federation.start_node(PROVINCE).await.unwrap();

    // The node that lets go, as soon as the hub has more of what it writes.
    let before = stored(&hub, PADANG).await;
    let (fewer, ()) = tokio::join!(ask(&mut hand, rounds[2]), async {
        beyond(&hub, PADANG, before).await;
        town.federation.kill_node(PADANG).await.unwrap();
    });
    asked.extend(fewer);
    town.federation.start_node(PADANG).await.unwrap();

    // Hub and receiving node at once.
    let before = held_by_province(&hub).await;
    let mut hand = town.desk(PADANG).await;
    let (more, ()) = tokio::join!(ask(&mut hand, rounds[3]), async {
        one_more(&hub, before).await;
        town.federation.kill_hub().await.unwrap();
        town.federation.kill_node(PROVINCE).await.unwrap();
    });
    asked.extend(more);
    town.federation.start_node(PROVINCE).await.unwrap();
    town.federation.start_hub().unwrap();

    town.federation.at_rest().await.unwrap();
    assert!(asked.len() >= 3 * ROUND, "only {} transfers were taken", asked.len());
    let all = listed(&hub).await;
    assert_eq!(all.len(), ids.len());
    for row in &all {
        // One may have been written whose answer nobody heard.
        let moved = row.unit.as_str() == PROVINCE;
        assert!(moved || !asked.contains(&row.id.to_string()), "{} was to go, and is at {}", row.id, row.unit);
        assert_eq!((row.epoch, row.late), (if moved { 2 } else { 1 }, 0), "{}", row.id);
    }
    for books in [hub, province] {
        books.close().await;
    }
    town.ends_in_order().await;
}

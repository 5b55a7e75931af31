//! A node's keys replaced while it works: with real processes, one of them killed in between, and a disk lost afterwards.

use std::fs;

use lintas::domain::Position;
use lintas::store::Store as _;
use lintas_tests::federation::PATIENCE;
use lintas_tests::wait::until;

use super::town::{PADANG, PROVINCE, Town, act, complaint, file, node, transfer};
use crate::care::folder::refused;
use lintas::protocol::desk::v1 as wire;
use lintas::protocol::desk::v1::act_request::Action;

const TEXT: &str = "jangan sampai ketahuan";

async fn status(town: &Town) -> serde_json::Value {
    town.federation.ask(PADANG, &["status"]).await.unwrap()
}

/// The code by which the province knows Padang's keys, and whether it trusts them.
async fn known(town: &Town) -> (String, bool) {
    let nodes = town.federation.ask(PROVINCE, &["nodes"]).await.unwrap();
    let city = nodes["nodes"].as_array().unwrap().iter().find(|node| node["code"] == PADANG).unwrap().clone();
    (city["key_code"].as_str().unwrap().to_owned(), city["confirmed"] == true)
}

fn lines(town: &Town, name: &str) -> usize {
    fs::read_to_string(town.federation.node_folder(PADANG).join("keys").join(name)).unwrap().lines().count()
}

/// Makes new keys, has the node take them up, with a kill in the middle, writes so many events, and waits until they are in force.
async fn rotate(town: &mut Town, events: usize) {
    town.federation.at_rest().await.unwrap();
    town.federation.node(PADANG, &["rotate-keys"]).await.unwrap();
    assert!(status(town).await["keys"].is_string(), "nobody is told that keys wait");
    let before = known(town).await.0;
    town.federation.stop_node(PADANG).await.unwrap();
    // Whatever has been said by then.
    town.federation.spawn_node_under(&[], PADANG).unwrap();
    town.federation.kill_node(PADANG).await.unwrap();
    town.federation.start_node(PADANG).await.unwrap();
    file(&mut town.desk(PADANG).await, events, 100).await;
    until("the new keys", PATIENCE, async || status(town).await["keys"].is_null().then_some(())).await.unwrap();
    town.federation.at_rest().await.unwrap();
    let (after, confirmed) = known(town).await;
    assert!(after != before && confirmed, "the province knows the old keys, or does not trust the new ones");
}

async fn reads(town: &Town, code: &str, id: &str) -> bool {
    town.federation.ask(code, &["show", id]).await.unwrap().to_string().contains(TEXT)
}

#[tokio::test]
async fn rotated_keys_stop_the_journal_or_lose_what_was_sealed() {
    let mut town = Town::running(&[PADANG, PROVINCE]).await;
    let secret =
        wire::FileRequest { visibility: "confidential".to_owned(), narrative: TEXT.to_owned(), ..complaint(1, 100) };
    let id = town.desk(PADANG).await.file(secret.clone()).await.unwrap().complaint;
    // The third time nothing lies between: then what is written next goes under the present keys, and the rotation follows it.
    for (round, events) in [(1, 3), (2, 0), (3, 3)] {
        rotate(&mut town, events).await;
        assert_eq!((lines(&town, "signing.key"), lines(&town, "sealing.key")), (round + 1, round + 1));
        assert!(status(&town).await["kit"].is_string(), "the kit holds keys that no longer count, and nobody says so");
    }
    // What was sealed to the old keys is read, and what others seal to the new ones.
    assert!(reads(&town, PADANG, &id).await);
    let theirs = town.desk(PROVINCE).await.file(secret).await.unwrap().complaint;
    act(&mut town.desk(PROVINCE).await, &theirs, transfer(PADANG)).await;
    town.federation.at_rest().await.unwrap();
    until("what the province lets in", PATIENCE, async || reads(&town, PADANG, &theirs).await.then_some(()))
        .await
        .unwrap();
    act(&mut town.desk(PADANG).await, &theirs, Action::Accept(wire::Accept {})).await;
    town.federation.at_rest().await.unwrap();
    for code in [PADANG, PROVINCE] {
        town.federation.node(code, &["verify"]).await.unwrap();
    }
    town.federation.hub(&["verify"]).await.unwrap();

    // A lost disk: the journal comes back, whichever key has sealed it.
    let before = town.node_books(PADANG).await.own().await.unwrap().sealed;
    town.federation.stop_node(PADANG).await.unwrap();
    let database = town.federation.node_database(PADANG);
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{ending}", database.display()));
    }
    town.federation.node(PADANG, &["recover"]).await.unwrap();
    town.federation.start_node(PADANG).await.unwrap();
    town.federation.at_rest().await.unwrap();
    let books = town.node_books(PADANG).await;
    let seal = books.seal_of(node(PADANG), before.position).await.unwrap().unwrap();
    assert_eq!(seal.head(), before);
    assert!(books.own().await.unwrap().sealed.position > before.position);
    books.close().await;
    assert!(reads(&town, PADANG, &id).await && reads(&town, PADANG, &theirs).await);
    town.ends_in_order().await;
}

/// What is not sealed when the keys change would wait for the hub's word.
#[tokio::test]
async fn keys_are_rotated_while_the_hub_misses_something() {
    let mut town = Town::running(&[PADANG, PROVINCE]).await;
    town.federation.at_rest().await.unwrap();
    town.federation.stop_node(PADANG).await.unwrap();
    town.federation.stop_hub().await.unwrap();
    town.federation.start_node(PADANG).await.unwrap();
    file(&mut town.desk(PADANG).await, 1, 100).await;
    let (_, said) = refused(town.federation.node(PADANG, &["rotate-keys"]).await);
    assert!(said.contains("not now"), "{said}");
    assert!(status(&town).await["keys"].is_null());
    town.federation.start_hub().unwrap();
    town.federation.at_rest().await.unwrap();
    assert!(town.node_books(PADANG).await.own().await.unwrap().sealed.position > Position::ZERO);
    town.ends_in_order().await;
}

//! Who is let in, who is put out, and whose keys are believed, with real processes.

use lintas_tests::federation::PATIENCE;
use lintas_tests::wait::until;

use super::town::{PADANG, PROVINCE, Town, file, transfer, try_act};

/// A federation that runs, and in which nobody has endorsed anybody.
async fn strangers(codes: &[&str]) -> Town {
    let mut town = Town::founded(codes).await;
    town.federation.start_unendorsed().await.unwrap();
    town
}

/// What a node's own list says of a node: (confirmed, code of its keys).
async fn known(town: &Town, at: &str, of: &str) -> (bool, String) {
    let nodes = town.federation.ask(at, &["nodes"]).await.unwrap();
    let nodes = nodes["nodes"].as_array().unwrap();
    let node = nodes.iter().find(|node| node["code"] == of).unwrap();
    (node["confirmed"] == true, node["key_code"].as_str().unwrap().to_owned())
}

async fn link_is(town: &Town, code: &str, up: bool) {
    // A node that was refused tries again after a minute at most.
    until("the link", PATIENCE.saturating_mul(2), async || {
        let status = town.federation.ask(code, &["status"]).await.ok()?;
        ((status["link"]["state"] == "connected") == up).then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn unconfirmed_city_is_given_complaints() {
    let town = strangers(&[PADANG, PROVINCE]).await;
    let federation = &town.federation;
    let id = file(&mut town.desk(PROVINCE).await, 1, 100).await.remove(0);
    let refused = try_act(&mut town.desk(PROVINCE).await, &id, transfer(PADANG)).await.unwrap_err().to_string();
    assert!(refused.contains("cannot be given complaints now"), "{refused}");

    let (_, shown) = known(&town, PADANG, PADANG).await;
    assert_eq!(known(&town, "id", PADANG).await.1, shown, "the hub shows other keys than the node");
    // Not by whom it does not concern, not before its own keys are confirmed, not with another code.
    let said = |error: lintas_tests::federation::FederationError| error.to_string();
    let other = federation.node("id", &["endorse", PADANG, &shown]).await.map_err(said).unwrap_err();
    assert!(other.contains("desk.not-endorser"), "{other}");
    let early = federation.node(PROVINCE, &["endorse", PADANG, &shown]).await.map_err(said).unwrap_err();
    assert!(early.contains("desk.not-endorser"), "{early}");
    let (_, province) = known(&town, PROVINCE, PROVINCE).await;
    federation.node("id", &["endorse", PROVINCE, &province]).await.unwrap();
    let wrong = federation.node(PROVINCE, &["endorse", PADANG, &province]).await.map_err(said).unwrap_err();
    assert!(wrong.contains("desk.key-code"), "{wrong}");
    assert!(!known(&town, PROVINCE, PADANG).await.0);
    // Grouped by whatever people say between the digits.
    federation.node(PROVINCE, &["endorse", PADANG, &shown.replace(' ', "-")]).await.unwrap();
    federation.at_rest().await.unwrap();
    assert!(known(&town, PADANG, PADANG).await.0);
    try_act(&mut town.desk(PROVINCE).await, &id, transfer(PADANG)).await.unwrap();
    federation.at_rest().await.unwrap();
    let there = federation.ask(PADANG, &["list"]).await.unwrap().to_string();
    assert!(there.contains(&id), "{there}");
    town.ends_in_order().await;
}

#[tokio::test]
async fn suspended_node_keeps_its_stream() {
    let town = Town::running(&[PADANG, PROVINCE]).await;
    file(&mut town.desk(PADANG).await, 1, 100).await;
    town.federation.at_rest().await.unwrap();
    town.federation.hub(&["suspend", PADANG]).await.unwrap();
    link_is(&town, PADANG, false).await;
    let nodes = town.federation.ask_hub(&["nodes"]).await.unwrap().to_string();
    assert!(nodes.contains("\"suspended\":true"), "{nodes}");
    // The desk goes on alone; nothing of it reaches the hub, nor does a restart help.
    file(&mut town.desk(PADANG).await, 1, 100).await;
    let hub = town.hub_books().await;
    let before = super::town::stored(&hub, PADANG).await;
    town.federation.hub(&["reinstate", PADANG]).await.unwrap();
    link_is(&town, PADANG, true).await;
    town.federation.at_rest().await.unwrap();
    assert!(super::town::stored(&hub, PADANG).await > before);
    hub.close().await;
    town.ends_in_order().await;
}

#[tokio::test]
async fn revoked_node_keeps_stream_or_resumes_tls() {
    let mut town = Town::running(&[PADANG, PROVINCE]).await;
    file(&mut town.desk(PADANG).await, 2, 100).await;
    let ended = file(&mut town.desk(PADANG).await, 1, 100).await.remove(0);
    for action in [
        lintas::protocol::desk::v1::act_request::Action::Verify(lintas::protocol::desk::v1::Verify {}),
        lintas::protocol::desk::v1::act_request::Action::Archive(lintas::protocol::desk::v1::Archive {
            reason: "unrelated".to_owned(),
        }),
    ] {
        super::town::act(&mut town.desk(PADANG).await, &ended, action).await;
    }
    town.federation.at_rest().await.unwrap();
    let asked = town.federation.ask_hub(&["revoke", PADANG]).await.unwrap();
    assert_eq!((&asked["open"], &asked["revoked"]), (&2.into(), &false.into()), "it does what was only asked about");
    link_is(&town, PADANG, true).await;

    let done = town.federation.ask_hub(&["revoke", PADANG, "--move-custody", "--yes"]).await.unwrap();
    assert_eq!((&done["moved"], &done["left"]), (&2.into(), &0.into()), "{done}");
    link_is(&town, PADANG, false).await;
    // Every attempt is a whole handshake, which the hub refuses.
    until("a refused handshake", PATIENCE, async || {
        let log = std::fs::read_to_string(town.federation.log_file("hub")).ok()?;
        log.contains("unknown_identity").then_some(())
    })
    .await
    .unwrap();
    town.federation.hub(&["reinstate", PADANG]).await.unwrap();
    town.federation.stop_node(PADANG).await.unwrap();
    // The hub's process looks into its registry twice a second.
    until("the recovery", PATIENCE, async || town.federation.node(PADANG, &["recover"]).await.ok()).await.unwrap();
    town.federation.start_node(PADANG).await.unwrap();
    town.federation.at_rest().await.unwrap();
    let held = town.federation.ask(PROVINCE, &["list"]).await.unwrap();
    let held = held["complaints"].as_array().unwrap().iter().filter(|row| row["node"] == PROVINCE).count();
    assert_eq!(held, 2, "the moved complaints are the province's");
    town.ends_in_order().await;
}

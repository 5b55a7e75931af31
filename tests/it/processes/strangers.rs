//! Certificates that the hub must not take, shown to a real one: refused in the handshake, said on both sides, nobody else disturbed.

use std::fs;
use std::time::Duration;

use lintas::domain::{FederationId, NodeId, Timestamp, UnitCode};
use lintas::identity::{Authority, SpiffeId, TlsKey, make_request};
use lintas::runtime::{Clock, SystemClock};
use lintas_tests::federation::PATIENCE;
use lintas_tests::wait::until;

use super::town::{PADANG, PROVINCE, Town, file};

const DAY: Duration = Duration::from_hours(24);
/// 2024-01-01.
const LONG_AGO: Timestamp = Timestamp(1_704_067_200_000_000);

#[tokio::test]
async fn certificate_that_is_expired_or_of_another_authority_is_taken() {
    let mut town = Town::running(&[PADANG, PROVINCE]).await;
    let federation = FederationId::parse("lapor.test").unwrap();
    let now = SystemClock.timestamp();
    let unit = UnitCode::parse(PADANG).unwrap();
    let folder = town.federation.node_folder(PADANG);
    let id = SpiffeId::new(federation.clone(), NodeId::Node(unit.clone()));
    let csr = make_request(&TlsKey::load(&folder.join("keys/tls.key")).unwrap(), &id).unwrap();
    let ours = Authority::load(&town.federation.hub_folder().join("authority"), &federation).unwrap();
    let theirs = Authority::create(&town.path("ca-of-another"), &federation, now, &[9; 32]).unwrap();
    let issue = |authority: &Authority, from| authority.issue_node(&csr, &unit, from, DAY, [5; 16]).unwrap().pem;
    let good = fs::read_to_string(folder.join("keys/node.pem")).unwrap();
    for (what, certificate) in [("expired", issue(&ours, LONG_AGO)), ("unknown_authority", issue(&theirs, now))] {
        town.federation.stop_node(PADANG).await.unwrap();
        fs::write(folder.join("keys/node.pem"), certificate).unwrap();
        town.federation.start_node(PADANG).await.unwrap();
        until(&format!("the node says that its certificate is refused ({what})"), PATIENCE, async || {
            let status = town.federation.ask(PADANG, &["status"]).await.ok()?;
            status["link"]["fault"].as_str()?.contains("certificate").then_some(())
        })
        .await
        .unwrap();
        let log = fs::read_to_string(town.federation.log_file("hub")).unwrap();
        assert!(log.contains(what), "the hub's log does not say {what}");
        // Nobody else is disturbed, and the desk works alone.
        file(&mut town.desk(PROVINCE).await, 1, 100).await;
        file(&mut town.desk(PADANG).await, 1, 100).await;
        town.federation.linked(PROVINCE).await.unwrap();
    }
    town.federation.stop_node(PADANG).await.unwrap();
    fs::write(folder.join("keys/node.pem"), good).unwrap();
    town.federation.start_node(PADANG).await.unwrap();
    town.federation.linked(PADANG).await.unwrap();
    town.ends_in_order().await;
}

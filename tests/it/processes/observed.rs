//! What monitoring is told of real processes: metrics, life, readiness, over HTTP and over gRPC; and that it notices what goes wrong.

use std::fs;

use lintas::desk::socket::SocketPlace;
use lintas::telemetry::ask;
use lintas_tests::federation::PATIENCE;
use lintas_tests::postgres::Server;
use lintas_tests::wait::until;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::service_calls::{desk, health, hub_as_anybody, hub_as_node, schemas, watched};
use super::town::{PADANG, PROVINCE, Town, act, file, transfer};

/// What is answered on a path: the status code, and the text.
async fn get(town: &Town, name: &str, path: &str) -> Option<(String, String)> {
    let mut stream = TcpStream::connect(town.federation.observed_at(name)?).await.ok()?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.to_owned(), body.to_owned()))
}

/// Waits until readiness is told so.
async fn ready(town: &Town, name: &str, code: &str, why: &str) {
    until(&format!("/ready of {name}: {code} {why}"), PATIENCE, async || {
        let (found, text) = get(town, name, "/ready").await?;
        (found == code && text.contains(why)).then_some(())
    })
    .await
    .unwrap();
}

/// Waits until a metric, with its labels as they stand in the text, has a value that is wanted.
async fn metric(town: &Town, name: &str, series: &str, wanted: impl Fn(u64) -> bool) {
    until(&format!("{series} of {name}"), PATIENCE, async || {
        let (_, text) = get(town, name, "/metrics").await?;
        let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())?;
        wanted(value).then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn database_or_desk_that_goes_away_is_not_noticed() {
    let town = Town::running(&[PADANG]).await;
    for name in ["hub", PADANG] {
        ready(&town, name, "200", "ready").await;
        assert_eq!(get(&town, name, "/health").await.unwrap().0, "200");
        let database =
            if name == "hub" { town.federation.hub_database() } else { town.federation.node_database(PADANG) };
        let elsewhere = database.with_extension("away");
        fs::rename(&database, &elsewhere).unwrap();
        ready(&town, name, "503", "database file is gone").await;
        metric(&town, name, "lintas_ready", |value| value == 0).await;
        assert_eq!(get(&town, name, "/health").await.unwrap().0, "200", "the process lives");
        fs::rename(&elsewhere, &database).unwrap();
        ready(&town, name, "200", "ready").await;
    }
    let socket = SocketPlace::of(&town.federation.node_folder(PADANG)).unwrap().path;
    let away = socket.with_extension("away");
    fs::rename(&socket, &away).unwrap();
    ready(&town, PADANG, "503", "desk").await;
    fs::rename(&away, &socket).unwrap();
    ready(&town, PADANG, "200", "ready").await;
    file(&mut town.desk(PADANG).await, 1, 100).await;
    town.ends_in_order().await;
}

#[tokio::test]
async fn database_server_that_goes_away_is_not_noticed_or_not_missed() {
    let server = Server::start(&[]).unwrap();
    let mut town = Town::founded_on(&[PADANG], Some(server)).await;
    town.federation.start().await.unwrap();
    ready(&town, "hub", "200", "ready").await;
    town.server.as_ref().unwrap().crash().unwrap();
    ready(&town, "hub", "503", "the database does not answer").await;
    // The desk works alone; what it wrote is taken in once the server is back, by itself.
    file(&mut town.desk(PADANG).await, 2, 100).await;
    ready(&town, PADANG, "200", "ready").await;
    town.server.as_ref().unwrap().start_again().unwrap();
    ready(&town, "hub", "200", "ready").await;
    town.ends_in_order().await;
}

#[tokio::test]
async fn figures_say_something_else_than_what_happened() {
    let mut town = Town::running(&[PADANG, PROVINCE]).await;
    let mut hand = town.desk(PADANG).await;
    let ids = file(&mut hand, 3, 100).await;
    act(&mut hand, &ids[0], transfer(PROVINCE)).await;
    town.federation.at_rest().await.unwrap();
    metric(&town, PADANG, "lintas_desk_actions_total{action=\"file\",outcome=\"done\"}", |value| value == 3).await;
    metric(&town, PADANG, "lintas_verdicts_total{verdict=\"applied\"}", |value| value == 4).await;
    metric(&town, PADANG, "lintas_events_provisional", |value| value == 0).await;
    metric(&town, PADANG, "lintas_link_up", |value| value == 1).await;
    metric(&town, PADANG, "lintas_certificate_expiry_timestamp_seconds", |value| value > 1_700_000_000).await;
    metric(&town, "hub", "lintas_events_total", |value| value == 4).await;
    metric(&town, "hub", "lintas_decisions_total{change=\"moved\"}", |value| value == 1).await;
    metric(&town, "hub", "lintas_sessions", |value| value == 3).await;
    metric(&town, "hub", "lintas_nodes{standing=\"in-step\"}", |value| value == 3).await;
    metric(&town, "hub", "lintas_outbox_rows{class=\"province\"}", |value| value == 0).await;
    metric(&town, "hub", "lintas_store_operation_seconds_count{operation=\"transact\"}", |value| value > 1).await;
    metric(&town, "hub", "process_resident_memory_bytes", |value| value > 1_000_000).await;
    // What waits for a node that is away, and a stranger at the port.
    town.federation.stop_node(PROVINCE).await.unwrap();
    act(&mut hand, &ids[1], transfer(PROVINCE)).await;
    metric(&town, "hub", "lintas_outbox_rows{class=\"province\"}", |value| value >= 1).await;
    metric(&town, "hub", "lintas_sessions", |value| value == 2).await;
    // It speaks no TLS: whether it hears so at once or later is no matter.
    drop(hub_as_anybody(town.federation.port()).await);
    metric(&town, "hub", "lintas_handshakes_refused_total{reason=\"other\"}", |value| value >= 1).await;
    let status = town.federation.ask_hub(&["status"]).await.unwrap();
    assert!(status["refused"]["other"].as_u64().unwrap() >= 1, "{status}");
    let address = town.federation.observed_at("hub").unwrap();
    town.federation.start_node(PROVINCE).await.unwrap();
    town.federation.at_rest().await.unwrap();
    town.federation.stop_hub().await.unwrap();
    assert_eq!(ask::metrics(address).await, None, "the port is let go");
    assert_eq!(town.federation.ask_hub(&["status"]).await.unwrap()["refused"], serde_json::Value::Null);
    town.federation.start_hub().unwrap();
    town.ends_in_order().await;
}

#[tokio::test]
async fn stranger_is_told_of_health_or_schemas() {
    let mut town = Town::running(&[PADANG]).await;
    let port = town.federation.port();
    let folder = town.federation.node_folder(PADANG);
    let hub = hub_as_node(port, PADANG, &folder).await;
    let socket = SocketPlace::of(&folder).unwrap().path;
    let node = desk(&socket).await;
    for (channel, service) in [(&hub, "lintas.federation.v1.Link"), (&node, "lintas.desk.v1.Desk")] {
        until("serving", PATIENCE, async || (health(channel, "").await == Ok(1)).then_some(())).await.unwrap();
        assert_eq!(health(channel, service).await, Ok(1));
        assert_eq!(health(channel, "another").await, Err(tonic::Code::NotFound));
        let (services, files) = schemas(channel, service).await;
        let people = (service == "lintas.desk.v1.Desk").then_some("lintas.desk.v1.Accounts");
        let spoken =
            ["grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"].into_iter().chain(people).chain([service]);
        assert_eq!(services, spoken.collect::<Vec<_>>());
        assert!(files > 0);
    }
    // Without a certificate nothing is said: the port speaks TLS alone, and that with those it knows.
    if let Ok(channel) = hub_as_anybody(port).await {
        assert!(health(&channel, "").await.is_err());
    }
    // A database that goes away is told of here too.
    let database = town.federation.node_database(PADANG);
    fs::rename(&database, database.with_extension("away")).unwrap();
    until("not serving", PATIENCE, async || (health(&node, "").await == Ok(2)).then_some(())).await.unwrap();
    assert_eq!(health(&hub, "").await, Ok(1), "the hub's is its own");
    fs::rename(database.with_extension("away"), &database).unwrap();
    until("serving again", PATIENCE, async || (health(&node, "").await == Ok(1)).then_some(())).await.unwrap();
    // Whoever watches hears of the end, and holds nothing up.
    let watching = async {
        let (hub, node) = tokio::join!(watched(&hub), watched(&node));
        assert_eq!((hub.last(), node.last()), (Some(&2), Some(&2)), "{hub:?} {node:?}");
    };
    let stopping = async {
        until("watched", PATIENCE, async || (health(&node, "").await == Ok(1)).then_some(())).await.unwrap();
        let ended = [town.federation.stop_node(PADANG).await, town.federation.stop_hub().await];
        for ended in ended {
            assert!(ended.unwrap().unwrap().success(), "ended in order");
        }
    };
    tokio::join!(watching, stopping);
}

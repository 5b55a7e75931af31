//! One transfer is one trace, through three processes and into a real receiver; and no trace leads to an anonymous reporter.

use std::collections::BTreeSet;

use lintas::domain::{Change, NodeId, Position};
use lintas::journal;
use lintas::protocol::desk::v1 as wire;
use lintas::protocol::desk::v1::act_request::Action;
use lintas::store::Store;
use lintas_tests::federation::PATIENCE;
use lintas_tests::wait::until;

use super::service_calls::{act_within, file_within};
use super::service_otlp::{Receiver, Step};
use super::town::{PADANG, Town, complaint, node, transfer};

const MINISTRY: &str = "kl.pu";
/// A trace of somebody outside who calls the desk.
const OUTSIDE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const OUTSIDE_TRACE: [u8; 16] =
    [0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36];
const OUTSIDE_SPAN: [u8; 8] = [0, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 2, 0xb7];

/// Starts a federation that sends its spans to a receiver, as soon as they end; with more variables of the environment.
pub(crate) async fn traced(mut town: Town, more: &[(&str, &str)]) -> (Town, Receiver) {
    let receiver = Receiver::start().await;
    let endpoint = format!("http://{}", receiver.address);
    let usual = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "200"),
    ];
    for (name, value) in usual.iter().chain(more) {
        town.federation.set_variable(name, value);
    }
    town.federation.start().await.unwrap();
    (town, receiver)
}

fn find<'a>(steps: &'a [Step], at: &str, name: &str, change: &str) -> Option<&'a Step> {
    let said = |step: &Step| step.attributes.values().any(|value| value == change);
    steps.iter().find(|step| step.at == at && step.name == name && said(step))
}

/// The changes of a journal's events that have a trace, as a database has them.
async fn kept(town: &Town, books: &str, origin: &NodeId) -> BTreeSet<&'static str> {
    let books = if books == "hub" { town.hub_books().await } else { town.node_books(books).await };
    let batches = books.sealed(origin.clone(), Position::ZERO, usize::MAX).await.unwrap();
    let traced = batches.iter().flat_map(|batch| &batch.entries).filter(|entry| entry.trace.is_some());
    let changes = traced.map(|entry| journal::event(&entry.bytes).unwrap().header.change.name()).collect();
    books.close().await;
    changes
}

#[tokio::test]
async fn transfer_falls_apart_into_several_traces() {
    let (town, receiver) = traced(Town::founded(&[PADANG, MINISTRY]).await, &[]).await;
    let mut hand = town.desk(PADANG).await;
    let filed = file_within(&mut hand, OUTSIDE, complaint(1, 100)).await;
    act_within(&mut hand, OUTSIDE, &filed.complaint, transfer(MINISTRY), "").await;
    let found = until("the whole trace at the receiver", PATIENCE, async || {
        let steps = receiver.steps();
        let desk = find(&steps, PADANG, "desk.action", "transfer")?.clone();
        let intake = find(&steps, "hub", "hub.intake", "transfer")?.clone();
        let decision = find(&steps, "hub", "hub.decision", "moved")?.clone();
        let apply = find(&steps, MINISTRY, "link.apply", "moved")?.clone();
        let send = steps.iter().find(|step| step.name == "link.send" && step.trace == desk.trace)?.clone();
        Some((desk, send, intake, decision, apply))
    });
    let (desk, send, intake, decision, apply) = found.await.unwrap();
    // The office's step is the caller's; from there on each is the child of the one that caused it.
    assert_eq!((&desk.trace[..], &desk.parent[..]), (&OUTSIDE_TRACE[..], &OUTSIDE_SPAN[..]));
    for (step, parent) in [(&send, &desk), (&intake, &desk), (&decision, &intake), (&apply, &intake)] {
        assert_eq!((&step.trace, &step.parent), (&desk.trace, &parent.id), "{step:?}");
    }
    assert_eq!(send.at, PADANG);
    assert_eq!(apply.attributes["lintas.origin"], "hub");
    // What a reporter does begins a trace of its own, whoever calls.
    let filing = find(&receiver.steps(), PADANG, "desk.action", "file").unwrap().clone();
    assert_ne!(filing.trace, desk.trace);
    assert_eq!(filing.parent, b"");
    // Attributes are of a closed list.
    let known = ["lintas.node", "lintas.origin", "lintas.action", "lintas.change", "lintas.outcome", "lintas.events"];
    for step in receiver.steps() {
        assert!(step.attributes.keys().all(|key| known.contains(&key.as_str())), "{step:?}");
    }
    // Metrics come by the same way.
    until("metrics at the receiver", PATIENCE, async || {
        let names = receiver.metrics();
        ["lintas.events", "lintas.store.operation", "lintas.desk.actions"]
            .iter()
            .all(|name| names.contains(*name))
            .then_some(())
    })
    .await
    .unwrap();
    town.ends_in_order().await;
}

#[tokio::test]
async fn trace_leads_from_outside_to_an_anonymous_reporter() {
    let (town, receiver) = traced(Town::founded(&[PADANG, MINISTRY]).await, &[]).await;
    let mut hand = town.desk(PADANG).await;
    let anonymous = wire::FileRequest { visibility: "anonymous".to_owned(), ..complaint(1, 100) };
    let filed = file_within(&mut hand, OUTSIDE, anonymous).await;
    act_within(&mut hand, OUTSIDE, &filed.complaint, Action::Reply(wire::Reply {}), "Masih.").await;
    act_within(&mut hand, OUTSIDE, &filed.complaint, transfer(MINISTRY), "").await;
    act_within(&mut hand, OUTSIDE, &filed.complaint, Action::Reply(wire::Reply {}), "Sudah.").await;
    until("the transfer at the receiver", PATIENCE, async || {
        find(&receiver.steps(), MINISTRY, "link.apply", "moved").map(|_| ())
    })
    .await
    .unwrap();
    town.federation.at_rest().await.unwrap();
    // Neither stored, nor sent, nor recorded: only what the office did.
    assert_eq!(kept(&town, PADANG, &node(PADANG)).await, BTreeSet::from(["transfer"]));
    assert_eq!(kept(&town, "hub", &node(PADANG)).await, BTreeSet::from(["transfer"]));
    assert_eq!(kept(&town, "hub", &NodeId::Hub).await, BTreeSet::from(["moved"]));
    let reporters = |step: &&Step| step.attributes.get("lintas.action").is_some_and(|action| action != "transfer");
    assert_eq!(receiver.steps().iter().filter(reporters).count(), 0);
    let steps = receiver.steps();
    let changes = ["filed", "replied"];
    assert!(
        steps.iter().all(|step| step.attributes.values().all(|value| !changes.contains(&value.as_str()))),
        "{steps:?}"
    );
    let hub = town.hub_books().await;
    let filed = hub.file(filed.complaint.parse::<Hex>().unwrap().0).await.unwrap().unwrap();
    assert!(filed.events.iter().any(|filed| matches!(filed.event.header.change, Change::Filed(_))));
    hub.close().await;
    town.ends_in_order().await;
}

#[tokio::test]
async fn what_was_recorded_last_is_lost() {
    let late = ("OTEL_BSP_SCHEDULE_DELAY", "600000");
    let (mut town, receiver) =
        traced(Town::founded(&[PADANG]).await, &[late, ("OTEL_METRIC_EXPORT_INTERVAL", "600000")]).await;
    file_within(&mut town.desk(PADANG).await, OUTSIDE, complaint(1, 100)).await;
    town.federation.at_rest().await.unwrap();
    assert_eq!(receiver.steps().len(), 0, "nothing is sent yet");
    town.federation.stop().await.unwrap();
    assert!(find(&receiver.steps(), PADANG, "desk.action", "file").is_some());
    assert!(receiver.metrics().contains("lintas.desk.actions"));
    // A program that cannot even begin says so too.
    let receiver = Receiver::start().await;
    town.federation.set_variable("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://{}", receiver.address));
    std::fs::remove_file(town.federation.hub_database()).unwrap();
    town.federation.hub(&["run"]).await.unwrap_err();
    assert!(receiver.metrics().contains("lintas.build.info"));
}

/// A complaint's id, as the desk writes it.
struct Hex(lintas::domain::ComplaintId);

impl std::str::FromStr for Hex {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).map_err(|_| ())?;
        lintas::domain::ComplaintId::from_slice(&bytes).map(Self).ok_or(())
    }
}

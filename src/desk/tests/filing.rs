//! Filing: what is kept, what is refused, and that nothing is left of what was refused.

use super::bench::{Bench, new_complaint, unit};
use crate::desk::{ComplaintName, DeskError, NewComplaint, Reporter};
use crate::domain::event::PART_BYTES_MAX;
use crate::domain::{Change, PartKind, Position, Visibility, fold};
use crate::store::Store;

fn budi() -> Reporter {
    Reporter { name: "Budi".to_owned(), phone: "0812".to_owned(), ..Reporter::default() }
}

#[tokio::test]
async fn anonymous_complaint_keeps_an_identity() {
    let bench = Bench::padang().await;
    let new = NewComplaint { visibility: Visibility::Anonymous, reporter: Some(budi()), ..new_complaint() };
    let error = bench.desk.file(&new).await.unwrap_err();
    assert_eq!(error.code(), "desk.anonymous-identity");
    assert!(!format!("{new:?}{error:?}").contains("Budi"));
    assert_eq!(bench.store.counts().await.unwrap().complaints, 0);
    let filed = bench.desk.file(&NewComplaint { reporter: None, ..new }).await.unwrap();
    let file = bench.desk.show(&ComplaintName::Tracking(filed.tracking)).await.unwrap();
    assert!(file.events.iter().flat_map(|event| &event.parts).all(|part| part.kind != PartKind::Identity));
}

#[tokio::test]
async fn identity_or_narrative_lies_in_the_header() {
    let bench = Bench::padang().await;
    let filed = bench.desk.file(&NewComplaint { reporter: Some(budi()), ..new_complaint() }).await.unwrap();
    let file = bench.desk.show(&ComplaintName::Id(filed.complaint)).await.unwrap();
    let first = file.events.first().unwrap();
    let bytes = crate::journal::header::encode(&first.event.header);
    assert!(!bytes.windows(4).any(|four| four == b"Budi" || four == b"Jala"));
    crate::journal::check_parts(&first.event.header, &first.parts).unwrap();
    let kinds: Vec<_> = first.parts.iter().map(|part| part.kind).collect();
    assert_eq!(kinds, [PartKind::Identity, PartKind::Narrative]);
    assert_ne!(first.parts[0].body, first.parts[1].body);
    assert_eq!(first.parts[0].content(), Some(&br#"{"name":"Budi","phone":"0812"}"#[..]));
}

#[tokio::test]
async fn oversized_or_empty_narrative_leaves_something_behind() {
    let bench = Bench::padang().await;
    for (narrative, code) in [("x".repeat(PART_BYTES_MAX + 1), "desk.too-long"), (" \n".to_owned(), "desk.text-needed")]
    {
        let error = bench.desk.file(&NewComplaint { narrative, ..new_complaint() }).await.unwrap_err();
        assert_eq!(error.code(), code);
    }
    assert_eq!(bench.store.own().await.unwrap().written, Position::new(1, 0));
    let most = NewComplaint { narrative: "x".repeat(PART_BYTES_MAX), ..new_complaint() };
    bench.desk.file(&most).await.unwrap();
}

#[tokio::test]
async fn node_that_knows_no_registry_files_what_the_hub_will_not_admit() {
    let mut bench = Bench::bare().await;
    assert_eq!(bench.desk.file(&new_complaint()).await.unwrap_err().code(), "desk.no-registry");
    assert_eq!(bench.store.counts().await.unwrap().events, 0);
    bench = Bench::padang().await;
    bench.registry(Change::NodeRevoked { node: unit("13.71"), last: Position::new(1, 0) }).await;
    assert_eq!(bench.desk.file(&new_complaint()).await.unwrap_err().code(), "desk.revoked");
}

#[tokio::test]
async fn node_files_for_a_unit_of_another_node() {
    let bench = Bench::padang().await;
    let error = bench.desk.file(&NewComplaint { unit: Some(unit("13")), ..new_complaint() }).await.unwrap_err();
    let DeskError::UnitNotHere { home, .. } = &error else { unreachable!("{error}") };
    assert_eq!(home.as_ref().unwrap().as_str(), "13");
    let agency = NewComplaint { unit: Some(unit("13.71.dlh")), ..new_complaint() };
    let filed = bench.desk.file(&agency).await.unwrap();
    assert_eq!(filed.standing.holder, unit("13.71.dlh"));
}

#[tokio::test]
async fn acknowledged_filing_is_not_what_is_stored() {
    let bench = Bench::padang().await;
    let mut written = bench.desk.written();
    let filed = bench.desk.file(&new_complaint()).await.unwrap();
    assert!(written.has_changed().unwrap());
    assert_eq!(*written.borrow_and_update(), filed.position);
    let events = bench.events(filed.complaint).await;
    let complaint = fold(&events).unwrap();
    assert_eq!((complaint.id, complaint.filing.tracking), (filed.complaint, filed.tracking));
    let listed = bench.desk.list(crate::store::ListFilter::default()).await.unwrap();
    assert_eq!(listed.first().unwrap().id, filed.complaint);
    assert_eq!(bench.store.own().await.unwrap().cited, events.first().unwrap().header.registry);
}

#[tokio::test]
async fn two_filings_at_once_take_one_place_in_the_journal() {
    let bench = Bench::padang().await;
    let new = new_complaint();
    let (one, other) = tokio::join!(bench.desk.file(&new), bench.desk.file(&new));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_ne!(one.position, other.position);
    assert_ne!((one.complaint, one.tracking), (other.complaint, other.tracking));
}

//! Where things happened and whom to ask, as callers say and hear it.

use super::{act, filing, served};
use crate::desk::service::{Caller, ClientError, told};
use crate::domain::{Change, Class};
use crate::protocol::desk::v1 as wire;
use crate::protocol::desk::v1::act_request::Action;
use crate::store::memory::MemoryStore;

/// What was filed: class and area.
async fn filed(caller: &mut Caller<MemoryStore>, request: wire::FileRequest) -> (Class, Option<String>) {
    let id = caller.file(request).await.unwrap().complaint;
    let (file, _) = told::file(&caller.show_all(&id, false).await.unwrap());
    let Change::Filed(filing) = &file.events[0].event.header.change else { panic!("it is no filing") };
    (filing.class, filing.area.as_ref().map(ToString::to_string))
}

fn at(area: &str) -> wire::FileRequest {
    wire::FileRequest { area: area.to_owned(), ..filing() }
}

#[tokio::test]
async fn place_is_lost_or_told_too_finely() {
    let served = served().await;
    let mut caller = Caller::<MemoryStore>::connect(&served.place).await.unwrap();
    assert_eq!(filed(&mut caller, filing()).await.1, None);
    for (given, kept) in [
        ("13.71.01.1001", "13.71.01.1001"),
        ("  Kota Padang ", "13.71"),
        ("padang selatan", "13.71.01"),
        ("belakang pondok", "13.71.01.1001"),
        ("kec. lubuk begalung padang", "13.71.06"),
        // A code of before 2022.
        ("91.01", "93.01"),
    ] {
        assert_eq!(filed(&mut caller, at(given)).await.1.as_deref(), Some(kept), "{given}");
    }
    // Nobody is found by the village that an anonymous report came from.
    let anonymous = wire::FileRequest { visibility: "anonymous".to_owned(), ..at("13.71.01.1001") };
    assert_eq!(filed(&mut caller, anonymous).await.1.as_deref(), Some("13.71.01"));
}

#[tokio::test]
async fn place_that_nobody_knows_is_taken_or_repeated() {
    let served = served().await;
    let mut caller = Caller::<MemoryStore>::connect(&served.place).await.unwrap();
    for unknown in ["Jalan Mawar nomor 7 dekat rumah Ibu Siti", "13.99", "sukamaju"] {
        let refused = caller.file(at(unknown)).await.unwrap_err();
        let ClientError::Refused(fault) = &refused else { panic!("{refused}") };
        assert_eq!(refused.code(), "desk.unknown-word", "{unknown}");
        assert!(!format!("{fault:?}").contains("Mawar"), "what somebody typed for a place is repeated");
        let near = if unknown.contains("Mawar") { 1 } else { 3 };
        assert!(fault.facts["allowed"].split("; ").count() >= near, "{unknown}: {}", fault.facts["allowed"]);
    }
}

#[tokio::test]
async fn class_does_not_follow_from_the_category() {
    let served = served().await;
    let mut caller = Caller::<MemoryStore>::connect(&served.place).await.unwrap();
    let of = |category: &str, class: &str| wire::FileRequest {
        category: category.to_owned(),
        class: class.to_owned(),
        ..filing()
    };
    let usual =
        crate::words::categories().leaf(&crate::domain::event::Category::parse("pungli").unwrap()).unwrap().class;
    assert_eq!(filed(&mut caller, of("pungli", "")).await.0, usual);
    assert_eq!(filed(&mut caller, of("pungli", "aspiration")).await.0, Class::Aspiration);
}

#[tokio::test]
async fn unit_that_has_returned_it_is_asked_again() {
    let served = served().await;
    let mut caller = Caller::<MemoryStore>::connect(&served.place).await.unwrap();
    let request = wire::FileRequest { category: "sampah".to_owned(), ..at("13.71.01.1001") };
    let id = caller.file(request).await.unwrap().complaint;
    let ask = |complaint: &str| wire::RouteRequest {
        complaint: complaint.to_owned(),
        language: "en".to_owned(),
        ..wire::RouteRequest::default()
    };
    let units = |reply: &wire::RouteReply| reply.steps.iter().map(|step| step.unit.clone()).collect::<Vec<_>>();
    let before = caller.route(ask(&id)).await.unwrap();
    assert_eq!((before.steps[0].unit.as_str(), before.area.as_str()), ("13.71.dlh", "13.71.01.1001"));
    assert!(before.steps.iter().all(|step| !step.reason.is_empty()));
    let dispose =
        |unit: &str, reason: &str| Action::Dispose(wire::Dispose { unit: unit.to_owned(), reason: reason.to_owned() });
    caller.act(act(&id, Action::Verify(wire::Verify {}))).await.unwrap();
    caller.act(act(&id, dispose("13.71.dlh", "competent"))).await.unwrap();
    let back = wire::ActRequest { text: "bukan kami".to_owned(), ..act(&id, dispose("13.71", "not-my-authority")) };
    caller.act(back).await.unwrap();
    let after = caller.route(ask(&id)).await.unwrap();
    assert!(!units(&after).contains(&"13.71.dlh".to_owned()), "{:?}", units(&after));
    let out = after.left_out.iter().find(|step| step.unit == "13.71.dlh").unwrap();
    assert_eq!(out.ground, "returned");

    // A case that nobody has filed yet; and one about the very body that would answer.
    let case = wire::RouteRequest {
        category: "sampah".to_owned(),
        area: "13.71.01".to_owned(),
        about: "13.71.dlh".to_owned(),
        ..wire::RouteRequest::default()
    };
    let reply = caller.route(case.clone()).await.unwrap();
    assert!(!units(&reply).contains(&"13.71.dlh".to_owned()));
    let unknown = wire::RouteRequest { category: "sampa".to_owned(), ..case };
    assert_eq!(caller.route(unknown).await.unwrap_err().code(), "desk.unknown-word");
}

#[tokio::test]
async fn put_right_category_is_unknown_or_keeps_the_class_of_before() {
    let served = served().await;
    let mut caller = Caller::<MemoryStore>::connect(&served.place).await.unwrap();
    let (one, other) = (caller.file(filing()).await.unwrap().complaint, caller.file(filing()).await.unwrap().complaint);
    let recategorise = |category: &str| {
        Action::Recategorise(wire::Recategorise { category: category.to_owned(), class: String::new() })
    };
    let refused = caller.act(act(&one, recategorise("jalan-rusk"))).await.unwrap_err();
    let ClientError::Refused(fault) = &refused else { panic!("{refused}") };
    assert_eq!(refused.code(), "desk.unknown-word");
    assert!(fault.facts["allowed"].starts_with("jalan-rusak, "), "{}", fault.facts["allowed"]);
    assert_eq!(fault.facts["allowed"].matches(", ").count(), 3, "the nearest three");
    caller.act(act(&one, recategorise("air-tagihan"))).await.unwrap();
    caller.act(act(&one, Action::Relate(wire::Relate { complaint: other.clone() }))).await.unwrap();
    let shown = caller.show_all(&one, false).await.unwrap();
    let (file, _) = told::file(&shown);
    let summary = file.summary.unwrap();
    assert_eq!((summary.category.as_str(), summary.class), ("air-tagihan", Class::Complaint));
    let back = told::linked(&caller.show_all(&other, false).await.unwrap());
    assert_eq!(back.len(), 1);
    assert_eq!(back[0].known.as_ref().unwrap().category, "air-tagihan", "the other side tells what is known");
}

//! What may be done when: refusals name holder and options, options are what is possible, and what the desk writes the hub admits.

use super::bench::{Bench, dispose, node, transfer, unit};
use crate::desk::{Action, ActionName, ComplaintName, DeskError, EventName};
use crate::domain::admission::{Admission, Bench as HubBench, admit};
use crate::domain::event::Category;
use crate::domain::{Cause, Class, ComplaintId, Position, Reason, Registry, Timestamp, UnitCode, fold};
use crate::journal;
use crate::store::Store;

fn every_action() -> Vec<Action> {
    let reason = Reason::Incomplete;
    vec![
        dispose("13.71.dlh"),
        Action::Accept,
        Action::Defer { reason },
        Action::Archive { reason },
        Action::FollowUp,
        Action::Respond,
        Action::Close,
        Action::Reopen,
        transfer("kl.pu"),
        Action::Return { reason },
        Action::TakeBack,
        Action::Adopt { event: None },
        Action::Recategorise { category: Category::parse("lainnya").unwrap(), class: Class::Information },
        Action::Relate { to: other() },
        Action::Double { of: other() },
        Action::Unlink { from: other() },
        Action::Reply,
        Action::Complete,
        Action::Confirm,
        Action::Rate { stars: 4 },
        Action::Appeal,
        Action::Withdraw,
    ]
}

/// A complaint that is not here.
fn other() -> ComplaintName {
    ComplaintName::Id(ComplaintId([0xee; 16]))
}

/// A complaint in each of the situations that a desk knows, each on a desk of its own.
async fn situations() -> Vec<(&'static str, Bench, ComplaintId)> {
    let reason = Reason::Incomplete;
    let rate = |stars| Action::Rate { stars };
    let paths: Vec<(&str, Vec<Action>)> = vec![
        ("new", vec![]),
        ("verified", vec![Action::Verify]),
        ("disposed", vec![dispose("13.71.dlh")]),
        ("deferred", vec![Action::Defer { reason }]),
        ("completed", vec![Action::Defer { reason }, Action::Complete]),
        ("archived", vec![Action::Archive { reason }]),
        ("awaiting", vec![Action::Respond]),
        ("replied", vec![Action::Respond, Action::Reply]),
        ("closed", vec![Action::Respond, Action::Close]),
        ("reopened", vec![Action::Respond, Action::Close, Action::Reopen]),
        ("related", vec![Action::Relate { to: other() }]),
        ("doubled", vec![Action::Double { of: other() }]),
        ("rated-out", vec![Action::Respond, rate(1), rate(2), rate(3)]),
        ("appealed", vec![Action::Respond, Action::Close, Action::Appeal]),
        ("withdrawn", vec![Action::Withdraw]),
        ("pending", vec![transfer("13")]),
        ("taken-back", vec![transfer("13"), Action::TakeBack]),
    ];
    let mut all = Vec::new();
    for (name, path) in paths {
        let bench = Bench::padang().await;
        let id = bench.file().await;
        bench.must(id, path).await;
        all.push((name, bench, id));
    }
    for (name, cause) in [("came", Cause::Transfer), ("assigned", Cause::Assignment), ("escalated", Cause::Escalation)]
    {
        let mut bench = Bench::padang().await;
        let id = bench.file().await;
        bench.move_to(id, "13", "13", Cause::Transfer).await;
        bench.move_to(id, "13.71", "13.71", cause).await;
        all.push((name, bench, id));
    }
    let mut bench = Bench::padang().await;
    let id = bench.file().await;
    bench.must(id, [transfer("13")]).await;
    bench.move_to(id, "13", "13", Cause::Transfer).await;
    all.push(("gone", bench, id));
    all
}

#[tokio::test]
async fn what_is_offered_is_not_what_is_possible() {
    for (name, bench, id) in situations().await {
        let before = bench.store.snapshot();
        for action in every_action() {
            let offered = crate::desk::options::options(&fold(&bench.events(id).await).unwrap(), &node("13.71"));
            let done = bench.act(id, action.clone()).await;
            assert_eq!(done.is_ok(), offered.contains(&action.name()), "{name}: {}: {done:?}", action.name());
            bench.store.restore(&before);
        }
    }
}

#[tokio::test]
async fn refusal_keeps_quiet_about_holder_and_options() {
    for (name, bench, id) in situations().await {
        let complaint = fold(&bench.events(id).await).unwrap();
        let before = bench.store.snapshot();
        for action in every_action() {
            let Err(error) = bench.act(id, action.clone()).await else {
                bench.store.restore(&before);
                continue;
            };
            assert!(error.code().starts_with("desk."));
            let standing = error.standing().unwrap_or_else(|| panic!("{name}: {}: {error}", action.name()));
            assert_eq!((&standing.holder, &standing.node), (complaint.unit(), complaint.node()), "{name}");
            let said = error.to_string();
            assert!(said.contains(complaint.unit().as_str()) && !said.contains('\n'), "{said}");
            for option in &standing.options {
                assert!(said.contains(option.name()), "{said}");
            }
            assert_eq!(bench.store.counts().await.unwrap(), before.counts().await.unwrap(), "{name}");
        }
    }
}

#[tokio::test]
async fn hub_finds_an_event_of_the_desk_inadmissible() {
    for (name, bench, id) in situations().await {
        let mut registry = Registry::default();
        bench.store.registry().await.unwrap().iter().for_each(|event| registry.apply(event));
        let before = bench.store.snapshot();
        for action in every_action().into_iter().chain([Action::Verify]) {
            let stored = bench.events(id).await;
            let Ok(written) = bench.act(id, action.clone()).await else { continue };
            let events = bench.events(id).await;
            let event = events.iter().find(|event| event.hash == written.event).unwrap();
            let complaint = fold(&stored).unwrap();
            let hub = HubBench {
                registry: &registry,
                events: &stored,
                complaint: Some(&complaint),
                cited: Position::ZERO,
                now: Timestamp(1_700_000_000_000_000),
                derived: None,
            };
            assert_eq!(admit(event, &hub), Admission::Admitted, "{name}: {}", action.name());
            assert_eq!(
                fold(&events).unwrap().outcomes.get(&written.event),
                Some(&crate::domain::Outcome::Counted),
                "{name}: {}",
                action.name()
            );
            assert_eq!(journal::event(&journal::header::encode(&event.header)).unwrap(), *event);
            bench.store.restore(&before);
        }
    }
}

#[tokio::test]
async fn disposition_or_transfer_names_a_unit_that_cannot_be_given_it() {
    let bench = Bench::padang().await;
    let id = bench.file().await;
    for (action, code) in [
        (dispose("13"), "desk.target-not-here"),
        (dispose("13.71.dishub"), "desk.unknown-unit"),
        (transfer("kl.kemenkes"), "desk.unknown-unit"),
        (transfer("13.72"), "desk.closed-unit"),
        (transfer("13.71"), "desk.to-self"),
    ] {
        assert_eq!(bench.act(id, action).await.unwrap_err().code(), code);
    }
    let said = bench.act(id, dispose("13")).await.unwrap_err().to_string();
    assert!(said.contains("node 13"), "{said}");
    let mut about = super::bench::new_complaint();
    about.about = Some(unit("13"));
    let id = bench.desk.file(&about).await.unwrap().complaint;
    assert_eq!(bench.act(id, transfer("13")).await.unwrap_err().code(), "desk.accused");
}

#[tokio::test]
async fn unit_of_another_node_acts_here() {
    let bench = Bench::padang().await;
    let id = bench.file().await;
    let name = ComplaintName::Id(id);
    let act = async |unit: UnitCode| bench.desk.act(&name, Some(&unit), &Action::Verify, "").await;
    assert!(matches!(act(unit("kl.pu")).await, Err(DeskError::UnitNotHere { .. })));
    assert!(matches!(act(unit("13.71.nowhere")).await, Err(DeskError::UnitNotHere { home: None, .. })));
    assert_eq!(act(unit("13.71.dlh")).await.unwrap().unit, unit("13.71.dlh"));
}

#[tokio::test]
async fn answer_without_words_is_taken() {
    let bench = Bench::padang().await;
    let name = ComplaintName::Id(bench.file().await);
    for action in [Action::Respond, Action::Reply, Action::Appeal, Action::Archive { reason: Reason::Other }] {
        let error = bench.desk.act(&name, None, &action, "  ").await.unwrap_err();
        assert_eq!(error.code(), "desk.text-needed", "{}", action.name());
    }
    let stars = bench.desk.act(&name, None, &Action::Rate { stars: 6 }, "").await.unwrap_err();
    assert_eq!(stars.code(), "desk.stars");
}

#[tokio::test]
async fn complaint_is_found_by_too_little_of_its_name() {
    let bench = Bench::padang().await;
    let id = bench.file().await;
    let text = id.to_string();
    let found = bench.desk.resolve(&ComplaintName::parse(text.get(..6).unwrap()).unwrap()).await.unwrap();
    assert_eq!(found, id);
    let unknown = bench.desk.resolve(&ComplaintName::Prefix("000000".to_owned())).await;
    assert!(matches!(unknown, Err(DeskError::UnknownComplaint)));
}

#[tokio::test]
async fn destroyed_content_can_still_be_read() {
    let bench = Bench::padang().await;
    let id = bench.file().await;
    let filed = bench.events(id).await.first().unwrap().hash.to_string();
    let redact = Action::Redact { event: EventName::parse(filed.get(..8).unwrap()).unwrap() };
    bench.must(id, [redact.clone()]).await;
    let file = bench.desk.show(&ComplaintName::Id(id)).await.unwrap();
    assert!(file.events.first().unwrap().parts.is_empty());
    assert_eq!(bench.act(id, redact).await.unwrap_err().code(), "desk.nothing-to-redact");
    let no_event = Action::Redact { event: EventName::parse("ffffffffff").unwrap() };
    assert_eq!(bench.act(id, no_event).await.unwrap_err().code(), "desk.unknown-event");
    assert_eq!(ActionName::ALL.len(), every_action().len() + 3);
}

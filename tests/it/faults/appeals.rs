//! Appeals: once, upwards, and not to be got round; what a hostile origin can and cannot do with them.

use lintas::desk::Action;
use lintas::domain::complaint::Arrival;
use lintas::domain::{Cause, Change, Complaint, ComplaintId, DisplayState, Reason, Refusal, Verdict, fold};
use lintas::store::Store;

use super::bench::{Bench, unit};
use super::run;

async fn hub(bench: &Bench, id: ComplaintId) -> Complaint {
    let file = bench.store.file(id).await.unwrap().unwrap();
    let events: Vec<_> = file.events.iter().map(|filed| filed.event.clone()).collect();
    fold(&events).unwrap()
}

/// Filed at 13.71, transferred to the ministry, answered and closed there.
async fn closed(bench: &mut Bench) -> ComplaintId {
    let id = bench.moved("13.71", "kl.pu").await;
    for action in [Action::Accept, Action::Respond, Action::Close] {
        bench.act("kl.pu", id, action).await;
    }
    bench.settle().await;
    id
}

/// A node writes what its desk would refuse.
async fn rashly(bench: &mut Bench, code: &str, id: ComplaintId, change: Change) -> lintas::domain::EventHash {
    let header = bench.at(code).header(id, change, bench).await;
    let event = bench.at(code).write(header, Vec::new()).await;
    bench.settle().await;
    event
}

#[test]
fn appeal_is_recorded_and_leads_nowhere() {
    run(async {
        let mut bench = Bench::new().await;
        let id = closed(&mut bench).await;
        bench.act("13.71", id, Action::Appeal).await;
        bench.settle().await;
        let complaint = hub(&bench, id).await;
        assert_eq!(complaint.epoch().arrival, Arrival::Moved(Cause::Appeal));
        assert_eq!((complaint.unit(), complaint.display()), (&unit("id"), DisplayState::Received));
        // Whoever has it now neither hands it back nor finds it ended; it is worked on.
        let back = Action::Return { reason: Reason::NotMyAuthority };
        let name = lintas::desk::ComplaintName::Id(id);
        let error = bench.at("id").desk.act(&name, None, &back, "").await.unwrap_err();
        assert_eq!(error.code(), "desk.not-returnable");
        bench.act("id", id, Action::Accept).await;
        bench.settle().await;
        assert_eq!(hub(&bench, id).await.status(), lintas::domain::Status::Open);
        let error = bench.at("kl.pu").desk.act(&name, None, &Action::Reopen, "").await.unwrap_err();
        assert_eq!(error.code(), "desk.not-holder");
    });
}

#[test]
fn second_appeal_moves_again() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.file("13.71").await;
        for action in [Action::Respond, Action::Close, Action::Appeal] {
            bench.act("13.71", id, action).await;
        }
        bench.settle().await;
        assert_eq!(hub(&bench, id).await.unit(), &unit("13"));
        for action in [Action::Accept, Action::Respond, Action::Close] {
            bench.act("13", id, action).await;
        }
        bench.settle().await;
        let name = lintas::desk::ComplaintName::Id(id);
        let error = bench.at("13.71").desk.act(&name, None, &Action::Appeal, "Lagi.").await.unwrap_err();
        assert_eq!(error.code(), "desk.appealed");
        let event = rashly(&mut bench, "13.71", id, Change::Appealed).await;
        assert_eq!(bench.verdict("13.71", event).await, Some(Verdict::Refused(Refusal::Appealed)));
        assert_eq!(hub(&bench, id).await.unit(), &unit("13"));
    });
}

#[test]
fn complaint_that_nobody_has_ended_is_appealed_away_from_its_holder() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.moved("13.71", "kl.pu").await;
        rashly(&mut bench, "13.71", id, Change::Appealed).await;
        assert_eq!(hub(&bench, id).await.unit(), &unit("kl.pu"));
        // Nor does it lie in wait for the end.
        for action in [Action::Accept, Action::Respond, Action::Close] {
            bench.act("kl.pu", id, action).await;
        }
        bench.settle().await;
        assert_eq!(
            (hub(&bench, id).await.unit(), hub(&bench, id).await.display()),
            (&unit("kl.pu"), DisplayState::Closed)
        );
    });
}

#[test]
fn holder_gets_round_an_appeal_by_opening_again() {
    run(async {
        let mut bench = Bench::new().await;
        let id = closed(&mut bench).await;
        bench.cut("13.71");
        bench.act("13.71", id, Action::Appeal).await;
        bench.act("kl.pu", id, Action::Reopen).await;
        bench.settle().await;
        bench.connect("13.71").await;
        bench.settle().await;
        assert_eq!(hub(&bench, id).await.unit(), &unit("id"));
    });
}

#[test]
fn appeal_at_the_top_moves_to_itself_or_is_lost() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.file("id").await;
        for action in [Action::Respond, Action::Close, Action::Appeal] {
            bench.act("id", id, action).await;
        }
        bench.settle().await;
        let complaint = hub(&bench, id).await;
        assert_eq!((complaint.epochs.len(), complaint.display()), (1, DisplayState::Closed));
        assert!(complaint.reporter.appealed, "it is shown");
    });
}

#[test]
fn appeal_behind_something_unknown_moves_what_is_read_only() {
    run(async {
        let mut bench = Bench::new().await;
        let id = closed(&mut bench).await;
        rashly(&mut bench, "13.71", id, Change::Unknown { kind: 999, body: vec![0x80] }).await;
        rashly(&mut bench, "13.71", id, Change::Appealed).await;
        assert_eq!(hub(&bench, id).await.unit(), &unit("kl.pu"), "read-only, it waits");
    });
}

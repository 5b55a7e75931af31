//! The table of preconditions: every change in every status, with and without a proposal under way.

use super::complaint::{Arrival, Epoch, Status};
use super::event::Change;
use super::ids::EventHash;
use super::rules::{is_adoptable, origin_precondition, precondition};
use super::terms::{Cause, Refusal};
use super::testing::{ARCHIVED, DEFERRED, OTHER, RETURN, Story, disposed, node, recategorised, transfer, unit};

const STATUSES: [Status; 6] =
    [Status::Open, Status::Received, Status::Deferred, Status::Awaiting, Status::Closed, Status::Archived];

fn epoch(base: Status, arrival: Arrival) -> Epoch {
    Epoch {
        opener: EventHash([1; 32]),
        arrival,
        sender: Some(unit("13")),
        by_return: false,
        assigned: false,
        node: node("13.71"),
        holders: vec![unit("13.71")],
        base,
        base_seen: None,
        disposed: false,
        followed_up: false,
        pending: None,
        ended: false,
        double_of: None,
    }
}

/// One row a change, one column a status in the order above: `x` allowed.
#[test]
fn a_change_is_possible_in_exactly_the_statuses_of_the_table() {
    let table = [
        (Change::Verified, "x....."),
        (disposed("13.71.dlh"), "xx...."),
        (Change::Accepted, ".x...."),
        (DEFERRED, "xx...."),
        (ARCHIVED, "xxx..."),
        (Change::FollowedUp, "x..x.."),
        (Change::Responded, "x....."),
        (Change::Closed, "...x.."),
        (Change::Reopened, "....xx"),
        (recategorised("other"), "xx...."),
        (Change::Related { to: OTHER }, "xx...."),
        (Change::Doubled { of: OTHER }, "xx...."),
        (Change::Unlinked { from: OTHER }, "xx...."),
        (transfer("13"), "x....."),
        (RETURN, ".x...."),
    ];
    for (change, row) in &table {
        for (status, mark) in STATUSES.into_iter().zip(row.chars()) {
            let mut epoch = epoch(status, Arrival::Moved(Cause::Transfer));
            let outcome = precondition(&epoch, status, change);
            assert_eq!(outcome.is_ok(), mark == 'x', "{} in {status:?}: {outcome:?}", change.name());
            epoch.pending = Some(EventHash([9; 32]));
            assert_eq!(precondition(&epoch, status, change), Err(Refusal::Pending), "{}", change.name());
        }
    }
}

#[test]
fn the_reporter_may_do_what_the_table_says() {
    let table = [
        (Change::Imported, "xxxxxx"),
        (Change::Replied, "xx.x.."),
        (Change::Completed, "..x..."),
        (Change::Confirmed, "...xx."),
        (Change::Rated { stars: 5 }, "...xxx"),
        (Change::Appealed, "....xx"),
        (Change::Withdrew, "xxx..."),
    ];
    for (change, row) in &table {
        for (status, mark) in STATUSES.into_iter().zip(row.chars()) {
            let mut complaint = Story::filed("13.71").fold();
            complaint.epochs = vec![epoch(status, Arrival::Filed)];
            let outcome = origin_precondition(&complaint, change);
            assert_eq!(outcome.is_ok(), mark == 'x', "{} in {status:?}: {outcome:?}", change.name());
        }
    }
}

#[test]
fn only_the_pending_proposal_can_be_taken_back() {
    let (p, q) = (EventHash([9; 32]), EventHash([8; 32]));
    for status in STATUSES {
        let mut epoch = epoch(status, Arrival::Filed);
        assert_eq!(precondition(&epoch, status, &Change::TakeBack { proposal: p }), Err(Refusal::NotPending));
        epoch.pending = Some(p);
        assert_eq!(precondition(&epoch, status, &Change::TakeBack { proposal: p }), Ok(()));
        assert_eq!(precondition(&epoch, status, &Change::TakeBack { proposal: q }), Err(Refusal::Pending));
    }
}

#[test]
fn return_is_only_for_what_came_by_transfer_or_return() {
    for cause in Cause::ALL {
        let epoch = epoch(Status::Received, Arrival::Moved(*cause));
        let outcome = precondition(&epoch, Status::Received, &RETURN);
        assert_eq!(outcome.is_ok(), matches!(cause, Cause::Transfer | Cause::Return), "{cause}");
    }
    assert_eq!(
        precondition(&epoch(Status::Received, Arrival::Filed), Status::Received, &RETURN),
        Err(Refusal::NotReturnable)
    );
}

#[test]
fn an_assignment_binds() {
    let assigned = Epoch { assigned: true, ..epoch(Status::Open, Arrival::Moved(Cause::Assignment)) };
    assert_eq!(precondition(&assigned, Status::Open, &transfer("13")), Err(Refusal::Assigned));
    assert_eq!(precondition(&assigned, Status::Received, &RETURN), Err(Refusal::Assigned));
    assert_eq!(precondition(&assigned, Status::Open, &disposed("13.71.dlh")), Ok(()));
}

#[test]
fn nothing_goes_to_who_holds_it() {
    let open = epoch(Status::Open, Arrival::Filed);
    assert_eq!(precondition(&open, Status::Open, &transfer("13.71")), Err(Refusal::ToSelf));
    let back = Epoch { sender: Some(unit("13.71")), ..epoch(Status::Received, Arrival::Moved(Cause::Transfer)) };
    assert_eq!(precondition(&back, Status::Received, &RETURN), Err(Refusal::ToSelf));
}

#[test]
fn what_may_be_adopted() {
    let p = EventHash([9; 32]);
    let (back, again, double) =
        (Change::TakeBack { proposal: p }, Change::Adopted { event: p }, Change::Doubled { of: OTHER });
    for no in [transfer("13"), RETURN, back, again, double, Change::Replied] {
        assert!(!is_adoptable(&no), "{}", no.name());
    }
    for yes in [recategorised("other"), Change::Related { to: OTHER }] {
        assert!(is_adoptable(&yes), "{}", yes.name());
    }
    for yes in [Change::FollowedUp, Change::Responded, disposed("13"), Change::Closed, Change::Verified] {
        assert!(is_adoptable(&yes), "{}", yes.name());
    }
}

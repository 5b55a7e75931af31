//! The fold, rule by rule.

use super::complaint::{DisplayState, Outcome, Status};
use super::event::{Change, Header};
use super::fold::fold;
use super::ids::{EventHash, NodeId, Position};
use super::terms::{Cause, Inadmissibility, MoveRefusal, Refusal};
use super::testing::{ARCHIVED, DEFERRED, RETURN, Story, at, disposed, node, transfer, unit};

const PENDING: Outcome = Outcome::Refused(Refusal::Pending);

#[test]
fn nothing_is_a_complaint_without_its_filing() {
    let mut story = Story::filed("13.71");
    story.holder(Change::Verified);
    assert!(fold(&story.events[1..]).is_none());
    assert!(fold([]).is_none());
}

#[test]
fn filing_opens_the_first_epoch_at_the_filing_unit() {
    let complaint = Story::filed("13.71").fold();
    assert_eq!((complaint.unit(), complaint.node()), (&unit("13.71"), &node("13.71")));
    assert_eq!(complaint.status(), Status::Open);
    assert_eq!(complaint.display(), DisplayState::New);
}

#[test]
fn a_second_filing_changes_nothing() {
    let mut story = Story::filed("13.71");
    let before = story.fold().filed;
    let again = story.writes("13.71", story.events[0].header.change.clone());
    assert_eq!(story.outcome(again), Outcome::Refused(Refusal::Exists));
    assert_eq!(story.fold().filed, before);
}

#[test]
fn a_transfer_moves_nothing_until_the_hub_says_so() {
    let mut story = Story::filed("13.71");
    story.holder(transfer("13"));
    assert_eq!(story.fold().unit(), &unit("13.71"));
    story.order();
    let complaint = story.fold();
    assert_eq!((complaint.unit(), complaint.status()), (&unit("13"), Status::Received));
    assert!(complaint.participants.contains(&node("13")) && complaint.participants.contains(&node("13.71")));
}

#[test]
fn of_two_moves_of_one_epoch_the_earlier_counts() {
    let mut story = Story::filed("13.71");
    story.holder(transfer("13"));
    let Some(super::custody::Decision::Move(moved)) = story.decision() else { unreachable!() };
    let first = story.hub(Change::Moved(moved.clone()));
    let second = story.hub(Change::Moved(Box::new(super::event::Moved { unit: unit("kl.pu"), ..*moved })));
    assert_eq!(story.fold().unit(), &unit("13"));
    assert_eq!(story.outcome(first), Outcome::Counted);
    assert_eq!(story.outcome(second), Outcome::Waiting);
}

#[test]
fn beyond_the_cutoff_is_late_even_while_pending() {
    let mut story = Story::filed("13.71");
    let opener = story.opener();
    story.holder(transfer("13"));
    let meanwhile = story.holder(Change::FollowedUp);
    assert_eq!(story.outcome(meanwhile), PENDING);
    assert_eq!(story.fold().verdict(&meanwhile), None);
    story.order();
    assert_eq!(story.outcome(meanwhile), Outcome::Late);
    let after = story.under(opener, "13.71", Change::FollowedUp);
    assert_eq!(story.outcome(after), Outcome::Late);
    assert_eq!(story.fold().verdict(&after), Some(Outcome::Late));
}

#[test]
fn a_later_life_of_the_journal_lies_beyond_the_cutoff() {
    let mut story = Story::filed("13.71");
    let opener = story.opener();
    story.passed("13");
    let header = Header { opener: Some(opener), ..story.draft(&node("13.71"), Change::FollowedUp) };
    let reborn = story.push(Header { position: Position::new(2, 1), ..header });
    assert_eq!(story.outcome(reborn), Outcome::Late);
}

#[test]
fn origin_events_ignore_opener_and_cutoff() {
    let mut story = Story::filed("13.71");
    story.passed("13");
    let reply = story.writes("13.71", Change::Replied);
    assert_eq!(story.outcome(reply), Outcome::Counted);
    assert_eq!(story.fold().replies.len(), 1);
}

#[test]
fn a_new_holder_writes_under_the_move() {
    let mut story = Story::filed("13.71");
    let filed = story.opener();
    let moved = story.passed("13");
    let wrong = story.under(filed, "13", Change::Accepted);
    assert_eq!(story.outcome(wrong), Outcome::Refused(Refusal::NotCustodian));
    let right = story.under(moved, "13", Change::Accepted);
    assert_eq!(story.outcome(right), Outcome::Counted);
    let unknown = story.under(EventHash([3; 32]), "13", Change::FollowedUp);
    assert_eq!(story.outcome(unknown), Outcome::Waiting);
}

#[test]
fn a_take_back_ends_the_proposal_and_what_was_written_meanwhile_stays_refused() {
    let mut story = Story::filed("13.71");
    let proposal = story.holder(transfer("13"));
    let meanwhile = story.holder(Change::FollowedUp);
    let back = story.holder(Change::TakeBack { proposal });
    let after = story.holder(Change::FollowedUp);
    assert_eq!(story.outcome(meanwhile), PENDING);
    assert_eq!(story.fold().verdict(&meanwhile), Some(PENDING));
    assert_eq!((story.outcome(back), story.outcome(after)), (Outcome::Counted, Outcome::Counted));
    assert!(story.decision().is_none());
}

#[test]
fn refused_move_lets_pending_work_count() {
    let story = |upto: bool| {
        let mut story = Story::filed("13.71");
        let proposal = story.holder(transfer("99.zz"));
        let closed = story.holder(Change::Responded);
        assert_eq!(story.outcome(closed), PENDING);
        let own = |hash: EventHash| story.events.iter().find(|event| event.hash == hash).unwrap().header.position;
        // Without the rule the refusal ends the proposal from its own place on.
        let upto = if upto { own(closed) } else { own(proposal) };
        let reason = MoveRefusal::UnknownUnit;
        story.hub(Change::MoveRefused { proposal, upto, reason });
        let after = story.holder(Change::FollowedUp);
        (story.outcome(closed), story.outcome(after))
    };
    assert_eq!(story(false).0, Outcome::Counted, "without the rule, what everybody read as refused comes to count");
    assert_eq!(story(true), (PENDING, Outcome::Counted));
}

#[test]
fn the_hub_refuses_up_to_what_it_has_stored() {
    let mut story = Story::filed("13.71");
    story.holder(transfer("14"));
    let meanwhile = story.holder(Change::Responded);
    super::testing::tell(&mut story.registry, Change::UnitClosed { unit: unit("14"), into: None, declared: None });
    story.order();
    assert_eq!(story.outcome(meanwhile), PENDING);
    assert_eq!(story.fold().verdict(&meanwhile), Some(PENDING));
    let after = story.holder(transfer("13"));
    assert_eq!(story.outcome(after), Outcome::Counted);
    assert_eq!(story.fold().verdict(&meanwhile), Some(PENDING), "a new proposal does not open the old question again");
}

#[test]
fn a_reply_that_a_close_had_not_seen_reopens_it() {
    // With the rule, a close names what its author had seen; without it, a close is taken to have seen everything.
    let story = |honest: bool| {
        let mut story = Story::filed("13.71");
        story.passed("13");
        story.holder(Change::Accepted);
        story.holder(Change::Responded);
        let seen = story.fold().newest_origin;
        let reply = story.writes("13.71", Change::Replied);
        let closed = story.having_seen(if honest { seen } else { reply }, "13", Change::Closed);
        (story.fold().status(), story.outcome(closed))
    };
    assert_eq!(story(true), (Status::Open, Outcome::Counted), "the reply reopens it, the close stays applied");
    // A close that claims to have seen the reply is judged on it: there is nothing to close any more.
    assert_eq!(story(false).1, Outcome::Refused(Refusal::NotAwaiting));
    // The naive fold: the reply is compared with nothing.
    let mut naive = Story::filed("13.71");
    naive.holder(Change::Responded);
    naive.writes("13.71", Change::Replied);
    naive.having_seen(naive.events[0].hash, "13.71", Change::Closed);
    let complaint = naive.fold();
    assert_eq!(complaint.epoch().base, Status::Closed, "the bare last status would swallow it");
    assert_eq!(complaint.status(), Status::Open);
}

#[test]
fn the_seen_of_the_event_that_set_the_state_counts_not_the_highest() {
    let mut story = Story::filed("13.71");
    let filed = story.opener();
    let reply = story.writes("13.71", Change::Replied);
    story.having_seen(reply, "13.71", Change::Responded);
    story.having_seen(filed, "13.71", Change::Closed);
    assert_eq!(story.fold().status(), Status::Open);
}

#[test]
fn a_deferral_ends_with_the_completion_it_had_not_seen() {
    let mut story = Story::filed("13.71");
    story.holder(DEFERRED);
    assert_eq!(story.fold().status(), Status::Deferred);
    let completed = story.writes("13.71", Change::Completed);
    assert_eq!(story.fold().status(), Status::Open);
    story.having_seen(completed, "13.71", DEFERRED);
    assert_eq!(story.fold().status(), Status::Deferred);
    story.having_seen(completed, "13.71", ARCHIVED);
    assert_eq!(story.fold().status(), Status::Archived);
    story.holder(Change::Reopened);
    assert_eq!(story.fold().status(), Status::Open);
}

#[test]
fn a_precondition_is_judged_on_what_its_author_had_seen() {
    let mut story = Story::filed("13.71");
    let filed = story.opener();
    story.holder(Change::Responded);
    let reply = story.writes("13.71", Change::Replied);
    // Not knowing of the reply, the author sees Awaiting: a second response is refused, a close holds.
    let blind = story.having_seen(filed, "13.71", Change::Responded);
    assert_eq!(story.outcome(blind), Outcome::Refused(Refusal::NotOpen));
    let seeing = story.having_seen(reply, "13.71", Change::Responded);
    assert_eq!(story.outcome(seeing), Outcome::Counted);
}

#[test]
fn what_was_seen_is_an_origin_event_or_nothing() {
    let mut story = Story::filed("13.71");
    let verified = story.holder(Change::Verified);
    story.holder(Change::Responded);
    story.writes("13.71", Change::Replied);
    let claims = story.having_seen(verified, "13.71", Change::Closed);
    assert_eq!(story.outcome(claims), Outcome::Counted, "judged as having seen nothing: it reads Awaiting");
    assert_eq!(story.fold().status(), Status::Open);
}

#[test]
fn disposition_changes_the_unit_within_the_epoch() {
    let mut story = Story::filed("13.71");
    story.holder(Change::Verified);
    assert_eq!(story.fold().display(), DisplayState::Undisposed);
    let opener = story.opener();
    story.holder(disposed("13.71.dlh"));
    let complaint = story.fold();
    assert_eq!((complaint.unit(), complaint.epoch().opener), (&unit("13.71.dlh"), opener));
    assert_eq!(complaint.display(), DisplayState::Disposed);
    story.holder(Change::FollowedUp);
    assert_eq!(story.fold().display(), DisplayState::InProgress);
}

#[test]
fn disposed_after_a_reply_reads_disposed_not_in_progress() {
    let mut story = Story::filed("13.71");
    story.holder(Change::Responded);
    assert_eq!(story.fold().display(), DisplayState::Awaiting);
    story.writes("13.71", Change::Replied);
    assert_eq!(story.fold().display(), DisplayState::InProgress);
    story.holder(disposed("13.71.dlh"));
    assert_eq!(story.fold().display(), DisplayState::Disposed);
    assert_eq!(story.fold().status(), Status::Open);
}

#[test]
fn received_stays_received_through_a_disposition() {
    let mut story = Story::filed("13");
    story.passed("13.71");
    story.holder(disposed("13.71.dlh"));
    assert_eq!(story.fold().status(), Status::Received);
    let back = story.holder(RETURN);
    assert_eq!(story.outcome(back), Outcome::Counted);
    story.order();
    assert_eq!(story.fold().display(), DisplayState::Returned);
}

#[test]
fn a_late_event_is_adopted_as_written_now() {
    let mut story = Story::filed("13.71");
    let opener = story.opener();
    story.passed("13");
    let late = story.under(opener, "13.71", Change::FollowedUp);
    let late_proposal = story.under(opener, "13.71", transfer("kl.pu"));
    let early = story.writes("13", Change::Adopted { event: late });
    assert_eq!(story.outcome(early), Outcome::Refused(Refusal::NotOpen), "its precondition is judged now");
    story.holder(Change::Accepted);
    let adopted = story.writes("13", Change::Adopted { event: late });
    assert_eq!(story.outcome(adopted), Outcome::Counted);
    assert!(story.fold().epoch().followed_up);
    let proposal = story.writes("13", Change::Adopted { event: late_proposal });
    assert_eq!(story.outcome(proposal), Outcome::Refused(Refusal::NotAdoptable));
    let applied = story.writes("13", Change::Adopted { event: adopted });
    assert_eq!(story.outcome(applied), Outcome::Refused(Refusal::NotLate));
    story.holder(transfer("kl.pu"));
    let pending = story.writes("13", Change::Adopted { event: late });
    assert_eq!(story.outcome(pending), PENDING);
}

#[test]
fn an_inadmissible_event_is_outside_the_set() {
    let mut story = Story::filed("13.71");
    let reply = story.writes("13.71", Change::Replied);
    story.hub(Change::Inadmissible { event: reply, prev: None, reason: Inadmissibility::FutureTime });
    let complaint = story.fold();
    assert!(complaint.replies.is_empty() && !complaint.contains(&reply));
    assert_eq!(complaint.newest_origin, complaint.filed);
}

#[test]
fn a_held_event_keeps_its_authors_later_ones_outside_until_released() {
    let mut story = Story::filed("13.71");
    let strange = story.writes("13.71", Change::Unknown { kind: 999, body: vec![1] });
    let reply = story.writes("13.71", Change::Replied);
    story.hub(Change::Held { event: strange });
    let complaint = story.fold();
    assert_eq!((complaint.outcomes[&strange], complaint.outcomes[&reply]), (Outcome::Held, Outcome::Held));
    assert!(complaint.read_only && complaint.replies.is_empty());
    story.hub(Change::Released { event: strange });
    let complaint = story.fold();
    assert_eq!(complaint.replies.len(), 1);
    assert!(complaint.read_only, "released, but this version still does not know it");
}

#[test]
fn a_held_event_found_inadmissible_frees_the_later_ones() {
    let mut story = Story::filed("13.71");
    let strange = story.writes("13.71", Change::Unknown { kind: 999, body: vec![1] });
    story.writes("13.71", Change::Replied);
    story.hub(Change::Held { event: strange });
    story.hub(Change::Inadmissible { event: strange, prev: None, reason: Inadmissibility::Malformed });
    let complaint = story.fold();
    assert_eq!(complaint.replies.len(), 1);
    assert!(!complaint.read_only);
}

#[test]
fn only_the_hub_gives_notice() {
    let mut story = Story::filed("13.71");
    let reply = story.writes("13.71", Change::Replied);
    story.writes("13", Change::Inadmissible { event: reply, prev: None, reason: Inadmissibility::Malformed });
    assert_eq!(story.fold().replies.len(), 1);
    story.holder(transfer("13"));
    let Some(super::custody::Decision::Move(moved)) = story.decision() else { unreachable!() };
    story.writes("13", Change::Moved(moved));
    assert_eq!(story.fold().unit(), &unit("13.71"));
}

#[test]
fn a_new_holder_waits_for_what_the_move_names_and_what_leads_there() {
    let mut story = Story::filed("13.71");
    let verified = story.holder(Change::Verified);
    let bad = story.writes("13.71", Change::FollowedUp);
    story.hub(Change::Inadmissible { event: bad, prev: Some(verified), reason: Inadmissibility::FutureTime });
    story.passed("13");
    assert!(story.fold().missing.is_empty());
    let without = |gone: EventHash| {
        let rest: Vec<_> = story.events.iter().filter(|event| event.hash != gone).cloned().collect();
        fold(&rest).unwrap().missing
    };
    assert!(without(bad).is_empty(), "what is inadmissible is followed through its notice");
    assert_eq!(without(verified), [verified]);
    let notice = story.events.iter().find(|e| e.header.node == NodeId::Hub).unwrap().hash;
    assert!(without(notice).contains(&notice));
}

#[test]
fn a_move_between_units_of_one_node_opens_an_epoch() {
    let mut story = Story::filed("13.71");
    let filed = story.opener();
    story.passed("13.71.dlh");
    let old = story.under(filed, "13.71", Change::FollowedUp);
    assert_eq!(story.outcome(old), Outcome::Late);
    assert_eq!(story.fold().epochs.len(), 2);
}

#[test]
fn redaction_and_the_reporters_voice() {
    let mut story = Story::filed("13.71");
    story.holder(Change::Responded);
    story.writes("13.71", Change::Confirmed);
    story.writes("13.71", Change::Rated { stars: 4 });
    story.writes("13.71", Change::Appealed);
    story.writes("13.71", Change::Withdrew);
    let filed = story.fold().filed;
    story.hub(Change::Redacted { event: filed });
    let complaint = story.fold();
    assert_eq!((complaint.status(), complaint.stars), (Status::Awaiting, Some(4)));
    assert!(complaint.reporter.confirmed && complaint.reporter.appealed && complaint.reporter.withdrew);
    assert!(complaint.redacted.contains(&filed));
    let other = story.writes("13", Change::Replied);
    assert_eq!(story.outcome(other), Outcome::Refused(Refusal::NotCustodian));
}

#[test]
fn import_changes_who_holds_it_or_counts_twice() {
    let mut story = Story::filed("13.71");
    assert!(!story.fold().imported);
    let first = story.writes("13.71", Change::Imported);
    let (before, after) = (Story::filed("13.71").fold(), story.fold());
    assert!(after.imported);
    assert_eq!((after.status(), after.display(), after.unit()), (before.status(), before.display(), before.unit()));
    assert_eq!((after.replies.len(), after.newest_origin), (0, first));
    let answered = story.holder(Change::Responded);
    let second = story.writes("13.71", Change::Imported);
    assert_eq!(story.outcome(answered), Outcome::Counted);
    assert_eq!(story.outcome(second), Outcome::Refused(Refusal::Exists));
    assert_eq!(story.fold().status(), Status::Awaiting);
    let stranger = story.writes("13", Change::Imported);
    assert_eq!(story.outcome(stranger), Outcome::Refused(Refusal::NotCustodian));
}

#[test]
fn escalation_supersedes_a_proposal_and_keeps_what_was_stored() {
    let mut story = Story::filed("13.71");
    let work = story.holder(Change::FollowedUp);
    let proposal = story.holder(transfer("kl.pu"));
    let meanwhile = story.holder(Change::FollowedUp);
    story.escalate(Cause::Escalation).unwrap();
    assert_eq!(story.fold().unit(), &unit("13"));
    assert_eq!((story.outcome(work), story.outcome(proposal)), (Outcome::Counted, Outcome::Counted));
    assert_eq!(story.fold().verdict(&meanwhile), Some(PENDING));
    assert!(story.decision().is_none());
    let back = story.holder(RETURN);
    assert_eq!(story.outcome(back), Outcome::Refused(Refusal::NotReturnable));
}

#[test]
fn position_zero_and_no_cutoff_let_nothing_count() {
    let mut story = Story::filed("13.71");
    let work = story.holder(Change::FollowedUp);
    let moved = super::custody::escalate(&story.fold(), &[], &story.registry, Cause::Escalation).unwrap();
    assert_eq!(moved.cutoff, None);
    story.hub(Change::Moved(Box::new(moved)));
    assert_eq!(story.outcome(work), Outcome::Late);
    assert!(Position::ZERO < at(1) && at(9) < Position::new(2, 1));
}

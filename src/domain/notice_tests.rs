//! Which events a reporter is told of, and who is told.

use std::collections::BTreeSet;

use super::event::{Change, Event, PartRef};
use super::fold::fold;
use super::notice::{ATTEMPTS_MAX, HookName, NoticeFault, NoticeState, Recipient, Step, Telling, steps, wait_seconds};
use super::terms::{Cause, PartKind, Visibility};
use super::testing::{ARCHIVED, DEFERRED, RETURN, Story, disposed, node, transfer, unit};

/// What is told at a node of everything in a story, step by step.
fn told(story: &Story, at: &str) -> Vec<Step> {
    let after = story.fold();
    steps(&node(at), None, &after, &story.events).into_iter().map(|(_, step)| step).collect()
}

#[test]
fn step_is_not_told_or_told_elsewhere() {
    let mut story = Story::filed("13.71");
    for change in [Change::Verified, disposed("13.71.dlh"), Change::FollowedUp, DEFERRED] {
        story.holder(change);
    }
    story.writes("13.71", Change::Completed);
    for change in [Change::Responded, Change::Closed, Change::Reopened, ARCHIVED] {
        story.holder(change);
    }
    let all = [
        Step::Filed,
        Step::Verified,
        Step::FollowedUp,
        Step::Deferred,
        Step::Responded,
        Step::Closed,
        Step::Reopened,
        Step::Archived,
    ];
    let counted = told(&story, "13.71");
    assert_eq!(counted, all, "{counted:?}");
    assert_eq!(told(&story, "13"), [], "who did not file it tells nobody");
    let mut known: BTreeSet<Step> = all.into();
    known.insert(Step::Moved);
    assert_eq!(known, Step::ALL.iter().copied().collect());
}

#[test]
fn proposal_is_told_before_it_moves_anything() {
    let mut story = Story::filed("13.71");
    story.holder(transfer("13"));
    assert_eq!(told(&story, "13.71"), [Step::Filed]);
    story.order();
    assert_eq!(told(&story, "13.71"), [Step::Filed, Step::Moved]);
    story.holder(RETURN);
    story.order();
    assert_eq!(told(&story, "13.71"), [Step::Filed, Step::Moved, Step::Moved]);
}

#[test]
fn what_counts_for_nothing_is_told() {
    let mut story = Story::filed("13.71");
    story.holder(Change::Closed);
    story.writes("13", Change::Responded);
    assert_eq!(told(&story, "13.71"), [Step::Filed]);
}

#[test]
fn unit_that_got_its_own_node_is_a_move() {
    let mut story = Story::filed("13.71");
    let Change::Moved(mut moved) = moved_to(&mut story) else { unreachable!() };
    moved.unit = unit("13.71");
    moved.cause = Cause::Rehoming;
    story.events.pop();
    story.hub(Change::Moved(moved));
    assert_eq!(told(&story, "13.71"), [Step::Filed]);
}

fn moved_to(story: &mut Story) -> Change {
    story.holder(transfer("13"));
    story.order();
    story.events.last().unwrap().header.change.clone()
}

#[test]
fn same_step_is_told_again() {
    let mut story = Story::filed("13.71");
    story.holder(Change::Verified);
    let before = story.fold();
    assert_eq!(steps(&node("13.71"), Some(&before), &before, &story.events), []);
    let responded = story.holder(Change::Responded);
    let after = story.fold();
    assert_eq!(steps(&node("13.71"), Some(&before), &after, &story.events), [(responded, Step::Responded)]);
}

/// Who is told of a complaint with an identity or without.
fn recipients(visibility: Visibility, identity: bool, mail: bool) -> Vec<String> {
    let mut story = Story::filed("13.71");
    let Event { header, .. } = &mut story.events[0];
    if let Change::Filed(filing) = &mut header.change {
        filing.visibility = visibility;
    }
    if identity {
        header.parts = vec![PartRef { kind: PartKind::Identity, commitment: [0; 32] }];
    }
    let complaint = fold(&story.events).unwrap();
    let webhooks = [HookName::parse("sms-gateway").unwrap()].into();
    let told = Telling { mail, webhooks }.recipients(&complaint, &story.events);
    told.iter().map(ToString::to_string).collect()
}

#[test]
fn anonymous_reporter_is_written_to() {
    let hook = "webhook:sms-gateway";
    for (visibility, identity, mail, wanted) in [
        (Visibility::Open, true, true, vec!["reporter", hook]),
        (Visibility::Confidential, true, true, vec!["reporter", hook]),
        (Visibility::Anonymous, true, true, vec![hook]),
        (Visibility::Open, false, true, vec![hook]),
        (Visibility::Open, true, false, vec![hook]),
    ] {
        assert_eq!(recipients(visibility, identity, mail), wanted, "{visibility} {identity} {mail}");
    }
}

#[test]
fn recipient_is_read_as_another() {
    let hook = Recipient::Webhook(HookName::parse("app-2").unwrap());
    for recipient in [Recipient::Reporter, hook] {
        assert_eq!(Recipient::parse(&recipient.to_string()), Some(recipient));
    }
    for text in ["", "webhook:", "webhook:A", "webhook:-a", "webhook:a-", "webhook:a b", "a", "webhook:a\""] {
        assert_eq!(Recipient::parse(text), None, "{text}");
    }
    assert_eq!(HookName::parse(&"a".repeat(33)), None);
    assert_eq!(NoticeState::from_name("moot"), Some(NoticeState::Moot));
    assert_eq!(NoticeFault::from_name("moot"), None);
}

#[test]
fn retries_come_at_once_or_never() {
    for drawn in [0, 1, 59, 60, 12_345_678_901, u64::MAX] {
        for (attempts, most) in
            [(1, 60), (2, 120), (9, 15_360), (10, 21_600), (ATTEMPTS_MAX, 21_600), (u32::MAX, 21_600)]
        {
            let wait = wait_seconds(attempts, drawn);
            assert!((1..=most).contains(&wait), "{attempts} {drawn}: {wait}");
        }
    }
    assert_eq!((wait_seconds(1, 59), wait_seconds(10, 21_599)), (60, 21_600));
}

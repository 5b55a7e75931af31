//! Tests of what a complaint adds to the statistics.

use proptest::prelude::*;

use super::calendar::Zone;
use super::clock::Running;
use super::complaint::DisplayState;
use super::event::{Change, Event, Header};
use super::figure::Figure;
use super::fold::fold;
use super::ids::{EventHash, Timestamp};
use super::life::{life, seconds};
use super::measure::{Measure, Regulated};
use super::terms::{Cause, Class, Reason};
use super::testing::{RETURN, Story, disposed, event, header, node, unit};
use super::unit::UnitCode;

const DAY: i64 = 86_400;

/// Jakarta everywhere; five days for every answer, pauses apart.
struct Rules;

impl Regulated for Rules {
    fn zone(&self, _: &UnitCode) -> Zone {
        Zone::Wib
    }

    fn due(&self, _: Class, _: &UnitCode, clock: &Running) -> Option<Timestamp> {
        let paused = clock.pauses.iter().filter_map(|(from, to)| Some(to.as_ref()?.0 - from.0)).sum::<i64>();
        Some(Timestamp(clock.start.0 + 5 * DAY * 1_000_000 + paused))
    }
}

/// Somebody writes something on a day.
fn on(story: &mut Story, day: i64, change: Change) {
    let complaint = story.fold();
    let writer =
        if change.role() == super::event::Role::Origin { complaint.origin.clone() } else { complaint.node().clone() };
    let header = Header { time: Timestamp(day * DAY * 1_000_000), ..story.draft(&writer, change) };
    story.push(header);
}

/// The newest event happened on a day.
fn then(story: &mut Story, day: i64) {
    let last = story.events.pop().unwrap();
    story.push(Header { time: Timestamp(day * DAY * 1_000_000), ..last.header });
}

fn filed(day: i64) -> Story {
    let mut story = Story::filed("13.71");
    let first = story.events.pop().unwrap();
    story.events.push(event(Header { time: Timestamp(day * DAY * 1_000_000), ..first.header }));
    story
}

fn get(story: &Story, figure: Figure) -> i64 {
    Measure::of(&story.fold(), &story.events, &Rules).figures.get(figure)
}

#[test]
fn time_in_a_state_is_lost_or_counted_twice() {
    use DisplayState::{Awaiting, Disposed, InProgress, New, Undisposed};
    let mut story = filed(100);
    on(&mut story, 101, Change::Verified);
    on(&mut story, 103, disposed("13.71.dlh"));
    on(&mut story, 106, Change::FollowedUp);
    on(&mut story, 107, Change::FollowedUp);
    on(&mut story, 110, Change::Responded);
    on(&mut story, 111, Change::Replied);
    on(&mut story, 115, Change::Responded);
    for (state, days) in [(New, 1), (Undisposed, 2), (Disposed, 3), (InProgress, 4 + 4), (Awaiting, 1)] {
        assert_eq!(get(&story, Figure::Spent(state)), days * DAY, "{state:?}");
        assert_eq!(get(&story, Figure::Ever(state)), 1, "{state:?}");
    }
    assert_eq!(get(&story, Figure::Since(Awaiting)), 115 * DAY);
    assert_eq!(get(&story, Figure::Now(Awaiting)), 1);
    assert_eq!(get(&story, Figure::Now(InProgress)), 0);
}

#[test]
fn reply_by_a_clock_that_is_ahead_comes_after_what_had_seen_it() {
    let mut story = filed(100);
    on(&mut story, 101, Change::Verified);
    on(&mut story, 110, Change::Responded);
    on(&mut story, 120, Change::Replied);
    on(&mut story, 115, Change::Responded);
    assert_eq!(get(&story, Figure::Spent(DisplayState::Awaiting)), 10 * DAY);
    assert_eq!(get(&story, Figure::Since(DisplayState::Awaiting)), 120 * DAY);
}

#[test]
fn answer_is_late_only_by_the_time_it_waited_for_the_reporter() {
    let mut story = filed(100);
    on(&mut story, 101, Change::Verified);
    on(&mut story, 104, Change::Responded);
    on(&mut story, 108, Change::Replied);
    on(&mut story, 109, Change::Responded);
    assert_eq!(get(&story, Figure::LateAnswers), 0);
    on(&mut story, 110, Change::Replied);
    on(&mut story, 112, Change::Responded);
    assert_eq!(get(&story, Figure::LateAnswers), 1);
}

#[test]
fn hand_back_within_a_node_is_no_return() {
    let mut story = filed(100);
    on(&mut story, 101, Change::Verified);
    on(&mut story, 102, disposed("13.71.dlh"));
    assert_eq!((get(&story, Figure::Returns), get(&story, Figure::PingPong)), (0, 0));
    on(&mut story, 103, Change::Disposed { unit: unit("13.71"), reason: Reason::NotMyAuthority });
    assert_eq!((get(&story, Figure::Returns), get(&story, Figure::PingPong)), (1, 1));
    assert_eq!(get(&story, Figure::HandOvers), 0);
}

#[test]
fn ping_pong_between_bodies_is_not_seen() {
    let mut story = filed(100);
    story.passed("13");
    assert_eq!((get(&story, Figure::HandOvers), get(&story, Figure::PingPong)), (1, 0));
    story.holder(RETURN);
    story.order();
    assert_eq!((get(&story, Figure::HandOvers), get(&story, Figure::PingPong)), (2, 1));
    assert_eq!(get(&story, Figure::Returns), 1);
    story.passed("13");
    assert_eq!((get(&story, Figure::Disputes), get(&story, Figure::HandOvers)), (1, 3));
}

#[test]
fn climb_past_a_silent_holder_is_a_hand_over() {
    let mut story = filed(100);
    story.escalate(Cause::Escalation).unwrap();
    assert_eq!((get(&story, Figure::Climbs), get(&story, Figure::HandOvers)), (1, 0));
}

#[test]
fn same_unit_at_its_new_node_counts_as_ping_pong() {
    let mut story = filed(100);
    let complaint = story.fold();
    let moved = super::event::Moved {
        ends: complaint.epoch().opener,
        unit: unit("13.71"),
        node: node("13"),
        cause: Cause::Rehoming,
        assigned: false,
        proposal: None,
        cutoff: Some(super::testing::at(1)),
        admitted: Vec::new(),
    };
    story.hub(Change::Moved(Box::new(moved)));
    assert_eq!((get(&story, Figure::PingPong), get(&story, Figure::HandOvers)), (0, 0));
}

#[test]
fn complaint_is_counted_in_another_month_or_area() {
    let mut story = Story::filed("13.71");
    let first = story.events.pop().unwrap();
    // 2026-10-31 18:00 UTC is November in Padang.
    story.events.push(event(Header { time: Timestamp(1_793_469_600_000_000), ..first.header.clone() }));
    let cell = Measure::of(&story.fold(), &story.events, &Rules).cell;
    assert_eq!((cell.month, cell.area.as_str()), (202_611, "13.71"));
    for (said, counted) in [("13.72.01.1001", "13.72"), ("13.72", "13.72"), ("13", "13"), ("id", "id")] {
        let Change::Filed(mut filing) = first.header.change.clone() else { unreachable!() };
        filing.area = Some(unit(said));
        let story = Story {
            events: vec![event(Header { change: Change::Filed(filing), ..first.header.clone() })],
            ..story.clone()
        };
        assert_eq!(Measure::of(&story.fold(), &story.events, &Rules).cell.area, unit(counted), "{said}");
    }
}

#[test]
fn wild_clock_overflows_a_sum() {
    assert_eq!(
        [i64::MIN, -1, 0, 1_999_999, i64::MAX].map(|at| seconds(Timestamp(at))),
        [0, 0, 0, 1, super::life::SECONDS_MAX]
    );
    for time in [i64::MIN, i64::MAX] {
        let mut story = Story::filed("13.71");
        let first = story.events.pop().unwrap();
        story.events.push(event(Header { time: Timestamp(time), ..first.header }));
        on(&mut story, 1, Change::Verified);
        let measure = Measure::of(&story.fold(), &story.events, &Rules);
        assert!(measure.figures.iter().all(|(_, amount)| (0..=super::life::SECONDS_MAX).contains(&amount)));
    }
}

#[test]
fn archived_complaint_keeps_its_reason_when_it_is_opened_again() {
    let mut story = filed(100);
    on(&mut story, 101, Change::Archived { reason: Reason::Duplicate });
    assert_eq!(get(&story, Figure::Archived(Reason::Duplicate)), 1);
    on(&mut story, 102, Change::Reopened);
    assert_eq!(get(&story, Figure::Archived(Reason::Duplicate)), 0);
    assert_eq!(get(&story, Figure::Reopened), 1);
    story.hub(Change::Held { event: EventHash([9; 32]) });
    then(&mut story, 103);
    assert_eq!(get(&story, Figure::Complaints), 1);
}

/// Any events at all, by whoever, whenever.
fn events() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec((0_u8..14, 0_i64..40, any::<bool>()), 0..30).prop_map(|dice| {
        let mut story = filed(20);
        for (kind, day, blind) in dice {
            let change = match kind {
                0 => Change::Verified,
                1 => disposed("13.71.dlh"),
                2 => Change::Accepted,
                3 => Change::FollowedUp,
                4 => Change::Responded,
                5 => Change::Closed,
                6 => Change::Reopened,
                7 => super::testing::DEFERRED,
                8 => super::testing::ARCHIVED,
                9 => Change::Replied,
                10 => Change::Completed,
                11 => super::testing::transfer("13"),
                12 => RETURN,
                _ => {
                    if story.decision().is_some() {
                        story.order();
                        then(&mut story, day);
                    }
                    continue;
                }
            };
            on(&mut story, day, change);
            if blind {
                let last = story.events.pop().unwrap();
                story.push(Header { seen: Some(story.fold().filed), ..last.header });
            }
        }
        story.events
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn life_ends_elsewhere_than_the_fold_or_leaves_a_gap(events in events()) {
        let complaint = fold(&events).unwrap();
        let life = life(&complaint, &events);
        let last = *life.stays.last().unwrap();
        prop_assert_eq!((last.state, last.until), (complaint.display(), None));
        prop_assert_eq!(life.stays[0].since, seconds(complaint.filed_at));
        for (stay, next) in life.stays.iter().zip(life.stays.iter().skip(1)) {
            prop_assert!(stay.until == Some(next.since) && stay.since <= next.since && stay.state != next.state);
        }
        let figures = Measure::of(&complaint, &events, &Rules).figures;
        let sum = |of: fn(DisplayState) -> Figure| DisplayState::ALL.iter().map(|state| figures.get(of(*state))).sum::<i64>();
        prop_assert_eq!(sum(Figure::Spent), sum(Figure::Since) - seconds(complaint.filed_at));
        prop_assert_eq!(sum(Figure::Now), 1);
        prop_assert!(figures.iter().all(|(_, amount)| amount > 0));
    }

    #[test]
    fn order_of_arrival_changes_a_measure(events in events(), turn in any::<prop::sample::Index>()) {
        let complaint = fold(&events).unwrap();
        let mut turned = events.clone();
        turned.rotate_left(turn.index(events.len()));
        prop_assert_eq!(Measure::of(&complaint, &events, &Rules), Measure::of(&complaint, &turned, &Rules));
    }
}

/// Nothing is counted of what was refused or late.
#[test]
fn refused_step_is_counted() {
    let mut story = filed(100);
    on(&mut story, 101, Change::Reopened);
    on(&mut story, 102, Change::Closed);
    assert_eq!(get(&story, Figure::Reopened), 0);
    assert_eq!(get(&story, Figure::Ever(DisplayState::Closed)), 0);
    let stranger = event(header(node("kl.pu"), super::testing::at(3), Change::Responded));
    story.events.push(stranger);
    assert_eq!(get(&story, Figure::Ever(DisplayState::Awaiting)), 0);
}

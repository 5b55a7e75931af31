//! Deadlines with pauses and over the borders of zones, on a calendar of a few days off.

use super::calendar::{Calendar, DayOff, DayOffKind, Zone};
use super::date::Date;
use super::deadline::{CountedDays, DEADLINE_DAYS_MAX, Due, Moment, Rule};
use super::ids::Timestamp;

const HOUR: i64 = 3_600;

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// A moment in WIB.
fn at(date: &str, hour: i64) -> Timestamp {
    Zone::Wib.start_of(day(date)).plus_seconds(hour * HOUR)
}

/// Idulfitri of 2026, with joint leave from Friday 20 to Tuesday 24 March.
fn calendar() -> Calendar {
    let off = |days| DayOff {
        date: day("2026-03-20").plus(days),
        name: "Idulfitri 1447 H".to_owned(),
        kind: DayOffKind::JointLeave,
        legal_basis: "SKB".to_owned(),
    };
    Calendar::new((0..5).map(off).collect())
}

fn rule(amount: u16, days: CountedDays) -> Rule {
    Rule { class: None, moment: Moment::Response, amount, days, legal_basis: String::new(), mark: String::new() }
}

fn last_day(due: Due) -> String {
    match due {
        Due::By { last_day, .. } => last_day.to_string(),
        Due::Standing { .. } => "standing".to_owned(),
    }
}

fn working(amount: u16, start: Timestamp, pauses: &[(Timestamp, Option<Timestamp>)]) -> Due {
    rule(amount, CountedDays::Working).due(start, Zone::Wib, pauses, &calendar())
}

#[test]
fn complaint_of_late_evening_has_the_same_deadline_in_papua() {
    // Thursday 23:30 WIB is Friday 01:30 WIT.
    let start = Timestamp(at("2026-11-19", 23).0 + 1_800_000_000);
    let due = |zone| rule(3, CountedDays::Working).due(start, zone, &[], &calendar());
    assert_eq!(last_day(due(Zone::Wib)), "2026-11-24");
    assert_eq!(last_day(due(Zone::Wita)), "2026-11-25");
    assert_eq!(last_day(due(Zone::Wit)), "2026-11-25");
    assert_eq!(due(Zone::Wit).end(), Some(at("2026-11-25", 22)));
}

#[test]
fn last_moment_of_the_last_day_is_late() {
    let due = working(1, at("2026-11-19", 0), &[]);
    let end = due.end().unwrap();
    assert_eq!(end, at("2026-11-21", 0));
    assert!(!due.is_over(Timestamp(end.0 - 1)));
    assert!(due.is_over(end));
}

#[test]
fn day_of_the_start_counts() {
    assert_eq!(last_day(working(0, at("2026-11-19", 9), &[])), "2026-11-19");
    assert_eq!(last_day(working(1, at("2026-11-20", 9), &[])), "2026-11-23");
    assert_eq!(last_day(working(1, at("2026-11-21", 9), &[])), "2026-11-23");
    assert_eq!(last_day(rule(1, CountedDays::All).due(at("2026-11-20", 9), Zone::Wib, &[], &calendar())), "2026-11-21");
}

#[test]
fn pause_over_holidays_counts_them_twice() {
    let start = at("2026-03-16", 9);
    assert_eq!(last_day(working(5, start, &[])), "2026-03-26");
    // The file waits from the last day before the holidays to the first after them: two working days more, not seven.
    let over = [(at("2026-03-19", 10), Some(at("2026-03-25", 10)))];
    assert_eq!(last_day(working(5, start, &over)), "2026-03-30");
    let within = [(at("2026-03-20", 10), Some(at("2026-03-24", 10)))];
    assert_eq!(last_day(working(5, start, &within)), "2026-03-26");
}

#[test]
fn day_that_two_pauses_touch_is_taken_twice() {
    let start = at("2026-11-16", 9);
    let once = [(at("2026-11-17", 9), Some(at("2026-11-17", 10)))];
    assert_eq!(last_day(working(3, start, &once)), "2026-11-20");
    let twice = [once[0], (at("2026-11-17", 15), Some(at("2026-11-17", 16)))];
    assert_eq!(last_day(working(3, start, &twice)), "2026-11-20");
    let overlapping =
        [(at("2026-11-18", 9), Some(at("2026-11-19", 9))), (at("2026-11-17", 9), Some(at("2026-11-18", 9)))];
    assert_eq!(last_day(working(3, start, &overlapping)), "2026-11-24");
}

#[test]
fn pause_outside_the_time_moves_the_deadline() {
    let start = at("2026-11-16", 9);
    for pause in [
        (at("2026-11-10", 9), Some(at("2026-11-11", 9))),
        (at("2026-11-16", 10), Some(at("2026-11-16", 12))),
        (at("2026-11-20", 9), Some(at("2026-11-23", 9))),
        (at("2026-11-20", 9), None),
        (at("2026-11-18", 9), Some(at("2026-11-17", 9))),
    ] {
        assert_eq!(last_day(working(3, start, &[pause])), "2026-11-19", "{pause:?}");
    }
}

#[test]
fn file_that_waits_for_the_reporter_becomes_late() {
    let start = at("2026-11-16", 9);
    let due = working(3, start, &[(at("2026-11-18", 9), None)]);
    assert_eq!(due, Due::Standing { since: day("2026-11-18"), left: 2 });
    assert!(!due.is_over(Timestamp(i64::MAX)) && due.end().is_none());
    let all = rule(30, CountedDays::All).due(start, Zone::Wib, &[(at("2026-11-18", 9), None)], &calendar());
    assert_eq!(all, Due::Standing { since: day("2026-11-18"), left: 29 });
}

#[test]
fn leap_day_is_forgotten() {
    let all = |start, amount| last_day(rule(amount, CountedDays::All).due(at(start, 9), Zone::Wib, &[], &calendar()));
    assert_eq!(all("2028-02-28", 1), "2028-02-29");
    assert_eq!(all("2028-02-01", 30), "2028-03-02");
    assert_eq!(all("2027-02-01", 30), "2027-03-03");
}

#[test]
fn year_whose_holidays_are_unknown_goes_unmarked() {
    let provisional = |start| match working(5, start, &[]) {
        Due::By { provisional, .. } => provisional,
        Due::Standing { .. } => panic!(),
    };
    assert!(!provisional(at("2026-12-24", 9)));
    assert!(provisional(at("2026-12-25", 9)));
    assert!(provisional(at("2025-12-30", 9)));
}

#[test]
fn hostile_pause_is_walked_day_by_day() {
    let forever = [(Timestamp(i64::MIN), Some(Timestamp(i64::MAX)))];
    let due = working(DEADLINE_DAYS_MAX, Timestamp(0), &forever);
    assert!(matches!(due, Due::By { provisional: true, .. }), "{due:?}");
    let due = rule(u16::MAX, CountedDays::All).due(Timestamp(i64::MAX), Zone::Wit, &[], &calendar());
    assert!(matches!(due, Due::By { .. }));
}

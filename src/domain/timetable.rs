//! The timetable: rules, calendar and time zones together, and what follows from them for a complaint. It holds what it is given and
//! asks no clock.

use std::collections::BTreeMap;

use super::calendar::{Calendar, Zone};
use super::clock::running;
use super::complaint::{Arrival, Complaint};
use super::deadline::{Due, Moment, Rule, Rules};
use super::event::{Change, Event, Moved};
use super::fold::fold;
use super::ids::{ComplaintId, EventHash, Timestamp};
use super::sealing::is_accused;
use super::terms::Cause;
use super::unit::UnitCode;

/// When the time for the answer begins to run. Sources differ, so it is a setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Starts {
    /// When the file is complete: verified, or completed by the reporter later.
    #[default]
    Complete,
    /// When it was filed.
    Receipt,
}

impl Starts {
    /// The name in settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Receipt => "receipt",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Complete, Self::Receipt].into_iter().find(|starts| starts.name() == name)
    }
}

/// How long each step may take, where.
#[derive(Clone, Debug, Default)]
pub struct Timetable {
    /// Which days are working days.
    pub calendar: Calendar,
    /// How many days a step may take.
    pub rules: Rules,
    /// The time zone by the first part of a unit's code.
    pub zones: BTreeMap<String, Zone>,
    /// When the time for the answer begins to run.
    pub starts: Starts,
}

/// A step that is awaited, and until when.
#[derive(Clone, Debug)]
pub struct Deadline<'a> {
    /// What must have happened by then.
    pub moment: Moment,
    /// Until when.
    pub due: Due,
    /// The rule that says so.
    pub rule: &'a Rule,
}

impl Timetable {
    /// The time zone of a unit; that of Jakarta for one whose province is not in the table.
    #[must_use]
    pub fn zone(&self, unit: &UnitCode) -> Zone {
        let top = unit.as_str().split('.').next().unwrap_or_default();
        self.zones.get(top).copied().unwrap_or(Zone::Wib)
    }

    /// Which step is awaited of a complaint, and until when, where its holder is. None if nothing is awaited, or no rule holds.
    #[must_use]
    pub fn deadline(&self, complaint: &Complaint, events: &[Event]) -> Option<Deadline<'_>> {
        let clock = running(complaint, events, self.starts)?;
        let rule = self.rules.rule(complaint.class, clock.moment)?;
        let due = rule.due(clock.start, self.zone(complaint.unit()), &clock.pauses, &self.calendar);
        Some(Deadline { moment: clock.moment, due, rule })
    }

    /// The end of the `days`-th working day after a deadline, where a unit is. `end` is the end of the deadline's last day.
    #[must_use]
    pub fn later(&self, end: Timestamp, unit: &UnitCode, days: u16) -> Timestamp {
        let zone = self.zone(unit);
        let last = zone.date_of(Timestamp(end.0.saturating_sub(1)));
        zone.start_of(self.calendar.add_working_days(last, days).value.plus(1))
    }

    /// Whether a deadline lies less than `days` working days ahead at a moment, or behind it.
    #[must_use]
    pub fn is_near(&self, end: Timestamp, unit: &UnitCode, days: u16, at: Timestamp) -> bool {
        let zone = self.zone(unit);
        let (today, last) = (zone.date_of(at), zone.date_of(Timestamp(end.0.saturating_sub(1))));
        at >= end || self.calendar.working_days_between(today, last).value <= u32::from(days)
    }

    /// Whether a complaint was overdue when the hub moved it upwards, as far as this timetable knows. True for every move that is not
    /// made upon silence, and for what goes straight up because it is about the government it was filed at. `events` are all that are
    /// known; those that the hub had not admitted at the move are left out of account.
    #[must_use]
    pub fn was_due(&self, events: &[Event], moved: EventHash) -> bool {
        let Some(event) = events.iter().find(|event| event.hash == moved) else { return true };
        let Change::Moved(said) = &event.header.change else { return true };
        if said.cause != Cause::Escalation {
            return true;
        }
        let before: Vec<Event> = before(events, event, said);
        let Some(complaint) = fold(&before) else { return true };
        let straight = complaint.epoch().arrival == Arrival::Filed
            && is_accused(complaint.node(), complaint.filing.about.as_ref());
        straight || self.deadline(&complaint, &before).is_some_and(|known| known.due.is_over(event.header.time))
    }
}

/// What the hub had admitted when it moved a complaint: of every writer what leads up to the last event that the move names.
fn before(events: &[Event], moved: &Event, said: &Moved) -> Vec<Event> {
    let last: BTreeMap<_, _> = said.admitted.iter().map(|(node, hash)| (node, hash)).collect();
    let place = |hash: &EventHash| events.iter().find(|event| event.hash == *hash).map(|event| event.header.position);
    let counts = |event: &&Event| {
        if event.header.node.is_hub() {
            return event.header.position < moved.header.position;
        }
        let upto = last.get(&event.header.node).and_then(|hash| place(hash));
        upto.is_some_and(|upto| event.header.position <= upto)
    };
    let of = |id: Option<ComplaintId>| id == moved.header.complaint;
    events.iter().filter(|event| of(event.header.complaint)).filter(counts).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::deadline::CountedDays;
    use crate::domain::event::Header;
    use crate::domain::testing::{Story, unit};

    const DAY: i64 = 86_400_000_000;

    fn timetable() -> Timetable {
        let rule = |moment, amount| Rule {
            class: None,
            moment,
            amount,
            days: CountedDays::All,
            legal_basis: String::new(),
            mark: String::new(),
        };
        let rules = Rules::new(vec![rule(Moment::Verify, 3), rule(Moment::Response, 10)]).unwrap();
        Timetable { rules, ..Timetable::default() }
    }

    /// A complaint passed to 13 on day 100 and moved on by the hub on another, both noon in Jakarta.
    fn moved_on(day: i64) -> (Story, EventHash) {
        let mut story = Story::filed("13.71");
        story.passed("13");
        let noon = |day: i64| Timestamp(day * DAY + 5 * 3_600_000_000);
        let came = story.events.pop().unwrap();
        story.push(Header { time: noon(100), ..came.header });
        story.escalate(Cause::Escalation).unwrap();
        let moved = story.events.pop().unwrap();
        let hash = story.push(Header { time: noon(day), ..moved.header });
        (story, hash)
    }

    #[test]
    fn hub_moves_before_it_is_due() {
        let (story, moved) = moved_on(103);
        assert!(!timetable().was_due(&story.events, moved), "the third day is not over");
        let (story, moved) = moved_on(104);
        assert!(timetable().was_due(&story.events, moved));
    }

    #[test]
    fn answer_that_the_hub_had_not_seen_makes_its_move_early() {
        let (mut story, moved) = moved_on(104);
        let late =
            Header { time: Timestamp(101 * DAY), ..story.draft(&crate::domain::testing::node("13"), Change::Accepted) };
        story.push(late);
        assert!(timetable().was_due(&story.events, moved));
    }

    #[test]
    fn grace_counts_weekends_or_the_last_day() {
        // Day 1 of 1970 was a Friday: its end, and three working days later the end of Wednesday.
        let end = Zone::Wib.start_of(crate::domain::Date::from_days(2));
        let grace = timetable().later(end, &unit("13.71"), 3);
        assert_eq!(grace, Zone::Wib.start_of(crate::domain::Date::from_days(7)));
        let at = |day: i32| Zone::Wib.start_of(crate::domain::Date::from_days(day));
        assert!(!timetable().is_near(at(9), &unit("13.71"), 1, at(5)));
        assert!(timetable().is_near(at(9), &unit("13.71"), 1, at(7)), "on the day before the last");
        assert!(timetable().is_near(at(9), &unit("13.71"), 1, at(20)));
    }
}

//! Silence: what follows when a deadline has passed and the office has not acted. It decides as the hub does; recording, and how the
//! link stands, are the caller's. Time and timetable are given to it.

use std::collections::BTreeSet;

use super::complaint::{Complaint, Status};
use super::custody::{above, escalate};
use super::deadline::Moment;
use super::event::{Change, Event, Moved};
use super::ids::{NodeId, Timestamp};
use super::registry::Registry;
use super::terms::Cause;
use super::timetable::Timetable;
use super::unit::UnitCode;

/// How the link to a holder's node stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Link {
    /// It is there, and the hub has all of its journal.
    Up,
    /// It is there, and part of its journal is still on the way: what is awaited may be among it.
    Behind,
    /// It is known to be down.
    Down,
}

/// What silence may lead to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// Whether what was accepted, and not verified, followed up or answered in time, climbs too.
    pub climb_unanswered: bool,
    /// After how many working days beyond the deadline a complaint climbs past a node whose link was down when it passed.
    pub offline_grace: u16,
}

/// Decides upon silence: the Moved or Overdue to record, or nothing.
///
/// Nothing happens before the deadline, nor while part of the holder's journal is on the way. A complaint whose new holder has not
/// accepted it climbs one level. If the link was down when the deadline passed, those above are told first, and it climbs after the
/// grace, so that a node that comes back has until then. What was accepted and is late is told to those above, once a deadline, and
/// climbs if that is laid down. At `id` nothing climbs.
#[must_use]
pub fn decide(
    complaint: &Complaint,
    events: &[Event],
    registry: &Registry,
    timetable: &Timetable,
    rules: Rules,
    link: Link,
    now: Timestamp,
) -> Option<Change> {
    if complaint.read_only || link == Link::Behind {
        return None;
    }
    let deadline = timetable.deadline(complaint, events).filter(|deadline| deadline.moment.is_the_offices())?;
    let due = deadline.due.end().filter(|due| *due <= now)?;
    let told = complaint.overdue.contains(&(complaint.epoch().opener, deadline.moment, due));
    let warned = link == Link::Down || told && complaint.status() == Status::Received;
    let may_climb = !warned || now >= timetable.later(due, complaint.unit(), rules.offline_grace);
    if let Some(moved) = climbs(complaint, events, registry, rules).filter(|_| may_climb) {
        return Some(Change::Moved(Box::new(moved)));
    }
    (!told).then(|| overdue(complaint, registry, deadline.moment, due))
}

/// The move upwards, if this complaint may climb.
fn climbs(complaint: &Complaint, events: &[Event], registry: &Registry, rules: Rules) -> Option<Moved> {
    let may = complaint.status() == Status::Received || rules.climb_unanswered;
    escalate(complaint, events, registry, Cause::Escalation).filter(|_| may)
}

/// Tells the nodes of the next unit above that the complaint is not about, and of `id`.
fn overdue(complaint: &Complaint, registry: &Registry, moment: Moment, due: Timestamp) -> Change {
    let units = [above(complaint, registry), Some(UnitCode::root())];
    let nodes = units.into_iter().flatten().filter_map(|unit| registry.home(&unit));
    let may = |node: &NodeId| node != complaint.node() && registry.may_receive(node).is_ok();
    let told: BTreeSet<NodeId> = nodes.filter(may).collect();
    Change::Overdue { opener: complaint.epoch().opener, moment, due, told: told.into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::deadline::{CountedDays, Rule, Rules as Deadlines};
    use crate::domain::event::Header;
    use crate::domain::terms::Reason;
    use crate::domain::testing::{Story, federation, node};

    const DAY: i64 = 86_400_000_000;
    const STRICT: Rules = Rules { climb_unanswered: true, offline_grace: 3 };
    const MILD: Rules = Rules { climb_unanswered: false, offline_grace: 3 };

    /// Day 4 of 1970 was a Monday. A week has no holidays here.
    fn timetable() -> Timetable {
        let rule = |moment, amount| Rule {
            class: None,
            moment,
            amount,
            days: CountedDays::Working,
            legal_basis: String::new(),
            mark: String::new(),
        };
        let rules = vec![rule(Moment::Verify, 3), rule(Moment::FirstFollowUp, 5), rule(Moment::Response, 5)];
        Timetable { rules: Deadlines::new(rules).unwrap(), ..Timetable::default() }
    }

    fn noon(day: i64) -> Timestamp {
        Timestamp(day * DAY + 5 * 3_600_000_000)
    }

    fn on(story: &mut Story, day: i64) {
        let last = story.events.pop().unwrap();
        story.push(Header { time: noon(day), ..last.header });
    }

    fn after(story: &Story, rules: Rules, link: Link, day: i64) -> Option<Change> {
        decide(&story.fold(), &story.events, &federation(), &timetable(), rules, link, noon(day))
    }

    fn climbs_to(change: Option<Change>) -> Option<String> {
        if let Some(Change::Moved(moved)) = change { Some(moved.unit.to_string()) } else { None }
    }

    /// Filed at Padang and passed to the province on Monday.
    fn passed() -> Story {
        let mut story = Story::filed("13.71");
        story.passed("13");
        on(&mut story, 4);
        story
    }

    #[test]
    fn what_nobody_accepts_climbs_early_or_never() {
        let story = passed();
        assert_eq!(after(&story, MILD, Link::Up, 7), None, "Thursday is the third day");
        assert_eq!(climbs_to(after(&story, MILD, Link::Up, 8)), Some("id".to_owned()));
    }

    #[test]
    fn silent_node_stops_the_clock() {
        let mut story = passed();
        let told = after(&story, MILD, Link::Down, 8).unwrap();
        assert!(matches!(&told, Change::Overdue { told, .. } if told[..] == [node("id")]), "{told:?}");
        story.hub(told);
        assert_eq!(after(&story, MILD, Link::Down, 9), None, "told twice");
        assert_eq!(after(&story, MILD, Link::Up, 11), None, "it came back within the grace");
        assert_eq!(climbs_to(after(&story, MILD, Link::Down, 13)), Some("id".to_owned()));
        assert_eq!(after(&story, MILD, Link::Behind, 13), None, "its word may be on the way");
    }

    #[test]
    fn late_answer_climbs_unasked_or_is_told_twice() {
        let mut story = Story::filed("13.71");
        story.holder(Change::Verified);
        on(&mut story, 4);
        story.holder(Change::FollowedUp);
        on(&mut story, 5);
        assert_eq!(after(&story, MILD, Link::Up, 11), None);
        assert_eq!(climbs_to(after(&story, STRICT, Link::Up, 12)), Some("13".to_owned()));
        let told = after(&story, MILD, Link::Up, 12).unwrap();
        assert!(matches!(&told, Change::Overdue { moment: Moment::Response, told, .. } if told.len() == 2));
        story.hub(told);
        let complaint = story.fold();
        assert!(complaint.participants.contains(&node("13")) && complaint.participants.contains(&node("id")));
        assert_eq!(after(&story, MILD, Link::Up, 30), None);
        assert_eq!(climbs_to(after(&story, STRICT, Link::Up, 30)), Some("13".to_owned()));
    }

    #[test]
    fn those_it_is_about_are_told() {
        let mut story = Story::about("13.71", Some("13"));
        story.holder(Change::Verified);
        on(&mut story, 4);
        story.holder(Change::Disposed { unit: crate::domain::testing::unit("13.71.dlh"), reason: Reason::Competent });
        on(&mut story, 5);
        let told = after(&story, MILD, Link::Up, 20).unwrap();
        assert!(matches!(&told, Change::Overdue { told, .. } if told[..] == [node("id")]), "{told:?}");
        assert_eq!(climbs_to(after(&story, STRICT, Link::Up, 20)), Some("id".to_owned()));
    }

    #[test]
    fn at_the_top_it_climbs_on() {
        let mut story = Story::filed("13.71");
        story.passed("id");
        on(&mut story, 4);
        let told = after(&story, STRICT, Link::Up, 20).unwrap();
        assert!(matches!(&told, Change::Overdue { told, .. } if told.is_empty()), "{told:?}");
    }
}

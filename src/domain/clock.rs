//! Which clock of a complaint runs, since when, and when it stood still: read off its events alone. How long it may run the deadlines
//! say; what happens when it is over is decided elsewhere and recorded.

use super::complaint::{Arrival, Complaint, DisplayState, Outcome};
use super::deadline::Moment;
use super::event::{Change, Event};
use super::ids::Timestamp;
use super::terms::Cause;
use super::timetable::Starts;

/// A clock that runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Running {
    /// What must happen before it is over.
    pub moment: Moment,
    /// Since when it runs, by the clock of whoever wrote the event that started it.
    pub start: Timestamp,
    /// When the file waited for the reporter meanwhile; none for a pause that goes on.
    pub pauses: Vec<(Timestamp, Option<Timestamp>)>,
}

/// The clock that runs for whoever is to act next; none when nothing is awaited.
///
/// To verify and pass on, it runs since the complaint came to the present holder; for the first follow-up, since it was first disposed
/// without one; for the answer, since the file was complete, or since it was filed, as it is laid down. Nothing that a holder repeats
/// begins it anew. Whoever gets a complaint from the hub, upwards, has the whole time for the answer. It stands still for the answer
/// while the file waits for the reporter. After the answer the reporter's own clock runs, and for a deferred file the one for
/// completing it.
#[must_use]
pub fn running(complaint: &Complaint, events: &[Event], starts: Starts) -> Option<Running> {
    let mut counted: Vec<&Event> =
        events.iter().filter(|event| complaint.outcomes.get(&event.hash) == Some(&Outcome::Counted)).collect();
    counted.sort_by_key(|event| (event.header.time, event.hash));
    let opened = events.iter().find(|event| event.hash == complaint.epoch().opener);
    let came = opened.map_or(complaint.filed_at, |event| event.header.time);
    let last = |is: fn(&Change) -> bool| counted.iter().rev().find(|event| is(&event.header.change));
    let since = |is: fn(&Change) -> bool| last(is).map_or(came, |event| event.header.time);
    let (moment, start) = match complaint.display() {
        DisplayState::New | DisplayState::Undisposed | DisplayState::Received | DisplayState::Returned => {
            (Moment::Verify, came)
        }
        DisplayState::Disposed => (Moment::FirstFollowUp, disposed(complaint, &counted).unwrap_or(came)),
        DisplayState::InProgress => {
            let complete = if starts == Starts::Complete { complete(&counted) } else { None };
            let start = complete.unwrap_or(complaint.filed_at);
            (Moment::Response, if climbed(complaint.epoch().arrival) { start.max(came) } else { start })
        }
        DisplayState::Awaiting => (Moment::ReporterWindow, since(|change| matches!(change, Change::Responded))),
        DisplayState::Deferred => (Moment::Completion, since(|change| matches!(change, Change::Deferred { .. }))),
        DisplayState::Closed | DisplayState::Archived => return None,
    };
    let pauses = if moment == Moment::Response { pauses(&counted, start) } else { Vec::new() };
    Some(Running { moment, start, pauses })
}

/// When the file was complete: when the reporter completed it last, or when it was first verified. Verifying again changes nothing.
pub(super) fn complete(counted: &[&Event]) -> Option<Timestamp> {
    let completed = counted.iter().rev().find(|event| matches!(event.header.change, Change::Completed));
    let verified = || counted.iter().find(|event| matches!(event.header.change, Change::Verified));
    completed.or_else(verified).map(|event| event.header.time)
}

/// When it was disposed without a follow-up since, by the present holder's node; passing it to and fro changes nothing.
fn disposed(complaint: &Complaint, counted: &[&Event]) -> Option<Timestamp> {
    let opener = Some(complaint.epoch().opener);
    let here = counted.iter().rev().filter(|event| event.header.opener == opener);
    let since = here.take_while(|event| !matches!(event.header.change, Change::FollowedUp));
    since.filter(|event| matches!(event.header.change, Change::Disposed { .. })).last().map(|event| event.header.time)
}

/// Whether the hub moved it up, past whoever held it before.
const fn climbed(arrival: Arrival) -> bool {
    matches!(arrival, Arrival::Moved(Cause::Escalation | Cause::Appeal | Cause::Revocation))
}

/// When the file waited for the reporter since then: from a deferral or an answer to whatever came next.
pub(super) fn pauses(counted: &[&Event], start: Timestamp) -> Vec<(Timestamp, Option<Timestamp>)> {
    let (mut pauses, mut waits) = (Vec::new(), None);
    for event in counted.iter().filter(|event| event.header.time >= start) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others neither begin nor end a pause")]
        match &event.header.change {
            Change::Deferred { .. } | Change::Responded => {
                waits.get_or_insert(event.header.time);
            }
            Change::Completed
            | Change::Replied
            | Change::Accepted
            | Change::FollowedUp
            | Change::Disposed { .. }
            | Change::Reopened => {
                pauses.extend(waits.take().map(|from| (from, Some(event.header.time))));
            }
            _ => {}
        }
    }
    pauses
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Header;
    use crate::domain::terms::Reason;
    use crate::domain::testing::{Story, node, unit};

    const DAY: i64 = 86_400_000_000;

    /// Somebody writes something on a day.
    fn on(story: &mut Story, day: i64, writer: &str, change: Change) {
        let header = Header { time: Timestamp(day * DAY), ..story.draft(&node(writer), change) };
        story.push(header);
    }

    /// The moment, the day of the start, and the days of the pauses.
    type Days = (Moment, i64, Vec<(i64, Option<i64>)>);

    fn clock(story: &Story) -> Option<Days> {
        let clock = running(&story.fold(), &story.events, Starts::Complete)?;
        let day = |at: Timestamp| at.0 / DAY;
        let pauses = clock.pauses.iter().map(|(from, to)| (day(*from), to.map(day))).collect();
        Some((clock.moment, day(clock.start), pauses))
    }

    #[test]
    fn clock_starts_elsewhere_or_never_stands_still() {
        let mut story = Story::filed("13.71");
        assert_eq!(clock(&story).unwrap().0, Moment::Verify);
        on(&mut story, 21_000, "13.71", Change::Verified);
        on(&mut story, 21_001, "13.71", Change::Disposed { unit: unit("13.71.dlh"), reason: Reason::Competent });
        assert_eq!(clock(&story), Some((Moment::FirstFollowUp, 21_001, vec![])));
        on(&mut story, 21_002, "13.71", Change::FollowedUp);
        assert_eq!(clock(&story), Some((Moment::Response, 21_000, vec![])));
        on(&mut story, 21_005, "13.71", Change::Responded);
        assert_eq!(clock(&story), Some((Moment::ReporterWindow, 21_005, vec![])));
        on(&mut story, 21_007, "13.71", Change::Replied);
        assert_eq!(clock(&story), Some((Moment::Response, 21_000, vec![(21_005, Some(21_007))])));
        on(&mut story, 21_008, "13.71", Change::Responded);
        on(&mut story, 21_020, "13.71", Change::Closed);
        assert_eq!(clock(&story), None);
    }

    #[test]
    fn holder_repeats_itself_and_its_clock_begins_anew() {
        let mut story = Story::filed("13.71");
        let dispose = |to| Change::Disposed { unit: unit(to), reason: Reason::Competent };
        on(&mut story, 21_000, "13.71", Change::Verified);
        on(&mut story, 21_001, "13.71", dispose("13.71.dlh"));
        on(&mut story, 21_005, "13.71", dispose("13.71"));
        on(&mut story, 21_006, "13.71", dispose("13.71.dlh"));
        assert_eq!(clock(&story).unwrap(), (Moment::FirstFollowUp, 21_001, vec![]));
        on(&mut story, 21_007, "13.71", Change::FollowedUp);
        on(&mut story, 21_012, "13.71", Change::Verified);
        assert_eq!(clock(&story).unwrap(), (Moment::Response, 21_000, vec![]));
        on(&mut story, 21_013, "13.71", dispose("13.71"));
        assert_eq!(clock(&story).unwrap(), (Moment::FirstFollowUp, 21_013, vec![]));
    }

    #[test]
    fn what_climbed_is_late_before_anybody_could_answer() {
        let mut story = Story::filed("13.71");
        on(&mut story, 21_000, "13.71", Change::Verified);
        story.escalate(Cause::Escalation).unwrap();
        let moved = story.events.pop().unwrap();
        story.push(Header { time: Timestamp(21_020 * DAY), ..moved.header });
        on(&mut story, 21_021, "13", Change::Accepted);
        on(&mut story, 21_022, "13", Change::FollowedUp);
        assert_eq!(clock(&story).unwrap(), (Moment::Response, 21_020, vec![]));
    }

    #[test]
    fn what_was_passed_on_is_late_on_arrival() {
        let mut story = Story::filed("13.71");
        on(&mut story, 21_000, "13.71", Change::Verified);
        story.passed("13");
        let moved = story.events.pop().unwrap();
        assert!(matches!(moved.header.change, Change::Moved(_)));
        story.push(Header { time: Timestamp(21_009 * DAY), ..moved.header });
        assert_eq!(clock(&story), Some((Moment::Verify, 21_009, vec![])));
    }

    #[test]
    fn deferred_file_runs_on() {
        let mut story = Story::filed("13.71");
        on(&mut story, 21_000, "13.71", Change::Verified);
        on(&mut story, 21_003, "13.71", Change::Deferred { reason: Reason::Incomplete });
        assert_eq!(clock(&story), Some((Moment::Completion, 21_003, vec![])));
        // Complete at last: from here on, whatever came before.
        on(&mut story, 21_010, "13.71", Change::Completed);
        on(&mut story, 21_011, "13.71", Change::FollowedUp);
        assert_eq!(clock(&story), Some((Moment::Response, 21_010, vec![])));
    }
}

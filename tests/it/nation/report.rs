//! What the year came to, in figures: read off the hub's books and counted on the way. It judges nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use lintas::desk::ActionName;
use lintas::domain::complaint::Arrival;
use lintas::domain::{Cause, Change, Class, Complaint, Event, Outcome, Status};

use super::oracle::Books;
use super::world::World;

/// What is counted while it happens.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) acts: BTreeMap<ActionName, usize>,
    /// What desks refused, by code.
    pub(crate) refused: BTreeMap<&'static str, usize>,
    pub(crate) lapsed: usize,
    pub(crate) told: usize,
    pub(crate) climbed: usize,
    pub(crate) cut: usize,
    pub(crate) restarts: usize,
}

fn counted<'a>(complaint: &'a Complaint, events: &'a [Event]) -> impl Iterator<Item = &'a Event> {
    events.iter().filter(|event| complaint.outcomes.get(&event.hash) == Some(&Outcome::Counted))
}

/// Working days from filing to the first answer, at the zone of whoever gave it.
fn answered(world: &World, complaint: &Complaint, events: &[Event]) -> Option<u32> {
    let answers = counted(complaint, events).filter(|event| matches!(event.header.change, Change::Responded));
    let first = answers.map(|event| event.header.time).min()?;
    let zone = world.timetable.zone(complaint.unit());
    Some(world.timetable.calendar.working_days_between(zone.date_of(complaint.filed_at), zone.date_of(first)).value)
}

/// The value below which so many percent of the sorted values lie.
fn percentile(sorted: &[u32], percent: usize) -> String {
    sorted.get(sorted.len() * percent / 100).or(sorted.last()).map_or_else(|| "-".to_owned(), u32::to_string)
}

pub(crate) fn report(world: &World, books: &Books) -> String {
    let mut text = String::new();
    let plan = world.plan;
    let mut line = |words: String| {
        let _ = writeln!(text, "{words}");
    };
    line(format!(
        "{} nodes, {} units, {} days, seed {}: {} complaints, {} events",
        world.sites.len(),
        world.country.offices.len(),
        plan.days,
        plan.seed,
        books.files.len(),
        books.files.values().map(|(_, events)| events.len()).sum::<usize>(),
    ));
    let mut climbed: BTreeMap<&'static str, usize> = BTreeMap::new();
    let (mut disputes, mut assigned, mut handovers) = (0, 0, Vec::new());
    for (complaint, _) in books.files.values() {
        for epoch in &complaint.epochs {
            #[expect(clippy::wildcard_enum_match_arm, reason = "the others are not counted one by one")]
            match epoch.arrival {
                Arrival::Moved(Cause::Escalation) => *climbed.entry(epoch.holders[0].kind()).or_default() += 1,
                Arrival::Moved(Cause::Dispute) => disputes += 1,
                Arrival::Moved(Cause::Assignment) => assigned += 1,
                _ => {}
            }
        }
        let causes = [Cause::Transfer, Cause::Return, Cause::Dispute, Cause::Assignment];
        let is = |arrival: Arrival| causes.iter().any(|cause| arrival == Arrival::Moved(*cause));
        handovers.push(complaint.epochs.iter().filter(|epoch| is(epoch.arrival)).count());
    }
    let sum: usize = handovers.iter().sum();
    let hundredths = sum * 100 / handovers.len().max(1);
    let act = |name: ActionName| world.tally.acts.get(&name).copied().unwrap_or(0);
    let levels: Vec<String> = climbed.iter().map(|(level, count)| format!("{count} to {level}")).collect();
    line(format!("climbed: {} ({})", climbed.values().sum::<usize>(), levels.join(", ")));
    line(format!("disputes: {disputes}, bound by an arbiter: {assigned}"));
    line(format!(
        "hand-overs: {sum}, {}.{:02} a complaint, at most {}",
        hundredths / 100,
        hundredths % 100,
        handovers.iter().max().unwrap_or(&0)
    ));
    line(format!(
        "returns: {}, taken back: {}, reopened: {}, adopted: {}, appeals: {}",
        act(ActionName::Return),
        act(ActionName::TakeBack),
        act(ActionName::Reopen),
        act(ActionName::Adopt),
        act(ActionName::Appeal)
    ));
    line(format!("acts: {}, refused at the desk: {:?}", world.tally.acts.values().sum::<usize>(), world.tally.refused));
    line(format!("lapsed: {}, told of what is late: {}", world.tally.lapsed, world.tally.told));
    line(format!(
        "lines cut: {}, hub restarted: {}, late events: {}",
        world.tally.cut,
        world.tally.restarts,
        books.late()
    ));
    for class in Class::ALL {
        let of: Vec<_> = books.files.values().filter(|(complaint, _)| complaint.filing.class == *class).collect();
        let mut days: Vec<u32> =
            of.iter().filter_map(|(complaint, events)| answered(world, complaint, events)).collect();
        days.sort_unstable();
        let open = of.iter().filter(|(c, _)| !matches!(c.status(), Status::Closed | Status::Archived)).count();
        line(format!(
            "{}: {} filed, {} answered, after {} working days (median), {} (90th percentile); {open} not ended",
            class.name(),
            of.len(),
            days.len(),
            percentile(&days, 50),
            percentile(&days, 90),
        ));
    }
    line(format!("end: {}", books.digest()));
    text
}

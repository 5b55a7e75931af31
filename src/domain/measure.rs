//! What one complaint adds to the statistics: the cell that it is counted in, and figures that add up. Pure: the rules that may change
//! are passed in. Who may see the sums is not its business.

use std::collections::BTreeSet;

use super::calendar::Zone;
use super::clock::{Running, complete, pauses};
use super::complaint::{Arrival, Complaint, DisplayState};
use super::custody::is_handover;
use super::deadline::Moment;
use super::event::{Change, Event};
use super::figure::{Figure, Figures};
use super::ids::Timestamp;
use super::life::{Life, life, seconds};
use super::terms::{Cause, Class, Reason};
use super::timetable::Timetable;
use super::unit::UnitCode;

/// So many answers of one complaint are held against their due dates; nobody answers more often in earnest.
const ANSWERS_LOOKED_AT_MAX: usize = 100;

/// Where a complaint is counted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Cell {
    /// Who answers now.
    pub unit: UnitCode,
    /// Where it happened: the regency or city, or the province or the nation if no more is known. Where nobody said, the area of the
    /// unit that filed it.
    pub area: UnitCode,
    /// What it is about.
    pub category: String,
    /// What kind.
    pub class: Class,
    /// When it was filed, by the clock of that area: year and month as in 202611.
    pub month: u32,
}

/// One complaint in the statistics.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Measure {
    /// Where it is counted.
    pub cell: Cell,
    /// What it adds there.
    pub figures: Figures,
}

/// What may change and is laid down elsewhere.
pub trait Regulated {
    /// The time zone of a unit.
    fn zone(&self, unit: &UnitCode) -> Zone;

    /// Until when a unit had to answer a complaint of a class whose clock ran so; none if nothing is laid down.
    fn due(&self, class: Class, unit: &UnitCode, clock: &Running) -> Option<Timestamp>;
}

impl Regulated for Timetable {
    fn zone(&self, unit: &UnitCode) -> Zone {
        self.zone(unit)
    }

    fn due(&self, class: Class, unit: &UnitCode, clock: &Running) -> Option<Timestamp> {
        let rule = self.rules.rule(class, clock.moment)?;
        rule.due(clock.start, self.zone(unit), &clock.pauses, &self.calendar).end()
    }
}

impl Measure {
    /// What a folded complaint adds. `events` are those that it was folded from.
    #[must_use]
    pub fn of(complaint: &Complaint, events: &[Event], rules: &impl Regulated) -> Self {
        let first = complaint.epochs.first().unwrap_or_else(|| complaint.epoch());
        let said = complaint.filing.area.as_ref().or_else(|| first.holders.first()).unwrap_or_else(|| complaint.unit());
        let area = said.territory().government();
        let month = month(complaint.filed_at, rules.zone(&area));
        let (unit, category) = (complaint.unit().clone(), complaint.category.as_str().to_owned());
        let cell = Cell { unit, area, category, class: complaint.class, month };
        Self { cell, figures: figures(complaint, &life(complaint, events), rules) }
    }
}

impl Measure {
    /// The same without what depends on the regulations that were in force when it was made.
    #[must_use]
    pub fn lasting(&self) -> Self {
        let mut figures = self.figures.clone();
        figures.add(Figure::LateAnswers, figures.get(Figure::LateAnswers).saturating_neg());
        Self { cell: self.cell.clone(), figures }
    }
}

/// Year and month of a moment, as in 202611.
#[must_use]
pub fn month(at: Timestamp, zone: Zone) -> u32 {
    let (year, month, _) = zone.date_of(Timestamp(seconds(at).saturating_mul(1_000_000))).ymd();
    u32::try_from(year).unwrap_or_default().saturating_mul(100).saturating_add(month.into())
}

fn figures(complaint: &Complaint, life: &Life<'_>, rules: &impl Regulated) -> Figures {
    let mut figures = Figures::default();
    figures.add(Figure::Complaints, 1);
    stays(life, &mut figures);
    moves(complaint, &mut figures);
    for (_, change) in &life.steps {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others are counted as stays and moves")]
        match change {
            Change::Disposed { reason: Reason::NotMyAuthority, .. } => figures.add(Figure::Returns, 1),
            Change::Reopened => figures.add(Figure::Reopened, 1),
            _ => {}
        }
    }
    figures.add(Figure::LateAnswers, late_answers(complaint, life, rules));
    let voice = complaint.reporter;
    figures.add(Figure::Appealed, i64::from(voice.appealed));
    figures.add(Figure::Withdrew, i64::from(voice.withdrew));
    if let Some(stars) = complaint.stars.filter(|stars| (1..=5).contains(stars)) {
        figures.add(Figure::Stars(stars), 1);
    }
    figures
}

/// States: where it stands, where it stood, how long, and why it was put away.
fn stays(life: &Life<'_>, figures: &mut Figures) {
    let mut ever = BTreeSet::new();
    for stay in &life.stays {
        if ever.insert(stay.state) {
            figures.add(Figure::Ever(stay.state), 1);
        }
        if let Some(until) = stay.until {
            figures.add(Figure::Spent(stay.state), until.saturating_sub(stay.since));
        } else {
            figures.add(Figure::Now(stay.state), 1);
            figures.add(Figure::Since(stay.state), stay.since);
        }
    }
    let reason = life
        .steps
        .iter()
        .rev()
        .find_map(|(_, change)| if let Change::Archived { reason } = change { Some(*reason) } else { None });
    if let (Some(DisplayState::Archived), Some(reason)) = (life.stays.last().map(|stay| stay.state), reason) {
        figures.add(Figure::Archived(reason), 1);
    }
}

/// How it went from hand to hand.
fn moves(complaint: &Complaint, figures: &mut Figures) {
    for epoch in &complaint.epochs {
        figures.add(Figure::HandOvers, i64::from(is_handover(epoch.arrival)));
        figures.add(Figure::Returns, i64::from(epoch.by_return));
        figures.add(Figure::Disputes, i64::from(epoch.arrival == Arrival::Moved(Cause::Dispute)));
        figures.add(Figure::Climbs, i64::from(epoch.arrival == Arrival::Moved(Cause::Escalation)));
    }
    let mut held: BTreeSet<&UnitCode> = BTreeSet::new();
    let mut last = None;
    for unit in complaint.epochs.iter().flat_map(|epoch| &epoch.holders) {
        let again = last.is_some_and(|last| last != unit) && held.contains(unit);
        figures.add(Figure::PingPong, i64::from(again));
        held.insert(unit);
        last = Some(unit);
    }
}

/// How many answers came after their due date: the clock runs since the file was complete, and stands while it waits for the reporter.
fn late_answers(complaint: &Complaint, life: &Life<'_>, rules: &impl Regulated) -> i64 {
    let answers = life.steps.iter().enumerate().filter(|(_, (_, change))| matches!(change, Change::Responded));
    let mut late = 0_i64;
    for (place, (answer, _)) in answers.take(ANSWERS_LOOKED_AT_MAX) {
        let before = life.steps.get(..place).unwrap_or_default();
        let counted: Vec<&Event> = before.iter().map(|(event, _)| *event).collect();
        let start = complete(&counted).unwrap_or(complaint.filed_at);
        let clock = Running { moment: Moment::Response, start, pauses: pauses(&counted, start) };
        let unit = answer.header.unit.as_ref().unwrap_or_else(|| complaint.unit());
        let due = rules.due(complaint.class, unit, &clock);
        late = late.saturating_add(i64::from(due.is_some_and(|due| answer.header.time >= due)));
    }
    late
}

//! Papers for people without the internet: the receipt that a reporter keeps, and the letter that holds the answer. Plain text, 72 columns;
//! who the reporter is stands in neither.

use super::facts::note;
use super::letter::COLUMNS;
use crate::desk::DeskError;
use crate::desk::story::{Reader, Story};
use crate::domain::notice::steps;
use crate::domain::{
    Complaint, Event, EventHash, Moment, Outcome, PartKind, Registry, Step, Timestamp, Timetable, UnitCode, Visibility,
    fold,
};
use crate::store::File;
use crate::words::{Language, Word as _, category, day, read_day, say};

/// What a paper is made of.
struct Desk<'a> {
    registry: &'a Registry,
    language: Language,
    complaint: Complaint,
    events: Vec<Event>,
    story: Story,
}

impl<'a> Desk<'a> {
    fn new(file: &File, registry: &'a Registry, timetable: &Timetable, language: Language) -> Result<Self, DeskError> {
        let events: Vec<Event> = file.events.iter().map(|filed| filed.event.clone()).collect();
        let complaint = fold(&events).ok_or(DeskError::UnknownComplaint)?;
        let story = Story::of(file, registry, timetable, language, Reader::Handler);
        Ok(Self { registry, language, complaint, events, story })
    }

    fn say(&self, code: &str, facts: &[(&str, &str)]) -> String {
        wrapped(&say(code, self.language, facts), COLUMNS)
    }

    fn unit(&self, unit: &UnitCode) -> String {
        match self.registry.unit(unit) {
            Some(entry) => format!("{} ({unit})", entry.listing.name.as_str()),
            None => unit.to_string(),
        }
    }

    fn day(&self, at: Timestamp) -> String {
        day(at, self.language)
    }

    /// A name and what it stands for, the latter under one another.
    fn row(&self, code: &str, value: &str) -> String {
        let name = say(code, self.language, &[]);
        let value = wrapped(value, COLUMNS.saturating_sub(20));
        value.lines().enumerate().fold(String::new(), |rows, (at, line)| {
            let name = if at == 0 { format!("{name:<18}: ") } else { format!("\n{:<20}", "") };
            rows + &name + line
        })
    }

    /// Where it was filed.
    fn filed_by(&self) -> &UnitCode {
        let first = self.complaint.epochs.first().and_then(|epoch| epoch.holders.first());
        first.unwrap_or_else(|| self.complaint.unit())
    }

    /// The last day for what is awaited now, if one is laid down.
    fn last_day(&self) -> Option<String> {
        let due = self.story.now.as_ref()?.due.as_ref()?.last_day.as_deref()?;
        read_day(due).map(|at| self.day(at))
    }

    fn time_of(&self, hash: &EventHash) -> Option<Timestamp> {
        self.events.iter().find(|event| event.hash == *hash).map(|event| event.header.time)
    }
}

/// The receipt of a complaint: what its reporter keeps, where it is, until when, and how to go on.
///
/// # Errors
/// If its filing is not here.
pub fn receipt(
    file: &File,
    registry: &Registry,
    timetable: &Timetable,
    language: Language,
) -> Result<String, DeskError> {
    let desk = Desk::new(file, registry, timetable, language)?;
    let complaint = &desk.complaint;
    let filing = &complaint.filing;
    let code = complaint.category.as_str();
    let about = category(code, language).unwrap_or(code);
    let kind = format!("{about}, {}", complaint.class.in_words(language));
    let tracking = filing.tracking.to_string();
    let filed = desk.unit(desk.filed_by());
    let mut rows = vec![
        desk.row("paper.number", &tracking),
        desk.row("paper.filed", &desk.day(complaint.filed_at)),
        desk.row("paper.at", &filed),
        desk.row("paper.kind", &kind),
        desk.row("paper.visibility", filing.visibility.in_words(language)),
        desk.row("paper.holder", &desk.unit(complaint.unit())),
        desk.row("paper.state", complaint.display().in_words(language)),
    ];
    if let (Some(now), Some(by)) = (&desk.story.now, desk.last_day()) {
        let awaited = say(now.awaited, language, &[]);
        rows.push(desk.row("paper.due", &say("paper.due-by", language, &[("what", &awaited), ("day", &by)])));
    }
    let mut paragraphs = vec![title(&desk, "paper.receipt"), rows.join("\n")];
    paragraphs.push(desk.say("paper.keep", &[("unit", &filed)]));
    if filing.visibility == Visibility::Anonymous {
        paragraphs.push(desk.say("paper.anonymous", &[]));
    }
    if let Some(window) = timetable.rules.rule(complaint.class, Moment::ReporterWindow) {
        paragraphs.push(desk.say("paper.rights", &[("days", &window.amount.to_string())]));
    }
    paragraphs.push(desk.say("paper.appeal", &[]));
    Ok(paragraphs.join("\n\n") + "\n")
}

/// The letter with the newest answer to a complaint.
///
/// # Errors
/// If its filing is not here, it was not answered, or the answer cannot be read here.
pub fn answer(
    file: &File,
    registry: &Registry,
    timetable: &Timetable,
    language: Language,
) -> Result<String, DeskError> {
    let desk = Desk::new(file, registry, timetable, language)?;
    let complaint = &desk.complaint;
    let counted = |event: &&Event| complaint.outcomes.get(&event.hash) == Some(&Outcome::Counted);
    let answers: Vec<EventHash> = steps(&complaint.origin, None, complaint, &desk.events)
        .into_iter()
        .filter(|(_, step)| *step == Step::Responded)
        .map(|(hash, _)| hash)
        .collect();
    let newest = desk.events.iter().filter(counted).filter(|event| answers.contains(&event.hash));
    let newest = newest.max_by_key(|event| (event.header.time, event.hash)).ok_or(DeskError::NotAnswered)?;
    let adopted = || {
        let crate::domain::Change::Adopted { event } = newest.header.change else { return None };
        note(file, &event)
    };
    let text = note(file, &newest.hash).or_else(adopted).ok_or(DeskError::AnswerUnreadable)?;
    let unit = newest.header.unit.as_ref().map_or_else(|| newest.header.node.to_string(), |unit| desk.unit(unit));
    let tracking = complaint.filing.tracking.to_string();
    let answered = desk.time_of(&newest.hash).unwrap_or(complaint.filed_at);
    let rows = [
        desk.row("paper.number", &tracking),
        desk.row("paper.filed", &desk.day(complaint.filed_at)),
        desk.row("paper.answered", &desk.day(answered)),
    ];
    let mut paragraphs = vec![
        wrapped(&unit, COLUMNS),
        title(&desk, "paper.answer"),
        rows.join("\n"),
        desk.say("paper.answer-begins", &[]),
        wrapped(&clean(&text), COLUMNS),
    ];
    let waits = complaint.display() == crate::domain::DisplayState::Awaiting;
    paragraphs.push(match desk.last_day().filter(|_| waits) {
        Some(by) => desk.say("paper.reply-by", &[("day", &by), ("unit", &desk.unit(desk.filed_by()))]),
        None => desk.say("paper.replies-end", &[("unit", &desk.unit(desk.filed_by()))]),
    });
    paragraphs.push(desk.say("paper.appeal", &[]));
    let attached = desk.events.iter().filter(|event| event.hash == newest.hash);
    let more = attached.flat_map(|event| &event.header.parts).filter(|part| part.kind == PartKind::Attachment).count();
    if more > 0 {
        paragraphs.push(desk.say("paper.attachments", &[("count", &more.to_string())]));
    }
    Ok(paragraphs.join("\n\n") + "\n")
}

fn title(desk: &Desk<'_>, code: &str) -> String {
    let title = desk.say(code, &[]);
    let line = "=".repeat(title.chars().count());
    format!("{title}\n{line}")
}

/// Without characters that do something to a printer or a terminal.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

/// A text in lines of at most so many characters; its own lines stay, and words are never broken.
pub(super) fn wrapped(text: &str, columns: usize) -> String {
    let wrap = |line: &str| {
        let (mut done, mut now) = (Vec::new(), String::new());
        for word in line.split_whitespace() {
            let wide = now.chars().count().saturating_add(word.chars().count()).saturating_add(1);
            if !now.is_empty() && wide > columns {
                done.push(std::mem::take(&mut now));
            }
            if !now.is_empty() {
                now.push(' ');
            }
            now.push_str(word);
        }
        done.push(now);
        done.join("\n")
    };
    text.lines().map(wrap).collect::<Vec<_>>().join("\n")
}

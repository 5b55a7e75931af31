//! A table against everything that filing asks of a complaint, before one is filed: from a row either a complaint to take over or
//! all that is wrong with it. It writes nothing and shows no cell.

use std::collections::{BTreeMap, HashMap};

use super::dates::NoDate;
use super::field::Field;
use super::item::Item;
use super::mapping::{Ended, Mapping};
use super::mistake::{Mistake, Mistakes};
use super::personal;
use super::table::{Row, Table};
use crate::desk::original::{Original, SOURCE_ID_CHARS_MAX};
use crate::desk::{NewComplaint, Reporter};
use crate::domain::event::{Category, PART_BYTES_MAX};
use crate::domain::mailbox::is_mailbox;
use crate::domain::{Channel, Class, DisplayState, NodeId, Registry, Timestamp, UnitCode, Visibility};
use crate::runtime::{Progress, progress::Measure};
use crate::words::categories;

/// Longest cell of one of the reporter's fields, or of one that is kept, in characters.
pub const CELL_CHARS_MAX: usize = 500;

/// What rows are held against.
#[derive(Debug)]
pub struct Rules<'a> {
    mapping: &'a Mapping,
    registry: &'a Registry,
    node: &'a NodeId,
    now: Timestamp,
    places: BTreeMap<Field, usize>,
    kept: Vec<(String, usize)>,
    columns: Vec<String>,
}

/// What a table holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Checked {
    /// Rows.
    pub rows: u64,
    /// Rows that are left out, since their complaint has ended.
    pub skipped: u64,
    /// Complaints by the state that they come to.
    pub states: BTreeMap<DisplayState, u64>,
    /// Complaints that were closed without an answer that could be taken over: they come in archived.
    pub unanswered: u64,
    /// The numbers of the complaints in the other system.
    pub ids: Vec<String>,
    /// What is wrong.
    pub mistakes: Mistakes,
}

/// One row's cells by field, with what is wrong with them.
struct Reading<'a> {
    rules: &'a Rules<'a>,
    row: &'a Row<'a>,
    wrong: Vec<Mistake>,
}

impl<'a> Rules<'a> {
    /// What rows of a table with these columns are held against, at `node` now.
    ///
    /// # Errors
    /// Every column that the mapping names and the table lacks, and every one that is needed.
    pub fn new(
        mapping: &'a Mapping,
        columns: &[String],
        registry: &'a Registry,
        node: &'a NodeId,
        now: Timestamp,
    ) -> Result<Self, Vec<Mistake>> {
        let mut wrong = Vec::new();
        let mut places = BTreeMap::new();
        let mut find = |name: &str, wanted: bool, field: &str| {
            let mut found = columns.iter().zip(0_usize..).filter(|(column, _)| column.as_str() == name.trim());
            match (found.next(), found.next()) {
                (Some((_, place)), None) => return Some(place),
                (Some(_), Some(_)) => {
                    wrong.push(Mistake::of_all(field, "column-twice", vec![("column", name.to_owned())]));
                }
                (None, _) if wanted => {
                    let facts = vec![("column", name.to_owned()), ("count", columns.len().to_string())];
                    wrong.push(Mistake::of_all(field, "no-column", facts));
                }
                (None, _) => {}
            }
            None
        };
        for field in Field::ALL {
            let (name, named) = mapping.column(field);
            if let Some(place) = find(name, named || field.is_required(), field.name()) {
                places.insert(field, place);
            }
        }
        let kept = mapping.keep.iter().filter_map(|name| Some((name.trim().to_owned(), find(name, true, "keep")?)));
        let kept = kept.collect();
        if wrong.is_empty() {
            Ok(Self { mapping, registry, node, now, places, kept, columns: columns.to_vec() })
        } else {
            Err(wrong)
        }
    }

    /// Columns of the table that are taken for nothing.
    #[must_use]
    pub fn passed_over(&self) -> Vec<&str> {
        let taken =
            |place: &usize| self.places.values().chain(self.kept.iter().map(|(_, at)| at)).any(|at| at == place);
        let left = self.columns.iter().zip(0_usize..).filter(|(_, place)| !taken(place));
        left.map(|(column, _)| column.as_str()).filter(|column| !column.is_empty()).collect()
    }

    /// The complaint of a row; none if it has ended and is left out.
    ///
    /// # Errors
    /// All that is wrong with the row.
    pub fn item(&self, row: &Row<'_>) -> Result<Option<Item>, Vec<Mistake>> {
        let mut reading = Reading { rules: self, row, wrong: Vec::new() };
        if row.cells.len() != self.columns.len() {
            let facts = [("found", row.cells.len()), ("wanted", self.columns.len())];
            reading.add_all("cells", facts.map(|(name, count)| (name, count.to_string())).to_vec());
            return Err(reading.wrong);
        }
        let Some(item) = reading.item().filter(|_| reading.wrong.is_empty()) else { return Err(reading.wrong) };
        let ended = matches!(item.state, DisplayState::Closed | DisplayState::Archived);
        let item = match self.mapping.ended {
            Ended::Skip if ended => return Ok(None),
            Ended::Open if ended => Item { state: DisplayState::New, ..item },
            Ended::Skip | Ended::Open | Ended::Close => item,
        };
        self.with_all_texts(item, row.line).map(Some)
    }

    /// The complaint with those of its texts kept that no step writes.
    fn with_all_texts(&self, mut item: Item, line: u64) -> Result<Item, Vec<Mistake>> {
        let texts = [
            (Field::FollowUp, item.uses_follow_up(), item.follow_up.clone()),
            (Field::Response, item.uses_response(), item.response.clone()),
        ];
        for (field, used, text) in texts {
            if !used && !text.is_empty() {
                item.original.more.insert(self.column(field), text);
            }
        }
        let bytes = item.original.content().len();
        if bytes <= PART_BYTES_MAX {
            return Ok(item);
        }
        let facts = vec![("bytes", bytes.to_string()), ("max", PART_BYTES_MAX.to_string())];
        Err(vec![Mistake { line, column: String::new(), code: "too-much-kept", facts }])
    }

    fn column(&self, field: Field) -> String {
        let named = self.places.get(&field).and_then(|place| self.columns.get(*place));
        named.map_or_else(|| field.name().to_owned(), Clone::clone)
    }
}

impl Reading<'_> {
    fn add(&mut self, field: Field, code: &'static str, facts: Vec<(&'static str, String)>) {
        let (line, column) = (self.row.line, self.rules.column(field));
        self.wrong.push(Mistake { line, column, code, facts });
    }

    fn add_all(&mut self, code: &'static str, facts: Vec<(&'static str, String)>) {
        self.wrong.push(Mistake { line: self.row.line, column: String::new(), code, facts });
    }

    /// The cell itself, without the space around it.
    fn raw(&self, field: Field) -> &str {
        let cell = self.rules.places.get(&field).and_then(|place| self.row.cells.get(*place));
        unguarded(cell.map_or("", |cell| cell.trim()))
    }

    /// What the cell stands for: itself or what it is mapped to, or the default if it is empty.
    fn text(&self, field: Field) -> &str {
        let cell = self.raw(field);
        if cell.is_empty() { self.rules.mapping.default(field) } else { self.rules.mapping.word(field, cell) }
    }

    /// The complaint; none only if something is wrong with it.
    fn item(&mut self) -> Option<Item> {
        let class = self.word(
            Field::Class,
            "not-a-class",
            Class::from_name,
            &Class::ALL.iter().map(|w| w.name()).collect::<Vec<_>>(),
        );
        let channel = self.word(
            Field::Channel,
            "not-a-channel",
            Channel::from_name,
            &Channel::ALL.iter().map(|w| w.name()).collect::<Vec<_>>(),
        );
        let visibility = self.word(
            Field::Visibility,
            "not-a-visibility",
            Visibility::from_name,
            &Visibility::ALL.iter().map(|w| w.name()).collect::<Vec<_>>(),
        );
        let states: Vec<&str> = DisplayState::ALL.iter().map(|state| state.name()).collect();
        let state_of = |name: &str| DisplayState::ALL.iter().copied().find(|state| state.name() == name);
        let state = self.word(Field::State, "not-a-state", state_of, &states);
        let category = self.category();
        let narrative = self.long(Field::Narrative);
        if narrative.is_empty() {
            self.add(Field::Narrative, "no-narrative", vec![]);
        }
        let (follow_up, response) = (self.long(Field::FollowUp), self.long(Field::Response));
        if state == Some(DisplayState::Awaiting) && response.is_empty() {
            self.add(Field::Response, "no-response", vec![]);
        }
        let (unit, about, on_behalf) = (self.unit(), self.about(), self.on_behalf());
        let reporter = self.reporter(visibility);
        let original = self.original();
        let (class, channel, visibility, category) = (class?, channel?, visibility?, category?);
        let area = None;
        let filing =
            NewComplaint { unit, class, channel, visibility, category, on_behalf, about, area, narrative, reporter };
        Some(Item { filing, original, state: state?, follow_up, response })
    }

    fn word<T>(
        &mut self,
        field: Field,
        code: &'static str,
        read: impl Fn(&str) -> Option<T>,
        allowed: &[&str],
    ) -> Option<T> {
        let found = read(self.text(field));
        if found.is_none() {
            self.add(field, code, vec![("allowed", allowed.join(", "))]);
        }
        found
    }

    fn category(&mut self) -> Option<Category> {
        let known = |text: &str| Category::parse(text).filter(|code| categories().is_leaf(code));
        let found = known(self.text(Field::Category));
        if found.is_none() {
            self.add(Field::Category, "not-a-category", vec![]);
        }
        found
    }

    fn on_behalf(&mut self) -> bool {
        match self.text(Field::OnBehalf).to_lowercase().as_str() {
            "yes" | "ya" | "true" | "1" => true,
            "no" | "tidak" | "false" | "0" => false,
            _ => {
                self.add(Field::OnBehalf, "not-yes-or-no", vec![]);
                false
            }
        }
    }

    /// The unit that is to answer for it: listed, open, and at home here.
    fn unit(&mut self) -> Option<UnitCode> {
        let text = self.text(Field::Unit);
        if text.is_empty() {
            return None;
        }
        let Ok(unit) = UnitCode::parse(text) else {
            self.add(Field::Unit, "not-a-unit", vec![]);
            return None;
        };
        let registry = self.rules.registry;
        let own = self.rules.node.unit() == Some(&unit);
        if !registry.is_home_at(&unit, self.rules.node, registry.position()) || !(own || registry.is_live(&unit)) {
            self.add(Field::Unit, "unit-elsewhere", vec![]);
        }
        Some(unit)
    }

    fn about(&mut self) -> Option<UnitCode> {
        let text = self.text(Field::About);
        if text.is_empty() {
            return None;
        }
        let unit = UnitCode::parse(text).ok().filter(|unit| self.rules.registry.unit(unit).is_some());
        if unit.is_none() {
            self.add(Field::About, "not-a-unit", vec![]);
        }
        unit
    }

    fn reporter(&mut self, visibility: Option<Visibility>) -> Option<Reporter> {
        let fields = [Field::Name, Field::Phone, Field::Address, Field::Email];
        let [name, phone, address, email] = fields.map(|field| self.short(field));
        if !email.is_empty() && !is_mailbox(&email) {
            self.add(Field::Email, "not-a-mailbox", vec![]);
        }
        let reporter = Reporter { name, phone, address, email };
        if reporter.is_empty() {
            return None;
        }
        if visibility == Some(Visibility::Anonymous) {
            self.add(Field::Visibility, "anonymous-with-identity", vec![]);
        }
        Some(reporter)
    }

    fn original(&mut self) -> Original {
        let id = self.raw(Field::SourceId).to_owned();
        if id.is_empty() {
            self.add(Field::SourceId, "no-id", vec![]);
        } else if id.chars().count() > SOURCE_ID_CHARS_MAX || id.chars().any(char::is_control) {
            self.add(Field::SourceId, "long-id", vec![("max", SOURCE_ID_CHARS_MAX.to_string())]);
        } else if personal::looks_personal(&id) {
            self.add(Field::SourceId, "personal-id", vec![]);
        }
        let said = self.short(Field::SourceState);
        let state = if said.is_empty() { self.short(Field::State) } else { said };
        let (filed, answered) = (self.date(Field::SourceFiledAt), self.date(Field::SourceAnsweredAt));
        let kept = self.rules.kept.iter().filter_map(|(name, place)| {
            let cell = self.row.cells.get(*place)?.trim();
            (!cell.is_empty()).then(|| (name.clone(), cell.to_owned()))
        });
        let more: BTreeMap<String, String> = kept.collect();
        for name in more.iter().filter(|(_, cell)| cell.chars().count() > CELL_CHARS_MAX).map(|(name, _)| name.clone())
        {
            let facts = vec![("max", CELL_CHARS_MAX.to_string())];
            self.wrong.push(Mistake { line: self.row.line, column: name, code: "long-cell", facts });
        }
        Original { source: self.rules.mapping.source.clone(), id, filed, state, answered, more }
    }

    fn date(&mut self, field: Field) -> String {
        let cell = self.raw(field);
        let text = if cell.is_empty() { self.rules.mapping.default(field) } else { cell };
        if text.is_empty() {
            return String::new();
        }
        let dates = &self.rules.mapping.dates;
        match dates.read(text, self.rules.now) {
            Ok(date) => return date,
            Err(NoDate::Format) => self.add(field, "not-a-date", vec![("formats", dates.told())]),
            Err(NoDate::Future) => self.add(field, "future-date", vec![]),
            Err(NoDate::Past) => self.add(field, "past-date", vec![("year", super::dates::YEAR_MIN.to_string())]),
        }
        String::new()
    }

    /// A text that becomes a part of its own.
    fn long(&mut self, field: Field) -> String {
        let text = self.text(field).to_owned();
        if text.len() > PART_BYTES_MAX {
            let facts = vec![("bytes", text.len().to_string()), ("max", PART_BYTES_MAX.to_string())];
            self.add(field, "long-text", facts);
        }
        text
    }

    fn short(&mut self, field: Field) -> String {
        let text = self.text_as_is(field).to_owned();
        if text.chars().count() > CELL_CHARS_MAX {
            self.add(field, "long-cell", vec![("max", CELL_CHARS_MAX.to_string())]);
        }
        text
    }

    /// The cell, or the default if it is empty, but no word that it is mapped to.
    fn text_as_is(&self, field: Field) -> &str {
        let cell = self.raw(field);
        let default = if field == Field::State { "" } else { self.rules.mapping.default(field) };
        if cell.is_empty() { default } else { cell }
    }
}

/// A cell without the mark by which an export keeps spreadsheets from taking it for a formula.
fn unguarded(cell: &str) -> &str {
    let bare = cell.strip_prefix('\'').filter(|rest| rest.starts_with(super::GUARDED));
    bare.unwrap_or(cell)
}

/// Goes through a whole table: what it holds, and everything that is wrong with it. `progress` is told how far it is.
///
/// # Errors
/// If the table cannot be read to its end.
pub fn check(table: &Table, rules: &Rules<'_>, progress: &Progress) -> Result<Checked, Mistake> {
    let step = progress.measured("progress.import-check", Measure::Bytes, Some(table.bytes));
    let mut checked = Checked::default();
    let mut lines: HashMap<String, u64> = HashMap::new();
    let mut rows = table.rows()?;
    let mut before = 0_u64;
    while let Some(row) = rows.next()? {
        checked.rows = checked.rows.saturating_add(1);
        match rules.item(&row) {
            Err(wrong) => checked.mistakes.add(wrong),
            Ok(item) => {
                let id = item.as_ref().map(|item| item.original.id.clone());
                let id = id
                    .unwrap_or_else(|| Reading { rules, row: &row, wrong: Vec::new() }.raw(Field::SourceId).to_owned());
                if let Some(first) = lines.get(&id) {
                    let (column, facts) = (rules.column(Field::SourceId), vec![("first", first.to_string())]);
                    checked.mistakes.add(vec![Mistake { line: row.line, column, code: "id-twice", facts }]);
                } else {
                    lines.insert(id, row.line);
                }
                checked.count(item);
            }
        }
        step.advance(row.ends.saturating_sub(before));
        before = row.ends;
    }
    checked.mistakes.told.sort_by_key(|mistake| mistake.line);
    Ok(checked)
}

impl Checked {
    fn count(&mut self, item: Option<Item>) {
        let Some(item) = item else {
            self.skipped = self.skipped.saturating_add(1);
            return;
        };
        let ends = item.ends_as();
        let count = self.states.entry(ends).or_default();
        *count = count.saturating_add(1);
        if item.state == DisplayState::Closed && ends == DisplayState::Archived {
            self.unanswered = self.unanswered.saturating_add(1);
        }
        self.ids.push(item.original.id);
    }
}

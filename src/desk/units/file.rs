//! A file of units, CSV or TOML, read into listings: every mistake of every line at once. It knows no registry; where a unit is at home
//! is the caller's to check.

use std::collections::BTreeMap;

use thiserror::Error;

use super::entry::Fields;
use crate::domain::spelling::distance;
use crate::domain::{Listing, UnitCode};

/// Most bytes of a file that is read at all.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Most units that a node declares by one file.
pub const UNITS_MAX: usize = 2000;
/// The columns or keys that are known; the last two are the file's own business.
const COLUMNS: [&str; 8] = ["code", "name", "level", "area", "categories", "contact", "legal_basis", "source"];

/// Those that may be left out, and then say nothing.
const SPOKEN: [&str; 3] = ["area", "categories", "contact"];

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// A head line, then one unit a line; `area` and `categories` hold codes separated by spaces.
    Csv,
    /// A table `[[unit]]` for each; `area` and `categories` are texts or arrays of texts.
    Toml,
}

impl Form {
    /// The form of a file with this name: TOML if it ends so, else CSV.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        if name.to_lowercase().ends_with(".toml") { Self::Toml } else { Self::Csv }
    }
}

/// A line that cannot be used.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Error)]
#[error("line {line}: {what}")]
pub struct WrongLine {
    /// Which, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub what: String,
}

/// A unit as a file has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileUnit {
    /// In which line, from 1.
    pub line: u64,
    /// The unit.
    pub listing: Listing,
    /// Which of area, categories and contact the file speaks of at all; an empty cell says that there is none.
    spoken: [bool; 3],
}

impl FileUnit {
    /// The unit, if `known` was known of it before: what the file does not speak of stays.
    #[must_use]
    pub fn over(self, known: Option<&Listing>) -> Listing {
        let (mut listing, Some(known)) = (self.listing.clone(), known) else { return self.listing };
        let [areas, categories, contact] = self.spoken;
        if !areas {
            listing.areas.clone_from(&known.areas);
        }
        if !categories {
            listing.categories.clone_from(&known.categories);
        }
        if !contact {
            listing.contact.clone_from(&known.contact);
        }
        listing
    }
}

/// What a file holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Read {
    /// The units that can be read.
    pub units: Vec<FileUnit>,
    /// Every mistake, in the order of the lines.
    pub wrong: Vec<WrongLine>,
}

impl Read {
    /// The units; none of them if there is one mistake.
    ///
    /// # Errors
    /// Every mistake.
    pub fn whole(self) -> Result<Vec<FileUnit>, Vec<WrongLine>> {
        if self.wrong.is_empty() { Ok(self.units) } else { Err(self.wrong) }
    }

    fn say(&mut self, line: u64, what: impl Into<String>) {
        self.wrong.push(WrongLine { line, what: what.into() });
    }
}

/// Reads a file. `code` and `name` must be there, `level`, `area`, `categories` and `contact` may be; columns of other names are
/// not looked at, unless they look like one of these written wrongly.
#[must_use]
pub fn read(bytes: &[u8], form: Form) -> Read {
    let mut found = Read::default();
    match form {
        Form::Csv => csv(bytes, &mut found),
        Form::Toml => toml(bytes, &mut found),
    }
    let mut lines: BTreeMap<UnitCode, u64> = BTreeMap::new();
    let mut twice = Vec::new();
    for FileUnit { line, listing, .. } in &found.units {
        if let Some(first) = lines.get(&listing.unit) {
            twice.push(WrongLine { line: *line, what: format!("{} stands in line {first} already", listing.unit) });
        } else {
            lines.insert(listing.unit.clone(), *line);
        }
    }
    found.wrong.extend(twice);
    found.wrong.sort_by_key(|wrong| wrong.line);
    found
}

fn csv(bytes: &[u8], found: &mut Read) {
    let mut file = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let head = match file.headers() {
        Ok(head) => head.clone(),
        Err(error) => return found.say(1, error.to_string()),
    };
    let titles: Vec<&str> = head.iter().map(|title| title.trim_start_matches('\u{feff}')).collect();
    let column = |name: &str| titles.iter().position(|title| *title == name);
    for title in &titles {
        if let Some(meant) = slip(title) {
            found.say(1, format!("there is no column {title:?}; {meant} may be meant"));
        }
    }
    for missing in ["code", "name"].into_iter().filter(|name| column(name).is_none()) {
        found.say(1, format!("the first line must name the column {missing}"));
    }
    if !found.wrong.is_empty() {
        return;
    }
    let spoken = SPOKEN.map(|name| column(name).is_some());
    for record in file.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                found.say(error.position().map_or(0, csv::Position::line), error.to_string());
                continue;
            }
        };
        let field = |name: &str| column(name).and_then(|at| record.get(at)).unwrap_or_default();
        let line = record.position().map_or(0, csv::Position::line);
        let fields = Fields {
            code: field("code"),
            name: field("name"),
            level: field("level"),
            areas: field("area"),
            categories: field("categories"),
            contact: field("contact"),
        };
        take(fields, spoken, found, |_| line);
    }
}

/// A known column's name that a title is nearly but not quite.
fn slip(title: &str) -> Option<&'static str> {
    let known = COLUMNS.contains(&title);
    let near = || COLUMNS.into_iter().find(|name| distance(title, name) <= if name.len() > 4 { 2 } else { 1 });
    if known || title.is_empty() { None } else { near() }
}

/// Each table is read by itself, so that one that cannot be read hides no other's mistakes.
fn toml(bytes: &[u8], found: &mut Read) {
    let Ok(text) = std::str::from_utf8(bytes) else { return found.say(1, "the file is not UTF-8") };
    let text = text.trim_start_matches('\u{feff}');
    let mut tables: Vec<(u64, Vec<&str>)> = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let bare = text.split('#').next().unwrap_or_default().trim();
        match tables.last_mut() {
            _ if bare == "[[unit]]" => tables.push((line, vec![text])),
            Some((_, lines)) => lines.push(text),
            None if bare.is_empty() => {}
            None => found.say(line, "before the first [[unit]] nothing can stand but comments"),
        }
    }
    for (first, lines) in tables {
        table(first, &lines, found);
    }
}

fn table(first: u64, lines: &[&str], found: &mut Read) {
    let text = lines.join("\n");
    let values = match text.parse::<toml::Table>() {
        Ok(values) => values,
        Err(error) => {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let down = u64::try_from(before.matches('\n').count()).unwrap_or(0);
            return found.say(first.saturating_add(down), error.message().lines().collect::<Vec<_>>().join(" "));
        }
    };
    let one = values.get("unit").and_then(toml::Value::as_array).and_then(|all| all.first());
    let Some(values) = one.and_then(toml::Value::as_table) else { return found.say(first, "this is no table") };
    // Where a key stands, to name its line; the table's head if it does not.
    let line_of = |key: &str| {
        let at = |text: &&str| text.split('=').next().is_some_and(|name| name.trim() == key);
        let down = lines.iter().position(at).and_then(|at| u64::try_from(at).ok()).unwrap_or(0);
        first.saturating_add(down)
    };
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    let before = found.wrong.len();
    for (key, value) in values {
        if !COLUMNS.contains(&key.as_str()) {
            let meant = slip(key).map(|meant| format!("; {meant} may be meant")).unwrap_or_default();
            found.say(line_of(key), format!("there is no key {key:?}{meant}"));
        } else if let Some(text) = words(key, value) {
            texts.insert(key, text);
        } else {
            found.say(line_of(key), format!("{key} is a text, area and categories may be arrays of texts"));
        }
    }
    if found.wrong.len() > before {
        // What could not be read is not called missing.
        for key in ["code", "name"].into_iter().filter(|key| values.get(*key).is_none()) {
            found.say(first, format!("{key} is missing"));
        }
        return;
    }
    let text = |key: &str| texts.get(key).map(String::as_str).unwrap_or_default();
    let fields = Fields {
        code: text("code"),
        name: text("name"),
        level: text("level"),
        areas: text("area"),
        categories: text("categories"),
        contact: text("contact"),
    };
    let spoken = SPOKEN.map(|key| texts.contains_key(key));
    take(fields, spoken, found, line_of);
}

/// A text; of area and categories also an array of texts.
fn words(key: &str, value: &toml::Value) -> Option<String> {
    match (value, key) {
        (toml::Value::String(text), _) => Some(text.clone()),
        (toml::Value::Array(all), "area" | "categories") => {
            let texts = all.iter().map(toml::Value::as_str).collect::<Option<Vec<_>>>()?;
            Some(texts.join(" "))
        }
        _ => None,
    }
}

fn take(fields: Fields<'_>, spoken: [bool; 3], found: &mut Read, line_of: impl Fn(&str) -> u64) {
    match fields.listing() {
        Ok(listing) => found.units.push(FileUnit { line: line_of("code"), listing, spoken }),
        Err(wrong) => wrong.into_iter().for_each(|(field, what)| found.say(line_of(field), what)),
    }
}

//! How a table of another system is to be read: which column is which field, which value which word, what stands for an empty
//! cell. From a TOML file and the command line together, every mistake in them at once. It reads no table.

use std::collections::{BTreeMap, HashMap};

use jiff::tz::Offset;
use serde::Deserialize;

use super::dates::Dates;
use super::field::Field;
use super::mistake::Mistake;
use crate::desk::original::Original;

/// Most columns that are kept beside the fields.
pub const KEEP_MAX: usize = 20;

/// What becomes of complaints that have ended in the other system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// They are answered and closed here too, or archived where there is no answer to take over.
    Close,
    /// They come in as new; what they were is noted.
    Open,
    /// They are left out.
    Skip,
}

impl Ended {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Close, Self::Open, Self::Skip];

    /// The name on the command line and in mappings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::Open => "open",
            Self::Skip => "skip",
        }
    }

    /// The way of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ended| ended.name() == name)
    }
}

/// What the command line says of a mapping; it counts more than the file.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The other system's name.
    pub source: Option<String>,
    /// Field and column.
    pub columns: Vec<(String, String)>,
    /// Field and what an empty cell stands for.
    pub defaults: Vec<(String, String)>,
    /// Formats of dates.
    pub dates: Vec<String>,
    /// What separates cells.
    pub delimiter: Option<String>,
    /// What becomes of what has ended.
    pub ended: Option<String>,
}

/// A mapping file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    source: Option<String>,
    delimiter: Option<String>,
    dates: Vec<String>,
    offset: Option<String>,
    ended: Option<String>,
    keep: Vec<String>,
    columns: BTreeMap<String, String>,
    defaults: BTreeMap<String, String>,
    values: BTreeMap<String, BTreeMap<String, String>>,
}

/// How a table is read, checked in itself.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The other system's name.
    pub source: String,
    /// What separates cells; found out if it is not given.
    pub delimiter: Option<u8>,
    /// How dates are read.
    pub dates: Dates,
    /// What becomes of what has ended.
    pub ended: Ended,
    /// Columns that are kept as they are.
    pub keep: Vec<String>,
    columns: BTreeMap<Field, String>,
    defaults: BTreeMap<Field, String>,
    values: BTreeMap<Field, HashMap<String, String>>,
}

impl Mapping {
    /// Reads a mapping: the text of a file, if there is one, and what the command line says.
    ///
    /// # Errors
    /// Every mistake in both.
    pub fn read(file: Option<&str>, asked: Asked) -> Result<Self, Vec<Mistake>> {
        let written = match file.map(toml::from_str::<Written>) {
            None => Written::default(),
            Some(Ok(written)) => written,
            Some(Err(error)) => {
                let line = error.span().zip(file).map_or(0, |(span, text)| line_of(text, span.start));
                let facts = vec![("line", line.to_string()), ("cause", error.message().to_owned())];
                return Err(vec![Mistake::of_all("", "mapping-syntax", facts)]);
            }
        };
        let mut wrong = Vec::new();
        let mapping = Self::check(written, asked, &mut wrong);
        if wrong.is_empty() { Ok(mapping) } else { Err(wrong) }
    }

    fn check(written: Written, asked: Asked, wrong: &mut Vec<Mistake>) -> Self {
        let mut mistake = |key: &str, code, facts| wrong.push(Mistake::of_all(key, code, facts));
        let source = asked.source.or(written.source).unwrap_or_default();
        if !Original::is_source(&source) {
            mistake("source", "mapping-source", vec![]);
        }
        let delimiter = asked.delimiter.or(written.delimiter);
        let separator = delimiter.as_deref().and_then(separator);
        if delimiter.is_some() && separator.is_none() {
            mistake("delimiter", "mapping-delimiter", vec![]);
        }
        let formats = if asked.dates.is_empty() { written.dates } else { asked.dates };
        for format in formats.iter().filter(|format| !Dates::is_format(format)) {
            mistake("dates", "mapping-date", vec![("format", format.clone())]);
        }
        let offset = written.offset.as_deref().unwrap_or("+07:00");
        let offset = Dates::offset(offset).unwrap_or_else(|| {
            mistake("offset", "mapping-offset", vec![]);
            Offset::UTC
        });
        let ended = asked.ended.or(written.ended).unwrap_or_else(|| Ended::Close.name().to_owned());
        let ended = Ended::from_name(&ended).unwrap_or_else(|| {
            mistake("ended", "mapping-ended", vec![("allowed", Ended::ALL.map(Ended::name).join(", "))]);
            Ended::Close
        });
        if written.keep.len() > KEEP_MAX {
            mistake("keep", "mapping-keep", vec![("max", KEEP_MAX.to_string())]);
        }
        let mut field = |key: &str, name: &str| {
            let found = Field::from_name(name);
            if found.is_none() {
                let key = if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
                mistake(&key, "mapping-field", vec![("allowed", Field::names())]);
            }
            found
        };
        let mut by_field = |key: &str, given: BTreeMap<String, String>, asked: Vec<(String, String)>| {
            let all = given.into_iter().chain(asked);
            all.filter_map(|(name, text)| Some((field(key, &name)?, text))).collect::<BTreeMap<_, _>>()
        };
        let columns = by_field("columns", written.columns, asked.columns);
        let defaults = by_field("defaults", written.defaults, asked.defaults);
        let mut values = BTreeMap::new();
        for (name, words) in written.values {
            let Some(found) = field("values", &name) else { continue };
            let words = words.into_iter().map(|(value, word)| (folded(&value), word)).collect();
            values.insert(found, words);
        }
        for (found, _) in values.iter().filter(|(found, _)| !found.has_values()) {
            wrong.push(Mistake::of_all(&format!("values.{}", found.name()), "mapping-values", vec![]));
        }
        for found in defaults.keys().filter(|found| **found == Field::SourceId) {
            wrong.push(Mistake::of_all(&format!("defaults.{}", found.name()), "mapping-default", vec![]));
        }
        let dates = Dates::new(formats, offset);
        Self { source, delimiter: separator, dates, ended, keep: written.keep, columns, defaults, values }
    }

    /// The column that a field is read from, and whether it was named: else it is the column of the field's own name.
    #[must_use]
    pub fn column(&self, field: Field) -> (&str, bool) {
        self.columns.get(&field).map_or((field.name(), false), |column| (column, true))
    }

    /// What an empty cell, or a missing column, stands for.
    #[must_use]
    pub fn default(&self, field: Field) -> &str {
        self.defaults.get(&field).map_or(field.default(), String::as_str)
    }

    /// The word that a cell stands for: what its value is mapped to, whatever its case; else the cell itself.
    #[must_use]
    pub fn word<'a>(&'a self, field: Field, cell: &'a str) -> &'a str {
        let mapped = self.values.get(&field).and_then(|words| words.get(&folded(cell)));
        mapped.map_or(cell, String::as_str)
    }
}

/// A value as it is compared: without the space around it, whatever its case.
fn folded(value: &str) -> String {
    value.trim().to_lowercase()
}

/// A separator that tables use.
fn separator(text: &str) -> Option<u8> {
    match text {
        "," => Some(b','),
        ";" => Some(b';'),
        "\t" | "tab" => Some(b'\t'),
        "|" => Some(b'|'),
        _ => None,
    }
}

/// The line of a place in a text, from 1.
fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count().saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(one: &str, other: &str) -> (String, String) {
        (one.to_owned(), other.to_owned())
    }

    #[test]
    fn only_the_first_mistake_of_a_mapping_is_told() {
        let file = "delimiter = \"::\"\nended = \"burn\"\noffset = \"WIB\"\ndates = [\"d/m/Y\"]\n
            [columns]\nklass = \"Jenis\"\n[defaults]\nsource_id = \"1\"\n[values.narrative]\na = \"b\"\n[values.colour]\na = \"b\"";
        let asked = Asked { columns: vec![pair("nama", "Nama")], ..Asked::default() };
        let wrong = Mapping::read(Some(file), asked).unwrap_err();
        let keys: Vec<&str> = wrong.iter().map(|mistake| mistake.column.as_str()).collect();
        let wanted =
            ["source", "delimiter", "dates", "offset", "ended", "columns.klass", "columns.nama", "values.colour"];
        assert_eq!(keys, [&wanted[..], &["values.narrative", "defaults.source_id"]].concat());
        let syntax = Mapping::read(Some("source = \"a\"\n[columns\n"), Asked::default()).unwrap_err();
        assert_eq!((syntax.len(), syntax[0].code, &*syntax[0].facts[0].1), (1, "mapping-syntax", "2"));
        assert_eq!(Mapping::read(Some("colour = \"red\""), Asked::default()).unwrap_err()[0].code, "mapping-syntax");
    }

    #[test]
    fn file_counts_more_than_the_command_line() {
        let file = "source = \"lama\"\nended = \"skip\"\n[columns]\nclass = \"Jenis\"\nname = \"Nama\"\n[values.class]\nAduan = \"complaint\"";
        let asked = Asked {
            source: Some("simpel-padang".to_owned()),
            columns: vec![pair("class", "Kategori")],
            defaults: vec![pair("visibility", "open")],
            ended: Some("open".to_owned()),
            ..Asked::default()
        };
        let mapping = Mapping::read(Some(file), asked).unwrap();
        assert_eq!((&*mapping.source, mapping.ended), ("simpel-padang", Ended::Open));
        assert_eq!(mapping.column(Field::Class), ("Kategori", true));
        assert_eq!((mapping.column(Field::Name), mapping.column(Field::Phone)), (("Nama", true), ("phone", false)));
        assert_eq!((mapping.default(Field::Visibility), mapping.default(Field::Class)), ("open", "complaint"));
        assert_eq!((mapping.word(Field::Class, " ADUAN "), mapping.word(Field::Class, "x")), ("complaint", "x"));
    }
}

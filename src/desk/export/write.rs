//! Rows as CSV (RFC 4180) or as JSON lines. In CSV what a spreadsheet would take for a formula gets an apostrophe before it, since
//! strangers wrote it: at the beginning of a cell, where an import takes it away again, and wherever a cell would begin if the
//! spreadsheet took another separator for that of the table.

use std::io::{self, Write};

use serde_json::{Map, Value as Json};

use super::record::{Column, Record, Shown, Value};
use crate::desk::import::GUARDED;

/// What a spreadsheet may take for the end of a cell.
const SEPARATORS: [char; 6] = [',', ';', '|', '\t', '\n', '\r'];

/// How rows are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// A table, its cells separated by this.
    Csv {
        /// A comma, or what a spreadsheet expects in its country.
        delimiter: u8,
        /// Whether it begins with a byte order mark, by which Excel knows UTF-8.
        mark: bool,
    },
    /// One JSON object a line, with every column of the export; what is not there is null.
    JsonLines,
}

/// Writes rows.
pub struct Writer<W: Write>(Kind<W>);

enum Kind<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Json(W),
}

impl<W: Write> Writer<W> {
    /// Writes to `out`: at once the first line of a table.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(mut out: W, format: Format, shown: Shown) -> io::Result<Self> {
        let Format::Csv { delimiter, mark } = format else { return Ok(Self(Kind::Json(out))) };
        if mark {
            out.write_all("\u{feff}".as_bytes())?;
        }
        let mut table =
            csv::WriterBuilder::new().delimiter(delimiter).terminator(csv::Terminator::CRLF).from_writer(out);
        table.write_record(Column::of(shown).map(Column::name)).map_err(io::Error::from)?;
        Ok(Self(Kind::Csv(Box::new(table))))
    }

    /// Writes a row.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&mut self, record: &Record) -> io::Result<()> {
        match &mut self.0 {
            Kind::Csv(table) => {
                let cells = record.values.iter().map(|(_, value)| cell(value));
                table.write_record(cells).map_err(io::Error::from)
            }
            Kind::Json(out) => {
                let fields = record.values.iter().map(|(column, value)| (column.name().to_owned(), json(value)));
                let line = Json::Object(fields.collect::<Map<String, Json>>());
                writeln!(out, "{line}")
            }
        }
    }

    /// Writes what is still held back.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Kind::Csv(table) => table.flush(),
            Kind::Json(out) => out.flush(),
        }
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Nothing => String::new(),
        Value::Text(text) => guarded(text),
        Value::Number(number) => number.to_string(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
    }
}

/// A cell that no spreadsheet takes for a formula.
pub(in crate::desk) fn guarded(text: &str) -> String {
    let mut guarded = String::with_capacity(text.len().saturating_add(1));
    if text.starts_with(GUARDED) {
        guarded.push('\'');
    }
    let mut begins = false;
    for c in text.chars() {
        // An apostrophe there guards already.
        if begins && GUARDED.contains(&c) && c != '\'' {
            guarded.push('\'');
        }
        guarded.push(c);
        begins = SEPARATORS.contains(&c);
    }
    guarded
}

fn json(value: &Value) -> Json {
    match value {
        Value::Nothing => Json::Null,
        Value::Text(text) => Json::from(text.as_str()),
        Value::Number(number) => Json::from(*number),
        Value::Bool(bool) => Json::from(*bool),
    }
}

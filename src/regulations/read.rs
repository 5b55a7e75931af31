//! Reading the files of regulations: `data/README.md` says what their columns are. A row that is not understood is refused,
//! never left out: a deadline with a holiday missing is a wrong one.

use std::collections::BTreeMap;

use csv::StringRecord;

use super::error::RegulationError;
use crate::domain::deadline::{CountedDays, Moment, Rule, Rules};
use crate::domain::{Class, Date, DayOff, DayOffKind, Zone};

/// Days off from a file like `data/holidays.csv`.
///
/// # Errors
/// If it is no CSV, lacks a column, or has a date or kind that is none.
pub fn read_holidays(text: &str) -> Result<Vec<DayOff>, RegulationError> {
    Table::read(text)?.map(|row| {
        Ok(DayOff {
            date: row.known("date", "a day such as 2026-03-20", |text| Date::parse(text).ok())?,
            name: row.text("name")?.to_owned(),
            kind: row.known("kind", "holiday or joint-leave", DayOffKind::from_name)?,
            legal_basis: row.text("legal_basis")?.to_owned(),
        })
    })
}

/// Time zones by the first part of unit codes, from a file like `data/time-zones.csv`.
///
/// # Errors
/// If it is no CSV, lacks a column, or has a zone that is none.
pub fn read_zones(text: &str) -> Result<BTreeMap<String, Zone>, RegulationError> {
    let zones = Table::read(text)?
        .map(|row| Ok((row.text("code")?.to_owned(), row.known("zone", "WIB, WITA or WIT", Zone::from_name)?)));
    Ok(zones?.into_iter().collect())
}

/// Deadlines from a file like `data/deadlines.csv`.
///
/// # Errors
/// If it is no CSV, lacks a column, has a class, moment, amount or unit that is none, or two rules for the same.
pub fn read_deadlines(text: &str) -> Result<Rules, RegulationError> {
    let class = |text: &str| if text == "any" { Some(None) } else { Class::from_name(text).map(Some) };
    let days = |text: &str| match text {
        "wd" => Some(CountedDays::Working),
        "days" => Some(CountedDays::All),
        _ => None,
    };
    let rules = Table::read(text)?.map(|row| {
        Ok(Rule {
            class: row.known("class", "a class of complaints, or any", class)?,
            moment: row.known("moment", "one of the moments in data/README.md", Moment::from_name)?,
            amount: row.known("amount", "a number of days", |text| text.parse().ok())?,
            days: row.known("unit", "wd or days", days)?,
            legal_basis: row.text("legal_basis")?.to_owned(),
            mark: row.text("mark")?.to_owned(),
        })
    });
    Ok(Rules::new(rules?)?)
}

struct Table {
    header: StringRecord,
    rows: Vec<StringRecord>,
}

struct Row<'a> {
    header: &'a StringRecord,
    fields: &'a StringRecord,
}

impl Table {
    fn read(text: &str) -> Result<Self, RegulationError> {
        let mut file = csv::Reader::from_reader(text.as_bytes());
        let header = file.headers()?.clone();
        Ok(Self { header, rows: file.records().collect::<Result<_, _>>()? })
    }

    fn map<T>(&self, read: impl Fn(Row<'_>) -> Result<T, RegulationError>) -> Result<Vec<T>, RegulationError> {
        self.rows.iter().map(|fields| read(Row { header: &self.header, fields })).collect()
    }
}

impl Row<'_> {
    fn text(&self, column: &'static str) -> Result<&str, RegulationError> {
        let at = self.header.iter().position(|name| name == column);
        at.and_then(|at| self.fields.get(at)).ok_or(RegulationError::Column(column))
    }

    fn known<T>(
        &self,
        column: &'static str,
        expected: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, RegulationError> {
        let line = self.fields.position().map_or(0, csv::Position::line);
        read(self.text(column)?).ok_or(RegulationError::Field { line, column, expected })
    }
}

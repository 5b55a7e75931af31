//! Statistics: what is asked, and the answer as rows of figures. It sums nothing that the store has not summed, and shows no complaint.
//!
//! Every complaint that is here is counted, also one that is confidential or that whoever asks may not read: what is told are sums of
//! figures that say nothing of anybody. What is for the public is suppressed below ten.

mod arguments;
mod column;
mod public;
mod render;
#[cfg(test)]
mod tests;

pub use arguments::Arguments;
pub use column::Column;
pub use public::PUBLIC_MIN;
pub use render::{csv, json, text};

use super::bounds::narrowed_unit;
use super::error::DeskError;
use super::office::Desk;
use std::collections::BTreeMap;

use crate::accounts::AccountError;
use crate::domain::event::Category;
use crate::domain::{AccountRole, Class, Figures, Timestamp, UnitCode};
use crate::store::{Dimension, Store, Tally, TallyFilter};
use crate::words::categories;

/// Most rows of an answer at a desk; it says so instead of leaving rows out.
pub const ROWS_MAX: usize = 10_000;

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Question {
    /// Which complaints, and by what they are broken down.
    pub filter: TallyFilter,
    /// Whether the answer is for the public.
    pub public: bool,
}

/// The words in which people ask.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// By what, by the names of dimensions.
    pub by: &'a [String],
    /// A category, or a group of them; all if empty.
    pub category: &'a str,
    /// A class; all if empty.
    pub class: &'a str,
    /// A month such as 202611 or 2026-11, or FROM..TO, either of which may be missing; all if empty.
    pub month: &'a str,
}

impl Question {
    /// Reads a question.
    ///
    /// # Errors
    /// If a word is none.
    pub fn of(asked: Asked<'_>, unit: Option<UnitCode>, area: Option<UnitCode>) -> Result<Self, DeskError> {
        let word = |what, given: &str, allowed: Vec<&str>| DeskError::Word {
            what,
            given: given.to_owned(),
            allowed: allowed.join(", "),
        };
        let mut by = Vec::new();
        for name in asked.by {
            let all = || Dimension::ALL.map(Dimension::name).to_vec();
            let dimension = Dimension::from_name(name).ok_or_else(|| word("dimension", name, all()))?;
            if !by.contains(&dimension) {
                by.push(dimension);
            }
        }
        let classes = || Class::ALL.iter().map(|class| class.name()).collect();
        let class = match asked.class {
            "" => None,
            name => Some(Class::from_name(name).ok_or_else(|| word("class", name, classes()))?),
        };
        let months = || word("month", asked.month, vec!["202611", "2026-11", "2026-01..2026-11"]);
        let (from, to) = months_of(asked.month).ok_or_else(months)?;
        let categories = categories_of(asked.category).ok_or_else(|| word("category", asked.category, Vec::new()))?;
        let filter = TallyFilter { by, unit, area, categories, class, from, to };
        Ok(Self { filter, public: false })
    }
}

/// The first and the last month of a range, as in 202611.
fn months_of(text: &str) -> Option<(Option<u32>, Option<u32>)> {
    let month = |text: &str| {
        let digits = text.trim().replace('-', "");
        let month: u32 = digits.parse().ok()?;
        (digits.len() == 6 && (1..=12).contains(&(month % 100))).then_some(month)
    };
    let end = |text: &str| if text.trim().is_empty() { Some(None) } else { month(text).map(Some) };
    match text.split_once("..") {
        Some((from, to)) => Some((end(from)?, end(to)?)),
        None => end(text).map(|month| (month, month)),
    }
}

/// A category, or all that stand in a group.
fn categories_of(text: &str) -> Option<Vec<String>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let code = Category::parse(text)?;
    let within = |other: &Category| *other == code || categories().ancestors(other).any(|above| *above == code);
    let mut found: Vec<String> = categories()
        .entries()
        .filter(|entry| entry.leaf.is_some() && within(&entry.code))
        .map(|entry| entry.code.as_str().to_owned())
        .collect();
    if found.is_empty() {
        found.push(text.to_owned());
    }
    Some(found)
}

/// One row of an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Where it lies in each dimension; empty for what is put together because it is too small to be shown.
    pub key: Vec<String>,
    /// What stands in each column; none for what is suppressed or does not exist.
    pub values: Vec<Option<i64>>,
}

/// The answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statistics {
    /// By what it is broken down.
    pub by: Vec<Dimension>,
    /// The rows in the order of their keys, what is too small last; none if it is broken down by nothing.
    pub rows: Vec<Row>,
    /// The sums of all.
    pub total: Vec<Option<i64>>,
    /// Up to when times that go on are counted.
    pub now: Timestamp,
    /// Whether it is for the public.
    pub public: bool,
}

impl Statistics {
    /// What stands in a column of a row or of the total.
    #[must_use]
    pub fn value(values: &[Option<i64>], column: Column) -> Option<i64> {
        let place = Column::all().iter().position(|known| *known == column)?;
        values.get(place).copied().flatten()
    }

    /// Puts in how many wait for an office that is late.
    fn with_late(&mut self, late: &BTreeMap<Vec<String>, u64>) {
        let Some(place) = Column::all().iter().position(|column| *column == Column::Overdue) else { return };
        let count = |count: u64| Some(i64::try_from(count).unwrap_or(i64::MAX));
        for row in &mut self.rows {
            if let Some(value) = row.values.get_mut(place) {
                *value = count(late.get(&row.key).copied().unwrap_or_default());
            }
        }
        if let Some(value) = self.total.get_mut(place) {
            *value = count(late.values().fold(0, |sum, one| sum.saturating_add(*one)));
        }
    }

    /// The answer that sums make at a moment.
    #[must_use]
    pub fn of(question: &Question, tallies: Vec<Tally>, now: Timestamp) -> Self {
        let by = question.filter.by.clone();
        let mut sum = Figures::default();
        for tally in &tallies {
            sum.plus(&tally.figures);
        }
        let (tallies, rest) = if question.public { public::merged(tallies) } else { (tallies, None) };
        let row = |tally: Tally| Row { key: tally.key, values: column::values(&tally.figures, now) };
        let mut rows: Vec<Row> = tallies.into_iter().map(row).collect();
        rows.extend(rest.map(|rest| Row { key: Vec::new(), values: column::values(&rest, now) }));
        if by.is_empty() {
            rows.clear();
        }
        let mut total = column::values(&sum, now);
        if question.public {
            public::hide(&mut rows, &mut total);
        }
        Self { by, rows, total, now, public: question.public }
    }
}

/// Asks a store.
///
/// # Errors
/// If storage failed, or there are more than `rows_max` rows.
pub async fn ask<S: Store>(
    store: &S,
    question: &Question,
    now: Timestamp,
    rows_max: usize,
) -> Result<Statistics, DeskError> {
    let tallies = store.tallies(question.filter.clone()).await?;
    if tallies.len() > rows_max {
        return Err(DeskError::TooManyRows { rows: tallies.len(), max: rows_max });
    }
    let mut statistics = Statistics::of(question, tallies, now);
    if !question.public {
        statistics.with_late(&store.late(question.filter.clone(), now).await?);
    }
    Ok(statistics)
}

impl<S: Store> Desk<S> {
    /// Statistics: for an account, of its unit and those below it.
    ///
    /// # Errors
    /// If the account has nothing to do with complaints or asks for another's unit, if there are too many rows, or storage failed.
    pub async fn statistics(&self, mut question: Question) -> Result<Statistics, DeskError> {
        if let Some(holder) = self.actor().holder() {
            if holder.role == AccountRole::Admin {
                return Err(AccountError::NotAllowed { role: holder.role }.into());
            }
            let within = narrowed_unit(question.filter.unit.take(), &holder.unit, &self.own_unit());
            question.filter.unit = within.ok_or_else(|| DeskError::OutsideUnit { unit: holder.unit.clone() })?;
        }
        ask(&self.store, &question, self.now(), ROWS_MAX).await
    }
}

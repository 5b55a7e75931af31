//! Mistakes in a table or in its mapping: where, and what would be right. What stands in a cell is never part of one: it may be
//! personal.

use crate::words::{Language, say};

/// Most mistakes that are kept to be told one by one; the others are counted.
pub const TOLD_MAX: usize = 100;

/// One mistake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// The line on which the row begins, from 1; 0 for the mapping and for the file as a whole.
    pub line: u64,
    /// The column's name, or the mapping's key; empty for the row as a whole.
    pub column: String,
    /// What is wrong: `import.` and this are the code of a text.
    pub code: &'static str,
    /// What the text is made of.
    pub facts: Vec<(&'static str, String)>,
}

impl Mistake {
    /// A mistake in the mapping, or of the file as a whole.
    #[must_use]
    pub fn of_all(column: &str, code: &'static str, facts: Vec<(&'static str, String)>) -> Self {
        Self { line: 0, column: column.to_owned(), code, facts }
    }

    /// What is wrong, in a person's language.
    #[must_use]
    pub fn what(&self, language: Language) -> String {
        let facts: Vec<(&str, &str)> = self.facts.iter().map(|(name, fact)| (*name, fact.as_str())).collect();
        say(&format!("import.{}", self.code), language, &facts)
    }

    /// The whole line: where, and what is wrong.
    #[must_use]
    pub fn told(&self, language: Language) -> String {
        let what = self.what(language);
        let line = self.line.to_string();
        match (self.line, self.column.is_empty()) {
            (0, true) => what,
            (0, false) => format!("{}: {what}", self.column),
            (_, true) => format!("{}: {what}", say("import.at-line", language, &[("line", &line)])),
            (_, false) => {
                let place = say("import.at-cell", language, &[("line", &line), ("column", &self.column)]);
                format!("{place}: {what}")
            }
        }
    }
}

/// Mistakes as they are found: the first ones, and how many there are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mistakes {
    /// The first ones, in the order of the lines.
    pub told: Vec<Mistake>,
    /// How many there are in all.
    pub count: u64,
    /// On how many lines.
    pub lines: u64,
}

impl Mistakes {
    /// What is wrong with a mapping, or with a file as a whole.
    #[must_use]
    pub fn of_all(found: Vec<Mistake>) -> Self {
        let mut mistakes = Self::default();
        mistakes.add(found);
        mistakes
    }

    /// Takes in what is wrong with one row.
    pub(super) fn add(&mut self, found: Vec<Mistake>) {
        if found.is_empty() {
            return;
        }
        self.lines = self.lines.saturating_add(1);
        self.count = self.count.saturating_add(u64::try_from(found.len()).unwrap_or(u64::MAX));
        let room = TOLD_MAX.saturating_sub(self.told.len());
        self.told.extend(found.into_iter().take(room));
    }

    /// How many are not told one by one.
    #[must_use]
    pub fn untold(&self) -> u64 {
        self.count.saturating_sub(u64::try_from(self.told.len()).unwrap_or(u64::MAX))
    }
}

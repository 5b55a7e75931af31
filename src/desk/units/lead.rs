//! What the router proposes where somebody is refused: whom to ask instead, in words of each language, made where the refusal is. It
//! decides nothing.

use std::fmt;

use crate::domain::directory::Directory;
use crate::domain::routing::{Case, route};
use crate::words::{Language, candidate};

/// How many proposals are told.
const PROPOSALS: usize = 3;

/// A unit to ask instead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// Its code.
    pub unit: String,
    /// Why it can be asked, in English.
    pub english: String,
    /// Why it can be asked, in Indonesian.
    pub indonesian: String,
}

/// Whom to ask instead; at most three.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lead(pub Vec<Proposal>);

impl Lead {
    /// The router's first proposals for a case.
    #[must_use]
    pub fn of(case: &Case, directory: &Directory) -> Self {
        let first = route(directory, case).candidates.into_iter().take(PROPOSALS);
        let told = first.map(|one| Proposal {
            english: candidate(&one, case, directory, Language::English),
            indonesian: candidate(&one, case, directory, Language::Indonesian),
            unit: one.unit.to_string(),
        });
        Self(told.collect())
    }

    /// In one line, in a language.
    #[must_use]
    pub fn say(&self, language: Language) -> String {
        let why = |one: &Proposal| match language {
            Language::English => one.english.clone(),
            Language::Indonesian => one.indonesian.clone(),
        };
        let told: Vec<String> = self.0.iter().map(|one| format!("{} ({})", one.unit, why(one))).collect();
        if told.is_empty() { "-".to_owned() } else { told.join("; ") }
    }
}

impl fmt::Display for Lead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.say(Language::English))
    }
}

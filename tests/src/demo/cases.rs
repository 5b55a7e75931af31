//! The demo's invented complaints, read from `data/demo/complaints.toml`; what the fields mean stands in `data/README.md`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// All of them.
#[derive(Debug, Deserialize)]
pub struct Cases {
    complaint: Vec<Case>,
}

/// One invented complaint and what happens to it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its name among the stories.
    pub key: String,
    /// Which node takes it in.
    pub node: String,
    /// The filing unit.
    pub unit: String,
    /// What kind.
    pub class: String,
    /// How it came in.
    pub channel: String,
    /// Filed for somebody else.
    pub on_behalf: bool,
    /// Who may know what.
    pub visibility: String,
    /// What about.
    pub category: String,
    /// The body complained of.
    pub about: Option<String>,
    /// Who reports; none if anonymous.
    pub reporter: Option<Reporter>,
    /// What is told.
    pub narrative: String,
    /// Which way it takes.
    pub route: String,
    /// An agency that hands it back.
    pub first: Option<String>,
    /// A unit on the way.
    pub via: Option<String>,
    /// The body to which it goes.
    pub to: Option<String>,
    /// Who handles it at last.
    pub agency: Option<String>,
    /// Why it is put away or off.
    pub reason: Option<String>,
    /// The first follow-up.
    pub follow_up: Option<String>,
    /// The answer.
    pub response: Option<String>,
    /// What the reporter writes then.
    pub reply: Option<String>,
    /// Texts beside single steps.
    #[serde(default)]
    pub notes: BTreeMap<String, String>,
}

/// An invented person.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reporter {
    name: String,
    phone: String,
    address: String,
}

impl Cases {
    /// Reads the file.
    ///
    /// # Errors
    /// If it is not as it should be.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        Ok(toml::from_str(&std::fs::read_to_string(path)?)?)
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Case] {
        &self.complaint
    }

    /// One by its name.
    ///
    /// # Errors
    /// If there is none.
    pub fn get(&self, key: &str) -> anyhow::Result<&Case> {
        let found = self.complaint.iter().find(|case| case.key == key);
        found.ok_or_else(|| anyhow::anyhow!("there is no demo complaint {key}"))
    }
}

impl Case {
    /// The note beside a step, or nothing.
    #[must_use]
    pub fn note(&self, step: &str) -> &str {
        self.notes.get(step).map_or("", String::as_str)
    }
}

//! What another system said of a complaint that was taken over from it: the content of the part that comes with the event that
//! marks it as imported. It may hold personal data and free text, so its `Debug` shows neither.

use std::collections::BTreeMap;
use std::fmt;

use crate::domain::{Change, PartKind};
use crate::store::{File, FiledEvent};
use crate::words::{Language, say};

/// Longest name of a system, in bytes.
pub const SOURCE_BYTES_MAX: usize = 40;
/// Longest number that a system gave a complaint, in characters.
pub const SOURCE_ID_CHARS_MAX: usize = 100;

/// What another system said of a complaint.
#[derive(Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Original {
    /// That system's name.
    pub source: String,
    /// Its number for the complaint.
    pub id: String,
    /// When it was filed there: a date, or a date and time with its offset, as RFC 3339 writes them; empty if not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub filed: String,
    /// Its state there, in that system's words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state: String,
    /// When it was answered there; empty if not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub answered: String,
    /// What else was kept, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub more: BTreeMap<String, String>,
}

impl Original {
    /// Whether a text can name a system: 1 to 40 lower-case letters, digits, dots and hyphens, so that one system has one name.
    #[must_use]
    pub fn is_source(text: &str) -> bool {
        let ok = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
        (1..=SOURCE_BYTES_MAX).contains(&text.len()) && text.bytes().all(ok)
    }

    /// What is stored of it with a complaint; none if the complaint was not taken over, or its content is not here.
    #[must_use]
    pub fn of(file: &File) -> Option<Self> {
        let origin = file.events.iter().find(|filed| matches!(filed.event.header.change, Change::Filed(_)))?;
        let origin = &origin.event.header.node;
        let marks = |filed: &&FiledEvent| filed.event.header.change == Change::Imported;
        let mark = file.events.iter().filter(marks).find(|filed| filed.event.header.node == *origin)?;
        Self::read(mark.parts.iter().find(|part| part.kind == PartKind::Note)?.content()?)
    }

    /// Reads a part's content.
    pub(super) fn read(content: &[u8]) -> Option<Self> {
        serde_json::from_slice(content).ok()
    }

    /// A part's content.
    pub(super) fn content(&self) -> Vec<u8> {
        // Texts by name always make JSON.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// In words, line by line.
    #[must_use]
    pub fn told(&self, language: Language) -> String {
        let known = [
            ("original.source", &self.source),
            ("original.id", &self.id),
            ("original.filed", &self.filed),
            ("original.state", &self.state),
            ("original.answered", &self.answered),
        ];
        let known = known.into_iter().filter(|(_, fact)| !fact.is_empty());
        let known = known.map(|(code, fact)| format!("{}: {fact}", say(code, language, &[])));
        let more = self.more.iter().map(|(name, fact)| format!("{name}: {fact}"));
        known.chain(more).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Debug for Original {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Original").field("source", &self.source).finish_non_exhaustive()
    }
}

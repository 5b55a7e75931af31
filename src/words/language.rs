//! Which language a person is spoken to in. It reads no environment by itself: values are handed in.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A language that there are texts in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize)]
pub enum Language {
    /// Bahasa Indonesia.
    #[serde(rename = "id")]
    Indonesian,
    /// English.
    #[serde(rename = "en")]
    #[default]
    English,
}

/// The variables that name a person's language, the strongest first (POSIX.1-2024, chapter 8.2).
const VARIABLES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::Indonesian, Self::English];

    /// The code of ISO 639-1.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Indonesian => "id",
            Self::English => "en",
        }
    }

    /// The language asked for on the command line, or that of the environment: the first of `LC_ALL`, `LC_MESSAGES` and
    /// `LANG` that says something decides; `id…` is Indonesian, everything else English.
    #[must_use]
    pub fn choose(asked: Option<Self>, variable: impl Fn(&str) -> Option<String>) -> Self {
        let environment = || VARIABLES.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
        asked.unwrap_or_else(|| match environment() {
            Some(value) if is_indonesian(&value) => Self::Indonesian,
            Some(_) | None => Self::English,
        })
    }
}

fn is_indonesian(locale: &str) -> bool {
    let language = locale.split(['_', '.', '@', '-']).next().unwrap_or_default();
    language.eq_ignore_ascii_case("id") || language.eq_ignore_ascii_case("ind")
}

/// A language that there are no texts in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the language is id (Indonesian) or en (English)")]
pub struct LanguageError;

impl FromStr for Language {
    type Err = LanguageError;

    fn from_str(text: &str) -> Result<Self, LanguageError> {
        Self::ALL.into_iter().find(|language| language.code() == text).ok_or(LanguageError)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(asked: Option<Language>, variables: &[(&str, &str)]) -> Language {
        let variables = variables.to_vec();
        Language::choose(asked, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn environment_is_misread() {
        use Language::{English, Indonesian};
        assert_eq!(chosen(None, &[("LANG", "id_ID.UTF-8")]), Indonesian);
        assert_eq!(chosen(None, &[("LANG", "id")]), Indonesian);
        assert_eq!(chosen(None, &[("LANG", "ido")]), English);
        assert_eq!(chosen(None, &[("LANG", "C.UTF-8")]), English);
        assert_eq!(chosen(None, &[]), English);
        assert_eq!(chosen(None, &[("LANG", "id_ID"), ("LC_ALL", "en_US.UTF-8")]), English);
        assert_eq!(chosen(None, &[("LANG", "id_ID"), ("LC_ALL", "")]), Indonesian);
        assert_eq!(chosen(Some(English), &[("LANG", "id_ID")]), English);
    }
}

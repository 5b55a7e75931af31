//! The catalogue: code → text, per language. A text may have `{placeholders}`; filling them in is all that is done to it.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::language::Language;

/// Code and text of one language, in the order of its file.
type Texts = Vec<(&'static str, &'static str)>;

static INDONESIAN: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| read(include_str!("indonesian.txt")).into_iter().collect());
static ENGLISH: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| read(include_str!("english.txt")).into_iter().collect());

/// The text of a code; none if there is no such code.
#[must_use]
pub fn text(code: &str, language: Language) -> Option<&'static str> {
    let texts = match language {
        Language::Indonesian => &INDONESIAN,
        Language::English => &ENGLISH,
    };
    texts.get(code).copied()
}

/// The text of a code with its placeholders filled in; the code itself if there is no such text.
#[must_use]
pub fn say(code: &str, language: Language, facts: &[(&str, &str)]) -> String {
    text(code, language).map_or_else(|| code.to_owned(), |text| fill(text, facts))
}

/// Fills in `{placeholders}`; one without a fact stays as it is, and facts are never read for placeholders.
#[must_use]
pub fn fill(text: &str, facts: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, more)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        match facts.iter().find(|(known, _)| *known == name) {
            Some((_, fact)) => filled.push_str(fact),
            None => filled.extend(["{", name, "}"]),
        }
        rest = more;
    }
    filled.push_str(rest);
    filled
}

/// Reads a file of texts: `code = text` a line; empty lines and those that begin with `#` say nothing.
fn read(file: &'static str) -> Texts {
    let lines = file.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(" = ")).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const FILES: [(&str, &str); 2] =
        [("indonesian.txt", include_str!("indonesian.txt")), ("english.txt", include_str!("english.txt"))];

    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn code_is_missing_in_a_language_or_stands_elsewhere() {
        let [indonesian, english] = FILES.map(|(_, file)| read(file));
        for (one, other) in indonesian.iter().zip(&english) {
            assert_eq!(one.0, other.0, "the files have the same codes in the same order");
            assert_eq!(placeholders(one.1), placeholders(other.1), "{}", one.0);
        }
        assert_eq!(indonesian.len(), english.len());
        let codes: BTreeSet<&str> = english.iter().map(|(code, _)| *code).collect();
        assert_eq!(codes.len(), english.len(), "a code stands twice");
    }

    #[test]
    fn line_of_a_file_is_not_understood() {
        for (name, file) in FILES {
            assert!(file.starts_with("# "), "{name} says what it is");
            for line in file.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
                let (code, text) = line.split_once(" = ").unwrap_or_else(|| panic!("{name}: {line}"));
                let ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
                assert!(code.contains('.') && code.chars().all(ok), "{name}: {code}");
                assert!(!text.trim().is_empty() && text.trim() == text, "{name}: {code}");
                let names = placeholders(text);
                assert!(names.iter().all(|n| n.chars().all(|c| c.is_ascii_lowercase() || c == '_')), "{name}: {code}");
            }
        }
    }

    #[test]
    fn fact_is_read_for_placeholders() {
        let facts = [("unit", "{time}"), ("time", "now")];
        assert_eq!(fill("to {unit} at {time}", &facts), "to {time} at now");
        assert_eq!(fill("{unknown} {", &facts), "{unknown} {");
        assert_eq!(say("no.such-code", Language::English, &facts), "no.such-code");
    }
}

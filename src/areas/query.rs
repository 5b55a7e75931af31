//! A query taken apart: words that must be in names, and words that only say of what level an area is.

use super::code::Level;
use super::fold::{level_word, words};

/// Longest query that is read, in characters; the rest is not looked at.
pub(super) const QUERY_CHARS_MAX: usize = 120;
/// Most words of a query that are looked for; the rest is not looked at.
pub(super) const QUERY_WORDS_MAX: usize = 8;

/// A word such as kota: it tells a level, and is wanted but not needed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hint {
    /// The word itself, since it may be part of a name.
    pub(super) word: String,
    /// The level it tells.
    pub(super) level: Level,
    /// Whether it stands first, and so speaks of the area itself; else it may speak of one above.
    pub(super) leading: bool,
}

/// A query, read.
#[derive(Debug, Default)]
pub(super) struct Query {
    /// The words that an area or one above it must have.
    pub(super) words: Vec<String>,
    /// What is said of levels.
    pub(super) hints: Vec<Hint>,
    /// All words as one, hints too: people write kotabaru.
    pub(super) whole: String,
    /// All words but the hints as one.
    pub(super) name: String,
}

impl Query {
    /// Reads a text. A text of hints only is one of words.
    pub(super) fn read(text: &str) -> Self {
        let text: String = text.chars().take(QUERY_CHARS_MAX).collect();
        let all: Vec<String> = words(&text).into_iter().take(QUERY_WORDS_MAX).collect();
        let mut query = Self { whole: all.concat(), ..Self::default() };
        for (at, word) in all.iter().enumerate() {
            match level_word(word) {
                Some(level) => query.hints.push(Hint { word: word.clone(), level, leading: at == 0 }),
                None => query.words.push(word.clone()),
            }
        }
        if query.words.is_empty() {
            query.hints.clear();
            query.words = all;
        }
        query.name = query.words.concat();
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_word_alone_asks_for_nothing() {
        assert_eq!(Query::read("Kota").words, ["kota"]);
        assert!(Query::read(" . ").words.is_empty());
    }

    #[test]
    fn level_word_is_taken_for_a_name() {
        let query = Query::read("Kel. Belakang Pondok, Kota Padang");
        assert_eq!(query.words, ["belakang", "pondok", "padang"]);
        let hints: Vec<_> = query.hints.iter().map(|hint| (hint.level, hint.leading)).collect();
        assert_eq!(hints, [(Level::Village, true), (Level::City, false)]);
        assert_eq!(query.whole, "kelbelakangpondokkotapadang");
        assert_eq!(query.name, "belakangpondokpadang");
    }
}

//! The index of names: which areas have a word in their name, and which have a whole name. It finds entries and ranks nothing.

use std::cmp::Ordering;
use std::ops::Range;

use super::edits::{Pattern, letters};
use super::fold::name_words;
use super::table::Areas;

/// Words of a name that are told apart by their place; later ones count as this one.
const PLACE_MAX: u32 = 15;

/// Where a word stands: the place of its area in the table, times 16, plus the place of the word in the name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Spot(u32);

impl Spot {
    fn new(area: u32, word: usize) -> Self {
        Self(area * (PLACE_MAX + 1) + u32::try_from(word).unwrap_or(PLACE_MAX).min(PLACE_MAX))
    }

    /// The place of the area in the table.
    pub(super) const fn area(self) -> u32 {
        self.0 / (PLACE_MAX + 1)
    }

    /// Whether it is the first word of the name.
    pub(super) const fn is_first(self) -> bool {
        self.0.is_multiple_of(PLACE_MAX + 1)
    }
}

/// Words in order of the alphabet, each with the spots where it stands.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    text: String,
    /// Where each word ends in the text, its letters, and where its spots end.
    entries: Vec<(u32, u32, u32)>,
    spots: Vec<Spot>,
}

impl Vocabulary {
    fn of(mut words: Vec<(String, Spot)>) -> Self {
        words.sort_unstable();
        let mut found = Self::default();
        for (word, spot) in words {
            let known = found.entries.len().checked_sub(1).is_some_and(|last| found.word(last) == word);
            if !known {
                found.text.push_str(&word);
                found.entries.push((length(found.text.len()), letters(&word), 0));
            }
            found.spots.push(spot);
            if let Some(entry) = found.entries.last_mut() {
                entry.2 = length(found.spots.len());
            }
        }
        found.text.shrink_to_fit();
        found.entries.shrink_to_fit();
        found
    }

    /// The word of an entry.
    pub(super) fn word(&self, entry: usize) -> &str {
        self.text.get(self.range(entry, |(end, _, _)| *end)).unwrap_or_default()
    }

    /// Where the word of an entry stands.
    pub(super) fn spots(&self, entry: usize) -> &[Spot] {
        self.spots.get(self.range(entry, |(_, _, end)| *end)).unwrap_or_default()
    }

    fn range(&self, entry: usize, end: impl Fn(&(u32, u32, u32)) -> u32) -> Range<usize> {
        let place = |entry: Option<usize>| {
            let end = entry.and_then(|entry| self.entries.get(entry)).map_or(0, &end);
            usize::try_from(end).unwrap_or(usize::MAX)
        };
        place(entry.checked_sub(1))..place(Some(entry))
    }

    /// The entries that begin with a word, itself first.
    pub(super) fn beginning_with(&self, word: &str) -> Range<usize> {
        let first = self.search(|other| other.cmp(word));
        let beyond = self.search(|other| if other.starts_with(word) { Ordering::Less } else { other.cmp(word) });
        first..beyond
    }

    /// The first entry that is not less.
    fn search(&self, compare: impl Fn(&str) -> Ordering) -> usize {
        let (mut low, mut high) = (0, self.entries.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if compare(self.word(middle)) == Ordering::Less {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The entries at most `most` slips away from a word, and how many: every entry's letters are looked at, but only the
    /// words of the likely ones.
    pub(super) fn near(&self, word: &str, most: u8) -> impl Iterator<Item = (usize, u8)> {
        let pattern = Pattern::new(word);
        let likely = move |entry: usize, pattern: &Pattern| {
            let apart = self.word(entry).len().abs_diff(word.len());
            if apart > usize::from(most) {
                return None;
            }
            u8::try_from(pattern.slips(self.word(entry))).ok().filter(|slips| *slips <= most)
        };
        self.entries.iter().enumerate().filter_map(move |(entry, (_, letters, _))| {
            let pattern = pattern.as_ref().filter(|pattern| pattern.may_be_near(*letters, most))?;
            likely(entry, pattern).map(|slips| (entry, slips))
        })
    }
}

/// The index of all names.
#[derive(Debug)]
pub(super) struct Index {
    /// Every word of every name.
    pub(super) words: Vocabulary,
    /// Every name as one word: people write Lubukalung for Lubuk Alung.
    pub(super) names: Vocabulary,
    /// How many words each name has.
    lengths: Vec<u8>,
}

impl Index {
    pub(super) fn of(areas: &Areas) -> Self {
        let (mut words, mut names, mut lengths) = (Vec::new(), Vec::new(), Vec::new());
        for (place, area) in (0..).zip(areas.all()) {
            let name = name_words(area.name, area.level);
            lengths.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
            names.push((name.concat(), Spot::new(place, 0)));
            words.extend(name.into_iter().enumerate().map(|(at, word)| (word, Spot::new(place, at))));
        }
        Self { words: Vocabulary::of(words), names: Vocabulary::of(names), lengths }
    }

    /// How many words the name of an area has.
    pub(super) fn name_length(&self, area: u32) -> u8 {
        usize::try_from(area).ok().and_then(|area| self.lengths.get(area)).copied().unwrap_or(0)
    }
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        let words = ["padang", "pauh", "padangsidimpuan", "padang", "pad"];
        Vocabulary::of((0..).zip(words).map(|(at, word)| (word.to_owned(), Spot::new(at, 0))).collect())
    }

    #[test]
    fn word_that_stands_twice_is_found_once() {
        let vocabulary = vocabulary();
        let found: Vec<&str> = vocabulary.beginning_with("padang").map(|entry| vocabulary.word(entry)).collect();
        assert_eq!(found, ["padang", "padangsidimpuan"]);
        let first = vocabulary.beginning_with("padang").next().unwrap();
        assert_eq!(vocabulary.spots(first), [Spot::new(0, 0), Spot::new(3, 0)]);
        assert!(vocabulary.beginning_with("x").is_empty());
    }

    #[test]
    fn word_with_one_slip_is_far() {
        let vocabulary = vocabulary();
        let near = |word: &str, most| {
            vocabulary.near(word, most).map(|(entry, slips)| (vocabulary.word(entry), slips)).collect::<Vec<_>>()
        };
        assert_eq!(near("padng", 1), [("padang", 1)]);
        assert_eq!(near("pauhh", 1), [("pauh", 1)]);
        assert_eq!(near("xyzw", 1), []);
    }
}

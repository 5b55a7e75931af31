//! Finding areas by what people call them, slips of the pen and short forms included. It decides nothing: a person chooses.
//!
//! Measured once over all 91,599 names, optimised, on a small virtual machine: 0.02 to 4 ms a query, 25 ms for eight words of
//! two letters, 74 ms for the index at the first.

use std::collections::HashMap;

use super::code::AreaCode;
use super::edits::forgiven;
use super::fold::name_words;
use super::index::{Index, Spot, Vocabulary};
use super::query::Query;
use super::rank::{Hit, Rank};
use super::table::{Area, Areas};

/// Most areas that a search answers with.
pub const FOUND_MAX: usize = 100;

/// How an area answers a query.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Match {
    /// Its name is what was asked for, every word of it; or its code is.
    Exact,
    /// Its name has all that was asked for, or begins with it, and has more.
    Prefix,
    /// But for slips of the pen.
    Typo,
}

/// An area that answers a query.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// The area.
    pub area: Area,
    /// How it answers.
    pub matched: Match,
}

/// The best rank of each area so far, by its place in the table.
type Ranks = HashMap<u32, Rank>;

impl Areas {
    /// The areas that a text may mean, best first, at most `limit` and at most [`FOUND_MAX`]; only those in `within`, if
    /// it is given. The same text always gets the same answer.
    ///
    /// Case, marks, hyphens and spaces do not matter. Of several words, each must be in the area's name or in one above it:
    /// `lubuk begalung padang`. Words of 4 letters are forgiven one slip, of 8 two, if without that there are fewer than
    /// `limit`. Words such as `kab.` and `kota` put areas of that level first. A code finds its area, an old code what
    /// became of it. At most 120 characters and 8 words are looked at.
    #[must_use]
    pub fn search(&self, text: &str, within: Option<AreaCode>, limit: usize) -> Vec<Found> {
        let limit = limit.min(FOUND_MAX);
        let span = within.map_or((0, self.count()), |code| self.span(code));
        if let Ok(code) = AreaCode::parse(text.trim()) {
            let inside = |area: &Area| within.is_none_or(|within| within.contains(area.code));
            let areas = self.current(code).areas.into_iter().filter(inside);
            return areas.take(limit).map(|area| Found { area, matched: Match::Exact }).collect();
        }
        let search = Search { areas: self, index: self.index(), query: Query::read(text), span };
        let mut ranks = search.ranks(How::Begins);
        if ranks.len() < limit {
            ranks = search.ranks(How::Nearly);
        }
        let mut best: Vec<(Rank, u32)> = ranks.into_iter().map(|(place, rank)| (rank, place)).collect();
        best.sort_unstable();
        best.truncate(limit);
        let found = |(rank, place): (Rank, u32)| Found { area: search.area(place), matched: rank.matched };
        best.into_iter().map(found).collect()
    }
}

struct Search<'a> {
    areas: &'a Areas,
    index: &'a Index,
    query: Query,
    span: (usize, usize),
}

impl Search<'_> {
    fn ranks(&self, how: How) -> Ranks {
        let mut ranks = Ranks::new();
        if !self.query.words.is_empty() {
            self.by_name(&self.query.name, how, &mut ranks);
            if !self.query.hints.is_empty() {
                self.by_name(&self.query.whole, How::Begins, &mut ranks);
            }
            self.by_words(how, &mut ranks);
        }
        ranks
    }

    /// Areas whose whole name is the text.
    fn by_name(&self, text: &str, how: How, ranks: &mut Ranks) {
        each(&self.index.names, text, how, |spot, hit| {
            if let Some(area) = self.inside(spot.area()) {
                let other = self.other_levels(&area);
                keep(ranks, spot.area(), Rank::of_name(hit, area.level.depth(), other));
            }
        });
    }

    /// Areas that have some of the words, and the rest in areas above them.
    fn by_words(&self, how: How, ranks: &mut Ranks) {
        let hits = self.hits(how);
        for place in hits.iter().flat_map(HashMap::keys).copied() {
            let Some(area) = self.inside(place) else { continue };
            let above = if hits.len() > 1 { self.above(&area) } else { Vec::new() };
            let (mut own, mut others) = (Vec::new(), Vec::new());
            for of_word in &hits {
                let mine = of_word.get(&place);
                let over = above.iter().filter_map(|place| of_word.get(place)).min();
                match (mine, over) {
                    (Some(mine), Some(over)) if over.matched < mine.matched => others.push(*over),
                    (Some(mine), _) => own.push(*mine),
                    (None, Some(over)) => others.push(*over),
                    (None, None) => break,
                }
            }
            if own.is_empty() || own.len() + others.len() < hits.len() {
                continue;
            }
            let words = self.index.name_length(place);
            keep(ranks, place, Rank::of_words(&own, &others, words, area.level.depth(), self.other_levels(&area)));
        }
    }

    /// For each word of the query, the areas that have it. Spaces are where people put them: two words next to each other
    /// may be one of a name (suka maju, Sukamaju), and one word may be a whole name (lubukbegalung).
    fn hits(&self, how: How) -> Vec<HashMap<u32, Hit>> {
        let words = &self.query.words;
        let mut hits = vec![HashMap::new(); words.len()];
        let mut tell = |vocabulary: &Vocabulary, word: &str, how: How, of: usize, joined: bool| {
            let Some(of_word) = hits.get_mut(of) else { return };
            each(vocabulary, word, how, |spot, hit| {
                let hit = Hit { joined, ..hit };
                let best = of_word.entry(spot.area()).or_insert(hit);
                *best = hit.min(*best);
            });
        };
        for (at, word) in words.iter().enumerate() {
            tell(&self.index.words, word, how, at, false);
            if let Some(next) = words.get(at + 1) {
                let joined = format!("{word}{next}");
                tell(&self.index.words, &joined, How::Begins, at, true);
                tell(&self.index.words, &joined, How::Begins, at + 1, true);
            }
            if words.len() > 1 {
                tell(&self.index.names, word, How::Is, at, false);
            }
        }
        hits
    }

    /// How many of the query's words for levels speak of another level than the area's, or than that of one above it.
    fn other_levels(&self, area: &Area) -> u8 {
        let of_another = |hint: &&super::query::Hint| {
            let fits = area.level == hint.level
                || !hint.leading && area.code.upwards().any(|code| code.level() == hint.level)
                || name_words(area.name, area.level).contains(&hint.word);
            !fits
        };
        u8::try_from(self.query.hints.iter().filter(of_another).count()).unwrap_or(u8::MAX)
    }

    fn above(&self, area: &Area) -> Vec<u32> {
        area.code.upwards().skip(1).filter_map(|code| self.areas.place(code)).collect()
    }

    fn inside(&self, place: u32) -> Option<Area> {
        let place = usize::try_from(place).ok()?;
        (self.span.0..self.span.1).contains(&place).then(|| self.areas.at(place))
    }

    fn area(&self, place: u32) -> Area {
        self.areas.at(usize::try_from(place).unwrap_or(usize::MAX))
    }
}

fn keep(ranks: &mut Ranks, place: u32, rank: Rank) {
    let best = ranks.entry(place).or_insert(rank);
    *best = rank.min(*best);
}

/// How a word must be in a vocabulary to be found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    /// As it is.
    Is,
    /// As it is, or at the beginning of another. A single letter begins nothing: it would be found everywhere.
    Begins,
    /// Slips of the pen forgiven as well.
    Nearly,
}

/// Every spot of a vocabulary where a word is found.
fn each(vocabulary: &Vocabulary, word: &str, how: How, mut found: impl FnMut(Spot, Hit)) {
    let mut tell = |entry: usize, matched: Match, slips: u8| {
        for spot in vocabulary.spots(entry) {
            found(*spot, Hit { matched, slips, inside: !spot.is_first(), joined: false });
        }
    };
    for entry in vocabulary.beginning_with(word) {
        if vocabulary.word(entry) == word {
            tell(entry, Match::Exact, 0);
        } else if how >= How::Begins && word.len() > 1 {
            tell(entry, Match::Prefix, 0);
        } else {
            break;
        }
    }
    let most = if how == How::Nearly { forgiven(word.len()) } else { 0 };
    if most > 0 {
        for (entry, slips) in vocabulary.near(word, most).filter(|(_, slips)| *slips > 0) {
            tell(entry, Match::Typo, slips);
        }
    }
}

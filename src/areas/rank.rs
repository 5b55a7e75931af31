//! Which of two answers comes first. It compares what the search found and looks nothing up.

use super::search::Match;

/// How well an area answers a query; less is better. Fields are compared in this order, and areas that are alike in all of
/// them stand in the order of their codes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Rank {
    /// Words such as kota that say another level than the area has.
    pub(super) other_level: u8,
    /// Exact before prefix before slip of the pen.
    pub(super) matched: Match,
    /// Slips of the pen in all words.
    pub(super) slips: u8,
    /// Words that only an area above it has.
    pub(super) above: u8,
    /// Larger before smaller: levels above it.
    pub(super) depth: u8,
    /// Whether its name begins otherwise than the query asks.
    pub(super) begins_otherwise: bool,
    /// Words of its name that nobody asked for.
    pub(super) unasked: u8,
}

/// How one word of a query was found in a name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Hit {
    /// How, and by how many slips.
    pub(super) matched: Match,
    /// Slips of the pen; 0 unless `matched` says so.
    pub(super) slips: u8,
    /// Whether it is not the first word of the name.
    pub(super) inside: bool,
    /// Whether it takes the next word of the query with it, or the one before.
    pub(super) joined: bool,
}

impl Rank {
    /// The rank of an area whose name has `words` words, of which the query asks for those that `own` are hits of.
    pub(super) fn of_words(own: &[Hit], above: &[Hit], words: u8, depth: u8, other_level: u8) -> Self {
        let hits = || own.iter().chain(above);
        let joined = own.iter().filter(|hit| hit.joined).count();
        let asked = own.len() - joined + joined.div_ceil(2);
        let unasked = words.saturating_sub(u8::try_from(asked).unwrap_or(u8::MAX));
        let worst = hits().map(|hit| hit.matched).max().unwrap_or(Match::Exact);
        Self {
            other_level,
            matched: if unasked > 0 { worst.max(Match::Prefix) } else { worst },
            slips: hits().fold(0, |sum, hit| sum.saturating_add(hit.slips)),
            above: u8::try_from(above.len()).unwrap_or(u8::MAX),
            depth,
            begins_otherwise: own.iter().all(|hit| hit.inside),
            unasked,
        }
    }

    /// The rank of an area whose whole name was asked for as one word.
    pub(super) fn of_name(hit: Hit, depth: u8, other_level: u8) -> Self {
        let unasked = u8::from(hit.matched == Match::Prefix);
        let Hit { matched, slips, .. } = hit;
        Self { other_level, matched, slips, above: 0, depth, begins_otherwise: false, unasked }
    }
}

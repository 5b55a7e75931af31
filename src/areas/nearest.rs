//! What exists and is nearest to what was asked for, for errors that say so. It never says that one is meant.

use super::code::AreaCode;
use super::fold::words;
use super::table::{Area, Areas};

/// Slips of the pen beyond which a name is no longer near, as a part of its length: one in two.
const FAR: usize = 2;
const SLIPS_MAX: u8 = 12;

impl Areas {
    /// The areas nearest to a code or a name that is none, best first, at most `limit`.
    ///
    /// For a code: what became of it, then its neighbours in the smallest area that exists, then that area. For a name:
    /// what [`Areas::search`] finds, then the names with the fewest slips. What is neither has no neighbours.
    #[must_use]
    pub fn nearest(&self, asked: &str, limit: usize) -> Vec<Area> {
        let asked = asked.trim();
        let looks_like_code = !asked.is_empty() && asked.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let mut near = if looks_like_code { self.near_code(asked) } else { self.near_name(asked, limit) };
        near.truncate(limit);
        near
    }

    fn near_code(&self, asked: &str) -> Vec<Area> {
        let (code, number) = beginning(asked);
        let (mut parents, mut wanted) = (Vec::new(), number.unwrap_or(0));
        for above in code.iter().flat_map(|code| code.upwards()) {
            let current = self.current(above);
            if current.exact {
                parents = current.areas;
                break;
            }
            wanted = above.last();
        }
        if number.is_none() && code.is_some_and(|code| self.current(code).exact) {
            return parents;
        }
        let mut near: Vec<Area> = if parents.is_empty() {
            self.children(None).collect()
        } else {
            parents.iter().flat_map(|parent| self.children(Some(parent.code))).collect()
        };
        near.sort_by_key(|area| (area.code.last().abs_diff(wanted), area.code));
        near.extend(parents);
        near
    }

    fn near_name(&self, asked: &str, limit: usize) -> Vec<Area> {
        let mut near: Vec<Area> = self.search(asked, None, limit).into_iter().map(|found| found.area).collect();
        let name = words(asked).concat();
        let most = u8::try_from(name.len() / FAR).unwrap_or(SLIPS_MAX).min(SLIPS_MAX);
        if near.len() < limit && most > 0 {
            let names = &self.index().names;
            let mut others: Vec<(u8, u8, Area)> = names
                .near(&name, most)
                .flat_map(|(entry, slips)| names.spots(entry).iter().map(move |spot| (slips, spot.area())))
                .filter_map(|(slips, place)| Some((slips, self.at(usize::try_from(place).ok()?))))
                .map(|(slips, area)| (slips, area.level.depth(), area))
                .filter(|(_, _, area)| !near.contains(area))
                .collect();
            others.sort_by_key(|(slips, depth, area)| (*slips, *depth, area.code));
            near.extend(others.into_iter().map(|(_, _, area)| area));
        }
        near
    }
}

/// The longest beginning of a text of digits and dots that is a code, and the number of what is left.
fn beginning(text: &str) -> (Option<AreaCode>, Option<u64>) {
    let mut ends = (0..=text.len()).rev();
    let code = ends.find_map(|end| Some((AreaCode::parse(text.get(..end)?).ok()?, text.get(end..)?)));
    let (code, rest) = code.map_or((None, text), |(code, rest)| (Some(code), rest));
    let digits: String = rest.trim_start_matches('.').chars().take_while(char::is_ascii_digit).collect();
    (code, digits.parse().ok())
}

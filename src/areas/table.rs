//! The table of all areas: reading the file that is compiled in, and finding an area by its code. It matches no name.

use std::sync::{LazyLock, OnceLock};

use super::changes::Changes;
use super::code::{AreaCode, Level};
use super::index::Index;
use crate::domain::UnitCode;

/// The list, as `data/make-areas.py` writes it: `#`, `##` and `###` before provinces, regencies or cities, and districts, then
/// the number and the name; a village without a number has the one after the village before it.
const FILE: &str = include_str!("../../data/areas.txt");
const CHANGES_FILE: &str = include_str!("../../data/area-changes.csv");

/// An area that there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Area {
    /// Its code.
    pub code: AreaCode,
    /// Its name as the decree has it; regencies and cities begin with Kabupaten or Kota, others with nothing.
    pub name: &'static str,
    /// How large it is.
    pub level: Level,
}

/// All areas of the country.
#[derive(Debug)]
pub struct Areas {
    /// In order, so that all of an area follows it without a gap.
    codes: Vec<AreaCode>,
    /// Where each name begins in the file; it ends with its line.
    names: Vec<u32>,
    pub(super) changes: Changes,
    index: OnceLock<Index>,
}

/// The areas of Kepmendagri 300.2.2-2138/2025. The first call reads the list, once.
#[must_use]
pub fn areas() -> &'static Areas {
    static AREAS: LazyLock<Areas> = LazyLock::new(|| Areas::read(FILE, CHANGES_FILE));
    &AREAS
}

impl Areas {
    fn read(file: &'static str, changes: &str) -> Self {
        let (mut codes, mut names) = (Vec::new(), Vec::new());
        let mut last = None;
        let mut at = 0;
        for line in file.split_inclusive('\n') {
            if let Some((code, name)) = entry(line, last) {
                let start = at + line.len().saturating_sub(name.len());
                codes.push(code);
                names.push(u32::try_from(start).unwrap_or(u32::MAX));
                last = Some(code);
            }
            at += line.len();
        }
        codes.shrink_to_fit();
        names.shrink_to_fit();
        Self { codes, names, changes: Changes::read(changes), index: OnceLock::new() }
    }

    /// How many areas there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.codes.len()
    }

    /// Every area, in order of codes: an area, then all that lies in it.
    pub fn all(&self) -> impl ExactSizeIterator<Item = Area> {
        (0..self.count()).map(|at| self.at(at))
    }

    /// The area of this code, with or without dots; none if there is none today. For a code of the past see
    /// [`Areas::current`].
    #[must_use]
    pub fn get(&self, code: &str) -> Option<Area> {
        self.area(AreaCode::parse(code).ok()?)
    }

    /// The area of this code.
    #[must_use]
    pub fn area(&self, code: AreaCode) -> Option<Area> {
        self.codes.binary_search(&code).ok().map(|at| self.at(at))
    }

    /// The smallest area of the list that a unit lies in: the city of `13.71.dlh`. None for `id` and ministries.
    #[must_use]
    pub fn of_unit(&self, unit: &UnitCode) -> Option<Area> {
        AreaCode::of_unit(unit)?.upwards().find_map(|code| self.area(code))
    }

    /// The areas one level below this one, in order; of none, the provinces.
    pub fn children(&self, of: Option<AreaCode>) -> impl Iterator<Item = Area> {
        let mut next = of.map_or(0, |code| self.codes.partition_point(|other| *other <= code));
        let end = of.map_or(self.count(), |code| self.span(code).1);
        std::iter::from_fn(move || {
            let area = self.codes.get(next).filter(|_| next < end).map(|_| self.at(next))?;
            next = self.span(area.code).1;
            Some(area)
        })
    }

    /// The areas from the province down to the area of this code; empty if there is none.
    #[must_use]
    pub fn path(&self, code: AreaCode) -> Vec<Area> {
        if self.area(code).is_none() {
            return Vec::new();
        }
        let mut path: Vec<Area> = code.upwards().filter_map(|code| self.area(code)).collect();
        path.reverse();
        path
    }

    /// An area's name with those above it, nearest first: `Lubuk Begalung, Kota Padang, Sumatera Barat`.
    #[must_use]
    pub fn address(&self, code: AreaCode) -> String {
        let names: Vec<&str> = self.path(code).iter().rev().map(|area| area.name).collect();
        names.join(", ")
    }

    /// Places in the table of a code and all that lies in it, from the first to before the second.
    pub(super) fn span(&self, code: AreaCode) -> (usize, usize) {
        let first = self.codes.partition_point(|other| *other < code);
        (first, self.codes.partition_point(|other| *other < code.end()))
    }

    /// The place in the table of a code.
    pub(super) fn place(&self, code: AreaCode) -> Option<u32> {
        self.codes.binary_search(&code).ok().and_then(|at| u32::try_from(at).ok())
    }

    /// The area at a place of the table. A place that is none has no name.
    pub(super) fn at(&self, place: usize) -> Area {
        let code = self.codes.get(place).copied().unwrap_or(AreaCode::below(None, 0, 0));
        let start = self.names.get(place).and_then(|start| usize::try_from(*start).ok());
        let name = start.and_then(|start| FILE.get(start..)).and_then(|rest| rest.lines().next()).unwrap_or_default();
        Area { code, name, level: code.level() }
    }

    pub(super) fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(self))
    }
}

/// What a line says, after the area of the line before: its code and the rest of the line from the name on.
fn entry(line: &str, last: Option<AreaCode>) -> Option<(AreaCode, &str)> {
    let marked = line.trim_start_matches('#');
    let depth = match line.len() - marked.len() {
        0 => 3,
        1 => 0,
        2 => 1,
        3 => 2,
        _ => return None,
    };
    if !line.starts_with(|c: char| c == '#' || c.is_ascii_digit()) {
        return Some((AreaCode::below(last, 3, last?.last() + 1), line));
    }
    let (number, name) = marked.split_once(' ')?;
    Some((AreaCode::below(last, depth, number.parse().ok()?), name))
}

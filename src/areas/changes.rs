//! What became of area codes: which were split, moved or renamed, from when and by what law. It knows only the rows of
//! `data/area-changes.csv`; that a row points at an area is for the tests.

use std::collections::BTreeMap;

use super::code::AreaCode;
use super::table::{Area, Areas};

/// How an area came by its new code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    /// The old area was divided; the new one is a part of it.
    Split,
    /// The same area under another code.
    Moved,
    /// The same area and code under another name.
    Renamed,
}

impl ChangeKind {
    fn read(text: &str) -> Option<Self> {
        match text {
            "split" => Some(Self::Split),
            "moved" => Some(Self::Moved),
            "renamed" => Some(Self::Renamed),
            _ => None,
        }
    }
}

/// One row: what a code was and what it became.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AreaChange {
    /// The code before.
    pub old: AreaCode,
    /// The code since.
    pub new: AreaCode,
    /// How.
    pub kind: ChangeKind,
    /// The day the law came into force, as `2022-07-25`.
    pub in_force: String,
    /// The law.
    pub legal_basis: String,
    /// How sure the row is: `[C]`, `[S]`, `[I]` or `[M]`, as `data/README.md` says.
    pub mark: String,
}

/// What a code stands for today.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Current {
    /// The areas, in order of codes; several if it was split, none if nobody knows the code.
    pub areas: Vec<Area>,
    /// Whether they are that very area or its parts. If not, they are the smallest known area that it lies in: districts and
    /// villages of Papua were numbered anew, so the last part of an old code must not be carried over to a new one.
    pub exact: bool,
}

/// All rows, by old and by new code.
#[derive(Debug, Default)]
pub(super) struct Changes {
    by_old: BTreeMap<AreaCode, Vec<AreaChange>>,
    new_to_old: BTreeMap<AreaCode, Vec<AreaCode>>,
}

impl Changes {
    pub(super) fn read(file: &str) -> Self {
        let mut changes = Self::default();
        let mut rows = csv::Reader::from_reader(file.as_bytes());
        for change in rows.records().filter_map(Result::ok).filter_map(|row| row_of(&row)) {
            changes.new_to_old.entry(change.new).or_default().push(change.old);
            changes.by_old.entry(change.old).or_default().push(change);
        }
        changes
    }

    fn of(&self, old: AreaCode) -> &[AreaChange] {
        self.by_old.get(&old).map(Vec::as_slice).unwrap_or_default()
    }

    /// What a code became in the end. A row that leads back to a code already met ends there, so no cycle of rows runs on.
    fn last(&self, code: AreaCode) -> Vec<AreaCode> {
        let (mut met, mut ends, mut next) = (vec![code], Vec::new(), vec![code]);
        while let Some(code) = next.pop() {
            let changes = self.of(code);
            if changes.is_empty() || changes.iter().any(|change| change.new == code) {
                ends.push(code);
            }
            for change in changes {
                if !met.contains(&change.new) {
                    met.push(change.new);
                    next.push(change.new);
                }
            }
        }
        ends.sort_unstable();
        ends
    }
}

fn row_of(row: &csv::StringRecord) -> Option<AreaChange> {
    Some(AreaChange {
        old: AreaCode::parse(row.get(0)?).ok()?,
        new: AreaCode::parse(row.get(1)?).ok()?,
        kind: ChangeKind::read(row.get(2)?)?,
        in_force: row.get(3)?.to_owned(),
        legal_basis: row.get(4)?.to_owned(),
        mark: row.get(5)?.to_owned(),
    })
}

impl Areas {
    /// What a code became, one step on: one row for a move, several for a split.
    #[must_use]
    pub fn successors(&self, code: AreaCode) -> &[AreaChange] {
        self.changes.of(code)
    }

    /// The codes that became this one, one step back, in order.
    #[must_use]
    pub fn predecessors(&self, code: AreaCode) -> Vec<AreaCode> {
        let mut old = self.changes.new_to_old.get(&code).cloned().unwrap_or_default();
        old.sort_unstable();
        old
    }

    /// What a code stands for today, however old it is. A code that has rows follows them, even if there is an area of
    /// that code; a code of the list without rows is itself.
    #[must_use]
    pub fn current(&self, code: AreaCode) -> Current {
        for above in code.upwards() {
            let last = if self.changes.of(above).is_empty() { vec![above] } else { self.changes.last(above) };
            let areas: Vec<Area> = last.into_iter().filter_map(|code| self.area(code)).collect();
            if !areas.is_empty() {
                return Current { areas, exact: above == code };
            }
        }
        Current { areas: Vec::new(), exact: false }
    }

    /// Every row, in order of the old codes.
    pub fn changes(&self) -> impl Iterator<Item = &AreaChange> {
        self.changes.by_old.values().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> AreaCode {
        AreaCode::parse(text).unwrap()
    }

    #[test]
    fn chain_of_changes_stops_half_way_or_runs_in_a_circle() {
        let changes = Changes::read(
            "old_code,new_code,kind,in_force,legal_basis,mark\n\
             81.01,82.01,moved,1999-10-04,x,[M]\n82.01,83.01,split,2003-01-01,x,[M]\n82.01,83.02,split,2003-01-01,x,[M]\n\
             11.01,11.02,moved,x,x,[M]\n11.02,11.01,moved,x,x,[M]\n12.01,12.01,renamed,x,x,[M]\n",
        );
        assert_eq!(changes.last(code("81.01")), [code("83.01"), code("83.02")]);
        assert_eq!(changes.last(code("11.01")), []);
        assert_eq!(changes.last(code("12.01")), [code("12.01")]);
    }

    #[test]
    fn row_of_an_unknown_kind_is_taken_for_another() {
        let changes = Changes::read("old_code,new_code,kind,in_force,legal_basis,mark\n81.01,82.01,sold,x,x,[M]\n");
        assert!(changes.of(code("81.01")).is_empty());
    }
}

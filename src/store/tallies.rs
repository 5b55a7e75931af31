//! Statistics as a store keeps and gives them: what may be asked, and how sums move when projections are replaced. Pure arithmetic,
//! for every implementation alike; it reads and writes nothing.

use std::collections::BTreeMap;

use super::columns::{corrupt, number};
use super::error::StoreError;
use super::rows::Summary;
use crate::domain::{Cell, Class, ComplaintId, Event, Figure, Figures, Measure, Moment, Timestamp, UnitCode, fold};
use crate::regulations::compiled;

/// By what statistics are broken down.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Dimension {
    /// The unit that answers.
    Unit,
    /// What kind of unit that is.
    Level,
    /// The regency or city where it happened.
    Area,
    /// What it is about.
    Category,
    /// What kind of complaint.
    Class,
    /// The month of filing.
    Month,
}

impl Dimension {
    /// Every dimension.
    pub const ALL: [Self; 6] = [Self::Unit, Self::Level, Self::Area, Self::Category, Self::Class, Self::Month];

    /// Its name on the command line, in JSON and as a column.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Level => "level",
            Self::Area => "area",
            Self::Category => "category",
            Self::Class => "class",
            Self::Month => "month",
        }
    }

    /// The dimension of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.name() == name)
    }

    /// Where a cell lies in it.
    #[must_use]
    pub fn of(self, cell: &Cell) -> String {
        match self {
            Self::Unit => cell.unit.to_string(),
            Self::Level => cell.unit.kind().to_owned(),
            Self::Area => cell.area.to_string(),
            Self::Category => cell.category.clone(),
            Self::Class => cell.class.name().to_owned(),
            Self::Month => cell.month.to_string(),
        }
    }
}

/// Which complaints are counted, and by what they are broken down.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TallyFilter {
    /// By what; the whole in one row if by nothing.
    pub by: Vec<Dimension>,
    /// Only those held by this unit or one below it (compared part by part).
    pub unit: Option<UnitCode>,
    /// Only those that happened in this area or one within it.
    pub area: Option<UnitCode>,
    /// Only those about one of these; all if empty.
    pub categories: Vec<String>,
    /// Only those of this class.
    pub class: Option<Class>,
    /// Only those filed in this month or later, as in 202611.
    pub from: Option<u32>,
    /// Only those filed in this month or earlier.
    pub to: Option<u32>,
}

impl TallyFilter {
    /// Whether a cell is counted.
    #[must_use]
    pub fn counts(&self, cell: &Cell) -> bool {
        self.unit.as_ref().is_none_or(|unit| unit.contains(&cell.unit))
            && self.area.as_ref().is_none_or(|area| area.contains(&cell.area))
            && (self.categories.is_empty() || self.categories.contains(&cell.category))
            && self.class.is_none_or(|class| class == cell.class)
            && self.from.is_none_or(|from| from <= cell.month)
            && self.to.is_none_or(|to| cell.month <= to)
    }

    /// How many complaints wait for an office that is late at a moment, by their keys.
    pub(super) fn late<'a>(
        &self,
        summaries: impl Iterator<Item = &'a Summary>,
        now: Timestamp,
    ) -> BTreeMap<Vec<String>, u64> {
        let mut late: BTreeMap<Vec<String>, u64> = BTreeMap::new();
        let is_late = |summary: &&Summary| {
            summary.due.is_some_and(|due| due <= now) && summary.due_for.is_some_and(Moment::is_the_offices)
        };
        let cells = summaries.filter(is_late).filter_map(|summary| Some(&summary.measure.as_ref()?.cell));
        for cell in cells.filter(|cell| self.counts(cell)) {
            let count = late.entry(self.by.iter().map(|dimension| dimension.of(cell)).collect()).or_default();
            *count = count.saturating_add(1);
        }
        late
    }

    /// The sums of cells, in the order of their keys.
    pub(super) fn sum<'a>(&self, cells: impl Iterator<Item = (&'a Cell, &'a Figures)>) -> Vec<Tally> {
        let mut sums: BTreeMap<Vec<String>, Figures> = BTreeMap::new();
        for (cell, figures) in cells.filter(|(cell, _)| self.counts(cell)) {
            let key = self.by.iter().map(|dimension| dimension.of(cell)).collect();
            sums.entry(key).or_default().plus(figures);
        }
        sums.into_iter()
            .filter(|(_, figures)| !figures.is_empty())
            .map(|(key, figures)| Tally { key, figures })
            .collect()
    }
}

/// One row of statistics.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tally {
    /// Where it lies in each of the dimensions that were asked for, in their order.
    pub key: Vec<String>,
    /// The sums.
    pub figures: Figures,
}

/// What a complaint with these events adds; none if they do not fold.
pub(super) fn measure(events: &[Event]) -> Option<Measure> {
    Some(Measure::of(&fold(events)?, events, compiled()))
}

/// What each complaint adds from now on; of two projections of one complaint the later stays.
pub(super) fn measured(summaries: &[Summary]) -> BTreeMap<ComplaintId, Option<&Measure>> {
    summaries.iter().map(|summary| (summary.id, summary.measure.as_deref())).collect()
}

/// How the sums move: what complaints added before is taken away, what they add now is added. Cells that do not move are left out.
pub(super) fn shift(
    before: &BTreeMap<ComplaintId, Measure>,
    after: &BTreeMap<ComplaintId, Option<&Measure>>,
) -> BTreeMap<Cell, Figures> {
    let mut moved: BTreeMap<Cell, Figures> = BTreeMap::new();
    for (complaint, now) in after {
        if let Some(then) = before.get(complaint) {
            moved.entry(then.cell.clone()).or_default().minus(&then.figures);
        }
        if let Some(now) = now {
            moved.entry(now.cell.clone()).or_default().plus(&now.figures);
        }
    }
    moved.retain(|_, figures| !figures.is_empty());
    moved
}

/// Figures as stored with a complaint: of each that is not zero its number, how many bytes follow, and these.
pub(super) fn encode(figures: &Figures) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (figure, amount) in figures.iter() {
        let whole = amount.to_be_bytes();
        let bare = if amount < 0 { &whole[..] } else { whole.get(leading(amount)..).unwrap_or_default() };
        bytes.extend([figure.code(), u8::try_from(bare.len()).unwrap_or_default()]);
        bytes.extend(bare);
    }
    bytes
}

/// How many of the bytes of a number say nothing.
fn leading(amount: i64) -> usize {
    usize::try_from(amount.leading_zeros() / 8).unwrap_or_default()
}

/// Figures read back.
pub(super) fn decode(mut bytes: &[u8]) -> Result<Figures, StoreError> {
    let unknown = || corrupt("a complaint's figures cannot be read");
    let mut figures = Figures::default();
    while let [code, length, rest @ ..] = bytes {
        let (bare, rest) = rest.split_at_checked(usize::from(*length)).ok_or_else(unknown)?;
        let mut whole = [0; 8];
        let from = whole.len().checked_sub(bare.len()).ok_or_else(unknown)?;
        whole.get_mut(from..).ok_or_else(unknown)?.copy_from_slice(bare);
        figures.add(Figure::from_code(*code).ok_or_else(unknown)?, i64::from_be_bytes(whole));
        bytes = rest;
    }
    if bytes.is_empty() { Ok(figures) } else { Err(unknown()) }
}

/// A row of `measures`: unit, area, category, class, month, figures.
pub(super) type MeasureRow = (String, String, String, String, i64, Vec<u8>);

/// What is stored of a complaint's measure.
pub(super) fn read((unit, area, category, class, month, figures): MeasureRow) -> Result<Measure, StoreError> {
    let class = Class::from_name(&class).ok_or_else(|| corrupt("a complaint is counted under an unknown class"))?;
    let (unit, area) = (super::columns::unit(&unit)?, super::columns::unit(&area)?);
    let cell = Cell { unit, area, category, class, month: number(month)? };
    Ok(Measure { cell, figures: decode(&figures)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_come_back_otherwise() {
        let mut figures = Figures::default();
        for (place, figure) in (0_u32..).zip(Figure::all()) {
            figures.add(*figure, 1_i64 << (place % 63));
        }
        figures.add(Figure::Returns, i64::MIN);
        assert_eq!(decode(&encode(&figures)).unwrap(), figures);
        for wrong in [&[0][..], &[0, 2, 1], &[0, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1], &[0xff, 1, 1]] {
            assert!(decode(wrong).is_err(), "{wrong:?}");
        }
    }
}

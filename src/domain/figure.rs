//! Figures that add up: what is counted and timed of complaints, under names and numbers that stay. It knows no complaint and no place.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::complaint::DisplayState;
use super::terms::Reason;

/// One thing that is counted. All of them add up over complaints.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Figure {
    /// Complaints.
    Complaints,
    /// Those that stand in this state.
    Now(DisplayState),
    /// When those that stand in it came into it: the sum of these moments, each in seconds since 1970.
    Since(DisplayState),
    /// Seconds that were spent in this state and are over.
    Spent(DisplayState),
    /// Complaints that ever stood in it.
    Ever(DisplayState),
    /// Times that custody went from unit to unit by their own doing: transfer, return, dispute, assignment.
    HandOvers,
    /// Times that a unit gave it back as not its own: returns, and dispositions with that reason.
    Returns,
    /// Times that a unit received what it had held before and another had held since.
    PingPong,
    /// Times that it came before an arbiter.
    Disputes,
    /// Times that it climbed past a silent holder.
    Climbs,
    /// Answers after their due date.
    LateAnswers,
    /// Times that it was opened again.
    Reopened,
    /// Complaints whose reporter appealed.
    Appealed,
    /// Complaints whose reporter withdrew.
    Withdrew,
    /// Complaints rated last with so many stars, 1 to 5.
    Stars(u8),
    /// Complaints that stand archived, for this reason.
    Archived(Reason),
}

/// Most stars.
const STARS_MAX: u8 = 5;

static ALL: LazyLock<Vec<Figure>> = LazyLock::new(|| {
    use Figure::{
        Appealed, Archived, Climbs, Complaints, Disputes, Ever, HandOvers, LateAnswers, Now, PingPong, Reopened,
        Returns, Since, Spent, Stars, Withdrew,
    };
    let states = |of: fn(DisplayState) -> Figure| DisplayState::ALL.iter().copied().map(of);
    let mut all = vec![Complaints];
    all.extend(states(Now).chain(states(Since)).chain(states(Spent)).chain(states(Ever)));
    all.extend([HandOvers, Returns, PingPong, Disputes, Climbs, LateAnswers, Reopened, Appealed, Withdrew]);
    all.extend((1..=STARS_MAX).map(Stars));
    all.extend(Reason::ALL.iter().copied().map(Archived));
    all
});

impl Figure {
    /// Every figure, in the order in which they are told.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &ALL
    }

    /// The stable number under which it is stored.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Complaints => 0,
            Self::Now(state) => 0x10 | place(state),
            Self::Since(state) => 0x20 | place(state),
            Self::Spent(state) => 0x30 | place(state),
            Self::Ever(state) => 0x40 | place(state),
            Self::HandOvers => 1,
            Self::Returns => 2,
            Self::PingPong => 3,
            Self::Disputes => 4,
            Self::Climbs => 5,
            Self::LateAnswers => 6,
            Self::Reopened => 7,
            Self::Appealed => 8,
            Self::Withdrew => 9,
            Self::Stars(stars) => 0x50 | (stars & 0x0f),
            Self::Archived(reason) => 0x60 | (reason.code() & 0x1f),
        }
    }

    /// The figure with this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        ALL.iter().copied().find(|figure| figure.code() == code)
    }

    /// Its name in tables and in JSON: lower-case letters, digits and underscores.
    #[must_use]
    pub fn name(self) -> String {
        let of = |what: &str, word: &str| format!("{what}_{}", word.replace('-', "_"));
        let plain = match self {
            Self::Now(state) => return of("now", state.name()),
            Self::Since(state) => return of("since", state.name()),
            Self::Spent(state) => return of("spent", state.name()),
            Self::Ever(state) => return of("ever", state.name()),
            Self::Stars(stars) => return format!("stars_{stars}"),
            Self::Archived(reason) => return of("archived", reason.name()),
            Self::Complaints => "complaints",
            Self::HandOvers => "hand_overs",
            Self::Returns => "returns",
            Self::PingPong => "ping_pong",
            Self::Disputes => "disputes",
            Self::Climbs => "climbs",
            Self::LateAnswers => "late_answers",
            Self::Reopened => "reopened",
            Self::Appealed => "appealed",
            Self::Withdrew => "withdrew",
        };
        plain.to_owned()
    }
}

/// A state's number within its kind of figure: its place in the list, to whose end states are added.
fn place(state: DisplayState) -> u8 {
    let at = DisplayState::ALL.iter().position(|known| *known == state);
    at.and_then(|at| u8::try_from(at).ok()).unwrap_or(0x0f)
}

/// Figures that are not zero.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Figures(BTreeMap<Figure, i64>);

impl Figures {
    /// A figure; 0 if nothing was counted.
    #[must_use]
    pub fn get(&self, figure: Figure) -> i64 {
        self.0.get(&figure).copied().unwrap_or_default()
    }

    /// Adds to a figure. It stays within what a number of 64 bits holds.
    pub fn add(&mut self, figure: Figure, amount: i64) {
        let sum = self.get(figure).saturating_add(amount);
        if sum == 0 {
            self.0.remove(&figure);
        } else {
            self.0.insert(figure, sum);
        }
    }

    /// Adds all figures of others.
    pub fn plus(&mut self, other: &Self) {
        other.iter().for_each(|(figure, amount)| self.add(figure, amount));
    }

    /// Takes all figures of others away.
    pub fn minus(&mut self, other: &Self) {
        other.iter().for_each(|(figure, amount)| self.add(figure, amount.saturating_neg()));
    }

    /// The figures that are not zero.
    pub fn iter(&self) -> impl Iterator<Item = (Figure, i64)> + '_ {
        self.0.iter().map(|(figure, amount)| (*figure, *amount))
    }

    /// Whether all are zero.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn two_figures_share_a_number_or_a_name() {
        for figure in Figure::all() {
            assert_eq!(Figure::from_code(figure.code()), Some(*figure));
            assert!(figure.name().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'));
        }
        let names: BTreeSet<String> = Figure::all().iter().map(|figure| figure.name()).collect();
        assert_eq!(names.len(), Figure::all().len());
    }

    #[test]
    fn what_was_taken_away_leaves_a_zero() {
        let (mut sum, mut one) = (Figures::default(), Figures::default());
        one.add(Figure::Returns, 2);
        sum.plus(&one);
        sum.add(Figure::Climbs, 1);
        sum.minus(&one);
        assert_eq!(sum.iter().collect::<Vec<_>>(), [(Figure::Climbs, 1)]);
    }
}

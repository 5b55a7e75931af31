//! The columns of statistics: their names, which stay, and what stands in them. Pure.

use std::sync::LazyLock;

use crate::domain::life::seconds;
use crate::domain::{DisplayState, Figure, Figures, Timestamp};

/// A column.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Column {
    /// A figure as it was summed.
    Figure(Figure),
    /// Seconds in a state, what goes on included.
    Seconds(DisplayState),
    /// The same for each complaint that was ever in it.
    MeanSeconds(DisplayState),
    /// Complaints that were rated.
    Rated,
    /// The sum of their stars.
    Stars,
    /// Complaints that wait now for an office that is late; not told to the public.
    Overdue,
}

static ALL: LazyLock<Vec<Column>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for figure in Figure::all() {
        match figure {
            Figure::Since(_) => {}
            Figure::Spent(state) => all.push(Column::Seconds(*state)),
            Figure::Stars(1) => all.extend([Column::Rated, Column::Stars, Column::Figure(Figure::Stars(1))]),
            Figure::Complaints
            | Figure::Now(_)
            | Figure::Ever(_)
            | Figure::HandOvers
            | Figure::Returns
            | Figure::PingPong
            | Figure::Disputes
            | Figure::Climbs
            | Figure::LateAnswers
            | Figure::Reopened
            | Figure::Appealed
            | Figure::Withdrew
            | Figure::Stars(_)
            | Figure::Archived(_) => all.push(Column::Figure(*figure)),
        }
    }
    let mean = all.iter().position(|column| *column == Column::Figure(Figure::HandOvers)).unwrap_or(all.len());
    all.splice(mean..mean, DisplayState::ALL.iter().map(|state| Column::MeanSeconds(*state)));
    let late = all.iter().position(|column| *column == Column::Figure(Figure::LateAnswers)).unwrap_or(all.len());
    all.insert(late, Column::Overdue);
    all
});

impl Column {
    /// Every column, in the order in which they stand.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &ALL
    }

    /// Its name in the first line of a table, and in JSON.
    #[must_use]
    pub fn name(self) -> String {
        let of = |what: &str, state: DisplayState| format!("{what}_{}", state.name().replace('-', "_"));
        match self {
            Self::Figure(figure) => figure.name(),
            Self::Seconds(state) => of("seconds", state),
            Self::MeanSeconds(state) => of("mean_seconds", state),
            Self::Rated => "rated".to_owned(),
            Self::Stars => "stars".to_owned(),
            Self::Overdue => "overdue".to_owned(),
        }
    }
}

/// What stands in each column at a moment; none where there is nothing to take a mean of.
pub(super) fn values(figures: &Figures, now: Timestamp) -> Vec<Option<i64>> {
    ALL.iter().map(|column| value(*column, figures, seconds(now))).collect()
}

fn value(column: Column, figures: &Figures, now: i64) -> Option<i64> {
    let stars = |worth: fn(u8) -> i64| {
        (1..=5_u8).map(|stars| figures.get(Figure::Stars(stars)).saturating_mul(worth(stars))).sum()
    };
    Some(match column {
        Column::Figure(figure) => figures.get(figure),
        Column::Seconds(state) => {
            let going_on = figures.get(Figure::Now(state)).saturating_mul(now);
            let going_on = going_on.saturating_sub(figures.get(Figure::Since(state)));
            // A clock that is ahead of this one does not make time run backwards.
            figures.get(Figure::Spent(state)).saturating_add(going_on).max(0)
        }
        Column::MeanSeconds(state) => {
            let sum = value(Column::Seconds(state), figures, now)?;
            return sum.checked_div(figures.get(Figure::Ever(state)));
        }
        Column::Rated => stars(|_| 1),
        Column::Stars => stars(i64::from),
        // Known to the store at a moment, not a sum.
        Column::Overdue => return None,
    })
}

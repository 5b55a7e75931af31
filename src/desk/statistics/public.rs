//! Suppression in what is for the public: no figure under [`PUBLIC_MIN`] is told, nor can one be found by adding and taking away what
//! is told in one answer. Several answers that cut the same complaints otherwise are not held against each other.
//!
//! Rows of fewer complaints are put together into one, with more rows until it is of two and of enough. So the total tells nothing
//! more. Within a row, of figures that sum up to another that is told, as many are left out as sum up to enough, at least two. The
//! total tells a state only if every row does: so no column can be taken away from its total, and each row stands for itself.

use super::Row;
use super::column::Column;
use crate::domain::{DisplayState, Figure, Figures, Reason};
use crate::store::Tally;

/// The smallest figure that is told to the public.
pub const PUBLIC_MIN: i64 = 10;

type Values = Vec<Option<i64>>;

/// Puts small rows together; the rest is none if no row is small.
pub(super) fn merged(tallies: Vec<Tally>) -> (Vec<Tally>, Option<Figures>) {
    let size = |tally: &Tally| tally.figures.get(Figure::Complaints);
    let (mut large, small): (Vec<Tally>, Vec<Tally>) = tallies.into_iter().partition(|tally| size(tally) >= PUBLIC_MIN);
    if small.is_empty() {
        return (large, None);
    }
    let (mut rest, mut rows) = (Figures::default(), small.len());
    for tally in &small {
        rest.plus(&tally.figures);
    }
    while rows < 2 || rest.get(Figure::Complaints) < PUBLIC_MIN {
        let smallest = large.iter().enumerate().min_by_key(|(_, tally)| size(tally)).map(|(place, _)| place);
        let Some(place) = smallest else { break };
        rest.plus(&large.remove(place).figures);
        rows = rows.saturating_add(1);
    }
    (large, Some(rest))
}

/// Suppresses what must not be told.
pub(super) fn hide(rows: &mut [Row], total: &mut Values) {
    for row in rows.iter_mut() {
        hide_within(&mut row.values);
    }
    let sums = total.clone();
    hide_within(total);
    let parts: Vec<&Values> = rows.iter().map(|row| &row.values).collect();
    for (place, column) in Column::all().iter().enumerate() {
        if matches!(column, Column::Seconds(_) | Column::MeanSeconds(_) | Column::Stars) {
            // They follow the figure that they are reckoned with.
            continue;
        }
        let left_out = parts.iter().filter(|row| at(row, place).is_none()).count();
        if left_out == 0 {
            if in_group(*column)
                && !parts.is_empty()
                && let Some(value) = total.get_mut(place)
            {
                // What every row tells is found by adding: left out here, it would give away what else is.
                *value = at(&sums, place);
            }
            continue;
        }
        let told: i64 = parts.iter().filter_map(|row| at(row, place)).sum();
        let hidden = at(&sums, place).unwrap_or_default().saturating_sub(told);
        if !stands_alone(*column) || left_out < 2 || hidden < PUBLIC_MIN {
            clear(total, place);
        }
    }
    follow(total);
}

/// Whether a column's only sum is that over the rows.
fn stands_alone(column: Column) -> bool {
    match column {
        Column::Figure(Figure::Now(_) | Figure::Archived(_) | Figure::Stars(_)) | Column::Overdue => false,
        Column::Figure(_) | Column::Seconds(_) | Column::MeanSeconds(_) | Column::Rated | Column::Stars => true,
    }
}

fn at(values: &[Option<i64>], place: usize) -> Option<i64> {
    values.get(place).copied().flatten()
}

fn place(column: Column) -> usize {
    Column::all().iter().position(|known| *known == column).unwrap_or(usize::MAX)
}

fn clear(values: &mut [Option<i64>], place: usize) {
    if let Some(value) = values.get_mut(place) {
        *value = None;
    }
}

fn clear_all(values: &mut [Option<i64>], places: &[usize]) {
    for place in places {
        clear(values, *place);
    }
}

fn of(values: &[Option<i64>], column: Column) -> Option<i64> {
    at(values, place(column))
}

/// Suppresses within one row.
fn hide_within(values: &mut Values) {
    for (place, column) in Column::all().iter().enumerate() {
        let counts = matches!(column, Column::Figure(_) | Column::Rated);
        if counts && !in_group(*column) && at(values, place).is_some_and(|value| value < PUBLIC_MIN) {
            clear(values, place);
        }
    }
    if of(values, Column::Figure(Figure::Complaints)).is_none() {
        values.fill(None);
        return;
    }
    let states: Vec<usize> = DisplayState::ALL.iter().map(|state| place(Column::Figure(Figure::Now(*state)))).collect();
    hide_among(values, &states);
    let reasons: Vec<usize> =
        Reason::ALL.iter().map(|reason| place(Column::Figure(Figure::Archived(*reason)))).collect();
    if of(values, Column::Figure(Figure::Now(DisplayState::Archived))).is_none() {
        clear_all(values, &reasons);
    }
    hide_among(values, &reasons);
    // The sum of the stars is a second equation on them: all are told, or none.
    let stars: Vec<usize> = (1..=5).map(|stars| place(Column::Figure(Figure::Stars(stars)))).collect();
    if stars.iter().any(|place| at(values, *place).is_none_or(|value| value < PUBLIC_MIN)) {
        clear_all(values, &stars);
    }
    follow(values);
}

fn in_group(column: Column) -> bool {
    !stands_alone(column)
}

/// Suppresses among figures whose sum is told: what is small and, until at least two are left out that sum up to enough, the next.
fn hide_among(values: &mut [Option<i64>], places: &[usize]) {
    let mut told: Vec<(i64, usize)> = places.iter().filter_map(|place| Some((at(values, *place)?, *place))).collect();
    told.sort_unstable();
    let (mut sum, mut left_out) = (0_i64, 0_usize);
    for (value, place) in told {
        if value >= PUBLIC_MIN && (left_out == 0 || (left_out >= 2 && sum >= PUBLIC_MIN)) {
            break;
        }
        clear(values, place);
        sum = sum.saturating_add(value);
        left_out = left_out.saturating_add(1);
    }
}

/// What is reckoned from a figure that is not told is not told either.
fn follow(values: &mut [Option<i64>]) {
    for state in DisplayState::ALL {
        if of(values, Column::Figure(Figure::Ever(*state))).is_none() {
            clear(values, place(Column::Seconds(*state)));
            clear(values, place(Column::MeanSeconds(*state)));
        }
    }
    if of(values, Column::Rated).is_none() {
        clear(values, place(Column::Stars));
        (1..=5).for_each(|stars| clear(values, place(Column::Figure(Figure::Stars(stars)))));
    }
}

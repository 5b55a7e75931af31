//! Tests of statistics: what is read, what is left out, and that nothing left out can be found.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::event::PublicName;
use crate::domain::{Change, DisplayState, Event, EventHash, Figure, Registry};
use crate::words::Language;

fn tally(key: &str, figures: &[(Figure, i64)]) -> Tally {
    let mut sum = Figures::default();
    for (figure, amount) in figures {
        sum.add(*figure, *amount);
    }
    Tally { key: vec![key.to_owned()], figures: sum }
}

fn public(by: Vec<Dimension>, tallies: Vec<Tally>) -> Statistics {
    let question = Question { filter: TallyFilter { by, ..TallyFilter::default() }, public: true };
    Statistics::of(&question, tallies, Timestamp(0))
}

fn get(values: &[Option<i64>], figure: Figure) -> Option<i64> {
    Statistics::value(values, Column::Figure(figure))
}

#[test]
fn word_of_a_question_is_misread() {
    let months = |text| months_of(text);
    assert_eq!(months(""), Some((None, None)));
    assert_eq!(months("2026-11"), Some((Some(202_611), Some(202_611))));
    assert_eq!(months("202601..2026-11"), Some((Some(202_601), Some(202_611))));
    assert_eq!(months("2026-02.."), Some((Some(202_602), None)));
    for wrong in ["2026", "2026-13", "202600", "x", "2026-1"] {
        assert_eq!(months(wrong), None, "{wrong}");
    }
    let group = categories_of("jalan").unwrap();
    assert!(group.contains(&"jalan-rusak".to_owned()) && group.len() > 1, "{group:?}");
    assert_eq!(categories_of("jalan-rusak").unwrap(), ["jalan-rusak"]);
    assert_eq!(categories_of("of-before").unwrap(), ["of-before"]);
    let by = ["month".to_owned(), "unit".to_owned(), "month".to_owned()];
    let question = Question::of(Asked { by: &by, ..Asked::default() }, None, None).unwrap();
    assert_eq!(question.filter.by, [Dimension::Month, Dimension::Unit]);
    assert!(Question::of(Asked { by: &["x".to_owned()], ..Asked::default() }, None, None).is_err());
}

#[test]
fn time_that_goes_on_is_not_counted_to_this_moment() {
    let state = DisplayState::InProgress;
    let figures = [
        (Figure::Complaints, 3),
        (Figure::Now(state), 2),
        (Figure::Since(state), 1_000 + 1_500),
        (Figure::Spent(state), 400),
        (Figure::Ever(state), 3),
        (Figure::Stars(4), 1),
        (Figure::Stars(5), 1),
    ];
    let told = Statistics::of(&Question::default(), vec![tally("", &figures)], Timestamp(2_000_999_999));
    let of = |column| Statistics::value(&told.total, column);
    assert_eq!(of(Column::Seconds(state)), Some(400 + 1_000 + 500));
    assert_eq!(of(Column::MeanSeconds(state)), Some(633));
    assert_eq!(of(Column::MeanSeconds(DisplayState::Closed)), None);
    assert_eq!((of(Column::Rated), of(Column::Stars)), (Some(2), Some(9)));
    // A clock that is behind counts nothing backwards.
    let behind = Statistics::of(&Question::default(), vec![tally("", &figures)], Timestamp(0));
    assert_eq!(Statistics::value(&behind.total, Column::Seconds(state)), Some(0));
}

#[test]
fn small_row_is_shown_or_found_by_its_total() {
    let (closed, new) = (Figure::Now(DisplayState::Closed), Figure::Now(DisplayState::New));
    let row = |key: &str, amount| tally(key, &[(Figure::Complaints, amount), (closed, amount)]);
    let told = public(vec![Dimension::Unit], vec![row("13", 400), row("13.71", 3), row("kl.pu", 40), row("id", 90)]);
    let rows: Vec<_> = told.rows.iter().map(|row| (row.key.join(""), get(&row.values, Figure::Complaints))).collect();
    // Three alone would be found: the next joins them.
    assert_eq!(rows, [("13".to_owned(), Some(400)), ("id".to_owned(), Some(90)), (String::new(), Some(43))]);
    assert_eq!(get(&told.total, Figure::Complaints), Some(533));
    let told = public(vec![Dimension::Unit], vec![row("13", 4), row("13.71", 3)]);
    assert!(
        told.rows
            .iter()
            .chain([&Row { key: vec![], values: told.total.clone() }])
            .all(|row| { row.values.iter().all(Option::is_none) })
    );
    let told = public(vec![], vec![tally("", &[(Figure::Complaints, 100), (closed, 95), (new, 5)])]);
    assert_eq!((get(&told.total, closed), get(&told.total, new)), (None, None), "100 less 95 is 5");
    assert_eq!(get(&told.total, Figure::Complaints), Some(100));
}

type Amounts = Vec<i64>;

/// Figures as a history would leave them: states sum up to complaints, reasons to what stands archived.
fn rolled() -> impl Strategy<Value = Vec<Tally>> {
    let states = prop::collection::vec(prop_oneof![Just(0_i64), 0_i64..30, 10_i64..200], 10);
    let row = (states, prop::collection::vec(0_i64..40, 5), prop::collection::vec(0_i64..40, 3));
    prop::collection::vec(row, 1..6).prop_map(|rows| {
        let one = |(number, (states, stars, counts)): (usize, (Amounts, Amounts, Amounts))| {
            let mut figures = vec![(Figure::Complaints, states.iter().sum::<i64>())];
            for (state, amount) in DisplayState::ALL.iter().zip(&states) {
                figures.extend([(Figure::Now(*state), *amount), (Figure::Ever(*state), amount * 2)]);
            }
            figures.extend((1..=5).zip(stars).map(|(worth, amount)| (Figure::Stars(worth), amount)));
            figures.extend([Figure::Returns, Figure::Climbs, Figure::LateAnswers].into_iter().zip(counts));
            tally(&number.to_string(), &figures)
        };
        rows.into_iter().enumerate().map(one).filter(|tally| tally.figures.get(Figure::Complaints) > 0).collect()
    })
}

/// Whether equations over unknowns fix one of them: Gauss and Jordan, then a row with one unknown left.
fn fixed(mut equations: Vec<Vec<f64>>, unknowns: usize) -> Option<usize> {
    let mut next = 0;
    for column in 0..unknowns {
        let Some(pivot) = (next..equations.len()).find(|row| equations[*row][column].abs() > 1e-9) else { continue };
        equations.swap(next, pivot);
        let lead = equations[next].clone();
        for (place, row) in equations.iter_mut().enumerate() {
            let factor = if place == next { 0.0 } else { row[column] / lead[column] };
            row.iter_mut().zip(&lead).for_each(|(cell, lead)| *cell -= factor * lead);
        }
        next += 1;
    }
    let alone = |row: &Vec<f64>| {
        let left: Vec<usize> = (0..unknowns).filter(|column| row[*column].abs() > 1e-9).collect();
        (left.len() == 1).then(|| left[0])
    };
    equations.iter().find_map(alone)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn figure_left_out_is_found_by_subtraction(tallies in rolled()) {
        let told = public(vec![Dimension::Unit], tallies);
        let mut all: Vec<&Vec<Option<i64>>> = told.rows.iter().map(|row| &row.values).collect();
        all.push(&told.total);
        for (column, value) in all.iter().flat_map(|values| Column::all().iter().zip(values.iter())) {
            if matches!(column, Column::Figure(_) | Column::Rated) {
                prop_assert!(value.is_none_or(|value| value >= PUBLIC_MIN), "{column:?}");
            }
        }
        // What is not told are unknowns; what is known of the table anyway are equations.
        let mut unknown: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        let mut equations: Vec<Vec<(usize, f64)>> = Vec::new();
        let place = |column| Column::all().iter().position(|known| *known == column).unwrap();
        let mut term = |row: usize, column: Column, sign: f64| {
            let at = place(column);
            let next = unknown.len();
            all[row][at].is_none().then(|| (*unknown.entry((row, at)).or_insert(next), sign))
        };
        let total = told.rows.len();
        let figure = Column::Figure;
        for column in Column::all() {
            if !matches!(column, Column::MeanSeconds(_)) {
                let mut equation: Vec<_> = (0..total).filter_map(|row| term(row, *column, 1.0)).collect();
                equation.extend(term(total, *column, -1.0));
                equations.push(equation);
            }
        }
        for row in 0..=total {
            let mut states: Vec<_> =
                DisplayState::ALL.iter().filter_map(|state| term(row, figure(Figure::Now(*state)), 1.0)).collect();
            states.extend(term(row, figure(Figure::Complaints), -1.0));
            equations.push(states);
            for (sum, worth) in [(Column::Rated, 0), (Column::Stars, 1)] {
                let weight = |stars: u8| if worth == 0 { 1.0 } else { f64::from(stars) };
                let mut stars: Vec<_> =
                    (1..=5).filter_map(|stars| term(row, figure(Figure::Stars(stars)), weight(stars))).collect();
                stars.extend(term(row, sum, -1.0));
                equations.push(stars);
            }
        }
        let count = unknown.len();
        let dense = |terms: &Vec<(usize, f64)>| {
            let mut row = vec![0.0; count];
            for (at, sign) in terms {
                row[*at] += sign;
            }
            row
        };
        let found = fixed(equations.iter().map(dense).collect(), count);
        let named = found.and_then(|at| unknown.iter().find(|(_, place)| **place == at));
        prop_assert_eq!(named.map(|((row, at), _)| (*row, Column::all()[*at])), None);
    }
}

#[test]
fn total_leaves_out_what_its_rows_tell() {
    use DisplayState::{Awaiting, Closed, Disposed, New, Returned, Undisposed};

    let states = |key: &str, amounts: &[(DisplayState, i64)]| {
        let mut figures = vec![(Figure::Complaints, amounts.iter().map(|(_, amount)| amount).sum::<i64>())];
        figures.extend(amounts.iter().map(|(state, amount)| (Figure::Now(*state), *amount)));
        tally(key, &figures)
    };
    let one = [(New, 29), (Undisposed, 14), (Disposed, 33), (Returned, 33), (Awaiting, 10), (Closed, 10)];
    let other = [(New, 1), (Undisposed, 16), (Awaiting, 20), (Closed, 16)];
    let told = public(vec![Dimension::Unit], vec![states("0", &one), states("1", &other)]);
    let closed = |values: &[Option<i64>]| Statistics::value(values, Column::Figure(Figure::Now(Closed)));
    let rows: Option<Vec<i64>> = told.rows.iter().map(|row| closed(&row.values)).collect();
    assert_eq!(rows.map(|rows| rows.iter().sum()), closed(&told.total));
}

fn registry() -> Registry {
    let mut registry = Registry::default();
    let name = PublicName::parse("=Dinas; -1").unwrap();
    let header = crate::domain::Header {
        federation: crate::domain::FederationId::parse("lapor.test").unwrap(),
        node: crate::domain::NodeId::Hub,
        position: crate::domain::Position::new(1, 1),
        prev: None,
        complaint: None,
        opener: None,
        seen: None,
        registry: crate::domain::Position::ZERO,
        time: Timestamp(0),
        unit: None,
        account: None,
        change: Change::UnitListed {
            listing: Box::new(crate::domain::Listing::named(UnitCode::parse("13.71").unwrap(), name)),
            declared: None,
        },
        parts: Vec::new(),
    };
    registry.apply(&Event { hash: EventHash([1; 32]), header });
    registry
}

#[test]
fn table_reads_differently_or_runs_a_formula() {
    let question = Question {
        filter: TallyFilter {
            by: vec![Dimension::Unit, Dimension::Category, Dimension::Month],
            ..TallyFilter::default()
        },
        public: false,
    };
    let figures = [
        (Figure::Complaints, 4),
        (Figure::Now(DisplayState::Closed), 1),
        (Figure::Ever(DisplayState::New), 4),
        (Figure::Spent(DisplayState::New), 4 * 86_400 + 4 * 43_200),
        (Figure::Returns, 2),
        (Figure::Stars(4), 1),
        (Figure::Stars(5), 1),
    ];
    let key = ["13.71", "-1+1", "202611"].map(str::to_owned).to_vec();
    let told = Statistics::of(&question, vec![Tally { key, ..tally("", &figures) }], Timestamp(0));
    let text = text(&told, &registry(), Language::English);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "BY                                 COMPLAINTS  OPEN  CLOSED  ARCHIVED  RETURNS  HAND-OVERS  PING-PONG  DISPUTES  \
         LATE  RATING"
    );
    assert_eq!(
        lines[1],
        "13.71 =Dinas; -1 / -1+1 / 2026-11  4           3     1       0         2        0           0          0         \
         0     4.5"
    );
    assert!(text.contains("new ") && text.contains("  1.5\n"), "{text}");
    let mut out = Vec::new();
    csv(&told, &registry(), Language::English, &mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.starts_with("unit,unit_name,category,category_name,month,complaints,now_new,"), "{out}");
    assert!(out.lines().nth(1).unwrap().starts_with("13.71,'=Dinas; -1,'-1+1,,202611,4,0,"), "{out}");
    let json = json(&told, &registry(), Language::English);
    assert_eq!(json["rows"][0]["figures"]["seconds_new"], 4 * 86_400 + 4 * 43_200);
    assert_eq!((&json["rows"][0]["unit"], &json["rows"][0]["rest"]), (&"13.71".into(), &false.into()));
    assert!(json["total"]["mean_seconds_closed"].is_null());
}

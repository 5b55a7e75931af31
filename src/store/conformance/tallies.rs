//! Statistics against a recount of what is listed.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::Bench;
use super::sample::{complaint, put, refused, summary, unit};
use crate::domain::{Cell, Class, DisplayState, Figure, Figures, Measure, Moment, Timestamp, Verdict};
use crate::store::{Changes, Dimension, ListFilter, Store, Summary, Tally, TallyFilter};

const UNITS: [&str; 6] = ["13.71", "13.71.dlh", "13.7100", "13", "kl.pu", "id"];
const AREAS: [&str; 4] = ["13.71", "13.72", "13", "id"];
const CATEGORIES: [&str; 3] = ["jalan-rusak", "banjir", "ktp-kk"];

type Dice = (u8, usize, usize, usize, u32, Vec<(usize, i64)>);

/// A complaint as chance wants it.
fn rolled((number, of_unit, area, category, month, amounts): &Dice) -> Summary {
    let mut figures = Figures::default();
    figures.add(Figure::Complaints, 1);
    for (which, amount) in amounts {
        let figure = Figure::all()[which % Figure::all().len()];
        if figure != Figure::Complaints {
            figures.add(figure, *amount);
        }
    }
    let code = UNITS[of_unit % UNITS.len()].replace("13.7100", "13.72");
    let cell = Cell {
        unit: unit(&code),
        area: unit(AREAS[area % AREAS.len()]),
        category: CATEGORIES[category % CATEGORIES.len()].to_owned(),
        class: Class::ALL[category % Class::ALL.len()],
        month: 202_600 + 1 + month % 12,
    };
    let measure = (!number.is_multiple_of(7)).then(|| Box::new(Measure { cell, figures }));
    Summary { unit: unit(&code), measure, ..summary(number % 24) }
}

fn dice() -> impl Strategy<Value = Dice> {
    let amounts = prop::collection::vec((any::<usize>(), 1_i64..=1 << 36), 0..6);
    (any::<u8>(), any::<usize>(), any::<usize>(), any::<usize>(), any::<u32>(), amounts)
}

/// The same for every store and every run.
fn histories() -> Vec<Vec<Vec<Dice>>> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[16; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let history = prop::collection::vec(prop::collection::vec(dice(), 0..20), 1..10);
    (0..4).map(|_| history.new_tree(&mut runner).unwrap().current()).collect()
}

fn everything() -> TallyFilter {
    TallyFilter { by: Dimension::ALL.to_vec(), ..TallyFilter::default() }
}

/// Counts what is listed.
async fn recount<S: Store>(store: &S, filter: &TallyFilter) -> Vec<Tally> {
    let all = store.list(ListFilter { limit: 10_000, ..ListFilter::default() }).await.unwrap();
    let mut sums: BTreeMap<Vec<String>, Figures> = BTreeMap::new();
    for measure in all.into_iter().filter_map(|summary| summary.measure).filter(|measure| filter.counts(&measure.cell))
    {
        let key = filter.by.iter().map(|dimension| dimension.of(&measure.cell)).collect();
        sums.entry(key).or_default().plus(&measure.figures);
    }
    sums.into_iter().map(|(key, figures)| Tally { key, figures }).collect()
}

async fn agree<S: Store>(store: &S, filter: TallyFilter) {
    let (told, counted) = (store.tallies(filter.clone()).await.unwrap(), recount(store, &filter).await);
    assert_eq!(told, counted, "{filter:?}");
}

pub(super) async fn tally_differs_from_a_recount<B: Bench>(bench: &B) {
    for history in histories() {
        let store = bench.open("hub").await;
        for step in &history {
            let summaries = step.iter().map(rolled).collect();
            put(&store, Changes { summaries, ..Changes::default() }).await.unwrap();
            agree(&store, everything()).await;
        }
        for dimension in Dimension::ALL {
            agree(&store, TallyFilter { by: vec![dimension], ..TallyFilter::default() }).await;
        }
        agree(&store, TallyFilter::default()).await;
    }
}

pub(super) async fn late_office_is_not_counted_or_a_reporter_is<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let due = |number: u8, code, at: i64, moment| Summary {
        due: Some(Timestamp(at)),
        due_for: Some(moment),
        ..standing(number, code, DisplayState::Disposed)
    };
    let summaries = vec![
        due(1, "13.71", 5, Moment::Response),
        due(2, "13.71.dlh", 9, Moment::Verify),
        due(3, "13.71.dlh", 10, Moment::Verify),
        due(4, "13.71", 1, Moment::ReporterWindow),
        standing(5, "13.71", DisplayState::New),
    ];
    put(&store, Changes { summaries, ..Changes::default() }).await.unwrap();
    let late = async |filter: TallyFilter| store.late(filter, Timestamp(9)).await.unwrap();
    let by = TallyFilter { by: vec![Dimension::Unit, Dimension::Level], ..TallyFilter::default() };
    let key = |code: &str, level: &str| vec![code.to_owned(), level.to_owned()];
    assert_eq!(late(by).await, BTreeMap::from([(key("13.71", "city"), 1), (key("13.71.dlh", "agency"), 1)]));
    let one = TallyFilter { unit: Some(unit("13.71.dlh")), ..TallyFilter::default() };
    assert_eq!(late(one).await, BTreeMap::from([(Vec::new(), 1)]));
    assert_eq!(late(TallyFilter { from: Some(202_613), ..TallyFilter::default() }).await.values().sum::<u64>(), 0);
}

pub(super) async fn statistics_count_what_was_not_asked_for<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let summaries: Vec<Summary> = histories().iter().flatten().flatten().map(rolled).collect();
    put(&store, Changes { summaries, ..Changes::default() }).await.unwrap();
    let by = || TallyFilter { by: vec![Dimension::Month, Dimension::Unit], ..TallyFilter::default() };
    for filter in [
        TallyFilter { unit: Some(unit("13.71")), ..by() },
        TallyFilter { unit: Some(unit("13")), ..by() },
        TallyFilter { unit: Some(unit("id")), ..by() },
        TallyFilter { area: Some(unit("13")), ..by() },
        TallyFilter { categories: vec!["banjir".to_owned(), "ktp-kk".to_owned()], ..by() },
        TallyFilter { class: Some(Class::Complaint), ..by() },
        TallyFilter { from: Some(202_604), to: Some(202_609), ..by() },
        TallyFilter { from: Some(202_613), ..by() },
    ] {
        agree(&store, filter).await;
    }
    assert_eq!(store.tallies(TallyFilter { from: Some(202_613), ..TallyFilter::default() }).await.unwrap(), []);
}

/// A complaint that stands in a state since a second.
fn standing(number: u8, code: &str, state: DisplayState) -> Summary {
    let mut figures = Figures::default();
    for (figure, amount) in [(Figure::Complaints, 1), (Figure::Now(state), 1), (Figure::Since(state), 1000)] {
        figures.add(figure, amount);
    }
    let cell = Cell {
        unit: unit(code),
        area: unit("13.71"),
        category: "banjir".to_owned(),
        class: Class::Complaint,
        month: 202_611,
    };
    Summary { unit: unit(code), measure: Some(Box::new(Measure { cell, figures })), ..summary(number) }
}

pub(super) async fn same_plan_twice_counts_twice<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let plan = || Changes { summaries: vec![standing(1, "13.71", DisplayState::New)], ..Changes::default() };
    for _ in 0..2 {
        put(&store, plan()).await.unwrap();
    }
    let told = store.tallies(TallyFilter::default()).await.unwrap();
    assert_eq!(told.iter().map(|tally| tally.figures.get(Figure::Complaints)).collect::<Vec<_>>(), [1]);
    // Twice in one transaction, the later stays; and it leaves the cell that it came from.
    let moved = vec![standing(1, "13", DisplayState::New), standing(1, "kl.pu", DisplayState::Received)];
    put(&store, Changes { summaries: moved, ..Changes::default() }).await.unwrap();
    let by = TallyFilter { by: vec![Dimension::Unit, Dimension::Level], ..TallyFilter::default() };
    let told = store.tallies(by).await.unwrap();
    assert_eq!(told.iter().map(|tally| tally.key.join(" ")).collect::<Vec<_>>(), ["kl.pu ministry"]);
    assert_eq!(told[0].figures.get(Figure::Since(DisplayState::Received)), 1000);
    assert_eq!(told[0].figures.get(Figure::Now(DisplayState::New)), 0);
}

pub(super) async fn transaction_that_fails_moves_a_sum<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    put(&store, Changes { summaries: vec![standing(1, "13.71", DisplayState::New)], ..Changes::default() })
        .await
        .unwrap();
    let contradiction = Changes {
        summaries: vec![standing(1, "13", DisplayState::New), standing(2, "13", DisplayState::New)],
        verdicts: vec![(crate::domain::EventHash([9; 32]), Verdict::Applied)],
        ..Changes::default()
    };
    refused(&store, None, contradiction, "a verdict on what is not stored").await;
    agree(&store, everything()).await;
    assert_eq!(store.list(ListFilter::default()).await.unwrap()[0].id, complaint(1));
}

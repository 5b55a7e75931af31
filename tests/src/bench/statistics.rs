//! (e) How long statistics take, with few complaints and with ten times as many in the same cells: what they cost should depend on the
//! cells alone.

use lintas::domain::{
    Cell, Class, ComplaintId, DisplayState, FederationId, Figure, Figures, Measure, NodeId, Timestamp, TrackingNumber,
    UnitCode, Visibility,
};
use lintas::store::sqlite::SqliteStore;
use lintas::store::{Changes, Dimension, Owner, Scope, Store, Summary, TallyFilter};

use super::case::Stopwatch;
use super::error::{BenchError, Result};
use super::figures::percentile;

/// Complaints of the smaller database.
pub(super) const COMPLAINTS: u64 = 10_000;
/// How many times as many the larger has.
pub(super) const TIMES: u64 = 10;
/// Cells that they lie in: agencies by category by month.
const AGENCIES: u64 = 50;
const CATEGORIES: u64 = 10;
const MONTHS: u64 = 12;
/// Complaints in one transaction.
const AT_ONCE: u64 = 1000;

/// Two databases.
#[derive(Debug)]
pub(super) struct Tallied {
    small: SqliteStore,
    large: SqliteStore,
    _folder: tempfile::TempDir,
}

impl Tallied {
    /// Fills them.
    pub(super) async fn make() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let small = fill(&folder.path().join("small.db"), COMPLAINTS).await?;
        let large = fill(&folder.path().join("large.db"), COMPLAINTS.saturating_mul(TIMES)).await?;
        Ok(Self { small, large, _folder: folder })
    }

    /// The median time of a question, in seconds: of the smaller, of the larger.
    pub(super) async fn run(&self, samples: usize) -> Result<(f64, f64)> {
        let (mut small, mut large) = (Vec::with_capacity(samples), Vec::with_capacity(samples));
        for _ in 0..samples {
            small.push(ask(&self.small, COMPLAINTS).await?);
            large.push(ask(&self.large, COMPLAINTS.saturating_mul(TIMES)).await?);
        }
        let middle = percentile(&small, 0.5).zip(percentile(&large, 0.5));
        middle.ok_or_else(|| BenchError::Wrong("statistics were asked for no time".to_owned()))
    }
}

/// Asks by unit, and looks whether everything is counted.
async fn ask(store: &SqliteStore, complaints: u64) -> Result<f64> {
    let watch = Stopwatch::start();
    let told = store.tallies(TallyFilter { by: vec![Dimension::Unit], ..TallyFilter::default() }).await?;
    let seconds = watch.seconds();
    let counted: i64 = told.iter().map(|tally| tally.figures.get(Figure::Complaints)).sum();
    if u64::try_from(counted) == Ok(complaints) {
        return Ok(seconds);
    }
    Err(BenchError::Wrong(format!("{counted} complaints are counted of {complaints}")))
}

async fn fill(path: &std::path::Path, complaints: u64) -> Result<SqliteStore> {
    let wrong = |what: &dyn std::fmt::Display| BenchError::Wrong(what.to_string());
    let federation = FederationId::parse("bench.test").map_err(|error| wrong(&error))?;
    let store = SqliteStore::create(path, Owner { federation, node: NodeId::Hub }).await?;
    let mut number = 0;
    while number < complaints {
        let until = complaints.min(number.saturating_add(AT_ONCE));
        let summaries = (number..until).map(|number| complaint(number).ok_or_else(|| wrong(&"no complaint")));
        let summaries = summaries.collect::<Result<Vec<_>>>()?;
        let changes = Changes { summaries, ..Changes::default() };
        store.transact(Scope::default(), |_| (changes, ())).await?;
        number = until;
    }
    Ok(store)
}

/// One of them: in progress, answered in time, rated.
fn complaint(number: u64) -> Option<Summary> {
    let unit = UnitCode::parse(&format!("13.71.opd-{}", number % AGENCIES)).ok()?;
    let node = NodeId::parse("13.71").ok()?;
    let (state, since) = (DisplayState::InProgress, 1_700_000_000);
    let mut figures = Figures::default();
    for (figure, amount) in [
        (Figure::Complaints, 1),
        (Figure::Now(state), 1),
        (Figure::Since(state), since),
        (Figure::Spent(DisplayState::New), 3600),
        (Figure::Ever(DisplayState::New), 1),
        (Figure::Ever(state), 1),
    ] {
        figures.add(figure, amount);
    }
    let cell = Cell {
        unit: unit.clone(),
        area: UnitCode::parse("13.71").ok()?,
        category: format!("category-{}", number / AGENCIES % CATEGORIES),
        class: Class::Complaint,
        month: u32::try_from(202_601_u64.saturating_add(number / (AGENCIES * CATEGORIES) % MONTHS)).ok()?,
    };
    Some(Summary {
        id: ComplaintId(u128::from(number).to_be_bytes()),
        tracking: TrackingNumber::from_random(number),
        origin: node.clone(),
        class: cell.class,
        category: cell.category.clone(),
        visibility: Visibility::Open,
        imported: false,
        unit,
        node: node.clone(),
        state,
        epoch: 1,
        pending: None,
        due: None,
        due_for: None,
        overdue: false,
        withdrew: false,
        links: Vec::new(),
        held: false,
        late: 0,
        filed_at: Timestamp(0),
        updated_at: Timestamp(i64::try_from(number).ok()?),
        participants: vec![node],
        measure: Some(Box::new(Measure { cell, figures })),
    })
}

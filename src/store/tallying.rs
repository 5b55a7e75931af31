//! The statements on measures and tallies, which are the same for databases of either kind: a macro writes them for one. What is added
//! and taken away is `tallies`'.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::tallies::{Dimension, TallyFilter};
use crate::domain::{Cell, Figure, Figures, Moment};

/// Complaints, or cells, that one statement takes.
pub(super) const AT_ONCE: usize = 400;
/// Complaints of before that are counted in one transaction.
pub(super) const COUNTED_AT_ONCE: usize = 200;

/// The columns of a cell, its unit's level among them.
pub(super) const CELL: &str = "unit, level, area, category, class, month";

/// Cells by the figures that move in them, so that a statement names no other.
pub(super) fn alike(moved: &BTreeMap<Cell, Figures>) -> BTreeMap<Vec<Figure>, Vec<(&Cell, &Figures)>> {
    let mut alike: BTreeMap<Vec<Figure>, Vec<(&Cell, &Figures)>> = BTreeMap::new();
    for (cell, figures) in moved {
        alike.entry(figures.iter().map(|(figure, _)| figure).collect()).or_default().push((cell, figures));
    }
    alike
}

/// What is done with figures when a cell is there already.
pub(super) fn additions(figures: &[Figure]) -> String {
    let each = figures.iter().map(|figure| {
        let name = figure.name();
        format!("{name} = tallies.{name} + excluded.{name}")
    });
    each.collect::<Vec<_>>().join(", ")
}

/// What is read: the dimensions as texts, then every figure's sum.
pub(super) fn selected(filter: &TallyFilter) -> String {
    let mut text = String::from("SELECT ");
    // Writing to a String cannot fail.
    for dimension in &filter.by {
        let _ = write!(text, "CAST({} AS TEXT), ", dimension.name());
    }
    let sums = Figure::all().iter().map(|figure| format!("CAST(coalesce(sum({}), 0) AS BIGINT)", figure.name()));
    let _ = write!(text, "{} FROM tallies WHERE complaints > 0", sums.collect::<Vec<_>>().join(", "));
    text
}

/// What is read of complaints whose office is late at a moment: the dimensions as texts, then how many. The moment follows.
pub(super) fn late(filter: &TallyFilter) -> String {
    let mut text = String::from("SELECT ");
    // Writing to a String cannot fail.
    for dimension in &filter.by {
        let _ = write!(text, "CAST({} AS TEXT), ", dimension.name());
    }
    let offices = Moment::ALL.iter().filter(|moment| moment.is_the_offices());
    let offices: Vec<String> = offices.map(|moment| format!("'{}'", moment.name())).collect();
    let _ = write!(
        text,
        "CAST(count(*) AS BIGINT) FROM (SELECT m.* FROM complaints c JOIN measures m ON m.complaint = c.id
         WHERE c.due_for IN ({}) AND c.due_at IS NOT NULL AND c.due_at <= ",
        offices.join(", ")
    );
    text
}

/// By what rows are put together.
pub(super) fn grouped(by: &[Dimension]) -> String {
    let names: Vec<&str> = by.iter().map(|dimension| dimension.name()).collect();
    if names.is_empty() { String::new() } else { format!(" GROUP BY {}", names.join(", ")) }
}

/// The functions on the tables of one kind of database.
macro_rules! statements {
    ($database:ty, $connection:ty) => {
        use std::collections::BTreeMap;

        use sqlx::{QueryBuilder, Row as _};

        use crate::domain::{ComplaintId, Figure, Figures, Measure};
        use crate::store::tallies::{self, MeasureRow, Tally, TallyFilter};
        use crate::store::tallying::{AT_ONCE, CELL, additions, alike, grouped, late as late_text, selected};
        use crate::store::{StoreError, Summary};

        fn query(text: impl Into<String>) -> QueryBuilder<$database> {
            QueryBuilder::new(text.into())
        }

        fn named(mut query: QueryBuilder<$database>, complaints: &[ComplaintId]) -> QueryBuilder<$database> {
            query.push(" WHERE complaint IN (");
            let mut list = query.separated(", ");
            for complaint in complaints {
                list.push_bind(complaint.0.to_vec());
            }
            query.push(")");
            query
        }

        /// What complaints add, as stored; those that are not counted are left out.
        pub(super) async fn measures(
            connection: &mut $connection,
            complaints: &[ComplaintId],
        ) -> Result<BTreeMap<ComplaintId, Measure>, StoreError> {
            let mut measures = BTreeMap::new();
            for some in complaints.chunks(AT_ONCE) {
                let text = "SELECT complaint, unit, area, category, class, month, figures FROM measures";
                let rows = named(query(text), some).build().persistent(false).fetch_all(&mut *connection).await?;
                for row in rows {
                    let complaint: Vec<u8> = row.try_get(0)?;
                    let found: MeasureRow = (
                        row.try_get(1)?,
                        row.try_get(2)?,
                        row.try_get(3)?,
                        row.try_get(4)?,
                        row.try_get(5)?,
                        row.try_get(6)?,
                    );
                    measures.insert(crate::store::columns::complaint(&complaint)?, tallies::read(found)?);
                }
            }
            Ok(measures)
        }

        /// Puts measures to projections.
        pub(super) async fn with_measures(
            connection: &mut $connection,
            mut summaries: Vec<Summary>,
        ) -> Result<Vec<Summary>, StoreError> {
            let names: Vec<ComplaintId> = summaries.iter().map(|summary| summary.id).collect();
            let mut measures = measures(connection, &names).await?;
            for summary in &mut summaries {
                summary.measure = measures.remove(&summary.id).map(Box::new);
            }
            Ok(summaries)
        }

        /// Counts complaints as they are now instead of as they were.
        pub(super) async fn write(connection: &mut $connection, summaries: &[Summary]) -> Result<(), StoreError> {
            replace(connection, tallies::measured(summaries)).await
        }

        async fn replace(
            connection: &mut $connection,
            mut after: BTreeMap<ComplaintId, Option<&Measure>>,
        ) -> Result<(), StoreError> {
            let names: Vec<ComplaintId> = after.keys().copied().collect();
            let before = measures(connection, &names).await?;
            after.retain(|complaint, now| before.get(complaint) != *now);
            let moved = tallies::shift(&before, &after);
            for (figures, cells) in alike(&moved) {
                for cells in cells.chunks(AT_ONCE / 4) {
                    add(connection, &figures, cells).await?;
                }
            }
            if moved.values().any(|figures| figures.get(Figure::Complaints) < 0) {
                query("DELETE FROM tallies WHERE complaints = 0").build().execute(&mut *connection).await?;
            }
            let (kept, gone): (Vec<_>, Vec<_>) = after.into_iter().partition(|(_, now)| now.is_some());
            for some in kept.chunks(AT_ONCE) {
                keep(connection, some).await?;
            }
            let gone: Vec<ComplaintId> = gone.into_iter().map(|(complaint, _)| complaint).collect();
            for some in gone.chunks(AT_ONCE) {
                let statement = named(query("DELETE FROM measures"), some);
                { statement }.build().persistent(false).execute(&mut *connection).await?;
            }
            Ok(())
        }

        async fn add(
            connection: &mut $connection,
            figures: &[Figure],
            cells: &[(&crate::domain::Cell, &Figures)],
        ) -> Result<(), StoreError> {
            let names: Vec<String> = figures.iter().map(|figure| figure.name()).collect();
            let mut statement = query(format!("INSERT INTO tallies ({CELL}, {}) ", names.join(", ")));
            statement.push_values(cells, |mut row, (cell, moved)| {
                row.push_bind(cell.unit.as_str().to_owned())
                    .push_bind(cell.unit.kind().to_owned())
                    .push_bind(cell.area.as_str().to_owned())
                    .push_bind(cell.category.clone())
                    .push_bind(cell.class.name().to_owned())
                    .push_bind(i64::from(cell.month));
                for figure in figures {
                    row.push_bind(moved.get(*figure));
                }
            });
            statement.push(" ON CONFLICT (unit, area, category, class, month) DO UPDATE SET ").push(additions(figures));
            statement.build().persistent(false).execute(connection).await?;
            Ok(())
        }

        async fn keep(
            connection: &mut $connection,
            measures: &[(ComplaintId, Option<&Measure>)],
        ) -> Result<(), StoreError> {
            let measures = measures.iter().filter_map(|(complaint, now)| Some((complaint, (*now)?)));
            let mut statement = query(format!("INSERT INTO measures (complaint, {CELL}, figures) "));
            statement.push_values(measures, |mut row, (complaint, Measure { cell, figures })| {
                row.push_bind(complaint.0.to_vec())
                    .push_bind(cell.unit.as_str().to_owned())
                    .push_bind(cell.unit.kind().to_owned())
                    .push_bind(cell.area.as_str().to_owned())
                    .push_bind(cell.category.clone())
                    .push_bind(cell.class.name().to_owned())
                    .push_bind(i64::from(cell.month))
                    .push_bind(tallies::encode(figures));
            });
            statement.push(
                " ON CONFLICT (complaint) DO UPDATE SET unit = excluded.unit, level = excluded.level, area = excluded.area,
                 category = excluded.category, class = excluded.class, month = excluded.month, figures = excluded.figures",
            );
            statement.build().persistent(false).execute(connection).await?;
            Ok(())
        }

        /// Statistics, in the order of their keys.
        pub(super) async fn tallies(
            connection: &mut $connection,
            filter: &TallyFilter,
        ) -> Result<Vec<Tally>, StoreError> {
            let waiting: bool = query("SELECT EXISTS (SELECT 1 FROM untallied)")
                .build_query_scalar()
                .fetch_one(&mut *connection)
                .await?;
            if waiting {
                let text = "complaints of before are not counted yet; start the database's program once, so that they are";
                return Err(StoreError::Foreign(text.to_owned()));
            }
            let mut statement = query(selected(filter));
            narrow(&mut statement, filter);
            let rows = statement.build().persistent(false).fetch_all(connection).await?;
            let mut found = Vec::with_capacity(rows.len());
            for row in rows {
                let key = (0..filter.by.len()).map(|at| row.try_get(at)).collect::<Result<Vec<String>, _>>()?;
                let mut figures = Figures::default();
                for (place, figure) in (filter.by.len()..).zip(Figure::all()) {
                    figures.add(*figure, row.try_get(place)?);
                }
                found.push(Tally { key, figures });
            }
            found.retain(|tally| !tally.figures.is_empty());
            found.sort_by(|one, other| one.key.cmp(&other.key));
            Ok(found)
        }

        /// How many complaints wait for an office that is late, by their keys.
        pub(super) async fn late(
            connection: &mut $connection,
            filter: &TallyFilter,
            now: crate::domain::Timestamp,
        ) -> Result<BTreeMap<Vec<String>, u64>, StoreError> {
            let mut statement = query(late_text(filter));
            statement.push_bind(now.0).push(") AS late WHERE TRUE");
            narrow(&mut statement, filter);
            let rows = statement.build().persistent(false).fetch_all(connection).await?;
            let mut found = BTreeMap::new();
            for row in rows {
                let key = (0..filter.by.len()).map(|at| row.try_get(at)).collect::<Result<Vec<String>, _>>()?;
                found.insert(key, crate::store::columns::number(row.try_get(filter.by.len())?)?);
            }
            Ok(found)
        }

        /// Leaves out what is not asked for, and puts rows together.
        fn narrow(statement: &mut QueryBuilder<$database>, filter: &TallyFilter) {
            for (column, within) in [("unit", &filter.unit), ("area", &filter.area)] {
                if let Some(within) = within.as_ref().filter(|within| !within.is_root()) {
                    // Below a unit lies what continues its code with a dot; '/' is the character after the dot.
                    statement.push(format!(" AND ({column} = ")).push_bind(within.as_str().to_owned());
                    statement.push(format!(" OR ({column} >= ")).push_bind(format!("{within}."));
                    statement.push(format!(" AND {column} < ")).push_bind(format!("{within}/")).push("))");
                }
            }
            if !filter.categories.is_empty() {
                statement.push(" AND category IN (");
                let mut list = statement.separated(", ");
                for category in &filter.categories {
                    list.push_bind(category.clone());
                }
                statement.push(")");
            }
            if let Some(class) = filter.class {
                statement.push(" AND class = ").push_bind(class.name().to_owned());
            }
            if let Some(from) = filter.from {
                statement.push(" AND month >= ").push_bind(i64::from(from));
            }
            if let Some(to) = filter.to {
                statement.push(" AND month <= ").push_bind(i64::from(to));
            }
            statement.push(grouped(&filter.by));
        }

        /// Counts the next complaints of before, if there are any; whether there were.
        pub(super) async fn count_some(connection: &mut $connection) -> Result<bool, StoreError> {
            let limit = crate::store::columns::limit(crate::store::tallying::COUNTED_AT_ONCE);
            let mut statement = query("SELECT complaint FROM untallied LIMIT ");
            statement.push_bind(limit);
            let found: Vec<Vec<u8>> = statement.build_query_scalar().fetch_all(&mut *connection).await?;
            let names = crate::store::columns::names(&found)?;
            let mut measured = BTreeMap::new();
            for complaint in &names {
                // What cannot be read is not counted, and no reason not to begin: `verify` tells of it.
                let now = match history(connection, *complaint).await {
                    Ok(events) => tallies::measure(&events),
                    Err(StoreError::Corrupt(_)) => None,
                    Err(error) => return Err(error),
                };
                measured.insert(*complaint, now);
            }
            replace(connection, measured.iter().map(|(complaint, now)| (*complaint, now.as_ref())).collect()).await?;
            if !names.is_empty() {
                let mut statement = named(query("DELETE FROM untallied"), &names);
                statement.build().persistent(false).execute(&mut *connection).await?;
            }
            Ok(!names.is_empty())
        }

        async fn history(
            connection: &mut $connection,
            complaint: ComplaintId,
        ) -> Result<Vec<crate::domain::Event>, StoreError> {
            let mut statement = query("SELECT hash, header FROM events WHERE complaint = ");
            statement.push_bind(complaint.0.to_vec()).push(" ORDER BY id");
            let rows = statement.build().fetch_all(connection).await?;
            let mut events = Vec::with_capacity(rows.len());
            for row in rows {
                let (hash, header): (Vec<u8>, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
                events.push(crate::store::columns::decode(&hash, &header)?);
            }
            Ok(events)
        }
    };
}
pub(super) use statements;

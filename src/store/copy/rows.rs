//! A copy row by row, for databases that are no files: which tables and columns there are, rows out of it and into it. The tables are
//! those that the migrations have made in the copy itself, so that none can be forgotten; what a row means is not looked at.

use std::path::Path;

use futures_util::TryStreamExt as _;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection};

use crate::store::StoreError;
use crate::store::sqlite;

/// Bytes of rows that are handed on at a time, at most, if it is more than one row.
const BYTES_MAX: usize = 2 * 1024 * 1024;
/// Rows that are handed on at a time, at most.
const ROWS_MAX: usize = 2000;

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::store) enum Kind {
    /// Whole numbers, and truth values as 0 and 1.
    Number,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
}

/// One value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::store) enum Cell {
    /// None.
    Null,
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Cell {
    fn size(&self) -> usize {
        match self {
            Self::Null | Self::Number(_) => 8,
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

/// One table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::store) struct Table {
    /// Its name.
    pub(in crate::store) name: String,
    /// Its columns, in order.
    pub(in crate::store) columns: Vec<(String, Kind)>,
}

impl Table {
    /// Its columns' names, each after `before`, with commas between.
    pub(in crate::store) fn list(&self, before: &str) -> String {
        let names: Vec<String> = self.columns.iter().map(|(name, _)| format!("{before}\"{name}\"")).collect();
        names.join(", ")
    }
}

/// The rows of a copy, table by table.
pub(in crate::store) struct Rows {
    connection: SqliteConnection,
}

impl Rows {
    /// Opens a copy for reading.
    pub(in crate::store) async fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { connection: sqlite::open_single(path).await? })
    }

    /// Its tables; one that another refers to comes before that.
    pub(in crate::store) async fn tables(&mut self) -> Result<Vec<Table>, StoreError> {
        tables(&mut self.connection).await
    }

    /// Hands on all rows of a table, some at a time, in the order in which they were written.
    pub(in crate::store) async fn each<F>(&mut self, table: &Table, mut take: F) -> Result<(), StoreError>
    where
        F: AsyncFnMut(Vec<Vec<Cell>>) -> Result<(), StoreError>,
    {
        let query = format!("SELECT {} FROM \"{}\"", table.list(""), table.name);
        let mut rows = sqlx::query(AssertSqlSafe(query)).fetch(&mut self.connection);
        let (mut some, mut bytes) = (Vec::new(), 0_usize);
        while let Some(row) = rows.try_next().await? {
            let row = cells(&row, table)?;
            bytes = row.iter().map(Cell::size).fold(bytes, usize::saturating_add);
            some.push(row);
            if bytes >= BYTES_MAX || some.len() >= ROWS_MAX {
                bytes = 0;
                take(std::mem::take(&mut some)).await?;
            }
        }
        if some.is_empty() { Ok(()) } else { take(some).await }
    }
}

fn cells(row: &SqliteRow, table: &Table) -> Result<Vec<Cell>, StoreError> {
    let cell = |(at, (_, kind)): (usize, &(String, Kind))| {
        Ok(match kind {
            Kind::Number => row.try_get::<Option<i64>, _>(at)?.map_or(Cell::Null, Cell::Number),
            Kind::Text => row.try_get::<Option<String>, _>(at)?.map_or(Cell::Null, Cell::Text),
            Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(at)?.map_or(Cell::Null, Cell::Bytes),
        })
    };
    table.columns.iter().enumerate().map(cell).collect()
}

async fn tables(connection: &mut SqliteConnection) -> Result<Vec<Table>, StoreError> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations'
         ORDER BY rowid",
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut tables = Vec::with_capacity(names.len());
    for name in names {
        let columns: Vec<(String, String)> = sqlx::query_as("SELECT name, type FROM pragma_table_info(?) ORDER BY cid")
            .bind(&name)
            .fetch_all(&mut *connection)
            .await?;
        let columns = columns.into_iter().map(|(column, kind)| Ok((column, kind_of(&kind)?)));
        tables.push(Table { columns: columns.collect::<Result<_, StoreError>>()?, name });
    }
    Ok(tables)
}

fn kind_of(text: &str) -> Result<Kind, StoreError> {
    match text {
        "INTEGER" => Ok(Kind::Number),
        "TEXT" => Ok(Kind::Text),
        "BLOB" => Ok(Kind::Bytes),
        other => Err(StoreError::Corrupt(format!("a column of the type {other}, which no migration makes"))),
    }
}

/// A copy that is being written. What was written counts once [`Writer::finish`] returns.
pub(in crate::store) struct Writer {
    connection: SqliteConnection,
}

impl Writer {
    /// Makes an empty copy in a new file, with the tables of a schema.
    pub(in crate::store) async fn create(path: &Path, schema: i64) -> Result<Self, StoreError> {
        let mut connection = sqlite::create_single(path, schema).await?;
        sqlx::query("BEGIN").execute(&mut connection).await?;
        Ok(Self { connection })
    }

    /// Its tables, as [`Rows::tables`].
    pub(in crate::store) async fn tables(&mut self) -> Result<Vec<Table>, StoreError> {
        tables(&mut self.connection).await
    }

    /// Writes one row of a table.
    pub(in crate::store) async fn write(&mut self, table: &Table, row: Vec<Cell>) -> Result<(), StoreError> {
        let marks = vec!["?"; table.columns.len()].join(", ");
        let statement = format!("INSERT INTO \"{}\" ({}) VALUES ({marks})", table.name, table.list(""));
        let mut query = sqlx::query(AssertSqlSafe(statement));
        for cell in row {
            query = match cell {
                Cell::Null => query.bind(None::<i64>),
                Cell::Number(number) => query.bind(number),
                Cell::Text(text) => query.bind(text),
                Cell::Bytes(bytes) => query.bind(bytes),
            };
        }
        query.execute(&mut self.connection).await?;
        Ok(())
    }

    /// Commits, and closes the file; it still has to be synced.
    pub(in crate::store) async fn finish(mut self) -> Result<(), StoreError> {
        sqlx::query("COMMIT").execute(&mut self.connection).await?;
        Ok(self.connection.close().await?)
    }
}

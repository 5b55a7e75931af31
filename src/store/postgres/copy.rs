//! A PostgreSQL database copied into one SQLite file while hubs use it, and such a copy put into an empty database. Both go table by
//! table, column by column, by the tables of the copy.

use std::fs::File;
use std::path::Path;

use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Postgres, Row as _};

use super::{Address, StoreError, migrate, own, settings};
use crate::store::copy::{Cell, CopyFacts, Kind, Rows, Source, Table, Writer, facts};

/// Tables with a column `content`.
const WITH_CONTENT: [&str; 2] = ["parts", "set_aside_parts"];

/// A PostgreSQL database to be copied. It may be of an older version; it is read as it is.
#[derive(Clone, Debug)]
pub struct PostgresSource {
    address: Address,
    schema: i64,
}

impl PostgresSource {
    /// Looks at a database without changing it.
    ///
    /// # Errors
    /// If there is none, if it is of a newer version, if the server cannot be reached or a setting would break a promise.
    pub async fn open(address: &Address) -> Result<Self, StoreError> {
        let mut connection = settings::connect(address).await?;
        migrate::require(&mut connection, address).await?;
        let schema = migrate::schema(&mut connection).await?;
        connection.close().await?;
        Ok(Self { address: address.clone(), schema })
    }
}

impl Source for PostgresSource {
    fn schema(&self) -> i64 {
        self.schema
    }

    async fn bytes(&self) -> Result<u64, StoreError> {
        let mut connection = settings::connect(&self.address).await?;
        let bytes: i64 = sqlx::query_scalar(
            "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c
             WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'r'",
        )
        .bind(self.address.schema())
        .fetch_one(&mut connection)
        .await?;
        // The server compresses content, a copy does not.
        let mut content = 0_i64;
        for table in WITH_CONTENT {
            content = content.saturating_add(content_of(&mut connection, self.address.schema(), table).await?);
        }
        connection.close().await?;
        Ok(u64::try_from(bytes.saturating_add(content)).unwrap_or(0))
    }

    async fn copy_to(&self, path: &Path) -> Result<CopyFacts, StoreError> {
        let mut out = Writer::create(path, self.schema).await?;
        let mut connection = settings::connect(&self.address).await?;
        // All tables are read as of one moment; nobody waits for it.
        let mut tx = connection.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        for table in out.tables().await? {
            let schema = self.address.schema();
            let kinds = kinds(&mut tx, schema, &table).await?;
            let columns = table.columns.iter().zip(&kinds).map(|((name, kind), found)| reading(name, *kind, found));
            let columns = columns.collect::<Result<Vec<_>, _>>()?.join(", ");
            let query = format!("SELECT {columns} FROM \"{schema}\".\"{}\"", table.name);
            let mut rows = sqlx::query(AssertSqlSafe(query)).fetch(&mut *tx);
            while let Some(row) = rows.try_next().await? {
                out.write(&table, cells(&row, &table)?).await?;
            }
        }
        tx.rollback().await?;
        connection.close().await?;
        out.finish().await?;
        let synced = File::open(path).and_then(|file| file.sync_all());
        synced.map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))?;
        facts(path).await
    }
}

/// Bytes of content in a table; none if a database of this version has no such table.
async fn content_of(connection: &mut PgConnection, schema: &str, table: &str) -> Result<i64, StoreError> {
    let name = format!("\"{schema}\".\"{table}\"");
    let there: bool =
        sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL").bind(&name).fetch_one(&mut *connection).await?;
    if !there {
        return Ok(0);
    }
    let query = format!("SELECT coalesce(sum(octet_length(content)), 0)::bigint FROM {name}");
    Ok(sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(connection).await?)
}

/// Puts a copy, which is up to date, into a database that has none of this program's tables, or empty ones: in one transaction, all
/// of it or nothing. Tables that hold something are moved away, into the schema `aside`, if that is given.
///
/// # Errors
/// If there is a database and no `aside`, if others use it, or the server says no or goes away; then what was there is there.
pub async fn fill(address: &Address, copy: &Path, aside: Option<&str>) -> Result<(), StoreError> {
    let mut connection = settings::connect(address).await?;
    let schema = address.schema();
    let mut tx = connection.begin().await?;
    if holds_something(&mut tx, schema).await? {
        let Some(aside) = aside else {
            return Err(StoreError::Foreign(format!("there is a database at {address}, and it was left as it is")));
        };
        // Whoever writes locks a row of this table first: from here on nobody does.
        let lock = format!("LOCK TABLE \"{schema}\".own_journal IN ACCESS EXCLUSIVE MODE");
        sqlx::query(AssertSqlSafe(lock)).execute(&mut *tx).await?;
        if used_by_others(&mut tx).await? {
            return Err(StoreError::Foreign(format!("a program uses {address}; stop it first")));
        }
        let rename = format!("ALTER SCHEMA \"{schema}\" RENAME TO \"{aside}\"");
        sqlx::query(AssertSqlSafe(rename)).execute(&mut *tx).await?;
    }
    migrate::create(&mut tx, address).await?;
    migrate::run(&mut tx).await?;
    put(&mut tx, schema, copy).await?;
    own::begin(&mut tx).await?;
    tx.commit().await?;
    Ok(connection.close().await?)
}

/// Whether there is a database of this program's with an owner.
///
/// # Errors
/// If the server cannot be asked.
pub async fn is_there(address: &Address) -> Result<bool, StoreError> {
    let mut connection = settings::connect(address).await?;
    let found = holds_something(&mut connection, address.schema()).await?;
    connection.close().await?;
    Ok(found)
}

/// Whether anybody else of this program has a connection to the database.
///
/// # Errors
/// If the server cannot be asked.
pub async fn in_use(address: &Address) -> Result<bool, StoreError> {
    let mut connection = settings::connect(address).await?;
    let found = used_by_others(&mut connection).await?;
    connection.close().await?;
    Ok(found)
}

async fn used_by_others(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let query =
        "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                        AND application_name = current_setting('application_name'))";
    Ok(sqlx::query_scalar(query).fetch_one(connection).await?)
}

/// Whether the database has an owner: `init` writes it, or a copy brings it.
async fn holds_something(connection: &mut PgConnection, schema: &str) -> Result<bool, StoreError> {
    let made: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(format!("\"{schema}\".owner"))
        .fetch_one(&mut *connection)
        .await?;
    if !made {
        return Ok(false);
    }
    let query = format!("SELECT EXISTS (SELECT 1 FROM \"{schema}\".owner)");
    Ok(sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(connection).await?)
}

async fn put(connection: &mut PgConnection, schema: &str, copy: &Path) -> Result<(), StoreError> {
    let mut rows = Rows::open(copy).await?;
    for table in rows.tables().await? {
        let found = kinds(connection, schema, &table).await?;
        let arrays = table.columns.iter().enumerate().map(|(at, (_, kind))| {
            let kind = match kind {
                Kind::Number => "bigint",
                Kind::Text => "text",
                Kind::Bytes => "bytea",
            };
            format!("${}::{kind}[]", at.saturating_add(1))
        });
        let arrays = arrays.collect::<Vec<_>>().join(", ");
        let values = table.columns.iter().zip(&found).map(|((name, kind), found)| writing(name, *kind, found));
        let values = values.collect::<Result<Vec<_>, _>>()?.join(", ");
        let (names, name) = (table.list(""), &table.name);
        let statement = format!(
            "INSERT INTO \"{schema}\".\"{name}\" ({names}) SELECT {values} FROM UNNEST({arrays}) AS u ({names})"
        );
        let pg = &mut *connection;
        rows.each(&table, async |some| {
            let query = sqlx::query(AssertSqlSafe(statement.clone()));
            bind(query, &table, some).execute(&mut *pg).await?;
            Ok(())
        })
        .await?;
        set_counters(connection, schema, &table).await?;
    }
    Ok(())
}

/// Binds rows as one array for each column.
fn bind<'a>(
    mut query: Query<'a, Postgres, PgArguments>,
    table: &Table,
    rows: Vec<Vec<Cell>>,
) -> Query<'a, Postgres, PgArguments> {
    let mut columns: Vec<Vec<Cell>> = table.columns.iter().map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        columns.iter_mut().zip(row).for_each(|(column, cell)| column.push(cell));
    }
    for ((_, kind), column) in table.columns.iter().zip(columns) {
        let cells = column.into_iter();
        query = match kind {
            Kind::Number => query.bind(
                cells.map(|cell| if let Cell::Number(number) = cell { Some(number) } else { None }).collect::<Vec<_>>(),
            ),
            Kind::Text => query.bind(
                cells.map(|cell| if let Cell::Text(text) = cell { Some(text) } else { None }).collect::<Vec<_>>(),
            ),
            Kind::Bytes => query.bind(
                cells.map(|cell| if let Cell::Bytes(bytes) = cell { Some(bytes) } else { None }).collect::<Vec<_>>(),
            ),
        };
    }
    query
}

/// Columns that number themselves go on after the highest number.
async fn set_counters(connection: &mut PgConnection, schema: &str, table: &Table) -> Result<(), StoreError> {
    let counters: Vec<String> = sqlx::query_scalar(
        "SELECT column_name::text FROM information_schema.columns
         WHERE table_schema = $1 AND table_name = $2 AND is_identity = 'YES'",
    )
    .bind(schema)
    .bind(&table.name)
    .fetch_all(&mut *connection)
    .await?;
    for column in counters {
        let name = &table.name;
        let statement = format!(
            "SELECT setval(pg_get_serial_sequence('\"{schema}\".\"{name}\"', '{column}'), max(\"{column}\"))
             FROM \"{schema}\".\"{name}\" HAVING max(\"{column}\") IS NOT NULL"
        );
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *connection).await?;
    }
    Ok(())
}

/// The types of a table's columns as the server has them, in the copy's order.
async fn kinds(connection: &mut PgConnection, schema: &str, table: &Table) -> Result<Vec<String>, StoreError> {
    let found: Vec<(String, String)> = sqlx::query_as(
        "SELECT column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2",
    )
    .bind(schema)
    .bind(&table.name)
    .fetch_all(connection)
    .await?;
    let of = |(name, _): &(String, Kind)| {
        let kind = found.iter().find(|(other, _)| other == name).map(|(_, kind)| kind.clone());
        kind.ok_or_else(|| StoreError::Corrupt(format!("the server's table {} has no column {name}", table.name)))
    };
    table.columns.iter().map(of).collect()
}

/// How a column is read as the copy holds it.
fn reading(name: &str, kind: Kind, found: &str) -> Result<String, StoreError> {
    match (kind, found) {
        (Kind::Number, "bigint") | (Kind::Text, "text") | (Kind::Bytes, "bytea") => Ok(format!("\"{name}\"")),
        (Kind::Number, "integer" | "smallint") => Ok(format!("\"{name}\"::bigint")),
        (Kind::Number, "boolean") => Ok(format!("\"{name}\"::int::bigint")),
        _ => Err(other_type(name, found)),
    }
}

/// How a value of the copy is written into a column.
fn writing(name: &str, kind: Kind, found: &str) -> Result<String, StoreError> {
    match (kind, found) {
        (Kind::Number, "bigint" | "integer" | "smallint") | (Kind::Text, "text") | (Kind::Bytes, "bytea") => {
            Ok(format!("u.\"{name}\""))
        }
        (Kind::Number, "boolean") => Ok(format!("u.\"{name}\" <> 0")),
        _ => Err(other_type(name, found)),
    }
}

fn other_type(name: &str, found: &str) -> StoreError {
    StoreError::Corrupt(format!("the server's column {name} has the type {found}, which no copy holds"))
}

fn cells(row: &PgRow, table: &Table) -> Result<Vec<Cell>, StoreError> {
    let cell = |(at, (_, kind)): (usize, &(String, Kind))| {
        Ok(match kind {
            Kind::Number => row.try_get::<Option<i64>, _>(at)?.map_or(Cell::Null, Cell::Number),
            Kind::Text => row.try_get::<Option<String>, _>(at)?.map_or(Cell::Null, Cell::Text),
            Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(at)?.map_or(Cell::Null, Cell::Bytes),
        })
    };
    table.columns.iter().enumerate().map(cell).collect()
}

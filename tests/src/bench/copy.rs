//! The rows of a hub's tables as files, and binary COPY of them into the same tables elsewhere: what PostgreSQL does at its best
//! with rows that nobody has to verify, judge or answer for.

use std::path::PathBuf;

use super::case::Stopwatch;
use super::cluster::{Cluster, SCHEMA};
use super::error::{BenchError, Result};

/// Tables that are no business of the hub's.
const NOT_THESE: &str = "'_sqlx_migrations'";

/// The rows of every table of a hub, as binary COPY writes them, in an order that no foreign key minds.
#[derive(Debug)]
pub(super) struct Rows {
    tables: Vec<Table>,
}

#[derive(Debug)]
struct Table {
    name: String,
    rows: u64,
    file: PathBuf,
}

impl Rows {
    /// Writes them out.
    pub(super) async fn dump(cluster: &Cluster, database: &str) -> Result<Self> {
        let folder = cluster.exchange()?;
        let mut psql = cluster.psql(database)?;
        let names = psql
            .ask(&format!(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = '{SCHEMA}'::regnamespace
                 AND relname NOT IN ({NOT_THESE}) ORDER BY relname"
            ))
            .await?;
        let keys = psql
            .ask("SELECT conrelid::regclass || ' ' || confrelid::regclass FROM pg_constraint WHERE contype = 'f'")
            .await?;
        let mut tables = Vec::new();
        for name in in_order(names, &keys)? {
            let file = folder.join(format!("{name}.copy"));
            let rows = psql.value(&format!("SELECT count(*) FROM {name}")).await?;
            psql.ask(&format!("COPY {name} TO '{}' (FORMAT binary)", file.display())).await?;
            let rows = rows.parse().map_err(|_| BenchError::Postgres(format!("{name} has {rows} rows")))?;
            tables.push(Table { name, rows, file });
        }
        psql.close().await?;
        Ok(Self { tables })
    }

    /// How many rows there are, by table.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&str, u64)> {
        self.tables.iter().map(|table| (table.name.as_str(), table.rows))
    }

    /// Copies them into the empty tables of a database: every table in one transaction, durable at its end. The server reads the
    /// files itself, which is the faster way.
    pub(super) async fn load(&self, cluster: &Cluster, database: &str) -> Result<f64> {
        let mut psql = cluster.psql(database)?;
        let copies: Vec<String> = self
            .tables
            .iter()
            .map(|Table { name, file, .. }| format!("COPY {name} FROM '{}' (FORMAT binary)", file.display()))
            .collect();
        let watch = Stopwatch::start();
        psql.ask(&format!("BEGIN;\n{};\nCOMMIT", copies.join(";\n"))).await?;
        let seconds = watch.seconds();
        psql.close().await?;
        Ok(seconds)
    }

    /// Whether a database has as many rows of each table.
    pub(super) async fn check(&self, cluster: &Cluster, database: &str) -> Result<()> {
        let mut psql = cluster.psql(database)?;
        for Table { name, rows, .. } in &self.tables {
            let found = psql.value(&format!("SELECT count(*) FROM {name}")).await?;
            if found != rows.to_string() {
                return Err(BenchError::Wrong(format!("{name} should have {rows} rows in {database}, it has {found}")));
            }
        }
        psql.close().await
    }
}

/// Tables, each after those that it refers to.
fn in_order(mut names: Vec<String>, keys: &[String]) -> Result<Vec<String>> {
    let pairs: Vec<(&str, &str)> = keys.iter().filter_map(|key| key.split_once(' ')).collect();
    let mut ordered: Vec<String> = Vec::new();
    while !names.is_empty() {
        let waits = |name: &String| {
            pairs.iter().any(|(from, to)| from == name && to != name && names.iter().any(|other| other == to))
        };
        let Some(next) = names.iter().position(|name| !waits(name)) else {
            return Err(BenchError::Postgres("foreign keys go in a circle".to_owned()));
        };
        ordered.push(names.remove(next));
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_filled_before_what_it_refers_to() {
        let names = ["a", "b", "c"].map(str::to_owned).to_vec();
        let keys = ["a b", "b c", "c c"].map(str::to_owned);
        assert_eq!(in_order(names.clone(), &keys).unwrap(), ["c", "b", "a"]);
        assert!(in_order(names, &["a b".to_owned(), "b a".to_owned()]).is_err());
    }
}

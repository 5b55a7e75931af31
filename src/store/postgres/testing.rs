//! A database of its own for each test, on the server that `LINTAS_TEST_POSTGRES` names; `make test` starts one.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{Connection as _, PgConnection};

use super::Address;

static MADE: AtomicU32 = AtomicU32::new(0);

/// A database, dropped with [`Self::drop_it`].
pub(in crate::store) struct TestDatabase {
    server: String,
    name: String,
}

impl TestDatabase {
    /// Makes an empty one.
    pub(in crate::store) async fn make() -> Self {
        let server = std::env::var("LINTAS_TEST_POSTGRES").expect(
            "LINTAS_TEST_POSTGRES names no PostgreSQL server: run `make test`, or `tests/postgres.sh start` and set it to the \
             address that this prints",
        );
        let name = format!("lintas_test_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let database = Self { server, name };
        database.tell(&format!("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", database.name)).await;
        database
    }

    /// Where it is.
    pub(in crate::store) fn address(&self) -> Address {
        Address::parse(&self.url()).unwrap()
    }

    /// Where it is, as text.
    pub(in crate::store) fn url(&self) -> String {
        let (server, options) = self.server.split_once('?').unwrap_or((&self.server, ""));
        let (base, _) = server.rsplit_once('/').unwrap();
        let options = if options.is_empty() { String::new() } else { format!("?{options}") };
        format!("{base}/{}{options}", self.name)
    }

    /// Says something to its server.
    pub(in crate::store) async fn tell(&self, statement: &str) {
        let mut connection = PgConnection::connect(&self.server).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// A connection to it, in its schema.
    pub(in crate::store) async fn connect(&self) -> PgConnection {
        let mut connection = PgConnection::connect(&self.url()).await.unwrap();
        sqlx::raw_sql("SET search_path = lintas").execute(&mut connection).await.unwrap();
        connection
    }

    /// Removes it, whoever is still connected.
    pub(in crate::store) async fn drop_it(self) {
        self.tell(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }
}

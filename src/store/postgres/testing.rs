//! A schema of its own for each test, on the server that `LINTAS_TEST_POSTGRES` names; `make test` starts one.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::Address;

static MADE: AtomicU32 = AtomicU32::new(0);

/// A place for one store, removed with [`Self::drop_it`].
pub(in crate::store) struct TestDatabase {
    server: String,
    schema: &'static str,
}

impl TestDatabase {
    /// An empty one.
    pub(in crate::store) fn make() -> Self {
        let server = std::env::var("LINTAS_TEST_POSTGRES").expect(
            "LINTAS_TEST_POSTGRES names no PostgreSQL server: run `make test`, or `tests/postgres.sh start` and set it to the \
             address that this prints",
        );
        let schema = format!("lintas_test_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        Self { server, schema: schema.leak() }
    }

    /// Where it is.
    pub(in crate::store) fn address(&self) -> Address {
        Address::parse(&self.server).unwrap().with_schema(self.schema)
    }

    /// A connection to it, in its schema.
    pub(in crate::store) async fn connect(&self) -> PgConnection {
        let mut connection = PgConnection::connect(&self.server).await.unwrap();
        tell(&mut connection, &format!("SET search_path = {}", self.schema)).await;
        connection
    }

    /// Ends all connections to it.
    pub(in crate::store) async fn cut(&self) {
        let mut connection = self.connect().await;
        let kill = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = $1";
        sqlx::query(kill).bind(self.schema).execute(&mut connection).await.unwrap();
    }

    /// Removes it, whoever is still connected.
    pub(in crate::store) async fn drop_it(self) {
        let mut connection = self.connect().await;
        tell(&mut connection, &format!("DROP SCHEMA IF EXISTS {} CASCADE", self.schema)).await;
        connection.close().await.unwrap();
    }
}

/// Says something to a server.
pub(in crate::store) async fn tell(connection: &mut PgConnection, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(connection).await.unwrap();
}

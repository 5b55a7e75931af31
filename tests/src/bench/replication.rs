//! `PostgreSQL`'s logical replication of a hub's rows between two private clusters over mutual TLS: a backlog that is caught up
//! with, and the way of one row.

use super::case::{Stopwatch, until};
use super::cluster::Cluster;
use super::copy::Rows;
use super::error::{BenchError, Result};
use super::plan::{END_LOOK_EVERY, LOOK_EVERY, SUBSCRIPTION};
use super::tls::{self, ClientFiles};

/// A subscription's name, its slot's and its application's.
const NAME: &str = "comparison";
/// Database of the publisher and of the subscriber.
const DATABASE: &str = "replicated";
/// The schema without rows, from which both are made.
const BARE: &str = "bare";

/// Two clusters, the second of which can follow the first.
#[derive(Debug)]
pub(super) struct Replication<'a> {
    publisher: &'a Cluster,
    subscriber: &'a Cluster,
    client: ClientFiles,
}

impl<'a> Replication<'a> {
    /// Sets both up: certificates, and the tables of `database` of the publisher, without rows.
    pub(super) async fn between(publisher: &'a Cluster, subscriber: &'a Cluster, database: &str) -> Result<Self> {
        let client = tls::between(publisher, subscriber).await?;
        for cluster in [publisher, subscriber] {
            publisher.copy_schema(database, cluster, BARE).await?;
        }
        Ok(Self { publisher, subscriber, client })
    }

    /// The schema without rows on the publisher's cluster.
    pub(super) const fn bare() -> &'static str {
        BARE
    }

    /// How long the subscriber takes for rows that wait in the publisher's log behind its slot: from its being enabled until it has
    /// confirmed that all are flushed.
    pub(super) async fn catch_up(&self, rows: &Rows) -> Result<f64> {
        self.subscribe().await?;
        rows.load(self.publisher, DATABASE).await?;
        let mut publisher = self.publisher.psql(DATABASE)?;
        let target = publisher.value("SELECT pg_current_wal_insert_lsn()").await?;
        self.publisher.settle().await?;
        self.subscriber.settle().await?;
        let mut subscriber = self.subscriber.psql(DATABASE)?;
        let watch = Stopwatch::start();
        subscriber.ask(&format!("ALTER SUBSCRIPTION {NAME} ENABLE")).await?;
        let flushed = format!(
            "SELECT coalesce(bool_or(flush_lsn >= '{target}'), false) FROM pg_stat_replication
             WHERE application_name = '{NAME}'"
        );
        until("logical replication of all rows", END_LOOK_EVERY, async || publisher.is(&flushed).await).await?;
        let seconds = watch.seconds();
        self.check_tls(&mut publisher).await?;
        rows.check(self.subscriber, DATABASE).await?;
        publisher.close().await?;
        subscriber.close().await?;
        self.unsubscribe().await?;
        Ok(seconds)
    }

    /// The way of single rows, each in a transaction of its own, in seconds: from the insertion until a session at the subscriber
    /// sees it.
    pub(super) async fn one_way(&self, samples: usize, text: &str) -> Result<Vec<f64>> {
        self.subscribe().await?;
        let table = "CREATE TABLE public.one_way (id bigint PRIMARY KEY, content text NOT NULL)";
        self.publisher.run(DATABASE, &[table]).await?;
        self.subscriber.run(DATABASE, &[table]).await?;
        let mut subscriber = self.subscriber.psql(DATABASE)?;
        subscriber.ask(&format!("ALTER SUBSCRIPTION {NAME} ENABLE")).await?;
        subscriber.ask(&format!("ALTER SUBSCRIPTION {NAME} REFRESH PUBLICATION WITH (copy_data = false)")).await?;
        let mut publisher = self.publisher.psql(DATABASE)?;
        let mut ways = Vec::with_capacity(samples);
        // The first few find caches cold, as those of the federation did in its beginning.
        for id in 0..samples.saturating_add(10) {
            let watch = Stopwatch::start();
            publisher.ask(&format!("INSERT INTO one_way VALUES ({id}, '{text}')")).await?;
            let there = format!("SELECT EXISTS (SELECT FROM one_way WHERE id = {id})");
            until("a row at the subscriber", LOOK_EVERY, async || subscriber.is(&there).await).await?;
            if id >= 10 {
                ways.push(watch.seconds());
            }
        }
        self.check_tls(&mut publisher).await?;
        publisher.close().await?;
        subscriber.close().await?;
        self.unsubscribe().await?;
        Ok(ways)
    }

    /// Empty tables on both sides, and a slot behind which the publisher keeps what comes.
    async fn subscribe(&self) -> Result<()> {
        self.publisher.make(DATABASE, BARE).await?;
        self.subscriber.make(DATABASE, BARE).await?;
        self.publisher.run(DATABASE, &[&format!("CREATE PUBLICATION {NAME} FOR ALL TABLES")]).await?;
        let connection = self.client.connection(self.publisher, DATABASE);
        let subscribe =
            format!("CREATE SUBSCRIPTION {NAME} CONNECTION '{connection}' PUBLICATION {NAME} WITH ({SUBSCRIPTION})");
        self.subscriber.run(DATABASE, &[&subscribe]).await
    }

    async fn unsubscribe(&self) -> Result<()> {
        self.subscriber.run(DATABASE, &[&format!("DROP SUBSCRIPTION {NAME}")]).await?;
        self.publisher.drop_database(DATABASE).await?;
        self.subscriber.drop_database(DATABASE).await
    }

    /// That the rows came the way they should.
    async fn check_tls(&self, publisher: &mut super::psql::Psql) -> Result<()> {
        let sql = format!(
            "SELECT bool_and(s.ssl AND s.client_dn IS NOT NULL) FROM pg_stat_ssl s JOIN pg_stat_replication r USING (pid)
             WHERE r.application_name = '{NAME}'"
        );
        if publisher.is(&sql).await? {
            return Ok(());
        }
        Err(BenchError::Wrong("logical replication did not go over mutual TLS".to_owned()))
    }
}

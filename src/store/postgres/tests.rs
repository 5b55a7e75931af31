//! What only the PostgreSQL store promises: settings that are refused, foreign and newer databases, several processes on one
//! database, connections that break.

use std::collections::BTreeSet;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::PgConnection;
use tokio::time::timeout;

use super::testing::{TestDatabase, tell};
use super::*;
use crate::domain::{Change, Figure, Position};
use crate::store::conformance::sample::{
    Author, at, complaint, everything, listed, node, owner, part, put, put_for, receipt, summary,
};
use crate::store::hints::{Ears as _, Hints as _, Waiting};
use crate::store::{Dimension, PeerUpdate};

/// An empty store of the hub.
async fn hub() -> (TestDatabase, PostgresStore) {
    let database = TestDatabase::make();
    let store = PostgresStore::create(&database.address(), owner("hub")).await.unwrap();
    (database, store)
}

/// The next event of the hub, and its way to 13.
fn work(view: &View) -> (Changes, ()) {
    let mut author = Author::new("hub");
    author.written = view.own.written;
    let entry = author.tell(Some(complaint(1)), Change::FollowedUp, &[part(0, "some work")]);
    let outbox = vec![(node("13"), entry.hash)];
    (Changes { entries: vec![entry], outbox, summaries: vec![summary(1)], ..Changes::default() }, ())
}

fn alone() -> Scope {
    Scope { complaints: BTreeSet::from([complaint(1)]), peer: Some(node("13.71")), ..Scope::default() }
}

/// A server of the test's own.
struct Server {
    folder: String,
    address: String,
}

impl Server {
    fn script(arguments: &[&str]) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/postgres.sh");
        let mut command = Command::new(script);
        let output = command.args(arguments).stdin(Stdio::null()).stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "tests/postgres.sh {arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn start(settings: &[&str]) -> Self {
        let said = Self::script(&[&["start"], settings].concat());
        let (folder, address) = said.trim().split_once('\n').unwrap();
        Self { folder: folder.to_owned(), address: address.to_owned() }
    }

    async fn tell(&self, statement: &str) {
        tell(&mut PgConnection::connect(&self.address).await.unwrap(), statement).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        Self::script(&["stop", &self.folder]);
    }
}

#[tokio::test]
async fn server_that_forgets_is_trusted() {
    let server = Server::start(&["fsync=off", "full_page_writes=off", "synchronous_commit=off"]);
    let address = Address::parse(&server.address).unwrap();
    for name in ["fsync", "full_page_writes", "synchronous_commit"] {
        for refused in [
            PostgresStore::create(&address, owner("hub")).await.map(|_| ()),
            PostgresStore::open(&address).await.map(|_| ()),
            PostgresStore::open_beside(&address).await.map(|_| ()),
        ] {
            let error = refused.unwrap_err();
            assert!(matches!(error, StoreError::Setting { name: found, .. } if found == name), "{error}");
            assert!(error.to_string().contains(&format!("{name} = on")), "it names no remedy: {error}");
        }
        server.tell(&format!("ALTER SYSTEM SET {name} = on")).await;
        server.tell("SELECT pg_reload_conf()").await;
        // The server has read its settings when a new connection shows them.
        loop {
            let mut connection = PgConnection::connect(&server.address).await.unwrap();
            let statement = sqlx::AssertSqlSafe(format!("SHOW {name}"));
            let now: String = sqlx::query_scalar(statement).fetch_one(&mut connection).await.unwrap();
            if now == "on" {
                break;
            }
        }
    }
    let store = PostgresStore::create(&address, owner("hub")).await.unwrap();
    // Turned off again while the hub runs, it stays on in the hub's sessions, those to come included.
    store.own().await.unwrap();
    server.tell("ALTER SYSTEM SET synchronous_commit = off").await;
    server.tell("SELECT pg_reload_conf()").await;
    for _ in 0..20 {
        let connections = [store.asking().await.unwrap(), store.asking().await.unwrap()];
        for mut connection in connections {
            let now: String = sqlx::query_scalar("SHOW synchronous_commit").fetch_one(&mut *connection).await.unwrap();
            assert_eq!(now, "on");
        }
    }
    store.close().await;
}

#[tokio::test]
async fn reopened_store_has_forgotten_something() {
    let (database, store) = hub().await;
    let mut author = Author::new("hub");
    put(&store, Changes { entries: vec![author.tell(None, listed("13"), &[])], ..Changes::default() }).await.unwrap();
    store.transact(Scope::default(), work).await.unwrap();
    let peer = PeerUpdate { receipt: Some(receipt()), inbound: Some((1, 2)), ..PeerUpdate::default() };
    put_for(&store, "13", Changes { peer: Some(peer), ..Changes::default() }).await.unwrap();
    let before = everything(&store).await;
    store.close().await;
    let store = PostgresStore::open_as(&database.address(), &owner("hub")).await.unwrap();
    assert_eq!(everything(&store).await, before);
    store.close().await;
    database.drop_it().await;
}

#[tokio::test]
async fn database_of_another_is_taken() {
    let database = TestDatabase::make();
    let address = database.address();
    let foreign = |result: Result<PostgresStore, StoreError>| matches!(result, Err(StoreError::Foreign(_)));
    assert!(foreign(PostgresStore::open(&address).await), "there is none");
    PostgresStore::create(&address, owner("hub")).await.unwrap().close().await;
    assert!(foreign(PostgresStore::create(&address, owner("hub")).await), "created twice");
    assert!(foreign(PostgresStore::open_as(&address, &owner("13")).await), "another's");
    let nobody = Address::parse("postgres://nobody:wrong@127.0.0.1:1/lapor").unwrap();
    assert!(matches!(PostgresStore::open(&nobody).await, Err(StoreError::Unavailable(_))), "nothing listens there");
    let wrong = address.clone().with_password("wrong");
    let said = PostgresStore::open(&wrong).await.unwrap_err();
    assert!(matches!(said, StoreError::Foreign(_)), "{said}");
    database.drop_it().await;
}

#[tokio::test]
async fn init_that_fails_in_the_middle_leaves_a_database_without_its_lock() {
    let database = TestDatabase::make();
    let address = database.address();
    let mut connection = settings::connect(&address).await.unwrap();
    migrate::create(&mut connection, &address).await.unwrap();
    migrate::run(&mut connection).await.unwrap();
    tell(&mut connection, "ALTER TABLE own_journal ADD CONSTRAINT never CHECK (one = 2)").await;
    assert!(PostgresStore::create(&address, owner("hub")).await.is_err());
    tell(&mut connection, "ALTER TABLE own_journal DROP CONSTRAINT never").await;
    let store = PostgresStore::create(&address, owner("hub")).await.unwrap();
    store.transact(alone(), work).await.unwrap();
    store.close().await;
    drop(connection);
    database.drop_it().await;
}

#[tokio::test]
async fn newer_older_or_altered_schema_is_used() {
    let (database, store) = hub().await;
    store.close().await;
    let address = database.address();
    let mut other = database.connect().await;
    let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9999, 'later', TRUE, '\\x00', 0)";
    tell(&mut other, later).await;
    assert!(matches!(PostgresStore::open(&address).await, Err(StoreError::Newer)));
    assert!(matches!(PostgresStore::open_beside(&address).await, Err(StoreError::Newer)));
    tell(&mut other, "DELETE FROM _sqlx_migrations WHERE version = 9999").await;
    PostgresStore::open_beside(&address).await.unwrap().close().await;
    tell(&mut other, "UPDATE _sqlx_migrations SET checksum = '\\x00' WHERE version = 2").await;
    assert!(matches!(PostgresStore::open(&address).await, Err(StoreError::Corrupt(_))));
    tell(&mut other, "DELETE FROM _sqlx_migrations WHERE version > 1").await;
    assert!(matches!(PostgresStore::open_beside(&address).await, Err(StoreError::Foreign(_))));
    drop(other);
    database.drop_it().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_write_one_number_twice() {
    let (database, one) = hub().await;
    let other = PostgresStore::open(&database.address()).await.unwrap();
    let run = |store: PostgresStore| async move {
        for _ in 0..40 {
            store.transact(alone(), work).await.unwrap();
        }
    };
    tokio::join!(run(one.clone()), run(one.clone()), run(other.clone()), run(other.clone()));
    assert_eq!(one.own().await.unwrap().written, at(1, 160));
    let rows = other.journal(node("hub"), Position::ZERO, 1000).await.unwrap();
    let positions: Vec<Position> = rows.iter().map(|row| row.position).collect();
    assert_eq!(positions, (1..=160).map(|seq| at(1, seq)).collect::<Vec<_>>());
    let mut connection = database.connect().await;
    // Numbers in the order of commits, without a gap.
    let numbered: Vec<(i64, i64)> =
        sqlx::query_as("SELECT o.number, e.seq FROM outbox o JOIN events e ON e.id = o.event ORDER BY o.number")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    assert_eq!(numbered, (1..=160).map(|number| (number, number)).collect::<Vec<_>>());
    one.close().await;
    other.close().await;
    drop(connection);
    database.drop_it().await;
}

/// Waits until some session of this schema waits for a lock.
async fn somebody_waits(database: &TestDatabase) {
    let mut connection = database.connect().await;
    let schema: String = sqlx::query_scalar("SELECT current_schema()").fetch_one(&mut connection).await.unwrap();
    loop {
        let waits: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
             JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_stat_activity a ON a.pid = l.pid
             WHERE n.nspname = $1 AND a.wait_event_type = 'Lock')",
        )
        .bind(&schema)
        .fetch_one(&mut connection)
        .await
        .unwrap();
        if waits {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_is_read_before_it_is_locked() {
    let (database, store) = hub().await;
    store.transact(alone(), work).await.unwrap();
    for _ in 0..3 {
        let seen = store.journal(node("hub"), Position::ZERO, 1000).await.unwrap().len();
        // Another process is at work, and writes.
        let mut other = database.connect().await;
        tell(&mut other, "BEGIN").await;
        tell(&mut other, "SELECT 1 FROM own_journal FOR UPDATE").await;
        let view = store.transact(alone(), |view| (Changes::default(), view.complaints[&complaint(1)].len()));
        let written = async {
            somebody_waits(&database).await;
            let mut author = Author::new("hub");
            author.written = store.own().await.unwrap().written;
            let entry = author.tell(Some(complaint(1)), Change::FollowedUp, &[]);
            let insert = sqlx::query(
                "INSERT INTO events (id, hash, origin, incarnation, seq, header, complaint, registry, change, verdict, reason)
                 SELECT max(id) + 1, $1, 'hub', 1, $2, $3, $4, FALSE, 'followed-up', 1, 0 FROM events",
            );
            let seq = i64::try_from(entry.position.seq).unwrap();
            let insert = insert.bind(entry.hash.0).bind(seq).bind(&entry.sealed.bytes).bind(complaint(1).0);
            insert.execute(&mut other).await.unwrap();
            tell(&mut other, "UPDATE own_journal SET written_seq = written_seq + 1; COMMIT").await;
        };
        let (read, ()) = tokio::join!(view, written);
        assert_eq!(read.unwrap(), seen + 1);
    }
    store.close().await;
    database.drop_it().await;
}

/// A future that is given up when it has had to wait so many times.
struct GivenUp<F> {
    future: F,
    waits_left: usize,
}

impl<F: Future + Unpin> Future for GivenUp<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(output) = Pin::new(&mut self.future).poll(context) {
            return Poll::Ready(Some(output));
        }
        if self.waits_left == 0 {
            return Poll::Ready(None);
        }
        self.waits_left -= 1;
        Poll::Pending
    }
}

#[tokio::test]
async fn abandoned_transaction_leaves_a_half_or_blocks_the_next() {
    let (database, store) = hub().await;
    let mut finished = Vec::new();
    for waits_left in 0..40 {
        // In a box, so that it is dropped as soon as it is given up.
        let future = Box::pin(store.transact(alone(), work));
        let output = GivenUp { future, waits_left }.await;
        // The next one goes on where the last whole one ended, be it that one or the one before.
        store.transact(alone(), work).await.unwrap();
        let count = usize::try_from(store.own().await.unwrap().written.seq).unwrap();
        let rows = store.journal(node("hub"), Position::ZERO, usize::MAX).await.unwrap();
        assert_eq!(rows.len(), count);
        assert!(rows.iter().all(|row| row.parts.len() == 1));
        assert_eq!(usize::try_from(store.peer(node("13")).await.unwrap().unwrap().numbered).unwrap(), count);
        finished.push(output.is_some());
    }
    assert!(finished.contains(&true) && finished.contains(&false), "{finished:?}");
    store.close().await;
    database.drop_it().await;
}

#[tokio::test]
async fn broken_connection_is_used_again() {
    let (database, store) = hub().await;
    store.transact(alone(), work).await.unwrap();
    for round in 2..5 {
        database.cut().await;
        // Those that find their connection broken say that it may be tried again, and it does go on.
        let mut tries = 0;
        while let Err(error) = store.transact(alone(), work).await {
            assert!(error.is_retryable(), "{error}");
            tries += 1;
            assert!(tries < 20, "it does not come back: {error}");
        }
        assert_eq!(store.own().await.unwrap().written, at(1, round));
    }
    store.close().await;
    database.drop_it().await;
}

#[tokio::test]
async fn hint_is_not_heard_or_a_deaf_time_goes_unnoticed() {
    let (database, one) = hub().await;
    let other = PostgresStore::open(&database.address()).await.unwrap();
    let mut ears = other.hints(2).listen().await.unwrap();
    let nodes = BTreeSet::from([node("13"), node("13.71")]);
    other.hints(2).tell(&BTreeSet::from([node("kl.own")])).await.unwrap();
    one.hints(1).tell(&nodes).await.unwrap();
    assert_eq!(ears.hear().await.unwrap(), Waiting::Nodes(nodes));
    database.cut().await;
    // What was told meanwhile is not known: so it concerns anybody, or whoever listens begins anew.
    while matches!(ears.hear().await, Ok(Waiting::Nodes(_))) {}
    drop(ears);
    one.close().await;
    other.close().await;
    database.drop_it().await;
}

#[tokio::test]
async fn refused_connection_is_told_as_a_hint_again_and_again() {
    let (database, store) = hub().await;
    let mut other = database.connect().await;
    let schema: String = sqlx::query_scalar("SELECT current_schema()").fetch_one(&mut other).await.unwrap();
    tell(&mut other, &format!("CREATE ROLE {schema} LOGIN PASSWORD 'ears'")).await;
    let address = database.address().altered(|options| options.username(&schema).password("ears"));
    let listening = PostgresStore::of(&address, owner("hub"));
    let mut ears = listening.hints(2).listen().await.unwrap();
    tell(&mut other, &format!("ALTER ROLE {schema} NOLOGIN")).await;
    database.cut().await;
    let mut told = 0;
    while ears.hear().await.is_ok() {
        told += 1;
        assert!(told < 5, "whoever listens is sent round and round");
    }
    drop(ears);
    listening.close().await;
    store.close().await;
    database.cut().await;
    tell(&mut other, &format!("DROP ROLE {schema}")).await;
    drop(other);
    database.drop_it().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_that_wait_starve_readers() {
    let (database, store) = hub().await;
    let mut other = database.connect().await;
    tell(&mut other, "BEGIN").await;
    tell(&mut other, "SELECT 1 FROM own_journal FOR UPDATE").await;
    let writers = join_all((0..20).map(|_| store.transact(alone(), work)));
    let reader = async {
        somebody_waits(&database).await;
        let read = timeout(Duration::from_secs(5), store.own()).await;
        tell(&mut other, "COMMIT").await;
        read
    };
    let (written, read) = tokio::join!(writers, reader);
    assert!(matches!(read, Ok(Ok(_))), "nothing could be read: {read:?}");
    written.into_iter().for_each(Result::unwrap);
    assert_eq!(store.own().await.unwrap().written, at(1, 20));
    store.close().await;
    drop(other);
    database.drop_it().await;
}

#[tokio::test]
async fn altered_header_is_believed() {
    let (database, store) = hub().await;
    store.transact(alone(), work).await.unwrap();
    let mut other = database.connect().await;
    tell(&mut other, "UPDATE events SET header = header || '\\x00'").await;
    assert!(matches!(store.file(complaint(1)).await, Err(StoreError::Corrupt(_))));
    store.close().await;
    drop(other);
    database.drop_it().await;
}

#[tokio::test]
async fn busy_queries_read_whole_tables() {
    let (database, store) = hub().await;
    let mut connection = database.connect().await;
    tell(&mut connection, "SET enable_seqscan = off").await;
    for query in [
        "SELECT id FROM events WHERE complaint = ANY('{}'::bytea[]) ORDER BY id",
        "SELECT hash FROM events WHERE hash = ANY('{}'::bytea[])",
        "SELECT coalesce(max(id), 0) FROM events",
        "UPDATE events SET verdict = new.verdict FROM unnest('{}'::bytea[], '{}'::bigint[]) AS new (hash, verdict)
         WHERE events.hash = new.hash",
        "SELECT id FROM events WHERE origin = 'hub' AND (incarnation, seq) > (1, 2) ORDER BY incarnation, seq LIMIT 9",
        "SELECT body FROM seals WHERE origin = 'hub' AND (incarnation, last) > (1, 2) ORDER BY incarnation, last LIMIT 9",
        "SELECT hash FROM events WHERE registry AND (incarnation, seq) > (1, 2) ORDER BY incarnation, seq",
        "SELECT e.id FROM participants p JOIN events e ON e.complaint = p.complaint
         WHERE p.node = '13' AND e.origin <> '13' AND e.verdict <> 4",
        "SELECT change FROM events WHERE origin = '13' AND verdict > 1 ORDER BY incarnation DESC, seq DESC LIMIT 9",
        "SELECT DISTINCT complaint FROM events WHERE verdict = 5 AND complaint IS NOT NULL ORDER BY complaint LIMIT 9",
        "SELECT count(*) FROM events WHERE origin = '13' AND verdict = 0",
        "SELECT id FROM complaints WHERE node = '13' AND pending IS NOT NULL ORDER BY id LIMIT 9",
        "SELECT number FROM outbox WHERE destination = '13' AND generation = 1 AND number > 7 ORDER BY number LIMIT 9",
        "SELECT event FROM parts WHERE event = ANY('{}'::bigint[]) ORDER BY event, part",
    ] {
        let plan: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("EXPLAIN {query}")))
            .fetch_all(&mut connection)
            .await
            .unwrap();
        assert!(!plan.iter().any(|step| step.contains("Seq Scan")), "{query}: {plan:#?}");
    }
    store.close().await;
    drop(connection);
    database.drop_it().await;
}

/// What a database is like that was written before there were statistics.
const FORGET: &str = "DELETE FROM measures; DELETE FROM tallies; INSERT INTO untallied SELECT id FROM complaints";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn complaint_of_before_is_never_counted() {
    let (database, store) = hub().await;
    let mut author = Author::new("13.71");
    let everything = TallyFilter { by: Dimension::ALL.to_vec(), ..TallyFilter::default() };
    let (entries, mut summaries): (Vec<_>, Vec<_>) = (1..=250).map(|number| author.file(number)).unzip();
    // One of which nothing is here that folds.
    summaries.push(summary(251));
    put(&store, Changes { entries, summaries, ..Changes::default() }).await.unwrap();
    let before = (store.tallies(everything.clone()).await.unwrap(), store.list(ListFilter::default()).await.unwrap());
    assert_eq!(before.0[0].figures.get(Figure::Complaints), 250);
    store.close().await;
    tell(&mut database.connect().await, FORGET).await;
    let visitor = PostgresStore::open_beside(&database.address()).await.unwrap();
    assert!(matches!(visitor.tallies(everything.clone()).await, Err(StoreError::Foreign(_))));
    visitor.close().await;
    let store = PostgresStore::open(&database.address()).await.unwrap();
    let after = (store.tallies(everything).await.unwrap(), store.list(ListFilter::default()).await.unwrap());
    assert_eq!(after, before);
    store.close().await;
    database.drop_it().await;
}

//! What the suite cannot see: the file, its settings, other programs, transactions that are abandoned or fail halfway.

use std::fs;
use std::future::Future;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use sqlx::{ConnectOptions as _, Connection as _};

use super::settings::{self, Role};
use super::*;
use crate::domain::{Change, Figure};
use crate::store::conformance::sample::{
    Author, at, complaint, everything, listed, node, owner, part, put, put_for, receipt, summary,
};
use crate::store::{Dimension, Entry, PeerUpdate};

/// A folder with a database of 13.71 in it.
async fn database() -> (tempfile::TempDir, PathBuf, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node.db");
    let store = SqliteStore::create(&path, owner("13.71")).await.unwrap();
    (folder, path, store)
}

/// The first event of 13.71, and its way to 13.
fn work(view: &View) -> (Changes, ()) {
    let mut author = Author::new("13.71");
    author.written = view.own.written;
    let entry = author.tell(Some(complaint(1)), Change::FollowedUp, &[part(0, "some work")]);
    let outbox = vec![(node("13"), entry.hash)];
    (Changes { entries: vec![entry], outbox, summaries: vec![summary(1)], ..Changes::default() }, ())
}

/// Runs statements as another program would, with SQLite's own defaults.
async fn tamper(path: &Path, statements: &'static str) {
    let mut other = sqlx::sqlite::SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    sqlx::raw_sql(statements).execute(&mut other).await.unwrap();
    other.close().await.unwrap();
}

#[tokio::test]
async fn reopened_store_has_forgotten_something() {
    let (_folder, path, store) = database().await;
    let mut hub = Author::new("hub");
    put(&store, hub.batch(vec![hub.clone().tell(None, listed("13"), &[])], Verdict::Applied)).await.unwrap();
    store.transact(Scope::default(), work).await.unwrap();
    let peer = PeerUpdate { receipt: Some(receipt()), inbound: Some((1, 2)), ..PeerUpdate::default() };
    put_for(&store, "hub", Changes { peer: Some(peer), ..Changes::default() }).await.unwrap();
    let before = everything(&store).await;
    store.close().await;
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(everything(&store).await, before);
    // Beside it, another program reads the same, and cannot write.
    let visitor = SqliteStore::open_read_only(&path).await.unwrap();
    assert_eq!(visitor.list(ListFilter::default()).await.unwrap(), store.list(ListFilter::default()).await.unwrap());
    assert!(visitor.transact(Scope::default(), work).await.is_err());
    assert!(visitor.refill(node("13"), 0).await.is_err());
    store.transact(Scope::default(), work).await.unwrap();
    assert_eq!(visitor.own().await.unwrap().written, at(1, 2));
}

#[tokio::test]
async fn others_may_read_the_file() {
    let (_folder, path, store) = database().await;
    store.transact(Scope::default(), work).await.unwrap();
    for name in ["node.db", "node.db-wal", "node.db-shm"] {
        let mode = fs::metadata(path.with_file_name(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    store.close().await;
    for mode in [0o640, 0o604, 0o700] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let result = SqliteStore::open(&path).await;
        assert!(matches!(result, Err(StoreError::Setting { name: "file mode", .. })), "{mode:o}: {result:?}");
        assert!(SqliteStore::open_read_only(&path).await.is_err());
        assert!(SqliteStore::create(&path, owner("13.71")).await.is_err());
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    SqliteStore::open_read_only(&path).await.unwrap();
}

#[tokio::test]
async fn journal_mode_was_changed_by_another_program() {
    let (_folder, path, store) = database().await;
    store.close().await;
    tamper(&path, "PRAGMA journal_mode = DELETE").await;
    let result = SqliteStore::open_read_only(&path).await;
    assert!(matches!(result, Err(StoreError::Setting { name: "journal mode", .. })), "{result:?}");
    let store = SqliteStore::open(&path).await.unwrap();
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&store.readers).await.unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn connection_with_a_weaker_setting_is_used() {
    let (_folder, path, store) = database().await;
    for pool in [store.writer.as_ref().unwrap(), &store.readers] {
        let level: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(pool).await.unwrap();
        assert_eq!(level, 2);
    }
    let delete = sqlx::query("DELETE FROM owner").execute(&store.readers).await;
    assert!(delete.is_err(), "a reader wrote");
    for (role, name, weaker) in [
        (Role::Writer, "synchronous", "PRAGMA synchronous = NORMAL"),
        (Role::Writer, "synchronous", "PRAGMA synchronous = OFF"),
        (Role::Writer, "foreign_keys", "PRAGMA foreign_keys = OFF"),
        (Role::Writer, "secure_delete", "PRAGMA secure_delete = OFF"),
        (Role::Reader, "query_only", "PRAGMA query_only = OFF"),
    ] {
        let mut connection = settings::connect(&path, role).await.unwrap();
        sqlx::raw_sql(weaker).execute(&mut connection).await.unwrap();
        let result = settings::check(&mut connection, role).await;
        assert!(
            matches!(result, Err(StoreError::Setting { name: found, .. }) if found == name),
            "{weaker}: {result:?}"
        );
    }
}

#[tokio::test]
async fn database_of_another_is_taken() {
    let (folder, path, store) = database().await;
    let foreign = |result: Result<SqliteStore, StoreError>| matches!(result, Err(StoreError::Foreign(_)));
    assert!(foreign(SqliteStore::create(&path, owner("13.71")).await), "created twice");
    store.close().await;
    assert!(foreign(SqliteStore::open_as(&path, &owner("13")).await));
    SqliteStore::open_as(&path, &owner("13.71")).await.unwrap();
    assert!(foreign(SqliteStore::open(&folder.path().join("none.db")).await), "there is none");

    let other = folder.path().join("other.db");
    fs::write(&other, "").unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
    tamper(&other, "CREATE TABLE something (x)").await;
    assert!(foreign(SqliteStore::open(&other).await), "another program's");
    assert!(foreign(SqliteStore::create(&other, owner("13")).await), "another program's");
    fs::write(&other, "no database at all, though long enough to be looked at as if it were one".repeat(20)).unwrap();
    assert!(foreign(SqliteStore::open(&other).await), "no database");
}

#[tokio::test]
async fn interrupted_creation_cannot_be_finished() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("node.db");
    super::file::create(&path).unwrap();
    let result = SqliteStore::open(&path).await;
    assert!(matches!(result, Err(StoreError::Foreign(_))), "{result:?}");
    let store = SqliteStore::create(&path, owner("13.71")).await.unwrap();
    assert_eq!(store.own().await.unwrap().written, at(1, 0));
}

#[tokio::test]
async fn newer_older_or_altered_schema_is_used() {
    let (_folder, path, store) = database().await;
    store.close().await;
    tamper(&path, "INSERT INTO _sqlx_migrations VALUES (9999, 'later', 0, TRUE, x'00', 0)").await;
    assert!(matches!(SqliteStore::open(&path).await, Err(StoreError::Newer)));
    assert!(matches!(SqliteStore::open_read_only(&path).await, Err(StoreError::Newer)));
    tamper(&path, "DELETE FROM _sqlx_migrations WHERE version = 9999").await;
    SqliteStore::open_read_only(&path).await.unwrap();
    tamper(&path, "UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 2").await;
    assert!(matches!(SqliteStore::open(&path).await, Err(StoreError::Corrupt(_))));
    assert!(matches!(SqliteStore::open_read_only(&path).await, Err(StoreError::Corrupt(_))));
    tamper(&path, "DELETE FROM _sqlx_migrations WHERE version > 1").await;
    assert!(matches!(SqliteStore::open_read_only(&path).await, Err(StoreError::Foreign(_))));
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
    let (_folder, _path, store) = database().await;
    let mut finished = Vec::new();
    for waits_left in 0..60 {
        // In a box, so that it is dropped as soon as it is given up.
        let future = Box::pin(store.transact(Scope::default(), work));
        let output = GivenUp { future, waits_left }.await;
        // The next one goes on where the last whole one ended, be it that one or the one before.
        store.transact(Scope::default(), work).await.unwrap();
        let count = usize::try_from(store.own().await.unwrap().written.seq).unwrap();
        let rows = store.journal(node("13.71"), Position::ZERO, usize::MAX).await.unwrap();
        assert_eq!(rows.len(), count);
        assert!(rows.iter().all(|row| row.parts.len() == 1));
        assert_eq!(usize::try_from(store.peer(node("13")).await.unwrap().unwrap().numbered).unwrap(), count);
        finished.push(output.is_some());
    }
    assert!(finished.contains(&true) && finished.contains(&false), "{finished:?}");
}

#[tokio::test]
async fn full_disk_stores_a_half_or_blocks_for_ever() {
    let (_folder, _path, store) = database().await;
    store.transact(Scope::default(), work).await.unwrap();
    let before = everything(&store).await;
    let writer = store.writer.as_ref().unwrap();
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(writer).await.unwrap();
    let limit = |pages: i64| sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}")));
    limit(pages + 4).execute(writer).await.unwrap();
    let many = |view: &View| {
        let mut author = Author::new("13.71");
        author.written = view.own.written;
        let content = [part(0, &"x".repeat(60_000))];
        let entries: Vec<Entry> = (0..20).map(|_| author.tell(Some(complaint(1)), Change::Replied, &content)).collect();
        (Changes { entries, summaries: vec![summary(2)], ..Changes::default() }, ())
    };
    for _ in 0..3 {
        let result = store.transact(Scope::default(), many).await;
        assert!(matches!(&result, Err(error @ StoreError::Unavailable(_)) if error.is_retryable()), "{result:?}");
        assert_eq!(everything(&store).await, before);
    }
    limit(pages + 4000).execute(writer).await.unwrap();
    store.transact(Scope::default(), many).await.unwrap();
    assert_eq!(store.own().await.unwrap().written, at(1, 21));
}

#[tokio::test]
async fn connection_left_inside_a_transaction_is_used_again() {
    let (_folder, _path, store) = database().await;
    let writer = store.writer.as_ref().unwrap();
    // As after an error upon which SQLite has ended the transaction by itself: the library believes that it goes on.
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await.unwrap();
    sqlx::raw_sql("ROLLBACK").execute(&mut *tx).await.unwrap();
    drop(tx);
    store.transact(Scope::default(), work).await.unwrap();
    assert_eq!(store.own().await.unwrap().written, at(1, 1));
}

#[tokio::test]
async fn another_writer_is_overlooked() {
    let (_folder, path, store) = database().await;
    let writer = store.writer.as_ref().unwrap();
    sqlx::query("PRAGMA busy_timeout = 0").execute(writer).await.unwrap();
    let mut other = settings::connect(&path, Role::Writer).await.unwrap();
    let tx = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let result = store.transact(Scope::default(), work).await;
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    assert_eq!(store.own().await.unwrap().written, at(1, 0));
    tx.rollback().await.unwrap();
    store.transact(Scope::default(), work).await.unwrap();
}

#[tokio::test]
async fn destroyed_content_can_be_read_from_the_file() {
    let (folder, _path, store) = database().await;
    let mut author = Author::new("13.71");
    let contents = ["short kejutan".to_owned(), "long kejutan ".repeat(5000)];
    let parts = [part(0, &contents[0]), part(1, &contents[1])];
    let entry = author.tell(Some(complaint(1)), Change::Replied, &parts);
    put(&store, Changes { entries: vec![entry.clone()], ..Changes::default() }).await.unwrap();
    let secrets = || {
        let files = fs::read_dir(folder.path()).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
        files.filter(|bytes| bytes.windows(7).any(|window| window == b"kejutan")).count()
    };
    assert!(secrets() > 0);
    put(&store, Changes { destroy: vec![entry.hash], ..Changes::default() }).await.unwrap();
    assert_eq!(secrets(), 0);
}

#[tokio::test]
async fn altered_header_is_believed() {
    let (_folder, path, store) = database().await;
    store.transact(Scope::default(), work).await.unwrap();
    tamper(&path, "UPDATE events SET header = (SELECT CAST(header || x'00' AS BLOB))").await;
    assert!(matches!(store.file(complaint(1)).await, Err(StoreError::Corrupt(_))));
}

#[tokio::test]
async fn busy_queries_read_whole_tables() {
    let (_folder, _path, store) = database().await;
    for query in [
        "SELECT id FROM events WHERE complaint IN (SELECT unhex(value) FROM json_each('[]')) ORDER BY id",
        "SELECT hash FROM events WHERE hash IN (SELECT unhex(value) FROM json_each('[]'))",
        "UPDATE events SET verdict = new.verdict FROM (SELECT unhex(value ->> 0) AS hash, value ->> 1 AS verdict
         FROM json_each('[]')) AS new WHERE events.hash = new.hash",
        "UPDATE peers SET numbered = new.numbered FROM (SELECT value ->> 0 AS node, value ->> 1 AS numbered
         FROM json_each('[]')) AS new WHERE peers.node = new.node",
        "SELECT s.hash FROM json_each('[]') j CROSS JOIN seals s
         ON s.origin = j.value ->> 0 AND s.incarnation = j.value ->> 1 AND s.last = j.value ->> 2",
        "SELECT id FROM events WHERE origin = 'hub' AND (incarnation, seq) > (1, 2) ORDER BY incarnation, seq LIMIT 9",
        "SELECT body FROM seals WHERE origin = 'hub' AND (incarnation, last) > (1, 2) ORDER BY incarnation, last LIMIT 9",
        "SELECT hash FROM events WHERE registry = 1 AND (incarnation, seq) > (1, 2) ORDER BY incarnation, seq",
        "SELECT e.id FROM participants p JOIN events e ON e.complaint = p.complaint
         WHERE p.node = '13' AND e.origin <> '13' AND e.verdict <> 4",
        "SELECT o.number FROM peers d JOIN outbox o ON o.destination = d.node AND o.generation = d.generation
         JOIN events e ON e.id = o.event WHERE d.node = '13' AND d.generation = 1 AND o.number > 7 ORDER BY o.number LIMIT 9",
        "SELECT change FROM events WHERE origin = '13' AND verdict > 1 ORDER BY incarnation DESC, seq DESC LIMIT 9",
        "SELECT DISTINCT complaint FROM events WHERE verdict = 5 AND complaint IS NOT NULL ORDER BY complaint LIMIT 9",
        "SELECT count(*) FROM events WHERE origin = '13' AND verdict = 0",
        "SELECT id FROM complaints WHERE node = '13' AND pending IS NOT NULL ORDER BY id LIMIT 9",
        "SELECT id FROM complaints WHERE id BETWEEN x'00' AND x'01' ORDER BY id LIMIT 9",
        "DELETE FROM participants WHERE complaint IN (SELECT unhex(value) FROM json_each('[]'))",
    ] {
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}")))
                .fetch_all(&store.readers)
                .await
                .unwrap();
        // Reading from the list that is handed in, and from partial indexes, is no scan of a table.
        let scans = |step: &String| step.starts_with("SCAN") && !step.contains("VIRTUAL TABLE") && !step.contains("INDEX");
        let steps: Vec<String> = plan.into_iter().map(|(.., step)| step).collect();
        assert!(!steps.iter().any(|step| scans(step) || step.contains("SORT")), "{query}: {steps:#?}");
    }
}

/// What a database is like that was written before there were statistics.
const FORGET: &str = "DELETE FROM measures; DELETE FROM tallies; INSERT INTO untallied SELECT id FROM complaints";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn complaint_of_before_is_never_counted() {
    let (_folder, path, store) = database().await;
    let mut author = Author::new("13.71");
    let everything = TallyFilter { by: Dimension::ALL.to_vec(), ..TallyFilter::default() };
    let (entries, mut summaries): (Vec<_>, Vec<_>) = (1..=250).map(|number| author.file(number)).unzip();
    // One of which nothing is here that folds.
    summaries.push(summary(251));
    put(&store, Changes { entries, summaries, ..Changes::default() }).await.unwrap();
    let before = (store.tallies(everything.clone()).await.unwrap(), store.list(ListFilter::default()).await.unwrap());
    assert_eq!(before.0[0].figures.get(Figure::Complaints), 250);
    store.close().await;
    tamper(&path, FORGET).await;
    let visitor = SqliteStore::open_read_only(&path).await.unwrap();
    assert!(matches!(visitor.tallies(everything.clone()).await, Err(StoreError::Foreign(_))));
    visitor.close().await;
    let store = SqliteStore::open(&path).await.unwrap();
    let after = (store.tallies(everything).await.unwrap(), store.list(ListFilter::default()).await.unwrap());
    assert_eq!(after, before);
    store.close().await;
}

//! What a copy holds, whatever it is copied from and put into: everything, of one moment, and nothing that was destroyed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sqlx::{ConnectOptions as _, Connection as _};

use super::*;
use crate::domain::{Change, Pseudonym, Timestamp, Verdict};
use crate::store::conformance::sample::{
    Author, Everything, account, at, complaint, everything, filed, listed, node, owner, part, put, put_for, receipt,
    summary,
};
use crate::store::postgres::testing::{TestDatabase, tell};
use crate::store::postgres::{PostgresSource, PostgresStore, fill, in_use};
use crate::store::sqlite::{Exchange, SqliteSource, create_single, health, install};
use crate::store::{Changes, PeerUpdate, PeopleChanges, PeopleScope, Request, Session, Somebody, Store};

/// Something in every table.
async fn lived_in<S: Store>(store: &S) {
    let mut hub = Author::new("hub");
    let registry = vec![hub.tell(None, listed("13"), &[]), hub.tell(None, listed("13.71"), &[])];
    put(store, hub.batch(registry, Verdict::Applied)).await.unwrap();
    let mut padang = Author::new("13.71");
    let filing = padang.tell(Some(complaint(1)), filed(1), &[part(0, "narasi"), part(1, "rahasia sekali")]);
    let work = padang.work(complaint(1), 20);
    let mut changes = padang.batch([vec![filing.clone()], work].concat(), Verdict::Applied);
    changes.summaries = vec![summary(1), summary(2)];
    changes.outbox = changes.entries.iter().map(|entry| (node("13"), entry.hash)).collect();
    changes.announced = vec![(complaint(1), at(1, 9))];
    put(store, changes).await.unwrap();
    let peer = PeerUpdate { receipt: Some(receipt()), inbound: Some((3, 4)), ..PeerUpdate::default() };
    put_for(store, "13.71", Changes { peer: Some(peer), ..Changes::default() }).await.unwrap();
    let session = Session { token: [4; 32], account: Pseudonym([1; 16]), created: Timestamp(1), expires: Timestamp(2) };
    let somebody = |by: &str| Somebody { by: by.to_owned(), is: "\nX".to_owned() };
    let request = Request {
        id: [5; 8],
        kind: "revoke".to_owned(),
        subject: vec![1, 2],
        asker: somebody("uid:1"),
        asked: Timestamp(1),
        expires: Timestamp(2),
        approver: Some(somebody("uid:2")),
        used: None,
    };
    let people = PeopleChanges {
        accounts: vec![account(1, "budi")],
        sessions: vec![session],
        requests: vec![request],
        ..PeopleChanges::default()
    };
    store.people(PeopleScope::default(), |_| (people, ())).await.unwrap();
    put(store, Changes { destroy: vec![filing.hash], ..Changes::default() }).await.unwrap();
    // After that, so that a file's log is not empty.
    put(store, Changes { summaries: vec![summary(4)], ..Changes::default() }).await.unwrap();
}

/// A hub's database in a folder, with something in it.
async fn hub() -> (tempfile::TempDir, PathBuf, SqliteStore, Everything) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let store = SqliteStore::create(&path, owner("hub")).await.unwrap();
    lived_in(&store).await;
    let all = everything(&store).await;
    (folder, path, store, all)
}

async fn of_copy(path: &Path) -> Everything {
    let store = open(path).await.unwrap();
    let all = everything(&store).await;
    store.close().await;
    all
}

#[tokio::test]
async fn copy_of_a_database_in_use_lacks_something_or_is_open_to_others() {
    let (folder, path, store, all) = hub().await;
    let source = SqliteSource::open(&path).await.unwrap();
    assert_eq!(source.schema(), schema());
    // The writer is in the middle of something, which is not in the copy, and is not held up by it.
    let mut other = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let mut tx = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    sqlx::query("DELETE FROM complaints").execute(&mut *tx).await.unwrap();
    let copy = folder.path().join("copy");
    let facts = source.copy_to(&copy).await.unwrap();
    tx.commit().await.unwrap();
    other.close().await.unwrap();
    assert!(everything(&store).await != all);
    let own = CopyFacts { owner: owner("hub"), schema: schema(), journal: at(1, 2), events: 23, complaints: 3 };
    assert_eq!(facts, own);
    assert_eq!(super::facts(&copy).await.unwrap(), own);
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::metadata(&copy).unwrap().len() <= source.bytes().await.unwrap());
    assert_eq!(of_copy(&copy).await, all);
    assert!(source.copy_to(&copy).await.is_err(), "a file was overwritten");
}

#[tokio::test]
async fn destroyed_content_is_in_the_copy() {
    let (folder, path, store, _) = hub().await;
    let copy = folder.path().join("copy");
    SqliteSource::open(&path).await.unwrap().copy_to(&copy).await.unwrap();
    let holds = |path: &Path, text: &[u8]| fs::read(path).unwrap().windows(text.len()).any(|window| window == text);
    assert!(!holds(&copy, b"rahasia sekali"));
    let mut padang = Author::new("14.71");
    let entry = padang.tell(Some(complaint(2)), Change::Replied, &[part(0, "masih ada")]);
    put(&store, Changes { entries: vec![entry], ..Changes::default() }).await.unwrap();
    let other = folder.path().join("other");
    SqliteSource::open(&path).await.unwrap().copy_to(&other).await.unwrap();
    assert!(holds(&other, b"masih ada"), "the search finds nothing at all");
}

#[tokio::test]
async fn database_of_an_older_version_cannot_be_copied_or_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    let older = 12;
    let mut old = crate::store::sqlite::create_single(&path, older).await.unwrap();
    sqlx::raw_sql("INSERT INTO owner VALUES (1, 'lapor.test', 'hub'); PRAGMA journal_mode = WAL;")
        .execute(&mut old)
        .await
        .unwrap();
    old.close().await.unwrap();
    let source = SqliteSource::outdated(&path).await.unwrap().unwrap();
    assert_eq!(source.schema(), older);
    let copy = folder.path().join("copy");
    assert_eq!(source.copy_to(&copy).await.unwrap().schema, older);
    assert_eq!(SqliteSource::open(&path).await.unwrap().schema(), older);
    assert_eq!(health(&path).await.unwrap().schema, older);
    // Opened, it is of this version, and so is the copy.
    SqliteStore::open(&path).await.unwrap().close().await;
    assert!(SqliteSource::outdated(&path).await.unwrap().is_none());
    assert_eq!(open(&copy).await.unwrap().owner().await.unwrap().node, node("hub"));
}

#[tokio::test]
async fn restored_database_overwrites_one_or_mixes_with_its_log() {
    let (folder, path, store, all) = hub().await;
    let copy = |name: &str| folder.path().join(name);
    let source = SqliteSource::open(&path).await.unwrap();
    for name in ["one", "two"] {
        source.copy_to(&copy(name)).await.unwrap();
    }
    // Life goes on, and the log with it is left behind, as after a kill.
    put(&store, Changes { summaries: vec![summary(7)], ..Changes::default() }).await.unwrap();
    let later = everything(&store).await;
    let killed = folder.path().join("killed.db");
    for end in ["", "-wal", "-shm"] {
        fs::copy(format!("{}{end}", path.display()), format!("{}{end}", killed.display())).unwrap();
    }
    assert!(install(&copy("one"), &killed, None).is_err());
    install(&copy("one"), &killed, Some(&copy("aside.db"))).unwrap();
    assert!(!copy("one").exists() && !folder.path().join("killed.db-wal").exists());
    assert_eq!(of_copy(&killed).await, all);
    assert_eq!(of_copy(&copy("aside.db")).await, later);
    assert!(install(&copy("two"), &killed, Some(&copy("aside.db"))).is_err(), "what was put aside was overwritten");
    assert_eq!(of_copy(&killed).await, all);
    // The log of a database that is gone would spoil the new one.
    fs::copy(path.with_file_name("hub.db-wal"), copy("new.db-wal")).unwrap();
    install(&copy("two"), &copy("new.db"), None).unwrap();
    assert!(!copy("new.db-wal").exists());
    assert_eq!(of_copy(&copy("new.db")).await, all);
}

/// A power cut between any two steps of a restore, and a disk that says no after the database was moved away.
#[tokio::test]
async fn cut_off_restore_parts_a_database_from_its_log() {
    let (folder, path, store, all) = hub().await;
    let copy = |name: &str| folder.path().join(name);
    SqliteSource::open(&path).await.unwrap().copy_to(&copy("copy")).await.unwrap();
    put(&store, Changes { summaries: vec![summary(7)], ..Changes::default() }).await.unwrap();
    let later = everything(&store).await;
    for cut in 0..=4 {
        let place = folder.path().join(format!("cut-{cut}"));
        fs::create_dir(&place).unwrap();
        let [database, aside, second] = ["hub.db", "first", "second"].map(|name| place.join(name));
        for end in ["", "-wal", "-shm"] {
            fs::copy(format!("{}{end}", path.display()), format!("{}{end}", database.display())).unwrap();
        }
        let log = place.join("hub.db-wal");
        assert!(fs::metadata(&log).unwrap().len() > 0, "the log is empty: this shows nothing");
        let exchange = Exchange { database: &database, aside: Some(&aside) };
        let steps = [Exchange::keep_log, Exchange::move_away, Exchange::drop_log];
        for step in steps.iter().take(cut) {
            step(&exchange).unwrap();
        }
        if cut == 4 {
            exchange.move_back();
            assert!(database.exists() && !aside.exists());
        }
        // Whole, wherever it stands; looked at elsewhere, as looking changes it.
        let standing = if database.exists() { &database } else { &aside };
        let seen = place.join("seen");
        fs::copy(standing, &seen).unwrap();
        fs::copy(format!("{}-wal", standing.display()), place.join("seen-wal")).unwrap();
        assert!(of_copy(&seen).await == later, "cut off after {cut} steps, it lacks its log");
        // And again, to the end.
        fs::copy(copy("copy"), place.join("copy")).unwrap();
        install(&place.join("copy"), &database, Some(&second)).unwrap();
        assert!(of_copy(&database).await == all && !place.join("hub.db.restoring").exists());
        let kept = if second.exists() { &second } else { &aside };
        assert!(of_copy(kept).await == later, "cut off after {cut} steps, the log is gone");
    }
    store.close().await;
}

/// What a trigger or a view does is seen in no row.
#[tokio::test]
async fn copy_with_something_of_its_own_goes_unseen() {
    let (folder, path, store, _) = hub().await;
    let place = |name: &str| folder.path().join(name);
    let copy = place("copy");
    SqliteSource::open(&path).await.unwrap().copy_to(&copy).await.unwrap();
    store.close().await;
    let older = schema() - 1;
    create_single(&place("older"), older).await.unwrap().close().await.unwrap();
    let mut at = 0;
    let mut as_made = async |path: &Path, schema: i64| {
        at += 1;
        is_as_made(path, schema, &place(&format!("beside-{at}"))).await.unwrap()
    };
    assert!(as_made(&copy, schema()).await && as_made(&place("older"), older).await);
    assert!(!as_made(&copy, older).await && !as_made(&place("older"), schema()).await);
    for (statement, name) in [
        ("CREATE TRIGGER later AFTER INSERT ON events BEGIN DELETE FROM parts; END", "trigger"),
        ("CREATE TRIGGER sqlitely AFTER INSERT ON events BEGIN DELETE FROM parts; END", "trigger of a near name"),
        ("CREATE TRIGGER of_list AFTER INSERT ON _sqlx_migrations BEGIN DELETE FROM parts; END", "trigger on the list"),
        ("CREATE VIEW more AS SELECT * FROM events", "view"),
        ("CREATE TABLE more (x)", "table"),
        ("DROP INDEX events_by_complaint", "index that is gone"),
        ("ALTER TABLE complaints ADD COLUMN more TEXT DEFAULT 'x'", "column"),
    ] {
        let altered = place("altered");
        fs::copy(&copy, &altered).unwrap();
        let mut connection = sqlx::sqlite::SqliteConnectOptions::new().filename(&altered).connect().await.unwrap();
        sqlx::query(statement).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        assert!(!as_made(&altered, schema()).await, "{name}");
    }
}

/// A copy that comes from another file system is read as it comes, and its reading may fail.
#[tokio::test]
async fn half_a_copy_stays_beside_its_place() {
    use std::os::unix::fs::MetadataExt as _;
    let folder = tempfile::tempdir().unwrap();
    let Ok(elsewhere) = tempfile::tempdir_in("/dev/shm") else { return };
    if fs::metadata(folder.path()).unwrap().dev() == fs::metadata(elsewhere.path()).unwrap().dev() {
        return;
    }
    // What can be opened and cannot be read.
    let copy = elsewhere.path().join("copy");
    fs::create_dir(&copy).unwrap();
    assert!(install(&copy, &folder.path().join("hub.db"), None).is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "a half of it was left");
}

#[tokio::test]
async fn sick_database_says_that_it_is_well() {
    let (_folder, path, store, _) = hub().await;
    let found = health(&path).await.unwrap();
    assert_eq!((found.schema, found.known, found.broken.len()), (schema(), schema(), 0));
    store.close().await;
    // A page in the middle is overwritten.
    let mut bytes = fs::read(&path).unwrap();
    let from = 4096 * 4;
    bytes[from..from + 4096].fill(0x5a);
    fs::write(&path, bytes).unwrap();
    let found = health(&path).await;
    assert!(found.as_ref().map_or(true, |found| !found.broken.is_empty()), "{found:?}");
}

/// From SQLite to PostgreSQL and back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn move_between_databases_loses_or_alters_a_row() {
    let (folder, path, store, all) = hub().await;
    let copy = folder.path().join("copy");
    SqliteSource::open(&path).await.unwrap().copy_to(&copy).await.unwrap();
    let server = TestDatabase::make();
    fill(&server.address(), &copy, None).await.unwrap();
    let there = PostgresStore::open_as(&server.address(), &owner("hub")).await.unwrap();
    assert_eq!(everything(&there).await, all);
    // What numbers itself goes on where it was.
    put(&there, Changes { summaries: vec![summary(9)], ..Changes::default() }).await.unwrap();
    put(&store, Changes { summaries: vec![summary(9)], ..Changes::default() }).await.unwrap();
    let all = everything(&store).await;
    assert_eq!(everything(&there).await, all);
    let source = PostgresSource::open(&server.address()).await.unwrap();
    let back = folder.path().join("back");
    let facts = source.copy_to(&back).await.unwrap();
    assert_eq!((facts.owner, facts.schema, facts.events, facts.complaints), (owner("hub"), schema(), 23, 4));
    assert_eq!(of_copy(&back).await, all);
    there.close().await;
    server.drop_it().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restore_into_a_server_overwrites_or_leaves_a_half() {
    let (folder, path, _store, all) = hub().await;
    let copy = folder.path().join("copy");
    SqliteSource::open(&path).await.unwrap().copy_to(&copy).await.unwrap();
    let server = TestDatabase::make();
    let mut server_side = server.connect().await;
    let schema: String = sqlx::query_scalar("SHOW search_path").fetch_one(&mut server_side).await.unwrap();
    let before_schema = format!("{schema}_before");
    let there = PostgresStore::create(&server.address(), owner("hub")).await.unwrap();
    put(&there, Changes { summaries: vec![summary(5)], ..Changes::default() }).await.unwrap();
    let before = everything(&there).await;
    assert!(in_use(&server.address()).await.unwrap(), "a connection of a hub is not seen");
    there.close().await;
    assert!(fill(&server.address(), &copy, None).await.is_err());
    // A copy that breaks off halfway: what was there is there.
    let broken = folder.path().join("broken");
    fs::copy(&copy, &broken).unwrap();
    let mut alter =
        sqlx::sqlite::SqliteConnectOptions::new().filename(&broken).foreign_keys(false).connect().await.unwrap();
    sqlx::query("INSERT INTO set_aside_parts VALUES (zeroblob(32), 0, 0, zeroblob(32), x'00', 0)")
        .execute(&mut alter)
        .await
        .unwrap();
    alter.close().await.unwrap();
    assert!(fill(&server.address(), &broken, Some(&before_schema)).await.is_err());
    let there = PostgresStore::open(&server.address()).await.unwrap();
    assert_eq!(everything(&there).await, before);
    there.close().await;
    fill(&server.address(), &copy, Some(&before_schema)).await.unwrap();
    let there = PostgresStore::open(&server.address()).await.unwrap();
    assert_eq!(everything(&there).await, all);
    there.close().await;
    let kept: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {before_schema}.complaints")))
        .fetch_one(&mut server_side)
        .await
        .unwrap();
    assert_eq!(kept, 1);
    tell(&mut server_side, &format!("DROP SCHEMA {before_schema} CASCADE")).await;
    server_side.close().await.unwrap();
    server.drop_it().await;
}

/// The server ends the connection in the middle of it, so that nothing can be put back by it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restore_into_a_server_that_goes_away_leaves_a_half() {
    let (folder, path, _store, all) = hub().await;
    let copy = folder.path().join("copy");
    SqliteSource::open(&path).await.unwrap().copy_to(&copy).await.unwrap();
    let server = TestDatabase::make();
    let there = PostgresStore::create(&server.address(), owner("hub")).await.unwrap();
    put(&there, Changes { summaries: vec![summary(5)], ..Changes::default() }).await.unwrap();
    let before = everything(&there).await;
    there.close().await;
    let mut other = server.connect().await;
    let schema: String = sqlx::query_scalar("SHOW search_path").fetch_one(&mut other).await.unwrap();
    let aside = format!("{schema}_before");
    // In the last of the migrations, once the tables that are there were moved away.
    let kill = format!(
        "CREATE FUNCTION public.{schema}_kill() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
             IF current_setting('search_path') = '{schema}' AND to_regclass('{schema}.set_aside_parts') IS NOT NULL THEN
                 PERFORM pg_terminate_backend(pg_backend_pid());
             END IF;
         END $$;
         CREATE EVENT TRIGGER {schema}_kill ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE')
             EXECUTE FUNCTION public.{schema}_kill()"
    );
    tell(&mut other, &kill).await;
    let cut = fill(&server.address(), &copy, Some(&aside)).await;
    tell(&mut other, &format!("DROP EVENT TRIGGER {schema}_kill; DROP FUNCTION public.{schema}_kill()")).await;
    assert!(cut.is_err());
    let there = PostgresStore::open(&server.address()).await.unwrap();
    assert_eq!(everything(&there).await, before);
    // A hub that was started meanwhile goes on.
    let refused = fill(&server.address(), &copy, Some(&aside)).await.unwrap_err();
    assert!(refused.to_string().contains("stop it first"), "{refused}");
    assert_eq!(everything(&there).await, before);
    there.close().await;
    fill(&server.address(), &copy, Some(&aside)).await.unwrap();
    let there = PostgresStore::open(&server.address()).await.unwrap();
    assert_eq!(everything(&there).await, all);
    there.close().await;
    tell(&mut other, &format!("DROP SCHEMA {aside} CASCADE")).await;
    other.close().await.unwrap();
    server.drop_it().await;
}

/// What compresses well on the server takes its full length in a copy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copy_from_a_server_takes_more_room_than_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let server = TestDatabase::make();
    let there = PostgresStore::create(&server.address(), owner("hub")).await.unwrap();
    let mut padang = Author::new("13.71");
    let long = "a".repeat(60_000);
    let filing = padang.tell(Some(complaint(1)), filed(1), &[part(0, &long), part(1, &long)]);
    let mut entries = vec![filing];
    entries.extend((0..20).map(|_| padang.tell(Some(complaint(1)), Change::Replied, &[part(0, &long)])));
    put(&there, padang.batch(entries, Verdict::Applied)).await.unwrap();
    there.close().await;
    let source = PostgresSource::open(&server.address()).await.unwrap();
    let foreseen = source.bytes().await.unwrap();
    let copy = folder.path().join("copy");
    source.copy_to(&copy).await.unwrap();
    let taken = fs::metadata(&copy).unwrap().len();
    assert!(taken > 20 * 60_000 && taken <= foreseen, "{taken} bytes instead of {foreseen}");
    server.drop_it().await;
}

/// A hub that was only just made has no row of its own journal in a file, and must have one on a server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hub_that_never_wrote_cannot_move() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    SqliteStore::create(&path, owner("hub")).await.unwrap().close().await;
    let copy = folder.path().join("copy");
    SqliteSource::open(&path).await.unwrap().copy_to(&copy).await.unwrap();
    let server = TestDatabase::make();
    fill(&server.address(), &copy, None).await.unwrap();
    let there = PostgresStore::open(&server.address()).await.unwrap();
    assert_eq!(there.own().await.unwrap().written, at(1, 0));
    put(&there, Changes { summaries: vec![summary(1)], ..Changes::default() }).await.unwrap();
    there.close().await;
    server.drop_it().await;
}

/// A table or column that one of the databases has and the other has not would be left out of copies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn table_of_one_database_is_not_in_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(&folder.path().join("empty"), schema()).await.unwrap();
    let mut here: Vec<(String, String)> = Vec::new();
    for table in writer.tables().await.unwrap() {
        here.extend(table.columns.iter().map(|(column, _)| (table.name.clone(), column.clone())));
    }
    let server = TestDatabase::make();
    PostgresStore::create(&server.address(), owner("hub")).await.unwrap().close().await;
    let mut connection = server.connect().await;
    let schema: String = sqlx::query_scalar("SHOW search_path").fetch_one(&mut connection).await.unwrap();
    let mut there: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text FROM information_schema.columns
         WHERE table_schema = $1 AND table_name <> '_sqlx_migrations'",
    )
    .bind(&schema)
    .fetch_all(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    server.drop_it().await;
    here.sort();
    there.sort();
    assert_eq!(here, there);
    assert!(here.len() > 80, "{here:?}");
}

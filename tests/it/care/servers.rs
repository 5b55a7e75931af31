//! A hub whose database is on a PostgreSQL server: its backups are the same files, so it moves from one kind of database to the other
//! and back; and it is backed up before it is brought up to date.

use std::fs;

use lintas::identity::files::create_secret;
use lintas::store::copy::schema;
use lintas_tests::postgres::Server;
use serde_json::Value;
use sqlx::migrate::Migrator;
use sqlx::{Connection as _, PgConnection};

use super::folder::refused;
use crate::processes::town::{PADANG, Town, file};

/// What `init` writes into a database.
const OF_INIT: &str = "INSERT INTO owner VALUES (1, 'lapor.test', 'hub');
                       INSERT INTO own_journal VALUES (1, 1, 0, 1, 0, decode(repeat('00', 32), 'hex'), 0, 0)";

/// Points the hub's settings at a database; the password of a server goes into its file.
fn point(town: &Town, database: &str) {
    let folder = town.federation.hub_folder();
    let (address, password) = match database.split_once("://").and_then(|(_, rest)| rest.split_once('@')) {
        Some((user, place)) => {
            let (name, password) = user.split_once(':').unwrap();
            (format!("postgres://{name}@{place}"), Some(password.to_owned()))
        }
        None => (database.to_owned(), None),
    };
    let path = folder.join("hub.toml");
    let lines: Vec<String> = fs::read_to_string(&path)
        .unwrap()
        .lines()
        .map(|line| match line.split(" = ").next() {
            Some("database") => format!("database = \"{address}\""),
            Some("database_password_file") if password.is_some() => {
                "database_password_file = \"keys/database.password\"".to_owned()
            }
            Some("database_password_file") => "database_password_file = \"\"".to_owned(),
            _ => line.to_owned(),
        })
        .collect();
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    if let Some(password) = password {
        let _ = fs::remove_file(folder.join("keys/database.password"));
        create_secret(&folder.join("keys/database.password"), password.as_bytes()).unwrap();
    }
}

fn codes(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn hub_that_moves_to_a_server_and_back_loses_something() {
    let mut town = Town::running(&[PADANG]).await;
    file(&mut town.desk(PADANG).await, 3, 2000).await;
    town.federation.at_rest().await.unwrap();
    let path = |name: &str| town.path(name).display().to_string();
    let (there, back) = (path("there.tar"), path("back.tar"));
    town.federation.stop_hub().await.unwrap();
    town.federation.hub(&["backup", &there]).await.unwrap();
    let server = Server::start(&[]).unwrap();
    point(&town, server.address());
    town.federation.hub(&["restore", &there]).await.unwrap();
    let (code, said) = refused(town.federation.hub(&["restore", &there]).await);
    assert!(code == 1 && said.contains("--replace"), "{said}");
    town.federation.start_hub().unwrap();
    file(&mut town.desk(PADANG).await, 3, 2000).await;
    town.federation.at_rest().await.unwrap();
    town.federation.hub(&["verify"]).await.unwrap();
    let report = match town.federation.hub(&["doctor", "--json"]).await {
        Ok(text) => text,
        other => refused(other).1,
    };
    let report: Value = serde_json::from_str(&report).unwrap();
    assert!(codes(&report).contains(&"database-ok") && report.to_string().contains("full_page_writes=on"), "{report}");
    // While it runs, it is copied but not replaced.
    town.federation.hub(&["backup", &back, "--verify"]).await.unwrap();
    let (code, said) = refused(town.federation.hub(&["restore", &back, "--replace"]).await);
    assert!(code == 1 && said.contains("stop it first"), "{code}: {said}");
    town.federation.stop_hub().await.unwrap();
    town.federation.hub(&["restore", &back, "--replace"]).await.unwrap();
    let mut connection = PgConnection::connect(server.address()).await.unwrap();
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'lintas_replaced_%'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    assert_eq!(kept, 1, "the database that was there is gone");

    point(&town, "hub.db");
    town.federation.hub(&["restore", &back, "--replace"]).await.unwrap();
    town.federation.start_hub().unwrap();
    file(&mut town.desk(PADANG).await, 1, 2000).await;
    town.ends_in_order().await;
}

/// The machine of the hub burns down, the server of its database does not.
#[tokio::test]
async fn hub_on_a_server_does_not_come_back_into_an_empty_folder() {
    let mut town = Town::running(&[PADANG]).await;
    file(&mut town.desk(PADANG).await, 2, 100).await;
    town.federation.at_rest().await.unwrap();
    let path = |name: &str| town.path(name).display().to_string();
    let (first, with, without) = (path("first.tar"), path("with.tar"), path("without.tar"));
    town.federation.stop_hub().await.unwrap();
    town.federation.hub(&["backup", &first]).await.unwrap();
    let server = Server::start(&[]).unwrap();
    point(&town, server.address());
    town.federation.hub(&["restore", &first]).await.unwrap();
    town.federation.hub(&["backup", &with, "--with-keys"]).await.unwrap();
    town.federation.hub(&["backup", &without]).await.unwrap();
    let folder = town.federation.hub_folder();
    let password = fs::read(folder.join("keys/database.password")).unwrap();
    let storage = fs::read(folder.join("keys/storage.key")).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    // Without keys, the password must be there first.
    let (code, said) = refused(town.federation.hub(&["restore", &without, "--replace"]).await);
    assert!(code == 1 && said.contains("database.password") && !folder.exists(), "{code}: {said}");
    let (code, said) = refused(town.federation.hub(&["restore", &with]).await);
    assert!(code == 1 && said.contains("--replace") && !folder.exists(), "{code}: {said}");
    let done = town.federation.ask_hub(&["restore", &with, "--replace"]).await.unwrap();
    assert_eq!((&done["keys"], &done["keys_missing"]), (&Value::from(true), &Value::from(0)), "{done}");
    assert_eq!(fs::read(folder.join("keys/database.password")).unwrap(), password);
    // No backup holds the key of the content; another one is none.
    create_secret(&folder.join("keys/storage.key"), &[b"7".repeat(64), b"\n".to_vec()].concat()).unwrap();
    let (code, said) = refused(town.federation.hub(&["suspend", PADANG]).await);
    assert!(code == 78 && said.contains("storage key"), "{code}: {said}");
    fs::write(folder.join("keys/storage.key"), storage).unwrap();
    town.federation.start_hub().unwrap();
    file(&mut town.desk(PADANG).await, 1, 100).await;
    town.ends_in_order().await;
}

#[tokio::test]
async fn server_is_brought_up_to_date_without_a_backup() {
    let town = Town::founded(&[]).await;
    let server = Server::start(&[]).unwrap();
    let folder = lintas_tests::demo::data_folder().join("../migrations/postgres");
    let all = Migrator::new(folder).await.unwrap();
    let before = all.iter().filter(|migration| migration.version < schema()).cloned().collect();
    let mut connection = PgConnection::connect(server.address()).await.unwrap();
    sqlx::raw_sql("CREATE SCHEMA lintas; SET search_path = lintas").execute(&mut connection).await.unwrap();
    Migrator::with_migrations(before).run_direct(None, &mut connection, false).await.unwrap();
    sqlx::raw_sql(OF_INIT).execute(&mut connection).await.unwrap();
    point(&town, server.address());
    let units = lintas_tests::demo::data_folder().join("units.csv").display().to_string();
    town.federation.hub(&["units", "import", &units]).await.unwrap();
    let found: i64 =
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    assert_eq!(found, schema());
    let ending = format!("-schema-{}.tar", schema() - 1);
    let mut made =
        fs::read_dir(town.federation.hub_folder().join("backups")).unwrap().map(|entry| entry.unwrap().path());
    let backup = made.find(|path| path.to_string_lossy().ends_with(&ending)).unwrap().display().to_string();
    let sound = town.federation.ask_hub(&["backup", "verify", &backup]).await.unwrap();
    assert_eq!(sound["manifest"]["schema"], schema() - 1);
}

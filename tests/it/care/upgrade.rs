//! A database of an older version: it is backed up before it is brought up to date, or it is not brought up to date.

use std::fs;
use std::path::Path;

use lintas::store::copy::schema;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use super::folder::{SmallDisk, refused};
use crate::processes::town::{PADANG, Town};

/// Makes a database as the version before this one made it.
async fn older(path: &Path, node: &str) {
    let folder = lintas_tests::demo::data_folder().join("../migrations/sqlite");
    let all = Migrator::new(folder).await.unwrap();
    let before = all.iter().filter(|migration| migration.version < schema()).cloned().collect();
    let options =
        SqliteConnectOptions::new().filename(path).journal_mode(SqliteJournalMode::Wal).create_if_missing(true);
    let mut database: SqliteConnection = options.connect().await.unwrap();
    Migrator::with_migrations(before).run_direct(None, &mut database, false).await.unwrap();
    sqlx::query("INSERT INTO owner VALUES (1, 'lapor.test', ?)").bind(node).execute(&mut database).await.unwrap();
    database.close().await.unwrap();
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

async fn schema_of(path: &Path) -> i64 {
    let mut database: SqliteConnection = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    let found = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(&mut database).await.unwrap();
    database.close().await.unwrap();
    found
}

/// Puts an older database in the place of the one that `init` made.
async fn age(database: &Path, node: &str) {
    fs::remove_file(database).unwrap();
    older(database, node).await;
    assert_eq!(schema_of(database).await, schema() - 1);
}

#[tokio::test]
async fn database_is_brought_up_to_date_without_a_backup() {
    let mut town = Town::founded(&[PADANG]).await;
    let (hub, node) = (town.federation.hub_database(), town.federation.node_database(PADANG));
    age(&hub, "hub").await;
    age(&node, PADANG).await;
    let units = lintas_tests::demo::data_folder().join("units.csv").display().to_string();
    town.federation.hub(&["units", "import", &units]).await.unwrap();
    assert_eq!(schema_of(&hub).await, schema());
    town.federation.start_hub().unwrap();
    town.federation.start_node(PADANG).await.unwrap();
    assert_eq!(schema_of(&node).await, schema());
    let log = fs::read_to_string(town.federation.log_file(PADANG)).unwrap();
    let ending = format!("-schema-{}.tar", schema() - 1);
    assert!(log.contains("backed up before") && log.contains(&ending), "{log}");
    for folder in [town.federation.hub_folder(), town.federation.node_folder(PADANG)] {
        let mut made = fs::read_dir(folder.join("backups")).unwrap().map(|entry| entry.unwrap().path());
        let backup = made.find(|path| path.to_string_lossy().ends_with(&ending)).unwrap().display().to_string();
        let verify = ["backup", "verify", &backup];
        let sound = if folder == town.federation.hub_folder() {
            town.federation.ask_hub(&verify).await.unwrap()
        } else {
            town.federation.ask(PADANG, &verify).await.unwrap()
        };
        assert_eq!(
            (&sound["manifest"]["schema"], &sound["manifest"]["reason"]),
            (&(schema() - 1).into(), &"migration".into())
        );
    }
    town.federation.stop().await.unwrap();
}

#[tokio::test]
async fn database_is_brought_up_to_date_though_no_backup_fits() {
    let folder = tempfile::Builder::new().prefix("lintas-it-").tempdir().unwrap();
    let hub = folder.path().join("hub");
    let Some(disk) = SmallDisk::mount(&hub, 4) else { return };
    let units = lintas_tests::demo::data_folder().join("units.csv");
    let federation = lintas_tests::federation::Federation::found(folder.path(), &units, &[]).await.unwrap();
    let database = federation.hub_database();
    age(&database, "hub").await;
    disk.fill_but(512 * 1024);
    let (code, said) = refused(federation.hub(&["units", "import", &units.display().to_string()]).await);
    assert!(code == 69 && said.contains("no room") && said.contains("make room"), "{code}: {said}");
    disk.free();
    assert_eq!(schema_of(&database).await, schema() - 1, "it was brought up to date all the same");
    federation.hub(&["units", "import", &units.display().to_string()]).await.unwrap();
    assert_eq!(schema_of(&database).await, schema());
}

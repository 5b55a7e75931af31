//! The demo's checker is itself checked: whatever is wrong with one database makes it say so, and end with another status.

use std::path::Path;
use std::process::Command;

use lintas_tests::programs;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};

use super::town::{PADANG, PROVINCE, Town, act, file, transfer};

/// Alters a database behind the program's back.
async fn alter(database: &Path, statement: &'static str) {
    let options = SqliteConnectOptions::new().filename(database).foreign_keys(false);
    let mut connection: SqliteConnection = options.connect().await.unwrap();
    let done = sqlx::query(statement).execute(&mut connection).await.unwrap();
    assert!(done.rows_affected() > 0, "{statement}");
    connection.close().await.unwrap();
}

/// What the demo's program says of the books, and how it ends.
fn verdict(folder: &Path) -> (String, Option<i32>) {
    let output = Command::new(programs::demo().unwrap()).arg("--check").arg(folder).output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

#[tokio::test]
async fn checker_overlooks_what_is_lost_doubled_or_altered() {
    let mut town = Town::running(&[PADANG, PROVINCE]).await;
    let ids = file(&mut town.desk(PADANG).await, 3, 100).await;
    act(&mut town.desk(PADANG).await, &ids[0], transfer(PROVINCE)).await;
    town.federation.at_rest().await.unwrap();
    town.federation.stop().await.unwrap();
    let folder = town.federation.folder().to_owned();
    let (said, code) = verdict(&folder);
    assert_eq!(code, Some(0), "{said}");

    let (hub, province) = (town.federation.hub_database(), town.federation.node_database(PROVINCE));
    let padang = town.federation.node_database(PADANG);
    let lost = "DELETE FROM events WHERE change = 'filed' AND id = (SELECT max(id) FROM events WHERE change = 'filed')";
    let doubled =
        "INSERT INTO events SELECT id + 100000, randomblob(32), origin, incarnation, seq + 1000, header, complaint,
        registry, change, NULL, seal_last, leaf, path, verdict, reason FROM events WHERE change = 'transfer'";
    let state = "UPDATE complaints SET state = 'closed' WHERE state <> 'closed'";
    let holder = "UPDATE complaints SET unit = '13.71', node = '13.71' WHERE unit = '13'";
    let verdicts = "UPDATE events SET verdict = 2 WHERE change = 'transfer'";
    let header = "UPDATE events SET header = zeroblob(length(header)) WHERE change = 'moved'";
    let outbox = "UPDATE peers SET numbered = numbered + 1 WHERE node = '13'";
    for (what, database, statement) in [
        ("an event lost at the hub", &hub, lost),
        ("an event lost at a node", &padang, lost),
        ("an event doubled at the hub", &hub, doubled),
        ("an event doubled at a node", &province, doubled),
        ("a state altered at the hub", &hub, state),
        ("a state altered at a node", &province, state),
        ("a holder altered", &province, holder),
        ("a verdict altered", &padang, verdicts),
        ("a header altered", &province, header),
        ("something undelivered", &hub, outbox),
    ] {
        let kept = town.path("kept.db");
        std::fs::copy(database, &kept).unwrap();
        alter(database, statement).await;
        let (said, code) = verdict(&folder);
        assert_eq!(code, Some(65), "{what} is overlooked:\n{said}");
        assert!(said.contains("DIFFERENCE"), "{what}: {said}");
        for end in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", database.display()));
        }
        std::fs::copy(&kept, database).unwrap();
    }
    assert_eq!(verdict(&folder).1, Some(0), "the books are whole again");
}

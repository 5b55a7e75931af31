//! Units declared by command lines of real processes: without the hub, with a lost disk, and with mistakes.

use std::fs;
use std::path::Path;

use lintas_tests::federation::PATIENCE;
use lintas_tests::wait::until;
use serde_json::Value;

use super::town::{PADANG, Town, file};

const FILES: [&str; 3] = ["node.db", "node.db-wal", "node.db-shm"];

/// A copied file keeps its mode.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in FILES {
        let _ = fs::remove_file(to.join(name));
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

/// A unit as Padang's node shows it; null if it does not.
async fn shown(town: &Town, code: &str) -> Value {
    let told = town.federation.ask(PADANG, &["units", "--below", code]).await.unwrap();
    told["units"].as_array().unwrap().iter().find(|unit| unit["code"] == code).cloned().unwrap_or_default()
}

async fn published(town: &Town, code: &str) {
    until(&format!("{code} published"), PATIENCE, async || (shown(town, code).await["waiting"] == false).then_some(()))
        .await
        .unwrap();
}

#[tokio::test]
async fn declared_unit_is_lost_with_the_disk() {
    let mut town = Town::running(&[PADANG]).await;
    let folder = town.federation.node_folder(PADANG);
    file(&mut town.desk(PADANG).await, 1, 100).await;
    let add = async |town: &Town, code: &str| {
        let arguments =
            ["units", "add", code, "--name", "Dinas Baru", "--categories", "sampah,taman", "--contact", "(0751) 1"];
        town.federation.ask(PADANG, &arguments).await.unwrap();
    };
    add(&town, "13.71.satu").await;
    published(&town, "13.71.satu").await;
    town.federation.stop_node(PADANG).await.unwrap();
    let backup = town.path("backup");
    copy(&folder, &backup);
    town.federation.start_node(PADANG).await.unwrap();
    add(&town, "13.71.dua").await;
    published(&town, "13.71.dua").await;
    town.federation.stop_node(PADANG).await.unwrap();
    // The disk is set back, and a unit is declared on what is there: it is declared again in the next life.
    copy(&backup, &folder);
    town.federation.stop_hub().await.unwrap();
    town.federation.start_node(PADANG).await.unwrap();
    add(&town, "13.71.tiga").await;
    assert_eq!(shown(&town, "13.71.tiga").await["waiting"], true, "the desk works alone");
    town.federation.stop_node(PADANG).await.unwrap();
    town.federation.start_hub().unwrap();
    town.federation.hub_listens().await.unwrap();
    town.federation.node(PADANG, &["recover"]).await.unwrap();
    town.federation.start_node(PADANG).await.unwrap();
    town.federation.at_rest().await.unwrap();
    for code in ["13.71.satu", "13.71.dua", "13.71.tiga"] {
        published(&town, code).await;
    }
    // A lost disk: the same, from nothing.
    town.federation.stop_node(PADANG).await.unwrap();
    for name in FILES {
        let _ = fs::remove_file(folder.join(name));
    }
    town.federation.node(PADANG, &["recover"]).await.unwrap();
    town.federation.start_node(PADANG).await.unwrap();
    town.federation.at_rest().await.unwrap();
    for code in ["13.71.satu", "13.71.dua", "13.71.tiga"] {
        let unit = shown(&town, code).await;
        assert_eq!(
            (&unit["waiting"], &unit["contact"], unit["categories"].as_array().map(Vec::len)),
            (&Value::Bool(false), &Value::from("(0751) 1"), Some(2)),
            "{code}"
        );
    }
    town.ends_in_order().await;
}

#[tokio::test]
async fn mistakes_of_a_file_are_told_one_at_a_time() {
    let town = Town::running(&[PADANG]).await;
    file(&mut town.desk(PADANG).await, 1, 100).await;
    let path = town.path("units.toml");
    fs::write(&path, "[[unit]]\ncode = \"13.dinkes\"\nname = \"X\"\n[[unit]]\ncode = \"13.71.x\"\nname = \"\"\ncategories = \"smapah\"\n").unwrap();
    let refused = town.federation.ask(PADANG, &["units", "import", &path.display().to_string()]).await.unwrap_err();
    let said = refused.to_string();
    for part in ["\"line\":2", "\"line\":6", "\"line\":7", "sampah"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(shown(&town, "13.71.x").await, Value::Null);
    town.ends_in_order().await;
}

//! Complaints taken over from another system, as an operator does it: by a file, with mistakes, twice, and killed in the middle.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;

use lintas::store::Store as _;
use lintas_tests::federation::{FederationError, PATIENCE};
use lintas_tests::programs;
use lintas_tests::wait::until;
use serde_json::Value;
use tokio::process::Command;

use super::town::{PADANG, PROVINCE, Town};

const MAPPING: &str = "source = \"simpel\"\n[columns]\nsource_id = \"No\"\nnarrative = \"Isi\"\nstate = \"Status\"\n
    response = \"Jawaban\"\nname = \"Nama\"\nsource_filed_at = \"Tanggal\"\n[defaults]\nvisibility = \"open\"\n
    [values.state]\nBaru = \"new\"\nSelesai = \"closed\"\n";
const HEAD: &str = "No;Isi;Status;Jawaban;Nama;Tanggal\n";

impl Town {
    /// Writes a table and its mapping; the command that takes it over.
    fn table(&self, rows: &str) -> Vec<String> {
        let (table, mapping) = (self.path("lama.csv"), self.path("peta.toml"));
        fs::write(&table, format!("\u{feff}{HEAD}{rows}")).unwrap();
        fs::write(&mapping, MAPPING).unwrap();
        let [table, mapping] = [table, mapping].map(|path| path.display().to_string());
        ["import", &table, "--mapping", &mapping].map(str::to_owned).to_vec()
    }

    async fn import(&self, command: &[String], more: &[&str]) -> Result<Value, FederationError> {
        let arguments: Vec<&str> = command.iter().map(String::as_str).chain(more.iter().copied()).collect();
        self.federation.ask(PADANG, &arguments).await
    }

    async fn complaints(&self) -> u64 {
        let books = self.node_books(PADANG).await;
        let count = books.counts().await.unwrap().complaints;
        books.close().await;
        count
    }
}

#[tokio::test]
async fn file_with_mistakes_is_taken_over_in_part() {
    let town = Town::running(&[PADANG, PROVINCE]).await;
    let bad =
        "1;Sampah;Baru;;Budi;04/03/2019\n2;kenari-isi;Hilang;kenari-jawab;kenari-nama;besok\n;kenari-isi;Baru;;;\n";
    let command = town.table(bad);
    let refused = town.import(&command, &[]).await.unwrap_err();
    let FederationError::Refused { status, said, .. } = &refused else { unreachable!("{refused}") };
    assert_eq!(status.code(), Some(65), "{said}");
    let told: Value = serde_json::from_str(said).unwrap();
    let places: Vec<(u64, &str)> = told["mistakes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mistake| (mistake["line"].as_u64().unwrap(), mistake["column"].as_str().unwrap()))
        .collect();
    assert_eq!((places, &told["count"]), (vec![(3, "Status"), (3, "Tanggal"), (4, "No")], &3.into()));
    assert!(!said.contains("kenari"), "{said}");
    assert_eq!(town.complaints().await, 0);

    let good = "1;Sampah;Baru;;Budi;04/03/2019\n2;Jalan;Selesai;Sudah;Ani;\n3;Air;selesai;;;\n";
    let command = town.table(good);
    let foreseen = town.import(&command, &["--dry-run"]).await.unwrap();
    assert_eq!((&foreseen["new"], &foreseen["unanswered"], town.complaints().await), (&3.into(), &1.into(), 0));
    let done = town.import(&command, &[]).await.unwrap();
    assert_eq!((&done["new"], &done["states"]["archived"]), (&3.into(), &1.into()));
    let again = town.import(&command, &[]).await.unwrap();
    assert_eq!((&again["new"], &again["known"], town.complaints().await), (&0.into(), &3.into(), 3));

    // Whoever comes to hold it sees that it was taken over.
    let listed = town.federation.ask(PADANG, &["list", "--imported", "--state", "new"]).await.unwrap();
    let tracking = listed["complaints"][0]["tracking"].as_str().unwrap().to_owned();
    town.federation.node(PADANG, &["transfer", &tracking, "--to", PROVINCE]).await.unwrap();
    town.federation.at_rest().await.unwrap();
    let there = town.federation.ask(PROVINCE, &["show", &tracking]).await.unwrap();
    assert_eq!((&there["head"]["imported"], &there["head"]["original"]["id"]), (&true.into(), &"1".into()));
    let mirror = town.federation.ask_hub(&["list", "--imported"]).await.unwrap();
    assert_eq!(mirror["complaints"].as_array().unwrap().len(), 3);
    town.ends_in_order().await;
}

#[tokio::test]
async fn import_killed_in_the_middle_loses_or_doubles_a_complaint() {
    const ROWS: u64 = 300;
    let mut town = Town::running(&[PADANG]).await;
    let mut rows = String::new();
    for number in 0..ROWS {
        let state = if number.is_multiple_of(3) { "Selesai" } else { "Baru" };
        let _ = writeln!(rows, "S/{number};{};{state};Sudah.;Warga {number};04/03/2019", "x".repeat(8_000));
    }
    let command = town.table(&rows);
    let data = town.federation.node_folder(PADANG).display().to_string();
    let node = programs::node().unwrap();
    let begin = || {
        let mut run = Command::new(&node);
        run.args(["--data", &data]).args(&command).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        run.spawn().unwrap()
    };
    let beyond = async |town: &Town, before: u64| {
        until("more complaints", PATIENCE, async || {
            let count = town.complaints().await;
            (count > before).then_some(count)
        })
        .await
        .unwrap()
    };
    let mut importing = begin();
    let reached = beyond(&town, 0).await;
    importing.kill().await.unwrap();
    assert!(reached < ROWS, "it was killed too late to show anything");
    let before = town.complaints().await;
    let mut importing = begin();
    beyond(&town, before).await;
    town.federation.kill_node(PADANG).await.unwrap();
    assert!(!importing.wait().await.unwrap().success());
    let before = town.complaints().await;
    assert!(before < ROWS, "it was killed too late to show anything");

    // No node runs: the program does it itself.
    let done = town.import(&command, &[]).await.unwrap();
    assert_eq!((done["new"].as_u64(), done["known"].as_u64()), (Some(ROWS - before), Some(before)));
    town.federation.start_node(PADANG).await.unwrap();
    assert_eq!(town.import(&command, &[]).await.unwrap()["known"], ROWS);

    let lines = town.federation.node(PADANG, &["export", "-", "--format", "jsonl"]).await.unwrap();
    let exported: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |row: &Value| (row["source_id"].as_str().unwrap().to_owned(), row["state"].as_str().unwrap().to_owned());
    let found: BTreeSet<(String, String)> = exported.iter().map(of).collect();
    let wanted: BTreeSet<(String, String)> = (0..ROWS)
        .map(|number| (format!("S/{number}"), if number.is_multiple_of(3) { "closed" } else { "new" }.to_owned()))
        .collect();
    assert_eq!((exported.len(), found), (wanted.len(), wanted));
    assert!(!lines.contains("Warga"), "nobody asked for the reporters");
    town.ends_in_order().await;
}

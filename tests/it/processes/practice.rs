//! A training as real processes: made, used, set ahead, killed, removed. Who does what in it is tried in the program's own tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use lintas_tests::federation::PATIENCE;
use lintas_tests::programs;
use lintas_tests::wait::until;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// What marks an answer.
const MARK: &str = "LATIHAN";

struct Training {
    home: TempDir,
    runs: Option<Child>,
}

fn command(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).env("LANG", "C.UTF-8").env_remove("LC_ALL").stdin(std::process::Stdio::null());
    // Those would lead to a real node; the training's programs must not even hear of them.
    command.env("LINTAS_DATABASE", "nowhere.db").env("LINTAS_HUB_KEY", "none").kill_on_drop(true);
    command
}

async fn node(arguments: &[&str]) -> Output {
    let mut command = command(&programs::node().unwrap(), arguments);
    command.env_remove("LINTAS_DATABASE").env_remove("LINTAS_HUB_KEY").output().await.unwrap()
}

/// What a refused command said.
async fn refused(arguments: &[&str]) -> String {
    let output = node(arguments).await;
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

async fn said(arguments: &[&str]) -> String {
    let output = node(arguments).await;
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

impl Training {
    fn new() -> Self {
        let home = tempfile::Builder::new().prefix("lintas-it-").tempdir().unwrap();
        Self { home, runs: None }
    }

    fn folder(&self) -> PathBuf {
        self.home.path().join("t")
    }

    /// Starts it, and waits until all links are up.
    async fn start(&mut self) {
        let (folder, hub) = (self.folder().display().to_string(), programs::hub().unwrap().display().to_string());
        let arguments = ["practice", "start", "--folder", &folder, "--hub", &hub, "--seed", "1", "--speed", "30"];
        let nodes = ["--node", "13", "--node", "13.71", "--json"];
        let log = fs::File::options().create(true).append(true).open(self.home.path().join("log")).unwrap();
        let mut start = command(&programs::node().unwrap(), &[&arguments[..], &nodes].concat());
        self.runs = Some(start.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
        let up = async || {
            let output = node(&["practice", "status", "--folder", &folder, "--json"]).await;
            let status: Value = serde_json::from_slice(&output.stdout).ok()?;
            let up = status["nodes"].as_array()?.iter().filter(|node| node["link"] == "connected").count();
            (up == 3).then_some(())
        };
        let log = || fs::read_to_string(self.home.path().join("log")).unwrap_or_default();
        until("the training", PATIENCE, up).await.unwrap_or_else(|error| panic!("{error}: {}", log()));
    }

    async fn practice(&self, words: &[&str]) -> String {
        said(&[&["practice"], words, &["--folder", &self.folder().display().to_string()]].concat()).await
    }

    /// A command of a node, as an officer gives it.
    async fn desk(&self, code: &str, words: &[&str]) -> String {
        said(&[&["--data", &self.folder().join(code).display().to_string()], words].concat()).await
    }

    async fn hub(&self, words: &[&str]) -> String {
        let data = self.folder().join("hub").display().to_string();
        let mut hub = command(&programs::hub().unwrap(), &[&["--data", &data], words].concat());
        let output = hub.env_remove("LINTAS_DATABASE").env_remove("LINTAS_HUB_KEY").output().await.unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    async fn file(&self) -> String {
        let filed = ["file", "--category", "air-keruh", "--area", "13.71.11", "--text", "Air keruh.", "--json"];
        let filed = json(&self.desk("13.71", &filed).await);
        assert_eq!(filed["training"], true);
        filed["complaint"].as_str().unwrap().to_owned()
    }

    /// Waits until a complaint stands so in a list of Padang's.
    async fn stands(&self, id: &str, what: &str, so: impl Fn(&Value) -> bool) {
        let look = async || {
            let list = json(&self.desk("13.71", &["list", "--limit", "1000", "--json"]).await);
            list["complaints"].as_array()?.iter().find(|one| one["id"] == id).filter(|one| so(one)).map(drop)
        };
        until(what, PATIENCE, look).await.unwrap();
    }

    /// Waits until no process has the folder in its command line.
    async fn leaves_no_process(&self) {
        let folder = self.folder().display().to_string();
        let gone = async || {
            let mut processes = fs::read_dir("/proc").unwrap().filter_map(|entry| {
                let line = fs::read(entry.ok()?.path().join("cmdline")).ok()?;
                Some(String::from_utf8_lossy(&line).into_owned())
            });
            (!processes.any(|line| line.contains(&folder))).then_some(())
        };
        until("all processes to end", PATIENCE, gone).await.unwrap();
    }
}

/// Answers of every kind begin with the mark, and JSON has it at the top.
async fn all_is_marked(training: &Training, id: &str) {
    let commands: [&[&str]; 8] = [
        &["list"],
        &["show", id],
        &["status"],
        &["units"],
        &["nodes"],
        &["route", id],
        &["categories", "air"],
        &["doctor"],
    ];
    for words in commands {
        for lang in ["id", "en"] {
            let data = training.folder().join("13.71").display().to_string();
            let output = node(&[&["--data", &data, "--lang", lang], words].concat()).await;
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(text.starts_with(MARK) && text.matches("federa").count() > 0, "{words:?}: {text}");
        }
        let data = training.folder().join("13.71").display().to_string();
        let output = node(&[&["--data", &data, "--json"], words].concat()).await;
        assert_eq!(json(&String::from_utf8(output.stdout).unwrap())["training"], true, "{words:?}");
    }
    for words in [&["list"][..], &["status"], &["nodes"], &["units", "list"], &["show", id]] {
        let text = training.hub(words).await;
        assert!(text.starts_with(MARK), "{words:?}: {text}");
        assert_eq!(json(&training.hub(&[words, &["--json"]].concat()).await)["training"], true, "{words:?}");
    }
    let data = training.folder().join("13.71").display().to_string();
    let line = String::from_utf8(node(&["--data", &data, "status", "--check"]).await.stdout).unwrap();
    assert!(line.starts_with(MARK) && line.lines().count() == 1, "{line}");
    // What programs read has no line before it.
    assert!(!training.desk("13.71", &["completions", "bash"]).await.contains(MARK));
    assert!(!training.desk("13.71", &["settings"]).await.starts_with(MARK));
}

#[tokio::test]
async fn sleeper_keeps_its_complaint_or_training_leaves_something_behind() {
    let mut training = Training::new();
    training.start().await;
    let folder = training.folder().display().to_string();
    let again = refused(&["practice", "start", "--folder", &folder]).await;
    assert!(again.contains("practice.running") && again.lines().count() == 1, "{again}");

    // Simulated officers verify it and pass it on to a unit that sleeps; from there it climbs.
    let id = training.file().await;
    training.practice(&["ahead", "10h"]).await;
    training.stands(&id, "somebody to verify it", |one| one["state"] != "new").await;
    training.practice(&["ahead", "10h"]).await;
    training.stands(&id, "somebody to pass it on", |one| one["unit"] == "13.71.pdam").await;
    all_is_marked(&training, &id).await;
    training.practice(&["ahead", "10d"]).await;
    training.stands(&id, "it to climb", |one| one["epoch"].as_u64() > Some(1) && one["unit"] != "13.71.pdam").await;
    let story = training.desk("13.71", &["show", &id, "--lang", "en"]).await;
    assert!(story.contains("the holder was silent"), "{story}");

    // Certificates go by the machine's clock: a year ahead all still talk.
    training.practice(&["ahead", "365d"]).await;
    let late = training.file().await;
    let known = async || {
        let list = json(&training.hub(&["list", "--limit", "10000", "--json"]).await);
        list["complaints"].as_array()?.iter().find(|one| one["id"] == late.as_str()).map(drop)
    };
    until("the hub to hear of it a year ahead", PATIENCE, known).await.unwrap();

    // Killed, it takes its programs with it; started again, it goes on; removed, nothing is left.
    training.runs.take().unwrap().kill().await.unwrap();
    training.leaves_no_process().await;
    training.start().await;
    training.stands(&late, "what was filed before", |_| true).await;
    let unsure = refused(&["practice", "reset", "--folder", &folder]).await;
    assert!(unsure.contains("practice.unsure") && training.folder().exists(), "{unsure}");
    training.practice(&["reset", "--yes"]).await;
    assert!(training.runs.take().unwrap().wait().await.unwrap().success());
    training.leaves_no_process().await;
    assert!(!training.folder().exists());
}

#[tokio::test]
async fn real_node_is_made_practice_or_removed_as_one() {
    let home = tempfile::Builder::new().prefix("lintas-it-").tempdir().unwrap();
    let data = home.path().join("node").display().to_string();
    said(&["--data", &data, "init", "--federation", "lapor.test", "--node", "13.71", "--name", "Kota Padang"]).await;
    let before = fs::read_dir(&data).unwrap().count();
    for words in [&["start"][..], &["reset", "--yes"], &["stop"], &["status"], &["ahead", "3d"], &["speed", "9"]] {
        let said = refused(&[&["practice"], words, &["--folder", &data]].concat()).await;
        assert!(said.contains("practice.foreign") && said.lines().count() == 1, "{words:?}: {said}");
    }
    assert_eq!(fs::read_dir(&data).unwrap().count(), before);
    // No flag makes practice of it: its clock cannot be set, it serves under no other name, and what it answers is not marked.
    let renamed = ["--data", &data, "--set", "federation=latihan-x"];
    for words in [&["--set", "practice.clock=clock", "list"][..], &["run"]] {
        let said = refused(&[&renamed, words].concat()).await;
        assert!(!said.contains(MARK), "{said}");
    }
    for words in [&renamed[..], &renamed[..2]] {
        let list = said(&[words, &["list"]].concat()).await;
        assert!(!list.contains(MARK), "{list}");
    }
    assert_eq!(json(&said(&["--data", &data, "status", "--json"]).await).get("training"), None);
}

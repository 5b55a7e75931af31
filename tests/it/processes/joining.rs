//! Nodes that join by one word: what operators do and read, over real processes; and the way by files beside it.

use std::os::unix::fs::PermissionsExt as _;

use lintas_tests::demo::data_folder;
use lintas_tests::federation::Federation;
use serde_json::Value;

use super::town::{PADANG, PROVINCE, Town};

/// A hub that serves, without nodes.
async fn hub_alone() -> (tempfile::TempDir, Federation) {
    let folder = tempfile::Builder::new().prefix("lintas-it-").tempdir().unwrap();
    let mut federation = Federation::found(folder.path(), &data_folder().join("units.csv"), &[]).await.unwrap();
    federation.start_hub().unwrap();
    federation.hub_listens().await.unwrap();
    (folder, federation)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn token_seen_in_argv() {
    let (_folder, federation) = hub_alone().await;
    let token = federation.token(PADANG, "Kota Padang").await.unwrap();
    for line in [
        vec!["join", token.as_str()],
        vec!["join", "--token-file", token.as_str()],
        vec!["--set", &format!("x={token}"), "status"],
    ] {
        let said = federation.node(PADANG, &line).await.unwrap_err().to_string();
        // What is repeated here is the line that the test itself has given.
        let said = said.split("ended with").nth(1).unwrap();
        assert!(said.contains("command line") && said.contains("withdraw"), "{said}");
        assert!(!said.contains(&token), "{said}");
    }
    let said = federation.hub(&["tokens", "--withdraw", &token]).await.unwrap_err().to_string();
    assert!(said.contains("command line"), "{said}");
    assert!(!federation.node_folder(PADANG).exists(), "a folder was made for a token that was not taken");
    // No option takes one.
    let help = federation.node(PADANG, &["join", "--help"]).await.unwrap();
    assert!(!help.contains("--token <") && !help.contains("[TOKEN]"), "{help}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_is_let_in_twice_or_not_at_all() {
    let (folder, mut federation) = hub_alone().await;
    let token = federation.token(PADANG, "Kota Padang").await.unwrap();
    let said = federation.join_with(PADANG, &token, &[]).await.unwrap();
    assert!(said.contains("Kota Padang") && !said.contains(&token), "{said}");
    let mode = |name: &str| {
        let found = std::fs::metadata(federation.node_folder(PADANG).join(name)).unwrap();
        found.permissions().mode() & 0o777
    };
    assert_eq!(["keys/tls.key", "keys/signing.key", "keys/sealing.key", "node.db"].map(mode), [0o600; 4]);
    // The same node may say it again; another may not, and says so with a code.
    federation.join_with(PADANG, &format!("{token}\n"), &["--token-file", "-"]).await.unwrap();
    let settings = std::fs::read_to_string(federation.node_folder(PADANG).join("node.toml")).unwrap();
    assert!(settings.contains("Kota Padang") && settings.contains("localhost:"), "{settings}");
    let thief = folder.path().join("thief");
    let thief_folder = thief.display().to_string();
    let said = federation.join_with(PADANG, &token, &["--data", &thief_folder]).await.unwrap_err().to_string();
    assert!(said.contains("[join.used]"), "{said}");
    for (text, code) in [("lintas1_0000", "node.token"), ("", "node.token"), (&token[..token.len() - 1], "node.token")]
    {
        let said = federation.join_with(PADANG, text, &[]).await.unwrap_err().to_string();
        assert!(said.contains(code) && !said.contains("lintas1_0"), "{said}");
    }
    let listed = federation.ask_hub(&["tokens"]).await.unwrap();
    assert_eq!((&listed["tokens"][0]["standing"], &listed["tokens"][0]["token"]), (&Value::from("used"), &Value::Null));
    // A token that is taken back, and one of another federation's words.
    let second = federation.token(PROVINCE, "Sumatera Barat").await.unwrap();
    let listed = federation.ask_hub(&["tokens"]).await.unwrap();
    let open = listed["tokens"].as_array().unwrap().iter().find(|token| token["standing"] == "open").unwrap();
    federation.hub(&["tokens", "--withdraw", open["id"].as_str().unwrap()]).await.unwrap();
    let said = federation.join_with(PROVINCE, &second, &[]).await.unwrap_err().to_string();
    assert!(said.contains("[join.withdrawn]"), "{said}");
    // The node runs, is linked, and its doctor has nothing to say of its certificate.
    federation.start_node(PADANG).await.unwrap();
    federation.linked(PADANG).await.unwrap();
    federation.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn list_of_nodes_is_let_in_by_half() {
    let (folder, federation) = hub_alone().await;
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("bad.csv"), "code,name\n13.71,Kota Padang\n99.99,Nirgends\n13.71,Zweimal\n").unwrap();
    let said = federation.hub(&["enrol", "--from", &path("bad.csv")]).await.unwrap_err().to_string();
    assert!(said.contains("line 3") && said.contains("line 4"), "{said}");
    assert_eq!(federation.ask_hub(&["tokens"]).await.unwrap()["tokens"].as_array().unwrap().len(), 0);
    std::fs::write(path("good.csv"), "code,name\n13.71,Kota Padang\n13,Sumatera Barat\n").unwrap();
    let out = path("tokens.csv");
    federation.hub(&["enrol", "--from", &path("good.csv"), "--out", &out, "--hours", "48"]).await.unwrap();
    assert_eq!(std::fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    let rows = std::fs::read_to_string(&out).unwrap();
    let tokens: Vec<&str> = rows.lines().skip(1).filter_map(|row| row.rsplit(',').next()).collect();
    assert_eq!(tokens.len(), 2, "{rows}");
    federation.join_with(PADANG, tokens[0], &[]).await.unwrap();
    let said = federation.join_with(PROVINCE, tokens[0], &[]).await.unwrap_err().to_string();
    assert!(said.contains("[join.used]"), "{said}");
    federation.join_with(PROVINCE, tokens[1], &[]).await.unwrap();
    // A list of tokens is not written over another one.
    assert!(federation.hub(&["enrol", "--from", &path("good.csv"), "--out", &out]).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_without_a_way_to_the_hub_is_shut_out() {
    let town = Town::founded(&[]).await;
    let mut federation = town.federation;
    federation.enrol(PADANG, "Kota Padang").await.unwrap();
    federation.start_hub().unwrap();
    federation.start_node(PADANG).await.unwrap();
    federation.linked(PADANG).await.unwrap();
    federation.stop().await.unwrap();
}

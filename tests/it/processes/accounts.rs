//! People with accounts at real nodes: an officer logs in and acts, an operator lends a hand, a table of accounts has mistakes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use lintas::domain::{PartKind, Position};
use lintas::journal;
use lintas::store::Store as _;

use super::town::{PADANG, PROVINCE, Town, node};

const NAME: &str = "Budi Pegawai Teladan";

/// A file of this account's alone.
fn secret(town: &Town, name: &str, text: &str) -> String {
    let path = town.path(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path.display().to_string()
}

fn holds(path: &Path, text: &str) -> bool {
    fs::read(path).unwrap().windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn officers_name_is_in_a_header() {
    let mut town = Town::founded(&[PADANG, PROVINCE]).await;
    town.federation.start().await.unwrap();
    let socket = town.path("people").join("desk.sock").display().to_string();
    town.federation.stop_node(PADANG).await.unwrap();
    // One socket is one node's.
    town.federation.set_variable("LINTAS_DESK_PEOPLE", &socket);
    town.federation.start_node(PADANG).await.unwrap();
    town.federation.set_variable("LINTAS_DESK_PEOPLE", "");
    town.federation.linked(PADANG).await.unwrap();
    town.federation.at_rest().await.unwrap();
    let federation = &town.federation;
    let given_out = secret(&town, "given-out", "sandi sekali pakai\n");
    let own = secret(&town, "own", "sandi pilihan sendiri\n");
    let session = town.path("session").display().to_string();
    let add = ["account", "add", "budi", "--name", NAME, "--role", "unit-admin", "--password-file", &given_out];
    let account = federation.ask(PADANG, &add).await.unwrap();
    assert_eq!((account["unit"].as_str(), account["one_time"].as_bool()), (Some(PADANG), Some(true)));
    let pseudonym = account["pseudonym"].as_str().unwrap().to_owned();

    let at_socket = ["--socket", &socket, "--session", &session];
    let says = async |arguments: &[&str]| federation.node(PADANG, &[arguments, &at_socket].concat()).await;
    let refused = says(&["list"]).await.unwrap_err().to_string();
    assert!(refused.contains("account.not-logged-in"), "{refused}");
    let refused = says(&["login", "budi", "--password-file", &own]).await.unwrap_err().to_string();
    assert!(refused.contains("account.refused") && !refused.contains(NAME), "{refused}");
    let refused = says(&["login", "budi", "--password-file", &given_out]).await.unwrap_err().to_string();
    assert!(refused.contains("account.new-password-needed"), "{refused}");
    says(&["login", "budi", "--password-file", &given_out, "--new-password-file", &own]).await.unwrap();
    let mode = fs::metadata(&session).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "others can use the session");

    let filed = says(&["file", "--category", "jalan-rusak", "--text", "Jalan berlubang.", "--json"]).await.unwrap();
    let filed: serde_json::Value = serde_json::from_str(&filed).unwrap();
    let id = filed["complaint"].as_str().unwrap();
    says(&["complaint", "verify", id]).await.unwrap();
    let listed = says(&["list"]).await.unwrap();
    assert!(listed.contains(filed["tracking"].as_str().unwrap()), "{listed}");
    assert!(says(&["show", id]).await.unwrap().contains(NAME));
    says(&["transfer", id, "--to", PROVINCE]).await.unwrap();
    federation.node(PADANG, &["file", "--category", "drainase", "--text", "x", "--as", "budi"]).await.unwrap();
    federation.at_rest().await.unwrap();

    let hub = town.hub_books().await;
    let rows = hub.journal(node(PADANG), Position::ZERO, 100).await.unwrap();
    assert_eq!(rows.len(), 4);
    for row in &rows {
        let header = journal::event(&row.bytes).unwrap().header;
        assert_eq!(header.account.unwrap().to_string(), pseudonym);
        assert!(!String::from_utf8_lossy(&row.bytes).contains("Budi"));
        assert_eq!(header.parts.last().unwrap().kind, PartKind::Author);
    }
    let told = federation.hub(&["show", id]).await.unwrap();
    assert!(!told.contains(NAME) && told.contains(&pseudonym[..8]), "{told}");
    // Whoever handles it next sees whose hand it was.
    assert!(federation.node(PROVINCE, &["show", id]).await.unwrap().contains(NAME));
    let table = town.path("all.csv").display().to_string();
    federation.node(PADANG, &["export", &table]).await.unwrap();
    assert!(!holds(Path::new(&table), NAME), "an export names officers unasked");
    says(&["logout"]).await.unwrap();
    assert!(says(&["list"]).await.is_err());
    town.ends_at_rest().await;
}

#[tokio::test]
async fn table_of_accounts_is_half_taken() {
    let town = Town::founded(&[PADANG]).await;
    let federation = &town.federation;
    let table = town.path("accounts.csv");
    let (path, passwords) = (table.display().to_string(), town.path("passwords"));
    let given = passwords.display().to_string();
    let add = ["account", "add", "--from", &path, "--passwords", &given];
    fs::write(&table, "login,name,role,unit\nani,Ani,liaison,13.71.dlh\nBUDI,Budi,raja,99\neko,Eko,admin,13\n")
        .unwrap();
    let refused = federation.node(PADANG, &add).await.unwrap_err().to_string();
    assert!(refused.contains("line 3") && refused.contains("line 4"), "{refused}");
    assert!(!refused.contains("BUDI") && !refused.contains("Eko") && !passwords.exists(), "{refused}");
    fs::write(&table, "login,name,role,unit\nani,Ani,liaison,13.71.dlh\neko,Eko,admin,13.71\n").unwrap();
    federation.node(PADANG, &add).await.unwrap();
    assert_eq!(fs::metadata(&passwords).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&passwords).unwrap().lines().count(), 3);
    // The same table again: nothing is made, and the passwords that were given out are not written over.
    assert!(federation.node(PADANG, &add).await.is_err());
    let again = town.path("again").display().to_string();
    let add = ["account", "add", "--from", &path, "--passwords", &again];
    let refused = federation.node(PADANG, &add).await.unwrap_err().to_string();
    assert!(refused.contains("line 2") && refused.contains("line 3") && !Path::new(&again).exists(), "{refused}");
    let listed = federation.ask(PADANG, &["account", "list"]).await.unwrap();
    assert_eq!(listed["accounts"].as_array().unwrap().len(), 2);
    federation.node(PADANG, &["account", "role", "ani", "--role", "auditor"]).await.unwrap();
    federation.node(PADANG, &["account", "close", "eko"]).await.unwrap();
    let listed = federation.ask(PADANG, &["account", "list"]).await.unwrap();
    assert_eq!(listed["accounts"][0]["role"], "auditor");
    assert!(listed["accounts"][1]["closed"].is_string());
}

#[tokio::test]
async fn hub_takes_a_wrong_password_for_an_approval() {
    let town = Town::founded(&[PADANG]).await;
    let federation = &town.federation;
    let own = secret(&town, "own", "sandi pilihan sendiri\n");
    let wrong = secret(&town, "wrong", "sandi yang salah sekali\n");
    let add = ["account", "add", "ani", "--name", "Ani", "--role", "admin", "--lasting", "--password-file", &own];
    federation.hub(&add).await.unwrap();
    let listed = federation.ask_hub(&["account", "list"]).await.unwrap();
    assert_eq!(listed["accounts"][0]["login"], "ani");
    assert_eq!(federation.ask_hub(&["approvals"]).await.unwrap()["approvals"], serde_json::json!([]));
    let approve =
        |password: &str| ["approve", "00", "--account", "ani", "--password-file", password].map(str::to_owned);
    for (password, code) in [(&wrong, "account.refused"), (&own, "account.unknown-request")] {
        let line = approve(password);
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        let refused = federation.hub(&line).await.unwrap_err().to_string();
        assert!(refused.contains(code), "{refused}");
    }
    assert!(!holds(&federation.hub_database(), "sandi pilihan sendiri"));
}

#[tokio::test]
async fn one_person_revokes_a_node_though_there_are_two() {
    let town = Town::founded(&[PADANG]).await;
    let federation = &town.federation;
    let own = secret(&town, "own", "sandi pilihan sendiri\n");
    for (login, name) in [("ani", "Ani"), ("budi", "Budi"), ("ani2", "ANI")] {
        let add = ["account", "add", login, "--name", name, "--role", "admin", "--lasting", "--password-file", &own];
        federation.hub(&add).await.unwrap();
    }
    let says = async |line: &[&str], login: &str| {
        let by = ["--account", login, "--password-file", &own];
        federation.hub(&[line, &by].concat()).await
    };
    let revoke = ["revoke", PADANG, "--yes"];
    let refused = says(&revoke, "ani").await.unwrap_err().to_string();
    assert!(refused.contains("account.waits"), "{refused}");
    let waiting = federation.ask_hub(&["approvals"]).await.unwrap();
    let request = waiting["approvals"][0]["id"].as_str().unwrap();
    assert_eq!(
        (waiting["approvals"][0]["kind"].as_str(), waiting["approvals"][0]["subject"].as_str()),
        (Some("revoke"), Some(PADANG))
    );
    assert!(refused.contains(request), "{refused}");
    for same in ["ani", "ani2"] {
        let refused = says(&["approve", request], same).await.unwrap_err().to_string();
        assert!(refused.contains("account.same-person"), "{refused}");
        assert!(says(&revoke, same).await.unwrap_err().to_string().contains("account.waits"));
    }
    says(&["approve", request], "budi").await.unwrap();
    // What was approved is this, and nothing more.
    let more = [&revoke[..], &["--move-custody"]].concat();
    assert!(says(&more, "ani").await.unwrap_err().to_string().contains("account.waits"));
    says(&revoke, "ani").await.unwrap();
    let nodes = federation.ask_hub(&["nodes"]).await.unwrap();
    assert!(nodes["nodes"][0]["revoked"].is_string(), "{nodes}");
}

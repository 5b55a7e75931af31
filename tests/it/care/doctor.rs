//! The doctor and the check for monitoring on real hubs and nodes: healthy ones are well, and each fault is found.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use lintas_tests::federation::PATIENCE;
use lintas_tests::wait::until;
use serde_json::Value;

use super::folder::refused;
use crate::processes::town::{PADANG, Town, file};

/// Whatever room the machine that tests has.
const ANY_DISK: [&str; 2] = ["--disk-percent", "0,0"];

fn codes(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

/// What the doctor says, sick or not.
async fn doctor(town: &Town, of_hub: bool) -> (bool, Value) {
    let asked = ["doctor", "--json"];
    let said = if of_hub { town.federation.hub(&asked).await } else { town.federation.node(PADANG, &asked).await };
    match said {
        Ok(text) => (true, serde_json::from_str(&text).unwrap()),
        other => {
            let (code, said) = refused(other);
            assert_eq!(code, 1, "{said}");
            (false, serde_json::from_str(&said).unwrap())
        }
    }
}

#[tokio::test]
async fn sick_node_or_hub_is_called_well() {
    let mut town = Town::running(&[PADANG]).await;
    file(&mut town.desk(PADANG).await, 1, 100).await;
    town.federation.at_rest().await.unwrap();
    let folder = town.federation.node_folder(PADANG);
    for of_hub in [true, false] {
        let (_, report) = doctor(&town, of_hub).await;
        let problems: Vec<&Value> =
            report["findings"].as_array().unwrap().iter().filter(|finding| finding["verdict"] == "problem").collect();
        // Whatever room the machine that tests has.
        assert!(problems.iter().all(|finding| finding["check"] == "disk"), "{problems:?}");
        for code in ["settings-ok", "files-ok", "database-ok", "certificate-ok", "signing-key-ok", "backup-none"] {
            assert!(codes(&report).contains(&code), "{code}: {report}");
        }
    }
    let (_, report) = doctor(&town, false).await;
    assert!(["hub-ok", "dns-ok", "node-runs"].iter().all(|code| codes(&report).contains(code)), "{report}");

    let key = folder.join("keys/tls.key");
    let mode = |mode| fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o640);
    let (well, report) = doctor(&town, false).await;
    assert!(!well && codes(&report).contains(&"mode-loose"), "{report}");
    assert!(report.to_string().contains(&format!("chmod 600 {}", key.display())), "{report}");
    mode(0o600);

    // The keys of somebody else.
    let kept = fs::read(folder.join("keys/signing.key")).unwrap();
    fs::write(folder.join("keys/signing.key"), "11".repeat(32)).unwrap();
    let hub_key = fs::read(town.federation.hub_folder().join("keys/tls.key")).unwrap();
    let own_key = fs::read(&key).unwrap();
    fs::write(&key, hub_key).unwrap();
    let (well, report) = doctor(&town, false).await;
    let found = codes(&report);
    assert!(!well && found.contains(&"signing-key-other") && found.contains(&"certificate-unusable"), "{report}");
    assert!(found.contains(&"hub-not-tried"), "{report}");
    fs::write(folder.join("keys/signing.key"), kept).unwrap();
    fs::write(&key, own_key).unwrap();

    let (well, report) = doctor_with(&town, &["--set", "hub.address=nowhere.invalid:1"]).await;
    assert!(!well && codes(&report).contains(&"dns-fails"), "{report}");
    let (well, report) = doctor_with(&town, &["--set", "federation=UPPER", "--set", "hub.address=x"]).await;
    assert!(!well && codes(&report).iter().filter(|code| **code == "settings-wrong").count() == 2, "{report}");

    town.federation.stop_hub().await.unwrap();
    let (well, report) = doctor(&town, false).await;
    assert!(!well && codes(&report).contains(&"hub-unreachable"), "{report}");
    let (_, report) = doctor(&town, true).await;
    assert!(codes(&report).contains(&"hub-stopped"), "{report}");
    let port = std::net::TcpListener::bind(("127.0.0.1", town.federation.port())).unwrap();
    let (well, report) = doctor(&town, true).await;
    assert!(!well && codes(&report).contains(&"port-taken"), "{report}");
    drop(port);
    town.federation.stop().await.unwrap();
}

async fn doctor_with(town: &Town, more: &[&str]) -> (bool, Value) {
    let asked = [more, &["doctor", "--json"]].concat();
    match town.federation.node(PADANG, &asked).await {
        Ok(text) => (true, serde_json::from_str(&text).unwrap()),
        other => (false, serde_json::from_str(&refused(other).1).unwrap()),
    }
}

/// The exit code of `status --check` and its line.
async fn check(town: &Town, of_hub: bool, more: &[&str]) -> (i32, String) {
    let asked = [&["status", "--check"], &ANY_DISK[..], more].concat();
    let said = if of_hub { town.federation.hub(&asked).await } else { town.federation.node(PADANG, &asked).await };
    match said {
        Ok(said) => (0, said),
        other => refused(other),
    }
}

/// The same of `status --ready`.
async fn ready(town: &Town, of_hub: bool, more: &[&str]) -> (i32, String) {
    let asked = [more, &["status", "--ready"]].concat();
    let said = if of_hub { town.federation.hub(&asked).await } else { town.federation.node(PADANG, &asked).await };
    match said {
        Ok(said) => (0, said),
        other => refused(other),
    }
}

#[tokio::test]
async fn monitoring_is_told_that_all_is_well() {
    let mut town = Town::running(&[PADANG]).await;
    file(&mut town.desk(PADANG).await, 1, 100).await;
    town.federation.at_rest().await.unwrap();
    for of_hub in [true, false] {
        let (code, said) = check(&town, of_hub, &[]).await;
        assert!(code == 0 && said.starts_with("LINTAS ") && said.contains(" OK: ") && said.contains(" | "), "{said}");
        assert_eq!(said.trim_end().lines().count(), 1);
        assert_eq!(ready(&town, of_hub, &[]).await.0, 0);
        let (code, said) = check(&town, of_hub, &["--certificate-days", "1000,0"]).await;
        assert!(code == 1 && said.contains("WARNING"), "{code}: {said}");
        let (code, said) = check(&town, of_hub, &["--certificate-days", "2000,1000"]).await;
        assert!(code == 2 && said.contains("CRITICAL"), "{code}: {said}");
        let (code, said) = check(&town, of_hub, &["--outbox", "many"]).await;
        assert_eq!(code, 3, "{said}");
        let (code, said) = check(&town, of_hub, &["--set", "federation=UPPER"]).await;
        assert!(code == 3 && said.contains("UNKNOWN"), "{code}: {said}");
    }
    town.federation.kill_hub().await.unwrap();
    until("the node notices", PATIENCE, async || {
        let (code, said) = check(&town, false, &["--link-seconds", "0,100000"]).await;
        (code == 1 && said.contains("link down")).then_some(())
    })
    .await
    .unwrap();
    let (code, said) = check(&town, true, &[]).await;
    assert!(code == 2 && said.contains("no hub serves"), "{code}: {said}");
    // Without its hub a node is as ready as ever: whoever restarts it for that helps nobody.
    assert_eq!(ready(&town, false, &[]).await.0, 0);
    assert_eq!(ready(&town, false, &["--set", "observe.listen=off"]).await.0, 0);
    let (code, said) = ready(&town, true, &[]).await;
    assert!(code == 69 && said.contains("none runs"), "{code}: {said}");
    let (code, said) = check(&town, true, &["--link-seconds", "0,100000"]).await;
    assert!(code == 2 && said.contains(PADANG), "{code}: {said}");
    town.federation.stop_node(PADANG).await.unwrap();
    assert_eq!(ready(&town, false, &[]).await.0, 69);
    assert_eq!(ready(&town, false, &["--set", "observe.listen=off"]).await.0, 69);
    let (code, said) = check(&town, false, &[]).await;
    assert!(code == 2 && said.contains("no node runs"), "{code}: {said}");
    fs::remove_file(town.federation.node_database(PADANG)).unwrap();
    let (code, said) = check(&town, false, &[]).await;
    assert!(code == 2 && said.contains("database cannot be used"), "{code}: {said}");
}

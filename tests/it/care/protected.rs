//! Keys under a passphrase: without it nothing opens, with it all goes on, and what lies beside what is told.

use std::fs;
use std::path::Path;

use lintas::identity::files::create_secret;
use lintas::identity::kit::open;
use lintas::protocol::desk::v1 as wire;
use serde_json::Value;

use super::folder::refused;
use crate::processes::town::{PADANG, PROVINCE, Town, complaint};

const PHRASE: &str = "empat kuda lari di pantai padang";
const TEXT: &str = "jangan sampai ketahuan";

/// Says in a settings file where the passphrase comes from.
fn point(settings: &Path, source: &str) {
    let text = fs::read_to_string(settings).unwrap();
    let lines = text.lines().map(|line| {
        if line.starts_with("passphrase = ") { format!("passphrase = \"{source}\"") } else { line.to_owned() }
    });
    fs::write(settings, lines.collect::<Vec<_>>().join("\n") + "\n").unwrap();
}

async fn codes(town: &Town) -> Vec<String> {
    let report = match town.federation.node(PADANG, &["doctor", "--json"]).await {
        Ok(said) => said,
        Err(lintas_tests::federation::FederationError::Refused { said, .. }) => {
            said.lines().find(|line| line.starts_with('{')).unwrap_or_default().to_owned()
        }
        Err(error) => panic!("{error}"),
    };
    let report: Value = serde_json::from_str(&report).unwrap_or_default();
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn stolen_disk_with_protected_keys_opens() {
    let mut town = Town::running(&[PADANG, PROVINCE]).await;
    let secret =
        wire::FileRequest { visibility: "confidential".to_owned(), narrative: TEXT.to_owned(), ..complaint(1, 100) };
    let id = town.desk(PADANG).await.file(secret).await.unwrap().complaint;
    town.federation.at_rest().await.unwrap();
    let status = town.federation.ask(PADANG, &["status"]).await.unwrap();
    assert!(status["keys_beside"].is_string(), "nobody is told that the keys lie beside what they lock");
    assert!(codes(&town).await.contains(&"storage-key-beside".to_owned()));

    // The node and the hub alike.
    let (phrase, wrong) = (town.path("phrase"), town.path("wrong"));
    create_secret(&phrase, format!("{PHRASE}\n").as_bytes()).unwrap();
    create_secret(&wrong, b"lima kuda lari di pantai padang\n").unwrap();
    let (phrase, wrong) = (phrase.display().to_string(), wrong.display().to_string());
    town.federation.stop_node(PADANG).await.unwrap();
    town.federation.stop_hub().await.unwrap();
    town.federation.node(PADANG, &["protect-keys", "--passphrase-file", &phrase]).await.unwrap();
    town.federation.hub(&["protect-keys", "--passphrase-file", &phrase]).await.unwrap();
    let (node, hub) = (town.federation.node_folder(PADANG), town.federation.hub_folder());
    let (node_toml, hub_toml) = (node.join("node.toml"), hub.join("hub.toml"));
    for ((settings, program), source) in
        [(&node_toml, "node"), (&hub_toml, "hub")].into_iter().flat_map(|one| ["", wrong.as_str()].map(|s| (one, s)))
    {
        point(settings, source);
        let answer = match program {
            "node" => town.federation.node(PADANG, &["show", &id]).await,
            _ => town.federation.hub(&["verify"]).await,
        };
        let (_, said) = refused(answer);
        assert!(said.contains("passphrase"), "{program} with {source:?}: {said}");
        assert!(!said.contains(TEXT) && !said.contains(PHRASE));
    }
    point(&node_toml, &phrase);
    point(&hub_toml, &phrase);
    town.federation.start_hub().unwrap();
    town.federation.start_node(PADANG).await.unwrap();
    let shown = town.federation.ask(PADANG, &["show", &id]).await.unwrap().to_string();
    assert!(shown.contains(TEXT));
    // The recovery kit holds the keys, not what needs the passphrase once more.
    let kit = town.path("kit.txt");
    let made = town.federation.ask(PADANG, &["kit", "--out", &kit.display().to_string()]).await.unwrap();
    let members = open(&fs::read_to_string(&kit).unwrap(), made["passphrase"].as_str().unwrap()).unwrap();
    let plain = |bytes: &[u8]| bytes.trim_ascii().len() == 64 && bytes.trim_ascii().iter().all(u8::is_ascii_hexdigit);
    assert!(members.len() == 3 && members.iter().all(|(_, bytes)| plain(bytes)), "the kit holds no keys");
    // Keys that are to follow lie under it, too.
    town.federation.at_rest().await.unwrap();
    town.federation.node(PADANG, &["rotate-keys"]).await.unwrap();
    for next in ["signing.key.next", "sealing.key.next"] {
        assert!(fs::read_to_string(node.join("keys").join(next)).unwrap().contains("BEGIN"), "{next} lies open");
    }
    // A new key goes under the same passphrase.
    town.federation.at_rest().await.unwrap();
    town.federation.stop_node(PADANG).await.unwrap();
    town.federation.node(PADANG, &["rewrap", "--new-key"]).await.unwrap();
    let key = fs::read_to_string(node.join("keys/storage.key")).unwrap();
    assert!(key.contains("BEGIN"), "a new key lies open");
    town.federation.node(PADANG, &["protect-keys", "--off", "--passphrase-file", &phrase]).await.unwrap();
    assert_eq!(fs::read_to_string(node.join("keys/storage.key")).unwrap().lines().count(), 2);
    assert_eq!(fs::read_to_string(node.join("keys/signing.key.next")).unwrap().lines().count(), 1);
    point(&node_toml, "");
    town.federation.start_node(PADANG).await.unwrap();
    let shown = town.federation.ask(PADANG, &["show", &id]).await.unwrap().to_string();
    assert!(shown.contains(TEXT));
    town.ends_in_order().await;
}

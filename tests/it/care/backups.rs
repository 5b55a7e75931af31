//! Backups made while hub and node are at work: each is whole, and nobody is held up by it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use super::folder::refused;
use crate::processes::town::{PADANG, Town, complaint, file};

fn path_of(made: &Value) -> String {
    made["file"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn backup_under_load_is_not_one_state_or_holds_up_the_desk() {
    let town = Town::running(&[PADANG]).await;
    let mut hand = town.desk(PADANG).await;
    let (done, mut stop) = tokio::sync::oneshot::channel::<()>();
    let filing = async {
        let mut filed = 0_u64;
        while stop.try_recv().is_err() {
            hand.file(complaint(0, 4000)).await.unwrap();
            filed += 1;
        }
        filed
    };
    let saving = async {
        let mut made = Vec::new();
        for number in 0..4 {
            let path = town.path(&format!("of-node-{number}.tar")).display().to_string();
            made.push(town.federation.ask(PADANG, &["backup", &path]).await.unwrap());
            let path = town.path(&format!("of-hub-{number}.tar")).display().to_string();
            made.push(town.federation.ask_hub(&["backup", &path]).await.unwrap());
        }
        done.send(()).unwrap();
        made
    };
    let (filed, made) = tokio::join!(filing, saving);
    assert!(filed > 4, "only {filed} were filed meanwhile");
    let mut grown = 0;
    for made in &made {
        let path = path_of(made);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let asked = ["backup", "verify", &path];
        let sound = if made["manifest"]["node"] == "hub" {
            town.federation.ask_hub(&asked).await.unwrap()
        } else {
            grown += u64::from(made["manifest"]["complaints"].as_u64().unwrap() > grown);
            town.federation.ask(PADANG, &asked).await.unwrap()
        };
        assert_eq!(sound["sound"], true, "{sound}");
        assert_eq!(sound["checked"]["events"], made["manifest"]["events"]);
    }
    assert!(grown > 1, "all backups are of one moment");
    town.ends_in_order().await;
}

#[tokio::test]
async fn old_backups_pile_up_or_keys_go_with_them() {
    let town = Town::running(&[PADANG]).await;
    file(&mut town.desk(PADANG).await, 1, 100).await;
    let folder = town.federation.node_folder(PADANG).join("backups");
    // Three of other days, one of a clock that was ahead, one by hand.
    fs::create_dir(&folder).unwrap();
    for name in ["20990101T000000Z", "20260101T000000Z", "20260102T000000Z", "20260103T000000Z-schema-1", "by-hand"] {
        fs::write(folder.join(format!("lintas-node-13.71-{name}.tar")), "x").unwrap();
    }
    let made = town.federation.ask(PADANG, &["backup", "--keep", "2", "--verify"]).await.unwrap();
    assert_eq!((&made["pruned"], &made["verified"]), (&Value::from(1), &Value::from(true)), "{made}");
    let names = || fs::read_dir(&folder).unwrap().count();
    assert!(names() == 5 && !folder.join("lintas-node-13.71-20260101T000000Z.tar").exists());
    assert!(path_of(&made).starts_with(folder.to_str().unwrap()));

    let secret = fs::read(town.federation.node_folder(PADANG).join("keys/signing.key")).unwrap();
    let holds = |path: &Path| fs::read(path).unwrap().windows(secret.len()).any(|window| window == secret);
    assert!(!holds(Path::new(&path_of(&made))), "the signing key is in a backup that nobody asked to hold it");
    let path = town.path("keys.tar").display().to_string();
    let said = town.federation.node(PADANG, &["backup", &path, "--with-keys"]).await.unwrap();
    assert!(holds(Path::new(&path)) && said.contains("PRIVATE KEYS"), "{said}");

    // Nothing is overwritten.
    let (code, said) = refused(town.federation.node(PADANG, &["backup", &path]).await);
    assert!(code == 1 && said.contains("another name"), "{code}: {said}");
    town.ends_in_order().await;
}

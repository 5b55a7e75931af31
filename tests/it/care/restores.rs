//! The way back: what is not believed changes nothing, what is believed is all there, and recovery goes on from it.

use std::fs;
use std::path::Path;

use lintas::care::archive::{self, Content, Draft, Manifest};
use lintas::domain::ComplaintId;
use lintas::protocol::desk::v1 as wire;
use lintas::protocol::desk::v1::act_request::Action;
use lintas::runtime::Progress;
use lintas::store::Store as _;
use lintas_tests::federation::PATIENCE;
use lintas_tests::wait::until;

use super::folder::{contents, refused};
use crate::processes::town::{PADANG, Town, act, file, listed};

/// The same backup with another manifest, hashed anew.
fn forged(from: &Path, to: &Path, alter: impl FnOnce(&mut Manifest)) {
    let silent = Progress::silent();
    let mut manifest = archive::check(from, &silent).unwrap();
    let members: Vec<(String, Content)> = manifest
        .members
        .iter()
        .map(|listed| {
            let bytes = archive::extract_small(from, listed, u64::MAX).unwrap();
            (listed.name.clone(), Content::Bytes(bytes))
        })
        .collect();
    let members: Vec<(&str, Content)> = members.iter().map(|(name, content)| (name.as_str(), again(content))).collect();
    alter(&mut manifest);
    archive::write(&Draft::begin(to).unwrap(), manifest, &members, &silent).unwrap();
}

fn again(content: &Content) -> Content {
    match content {
        Content::Bytes(bytes) => Content::Bytes(bytes.clone()),
        Content::File(path) => Content::File(path.clone()),
    }
}

#[tokio::test]
async fn backup_that_must_not_be_believed_is_restored() {
    let mut town = Town::running(&[PADANG]).await;
    file(&mut town.desk(PADANG).await, 3, 100).await;
    town.federation.at_rest().await.unwrap();
    let place = town.path("");
    let path = |name: &str| place.join(name).display().to_string();
    town.federation.node(PADANG, &["backup", &path("good.tar")]).await.unwrap();
    town.federation.hub(&["backup", &path("hub.tar")]).await.unwrap();
    let good = town.path("good.tar");

    let (code, said) = refused(town.federation.node(PADANG, &["restore", &path("good.tar"), "--replace"]).await);
    assert!(code == 1 && said.contains("stop it first"), "a running node: {code}: {said}");
    let (code, said) = refused(town.federation.hub(&["restore", &path("hub.tar"), "--replace"]).await);
    assert!(code == 1 && said.contains("stop it first"), "a running hub: {code}: {said}");
    town.federation.stop_node(PADANG).await.unwrap();

    let mut bytes = fs::read(&good).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(town.path("changed.tar"), &bytes).unwrap();
    fs::write(town.path("short.tar"), &bytes[..middle]).unwrap();
    fs::write(town.path("none.tar"), "no backup").unwrap();
    forged(&good, &town.path("newer-schema.tar"), |manifest| manifest.schema += 1000);
    forged(&good, &town.path("newer-format.tar"), |manifest| manifest.format += 1);
    forged(&good, &town.path("other-federation.tar"), |manifest| manifest.federation = "lapor.example".to_owned());
    forged(&good, &town.path("other-key.tar"), |manifest| manifest.signing_key = "ab".repeat(32));
    forged(&good, &town.path("other-place.tar"), |manifest| manifest.journal.1 += 1);
    alter_database(&good, &town.path("altered.tar"), "UPDATE complaints SET state = 'closed'").await;
    let trigger = "CREATE TRIGGER later AFTER INSERT ON events BEGIN DELETE FROM parts; END";
    alter_database(&good, &town.path("trigger.tar"), trigger).await;
    let folder = town.federation.node_folder(PADANG);
    let before = contents(&folder);
    for (name, code, why) in [
        ("changed.tar", 65, "damaged"),
        ("short.tar", 65, "damaged"),
        ("none.tar", 65, "no backup of Lintas"),
        ("newer-schema.tar", 1, "newer version"),
        ("newer-format.tar", 1, "newer version"),
        ("hub.tar", 1, "is a backup of hub"),
        ("other-federation.tar", 1, "lapor.example"),
        ("other-key.tar", 1, "another signing key"),
        ("other-place.tar", 65, "not what its database says"),
        ("altered.tar", 65, "does not verify"),
        ("trigger.tar", 65, "no version of the program made"),
    ] {
        let (ended, said) = refused(town.federation.node(PADANG, &["restore", &path(name), "--replace"]).await);
        assert!(ended == code && said.contains(why) && said.lines().count() == 1, "{name}: {ended}: {said}");
        assert!(contents(&folder) == before, "{name}: something was touched");
        let verified = ["backup", "verify", &path(name)];
        assert_eq!(refused(town.federation.node(PADANG, &verified).await).0, code, "{name} is believed by verify");
    }
    // Without the key here, the registry in the backup says whose it is; a key that the service manager keeps must be had.
    let (key, away) = (folder.join("keys/signing.key"), town.path("signing.key"));
    fs::rename(&key, &away).unwrap();
    let (code, said) = refused(town.federation.node(PADANG, &["restore", &path("other-key.tar"), "--replace"]).await);
    assert!(code == 65 && said.contains("the registry does not name"), "{code}: {said}");
    let sound = town.federation.ask(PADANG, &["backup", "verify", &path("good.tar")]).await.unwrap();
    assert_eq!(sound["own_key_compared"], false, "{sound}");
    let credential = ["backup", "verify", &path("other-key.tar"), "--set", "signing.key=credential:signing.key"];
    let (code, said) = refused(town.federation.node(PADANG, &credential).await);
    assert!(code == 1 && said.contains("was not given the credential signing.key"), "{code}: {said}");
    fs::rename(&away, &key).unwrap();
    assert!(contents(&folder) == before);
    let sound = town.federation.ask(PADANG, &["backup", "verify", &path("good.tar")]).await.unwrap();
    assert_eq!(sound["own_key_compared"], true, "{sound}");
    let (code, said) = refused(town.federation.node(PADANG, &["restore", &path("good.tar")]).await);
    assert!(code == 1 && said.contains("--replace") && contents(&folder) == before, "{code}: {said}");
    town.federation.node(PADANG, &["restore", &path("good.tar"), "--replace"]).await.unwrap();
    let aside =
        contents(&folder).into_keys().filter(|path| path.to_string_lossy().contains("node.db.replaced-")).count();
    assert!(aside >= 1, "the database that was there is gone");
    // Nothing was sent since: the node simply goes on.
    town.federation.start_node(PADANG).await.unwrap();
    file(&mut town.desk(PADANG).await, 1, 100).await;
    town.ends_in_order().await;
}

/// A backup in which somebody changed something that no signature covers, and hashed everything anew.
async fn alter_database(from: &Path, to: &Path, statement: &'static str) {
    use sqlx::{ConnectOptions as _, Connection as _};
    let silent = Progress::silent();
    let manifest = archive::check(from, &silent).unwrap();
    let draft = Draft::begin(to).unwrap();
    let mut members = Vec::new();
    for listed in &manifest.members {
        let bytes = archive::extract_small(from, listed, u64::MAX).unwrap();
        if listed.name == "database.sqlite" {
            fs::write(draft.scratch(), &bytes).unwrap();
            let mut database =
                sqlx::sqlite::SqliteConnectOptions::new().filename(draft.scratch()).connect().await.unwrap();
            let done = sqlx::query(statement).execute(&mut database).await.unwrap();
            assert!(done.rows_affected() > 0 || statement.starts_with("CREATE"));
            database.close().await.unwrap();
            members.push((listed.name.as_str(), Content::File(draft.scratch())));
        } else {
            members.push((listed.name.as_str(), Content::Bytes(bytes)));
        }
    }
    archive::write(&draft, manifest.clone(), &members, &silent).unwrap();
}

/// Whether the content of a complaint's filing is stored at the node.
async fn has_content(town: &Town, id: &str) -> bool {
    let books = town.node_books(PADANG).await;
    let bytes: [u8; 16] = data_encoding::HEXLOWER.decode(id.as_bytes()).unwrap().try_into().unwrap();
    let file = books.file(ComplaintId(bytes)).await.unwrap().unwrap();
    books.close().await;
    !file.events[0].parts.is_empty()
}

#[tokio::test]
async fn lost_folder_comes_back_incomplete_or_brings_erased_content_back_for_ever() {
    let mut town = Town::running(&[PADANG]).await;
    let erased = file(&mut town.desk(PADANG).await, 2, 100).await;
    town.federation.at_rest().await.unwrap();
    let redact = |id: &str, event: &str| {
        let redact = wire::Redact { event: event.to_owned() };
        (id.to_owned(), Action::Redact(redact))
    };
    let filing = async |id: &str| {
        let shown = town.federation.ask(PADANG, &["show", id]).await.unwrap();
        shown["steps"].as_array().and_then(|steps| steps[0]["event"].as_str().map(str::to_owned)).unwrap_or_else(|| {
            panic!("no filing in {shown}");
        })
    };
    let (first, second) = (filing(&erased[0]).await, filing(&erased[1]).await);
    // One is erased before the backup, one after it.
    let (id, action) = redact(&erased[0], &first);
    act(&mut town.desk(PADANG).await, &id, action).await;
    let backup = town.path("backup.tar").display().to_string();
    town.federation.node(PADANG, &["backup", &backup, "--with-keys"]).await.unwrap();
    let (id, action) = redact(&erased[1], &second);
    act(&mut town.desk(PADANG).await, &id, action).await;
    file(&mut town.desk(PADANG).await, 3, 100).await;
    town.federation.at_rest().await.unwrap();
    assert!(!has_content(&town, &erased[0]).await && !has_content(&town, &erased[1]).await);

    // The recovery kit is kept elsewhere: no backup holds the storage key.
    let kit = town.path("kit.txt").display().to_string();
    let made = town.federation.ask(PADANG, &["kit", "--out", &kit]).await.unwrap();
    let passphrase = town.path("passphrase").display().to_string();
    lintas::identity::files::create_secret(Path::new(&passphrase), made["passphrase"].as_str().unwrap().as_bytes())
        .unwrap();
    assert!(
        town.federation.ask(PADANG, &["status"]).await.unwrap()["kit"].is_string(),
        "nobody is reminded of the kit"
    );
    town.federation.node(PADANG, &["kit", "--confirm", made["code"].as_str().unwrap()]).await.unwrap();
    assert!(town.federation.ask(PADANG, &["status"]).await.unwrap()["kit"].is_null(), "the reminder never ends");
    let storage = fs::read(town.federation.node_folder(PADANG).join("keys/storage.key")).unwrap();
    let archived = fs::read(&backup).unwrap();
    assert!(!archived.windows(storage.len()).any(|bytes| bytes == storage), "the storage key is in a backup");

    // The machine burns down.
    town.federation.kill_node(PADANG).await.unwrap();
    fs::remove_dir_all(town.federation.node_folder(PADANG)).unwrap();
    let answer = town.federation.ask(PADANG, &["restore", &backup]).await.unwrap();
    assert_eq!((answer["next"].as_str(), answer["keys_missing"].as_u64()), (Some("recover"), Some(0)), "{answer}");
    assert!(!has_content(&town, &erased[0]).await, "what was erased in the backup came back");
    assert!(has_content(&town, &erased[1]).await, "the backup was made after the erasure: the test shows nothing");
    let open = ["kit", "--open", &kit, "--passphrase-file", &passphrase];
    refused(town.federation.node(PADANG, &["recover"]).await);
    town.federation.node(PADANG, &open).await.unwrap();
    town.federation.node(PADANG, &["recover"]).await.unwrap();
    assert!(!has_content(&town, &erased[0]).await && !has_content(&town, &erased[1]).await, "erased content is back");
    town.federation.start_node(PADANG).await.unwrap();
    file(&mut town.desk(PADANG).await, 1, 100).await;
    town.federation.at_rest().await.unwrap();
    let books = town.node_books(PADANG).await;
    assert_eq!(listed(&books).await.len(), 6);
    books.close().await;
    town.ends_in_order().await;
}

#[tokio::test]
async fn restored_hub_serves_nodes_that_know_more_or_forgets_those_that_do_not() {
    let mut town = Town::running(&[PADANG]).await;
    file(&mut town.desk(PADANG).await, 2, 100).await;
    town.federation.at_rest().await.unwrap();
    let backup = town.path("hub.tar").display().to_string();
    town.federation.hub(&["backup", &backup]).await.unwrap();
    // The hub's disk is lost; its keys were kept apart.
    town.federation.kill_hub().await.unwrap();
    for name in ["hub.db", "hub.db-wal", "hub.db-shm"] {
        let _ = fs::remove_file(town.federation.hub_folder().join(name));
    }
    town.federation.hub(&["restore", &backup]).await.unwrap();
    town.federation.start_hub().unwrap();
    file(&mut town.desk(PADANG).await, 2, 100).await;
    town.federation.at_rest().await.unwrap();
    // Set back behind what its node knows, it is found out.
    let units = town.path("more-units.csv");
    fs::write(&units, "code,name\n13.71.baru,Dinas Baru\n").unwrap();
    town.federation.hub(&["units", "import", &units.display().to_string()]).await.unwrap();
    until("the node knows the new unit", PATIENCE, async || {
        let units = town.federation.ask(PADANG, &["units"]).await.ok()?;
        units.to_string().contains("13.71.baru").then_some(())
    })
    .await
    .unwrap();
    town.federation.stop_hub().await.unwrap();
    town.federation.hub(&["restore", &backup, "--replace"]).await.unwrap();
    town.federation.start_hub().unwrap();
    until("the node refuses the hub", PATIENCE, async || {
        town.federation.ask(PADANG, &["status"]).await.ok()?.to_string().contains("hub-behind").then_some(())
    })
    .await
    .unwrap();
    town.federation.stop().await.unwrap();
}

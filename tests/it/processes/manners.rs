//! How the programs behave towards whoever runs them: signals, exit codes, settings, keys, long paths.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use lintas_tests::federation::FederationError;

use super::town::{PADANG, Town, file};

/// The exit code of a refused command, and what it said.
async fn refused(town: &Town, arguments: &[&str]) -> (Option<i32>, String) {
    match town.federation.node(PADANG, arguments).await {
        Err(FederationError::Refused { status, said, .. }) => (status.code(), said),
        other => panic!("{arguments:?}: {other:?}"),
    }
}

#[tokio::test]
async fn term_signal_ends_with_an_error_or_leaves_something_behind() {
    let mut town = Town::running(&[PADANG]).await;
    file(&mut town.desk(PADANG).await, 1, 100).await;
    assert_eq!(town.federation.stop_node(PADANG).await.unwrap().unwrap().code(), Some(0));
    assert_eq!(town.federation.stop_hub().await.unwrap().unwrap().code(), Some(0));
    // Reading goes on without the node; acting does not, and says what to do.
    town.federation.node(PADANG, &["list"]).await.unwrap();
    let (code, said) = refused(&town, &["file", "--category", "sampah", "--text", "x"]).await;
    assert_eq!(code, Some(69), "{said}");
    assert!(said.contains("lintas-node run"), "{said}");
}

#[tokio::test]
async fn mistakes_are_told_one_at_a_time_or_after_the_start() {
    let town = Town::founded(&[PADANG]).await;
    let (code, said) = refused(&town, &["disposse", "x"]).await;
    assert_eq!((code, said.lines().count()), (Some(2), 1), "{said}");

    let folder = town.federation.node_folder(PADANG);
    let file = folder.join("node.toml");
    let good = fs::read_to_string(&file).unwrap();
    let wrong = ["federation=UPPER", "hub.address=nowhere", "shutdown.soft_seconds=-1"];
    let arguments: Vec<&str> = wrong.iter().flat_map(|pair| ["--set", pair]).chain(["run"]).collect();
    let (code, said) = refused(&town, &arguments).await;
    assert_eq!(code, Some(78), "{said}");
    for key in ["federation", "hub.address", "shutdown.soft_seconds"] {
        assert!(said.contains(key), "{key} is not named in: {said}");
    }
    fs::write(&file, good).unwrap();

    let key = folder.join("keys/signing.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let (code, said) = refused(&town, &["run"]).await;
    assert_eq!(code, Some(77), "{said}");
    assert!(said.contains("chmod 600"), "{said}");
}

#[tokio::test]
async fn folder_with_a_long_path_has_no_desk() {
    let folder = tempfile::Builder::new().prefix("lintas-it-").tempdir().unwrap();
    let deep = folder.path().join("a-folder-with-a-long-name".repeat(4)).join("another-one".repeat(6));
    fs::create_dir_all(&deep).unwrap();
    let nodes = [("13.71", "Kota Padang")];
    let units = lintas_tests::demo::data_folder().join("units.csv");
    let mut federation = lintas_tests::federation::Federation::found(&deep, &units, &nodes).await.unwrap();
    federation.start().await.unwrap();
    federation.node(PADANG, &["file", "--category", "sampah", "--text", "Sampah menumpuk."]).await.unwrap();
    let log = fs::read_to_string(federation.log_file(PADANG)).unwrap();
    assert!(log.contains("too long a path for a socket"), "{log}");
    federation.stop().await.unwrap();
}

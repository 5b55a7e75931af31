//! The programs under a service manager: what they tell it, and the keys that it hands over.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Output;

use lintas_tests::federation::PATIENCE;
use lintas_tests::programs;

use super::town::{PADANG, Town, file};

/// Where a service manager listens.
fn listener(path: &Path) -> UnixDatagram {
    let socket = UnixDatagram::bind(path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// What is said next, up to what begins so.
fn heard(socket: &UnixDatagram, wanted: &str) -> String {
    let next = || {
        let mut bytes = [0; 2048];
        let length = socket.recv(&mut bytes).unwrap_or_else(|error| panic!("no {wanted}: {error}"));
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    std::iter::repeat_with(next).find(|said| said.starts_with(wanted)).unwrap()
}

#[tokio::test]
async fn service_manager_is_told_too_early_or_nothing() {
    let mut town = Town::founded(&[PADANG]).await;
    let places = ["hub.notify", "node.notify"].map(|name| town.path(name));
    let [hub, node] = [listener(&places[0]), listener(&places[1])];
    let variables = places.map(|place| format!("NOTIFY_SOCKET={}", place.display()));
    town.federation.start_hub_under(&["env", &variables[0], "WATCHDOG_USEC=3000000"]).unwrap();
    assert_eq!(heard(&hub, "STATUS="), "STATUS=opening the database");
    let ready = heard(&hub, "READY=1");
    assert!(ready.contains("STATUS=serves lapor.test at 127.0.0.1:"), "{ready}");
    // Ready means that the port is bound.
    std::net::TcpStream::connect(("127.0.0.1", town.federation.port())).unwrap();
    heard(&hub, "WATCHDOG=1");
    town.federation.start_node_under(&["env", &variables[1], "WATCHDOG_USEC=300000"], PADANG).await.unwrap();
    assert!(heard(&node, "READY=1").contains("STATUS=serves 13.71"));
    town.federation.linked(PADANG).await.unwrap();
    heard(&node, "WATCHDOG=1\nSTATUS=serves 13.71; the link to the hub is up");
    town.federation.stop_hub().await.unwrap();
    heard(&hub, "STOPPING=1");
    // A hub that is away is told, and no reason to be killed.
    heard(&node, "WATCHDOG=1\nSTATUS=serves 13.71; no link to the hub");
    heard(&node, "WATCHDOG=1");
    town.federation.stop_node(PADANG).await.unwrap();
    heard(&node, "STOPPING=1");
}

/// Moves a program's keys to where a service manager would put them, and has its settings name them there.
fn hand_over(data: &Path, settings: &str, credentials: &Path) {
    fs::create_dir(credentials).unwrap();
    let file = data.join(settings);
    let mut text = fs::read_to_string(&file).unwrap();
    for name in ["tls.key", "signing.key"] {
        fs::rename(data.join("keys").join(name), credentials.join(name)).unwrap();
        fs::set_permissions(credentials.join(name), fs::Permissions::from_mode(0o440)).unwrap();
        text = text.replace(&format!("\"keys/{name}\""), &format!("\"credential:{name}\""));
    }
    fs::write(&file, text).unwrap();
    fs::set_permissions(credentials, fs::Permissions::from_mode(0o550)).unwrap();
}

#[tokio::test]
async fn key_of_the_service_manager_is_refused_or_taken_when_others_can_read_it() {
    let mut town = Town::founded(&[PADANG]).await;
    let (hub, node) = (town.path("hub.credentials"), town.path("node.credentials"));
    hand_over(&town.federation.hub_folder(), "hub.toml", &hub);
    hand_over(&town.federation.node_folder(PADANG), "node.toml", &node);

    // The password of a database is a secret like the others.
    let server = "database=postgres://hub@localhost:1/lapor";
    let arguments = ["--set", server, "--set", "database_password_file=credential:database.password", "nodes"];
    let said = town.federation.hub(&arguments).await.unwrap_err().to_string();
    assert!(said.contains("not given the credential database.password"), "{said}");

    // What needs no key works without; what signs says what is missing.
    town.federation.hub(&["nodes"]).await.unwrap();
    fs::write(town.path("more.csv"), "code,name\n14,Riau\n").unwrap();
    let more = town.path("more.csv").display().to_string();
    let said = town.federation.hub(&["units", "import", &more]).await.unwrap_err().to_string();
    assert!(said.contains("not given the credential signing.key"), "{said}");
    let import = async |folder: &Path| -> Output {
        let mut command = town.federation.hub_command(&programs::hub().unwrap(), &["units", "import", &more]);
        command.env("CREDENTIALS_DIRECTORY", folder).output().await.unwrap()
    };
    fs::set_permissions(hub.join("signing.key"), fs::Permissions::from_mode(0o444)).unwrap();
    let refused = import(&hub).await;
    assert_eq!(refused.status.code(), Some(77), "{refused:?}");
    fs::set_permissions(hub.join("signing.key"), fs::Permissions::from_mode(0o440)).unwrap();
    assert!(import(&hub).await.status.success());

    let variables = [hub, node].map(|folder| format!("CREDENTIALS_DIRECTORY={}", folder.display()));
    town.federation.start_hub_under(&["env", &variables[0]]).unwrap();
    town.federation.start_node_under(&["env", &variables[1]], PADANG).await.unwrap();
    town.federation.linked(PADANG).await.unwrap();
    town.federation.at_rest().await.unwrap();
    file(&mut town.desk(PADANG).await, 1, 100).await;
    town.ends_in_order().await;
}

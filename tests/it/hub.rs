//! The hub's program as its operator meets it: what it makes, what it refuses and with which words and exit code.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use lintas::identity::JoiningBundle;
use lintas_tests::programs;
use serde_json::Value;
use tempfile::TempDir;

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, program: &Path, folder: &str, line: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.arg("--data").arg(self.path(folder)).args(line).env("LANG", "C.UTF-8").env_remove("LC_ALL");
        command.current_dir(self.0.path()).output().unwrap()
    }

    fn hub(&self, line: &[&str]) -> Output {
        self.run(&programs::hub().unwrap(), "hub", line)
    }

    fn node(&self, line: &[&str]) -> Output {
        self.run(&programs::node().unwrap(), "node", line)
    }

    /// A hub with the units of a file.
    fn made() -> Self {
        let place = Self::new();
        done(&place.hub(&["init", "--federation", "lapor.test", "--listen", "127.0.0.1:7443", "--dns", "localhost"]));
        std::fs::write(place.path("units.csv"), "code,name\nid,Nasional\n13,Sumatera Barat\n13.71,Kota Padang\n")
            .unwrap();
        done(&place.hub(&["units", "import", "units.csv"]));
        place
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// What was said when it did not work, and with which exit code.
fn refused(output: &Output, code: i32) -> String {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&done(output)).unwrap()
}

#[test]
fn init_overwrites_a_hub_or_leaves_keys_open() {
    let place = Place::made();
    let mode = |name: &str| std::fs::metadata(place.path("hub").join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("authority/ca.key"), mode("keys/tls.key")), (0o700, 0o600, 0o600));
    assert_eq!((mode("keys/signing.key"), mode("hub.db")), (0o600, 0o600));
    let before = std::fs::read(place.path("hub/authority/ca.pem")).unwrap();
    let again = place.hub(&["init", "--federation", "x", "--listen", "127.0.0.1:1", "--dns", "localhost"]);
    assert!(refused(&again, 1).contains("[hub.made-already]"));
    assert_eq!(std::fs::read(place.path("hub/authority/ca.pem")).unwrap(), before);
    std::fs::set_permissions(place.path("hub/keys/signing.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(refused(&place.hub(&["verify"]), 77).lines().count(), 1);
}

#[test]
fn new_certificate_is_for_another_key_or_of_the_old_end() {
    let place = Place::made();
    let certificate = place.path("hub/keys/hub.pem");
    let before = std::fs::read(&certificate).unwrap();
    let end = |place: &Place| json(&place.hub(&["status", "--json"]))["certificate_until"].as_str().unwrap().to_owned();
    let old = end(&place);
    let renewed = json(&place.hub(&["renew", "--dns", "localhost", "--days", "400", "--json"]));
    assert_ne!(std::fs::read(&certificate).unwrap(), before);
    // Status loads key and certificate, and finds none if they do not belong together.
    assert!(end(&place) > old && renewed["valid_until"].as_str() == Some(&*end(&place)));
    assert!(refused(&place.hub(&["renew", "--dns", "no name"]), 1).contains("[hub.keys]"));
    assert_eq!(renewed["valid_until"].as_str(), Some(&*end(&place)), "a refused renewal changed something");
}

#[test]
fn wrong_command_line_takes_more_than_one_line() {
    let place = Place::new();
    for line in [&["init"][..], &["frobnicate"], &[], &["list", "--limit", "0"], &["status", "--lang", "fr"]] {
        let said = refused(&place.hub(line), 2);
        assert_eq!(said.lines().count(), 1, "{line:?}: {said}");
    }
    let place = Place::made();
    assert!(refused(&place.hub(&["list", "--state", "lost"]), 2).contains("in-progress"));
    assert!(refused(&place.hub(&["show", "LTS-1"]), 2).contains("[hub.not-a-name]"));
}

#[test]
fn port_is_bound_before_settings_are_checked() {
    let place = Place::made();
    let file = place.path("hub/hub.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, settings.replace("127.0.0.1:7443", "nowhere") + "\ncolour = \"red\"\n").unwrap();
    let said = refused(&place.hub(&["run", "--set", "moves.handovers_max=0", "--lang", "id"]), 78);
    assert_eq!(said.lines().count(), 3, "{said}");
    for key in ["listen", "colour", "moves.handovers_max"] {
        assert!(said.contains(key), "{key}: {said}");
    }
    assert!(said.contains("tidak dikenal"), "{said}");
}

#[test]
fn file_of_units_is_taken_in_part() {
    let place = Place::made();
    std::fs::write(place.path("bad.csv"), "code,name\n14,Riau\n14.7,x\n14.71,\n").unwrap();
    let said = refused(&place.hub(&["units", "import", "bad.csv"]), 65);
    assert!(said.contains("line 3") && said.contains("line 4") && said.lines().count() == 3, "{said}");
    assert_eq!(json(&place.hub(&["units", "list", "--json"]))["units"].as_array().unwrap().len(), 3);
    std::fs::write(place.path("more.csv"), "name,code,x\nPadang,13.71,\nRiau,14,\n\"Nasional\",id,\n").unwrap();
    let counts = json(&place.hub(&["units", "import", "more.csv", "--json"]));
    assert_eq!(
        (counts["listed"].as_u64(), counts["renamed"].as_u64(), counts["unchanged"].as_u64()),
        (Some(1), Some(1), Some(1))
    );
}

#[test]
fn node_is_enrolled_for_what_it_did_not_ask() {
    let place = Place::made();
    let made = place.node(&["init", "--federation", "lapor.test", "--node", "13.71", "--name", "Padang", "--json"]);
    let request = json(&made)["request"].as_str().unwrap().to_owned();
    let enrol =
        |code: &str, request: &str, more: &[&str]| place.hub(&[&["enrol", code, "--request", request], more].concat());
    assert!(refused(&enrol("13", &request, &[]), 1).contains("[hub.other-node]"));
    let altered = std::fs::read_to_string(&request).unwrap().replace("Padang", "Pariaman");
    std::fs::write(place.path("altered.toml"), altered).unwrap();
    assert!(refused(&enrol("13.71", "altered.toml", &[]), 1).contains("[hub.request]"));
    assert!(refused(&enrol("13.71", "missing.toml", &[]), 1).contains("[hub.file]"));
    assert_eq!(json(&place.hub(&["nodes", "--json"]))["nodes"].as_array().unwrap().len(), 0);

    let first = json(&enrol("13.71", &request, &["--out", "bundle.toml", "--json"]));
    assert_eq!((&first["new_keys"], &first["bundle"]), (&Value::Bool(true), &Value::Null));
    let bundle = JoiningBundle::from_toml(&std::fs::read_to_string(place.path("bundle.toml")).unwrap()).unwrap();
    assert_eq!((bundle.node.as_str(), &*bundle.hub.to_string()), ("13.71", "localhost:7443"));
    done(&place.node(&["join", "--bundle", &place.path("bundle.toml").display().to_string()]));
    let again = enrol("13.71", &request, &[]);
    assert!(JoiningBundle::from_toml(&done(&again)).is_ok(), "the bundle alone goes to standard output");
    let nodes = json(&place.hub(&["nodes", "--json"]));
    assert_eq!(nodes["nodes"][0]["link"], "never-connected");
    // Three units and the node; the second certificate told the registry nothing new.
    assert_eq!(nodes["nodes"][0]["outbox"], 4);
    let status = json(&place.hub(&["status", "--json"]));
    assert_eq!((&status["journal"], &status["nodes"]["enrolled"]), (&Value::from("1/4"), &Value::from(1)));
    assert!(done(&place.hub(&["verify"])).starts_with("All in order: 4 events"));
}

#[test]
fn node_of_an_unlisted_unit_is_enrolled() {
    let place = Place::made();
    let made = place.node(&["init", "--federation", "lapor.test", "--node", "14", "--name", "Riau", "--json"]);
    let request = json(&made)["request"].as_str().unwrap().to_owned();
    assert!(refused(&place.hub(&["enrol", "14", "--request", &request]), 1).contains("[hub.unlisted-unit]"));
    let other = Place::new();
    let made = other.node(&["init", "--federation", "lapor.other", "--node", "13", "--name", "Sumbar", "--json"]);
    let request = json(&made)["request"].as_str().unwrap().to_owned();
    assert!(refused(&place.hub(&["enrol", "13", "--request", &request]), 1).contains("[hub.other-federation]"));
}

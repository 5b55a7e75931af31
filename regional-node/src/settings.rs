//! The node's settings: one TOML file, over it the environment, over it the command line; checked whole before anything
//! begins. It reads; it opens no port and no database.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lintas::domain::{FederationId, NodeId, SigningKeyId};
use lintas::identity::{HostPort, TlsFiles};
use lintas::runtime::shutdown::SOFT_LIMIT_SECONDS_DEFAULT;
use thiserror::Error;

use crate::cli::Common;

/// The settings file within the node's folder.
const FILE_NAME: &str = "node.toml";
/// Longest settings file, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Every setting: its key, what holds if nothing is said, and what it is.
const KEYS: [(&str, &str, &str); 12] = [
    ("federation", "", "The federation, and the trust domain of its certificates."),
    ("node", "", "The unit that this node is enrolled for."),
    ("hub.address", "", "Where the hub is: HOST:PORT. Empty: no link, the desk works alone."),
    ("hub.key", "", "The hub's signing key, 64 hexadecimal digits, from its operator at enrolment."),
    ("hub.proxy", "", "An HTTP proxy on the way to the hub: HOST:PORT. Empty: none."),
    ("tls.key", "keys/tls.key", "This node's TLS key (mode 0600)."),
    ("tls.certificate", "keys/node.pem", "This node's certificate, issued by the hub's operator."),
    ("tls.authority", "keys/ca.pem", "The federation's certificate authority, from the hub's operator."),
    ("signing.key", "keys/signing.key", "The key that signs this node's journal (mode 0600)."),
    ("database", "node.db", "The database."),
    ("shutdown.soft_seconds", "20", "How long running calls may take to finish when the node stops, in seconds."),
    ("name", "", "A name for people, shown in logs."),
];

/// What is wrong with the settings.
#[derive(Debug, Error)]
pub(crate) enum SettingsError {
    /// The file cannot be read.
    #[error("{}: {why}; make a node's folder with `lintas-node init`, or name it with --data", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// All that is wrong, one thing after the other.
    #[error("the settings are wrong: {0}")]
    Wrong(String),
}

/// The settings, checked.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) federation: FederationId,
    pub(crate) node: NodeId,
    pub(crate) name: String,
    pub(crate) hub: Option<HubSettings>,
    pub(crate) tls: TlsFiles,
    pub(crate) signing_key: PathBuf,
    pub(crate) database: PathBuf,
    pub(crate) soft_limit: Duration,
    /// The node's folder.
    pub(crate) data: PathBuf,
}

/// How to reach and recognise the hub.
#[derive(Clone, Debug)]
pub(crate) struct HubSettings {
    pub(crate) address: HostPort,
    pub(crate) proxy: Option<HostPort>,
    pub(crate) key: SigningKeyId,
}

impl Settings {
    /// Reads the settings that the command line points to.
    ///
    /// # Errors
    /// Names all that is wrong at once.
    pub(crate) fn load(common: &Common) -> Result<Self, SettingsError> {
        let path = common.config.clone().unwrap_or_else(|| common.data.join(FILE_NAME));
        let said = |why: String| SettingsError::File { path: path.clone(), why };
        let length = fs::metadata(&path).map_err(|error| said(error.to_string()))?.len();
        if length > FILE_BYTES_MAX {
            return Err(said(format!("longer than {FILE_BYTES_MAX} bytes")));
        }
        let text = fs::read_to_string(&path).map_err(|error| said(error.to_string()))?;
        let environment = |key: &str| std::env::var(variable(key)).ok();
        Self::read(&text, environment, &common.set, &common.data)
    }

    fn read(
        text: &str,
        environment: impl Fn(&str) -> Option<String>,
        set: &[String],
        data: &Path,
    ) -> Result<Self, SettingsError> {
        let mut wrong = Vec::new();
        let mut values: BTreeMap<String, String> =
            KEYS.iter().map(|(key, default, _)| ((*key).to_owned(), (*default).to_owned())).collect();
        let known = |key: &str| KEYS.iter().any(|(other, _, _)| *other == key);
        let in_file = flat(text).unwrap_or_else(|error| {
            wrong.push(error);
            Vec::new()
        });
        let in_flags = set.iter().filter_map(|pair| match pair.split_once('=') {
            Some((key, value)) => Some((key.to_owned(), value.to_owned())),
            None => {
                wrong.push(format!("--set {pair} is not KEY=VALUE"));
                None
            }
        });
        let in_flags: Vec<_> = in_flags.collect();
        let in_environment =
            KEYS.iter().filter_map(|(key, _, _)| environment(key).map(|value| ((*key).to_owned(), value)));
        for (key, value) in in_file.into_iter().chain(in_environment).chain(in_flags) {
            if known(&key) {
                values.insert(key, value);
            } else {
                let keys: Vec<&str> = KEYS.iter().map(|(key, _, _)| *key).collect();
                wrong.push(format!("{key} is no setting (there are {})", keys.join(", ")));
            }
        }
        Self::check(&values, data, wrong)
    }

    fn check(values: &BTreeMap<String, String>, data: &Path, wrong: Vec<String>) -> Result<Self, SettingsError> {
        let mut check = Check { values, wrong };
        let federation = check.value("federation", |text| FederationId::parse(text).map_err(|e| e.to_string()));
        let node = check.value("node", |text| match NodeId::parse(text) {
            Ok(node) if !node.is_hub() => Ok(node),
            Ok(_) => Err("a node is named by its unit, such as 13.71".to_owned()),
            Err(error) => Err(error.to_string()),
        });
        let host_port = |text: &str| HostPort::parse(text).map_err(|error| error.to_string());
        let hub = if check.text("hub.address").is_empty() {
            None
        } else {
            let address = check.value("hub.address", host_port);
            let key = check.value("hub.key", |text| {
                SigningKeyId::parse(text).ok_or_else(|| "64 hexadecimal digits, from the hub's operator".to_owned())
            });
            let proxy = if check.text("hub.proxy").is_empty() { None } else { check.value("hub.proxy", host_port) };
            address.zip(key).map(|(address, key)| HubSettings { address, proxy, key })
        };
        let soft = check.value("shutdown.soft_seconds", |text| match text.parse() {
            Ok(seconds @ 0..=600) => Ok(seconds),
            Ok(_) | Err(_) => Err("a whole number of seconds from 0 to 600".to_owned()),
        });
        let file = |key: &str| data.join(check.text(key));
        let tls = TlsFiles {
            key: file("tls.key"),
            certificate: file("tls.certificate"),
            authority: file("tls.authority"),
        };
        let (signing_key, database) = (file("signing.key"), file("database"));
        let name = check.text("name").to_owned();
        match (federation, node, check.wrong.is_empty()) {
            (Some(federation), Some(node), true) => Ok(Self {
                federation,
                node,
                name,
                hub,
                tls,
                signing_key,
                database,
                soft_limit: Duration::from_secs(soft.unwrap_or(SOFT_LIMIT_SECONDS_DEFAULT)),
                data: data.to_owned(),
            }),
            _ => Err(SettingsError::Wrong(check.wrong.join("; "))),
        }
    }
}

struct Check<'a> {
    values: &'a BTreeMap<String, String>,
    wrong: Vec<String>,
}

impl Check<'_> {
    fn text(&self, key: &str) -> &str {
        self.values.get(key).map_or("", String::as_str)
    }

    fn value<T>(&mut self, key: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        match read(self.text(key)) {
            Ok(value) => Some(value),
            Err(why) => {
                self.wrong.push(format!("{key}: {why}"));
                None
            }
        }
    }
}

/// The environment variable of a setting: `LINTAS_HUB_ADDRESS` for `hub.address`.
fn variable(key: &str) -> String {
    format!("LINTAS_{}", key.replace('.', "_").to_ascii_uppercase())
}

/// The settings of a file, by key.
fn flat(text: &str) -> Result<Vec<(String, String)>, String> {
    // The parser's own text shows the line, which may be a secret one day; its first line says enough.
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
    let mut found = Vec::new();
    let mut take = |key: String, value: &toml::Value| match value {
        toml::Value::String(text) => {
            found.push((key, text.clone()));
            Ok(())
        }
        toml::Value::Integer(number) => {
            found.push((key, number.to_string()));
            Ok(())
        }
        toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_)
        | toml::Value::Array(_)
        | toml::Value::Table(_) => Err(format!("{key} is neither a text nor a whole number")),
    };
    for (key, value) in &table {
        if let toml::Value::Table(section) = value {
            for (name, value) in section {
                take(format!("{key}.{name}"), value)?;
            }
        } else {
            take(key.clone(), value)?;
        }
    }
    Ok(found)
}

/// A settings file in which every setting is explained; `given` are those that are not the usual ones.
pub(crate) fn template(given: &[(&str, &str)]) -> String {
    let mut text = "# The settings of a Lintas node. Every one can also be set by the environment (LINTAS_HUB_ADDRESS for\n\
                    # hub.address) and by --set KEY=VALUE, which counts most. Paths are relative to this node's folder.\n"
        .to_owned();
    let value = |key: &str, default: &str| {
        let given = given.iter().find(|(other, _)| *other == key);
        given.map_or(default, |(_, value)| value).to_owned()
    };
    let (with_section, bare): (Vec<_>, Vec<_>) = KEYS.iter().partition(|(key, _, _)| key.contains('.'));
    for (key, default, about) in bare {
        let _ = write!(text, "\n# {about}\n{key} = {}\n", quoted(&value(key, default)));
    }
    let mut section = "";
    for (key, default, about) in with_section {
        let (table, name) = key.split_once('.').unwrap_or(("", key));
        if table != section {
            let _ = write!(text, "\n[{table}]\n");
            section = table;
        }
        let value = value(key, default);
        let value = if value.parse::<u32>().is_ok() { value } else { quoted(&value) };
        let _ = write!(text, "# {about}\n{name} = {value}\n");
    }
    text
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Where the settings file of a node's folder is.
pub(crate) fn file_of(data: &Path) -> PathBuf {
    data.join(FILE_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn read(text: &str, set: &[&str]) -> Result<Settings, String> {
        let set: Vec<String> = set.iter().map(|pair| (*pair).to_owned()).collect();
        Settings::read(text, |_| None, &set, Path::new("/data")).map_err(|error| error.to_string())
    }

    #[test]
    fn written_settings_cannot_be_read() {
        let given = [("federation", "lapor.go.id"), ("node", "13.71"), ("hub.address", "hub:7443"), ("hub.key", KEY)];
        let settings = read(&template(&given), &[]).unwrap();
        assert_eq!(settings.node.as_str(), "13.71");
        assert_eq!(settings.hub.unwrap().address.to_string(), "hub:7443");
        assert_eq!(settings.database, Path::new("/data/node.db"));
        assert_eq!(settings.soft_limit, Duration::from_secs(20));
    }

    #[test]
    fn only_the_first_mistake_is_told() {
        let text = "federation = \"LAPOR\"\nnode = \"hub\"\ncolour = \"red\"\n[shutdown]\nsoft_seconds = -1\n";
        let said = read(text, &["hub.address=nowhere", "oops"]).unwrap_err();
        for key in ["federation", "node", "colour", "soft_seconds", "hub.address", "hub.key", "oops"] {
            assert!(said.contains(key), "{key}: {said}");
        }
        assert!(!said.contains('\n'));
    }

    #[test]
    fn file_counts_more_than_environment_and_flags() {
        let text = template(&[("federation", "a"), ("node", "13")]);
        let environment = |key: &str| (key == "federation").then(|| "b".to_owned());
        let of = |set: &[String]| Settings::read(&text, environment, set, Path::new("")).unwrap().federation.to_string();
        assert_eq!(of(&[]), "b");
        assert_eq!(of(&["federation=c".to_owned()]), "c");
        assert_eq!(variable("hub.address"), "LINTAS_HUB_ADDRESS");
    }
}

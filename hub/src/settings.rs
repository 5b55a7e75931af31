//! The hub's settings: which there are and what they mean. How they are read and overridden is the library's; no port and no
//! database is opened here.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lintas::accounts::approval::FourEyes;
use lintas::domain::FederationId;
use lintas::domain::custody::HANDOVERS_MAX;
use lintas::identity::{HostPort, TlsFiles, passphrase};
use lintas::link::hub::ingest::{OFFLINE_GRACE, Policy};
use lintas::regulations::{self, regulated};
use lintas::runtime::settings::{Settings as Read, SettingsError, clock_of, on_off};
use lintas::runtime::shutdown::SOFT_LIMIT_SECONDS_DEFAULT;
use lintas::runtime::{Clock, credentials, is_training, practice};
use lintas::store::database::Place;
use lintas::store::postgres::Address;
use lintas::telemetry::observe::read_listen;

use lintas::words::{self, Language};
use serde_json::{Value, json};

use crate::cli::Common;

/// The settings file within the hub's folder.
pub(crate) const FILE_NAME: &str = "hub.toml";
/// Longest that sessions may take to drain, in seconds.
const SOFT_LIMIT_SECONDS_MAX: u64 = 600;
/// How long a node's certificate is valid, in hours: seven days.
const NODE_HOURS_DEFAULT: u64 = 168;
/// The longest that may be set: as long as the authority issues at all.
const NODE_HOURS_MAX: u64 = 731 * 24;
/// Most connections that may be set.
const CONNECTIONS_MAX: usize = 1_000_000;

/// Every setting: its key, what holds if nothing is said, and what it is.
const KEYS: [(&str, &str, &str); 22] = [
    ("federation", "", "The federation, and the trust domain of its certificates."),
    ("listen", "", "Where the hub listens: ADDRESS:PORT."),
    (
        "address",
        "",
        "Where nodes find the hub: HOST:PORT. It goes into joining bundles; HOST stands in the certificate.",
    ),
    (
        "database",
        "hub.db",
        "The database: a SQLite file, or postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full&sslrootcert=FILE.",
    ),
    (
        "database_password_file",
        "",
        "With postgres://: a file (mode 0600) with the password, or credential:NAME; libpq's ways are read without.",
    ),
    (
        "tls.key",
        "keys/tls.key",
        "The hub's TLS key (mode 0600); or credential:NAME, for one that systemd hands over (LoadCredential=).",
    ),
    ("tls.certificate", "keys/hub.pem", "The hub's certificate."),
    (
        "authority.folder",
        "authority",
        "The certificate authority's folder: ca.key (mode 0600) and ca.pem. Without ca.key the hub issues nothing, and nodes bring \
         certificates of the authorities in ca.pem.",
    ),
    (
        "authority.node_hours",
        "168",
        "How long a node's certificate is valid, in hours; it is renewed after two thirds of that.",
    ),
    (
        "signing.key",
        "keys/signing.key",
        "The key that signs the hub's journal and its receipts (mode 0600); or credential:NAME.",
    ),
    (
        "storage.key",
        "keys/storage.key",
        "The key that locks stored content (mode 0600); or credential:NAME, so that it does not lie beside what it locks.",
    ),
    (
        "keys.passphrase",
        "",
        "Where the passphrase of protected key files comes from: a file that lies elsewhere, credential:NAME, or ask. Empty: none.",
    ),
    ("moves.handovers_max", "6", "After so many hand-overs every further proposal goes to the national unit."),
    (
        "moves.climb_unanswered",
        "off",
        "Whether a complaint that is not verified, followed up or answered in time climbs one level: off (those above are told), or on.",
    ),
    (
        "moves.offline_grace_days",
        "3",
        "Working days beyond a deadline before a complaint climbs past a node whose link was down.",
    ),
    (
        "four_eyes.revoke",
        "auto",
        "Whether revoking a node takes two people: off, on, or auto (as soon as two people have admin accounts).",
    ),
    regulations::FOLDER,
    regulations::STARTS,
    practice::CLOCK,
    ("link.connections_max", "4096", "Most connections at once; further ones are refused."),
    (
        "observe.listen",
        "127.0.0.1:9464",
        "Where metrics (/metrics), life (/health) and readiness (/ready) are told over HTTP: ADDRESS:PORT, or off. Whoever reaches \
         it may read it: keep it on this machine, or behind a firewall.",
    ),
    ("shutdown.soft_seconds", "20", "How long sessions may take to drain when the hub stops, in seconds."),
];

/// The settings, checked.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) federation: FederationId,
    pub(crate) listen: SocketAddr,
    pub(crate) address: HostPort,
    pub(crate) database: Place,
    pub(crate) database_password: Option<PathBuf>,
    pub(crate) tls: TlsFiles,
    pub(crate) authority: PathBuf,
    pub(crate) node_lifetime: Duration,
    pub(crate) signing_key: PathBuf,
    pub(crate) storage_key: PathBuf,
    /// Where the passphrase of protected key files comes from.
    pub(crate) passphrase: Option<passphrase::Source>,
    pub(crate) policy: Policy,
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether revoking takes two people.
    pub(crate) four_eyes: FourEyes,
    pub(crate) connections_max: usize,
    pub(crate) observe: Option<SocketAddr>,
    pub(crate) soft_limit: Duration,
    /// The hub's folder.
    pub(crate) data: PathBuf,
    /// The file that they were read from.
    pub(crate) file: PathBuf,
}

impl Settings {
    /// Reads the settings that the command line points to.
    ///
    /// # Errors
    /// Names all that is wrong at once.
    pub(crate) fn load(common: &Common) -> Result<Self, SettingsError> {
        Self::of(Read::read(&file_of(common))?, common)
    }

    /// The same, if there is such a file.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub(crate) fn if_there(common: &Common) -> Result<Option<Self>, SettingsError> {
        if file_of(common).exists() { Self::load(common).map(Some) } else { Ok(None) }
    }

    /// Reads settings that stand elsewhere than in their file, such as in a backup.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub(crate) fn of_text(text: &[u8], common: &Common) -> Result<Self, SettingsError> {
        let path = file_of(common);
        let read = Read::parse(&String::from_utf8_lossy(text));
        Self::of(read.map_err(|(line, cause)| SettingsError::Syntax { path, line, cause })?, common)
    }

    fn of(read: Read, common: &Common) -> Result<Self, SettingsError> {
        let database = common.database.iter().map(|database| ("database".to_owned(), database.clone()));
        let set: Vec<(String, String)> = common.set.iter().cloned().chain(database).collect();
        let settings = Self::check(read.with_variables(std::env::vars()), &set, &common.data)?;
        Ok(Self { file: file_of(common), ..settings })
    }

    fn check(mut read: Read, set: &[(String, String)], data: &Path) -> Result<Self, SettingsError> {
        for (key, value) in set {
            read = read.with_flag(key, Some(value.clone()));
        }
        let default = |key: &str| KEYS.iter().find(|(other, _, _)| *other == key).map_or("", |(_, value, _)| *value);
        let federation = read.required("federation", "remedy.federation", FederationId::parse);
        let listen = read.required("listen", "remedy.listen", str::parse::<SocketAddr>);
        let address = read.required("address", "remedy.address", HostPort::parse);
        let handovers = read.or("moves.handovers_max", HANDOVERS_MAX, "remedy.handovers", |text| within(text, 1, 1000));
        let climb = read.or("moves.climb_unanswered", false, "remedy.on-off", on_off);
        let grace = read.or("moves.offline_grace_days", OFFLINE_GRACE, "remedy.grace", |text| within(text, 0, 250));
        let timetable = regulated(&mut read, data);
        let clock = clock_of(&mut read, federation.as_ref(), data);
        let four_eyes = read.or("four_eyes.revoke", FourEyes::default(), "remedy.four-eyes", FourEyes::parse);
        let connections =
            read.or("link.connections_max", 4096, "remedy.connections", |text| within(text, 1, CONNECTIONS_MAX));
        let hours = read.or("authority.node_hours", NODE_HOURS_DEFAULT, "remedy.node-hours", |text| {
            within(text, 1, NODE_HOURS_MAX)
        });
        let usual = read_listen(default("observe.listen")).unwrap_or_default();
        let observe = read.or("observe.listen", usual, "remedy.observe", read_listen);
        let soft = read.or("shutdown.soft_seconds", SOFT_LIMIT_SECONDS_DEFAULT, "remedy.soft-seconds", |text| {
            within(text, 0, SOFT_LIMIT_SECONDS_MAX)
        });
        let text = |value: &str| Ok::<_, SettingsError>(value.to_owned());
        let mut file =
            |key: &str| read.or(key, default(key).to_owned(), "remedy.text", text).map(|path| data.join(path));
        let (authority, certificate) = (file("authority.folder"), file("tls.certificate"));
        let mut secret =
            |key: &str| read.or(key, data.join(default(key)), "remedy.secret", |text| credentials::place(text, data));
        let (tls_key, signing_key) = (secret("tls.key"), secret("signing.key"));
        let storage_key = secret("storage.key");
        let phrase = read.or("keys.passphrase", None, "remedy.secret", |text| match text {
            "" => Ok(None),
            passphrase::ASK => {
                Ok(Some(passphrase::Source::Asked(words::say("keys.passphrase", Language::Indonesian, &[]))))
            }
            named => credentials::place(named, data).map(|path| Some(passphrase::Source::File(path))),
        });
        if let Some(source) = phrase.clone().flatten() {
            passphrase::comes_from(source);
        }
        let place = |text: &str| {
            let file = || Ok(Place::File(data.join(text)));
            if Address::is_one(text) { Address::parse(text).map(Place::Server) } else { file() }
        };
        let database = read.or("database", Place::File(data.join(default("database"))), "remedy.database", place);
        let password = read.or("database_password_file", None, "remedy.secret", |text| match text {
            "" => Ok(None),
            named => credentials::place(named, data).map(Some),
        });
        let found = || {
            let authority = authority?;
            let trusted = authority.join(lintas::identity::authority::AUTHORITY_CERTIFICATE_FILE);
            Some(Self {
                federation: federation?,
                listen: listen?,
                address: address?,
                database: database?,
                database_password: password?,
                tls: TlsFiles { key: tls_key?, certificate: certificate?, authority: trusted },
                authority,
                node_lifetime: Duration::from_hours(hours?),
                signing_key: signing_key?,
                storage_key: storage_key?,
                passphrase: phrase?,
                policy: Policy {
                    handovers_max: handovers?,
                    timetable: Arc::new(timetable?),
                    climb_unanswered: climb?,
                    offline_grace: grace?,
                },
                clock: clock?,
                four_eyes: four_eyes?,
                connections_max: connections?,
                observe: observe?,
                soft_limit: Duration::from_secs(soft?),
                data: data.to_owned(),
                file: data.join(FILE_NAME),
            })
        };
        let found = found();
        read.finish(found)
    }
}

fn within<T: Copy + std::str::FromStr + PartialOrd + std::fmt::Display>(
    text: &str,
    least: T,
    most: T,
) -> Result<T, String> {
    let number = text.parse().ok().filter(|number| *number >= least && *number <= most);
    number.ok_or_else(|| format!("a whole number from {least} to {most} is wanted"))
}

/// A settings file in which every setting is explained; `given` are those that are not the usual ones.
pub(crate) fn template(given: &[(&str, &str)]) -> String {
    let mut text =
        "# The settings of the Lintas hub. Every one can also be set by the environment (LINTAS_TLS_KEY for tls.key)\n\
                    # and by --set KEY=VALUE, which counts most. Paths are relative to the hub's folder.\n"
            .to_owned();
    let mut section = "";
    for (key, default, about) in KEYS {
        let (table, name) = key.split_once('.').unwrap_or(("", key));
        if table != section {
            let _ = write!(text, "\n[{table}]");
            section = table;
        }
        let value = given.iter().find(|(other, _)| *other == key).map_or(default, |(_, value)| value);
        let number = value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty();
        let value = if number { value.to_owned() } else { toml::Value::String(value.to_owned()).to_string() };
        let _ = write!(text, "\n# {about}\n{name} = {value}\n");
    }
    text
}

/// Every setting with what holds if nothing is said and what it is: for machines, and as a file.
pub(crate) fn explained() -> (Value, String) {
    let all = KEYS.map(|(key, default, about)| json!({ "key": key, "default": default, "about": about }));
    (json!({ "settings": all }), template(&[]))
}

/// Whether what the command line points to is a training's, as its settings file says; only one that names no federation leaves that to
/// what overrides it. So no flag makes practice of what is real, or the reverse. Whatever else is wrong does not matter here.
pub(crate) fn trains(common: &Common) -> bool {
    let name = |mut read: Read| read.required("federation", "remedy.federation", FederationId::parse);
    let own = Read::read(&file_of(common)).ok().and_then(name);
    let overridden = || {
        let read = Read::default().with_variables(std::env::vars());
        name(common.set.iter().fold(read, |read, (key, value)| read.with_flag(key, Some(value.clone()))))
    };
    own.or_else(overridden).is_some_and(|federation| is_training(&federation))
}

/// Where the settings file is that the command line points to.
pub(crate) fn file_of(common: &Common) -> PathBuf {
    common.config.clone().unwrap_or_else(|| common.data.join(FILE_NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, set: &[(&str, &str)]) -> Result<Settings, String> {
        let set: Vec<_> = set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Settings::check(Read::parse(text).unwrap(), &set, Path::new("/data")).map_err(|error| error.to_string())
    }

    #[test]
    fn written_settings_cannot_be_read() {
        let given = [("federation", "lapor.go.id"), ("listen", "[::]:7443"), ("address", "hub.lapor.go.id:7443")];
        let text = template(&given);
        let settings = read(&text, &[]).unwrap();
        assert_eq!(settings.listen.port(), 7443);
        assert_eq!(settings.database.to_string(), "/data/hub.db");
        assert_eq!(settings.tls.authority, Path::new("/data/authority/ca.pem"));
        assert_eq!((settings.policy.handovers_max, settings.connections_max), (6, 4096));
        let changed = read(&text, &[("moves.handovers_max", "2"), ("database", "/db/x")]).unwrap();
        assert_eq!((changed.policy.handovers_max, changed.database.to_string()), (2, "/db/x".to_owned()));
        let server = read(&text, &[("database", "postgres://hub@localhost/lapor")]).unwrap().database;
        assert_eq!(server.to_string(), "postgres://hub@localhost:5432/lapor");
        let said = read(&text, &[("database", "postgres://hub:geheim@db.example/lapor")]).unwrap_err();
        assert!(said.contains("verify-full") && !said.contains("geheim"), "{said}");
        assert_eq!(text.matches("\n# ").count(), KEYS.len() + 1);
    }

    #[test]
    fn only_the_first_mistake_is_told() {
        let text = "federation = \"LAPOR\"\nlisten = \"here\"\n[moves]\nhandovers_max = 0\n[tls]\nkee = \"x\"\n";
        let said = read(text, &[("shutdown.soft_seconds", "601")]).unwrap_err();
        for key in ["federation", "listen", "address", "moves.handovers_max", "tls.kee", "shutdown.soft_seconds"] {
            assert!(said.lines().any(|line| line.contains(&format!(" {key}"))), "{key}: {said}");
        }
        assert_eq!(said.lines().count(), 6, "{said}");
    }
}

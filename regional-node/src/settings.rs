//! The node's settings: which there are and what they mean. How they are read and overridden is the library's; no port
//! and no database is opened here.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lintas::accounts::approval::FourEyes;
use lintas::domain::{FederationId, NodeId, SigningKeyId, Timetable, UnitCode};
use lintas::identity::{HostPort, TlsFiles, passphrase};
use lintas::regulations::{self, regulated};
use lintas::runtime::settings::{Settings as Read, SettingsError, clock_of};
use lintas::runtime::shutdown::SOFT_LIMIT_SECONDS_DEFAULT;
use lintas::runtime::{Clock, credentials, is_training, practice};
use lintas::telemetry::observe::read_listen;

use lintas::words::{self, Language};
use serde_json::{Value, json};

use crate::cli::Common;
use crate::notify::{self, Notify};

/// The settings file within the node's folder.
pub(crate) const FILE_NAME: &str = "node.toml";
/// Longest that running calls may take to finish, in seconds.
const SOFT_LIMIT_SECONDS_MAX: u64 = 600;

/// Every setting: its key, what holds if nothing is said, and what it is.
const KEYS: [(&str, &str, &str); 29] = [
    ("federation", "", "The federation, and the trust domain of its certificates."),
    ("node", "", "The unit that this node is enrolled for."),
    ("hub.address", "", "Where the hub is: HOST:PORT. Empty: no link, the desk works alone."),
    ("hub.key", "", "The hub's signing key, 64 hexadecimal digits, from its operator at enrolment."),
    ("hub.proxy", "", "An HTTP proxy on the way to the hub: HOST:PORT. Empty: none."),
    (
        "tls.key",
        "keys/tls.key",
        "This node's TLS key (mode 0600); or credential:NAME, for one that systemd hands over (LoadCredential=).",
    ),
    ("tls.certificate", "keys/node.pem", "This node's certificate, issued by the hub's operator."),
    ("tls.authority", "keys/ca.pem", "The federation's certificate authority, from the hub's operator."),
    ("signing.key", "keys/signing.key", "The key that signs this node's journal (mode 0600); or credential:NAME."),
    (
        "sealing.key",
        "keys/sealing.key",
        "The key to which content is sealed for this node (mode 0600), registered when it joins; or credential:NAME.",
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
    ("database", "node.db", "The database."),
    (
        "desk.people",
        "",
        "A second socket, for people who log in from accounts of their own: such as /run/lintas-node/desk.sock. Empty: none.",
    ),
    (
        "four_eyes.endorse",
        "auto",
        "Whether an endorsement takes two people: off, on, or auto (as soon as two people have admin accounts).",
    ),
    regulations::FOLDER,
    regulations::STARTS,
    practice::CLOCK,
    (
        "observe.listen",
        "127.0.0.1:9465",
        "Where metrics (/metrics), life (/health) and readiness (/ready) are told over HTTP: ADDRESS:PORT, or off. Whoever reaches \
         it may read it: keep it on this machine, or behind a firewall.",
    ),
    ("shutdown.soft_seconds", "20", "How long running calls may take to finish when the node stops, in seconds."),
    ("notify.lang", "id", "In which language reporters are told: id or en."),
    (
        "notify.look_up",
        "",
        "Where a reporter asks how a complaint stands, in words that go into mails: an address on the web, a telephone number. Empty: the \
         office where it was filed.",
    ),
    ("notify.smtp.host", "", "The mail server that takes mail to reporters. Empty: no mail."),
    ("notify.smtp.port", "587", "Its port: 587 for starttls, 465 for tls."),
    ("notify.smtp.tls", "starttls", "How the way there is protected: starttls, tls, or none (only to this machine)."),
    (
        "notify.smtp.authority",
        "",
        "Certificates in PEM that are trusted besides the public ones, for a mail server of one's own. Empty: none.",
    ),
    (
        "notify.smtp.login",
        "",
        "A file of two lines, user and password (mode 0600), if the server asks for them; or credential:NAME. Empty: it does not.",
    ),
    ("notify.smtp.from", "", "Who sends, such as lapor@padang.go.id. It goes with notify.smtp.host."),
    ("name", "", "A name for people, shown in logs."),
];

/// The settings, checked.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) federation: FederationId,
    pub(crate) node: NodeId,
    pub(crate) name: String,
    pub(crate) hub: Option<HubSettings>,
    pub(crate) tls: TlsFiles,
    pub(crate) signing_key: PathBuf,
    pub(crate) sealing_key: PathBuf,
    pub(crate) storage_key: PathBuf,
    /// Where the passphrase of protected key files comes from.
    pub(crate) passphrase: Option<passphrase::Source>,
    pub(crate) database: PathBuf,
    /// Where people call who log in, if they can.
    pub(crate) people: Option<PathBuf>,
    /// Whether an endorsement takes two people.
    pub(crate) four_eyes: FourEyes,
    /// How long each step may take.
    pub(crate) timetable: Arc<Timetable>,
    pub(crate) clock: Arc<dyn Clock>,
    /// How reporters are told.
    pub(crate) notify: Notify,
    pub(crate) observe: Option<SocketAddr>,
    pub(crate) soft_limit: Duration,
    /// The node's folder.
    pub(crate) data: PathBuf,
    /// The file that they were read from.
    pub(crate) file: PathBuf,
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
        let settings = Self::check(read.with_variables(std::env::vars()), &common.set, &common.data)?;
        Ok(Self { file: file_of(common), ..settings })
    }

    fn check(mut read: Read, set: &[(String, String)], data: &Path) -> Result<Self, SettingsError> {
        for (key, value) in set {
            read = read.with_flag(key, Some(value.clone()));
        }
        let default = |key: &str| KEYS.iter().find(|(other, _, _)| *other == key).map_or("", |(_, value, _)| *value);
        let text = |value: &str| Ok::<_, SettingsError>(value.to_owned());
        let empty_or = |value: &str| if value.is_empty() { Ok(None) } else { HostPort::parse(value).map(Some) };
        let federation = read.required("federation", "remedy.federation", FederationId::parse);
        let node = read.required("node", "remedy.node", UnitCode::parse).map(NodeId::Node);
        let name = read.or("name", String::new(), "remedy.text", text);
        let address = read.or("hub.address", None, "remedy.hub-address", empty_or);
        let proxy = read.or("hub.proxy", None, "remedy.hub-address", empty_or);
        let key = read.or("hub.key", None, "remedy.hub-key", |value| match SigningKeyId::parse(value) {
            None if !value.is_empty() => Err("64 hexadecimal digits are wanted"),
            found => Ok(found),
        });
        let timetable = regulated(&mut read, data);
        let clock = clock_of(&mut read, federation.as_ref(), data);
        let usual = read_listen(default("observe.listen")).unwrap_or_default();
        let observe = read.or("observe.listen", usual, "remedy.observe", read_listen);
        let soft = read.or("shutdown.soft_seconds", SOFT_LIMIT_SECONDS_DEFAULT, "remedy.soft-seconds", |value| {
            let seconds = value.parse().ok().filter(|seconds| *seconds <= SOFT_LIMIT_SECONDS_MAX);
            seconds.ok_or("a whole number of seconds, at most 600, is wanted")
        });
        let mut file =
            |key: &str| read.or(key, default(key).to_owned(), "remedy.text", text).map(|path| data.join(path));
        let (certificate, authority, database) = (file("tls.certificate"), file("tls.authority"), file("database"));
        let people = read.or("desk.people", None, "remedy.text", |path| {
            Ok::<_, SettingsError>(if path.is_empty() { None } else { Some(data.join(path)) })
        });
        let four_eyes = read.or("four_eyes.endorse", FourEyes::default(), "remedy.four-eyes", FourEyes::parse);
        let mut secret =
            |key: &str| read.or(key, data.join(default(key)), "remedy.secret", |text| credentials::place(text, data));
        let (tls_key, signing_key) = (secret("tls.key"), secret("signing.key"));
        let (sealing_key, storage_key) = (secret("sealing.key"), secret("storage.key"));
        let phrase = read.or("keys.passphrase", None, "remedy.secret", |text| match text {
            "" => Ok(None),
            passphrase::ASK => {
                Ok(Some(passphrase::Source::Asked(words::say("keys.passphrase", Language::Indonesian, &[]))))
            }
            named => credentials::place(named, data).map(|path| Some(passphrase::Source::File(path))),
        });
        let notify = Notify::read(&mut read, data);
        if let Some(source) = phrase.clone().flatten() {
            passphrase::comes_from(source);
        }
        let hub = match (address.flatten(), key.flatten()) {
            (Some(address), Some(key)) => Some(HubSettings { address, proxy: proxy.flatten(), key }),
            (Some(_), None) => {
                read.required("hub.key", "remedy.hub-key", |_| Err::<HubSettings, _>("it goes with hub.address"))
            }
            (None, _) => None,
        };
        let found = || {
            Some(Self {
                federation: federation?,
                node: node?,
                name: name?,
                hub,
                tls: TlsFiles { key: tls_key?, certificate: certificate?, authority: authority? },
                signing_key: signing_key?,
                sealing_key: sealing_key?,
                storage_key: storage_key?,
                passphrase: phrase?,
                database: database?,
                people: people?,
                four_eyes: four_eyes?,
                timetable: Arc::new(timetable?),
                clock: clock?,
                notify: notify?,
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

/// Puts what a joining bundle says of the hub, and the proxy on the way if there is one, into the text of a settings file; none if
/// it has no places for it.
pub(crate) fn with_hub(text: &str, address: &HostPort, key: SigningKeyId, proxy: Option<&HostPort>) -> Option<String> {
    let (mut section, mut done) = (String::new(), 0);
    let mut line_of = |line: &str| {
        let name = line.split('=').next().unwrap_or_default().trim();
        if let Some(table) = name.strip_prefix('[') {
            table.trim_end_matches(']').clone_into(&mut section);
        }
        let value = match (section.as_str(), name) {
            ("hub", "address") => address.to_string(),
            ("hub", "key") => key.to_string(),
            ("hub", "proxy") => match proxy {
                Some(proxy) => proxy.to_string(),
                None => return line.to_owned(),
            },
            _ => return line.to_owned(),
        };
        done += 1;
        format!("{name} = {}", quoted(&value))
    };
    let lines: Vec<String> = text.lines().map(&mut line_of).collect();
    (done == 2 + usize::from(proxy.is_some())).then(|| lines.join("\n") + "\n")
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
        // Where tables of one's own may follow, an example stands.
        if key == notify::LAST_KEY {
            text.push_str(notify::EXAMPLE);
        }
    }
    text
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
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

    const KEY: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn read(text: &str, set: &[(&str, &str)]) -> Result<Settings, String> {
        let set: Vec<_> = set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Settings::check(Read::parse(text).unwrap(), &set, Path::new("/data")).map_err(|error| error.to_string())
    }

    #[test]
    fn written_settings_cannot_be_read() {
        let text = template(&[("federation", "lapor.go.id"), ("node", "13.71")]);
        let settings = read(&text, &[]).unwrap();
        assert_eq!(settings.node.as_str(), "13.71");
        assert!(settings.hub.is_none());
        assert_eq!(settings.database, Path::new("/data/node.db"));
        assert_eq!(settings.soft_limit, Duration::from_secs(20));
        let address = HostPort::parse("hub:7443").unwrap();
        let joined = with_hub(&text, &address, SigningKeyId::parse(KEY).unwrap(), None).unwrap();
        let hub = read(&joined, &[]).unwrap().hub.unwrap();
        assert_eq!((hub.address, hub.key.to_string()), (address.clone(), KEY.to_owned()));
        assert_eq!(with_hub("[hub]\n", &address, hub.key, None), None);
        let proxied = with_hub(&text, &address, hub.key, Some(&address)).unwrap();
        assert_eq!(read(&proxied, &[]).unwrap().hub.unwrap().proxy, Some(address));
    }

    #[test]
    fn only_the_first_mistake_is_told() {
        let text = "federation = \"LAPOR\"\nnode = \"hub\"\ncolour = \"red\"\n[shutdown]\nsoft_seconds = -1\n";
        let said = read(text, &[("hub.address", "nowhere"), ("oops", "1"), ("hub.key", "x")]).unwrap_err();
        for key in ["federation", "node", "colour", "soft_seconds", "hub.address", "hub.key", "oops"] {
            assert!(said.contains(key), "{key}: {said}");
        }
        let said = read("federation = \"a\"\nnode = \"13\"\n[hub]\naddress = \"hub:1\"\n", &[]).unwrap_err();
        assert!(said.contains("hub.key"), "{said}");
    }

    #[test]
    fn flag_makes_practice_of_what_is_real() {
        let clock = [("practice.clock", "clock")];
        for name in ["lapor.go.id", "latihanku"] {
            let said = read(&format!("federation = \"{name}\"\nnode = \"13\"\n"), &clock).unwrap_err();
            assert!(said.contains("practice.clock"), "{said}");
        }
        let renamed = [("federation", "latihan-x"), ("practice.clock", "clock")];
        let said = read("federation = \"lapor.go.id\"\nnode = \"13\"\n", &renamed).unwrap_err();
        assert!(said.contains("whose name begins with latihan"), "{said}");
        let folder = tempfile::tempdir().unwrap();
        let line = |data: &str, set: &str| {
            let words = ["lintas-node", "--data", data, "--set", set, "status"].map(std::ffi::OsString::from);
            crate::cli::parse(words).unwrap().common
        };
        let data = folder.path().display().to_string();
        assert!(trains(&line(&data, "federation=latihan-x")), "nothing is there yet");
        for (own, other) in [("lapor.go.id", "latihan-x"), ("latihan-x", "lapor.go.id")] {
            std::fs::write(folder.path().join(FILE_NAME), format!("federation = \"{own}\"\nnode = 5\n")).unwrap();
            assert_eq!(trains(&line(&data, &format!("federation={other}"))), own == "latihan-x");
        }
    }
}

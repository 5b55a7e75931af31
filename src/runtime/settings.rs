//! Settings: one TOML file, overridden by the environment, overridden by flags; checked whole, every mistake told at once.
//! Which settings there are, and what they mean, is each program's.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::clock::{Clock, SystemClock};
use super::exit::Exit;
use super::practice::{PracticeClock, is_training};
use crate::domain::FederationId;

/// Longest settings file, in bytes.
pub const SETTINGS_BYTES_MAX: u64 = 256 * 1024;
/// What every overriding variable begins with; then the key in capitals, dots and hyphens as underscores.
pub const VARIABLE_PREFIX: &str = "LINTAS_";

/// What is wrong with one setting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// It must be there.
    Missing {
        /// Which.
        key: String,
        /// The code of a text that says what to do.
        remedy: &'static str,
    },
    /// It cannot be read.
    Invalid {
        /// Which.
        key: String,
        /// Why.
        cause: String,
        /// The code of a text that says what to do.
        remedy: &'static str,
    },
    /// There is no such setting.
    Unknown {
        /// Which.
        key: String,
    },
}

/// Why a program cannot start with its settings.
#[derive(Debug)]
pub enum SettingsError {
    /// The file cannot be read.
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// The file is no TOML.
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Where in it, from 1.
        line: usize,
        /// What is wrong there.
        cause: String,
    },
    /// Settings are missing, wrong or unknown; never empty.
    Wrong(Vec<Problem>),
}

impl SettingsError {
    /// How the program ends.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        Exit::Configuration
    }

    /// One line for each mistake. `say` gives the text of a code with its facts, as `words::say` does.
    pub fn lines(&self, say: impl Fn(&str, &[(&str, &str)]) -> String) -> Vec<String> {
        match self {
            Self::Unreadable { path, cause } => {
                vec![say("settings.unreadable", &[("path", &path.display().to_string()), ("cause", cause)])]
            }
            Self::Syntax { path, line, cause } => {
                let facts = [("path", &*path.display().to_string()), ("line", &line.to_string()), ("cause", cause)];
                vec![say("settings.syntax", &facts)]
            }
            Self::Wrong(problems) => problems.iter().map(|problem| problem.line(&say)).collect(),
        }
    }
}

impl Problem {
    fn line(&self, say: &impl Fn(&str, &[(&str, &str)]) -> String) -> String {
        match self {
            Self::Missing { key, remedy } => say("settings.missing", &[("key", key), ("remedy", &say(remedy, &[]))]),
            Self::Invalid { key, cause, remedy } => {
                say("settings.invalid", &[("key", key), ("cause", cause), ("remedy", &say(remedy, &[]))])
            }
            Self::Unknown { key } => say("settings.unknown", &[("key", key)]),
        }
    }
}

impl Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |code: &str, facts: &[(&str, &str)]| {
            let facts: Vec<&str> = facts.iter().map(|(_, fact)| *fact).collect();
            format!("{code}: {}", facts.join(": "))
        };
        f.write_str(&self.lines(plain).join("\n"))
    }
}

impl std::error::Error for SettingsError {}

/// The settings of a program while they are read. Ask for each, then [`Settings::finish`].
#[derive(Debug, Default)]
pub struct Settings {
    file: BTreeMap<String, toml::Value>,
    variables: BTreeMap<String, String>,
    flags: BTreeMap<String, String>,
    asked: BTreeSet<String>,
    problems: Vec<Problem>,
}

impl Settings {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read or is no TOML.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let unreadable = |cause: String| SettingsError::Unreadable { path: path.to_owned(), cause };
        let file = std::fs::File::open(path).map_err(|error| unreadable(error.to_string()))?;
        let mut text = String::new();
        let most = SETTINGS_BYTES_MAX.saturating_add(1);
        file.take(most).read_to_string(&mut text).map_err(|error| unreadable(error.to_string()))?;
        if u64::try_from(text.len()).unwrap_or(u64::MAX) > SETTINGS_BYTES_MAX {
            return Err(unreadable(format!("it has more than {SETTINGS_BYTES_MAX} bytes")));
        }
        Self::parse(&text).map_err(|(line, cause)| SettingsError::Syntax { path: path.to_owned(), line, cause })
    }

    /// Reads a text.
    ///
    /// # Errors
    /// The line, from 1, and what is wrong there.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.get(..at).unwrap_or(text).matches('\n').count().saturating_add(1);
            (line, error.message().lines().collect::<Vec<_>>().join(", "))
        })?;
        let mut settings = Self::default();
        flatten("", table, &mut settings.file);
        Ok(settings)
    }

    /// Takes the variables of the environment; those without [`VARIABLE_PREFIX`], and empty ones, change nothing.
    #[must_use]
    pub fn with_variables(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let ours = |(name, value): &(String, String)| name.starts_with(VARIABLE_PREFIX) && !value.is_empty();
        self.variables.extend(variables.into_iter().filter(ours));
        self
    }

    /// Takes a flag of the command line, if it was given.
    #[must_use]
    pub fn with_flag(mut self, key: &str, value: Option<String>) -> Self {
        self.flags.extend(value.map(|value| (key.to_owned(), value)));
        self
    }

    /// A setting that must be there; none if it is missing or wrong, which is noted. `remedy` is the code of a text.
    pub fn required<T, E: Display>(
        &mut self,
        key: &str,
        remedy: &'static str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let noted = self.problems.len();
        let found = self.optional(key, remedy, read);
        if found.is_none() && self.problems.len() == noted {
            self.problems.push(Problem::Missing { key: key.to_owned(), remedy });
        }
        found
    }

    /// A setting with a default; none if it is wrong, which is noted.
    pub fn or<T, E: Display>(
        &mut self,
        key: &str,
        default: T,
        remedy: &'static str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let noted = self.problems.len();
        let found = self.optional(key, remedy, read);
        if self.problems.len() > noted { None } else { Some(found.unwrap_or(default)) }
    }

    /// A setting that may be left out; none if it is, or if it is wrong, which is noted.
    pub fn optional<T, E: Display>(
        &mut self,
        key: &str,
        remedy: &'static str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let texts = self.texts(key, remedy)?;
        let [text] = texts.as_slice() else {
            self.invalid(key, "one value is wanted, not a list", remedy);
            return None;
        };
        read(text).map_err(|error| self.invalid(key, error, remedy)).ok()
    }

    /// A list, in a variable or flag parted by commas; empty if it is left out, none if one value is wrong, which is noted.
    pub fn list<T, E: Display>(
        &mut self,
        key: &str,
        remedy: &'static str,
        read: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Vec<T>> {
        let noted = self.problems.len();
        let override_text = self.override_of(key).cloned();
        let texts = match override_text {
            Some(text) => text.split(',').map(|one| one.trim().to_owned()).collect(),
            None => self.texts(key, remedy).unwrap_or_default(),
        };
        self.asked.insert(key.to_owned());
        let mut values = Vec::new();
        for text in &texts {
            match read(text) {
                Ok(value) => values.push(value),
                Err(error) => self.invalid(key, error, remedy),
            }
        }
        (self.problems.len() == noted).then_some(values)
    }

    /// The names that stand below a key, in the file or among the flags: of `notify.webhook.sms.url` it is `sms` below `notify.webhook`.
    #[must_use]
    pub fn names_below(&self, above: &str) -> BTreeSet<String> {
        let keys = self.file.keys().chain(self.flags.keys());
        let below = keys.filter_map(|key| key.strip_prefix(above)?.strip_prefix('.')?.split_once('.'));
        below.map(|(name, _)| name.to_owned()).collect()
    }

    /// Ends the reading: gives `settings` if nothing is wrong.
    ///
    /// # Errors
    /// Every mistake, those of unknown keys included.
    pub fn finish<T>(mut self, settings: Option<T>) -> Result<T, SettingsError> {
        let unknown = self.file.keys().chain(self.flags.keys()).filter(|key| !self.asked.contains(*key));
        self.problems.extend(unknown.map(|key| Problem::Unknown { key: key.clone() }));
        match settings {
            Some(settings) if self.problems.is_empty() => Ok(settings),
            Some(_) | None => Err(SettingsError::Wrong(self.problems)),
        }
    }

    fn override_of(&self, key: &str) -> Option<&String> {
        let name: String =
            key.chars().map(|c| if c == '.' || c == '-' { '_' } else { c.to_ascii_uppercase() }).collect();
        self.flags.get(key).or_else(|| self.variables.get(&format!("{VARIABLE_PREFIX}{name}")))
    }

    /// What is given for a key, as texts.
    fn texts(&mut self, key: &str, remedy: &'static str) -> Option<Vec<String>> {
        self.asked.insert(key.to_owned());
        if let Some(text) = self.override_of(key) {
            return Some(vec![text.clone()]);
        }
        let value = self.file.get(key)?;
        let texts = match value.as_array() {
            Some(values) => values.iter().map(scalar).collect(),
            None => scalar(value).map(|text| vec![text]),
        };
        if texts.is_none() {
            self.invalid(key, "a text, a number, true or false is wanted", remedy);
        }
        texts
    }

    fn invalid(&mut self, key: &str, cause: impl Display, remedy: &'static str) {
        self.problems.push(Problem::Invalid { key: key.to_owned(), cause: cause.to_string(), remedy });
    }
}

/// `[link] proxy = …` is the key `link.proxy`.
fn flatten(above: &str, table: toml::Table, into: &mut BTreeMap<String, toml::Value>) {
    for (key, value) in table {
        let key = if above.is_empty() { key } else { format!("{above}.{key}") };
        match value {
            toml::Value::Table(table) => flatten(&key, table, into),
            toml::Value::String(_)
            | toml::Value::Integer(_)
            | toml::Value::Float(_)
            | toml::Value::Boolean(_)
            | toml::Value::Datetime(_)
            | toml::Value::Array(_) => {
                into.insert(key, value);
            }
        }
    }
}

fn scalar(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(truth) => Some(truth.to_string()),
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Array(_) | toml::Value::Table(_) => None,
    }
}

/// Reads `on` or `off`.
///
/// # Errors
/// If it is another word.
pub fn on_off(text: &str) -> Result<bool, &'static str> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("on or off is wanted"),
    }
}

/// The clock that the setting `practice.clock` names: the machine's, or a training federation's. A federation trains by what its file
/// says, not only by what overrides it, so that no flag sets the clock of a real one.
pub fn clock_of(read: &mut Settings, federation: Option<&FederationId>, data: &Path) -> Option<Arc<dyn Clock>> {
    let own = read.file.get("federation").and_then(|name| FederationId::parse(name.as_str()?).ok());
    let trains = federation.is_some_and(is_training) && own.as_ref().is_none_or(is_training);
    let clock = |text: &str| -> Result<Arc<dyn Clock>, String> {
        if text.is_empty() {
            return Ok(Arc::new(SystemClock));
        }
        if !trains {
            return Err("only a federation whose name begins with latihan has a clock that can be set".to_owned());
        }
        let clock = PracticeClock::open(&data.join(text)).map_err(|error| error.to_string())?;
        Ok(Arc::new(clock))
    };
    read.or("practice.clock", Arc::new(SystemClock), "remedy.practice-clock", clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = (Option<u16>, Option<u16>, Option<Vec<u16>>);

    fn read(mut settings: Settings) -> Result<Read, SettingsError> {
        let port = settings.required("port", "give a port", str::parse::<u16>);
        let limit = settings.or("link.soft-limit", 20, "give seconds", str::parse::<u16>);
        let more = settings.list("more", "give numbers", str::parse::<u16>);
        settings.finish(port.map(|_| (port, limit, more)))
    }

    fn settings(text: &str) -> Settings {
        Settings::parse(text).unwrap()
    }

    #[test]
    fn only_the_first_mistake_is_told() {
        let text = "port = \"x\"\nprot = 1\nmore = [1, -2, 3.5]\n[link]\nsoft-limit = [1, 2]\nhub = 1";
        let lines = read(settings(text)).unwrap_err().to_string();
        let keys: Vec<&str> = lines.lines().filter_map(|line| line.split(": ").nth(1)).collect();
        assert_eq!(keys, ["port", "link.soft-limit", "more", "link.hub", "prot"], "{lines}");
        let lines = read(settings("more = [70000, -1]")).unwrap_err().to_string();
        assert_eq!(lines.lines().count(), 3, "{lines}");
        assert!(lines.starts_with("settings.missing: port: give a port"), "{lines}");
    }

    #[test]
    fn override_is_overridden_the_wrong_way_round() {
        let file = "port = 1\nmore = [1]";
        let variables = || [("LINTAS_PORT", "2"), ("LINTAS_LINK_SOFT_LIMIT", "7"), ("PORT", "9"), ("LINTAS_MORE", "")];
        let variables = || variables().map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(read(settings(file)).unwrap(), (Some(1), Some(20), Some(vec![1])));
        assert_eq!(read(settings(file).with_variables(variables())).unwrap(), (Some(2), Some(7), Some(vec![1])));
        let both = settings(file).with_variables(variables()).with_flag("port", Some("3".to_owned()));
        let both = both.with_flag("more", Some("4, 5".to_owned())).with_flag("link.soft-limit", None);
        assert_eq!(read(both).unwrap(), (Some(3), Some(7), Some(vec![4, 5])));
    }

    #[test]
    fn section_is_overlooked() {
        let settings =
            settings("[hook.sms]\nurl = 1\n[hook.app]\nurl = 1\nkey = 1\n[hooks.x]\nurl = 1\n[other]\nhook = 1");
        let settings = settings.with_flag("hook.web.url", Some("1".to_owned()));
        assert_eq!(settings.names_below("hook").into_iter().collect::<Vec<_>>(), ["app", "sms", "web"]);
    }

    #[test]
    fn broken_file_is_half_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hub.toml");
        assert!(matches!(Settings::read(&path), Err(SettingsError::Unreadable { .. })));
        std::fs::write(&path, "port = 1\nport = 2\n").unwrap();
        let error = Settings::read(&path).unwrap_err();
        assert!(matches!(error, SettingsError::Syntax { line: 2, .. }), "{error:?}");
        assert_eq!(error.exit(), Exit::Configuration);
        std::fs::write(&path, " ".repeat(300_000)).unwrap();
        assert!(matches!(Settings::read(&path), Err(SettingsError::Unreadable { .. })));
    }

    #[test]
    fn mistake_takes_two_lines_or_no_remedy() {
        let error = read(settings("port = \"x\"")).unwrap_err();
        let lines = error.lines(|code, facts| {
            let facts: Vec<String> = facts.iter().map(|(name, fact)| format!("{name}={fact}")).collect();
            format!("{code} {}", facts.join(" "))
        });
        assert_eq!(lines, ["settings.invalid key=port cause=invalid digit found in string remedy=give a port "]);
    }
}

//! What went wrong, as the program ends with it: a stable code, a line in a person's language, an exit code.

use std::io::Write as _;
use std::path::Path;

use lintas::accounts::AccountError;
use lintas::care::BackupError;
use lintas::desk::NotAName;
use lintas::desk::export::{ExportError, PlaceError};
use lintas::identity::enrolment::EnrolmentError;
use lintas::identity::files::FileError;
use lintas::identity::rotation::RotationError;
use lintas::identity::{AuthorityError, KeyError, RequestError, SecretsError, TlsError};
use lintas::link::hub::registrar::RegistrarError;
use lintas::link::transport::listen::ListenError;
use lintas::runtime::Exit;
use lintas::runtime::logs::LogsError;
use lintas::runtime::settings::SettingsError;
use lintas::store::StoreError;
use lintas::telemetry::{ChoiceError, ObserveError, StartError};
use lintas::words::{self, Language};
use serde_json::json;
use thiserror::Error;

use crate::output::{TRAINING, trains, with_mark};

/// Why a command did not do what was asked.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    #[error(transparent)]
    Rotation(#[from] RotationError),
    #[error(transparent)]
    CertificateRequest(#[from] RequestError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Enrolment(#[from] EnrolmentError),
    #[error(transparent)]
    Registrar(#[from] RegistrarError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Logs(#[from] LogsError),
    #[error(transparent)]
    Observe(#[from] ObserveError),
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    #[error(transparent)]
    Telemetry(#[from] StartError),
    #[error("the system does not let the program listen for signals: {0}")]
    Signals(std::io::Error),
    /// The port cannot be had.
    #[error("{address}: {cause}")]
    Listen { address: String, cause: std::io::Error },
    /// An argument of the command line; its name and what is wrong with it.
    #[error("{argument}: {cause}")]
    Argument { argument: &'static str, cause: String },
    /// A file given on the command line.
    #[error("{path}: {cause}")]
    Given { path: String, cause: String, exit: Exit },
    /// A file or folder that cannot be written.
    #[error("{path}: {cause}")]
    Write { path: String, cause: std::io::Error },
    /// An export that could not be made.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// An export's file that cannot be made.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// All that is wrong with a file of units: line (0 for the whole file) and cause.
    #[error("{} lines of the file of units are wrong", .0.len())]
    Units(Vec<(u64, String)>),
    /// A hub stands there already.
    #[error("there is a hub in {0} already")]
    Made(String),
    /// A node for a unit that is not listed.
    #[error("{0} is in no list of units")]
    Unlisted(String),
    /// A request for another unit.
    #[error("the request is for {asked}, not for {wanted}")]
    OtherNode { asked: String, wanted: String },
    /// A request of another federation.
    #[error("the request is for the federation {asked}, this is {wanted}")]
    OtherFederation { asked: String, wanted: String },
    /// Something with an account.
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    NotAName(#[from] NotAName),
    #[error("no complaint of that name is stored here")]
    UnknownComplaint,
    #[error("that part of an id fits several complaints")]
    Ambiguous,
}

impl Failure {
    /// What the system said of a file given on the command line.
    pub(crate) fn given(path: &Path, error: &std::io::Error) -> Self {
        Self::Given { path: path.display().to_string(), cause: error.to_string(), exit: Exit::of_io(error) }
    }

    const fn code(&self) -> &'static str {
        match self {
            Self::Settings(_) => "hub.settings",
            Self::Store(_) => "hub.storage",
            Self::File(_) | Self::Key(_) | Self::Secrets(_) | Self::Authority(_) | Self::Rotation(_) | Self::Tls(_) => {
                "hub.keys"
            }
            Self::CertificateRequest(_) | Self::Enrolment(_) => "hub.request",
            Self::Registrar(RegistrarError::UnknownNode) => "hub.unknown-node",
            Self::Registrar(RegistrarError::Already) => "hub.stands-so",
            Self::Registrar(RegistrarError::Revoked) => "hub.is-revoked",
            Self::Backup(error) => error.code(),
            Self::Logs(_) | Self::Signals(_) => "hub.process",
            Self::Observe(_) => "hub.observe",
            Self::Choice(_) | Self::Telemetry(_) => "hub.telemetry",
            Self::Listen { .. } => "hub.listen",
            Self::Argument { .. } => "hub.argument",
            Self::Given { .. } => "hub.file",
            Self::Write { .. } => "hub.write",
            Self::Export(_) | Self::Place(_) => "hub.export",
            Self::Units(_) => "hub.units-file",
            Self::Made(_) => "hub.made-already",
            Self::Unlisted(_) => "hub.unlisted-unit",
            Self::OtherNode { .. } => "hub.other-node",
            Self::OtherFederation { .. } => "hub.other-federation",
            Self::Account(error) => error.code(),
            Self::NotAName(_) => "hub.not-a-name",
            Self::UnknownComplaint => "hub.unknown-complaint",
            Self::Ambiguous => "hub.ambiguous",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Settings(_) | Self::Logs(_) | Self::Choice(_) | Self::Telemetry(_) => Exit::Configuration,
            Self::Argument { .. } | Self::NotAName(_) => Exit::CommandLine,
            Self::Listen { .. } | Self::Observe(_) => Exit::Unavailable,
            Self::Units(_) => Exit::BadData,
            Self::Given { exit, .. } => *exit,
            Self::Backup(error) => error.exit(),
            Self::Store(error) | Self::Export(ExportError::Store(error)) => error.exit(),
            Self::File(error)
            | Self::Key(KeyError::File(error))
            | Self::Secrets(SecretsError::File(error))
            | Self::Tls(TlsError::File(error) | TlsError::Key(KeyError::File(error)))
            | Self::Authority(AuthorityError::File(error) | AuthorityError::Key(KeyError::File(error))) => error.exit(),
            Self::Write { cause, .. }
            | Self::Export(ExportError::Write(cause))
            | Self::Place(PlaceError::Io { cause, .. }) => Exit::of_io(cause),
            Self::Key(_)
            | Self::Secrets(_)
            | Self::Authority(_)
            | Self::Rotation(_)
            | Self::Tls(_)
            | Self::CertificateRequest(_)
            | Self::Enrolment(_)
            | Self::Registrar(_)
            | Self::Signals(_)
            | Self::Place(PlaceError::Exists(_))
            | Self::Made(_)
            | Self::Unlisted(_)
            | Self::OtherNode { .. }
            | Self::OtherFederation { .. }
            | Self::Account(_)
            | Self::UnknownComplaint
            | Self::Ambiguous => Exit::NotDone,
        }
    }

    /// Tells what went wrong, on standard error, and how the program ends.
    pub(crate) fn tell(&self, json: bool, language: Language) -> Exit {
        let mut lines = self.lines(language);
        if json {
            let value = json!({ "error": self.code(), "message": lines.join("; ") });
            lines = vec![with_mark(value, trains()).to_string()];
        } else if let Some(first) = lines.first_mut() {
            let whose = if trains() { format!(" ({TRAINING})") } else { String::new() };
            *first = format!("lintas-hub{whose}: {first} [{}]", self.code());
        }
        let _ = writeln!(std::io::stderr().lock(), "{}", lines.join("\n"));
        self.exit()
    }

    /// One line, or one for each mistake in a file.
    fn lines(&self, language: Language) -> Vec<String> {
        let say = |code: &str, facts: &[(&str, &str)]| words::say(code, language, facts);
        let cause = self.to_string().replace('\n', " ");
        match self {
            Self::Settings(error) => error.lines(say),
            Self::Units(wrong) => {
                let line = |(line, cause): &(u64, String)| {
                    say("hub.units-line", &[("line", &line.to_string()), ("cause", cause)])
                };
                let all = say("hub.units-file", &[("count", &wrong.len().to_string())]);
                std::iter::once(all).chain(wrong.iter().map(line)).collect()
            }
            Self::OtherNode { asked, wanted } | Self::OtherFederation { asked, wanted } => {
                vec![say(self.code(), &[("asked", asked), ("wanted", wanted)])]
            }
            Self::Backup(error) => {
                let facts = error.facts();
                let facts: Vec<(&str, &str)> = facts.iter().map(|(name, fact)| (*name, fact.as_str())).collect();
                vec![say(self.code(), &facts).replace('\n', " ")]
            }
            Self::Account(error) => {
                let facts = error.facts();
                let facts: Vec<(&str, &str)> = facts.iter().map(|(name, fact)| (*name, fact.as_str())).collect();
                vec![say(self.code(), &facts)]
            }
            Self::Made(folder) => vec![say(self.code(), &[("folder", folder)])],
            Self::Unlisted(unit) => vec![say(self.code(), &[("unit", unit)])],
            Self::Store(_)
            | Self::File(_)
            | Self::Key(_)
            | Self::Secrets(_)
            | Self::Authority(_)
            | Self::Rotation(_)
            | Self::CertificateRequest(_)
            | Self::Tls(_)
            | Self::Enrolment(_)
            | Self::Registrar(_)
            | Self::Logs(_)
            | Self::Observe(_)
            | Self::Choice(_)
            | Self::Telemetry(_)
            | Self::Signals(_)
            | Self::Listen { .. }
            | Self::Argument { .. }
            | Self::Given { .. }
            | Self::Write { .. }
            | Self::Export(_)
            | Self::Place(_)
            | Self::NotAName(_)
            | Self::UnknownComplaint
            | Self::Ambiguous => vec![say(self.code(), &[("cause", &cause)])],
        }
    }
}

impl From<ListenError> for Failure {
    fn from(error: ListenError) -> Self {
        match error {
            ListenError::Tls(error) => Self::Tls(error),
            ListenError::Bind { address, why } => Self::Listen { address: address.to_string(), cause: why },
            ListenError::Store(error) => Self::Store(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_has_no_text() {
        let text = || "x".to_owned();
        let (asked, wanted) = (text(), text());
        for failure in [
            Failure::Store(StoreError::Newer),
            Failure::File(FileError::Exists("x".into())),
            Failure::Enrolment(EnrolmentError::Name),
            Failure::Logs(LogsError::Filter),
            Failure::Listen { address: text(), cause: std::io::ErrorKind::AddrInUse.into() },
            Failure::Argument { argument: "--x", cause: text() },
            Failure::given(Path::new("x"), &std::io::ErrorKind::NotFound.into()),
            Failure::Write { path: text(), cause: std::io::ErrorKind::NotADirectory.into() },
            Failure::Place(PlaceError::Exists("x".into())),
            Failure::Units(vec![(3, text())]),
            Failure::Made(text()),
            Failure::Unlisted(text()),
            Failure::OtherNode { asked: asked.clone(), wanted: wanted.clone() },
            Failure::OtherFederation { asked, wanted },
            Failure::NotAName(NotAName::Shape),
            Failure::Account(AccountError::Refused),
            Failure::UnknownComplaint,
            Failure::Ambiguous,
            Failure::Registrar(RegistrarError::UnknownNode),
            Failure::Registrar(RegistrarError::Already),
            Failure::Registrar(RegistrarError::Revoked),
        ] {
            for language in Language::ALL {
                assert!(words::text(failure.code(), language).is_some(), "{}", failure.code());
                let lines = failure.lines(language);
                assert!(lines.iter().all(|line| !line.contains('{') && !line.contains('\n')), "{lines:?}");
            }
        }
    }

    /// As the table of codes in OPERATIONS.md has it.
    #[test]
    fn exit_code_says_something_else_than_what_went_wrong() {
        let corrupt = || StoreError::Corrupt("x".to_owned());
        let setting = |name| StoreError::Setting { name, found: "x".to_owned(), wanted: "y" };
        let denied = || std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let loose = || FileError::LooseMode { path: "x".into(), mode: 0o644 };
        for (failure, exit) in [
            (Failure::Store(setting("file mode")), Exit::NoPermission),
            (Failure::Store(setting("synchronous")), Exit::Configuration),
            (Failure::Store(corrupt()), Exit::BadData),
            (Failure::Export(ExportError::Store(corrupt())), Exit::BadData),
            (Failure::Backup(corrupt().into()), Exit::BadData),
            (Failure::Backup(StoreError::into(setting("file mode"))), Exit::NoPermission),
            (Failure::Backup(StoreError::into(setting("fsync"))), Exit::Configuration),
            (Failure::Backup(loose().into()), Exit::NoPermission),
            (Failure::Backup(BackupError::Io { path: "x".into(), cause: denied() }), Exit::NoPermission),
            (Failure::File(loose()), Exit::NoPermission),
            (Failure::File(FileError::Io { path: "x".into(), cause: denied() }), Exit::NoPermission),
            (Failure::Key(KeyError::File(FileError::Io { path: "x".into(), cause: denied() })), Exit::NoPermission),
            (Failure::Write { path: "x".to_owned(), cause: denied() }, Exit::NoPermission),
            (Failure::Place(PlaceError::Io { path: "x".into(), cause: denied() }), Exit::NoPermission),
            (Failure::Export(ExportError::Write(denied())), Exit::NoPermission),
            (Failure::given(Path::new("x"), &denied()), Exit::NoPermission),
            (Failure::Place(PlaceError::Exists("x".into())), Exit::NotDone),
        ] {
            assert_eq!(failure.exit(), exit, "{failure:?}");
        }
    }
}

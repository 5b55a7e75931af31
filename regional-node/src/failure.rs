//! What went wrong, as the program ends with it: a code, one line, an exit code.

use std::io::Write as _;

use lintas::accounts::AccountError;
use lintas::care::BackupError;
use lintas::desk::DeskError;
use lintas::desk::error::INDONESIAN_FACT;
use lintas::desk::export::{ExportError, PlaceError};
use lintas::desk::import::{Mistake, Mistakes};
use lintas::desk::service::ClientError;
use lintas::desk::socket::SocketError;
use lintas::identity::enrolment::EnrolmentError;
use lintas::identity::files::FileError;
use lintas::identity::kit::KitError;
use lintas::identity::{KeyError, RequestError as CsrError, SecretsError, TlsError, TokenError};
use lintas::link::hub::joining::JoinRefusal;
use lintas::link::transport::join::JoinError;
use lintas::protocol::desk::v1::{Fault, Standing, UnitMistake};
use lintas::runtime::Exit;
use lintas::runtime::logs::LogsError;
use lintas::runtime::settings::SettingsError;
use lintas::store::StoreError;
use lintas::telemetry::{ChoiceError, ObserveError, StartError};
use lintas::words::{self, Language};
use serde_json::json;
use thiserror::Error;

use crate::output::{TRAINING, standing, standing_json, trains, with_mark};
use crate::practice::PracticeError;
use crate::request::RequestError;

/// Why a command did not do what was asked.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Desk(#[from] DeskError),
    #[error(transparent)]
    Socket(#[from] SocketError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Csr(#[from] CsrError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Enrolment(#[from] EnrolmentError),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Join(#[from] JoinError),
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
    /// A file or folder that cannot be written.
    #[error("{path}: {cause}")]
    Write { path: String, cause: std::io::Error },
    /// An export that could not be made.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// An export's file that cannot be made.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// All that is wrong with a table to take over, or with its mapping.
    #[error("{} mistakes", .0.count)]
    Import(Mistakes),
    /// Something with an account that needed no node to find out.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// All that is wrong with accounts to make.
    #[error("{} accounts cannot be made", .0.len())]
    Accounts(Vec<Mistaken>),
    /// All that is wrong with a file of units.
    #[error("{} mistakes in the file of units", .0.len())]
    Units(Vec<UnitMistake>),
    /// A table that became another while it was taken over.
    #[error("the file was changed while it was taken over")]
    Changed,
    #[error("{0}")]
    Argument(String),
    #[error("{0}")]
    Recovery(String),
    #[error("the node has no link: set hub.address and hub.key first")]
    NoHub,
    /// Reporters cannot be told as the settings say.
    #[error("notify.{key}: {why}")]
    Notify { key: String, why: String },
    #[error(transparent)]
    Kit(#[from] KitError),
    #[error("the node has no sealing key: set sealing.key to a file with one")]
    NoKeys,
    /// Something with a training.
    #[error(transparent)]
    Practice(#[from] PracticeError),
}

/// What is wrong with one of several accounts.
#[derive(Debug)]
pub(crate) struct Mistaken {
    /// Its line in the table; 0 for the table itself, or where there is none.
    pub(crate) line: u64,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) facts: Vec<(String, String)>,
}

impl Mistaken {
    pub(crate) fn of(line: u64, error: &AccountError) -> Self {
        let facts = error.facts().into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect();
        Self { line, code: error.code().to_owned(), message: error.to_string(), facts }
    }

    fn told(&self, lang: Language) -> String {
        let facts: Vec<(&str, &str)> = self.facts.iter().map(|(name, fact)| (name.as_str(), fact.as_str())).collect();
        let what = words::text(&self.code, lang).map_or_else(|| self.message.clone(), |text| words::fill(text, &facts));
        let line = self.line.to_string();
        if self.line == 0 { what } else { words::say("account.line", lang, &[("line", &line), ("what", &what)]) }
    }
}

impl Failure {
    fn code(&self) -> &str {
        match self {
            Self::Settings(_) => "node.settings",
            Self::Request(_) | Self::Argument(_) => "node.command-line",
            Self::Client(error) => error.code(),
            Self::Desk(error) => error.code(),
            Self::Socket(_) => "node.socket",
            Self::Store(_) => "node.storage",
            Self::File(_)
            | Self::Key(_)
            | Self::Secrets(_)
            | Self::NoKeys
            | Self::Kit(_)
            | Self::Csr(_)
            | Self::Tls(_)
            | Self::Enrolment(_) => "node.keys",
            Self::Token(_) => "node.token",
            Self::Join(JoinError::Refused(refusal)) => match refusal {
                JoinRefusal::Unknown => "join.unknown",
                JoinRefusal::Expired => "join.expired",
                JoinRefusal::Used => "join.used",
                JoinRefusal::Withdrawn => "join.withdrawn",
                JoinRefusal::OtherNode => "join.other-node",
                JoinRefusal::KeyRegistered => "join.key-registered",
                JoinRefusal::Unlisted => "join.unlisted",
                JoinRefusal::Proof => "join.proof",
                JoinRefusal::NotEnrolled => "join.not-enrolled",
                JoinRefusal::TooLate => "join.too-late",
                JoinRefusal::NoAuthority => "join.no-authority",
                JoinRefusal::TooMany => "join.too-many",
                JoinRefusal::Unavailable => "join.unavailable",
            },
            Self::Join(_) => "node.join",
            Self::Backup(error) => error.code(),
            Self::Logs(_) | Self::Signals(_) => "node.process",
            Self::Write { .. } => "node.write",
            Self::Export(_) | Self::Place(_) => "node.export",
            Self::Import(_) => "node.import",
            Self::Account(error) => error.code(),
            Self::Accounts(_) => "node.accounts",
            Self::Units(_) => "units.wrong",
            Self::Changed => "node.import-changed",
            Self::Observe(_) => "node.observe",
            Self::Choice(_) | Self::Telemetry(_) => "node.telemetry",
            Self::Notify { .. } => "node.notify",
            Self::Recovery(_) => "node.recovery",
            Self::NoHub => "node.no-hub",
            Self::Practice(error) => error.code(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Settings(_)
            | Self::NoHub
            | Self::Logs(_)
            | Self::Choice(_)
            | Self::Notify { .. }
            | Self::Telemetry(_) => Exit::Configuration,
            Self::Request(_) | Self::Argument(_) => Exit::CommandLine,
            Self::Client(ClientError::NotRunning(_))
            | Self::Observe(_)
            | Self::Join(JoinError::Connect(_) | JoinError::Broken(_)) => Exit::Unavailable,
            Self::Client(ClientError::Foreign(_)) => Exit::NoPermission,
            Self::File(error)
            | Self::Key(KeyError::File(error))
            | Self::Secrets(SecretsError::File(error))
            | Self::Tls(TlsError::File(error) | TlsError::Key(KeyError::File(error))) => error.exit(),
            Self::Store(error) | Self::Desk(DeskError::Store(error)) | Self::Export(ExportError::Store(error)) => {
                error.exit()
            }
            Self::Write { cause, .. }
            | Self::Export(ExportError::Write(cause))
            | Self::Place(PlaceError::Io { cause, .. }) => Exit::of_io(cause),
            Self::Import(_) | Self::Accounts(_) | Self::Units(_) | Self::Token(_) => Exit::BadData,
            Self::Account(AccountError::Store(error)) => error.exit(),
            Self::Backup(error) => error.exit(),
            Self::Practice(error) => error.exit(),
            Self::Client(_)
            | Self::Desk(_)
            | Self::Socket(_)
            | Self::Key(_)
            | Self::Secrets(_)
            | Self::NoKeys
            | Self::Kit(_)
            | Self::Csr(_)
            | Self::Tls(_)
            | Self::Enrolment(_)
            | Self::Join(_)
            | Self::Signals(_)
            | Self::Place(PlaceError::Exists(_))
            | Self::Account(_)
            | Self::Changed
            | Self::Recovery(_) => Exit::NotDone,
        }
    }

    /// Tells what went wrong, on standard error, and how the program ends.
    pub(crate) fn tell(&self, json: bool, lang: Language) -> Exit {
        let now = self.standing();
        let mut lines = self.lines(lang);
        if json {
            let message = lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join("; ");
            let mut value = json!({ "error": self.code(), "message": message, "standing": standing_json(now) });
            if let (Self::Import(mistakes), Some(value)) = (self, value.as_object_mut()) {
                let one =
                    |m: &Mistake| json!({ "line": m.line, "column": m.column, "code": m.code, "what": m.what(lang) });
                value.insert("mistakes".to_owned(), mistakes.told.iter().map(one).collect());
                value.insert("count".to_owned(), json!(mistakes.count));
            }
            if let (Self::Units(mistakes), Some(value)) = (self, value.as_object_mut()) {
                let one = |m: &UnitMistake| json!({ "line": m.line, "what": m.what });
                value.insert("mistakes".to_owned(), mistakes.iter().map(one).collect());
            }
            lines = vec![with_mark(value, trains()).to_string()];
        } else {
            lines.extend(now.map(|now| standing(now, lang)));
            if let Some(first) = lines.first_mut() {
                let whose = if trains() { format!(" ({TRAINING})") } else { String::new() };
                *first = format!("lintas-node{whose}: {first} [{}]", self.code());
            }
        }
        let _ = writeln!(std::io::stderr().lock(), "{}", lines.join("\n"));
        self.exit()
    }

    /// What went wrong, in a person's language; one line, or one for each wrong setting.
    fn lines(&self, lang: Language) -> Vec<String> {
        let said = |facts: &[(&str, &str)]| match words::text(self.code(), lang) {
            Some(text) => words::fill(text, facts),
            None => self.to_string().replace('\n', " "),
        };
        match self {
            Self::Settings(error) => error.lines(|code, facts| words::say(code, lang, facts)),
            Self::Import(mistakes) => told(mistakes, lang),
            Self::Units(wrong) => {
                let line = |one: &UnitMistake| {
                    words::say("units.line", lang, &[("line", &one.line.to_string()), ("what", &one.what)])
                };
                let first = words::say("units.wrong", lang, &[("count", &wrong.len().to_string())]);
                std::iter::once(first).chain(wrong.iter().map(|one| format!("  {}", line(one)))).collect()
            }
            Self::Accounts(wrong) => {
                let first = words::say("node.accounts", lang, &[("count", &wrong.len().to_string())]);
                let each = wrong.iter().map(|mistaken| format!("  {}", mistaken.told(lang)));
                std::iter::once(first).chain(each).collect()
            }
            Self::Account(error) => {
                let facts = error.facts();
                let facts: Vec<(&str, &str)> = facts.iter().map(|(name, fact)| (*name, fact.as_str())).collect();
                vec![said(&facts)]
            }
            Self::Client(ClientError::Refused(fault)) => vec![refused(fault, lang)],
            Self::Client(ClientError::NotRunning(path) | ClientError::Foreign(path)) => {
                vec![said(&[("path", &path.display().to_string())])]
            }
            Self::Desk(error) => {
                let facts = error.facts();
                let facts: Vec<(&str, &str)> = facts.iter().map(|(name, fact)| (*name, fact.as_str())).collect();
                vec![said(&facts)]
            }
            Self::Backup(error) => {
                let facts = error.facts();
                let facts: Vec<(&str, &str)> = facts.iter().map(|(name, fact)| (*name, fact.as_str())).collect();
                vec![said(&facts).replace('\n', " ")]
            }
            Self::Practice(error) => {
                let (place, cause) = error.facts();
                vec![said(&[("place", &place), ("cause", &cause)])]
            }
            Self::Client(_)
            | Self::Request(_)
            | Self::Socket(_)
            | Self::Store(_)
            | Self::File(_)
            | Self::Key(_)
            | Self::Secrets(_)
            | Self::NoKeys
            | Self::Kit(_)
            | Self::Csr(_)
            | Self::Tls(_)
            | Self::Enrolment(_)
            | Self::Token(_)
            | Self::Join(_)
            | Self::Logs(_)
            | Self::Observe(_)
            | Self::Choice(_)
            | Self::Telemetry(_)
            | Self::Signals(_)
            | Self::Write { .. }
            | Self::Export(_)
            | Self::Place(_)
            | Self::Changed
            | Self::Argument(_)
            | Self::Notify { .. }
            | Self::Recovery(_)
            | Self::NoHub => vec![said(&[("cause", &self.to_string().replace('\n', " "))])],
        }
    }

    fn standing(&self) -> Option<&Standing> {
        if let Self::Client(ClientError::Refused(fault)) = self { fault.standing.as_ref() } else { None }
    }
}

/// Every mistake that is kept, and how many more there are.
fn told(mistakes: &Mistakes, lang: Language) -> Vec<String> {
    let (count, lines) = (mistakes.count.to_string(), mistakes.lines.to_string());
    let first = words::say("node.import", lang, &[("count", &count), ("lines", &lines)]);
    let more = mistakes.untold();
    let last = (more > 0).then(|| words::say("node.import-more", lang, &[("count", &more.to_string())]));
    let each = mistakes.told.iter().map(|mistake| format!("  {}", mistake.told(lang)));
    std::iter::once(first).chain(each).chain(last).collect()
}

/// The desk's reason in a person's language; its own English text if this version has no words for it.
fn refused(fault: &Fault, lang: Language) -> String {
    let own = |name: &str| {
        let told =
            (lang == Language::Indonesian).then(|| fault.facts.get(&format!("{name}{INDONESIAN_FACT}"))).flatten();
        told.or_else(|| fault.facts.get(name)).map(String::as_str)
    };
    let facts: Vec<(&str, &str)> = fault.facts.keys().filter_map(|name| Some((name.as_str(), own(name)?))).collect();
    words::text(&fault.code, lang).map_or_else(|| fault.message.clone(), |text| words::fill(text, &facts))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            (Failure::Place(PlaceError::Exists("x".into())), Exit::NotDone),
        ] {
            assert_eq!(failure.exit(), exit, "{failure:?}");
        }
    }
}

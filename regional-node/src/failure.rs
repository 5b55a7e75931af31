//! What went wrong, as the program ends with it: a code, one line, an exit code.

use std::io::Write as _;

use lintas::desk::DeskError;
use lintas::desk::service::ClientError;
use lintas::desk::socket::SocketError;
use lintas::identity::files::FileError;
use lintas::identity::{KeyError, RequestError as CsrError, TlsError};
use lintas::runtime::Exit;
use lintas::runtime::logs::LogsError;
use lintas::store::StoreError;
use serde_json::json;
use thiserror::Error;

use crate::lang::Lang;
use crate::output::standing_json;
use crate::request::RequestError;
use crate::settings::SettingsError;

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
    Csr(#[from] CsrError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Logs(#[from] LogsError),
    #[error("the system does not let the program listen for signals: {0}")]
    Signals(std::io::Error),
    #[error("{0}")]
    Argument(String),
    #[error("{0}")]
    Recovery(String),
    #[error("the node has no link: set hub.address and hub.key first")]
    NoHub,
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
            Self::File(_) | Self::Key(_) | Self::Csr(_) | Self::Tls(_) => "node.keys",
            Self::Logs(_) | Self::Signals(_) => "node.process",
            Self::Recovery(_) => "node.recovery",
            Self::NoHub => "node.no-hub",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Settings(_) | Self::NoHub | Self::Logs(_) => Exit::Configuration,
            Self::Request(_) | Self::Argument(_) => Exit::CommandLine,
            Self::Client(ClientError::NotRunning(_)) | Self::Store(StoreError::Unavailable(_)) => Exit::Unavailable,
            Self::Client(ClientError::Foreign(_)) | Self::File(FileError::LooseMode { .. }) => Exit::NoPermission,
            Self::Key(KeyError::File(FileError::LooseMode { .. })) => Exit::NoPermission,
            Self::Store(StoreError::Corrupt(_)) => Exit::BadData,
            Self::Client(_)
            | Self::Desk(_)
            | Self::Socket(_)
            | Self::Store(_)
            | Self::File(_)
            | Self::Key(_)
            | Self::Csr(_)
            | Self::Tls(_)
            | Self::Signals(_)
            | Self::Recovery(_) => Exit::NotDone,
        }
    }

    /// Tells what went wrong, on standard error, and how the program ends.
    pub(crate) fn tell(&self, json: bool, _lang: Lang) -> Exit {
        let line = if json {
            let standing = match self {
                Self::Client(ClientError::Refused(fault)) => standing_json(fault.standing.as_ref()),
                _ => serde_json::Value::Null,
            };
            json!({ "error": self.code(), "message": self.to_string(), "standing": standing }).to_string()
        } else {
            format!("lintas-node: {} [{}]", self.to_string().replace('\n', " "), self.code())
        };
        let _ = writeln!(std::io::stderr().lock(), "{line}");
        self.exit()
    }
}

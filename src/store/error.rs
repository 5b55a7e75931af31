//! What can go wrong with storage, and what to do about it.

use thiserror::Error;

use crate::runtime::Exit;

/// The setting that says who may read the database's file.
pub(super) const FILE_MODE: &str = "file mode";

/// Why an operation on a store failed. Nothing was changed.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database said no; it may do better later.
    #[error("the database cannot be used now ({0}); check disk space and that no other program holds it")]
    Unavailable(String),
    /// What is stored contradicts itself or the program.
    #[error("the database holds something impossible: {0}; restore it from a backup or recover the node")]
    Corrupt(String),
    /// A planner asked for something that contradicts what is stored.
    #[error("refused to store a contradiction: {0}")]
    Conflict(String),
    /// A database of another program, federation or node.
    #[error("{0}")]
    Foreign(String),
    /// A setting that would break a promise: of durability, or that nobody else reads the file.
    #[error("the database's {name} is {found}, but must be {wanted}; change it, or the program that set it")]
    Setting {
        /// The setting.
        name: &'static str,
        /// What it is.
        found: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// Content whose storage key is not here.
    #[error("{0}")]
    Locked(String),
    /// The database is of a later version of the program.
    #[error("the database was written by a newer version of Lintas; upgrade this program")]
    Newer,
}

impl StoreError {
    /// Which kind, as a stable name for metrics.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Corrupt(_) => "corrupt",
            Self::Conflict(_) => "conflict",
            Self::Foreign(_) => "foreign",
            Self::Setting { .. } => "setting",
            Self::Locked(_) => "locked",
            Self::Newer => "newer",
        }
    }

    /// How a program ends with it.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Unavailable(_) => Exit::Unavailable,
            Self::Corrupt(_) => Exit::BadData,
            Self::Setting { name, .. } if *name == FILE_MODE => Exit::NoPermission,
            Self::Setting { .. } | Self::Locked(_) => Exit::Configuration,
            Self::Conflict(_) | Self::Foreign(_) | Self::Newer => Exit::NotDone,
        }
    }

    /// Whether trying again may help.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

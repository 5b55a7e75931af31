//! Why a backup could not be made, is not believed, or is not put in place; with the stable code of a text that says what to do.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::identity::FileError;
use crate::runtime::Exit;
use crate::store::{Owner, StoreError};

/// Why there is no backup, or none that is believed. Nothing was changed.
#[derive(Debug, Error)]
pub enum BackupError {
    /// Something lies where the backup was to go.
    #[error("{} is there already and is left as it is; choose another name", .0.display())]
    Exists(PathBuf),
    /// Another process makes this backup just now.
    #[error("another process writes {} just now; wait for it, or choose another name", .0.display())]
    UnderWay(PathBuf),
    /// What lies where the backup is written is not this account's own.
    #[error("{} is in the way: it is a link, or another account's, or open to others; remove it", .0.display())]
    NotOurs(PathBuf),
    /// The file system is too full.
    #[error("{}: {needed} bytes are needed and {free} are free; make room, or choose another place", .folder.display())]
    NoRoom {
        /// The folder.
        folder: PathBuf,
        /// How much is free, in bytes.
        free: u64,
        /// How much is needed, in bytes.
        needed: u64,
    },
    /// The system said no.
    #[error("{}: {cause}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file is something else.
    #[error("{} is no backup of Lintas", .0.display())]
    NotABackup(PathBuf),
    /// A byte of it is not what was written.
    #[error("{} is damaged ({what}); take another backup", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: &'static str,
    },
    /// A later version made it.
    #[error("{} was made by a newer version ({program}); upgrade this program first", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version that made it.
        program: String,
    },
    /// It is another's.
    #[error("{} is a backup of {} in federation {}, not of {} in {}", .path.display(), .found.node, .found.federation, .wanted.node, .wanted.federation)]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        found: Box<Owner>,
        /// Whose it must be.
        wanted: Box<Owner>,
    },
    /// What it says of itself is not what its database says.
    #[error("{}: what the backup says of itself is not what its database says; take another backup", .0.display())]
    Contradicts(PathBuf),
    /// Its signing key is another.
    #[error("{} was made with another signing key than the one here; put the right keys back first", .0.display())]
    OtherKey(PathBuf),
    /// Its signing key is none that the registry names.
    #[error("{}: its journal is signed with a key that the registry does not name; put the right keys back first, or take another backup", .0.display())]
    UnknownKey(PathBuf),
    /// Its database has more to it, or less, than the program makes.
    #[error("{}: its database holds tables, triggers or views that no version of the program made; take another backup", .0.display())]
    Altered(PathBuf),
    /// Its database does not verify.
    #[error("{}: its database does not verify: {findings} findings, the first: {first}; take another backup", .path.display())]
    Unsound {
        /// The file.
        path: PathBuf,
        /// How many findings.
        findings: u64,
        /// The first of them, in English.
        first: String,
    },
    /// There is a database already.
    #[error("there is a database at {0}; with --replace it is put aside")]
    InPlace(String),
    /// A program runs on the folder.
    #[error("a program uses {0}; stop it first")]
    Running(String),
    /// The folder has no settings, and neither has the backup.
    #[error("{} holds no settings; make the folder's settings first", .0.display())]
    NoSettings(PathBuf),
    /// A key that is here is another than the one in the backup.
    #[error("{} is another key than the one in the backup; move it away first", .0.display())]
    OtherKeyFile(PathBuf),
    /// A key or certificate cannot be read or written.
    #[error(transparent)]
    File(FileError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BackupError {
    /// What the system said of a path.
    pub fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |cause| Self::Io { path, cause }
    }

    /// The stable code: `backup.` and a word. It keeps its meaning for ever.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Exists(_) => "backup.exists",
            Self::UnderWay(_) => "backup.under-way",
            Self::NotOurs(_) => "backup.not-ours",
            Self::NoRoom { .. } => "backup.no-room",
            Self::Io { .. } => "backup.io",
            Self::NotABackup(_) => "backup.not-a-backup",
            Self::Damaged { .. } => "backup.damaged",
            Self::Newer { .. } => "backup.newer",
            Self::Foreign { .. } => "backup.foreign",
            Self::Contradicts(_) => "backup.contradicts",
            Self::OtherKey(_) => "backup.other-key",
            Self::UnknownKey(_) => "backup.unknown-key",
            Self::Altered(_) => "backup.altered",
            Self::Unsound { .. } => "backup.unsound",
            Self::InPlace(_) => "backup.in-place",
            Self::Running(_) => "backup.running",
            Self::NoSettings(_) => "backup.no-settings",
            Self::OtherKeyFile(_) => "backup.other-key-file",
            Self::File(_) => "backup.file",
            Self::Store(_) => "backup.storage",
        }
    }

    /// How a program ends with it.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::NotABackup(_)
            | Self::Damaged { .. }
            | Self::Contradicts(_)
            | Self::UnknownKey(_)
            | Self::Altered(_)
            | Self::Unsound { .. } => Exit::BadData,
            Self::NoRoom { .. } => Exit::Unavailable,
            Self::NotOurs(_) => Exit::NoPermission,
            Self::Io { cause, .. } => Exit::of_io(cause),
            Self::File(error) => error.exit(),
            Self::Store(error) => error.exit(),
            Self::Exists(_)
            | Self::UnderWay(_)
            | Self::Newer { .. }
            | Self::Foreign { .. }
            | Self::OtherKey(_)
            | Self::InPlace(_)
            | Self::Running(_)
            | Self::NoSettings(_)
            | Self::OtherKeyFile(_) => Exit::NotDone,
        }
    }

    /// The facts of the error by name, for its text in a person's language.
    #[must_use]
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let path = |path: &Path| ("path", path.display().to_string());
        match self {
            Self::Exists(at)
            | Self::UnderWay(at)
            | Self::NotOurs(at)
            | Self::NotABackup(at)
            | Self::Contradicts(at)
            | Self::OtherKey(at)
            | Self::UnknownKey(at)
            | Self::Altered(at)
            | Self::NoSettings(at)
            | Self::OtherKeyFile(at) => vec![path(at)],
            Self::InPlace(at) | Self::Running(at) => vec![("path", at.clone())],
            Self::NoRoom { folder, free, needed } => {
                vec![path(folder), ("free", mebibytes(*free)), ("needed", mebibytes(*needed))]
            }
            Self::Io { path: at, cause } => vec![path(at), ("cause", cause.to_string())],
            Self::Damaged { path: at, what } => vec![path(at), ("what", (*what).to_owned())],
            Self::Newer { path: at, program } => vec![path(at), ("program", program.clone())],
            Self::Foreign { path: at, found, wanted } => {
                let of = |owner: &Owner| format!("{} ({})", owner.node, owner.federation);
                vec![path(at), ("found", of(found)), ("wanted", of(wanted))]
            }
            Self::Unsound { path: at, findings, first } => {
                vec![path(at), ("findings", findings.to_string()), ("first", first.clone())]
            }
            Self::File(cause) => vec![("cause", cause.to_string())],
            Self::Store(cause) => vec![("cause", cause.to_string())],
        }
    }
}

impl From<FileError> for BackupError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Io { path, cause } => Self::Io { path, cause },
            FileError::Exists(path) => Self::Exists(path),
            error @ (FileError::LooseMode { .. }
            | FileError::LooseCredential { .. }
            | FileError::NoCredential(_)
            | FileError::NotAFile(_)
            | FileError::TooLarge(_)) => Self::File(error),
        }
    }
}

/// Bytes as people read them: whole mebibytes, rounded up.
#[must_use]
pub fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}

//! What there is to look after: one program's folder, settings, keys, and whose they are. It reads nothing by itself.

use std::path::{Path, PathBuf};

use crate::domain::SigningKeyId;
use crate::store::Owner;

/// The folder of backups within a program's folder.
pub const BACKUPS: &str = "backups";

/// A file of a key or certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyFile {
    /// Its name in a backup, such as `keys/signing.key`; it never changes.
    pub member: &'static str,
    /// Where it is here.
    pub path: PathBuf,
    /// Whether it is a private key.
    pub secret: bool,
}

/// One program's folder and what is in it.
#[derive(Clone, Debug)]
pub struct Estate {
    /// Whose it is.
    pub owner: Owner,
    /// The folder.
    pub data: PathBuf,
    /// The settings file.
    pub settings: PathBuf,
    /// Keys and certificates.
    pub keys: Vec<KeyFile>,
    /// The public part of the key that signs the own journal.
    pub own: SigningKeyId,
    /// The hub's public signing key, if it is known.
    pub hub: Option<SigningKeyId>,
}

impl Estate {
    /// Where backups go unless said otherwise.
    #[must_use]
    pub fn backups(&self) -> PathBuf {
        backups(&self.data)
    }
}

/// Where the backups of a program's folder go unless said otherwise.
#[must_use]
pub fn backups(data: &Path) -> PathBuf {
    data.join(BACKUPS)
}

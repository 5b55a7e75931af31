//! Secret and public files on disk: modes, durability, no overwriting by accident. It must not know what is in them.
//!
//! All functions block; call them at start, in a command, or on a blocking thread.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

use crate::runtime::{Exit, credentials};

/// Largest key or certificate file that is read, in bytes.
pub const FILE_BYTES_MAX: usize = 64 * 1024;

const SECRET_MODE: u32 = 0o600;
/// What a credential of the service manager may have: it is root's, and where an access list lets the service read it, the
/// bits of the group show that list's mask.
const CREDENTIAL_MODE: u32 = 0o440;
/// The same of the folder in which credentials are.
const CREDENTIALS_FOLDER_MODE: u32 = 0o750;
const PUBLIC_MODE: u32 = 0o644;
const FOLDER_MODE: u32 = 0o700;

/// Why a key or certificate file could not be read or written.
#[derive(Debug, Error)]
pub enum FileError {
    /// A private key that others may read, or that may be run.
    #[error("{} has mode {mode:04o}, others could use the key: chmod 600 {}", .path.display(), .path.display())]
    LooseMode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A credential that is open to others.
    #[error("{} has mode {mode:04o} or the wrong owner, others could use the secret: let the service manager give it (LoadCredential=)", .path.display())]
    LooseCredential {
        /// The file or its folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A credential that this process was not given.
    #[error(
        "this process was not given the credential {0}: while the service runs, set CREDENTIALS_DIRECTORY=/run/credentials/SERVICE; while it is stopped, run the command by systemd-run with the same LoadCredential= (-p)"
    )]
    NoCredential(String),
    /// A key is there already and was not to be replaced.
    #[error("{} exists already and is left as it is: move it away first", .0.display())]
    Exists(PathBuf),
    /// Not a plain file.
    #[error("{} is not a plain file", .0.display())]
    NotAFile(PathBuf),
    /// Larger than [`FILE_BYTES_MAX`].
    #[error("{} is larger than {FILE_BYTES_MAX} bytes: is it the right file?", .0.display())]
    TooLarge(PathBuf),
    /// The system said no.
    #[error("{}: {cause}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

impl FileError {
    /// Whether a secret is open to others.
    #[must_use]
    pub const fn is_loose(&self) -> bool {
        matches!(self, Self::LooseMode { .. } | Self::LooseCredential { .. })
    }

    /// How a program ends with it.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::LooseMode { .. } | Self::LooseCredential { .. } => Exit::NoPermission,
            Self::Io { cause, .. } => Exit::of_io(cause),
            Self::NoCredential(_) | Self::Exists(_) | Self::NotAFile(_) | Self::TooLarge(_) => Exit::NotDone,
        }
    }
}

/// Makes a folder for keys, mode 0700, with its parents; one that is there is left as it is.
///
/// # Errors
/// If it cannot be made.
pub fn make_folder(path: &Path) -> Result<(), FileError> {
    fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path).map_err(|cause| io_error(path, cause))
}

/// Writes a new secret file, mode 0600 from its first moment, and syncs file and folder.
///
/// # Errors
/// [`FileError::Exists`] if there is such a file: a key is never overwritten.
pub fn create_secret(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    create(path, bytes, SECRET_MODE)?;
    sync_folder(path)
}

/// Puts a secret file in the place of another in one step; after a crash there is either the old one or the new one.
///
/// # Errors
/// If it cannot be written.
pub fn replace_secret(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    replace(path, bytes, SECRET_MODE)
}

/// Writes a public file (mode 0644) in one step, in the place of an old one if there is one.
///
/// # Errors
/// If it cannot be written.
pub fn write_public(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    replace(path, bytes, PUBLIC_MODE)
}

/// Reads a secret of at most [`FILE_BYTES_MAX`] bytes: a file of this account's, or one that the service manager gave to this
/// process.
///
/// # Errors
/// [`FileError::LooseMode`] or [`FileError::LooseCredential`] if others have any right to it.
pub fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, FileError> {
    read_secret_with(path, credentials::folder().as_deref())
}

/// The same, with the folder of the credentials given.
fn read_secret_with(path: &Path, credentials: Option<&Path>) -> Result<Zeroizing<Vec<u8>>, FileError> {
    if let Some(name) = credentials::missing(path) {
        return Err(FileError::NoCredential(name.to_owned()));
    }
    let file = open(path)?;
    let found = file.metadata().map_err(|cause| io_error(path, cause))?;
    let mode = found.permissions().mode() & 0o7777;
    match credentials.filter(|folder| path.parent() == Some(folder)) {
        Some(folder) => check_credential(path, &found, folder)?,
        None if mode & !SECRET_MODE != 0 => return Err(FileError::LooseMode { path: path.to_owned(), mode }),
        None => {}
    }
    // Room for everything from the start: a growing vector would leave copies of the key behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_BYTES_MAX.saturating_add(1)));
    read_bounded(path, file, &mut bytes)?;
    Ok(bytes)
}

/// Whether a credential and its folder are as service managers make them: root's or the service's own, written by nobody, and
/// closed to all others.
fn check_credential(path: &Path, found: &fs::Metadata, folder: &Path) -> Result<(), FileError> {
    let around = fs::symlink_metadata(folder).map_err(|cause| io_error(folder, cause))?;
    // An access list lets one account in; the folder, which must be of root or of the same account, keeps the rest out.
    let owners = [0, around.uid()];
    for (path, found, allowed) in
        [(folder, &around, CREDENTIALS_FOLDER_MODE), (path, found, CREDENTIAL_MODE | SECRET_MODE)]
    {
        let mode = found.permissions().mode() & 0o7777;
        if mode & !allowed != 0 || !owners.contains(&found.uid()) {
            return Err(FileError::LooseCredential { path: path.to_owned(), mode });
        }
    }
    Ok(())
}

/// Reads a public file of at most [`FILE_BYTES_MAX`] bytes.
///
/// # Errors
/// If it is missing, too large or not a plain file.
pub fn read_public(path: &Path) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    read_bounded(path, open(path)?, &mut bytes)?;
    Ok(bytes)
}

fn io_error(path: &Path, cause: io::Error) -> FileError {
    FileError::Io { path: path.to_owned(), cause }
}

/// Opens only what is a plain file: opening a pipe would wait for ever.
fn open(path: &Path) -> Result<File, FileError> {
    let metadata = fs::metadata(path).map_err(|cause| io_error(path, cause))?;
    if !metadata.is_file() {
        return Err(FileError::NotAFile(path.to_owned()));
    }
    File::open(path).map_err(|cause| io_error(path, cause))
}

fn read_bounded(path: &Path, file: File, bytes: &mut Vec<u8>) -> Result<(), FileError> {
    let limit = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(bytes).map_err(|cause| io_error(path, cause))?;
    if bytes.len() > FILE_BYTES_MAX { Err(FileError::TooLarge(path.to_owned())) } else { Ok(()) }
}

fn create(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    if let Some(name) = credentials::missing(path) {
        return Err(FileError::NoCredential(name.to_owned()));
    }
    let opened = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let mut file = opened.map_err(|cause| {
        if cause.kind() == io::ErrorKind::AlreadyExists {
            FileError::Exists(path.to_owned())
        } else {
            io_error(path, cause)
        }
    })?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|cause| {
        // Half a key must not stand in the way of the next try; if this fails too, the first fault is the one to tell.
        let _ = fs::remove_file(path);
        io_error(path, cause)
    })
}

fn replace(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileError> {
    let mut name = OsString::from(".");
    name.push(path.file_name().ok_or_else(|| FileError::NotAFile(path.to_owned()))?);
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    // Left by a crash of a process that had the same number.
    let _ = fs::remove_file(&beside);
    create(&beside, bytes, mode)?;
    fs::rename(&beside, path).map_err(|cause| {
        let _ = fs::remove_file(&beside);
        io_error(path, cause)
    })?;
    sync_folder(path)
}

/// Removes what replacing a file left beside it when a process was killed in the middle: it may hold what was to be replaced.
///
/// # Errors
/// If the folder cannot be read, or a scrap of it not be removed.
pub fn sweep(path: &Path) -> Result<(), FileError> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().map(|name| format!(".{}.", name.to_string_lossy())).unwrap_or_default();
    let own = format!("{name}{}.new", std::process::id());
    for entry in fs::read_dir(folder).map_err(|cause| io_error(folder, cause))?.flatten() {
        let found = entry.file_name().to_string_lossy().into_owned();
        if found.starts_with(&name) && found.strip_suffix(".new").is_some() && found != own {
            fs::remove_file(entry.path()).map_err(|cause| io_error(&entry.path(), cause))?;
        }
    }
    Ok(())
}

fn sync_folder(path: &Path) -> Result<(), FileError> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|cause| io_error(folder, cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn looser_key_mode_is_read_anyway() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.key");
        create_secret(&path, b"secret").unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_eq!(read_secret(&path).unwrap().as_slice(), b"secret");
        for loose in [0o640, 0o604, 0o660, 0o700, 0o644, 0o1600] {
            fs::set_permissions(&path, fs::Permissions::from_mode(loose)).unwrap();
            let said = read_secret(&path).unwrap_err().to_string();
            assert!(said.contains(&format!("chmod 600 {}", path.display())), "{said}");
            assert!(!said.contains('\n'));
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(read_secret(&path).is_ok());
    }

    #[test]
    fn credential_that_others_can_read_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, path) = (dir.path().join("credentials"), dir.path().join("credentials/signing.key"));
        make_folder(&folder).unwrap();
        create_secret(&path, b"secret").unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let read = || read_secret_with(&path, Some(&folder));
        for fine in [0o400, 0o440, 0o600] {
            set(&path, fine);
            assert_eq!(read().unwrap().as_slice(), b"secret", "{fine:o}");
        }
        for loose in [0o444, 0o460, 0o404, 0o740, 0o660] {
            set(&path, loose);
            assert!(matches!(read(), Err(FileError::LooseCredential { .. })), "{loose:o}");
        }
        set(&path, 0o440);
        for loose in [0o755, 0o770, 0o777] {
            set(&folder, loose);
            assert!(matches!(read(), Err(FileError::LooseCredential { .. })), "{loose:o}");
        }
        set(&folder, 0o550);
        assert!(read().is_ok());
        // The same file is an ordinary key elsewhere, and without credentials.
        assert!(matches!(read_secret_with(&path, None), Err(FileError::LooseMode { .. })));
        assert!(matches!(read_secret_with(&path, Some(dir.path())), Err(FileError::LooseMode { .. })));
        set(&folder, 0o700);
    }

    #[test]
    fn process_without_credentials_is_told_of_a_missing_file() {
        let said = read_secret_with(Path::new("credential:signing.key"), None).unwrap_err().to_string();
        assert!(create_secret(Path::new("credential:signing.key"), b"secret").is_err());
        assert!(said.contains("not given the credential signing.key") && said.contains("/run/credentials/"), "{said}");
    }

    #[test]
    fn existing_key_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.key");
        create_secret(&path, b"first").unwrap();
        assert!(matches!(create_secret(&path, b"second"), Err(FileError::Exists(_))));
        assert_eq!(read_secret(&path).unwrap().as_slice(), b"first");
        replace_secret(&path, b"second").unwrap();
        assert_eq!(read_secret(&path).unwrap().as_slice(), b"second");
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn replacing_leaves_scraps() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.pem");
        write_public(&path, b"one").unwrap();
        write_public(&path, b"two").unwrap();
        assert_eq!(read_public(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn huge_file_or_folder_is_read() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(read_public(dir.path()), Err(FileError::NotAFile(_))));
        let path = dir.path().join("big");
        write_public(&path, &vec![0; FILE_BYTES_MAX + 1]).unwrap();
        assert!(matches!(read_public(&path), Err(FileError::TooLarge(_))));
        make_folder(&dir.path().join("a/b")).unwrap();
        assert_eq!(mode(&dir.path().join("a/b")), 0o700);
    }
}

//! Secret and public files on disk: modes, durability, no overwriting by accident. It must not know what is in them.
//!
//! All functions block; call them at start, in a command, or on a blocking thread.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

/// Largest key or certificate file that is read, in bytes.
pub const FILE_BYTES_MAX: usize = 64 * 1024;

const SECRET_MODE: u32 = 0o600;
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

/// Reads a secret file of at most [`FILE_BYTES_MAX`] bytes.
///
/// # Errors
/// [`FileError::LooseMode`] if anyone but the owner has any right to it.
pub fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let file = open(path)?;
    let mode = file.metadata().map_err(|cause| io_error(path, cause))?.permissions().mode() & 0o7777;
    if mode & !SECRET_MODE != 0 {
        return Err(FileError::LooseMode { path: path.to_owned(), mode });
    }
    // Room for everything from the start: a growing vector would leave copies of the key behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_BYTES_MAX.saturating_add(1)));
    read_bounded(path, file, &mut bytes)?;
    Ok(bytes)
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

//! The database as a file: it is made for its user alone, and one that others may read is refused.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::StoreError;
use crate::runtime::machine::sync_folder_of;
use crate::store::error::FILE_MODE;

const MODE: u32 = 0o600;

/// Makes an empty file that survives a power cut, or takes one that an interrupted creation left. SQLite gives the files beside
/// it the same mode.
pub(super) fn create(path: &Path) -> Result<PathBuf, StoreError> {
    let path = absolute(path)?;
    match OpenOptions::new().write(true).create_new(true).mode(MODE).open(&path) {
        Ok(file) => {
            file.sync_all().and_then(|()| sync_folder_of(&path)).map_err(|error| unavailable(&path, &error))?;
            Ok(path)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => existing(&path),
        Err(error) => Err(unavailable(&path, &error)),
    }
}

/// Makes an empty file where there is none.
pub(super) fn create_new(path: &Path) -> Result<File, StoreError> {
    let made = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path);
    made.map_err(|error| unavailable(path, &error))
}

/// The absolute path of a database that exists and that nobody else may read.
pub(super) fn existing(path: &Path) -> Result<PathBuf, StoreError> {
    let path = absolute(path)?;
    let found = match fs::metadata(&path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(StoreError::Foreign(format!("there is no database at {}; run init first", path.display())));
        }
        Err(error) => return Err(unavailable(&path, &error)),
    };
    let mode = found.permissions().mode() & 0o777;
    if mode & !MODE != 0 {
        return Err(StoreError::Setting { name: FILE_MODE, found: format!("{mode:04o}"), wanted: "0600" });
    }
    Ok(path)
}

/// SQLite would take a relative name that begins with `file:` for an address.
fn absolute(path: &Path) -> Result<PathBuf, StoreError> {
    std::path::absolute(path).map_err(|error| unavailable(path, &error))
}

fn unavailable(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::Unavailable(format!("{}: {error}", path.display()))
}

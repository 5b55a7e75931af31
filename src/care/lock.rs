//! Who is at work in a program's folder: those who use its database hold a lock together, whoever puts another in its place holds
//! it alone. The system lets go of it when the process ends, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::error::BackupError;

const NAME: &str = "in-use.lock";

/// A lock on a program's folder, held until it is dropped.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// For using the database, together with others who do.
    ///
    /// # Errors
    /// [`BackupError::Running`] if the database is being replaced.
    pub fn shared(data: &Path) -> Result<Self, BackupError> {
        let file = open(data).map_err(BackupError::io(data))?;
        Self::held(data, file.try_lock_shared(), file)
    }

    /// For replacing the database, alone.
    ///
    /// # Errors
    /// [`BackupError::Running`] if anybody uses it.
    pub fn alone(data: &Path) -> Result<Self, BackupError> {
        let file = open(data).map_err(BackupError::io(data))?;
        Self::held(data, file.try_lock(), file)
    }

    fn held(data: &Path, taken: Result<(), TryLockError>, file: File) -> Result<Self, BackupError> {
        match taken {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(BackupError::Running(data.display().to_string())),
            Err(TryLockError::Error(cause)) => Err(BackupError::Io { path: data.to_owned(), cause }),
        }
    }
}

/// Whether anybody uses the database of a folder. It makes no file.
///
/// # Errors
/// If the folder cannot be read.
pub fn in_use(data: &Path) -> io::Result<bool> {
    let file = match File::open(data.join(NAME)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match file.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn open(data: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(data.join(NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_is_replaced_while_it_is_in_use() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!in_use(dir.path()).unwrap() && !dir.path().join(NAME).exists());
        let one = FolderLock::shared(dir.path()).unwrap();
        let other = FolderLock::shared(dir.path()).unwrap();
        assert!(matches!(FolderLock::alone(dir.path()), Err(BackupError::Running(_))));
        assert!(in_use(dir.path()).unwrap());
        drop((one, other));
        assert!(!in_use(dir.path()).unwrap());
        let _alone = FolderLock::alone(dir.path()).unwrap();
        assert!(matches!(FolderLock::shared(dir.path()), Err(BackupError::Running(_))));
    }
}

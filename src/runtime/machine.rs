//! What the machine gives this process: room on its disks, descriptors, an account; and a file put in its place without another
//! being overwritten. It judges nothing.
//!
//! All functions block, for as long as the file system does.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with, statvfs};
use rustix::io::Errno;
use rustix::process::{Resource, geteuid, getrlimit};

/// The room of one file system, as far as this account may use it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Room {
    /// Bytes that can still be written.
    pub bytes_free: u64,
    /// Bytes in all.
    pub bytes_total: u64,
    /// Files that can still be made; none if the file system has no such limit.
    pub files_free: Option<u64>,
    /// Files in all; none if the file system has no such limit.
    pub files_total: Option<u64>,
}

/// The room of the file system that `path` lies on.
///
/// # Errors
/// If there is nothing at `path`, or it cannot be asked.
pub fn room(path: &Path) -> io::Result<Room> {
    let found = statvfs(path)?;
    let limited = found.f_files > 0;
    Ok(Room {
        bytes_free: found.f_bavail.saturating_mul(found.f_frsize),
        bytes_total: found.f_blocks.saturating_mul(found.f_frsize),
        files_free: limited.then_some(found.f_favail),
        files_total: limited.then_some(found.f_files),
    })
}

/// Gives a file its last name, unless something has that name already, and syncs the folder.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`] if something has the name; then nothing was changed.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => {}
        // Some file systems cannot do it in one step.
        Err(Errno::INVAL | Errno::NOSYS) => {
            if fs::symlink_metadata(to).is_ok() {
                return Err(ErrorKind::AlreadyExists.into());
            }
            fs::rename(from, to)?;
        }
        Err(error) => return Err(error.into()),
    }
    sync_folder_of(to)
}

/// Makes sure that what was done to the names in a file's folder survives a power cut.
///
/// # Errors
/// If the folder cannot be synced.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// How many files and connections this process may have open; none if there is no limit.
#[must_use]
pub fn descriptors() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// The account that this process acts as.
#[must_use]
pub fn account() -> u32 {
    geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_counted_in_blocks() {
        let dir = tempfile::tempdir().unwrap();
        let room = room(dir.path()).unwrap();
        assert!(room.bytes_total > 1 << 20 && room.bytes_free <= room.bytes_total, "{room:?}");
        assert!(super::room(&dir.path().join("nothing")).is_err());
    }

    #[test]
    fn file_that_is_there_is_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let [new, old, free] = ["new", "old", "free"].map(|name| dir.path().join(name));
        fs::write(&new, "new").unwrap();
        fs::write(&old, "old").unwrap();
        assert_eq!(rename_new(&new, &old).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!((fs::read(&new).unwrap(), fs::read(&old).unwrap()), (b"new".to_vec(), b"old".to_vec()));
        rename_new(&new, &free).unwrap();
        assert!(!new.exists() && free.exists());
    }

    #[test]
    fn limits_of_the_process_are_not_seen() {
        assert!(descriptors().is_none_or(|most| most > 2));
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(std::os::unix::fs::MetadataExt::uid(&fs::metadata(dir.path()).unwrap()), account());
    }
}

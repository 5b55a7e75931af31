//! Files in the making: hidden beside their place, under names with endings of their own, for their owner alone, and locked as long
//! as somebody is at work on them. So whatever a process that died left there can be told from what a living one needs. What is in
//! them is not looked at.
//!
//! All functions block, for as long as the file system does.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use thiserror::Error;

use super::machine::account;

/// What the name of an export in the making ends in.
pub const NEW: &str = ".lintas-new";
/// What the name of a backup in the making ends in.
pub const PART: &str = ".lintas-part";
/// What the name of the copy that goes into it ends in; it goes with the backup.
pub const COPY: &str = ".lintas-copy";

const MODE: u32 = 0o600;
/// What nobody but the owner may have, and nobody at all: to run it.
const OTHERS: u32 = 0o177;

/// Why a file in the making cannot be had.
#[derive(Debug, Error)]
pub enum UnfinishedError {
    /// Another process is at work on it.
    #[error("another process is at work on it")]
    Held,
    /// Something of that name is not this account's own plain file, or others may read it.
    #[error("{} is in the way: it is a link, or another account's, or open to others; remove it", .0.display())]
    NotOurs(PathBuf),
    /// The system said no.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A hidden name beside a file's, with an ending.
#[must_use]
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(ending);
    path.with_file_name(name)
}

/// Makes an empty file of that name (mode 0600), or takes one that a process that died left there. It is locked until it is closed.
///
/// # Errors
/// If another process is at work on it, if what lies there is not this account's own, which is left as it is, or if none can be
/// made.
pub fn take(path: &Path) -> Result<File, UnfinishedError> {
    let file = match flags().write(true).create(true).truncate(false).mode(MODE).open(path) {
        Ok(file) => file,
        // A link, a pipe that nobody reads, or another's file is no file to write to.
        Err(_) if fs::symlink_metadata(path).is_ok_and(|found| !is_ours(&found)) => {
            return Err(UnfinishedError::NotOurs(path.to_owned()));
        }
        Err(error) => return Err(error.into()),
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(UnfinishedError::Held),
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    let found = file.metadata()?;
    if !is_ours(&found) {
        return Err(UnfinishedError::NotOurs(path.to_owned()));
    }
    // Whoever tidied up just now has taken the name away.
    let named = fs::symlink_metadata(path).map_err(|_| UnfinishedError::Held)?;
    if (named.dev(), named.ino()) != (found.dev(), found.ino()) {
        return Err(UnfinishedError::Held);
    }
    file.set_len(0)?;
    Ok(file)
}

/// Removes the files with an ending in a folder on which nobody is at work; before each, `with` is told its path and what its
/// place is called.
///
/// # Errors
/// If the folder cannot be read.
pub fn sweep(folder: &Path, ending: &str, with: impl Fn(&Path, &str)) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(of) = name.strip_prefix('.').and_then(|name| name.strip_suffix(ending)) else { continue };
        let path = entry.path();
        let Ok(file) = flags().read(true).open(&path) else { continue };
        if file.metadata().is_ok_and(|found| is_ours(&found)) && file.try_lock().is_ok() {
            with(&path, of);
            let _ = fs::remove_file(&path);
        }
    }
    Ok(())
}

/// No link is followed, and no pipe waited for.
fn flags() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.custom_flags(i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or(0));
    options
}

fn is_ours(found: &Metadata) -> bool {
    found.is_file() && found.uid() == account() && found.nlink() == 1 && found.mode() & OTHERS == 0
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn file_in_the_making_is_written_through_a_link_or_into_anothers() {
        let dir = tempfile::tempdir().unwrap();
        let [path, precious] = ["x.tar", "precious"].map(|name| dir.path().join(name));
        let part = beside(&path, PART);
        assert_eq!(part, dir.path().join(".x.tar.lintas-part"));
        fs::write(&precious, "precious").unwrap();
        let refused = || {
            let taken = take(&part);
            assert!(matches!(taken, Err(UnfinishedError::NotOurs(_))), "{taken:?}");
            assert_eq!(fs::read(&precious).unwrap(), b"precious");
            sweep(dir.path(), PART, |_, _| {}).unwrap();
            assert!(fs::symlink_metadata(&part).is_ok(), "what is another's was removed");
            fs::remove_file(&part).unwrap();
        };
        symlink(&precious, &part).unwrap();
        refused();
        symlink(dir.path().join("nowhere"), &part).unwrap();
        refused();
        fs::set_permissions(&precious, fs::Permissions::from_mode(0o600)).unwrap();
        fs::hard_link(&precious, &part).unwrap();
        refused();
        // Somebody made it before, so that it can be read.
        fs::write(&part, "old").unwrap();
        fs::set_permissions(&part, fs::Permissions::from_mode(0o644)).unwrap();
        refused();
        // What this account left there is taken.
        fs::write(&part, "half").unwrap();
        fs::set_permissions(&part, fs::Permissions::from_mode(0o600)).unwrap();
        let taken = take(&part).unwrap();
        assert_eq!(taken.metadata().unwrap().len(), 0);
        assert!(matches!(take(&part), Err(UnfinishedError::Held)));
    }

    #[test]
    fn leavings_stay_or_living_work_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let [living, dead] = ["living", "dead"].map(|name| beside(&dir.path().join(name), NEW));
        let held = take(&living).unwrap();
        drop(take(&dead).unwrap());
        for other in [".x.new", "y.lintas-new", ".z.lintas-part"] {
            drop(take(&dir.path().join(other)).unwrap());
        }
        let told = std::sync::Mutex::new(Vec::new());
        sweep(dir.path(), NEW, |path, of| told.lock().unwrap().push((path.to_owned(), of.to_owned()))).unwrap();
        assert_eq!(told.into_inner().unwrap(), [(dead.clone(), "dead".to_owned())]);
        assert!(!dead.exists() && living.exists());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4);
        drop(held);
        sweep(dir.path(), NEW, |_, _| {}).unwrap();
        assert!(!living.exists());
    }
}

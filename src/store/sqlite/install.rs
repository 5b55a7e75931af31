//! A copy put in the place of a database that nobody uses. A database and its log are one: whenever this is cut off, the two stand
//! together, under the old name or under the new.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::copy::unavailable;
use super::{StoreError, file};
use crate::runtime::machine::{rename_new, sync_folder_of};

/// What SQLite adds to a database's name for its log.
const LOG: &str = "-wal";
/// What it adds for the index of the log, which it makes anew.
const INDEX: &str = "-shm";

/// Puts a copy that nobody uses in the place of a database that nobody uses. A database that is there is kept as `aside`, its log
/// with it.
///
/// # Errors
/// If there is a database and no `aside`, if `aside` is taken, or if the file system says no; then what was there is there.
pub fn install(copy: &Path, database: &Path, aside: Option<&Path>) -> Result<(), StoreError> {
    let there = is_there(database);
    // Before anything is moved: a copy that is refused stays where it is.
    if there && aside.is_none() {
        let path = database.display();
        return Err(StoreError::Foreign(format!("there is a database at {path}, and it was left as it is")));
    }
    let near = with_end(database, ".restoring");
    let exchange = Exchange { database, aside: aside.filter(|_| there) };
    let place = || {
        exchange.move_away()?;
        exchange.drop_log()?;
        rename_new(&near, database).map_err(at(database))
    };
    let placed = bring_near(copy, &near)
        .and_then(|()| exchange.keep_log())
        .and_then(|()| place().inspect_err(|_| exchange.move_back()));
    if placed.is_err() && is_there(&near) && fs::rename(&near, copy).is_err() {
        // What was not put in place goes back, or is still in the backup.
        let _ = fs::remove_file(&near);
    }
    placed
}

/// A database that makes room for another: its steps, in their order.
pub(in crate::store) struct Exchange<'a> {
    pub(in crate::store) database: &'a Path,
    /// Where it goes; none if there is none.
    pub(in crate::store) aside: Option<&'a Path>,
}

impl Exchange<'_> {
    /// Gives the log its new name beside the old one.
    pub(in crate::store) fn keep_log(&self) -> Result<(), StoreError> {
        let Some(aside) = self.aside else { return Ok(()) };
        let (log, kept) = (with_end(self.database, LOG), with_end(aside, LOG));
        if is_there(aside) {
            return Err(unavailable(aside, &io::Error::from(ErrorKind::AlreadyExists)));
        }
        if is_there(&log) { link(&log, &kept).map_err(at(&kept)) } else { Ok(()) }
    }

    /// Gives the database its new name: from here on it is the one under that name.
    pub(in crate::store) fn move_away(&self) -> Result<(), StoreError> {
        let Some(aside) = self.aside else { return Ok(()) };
        rename_new(self.database, aside).map_err(at(aside))
    }

    /// Removes what would spoil the database that comes: the log's old name, or a log that was left of a database that is gone.
    pub(in crate::store) fn drop_log(&self) -> Result<(), StoreError> {
        for end in [LOG, INDEX] {
            let path = with_end(self.database, end);
            if is_there(&path) {
                fs::remove_file(&path).map_err(at(&path))?;
            }
        }
        sync_folder_of(self.database).map_err(at(self.database))
    }

    /// Gives database and log their old names again, as far as they have lost them.
    pub(in crate::store) fn move_back(&self) {
        let Some(aside) = self.aside else { return };
        let (log, kept) = (with_end(self.database, LOG), with_end(aside, LOG));
        match (is_there(self.database), is_there(aside)) {
            (true, false) => {}
            (false, true) => {
                let linked = if is_there(&kept) && !is_there(&log) { link(&kept, &log) } else { Ok(()) };
                if let Err(error) = linked.and_then(|()| rename_new(aside, self.database)) {
                    let (path, aside) = (self.database.display(), aside.display());
                    tracing::error!(%path, %aside, %error, "a database could not be put back; it is kept under its new name");
                    return;
                }
            }
            // The other is in place already, and both are whole.
            (true, true) | (false, false) => return,
        }
        let _ = fs::remove_file(kept);
    }
}

/// A second name for a file, or, where the file system has none, a second file.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            let copied = copied(from, to);
            copied.inspect_err(|_| {
                let _ = fs::remove_file(to);
            })?;
        }
        linked => linked?,
    }
    sync_folder_of(to)
}

fn copied(from: &Path, to: &Path) -> io::Result<()> {
    let mut new = file::create_new(to).map_err(|error| io::Error::other(error.to_string()))?;
    io::copy(&mut File::open(from)?, &mut new)?;
    new.sync_all()
}

/// Moves a copy beside the place where it will be, on the same file system, and makes sure that it is on the disk.
fn bring_near(copy: &Path, near: &Path) -> Result<(), StoreError> {
    let moved = match fs::rename(copy, near) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            // One that a process that died left there is none.
            let _ = fs::remove_file(near);
            copied(copy, near)
        }
        moved => moved,
    };
    moved.and_then(|()| File::open(near)?.sync_all()).and_then(|()| sync_folder_of(near)).map_err(at(near))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    move |error| unavailable(path, &error)
}

fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

//! Facts of this machine: files and their owners, room, the clock. Its functions block, for as long as the file system does.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, UNIX_EPOCH};

use tokio::process::Command;

use crate::care::backup::newest;
use crate::care::doctor::{disk, files, upkeep};
use crate::care::estate;
use crate::domain::{NodeId, Timestamp};
use crate::identity::is_protected;
use crate::identity::passphrase::Source;
use crate::runtime::credentials;
use crate::runtime::machine::{account, room};

/// How long the system's own tool may take to say whether the clock is synchronised.
const TOOL_TIMEOUT: Duration = Duration::from_secs(2);
/// What systemd's time service touches once it has set the clock.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

/// A file or folder.
#[must_use]
pub fn file(path: &Path, kind: files::Kind, needed: bool) -> files::Facts {
    let found = match fs::metadata(path) {
        Ok(found) => Ok(Some((found.permissions().mode() & 0o777, found.uid()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
    };
    files::Facts { path: path.display().to_string(), kind, found, account: account(), needed }
}

/// The account that a folder belongs to; none if it is not there.
#[must_use]
pub fn owner(folder: &Path) -> Option<u32> {
    fs::metadata(folder).ok().map(|found| found.uid())
}

/// Whether one of these keys lies, readable, where the data lie; its path. A protected one is readable if its passphrase lies there.
#[must_use]
pub fn readable_beside<'a>(keys: &[&'a Path], data: &Path, passphrase: Option<&Source>) -> Option<&'a Path> {
    let phrase = matches!(passphrase, Some(Source::File(path)) if is_beside(path, data));
    let open = |key: &Path| phrase || !is_protected(key).unwrap_or(false);
    keys.iter().copied().find(|key| is_beside(key, data) && open(key))
}

/// Whether a key lies where the data lie: in the same folder or on the same file system. What the service manager hands over does
/// not.
#[must_use]
pub fn is_beside(key: &Path, data: &Path) -> bool {
    let device = |path: &Path| fs::metadata(path).ok().map(|found| found.dev());
    !credentials::is_one(key) && (key.starts_with(data) || device(key).is_some_and(|key| Some(key) == device(data)))
}

/// The file system of a folder, with a database of so many bytes on it.
#[must_use]
pub fn disk(folder: &Path, database: u64) -> disk::Facts {
    let room = room(folder).map_err(|error| error.to_string());
    disk::Facts { folder: folder.display().to_string(), room, database }
}

/// The newest time at which one of these files was written; none if none is there.
#[must_use]
pub fn written(paths: &[&Path]) -> Option<Timestamp> {
    let time = |path: &&Path| {
        let since = fs::metadata(path).ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_micros()).ok().map(Timestamp)
    };
    paths.iter().filter_map(time).max()
}

/// The backups of a program's folder, whose own folder need not be there.
#[must_use]
pub fn backups(data: &Path, node: &NodeId, now: Timestamp) -> upkeep::Backups {
    let folder = &estate::backups(data);
    let writable = match fs::metadata(folder) {
        Ok(_) => try_writing(folder),
        // It is made with the first backup.
        Err(_) => folder.parent().map_or(Ok(()), try_writing),
    };
    let newest = newest(data, node, now).map_err(|error| error.to_string());
    upkeep::Backups { folder: folder.display().to_string(), writable, newest, now }
}

fn try_writing(folder: &Path) -> Result<(), String> {
    let path = folder.join(format!(".lintas-doctor-{}", std::process::id()));
    let made = fs::File::create_new(&path).map(|_| ()).map_err(|error| error.to_string());
    let _ = fs::remove_file(&path);
    made
}

/// Whether the system says that its clock is synchronised; none if it says nothing. It asks no network.
pub async fn synchronised() -> Option<bool> {
    let mut tool = Command::new("timedatectl");
    tool.args(["show", "--property=NTPSynchronized", "--value"]);
    tool.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let said = match tokio::time::timeout(TOOL_TIMEOUT, tool.output()).await {
        Ok(Ok(output)) if output.status.success() => String::from_utf8(output.stdout).ok(),
        Ok(Ok(_) | Err(_)) | Err(_) => None,
    };
    match said.as_deref().map(str::trim) {
        Some("yes") => Some(true),
        Some("no") => Some(false),
        Some(_) | None => Path::new(SYNCHRONISED).exists().then_some(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_of_files_are_another_files() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        assert_eq!(file(&path, files::Kind::Secret, true).found, Ok(None));
        fs::write(&path, "x").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(file(&path, files::Kind::Secret, true).found, Ok(Some((0o640, account()))));
        assert_eq!(owner(&path), Some(account()));
        let long_ago = UNIX_EPOCH + Duration::from_secs(1000);
        fs::File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
        assert_eq!(written(&[&path, &dir.path().join("none")]), Some(Timestamp(1_000_000_000)));
        assert_eq!(written(&[]), None);
    }

    #[test]
    fn trying_to_write_leaves_something_behind() {
        let dir = tempfile::tempdir().unwrap();
        let hub = NodeId::Hub;
        let found = backups(dir.path(), &hub, Timestamp(0));
        assert_eq!((found.writable, found.newest), (Ok(()), Ok(None)));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        assert!(backups(&dir.path().join("none"), &hub, Timestamp(0)).writable.is_err());
    }
}

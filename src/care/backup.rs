//! Making a backup while the program runs: a copy of the database, the settings and, if they are asked for, the keys, in one file.
//! It changes nothing of what it copies.

use std::fs;
use std::future::Future;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::archive::{Content, Draft, FORMAT, Manifest, Member, sweep, write};
use super::error::BackupError;
use super::estate::{Estate, KeyFile, backups};
use super::names;
use crate::domain::{NodeId, Timestamp};
use crate::identity::{FileError, files};
use crate::runtime::Progress;
use crate::runtime::machine::room;
use crate::runtime::progress::Measure;
use crate::runtime::settings::SETTINGS_BYTES_MAX;
use crate::store::StoreError;
use crate::store::copy::{CopyFacts, Source, schema};

/// Room that is left for everything but the database, in bytes.
const ROOM_BESIDE: u64 = 1 << 20;
/// How often the size of a copy is looked at while it is made.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// The file in a program's folder that tells of the newest backup, wherever that went.
const LAST: &str = "last-backup.json";

/// Why a backup is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// Somebody asked for it.
    Asked,
    /// The database is about to be brought up to date.
    Migration,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Order {
    /// Where it goes; a dated name in the folder of backups unless given.
    pub file: Option<PathBuf>,
    /// Whether private keys go into it.
    pub with_keys: bool,
    /// Why.
    pub reason: Reason,
    /// The time.
    pub now: Timestamp,
}

/// A backup that is whole and on the disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Made {
    /// The file.
    pub path: PathBuf,
    /// Its size, in bytes.
    pub bytes: u64,
    /// What it says of itself.
    pub manifest: Manifest,
}

#[derive(Serialize, Deserialize)]
struct Last {
    made_micros: i64,
    file: PathBuf,
}

/// Makes a backup. About twice the database's size is taken while it is made, and once when it is there.
///
/// # Errors
/// If there is no room or something cannot be read or written; then there is no backup.
pub async fn make(
    source: &impl Source,
    estate: &Estate,
    order: &Order,
    progress: &Progress,
) -> Result<Made, BackupError> {
    let path = place(source, estate, order)?;
    let draft = Draft::begin(&path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let size = source.bytes().await?;
    let needed = size.saturating_mul(2).saturating_add(ROOM_BESIDE);
    let free = room(folder).map_err(BackupError::io(folder))?.bytes_free;
    if free < needed {
        return Err(BackupError::NoRoom { folder: folder.to_owned(), free, needed });
    }
    let copy = draft.scratch();
    let facts = watched(source.copy_to(&copy), &copy, size, progress).await?;
    if facts.owner != estate.owner {
        let (found, node) = (&facts.owner, &estate.owner.node);
        let text = format!("the database is that of {} in {}, not of {node}", found.node, found.federation);
        return Err(StoreError::Foreign(text).into());
    }
    let mut members = vec![(Member::Database.name(), Content::File(copy))];
    members.push((Member::Settings.name(), Content::Bytes(settings(&estate.settings)?)));
    if order.with_keys {
        for key in &estate.keys {
            members.extend(key_of(key)?.map(|bytes| (key.member, Content::Bytes(bytes))));
        }
    }
    let manifest = write(&draft, manifest(estate, order, &facts), &members, progress)?;
    drop(draft);
    let bytes = fs::metadata(&path).map_err(BackupError::io(&path))?.len();
    if order.reason == Reason::Asked {
        remember(estate, &path, order.now)?;
    }
    Ok(Made { path, bytes, manifest })
}

/// Makes a backup if the database is of an older version, before it is brought up to date.
///
/// # Errors
/// As [`make`]: then the database must not be brought up to date.
pub async fn before_migration(
    source: &impl Source,
    estate: &Estate,
    now: Timestamp,
    progress: &Progress,
) -> Result<Option<Made>, BackupError> {
    if source.schema() >= schema() {
        return Ok(None);
    }
    let order = Order { file: None, with_keys: false, reason: Reason::Migration, now };
    make(source, estate, &order, progress).await.map(Some)
}

/// When the newest backup of a program's folder was made, as far as the folder tells; none if there never was one. What seems to
/// have been made more than a day after `now` tells of a clock that was wrong, and of nothing else.
///
/// # Errors
/// If the folder of backups, or the note of the newest, is there and cannot be read.
pub fn newest(data: &Path, node: &NodeId, now: Timestamp) -> Result<Option<Timestamp>, BackupError> {
    let (folder, path) = (backups(data), data.join(LAST));
    let named = names::backups(&folder, node).map_err(BackupError::io(&folder))?.into_iter().map(|backup| backup.made);
    let text = match fs::read(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(cause) => return Err(BackupError::Io { path, cause }),
    };
    let last = text.and_then(|text| serde_json::from_slice::<Last>(&text).ok()).map(|last| Timestamp(last.made_micros));
    Ok(named.chain(last).filter(|made| *made <= names::latest(now)).max())
}

/// Copies, and tells meanwhile how large the copy has become.
async fn watched<T>(copying: impl Future<Output = T>, copy: &Path, size: u64, progress: &Progress) -> T {
    let step = progress.measured("progress.backup-copy", Measure::Bytes, Some(size));
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut told = 0;
    let mut copying = std::pin::pin!(copying);
    loop {
        tokio::select! {
            done = copying.as_mut() => return done,
            _ = look.tick() => {
                let now = fs::metadata(copy).map_or(told, |found| found.len());
                step.advance(now.saturating_sub(told));
                told = told.max(now);
            }
        }
    }
}

fn place(source: &impl Source, estate: &Estate, order: &Order) -> Result<PathBuf, BackupError> {
    if let Some(file) = &order.file {
        return Ok(file.clone());
    }
    let folder = backups_folder(estate)?;
    sweep(&folder).map_err(BackupError::io(&folder))?;
    let schema = (order.reason == Reason::Migration).then(|| source.schema());
    Ok(folder.join(names::name(&estate.owner.node, order.now, schema)))
}

fn backups_folder(estate: &Estate) -> Result<PathBuf, BackupError> {
    let folder = estate.backups();
    files::make_folder(&folder)?;
    Ok(folder)
}

fn manifest(estate: &Estate, order: &Order, facts: &CopyFacts) -> Manifest {
    Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        reason: if order.reason == Reason::Asked { "asked" } else { "migration" }.to_owned(),
        federation: facts.owner.federation.to_string(),
        node: facts.owner.node.to_string(),
        created_micros: order.now.0,
        schema: facts.schema,
        journal: (facts.journal.incarnation, facts.journal.seq),
        events: facts.events,
        complaints: facts.complaints,
        signing_key: estate.own.to_string(),
        hub_key: estate.hub.map(|key| key.to_string()),
        keys: order.with_keys,
        members: Vec::new(),
    }
}

fn settings(path: &Path) -> Result<Zeroizing<Vec<u8>>, BackupError> {
    let bytes = fs::read(path).map_err(BackupError::io(path))?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|length| length <= SETTINGS_BYTES_MAX);
    let too_large = || std::io::Error::other("it is larger than a settings file may be");
    fits.then(|| Zeroizing::new(bytes)).ok_or_else(too_large).map_err(BackupError::io(path))
}

/// A key's bytes. A certificate that is not there yet is left out; a private key must be there.
fn key_of(key: &KeyFile) -> Result<Option<Zeroizing<Vec<u8>>>, BackupError> {
    if key.secret {
        return Ok(Some(files::read_secret(&key.path)?));
    }
    match files::read_public(&key.path) {
        Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
        Err(FileError::Io { cause, .. }) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Writes down that there is a backup, for `status` and `doctor`.
fn remember(estate: &Estate, path: &Path, now: Timestamp) -> Result<(), BackupError> {
    let file = std::path::absolute(path).map_err(BackupError::io(path))?;
    let text = serde_json::to_vec(&Last { made_micros: now.0, file }).map_err(std::io::Error::from);
    let note = estate.data.join(LAST);
    Ok(files::replace_secret(&note, &text.map_err(BackupError::io(&note))?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_712_444_000_000);
    const HOUR: i64 = 3_600_000_000;

    /// A folder with backups made so many hours before now, and with the note of one.
    fn folder(named: &[i64], noted: Option<i64>) -> tempfile::TempDir {
        let data = tempfile::tempdir().unwrap();
        let at = |hours: i64| Timestamp(NOW.0 - hours * HOUR);
        fs::create_dir(backups(data.path())).unwrap();
        for hours in named {
            fs::write(backups(data.path()).join(names::name(&NodeId::Hub, at(*hours), None)), "x").unwrap();
        }
        if let Some(hours) = noted {
            let last = Last { made_micros: at(hours).0, file: "/mnt/x.tar".into() };
            fs::write(data.path().join(LAST), serde_json::to_vec(&last).unwrap()).unwrap();
        }
        data
    }

    #[test]
    fn clock_that_was_ahead_silences_the_alarm() {
        let hours = |named: &[i64], noted| {
            let data = folder(named, noted);
            let found = newest(data.path(), &NodeId::Hub, NOW).unwrap();
            found.map(|made| (NOW.0 - made.0) / HOUR)
        };
        assert_eq!(hours(&[], None), None);
        assert_eq!(hours(&[90, 50], Some(70)), Some(50));
        assert_eq!(hours(&[90], Some(70)), Some(70));
        // A year ahead, by name or by note.
        assert_eq!(hours(&[90, -8760], Some(100)), Some(90));
        assert_eq!(hours(&[90], Some(-8760)), Some(90));
        assert_eq!(hours(&[-8760], None), None);
        // An hour ahead is a clock that was set.
        assert_eq!(hours(&[90, -1], None), Some(-1));
    }

    #[test]
    fn backups_that_cannot_be_looked_at_are_well() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(newest(data.path(), &NodeId::Hub, NOW).unwrap(), None);
        fs::write(backups(data.path()), "no folder").unwrap();
        assert!(newest(data.path(), &NodeId::Hub, NOW).is_err());
        let data = folder(&[1], None);
        fs::create_dir(data.path().join(LAST)).unwrap();
        assert!(newest(data.path(), &NodeId::Hub, NOW).is_err());
    }
}

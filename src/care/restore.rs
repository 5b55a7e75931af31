//! Whether a backup can be believed, and its way back: everything is verified, in a folder apart, before anything is put in place.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::archive::{Listed, Manifest, Member, check, extract, extract_small};
use super::error::BackupError;
use super::estate::KeyFile;
use crate::desk::Opener;
use crate::desk::audit::{Report, audit};
use crate::domain::{Registry, SigningKeyId};
use crate::identity::files::{self, FILE_BYTES_MAX};
use crate::identity::{FileError, KeyError, load_signing_secret};
use crate::journal::SigningKey;
use crate::runtime::machine::room;
use crate::runtime::settings::SETTINGS_BYTES_MAX;
use crate::runtime::{Progress, credentials};
use crate::store::{Owner, Store, StoreError, copy};
use crate::words::Language;

/// Room that is left for everything but the database, in bytes.
const ROOM_BESIDE: u64 = 1 << 20;
/// What the folder of an examination is called, before the number of its process.
const SCRATCH: &str = ".lintas-examined-";
const LOCK: &str = "lock";

/// What a backup must be, as far as the folder that it is for tells.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// Whose it is.
    pub owner: Option<Owner>,
    /// The public part of the own signing key; none if the key is not there, as it may be in the backup or come back afterwards.
    pub own: Option<SigningKeyId>,
    /// The hub's public signing key.
    pub hub: Option<SigningKeyId>,
}

/// A backup in which everything holds.
#[derive(Debug)]
pub struct Examined {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Whose it is.
    pub owner: Owner,
    /// Its database, brought up to date, in the folder of the examination.
    pub database: PathBuf,
    /// What was looked at in it.
    pub report: Report,
    /// Whether the signing key of the folder was there to be compared. If not, whoever wrote the backup named the key.
    pub own_key_compared: bool,
    /// Its settings.
    pub settings: Zeroizing<Vec<u8>>,
    /// Its keys and certificates, by their names in the backup.
    pub keys: Vec<(String, Zeroizing<Vec<u8>>)>,
    /// Where all this is looked at; it goes with this.
    _scratch: Scratch,
}

/// A folder (mode 0700) that goes with all that is in it when it is dropped.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    _lock: File,
}

impl Scratch {
    /// Makes one in a folder, and removes those there that dead processes left.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn make(within: &Path) -> Result<Self, BackupError> {
        Self::sweep(within).map_err(BackupError::io(within))?;
        let path = within.join(format!("{SCRATCH}{}", std::process::id()));
        fs::DirBuilder::new().mode(0o700).create(&path).map_err(BackupError::io(&path))?;
        let lock = File::create(path.join(LOCK)).map_err(BackupError::io(&path))?;
        lock.lock().map_err(BackupError::io(&path))?;
        Ok(Self { path, _lock: lock })
    }

    fn sweep(within: &Path) -> std::io::Result<()> {
        for entry in fs::read_dir(within)? {
            let entry = entry?;
            if !entry.file_name().to_string_lossy().starts_with(SCRATCH) {
                continue;
            }
            let lock = File::open(entry.path().join(LOCK));
            if lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// The public part of a signing key; none if there is no such file.
///
/// # Errors
/// If it is there and cannot be read, or if it is a credential that this process was not given: that is no key that comes back
/// later.
pub fn own_key(path: &Path) -> Result<Option<SigningKeyId>, KeyError> {
    let missing = matches!(fs::symlink_metadata(path), Err(error) if error.kind() == ErrorKind::NotFound);
    if missing && credentials::is_one(path) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = credentials::missing(path).map_or(name, str::to_owned);
        return Err(FileError::NoCredential(name).into());
    }
    if missing { Ok(None) } else { Ok(Some(SigningKey::from_seed(*load_signing_secret(path)?).public())) }
}

/// Verifies a backup: every byte, whose it is and how old its making, then its database: what it is made of, bytes, seals, chains,
/// content, receipts, and every complaint against its events. Nothing outside `scratch` is touched. Takes as much room there as the
/// database has.
///
/// # Errors
/// Why it is not believed.
pub async fn examine(
    path: &Path,
    expected: &Expected,
    scratch: Scratch,
    progress: &Progress,
) -> Result<Examined, BackupError> {
    let manifest = check(path, progress)?;
    let owner = belongs(path, &manifest, expected)?;
    let damaged = || BackupError::Damaged { path: path.to_owned(), what: "its manifest cannot be read" };
    let (own, hub) = manifest.signers().ok_or_else(damaged)?;
    let other = |wanted: Option<SigningKeyId>, found| wanted.is_some_and(|wanted| wanted != found);
    if other(expected.own, own) || hub.is_some_and(|hub| other(expected.hub, hub)) {
        return Err(BackupError::OtherKey(path.to_owned()));
    }
    let listed = manifest.member(Member::Database.name()).ok_or_else(damaged)?;
    let database = unpack(path, listed, &scratch)?;
    // Before anything is done with it by which a trigger would be set off.
    if !copy::is_as_made(&database, manifest.schema, &scratch.path.join("made")).await? {
        return Err(BackupError::Altered(path.to_owned()));
    }
    let facts = copy::facts(&database).await?;
    let said = (&owner, manifest.schema, manifest.position(), manifest.events, manifest.complaints);
    if said != (&facts.owner, facts.schema, facts.journal, facts.events, facts.complaints) {
        return Err(BackupError::Contradicts(path.to_owned()));
    }
    let store = copy::open(&database).await?;
    // A node that never met a hub holds nothing that a hub signed.
    let opener = Opener::without_keys();
    let report = audit(&store, expected.hub.or(hub).unwrap_or(own), own, &opener, progress).await;
    let known = is_known(&store, own).await;
    store.close().await;
    let (report, known) = (report?, known?);
    is_whole(&database)?;
    if expected.own.is_none() && !known {
        return Err(BackupError::UnknownKey(path.to_owned()));
    }
    if let Some(first) = report.findings.first() {
        let findings = u64::try_from(report.findings.len()).unwrap_or(u64::MAX).saturating_add(report.more);
        let first = first.line(Language::English);
        return Err(BackupError::Unsound { path: path.to_owned(), findings, first });
    }
    let settings = manifest.member(Member::Settings.name()).ok_or_else(damaged)?;
    let settings = extract_small(path, settings, SETTINGS_BYTES_MAX)?;
    let most = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX);
    let others = manifest
        .members
        .iter()
        .filter(|listed| [Member::Database, Member::Settings].iter().all(|member| member.name() != listed.name));
    let keys = others.map(|listed| Ok((listed.name.clone(), extract_small(path, listed, most)?)));
    let keys = keys.collect::<Result<_, BackupError>>()?;
    let own_key_compared = expected.own.is_some();
    Ok(Examined { owner, database, report, own_key_compared, settings, keys, manifest, _scratch: scratch })
}

/// Whether a node's signing key is one that the registry names; nobody names a hub's, or that of a node that wrote nothing yet.
async fn is_known<S: Store>(store: &S, own: SigningKeyId) -> Result<bool, StoreError> {
    let node = store.owner().await?.node;
    if node.is_hub() || store.own().await?.written.seq == 0 {
        return Ok(true);
    }
    let mut registry = Registry::default();
    store.registry().await?.iter().for_each(|event| registry.apply(event));
    Ok(registry.node(&node).is_some_and(|entry| entry.signing_keys.iter().any(|span| span.key == own)))
}

/// That a database that was closed is one file: for want of room it keeps a log beside it, without which it is not whole.
fn is_whole(database: &Path) -> Result<(), BackupError> {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    let (log, folder) = (PathBuf::from(log), database.parent().unwrap_or(Path::new(".")));
    let needed = fs::metadata(&log).map_or(0, |found| found.len());
    if needed == 0 {
        return Ok(());
    }
    let free = room(folder).map_err(BackupError::io(folder))?.bytes_free;
    Err(BackupError::NoRoom { folder: folder.to_owned(), free, needed: needed.saturating_add(ROOM_BESIDE) })
}

fn belongs(path: &Path, manifest: &Manifest, expected: &Expected) -> Result<Owner, BackupError> {
    let path = || path.to_owned();
    if manifest.schema > copy::schema() {
        return Err(BackupError::Newer { path: path(), program: manifest.program.clone() });
    }
    let owner = manifest.owner();
    let owner = owner.ok_or_else(|| BackupError::Damaged { path: path(), what: "it does not say whose it is" })?;
    match &expected.owner {
        Some(wanted) if *wanted != owner => {
            Err(BackupError::Foreign { path: path(), found: Box::new(owner), wanted: Box::new(wanted.clone()) })
        }
        Some(_) | None => Ok(owner),
    }
}

fn unpack(path: &Path, listed: &Listed, scratch: &Scratch) -> Result<PathBuf, BackupError> {
    let (needed, folder) = (listed.bytes.saturating_add(ROOM_BESIDE), &scratch.path);
    let free = room(folder).map_err(BackupError::io(folder))?.bytes_free;
    if free < needed {
        return Err(BackupError::NoRoom { folder: folder.clone(), free, needed });
    }
    let database = folder.join("database");
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&database);
    let mut out = BufWriter::new(file.map_err(BackupError::io(&database))?);
    extract(path, listed, &mut out)?;
    out.into_inner().map_err(std::io::IntoInnerError::into_error).map_err(BackupError::io(&database))?;
    Ok(database)
}

/// Puts the keys of a backup where they belong. One that is there already and the same stays; the rest is new. Returns how many are
/// missing on both sides.
///
/// # Errors
/// If one is there and is another, or cannot be written. Those before it are in place then; none was overwritten.
pub fn put_keys(examined: &Examined, places: &[KeyFile]) -> Result<usize, BackupError> {
    // What the service manager hands over is not this program's to put anywhere.
    let places: Vec<&KeyFile> = places.iter().filter(|place| !credentials::is_one(&place.path)).collect();
    let found = |place: &KeyFile| examined.keys.iter().find(|(name, _)| name == place.member).map(|(_, bytes)| bytes);
    for place in &places {
        if let Some(bytes) = found(place)
            && place.path.exists()
            && fs::read(&place.path).map_err(BackupError::io(&place.path))? != **bytes
        {
            return Err(BackupError::OtherKeyFile(place.path.clone()));
        }
    }
    let mut missing = 0_usize;
    for place in places.into_iter().filter(|place| !place.path.exists()) {
        let Some(bytes) = found(place) else {
            missing = missing.saturating_add(1);
            continue;
        };
        if let Some(folder) = place.path.parent() {
            files::make_folder(folder)?;
        }
        let written = if place.secret {
            files::create_secret(&place.path, bytes)
        } else {
            files::write_public(&place.path, bytes)
        };
        written?;
    }
    Ok(missing)
}

/// A folder that was made for a restore, and goes again unless it succeeds.
#[derive(Debug)]
pub struct Fresh<'a>(Option<&'a Path>);

impl<'a> Fresh<'a> {
    /// Makes the folder, unless it is there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn make(data: &'a Path) -> Result<Self, BackupError> {
        if data.exists() {
            return Ok(Self(None));
        }
        files::make_folder(data)?;
        Ok(Self(Some(data)))
    }

    /// It stays.
    pub fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Fresh<'_> {
    fn drop(&mut self) {
        if let Some(folder) = self.0 {
            // Only an empty one goes.
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_that_lacks_its_log_is_put_in_place() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("database");
        fs::write(&database, "x").unwrap();
        is_whole(&database).unwrap();
        let log = dir.path().join("database-wal");
        fs::write(&log, "").unwrap();
        is_whole(&database).unwrap();
        fs::write(&log, "pages").unwrap();
        assert!(matches!(is_whole(&database), Err(BackupError::NoRoom { needed, .. }) if needed > 5));
    }

    #[test]
    fn credential_that_is_not_there_is_taken_for_a_key_that_comes_later() {
        let dir = tempfile::tempdir().unwrap();
        assert!(own_key(&dir.path().join("signing.key")).unwrap().is_none());
        let refused = own_key(Path::new("credential:signing.key")).unwrap_err();
        assert!(
            matches!(&refused, KeyError::File(FileError::NoCredential(name)) if name == "signing.key"),
            "{refused}"
        );
        fs::write(dir.path().join("other.key"), "x").unwrap();
        assert!(own_key(&dir.path().join("other.key")).is_err());
    }
}

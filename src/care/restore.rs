//! Whether a backup can be believed, and its way back: everything is verified, in a folder apart, before anything is put in place.

use std::fs::{self, File, OpenOptions};
use std::io::BufWriter;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::archive::{Listed, Manifest, Member, check, extract, extract_small};
use super::backup::of_file;
use super::error::BackupError;
use super::estate::KeyFile;
use crate::desk::audit::{Report, audit};
use crate::domain::SigningKeyId;
use crate::identity::files::{self, FILE_BYTES_MAX};
use crate::runtime::machine::room;
use crate::runtime::settings::SETTINGS_BYTES_MAX;
use crate::runtime::{Progress, credentials};
use crate::store::{Owner, copy};
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
    /// The public part of the own signing key.
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

/// Verifies a backup: every byte, whose it is and how old its making, then its database: bytes, seals, chains, content, receipts,
/// and every complaint against its events. Nothing outside `scratch` is touched. Takes as much room there as the database has.
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
    let facts = copy::facts(&database).await?;
    let said = (&owner, manifest.schema, manifest.position(), manifest.events, manifest.complaints);
    if said != (&facts.owner, facts.schema, facts.journal, facts.events, facts.complaints) {
        return Err(BackupError::Contradicts(path.to_owned()));
    }
    let store = copy::open(&database).await?;
    // A node that never met a hub holds nothing that a hub signed.
    let report = audit(&store, expected.hub.or(hub).unwrap_or(own), own, progress).await;
    store.close().await;
    let report = report?;
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
    Ok(Examined { owner, database, report, settings, keys, manifest, _scratch: scratch })
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
            files::make_folder(folder).map_err(of_file)?;
        }
        let written = if place.secret {
            files::create_secret(&place.path, bytes)
        } else {
            files::write_public(&place.path, bytes)
        };
        written.map_err(of_file)?;
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
        files::make_folder(data).map_err(of_file)?;
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

//! Writing a backup: under another name until it is whole and on the disk. It overwrites nothing.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::manifest::{Listed, Manifest};
use super::{CHUNK, MANIFEST, header, hex, padding, sha256, tail};
use crate::care::error::BackupError;
use crate::runtime::Progress;
use crate::runtime::machine::rename_new;
use crate::runtime::progress::{Measure, Step};
use crate::runtime::unfinished::{self, COPY, PART, UnfinishedError, beside};

/// What goes into a member.
#[derive(Debug)]
pub enum Content {
    /// These bytes; they may be secret.
    Bytes(Zeroizing<Vec<u8>>),
    /// A file's bytes.
    File(PathBuf),
}

/// A place for a backup, held while it is made: no other process makes one there. What is left of it goes when it is dropped.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    part: PathBuf,
    file: File,
}

impl Draft {
    /// Takes the place. What processes that died left of backups in the same folder goes.
    ///
    /// # Errors
    /// If something lies there, if another process makes it just now, if what lies in the way is another's, or if the folder cannot
    /// be written to.
    pub fn begin(path: &Path) -> Result<Self, BackupError> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(BackupError::Exists(path.to_owned()));
        }
        let part = beside(path, PART);
        // A folder that cannot be listed can be written to all the same.
        let _ = sweep(part.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")));
        let file = unfinished::take(&part).map_err(|error| match error {
            UnfinishedError::Held => BackupError::UnderWay(path.to_owned()),
            UnfinishedError::NotOurs(at) => BackupError::NotOurs(at),
            UnfinishedError::Io(cause) => BackupError::Io { path: part.clone(), cause },
        })?;
        let draft = Self { path: path.to_owned(), part, file };
        clear(&draft.scratch());
        Ok(draft)
    }

    /// A name in the same folder for what goes into the backup; whatever bears it goes when this is dropped.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        beside(&self.path, COPY)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        clear(&self.scratch());
        let _ = fs::remove_file(&self.part);
    }
}

/// Removes what dead processes left of backups in a folder.
///
/// # Errors
/// If the folder cannot be read.
pub fn sweep(folder: &Path) -> io::Result<()> {
    unfinished::sweep(folder, PART, |_, of| clear(&folder.join(format!(".{of}{COPY}"))))
}

/// Removes a copy of a database, and what SQLite may have left beside it.
fn clear(copy: &Path) {
    for end in ["", "-journal", "-wal", "-shm"] {
        let mut name = copy.as_os_str().to_owned();
        name.push(end);
        let _ = fs::remove_file(PathBuf::from(name));
    }
}

/// Writes a backup with these members and gives it its name: it is whole and on the disk when this returns. The manifest's list of
/// members is made here.
///
/// # Errors
/// If a member cannot be read or the file cannot be written; then there is none.
pub fn write(
    draft: &Draft,
    mut manifest: Manifest,
    members: &[(&str, Content)],
    progress: &Progress,
) -> Result<Manifest, BackupError> {
    let step = progress.measured("progress.backup-write", Measure::Bytes, None);
    manifest.members = members.iter().map(|(name, content)| listed(name, content, &step)).collect::<Result<_, _>>()?;
    let all = manifest.members.iter().map(|member| member.bytes).fold(0, u64::saturating_add);
    // Each byte is read twice: for its hash in the manifest, and to be written.
    step.total(all.saturating_mul(2));
    let io = || BackupError::io(&draft.part);
    let time = u64::try_from(manifest.created_micros).unwrap_or(0).checked_div(1_000_000).unwrap_or(0);
    let text = serde_json::to_vec_pretty(&manifest).map_err(io::Error::from).map_err(io())?;
    let inner = BufWriter::with_capacity(CHUNK, &draft.file);
    let mut out = Hashing { inner, hash: Sha256::new(), step: &step };
    member(&mut out, MANIFEST, u64::try_from(text.len()).unwrap_or(u64::MAX), time, &mut &text[..]).map_err(io())?;
    for ((name, content), listed) in members.iter().zip(&manifest.members) {
        let mut from = open(content)?;
        member(&mut out, name, listed.bytes, time, &mut from).map_err(io())?;
    }
    let Hashing { mut inner, hash, .. } = out;
    let end = tail(&hash.finalize()).map_err(io())?;
    inner.write_all(&end).and_then(|()| inner.flush()).map_err(io())?;
    drop(inner);
    draft.file.sync_all().map_err(io())?;
    rename_new(&draft.part, &draft.path).map_err(|cause| {
        if cause.kind() == ErrorKind::AlreadyExists {
            BackupError::Exists(draft.path.clone())
        } else {
            BackupError::Io { path: draft.path.clone(), cause }
        }
    })?;
    Ok(manifest)
}

/// One member, of exactly so many bytes.
fn member(out: &mut impl Write, name: &str, bytes: u64, time: u64, from: &mut impl Read) -> io::Result<()> {
    out.write_all(header(name, bytes, time)?.as_bytes())?;
    if io::copy(&mut from.take(bytes), out)? != bytes {
        return Err(io::Error::other(format!("{name} has become shorter while it was read")));
    }
    out.write_all(padding(bytes))
}

fn open(content: &Content) -> Result<Box<dyn Read + '_>, BackupError> {
    Ok(match content {
        Content::Bytes(bytes) => Box::new(&bytes[..]),
        Content::File(path) => Box::new(File::open(path).map_err(BackupError::io(path))?),
    })
}

fn listed(name: &str, content: &Content, step: &Step) -> Result<Listed, BackupError> {
    let (bytes, sha256) = match content {
        Content::Bytes(bytes) => (u64::try_from(bytes.len()).unwrap_or(u64::MAX), sha256(bytes)),
        Content::File(path) => {
            let mut file = File::open(path).map_err(BackupError::io(path))?;
            let mut hashing = Hashing { inner: io::sink(), hash: Sha256::new(), step };
            let bytes = io::copy(&mut file, &mut hashing).map_err(BackupError::io(path))?;
            (bytes, hex(&hashing.hash.finalize()))
        }
    };
    Ok(Listed { name: name.to_owned(), bytes, sha256 })
}

/// Hashes what it passes on, and tells how much that is.
struct Hashing<'a, W> {
    inner: W,
    hash: Sha256,
    step: &'a Step,
}

impl<W: Write> Write for Hashing<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.step.advance_by(written);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

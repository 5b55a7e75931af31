//! Reading a backup: first whether it is, byte for byte, what was written; then its members, each by name and checked once more.
//! Nothing is unpacked by a path that the file names.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek as _, SeekFrom, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use tar::{Archive, Entry, EntryType};
use zeroize::Zeroizing;

use super::manifest::{FORMAT, Listed, Manifest};
use super::{CHUNK, MANIFEST, MANIFEST_BYTES_MAX, SEAL, TAIL, header, hex, tail};
use crate::care::error::BackupError;
use crate::runtime::Progress;
use crate::runtime::progress::{Measure, Step};

/// Checks that a file is a backup in which no byte was changed, and gives its manifest. Reads the whole file once.
///
/// # Errors
/// If it is not, or if a newer version made it.
pub fn check(path: &Path, progress: &Progress) -> Result<Manifest, BackupError> {
    let mut file = open(path)?;
    let damaged = |what| BackupError::Damaged { path: path.to_owned(), what };
    let length = file.metadata().map_err(BackupError::io(path))?.len();
    let tail_bytes = u64::try_from(TAIL).unwrap_or(u64::MAX);
    let Some(body) = length.checked_sub(tail_bytes) else { return Err(BackupError::NotABackup(path.to_owned())) };
    begins_as_one(&mut file, path)?;
    let step = progress.measured("progress.backup-check", Measure::Bytes, Some(body));
    let whole = hash(&mut file, body, &step).map_err(BackupError::io(path))?;
    let mut end = Vec::with_capacity(TAIL);
    file.read_to_end(&mut end).map_err(BackupError::io(path))?;
    drop(step);
    if end != tail(&whole).map_err(BackupError::io(path))? {
        return Err(damaged("its SHA-256 is not the one that was written"));
    }
    let manifest = read_manifest(&mut file, path)?;
    // The hash holds, so what follows would be a slip of the program that wrote it.
    let mut archive = archive(&mut file, path)?;
    let entries = archive.entries_with_seek().map_err(BackupError::io(path))?;
    let names = manifest.members.iter().map(|member| member.name.as_str());
    let mut names = [MANIFEST].into_iter().chain(names).chain([SEAL]);
    for entry in entries {
        let entry = entry.map_err(|_| damaged("it is no tar archive to its end"))?;
        if !names.next().is_some_and(|name| is(&entry, name)) {
            return Err(damaged("its members are not those of its manifest"));
        }
    }
    if names.next().is_some() {
        return Err(damaged("a member is missing"));
    }
    drop(names);
    Ok(manifest)
}

/// Writes one member out and checks its size and SHA-256. What was written after an error is nothing.
///
/// # Errors
/// If it is not what the manifest says, or cannot be written.
pub fn extract(path: &Path, listed: &Listed, out: &mut impl Write) -> Result<(), BackupError> {
    let mut file = open(path)?;
    let damaged = |what| BackupError::Damaged { path: path.to_owned(), what };
    let mut archive = archive(&mut file, path)?;
    let entries = archive.entries_with_seek().map_err(BackupError::io(path))?;
    for entry in entries {
        let mut entry = entry.map_err(|_| damaged("it is no tar archive to its end"))?;
        if !is(&entry, &listed.name) {
            continue;
        }
        if entry.size() != listed.bytes {
            return Err(damaged("a member has another size than its manifest says"));
        }
        let found = copy(&mut entry, out).map_err(BackupError::io(path))?;
        return if found == listed.sha256 { Ok(()) } else { Err(damaged("a member is not what its manifest says")) };
    }
    Err(damaged("a member is missing"))
}

/// A small member's bytes, as [`extract`]; they may be secret.
///
/// # Errors
/// As [`extract`], and if it has more than `bytes_max` bytes.
pub fn extract_small(path: &Path, listed: &Listed, bytes_max: u64) -> Result<Zeroizing<Vec<u8>>, BackupError> {
    if listed.bytes > bytes_max {
        return Err(BackupError::Damaged { path: path.to_owned(), what: "a member is too large" });
    }
    // Room for everything from the start: a growing vector would leave copies of a key behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(listed.bytes).unwrap_or(0)));
    extract(path, listed, &mut *bytes)?;
    Ok(bytes)
}

fn open(path: &Path) -> Result<File, BackupError> {
    let metadata = std::fs::metadata(path).map_err(BackupError::io(path))?;
    if !metadata.is_file() {
        return Err(BackupError::NotABackup(path.to_owned()));
    }
    File::open(path).map_err(BackupError::io(path))
}

fn archive<'a>(file: &'a mut File, path: &Path) -> Result<Archive<&'a mut File>, BackupError> {
    file.seek(SeekFrom::Start(0)).map_err(BackupError::io(path))?;
    Ok(Archive::new(file))
}

fn is(entry: &Entry<'_, impl Read>, name: &str) -> bool {
    *entry.path_bytes() == *name.as_bytes() && entry.header().entry_type() == EntryType::Regular
}

/// Whether the first bytes are those of a backup: else it is something else, not a damaged one.
fn begins_as_one(file: &mut File, path: &Path) -> Result<(), BackupError> {
    let mut name = [0; MANIFEST.len()];
    match file.read_exact(&mut name) {
        Ok(()) if name == *MANIFEST.as_bytes() => {}
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => {
            return Err(BackupError::Io { path: path.to_owned(), cause: error });
        }
        Ok(()) | Err(_) => return Err(BackupError::NotABackup(path.to_owned())),
    }
    file.seek(SeekFrom::Start(0)).map_err(BackupError::io(path))?;
    Ok(())
}

fn read_manifest(file: &mut File, path: &Path) -> Result<Manifest, BackupError> {
    #[derive(serde::Deserialize)]
    struct Version {
        format: u32,
        program: String,
    }
    let damaged = || BackupError::Damaged { path: path.to_owned(), what: "its manifest cannot be read" };
    let mut archive = archive(file, path)?;
    let first = archive.entries_with_seek().map_err(BackupError::io(path))?.next();
    let mut entry = first.and_then(Result::ok).filter(|entry| is(entry, MANIFEST)).ok_or_else(damaged)?;
    if entry.size() > MANIFEST_BYTES_MAX {
        return Err(damaged());
    }
    let mut text = Vec::new();
    entry.read_to_end(&mut text).map_err(BackupError::io(path))?;
    let version: Version = serde_json::from_slice(&text).map_err(|_| damaged())?;
    if version.format > FORMAT {
        return Err(BackupError::Newer { path: path.to_owned(), program: version.program });
    }
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|_| damaged())?;
    // A header is what this program would have written: the archive holds nothing that the manifest does not tell.
    let time = u64::try_from(manifest.created_micros).unwrap_or(0).checked_div(1_000_000).unwrap_or(0);
    let expected = header(MANIFEST, entry.size(), time).map_err(BackupError::io(path))?;
    if entry.header().as_bytes() != expected.as_bytes() {
        return Err(damaged());
    }
    Ok(manifest)
}

/// The SHA-256 of the next `bytes` bytes of a file.
fn hash(file: &mut File, bytes: u64, step: &Step) -> io::Result<sha2::digest::Output<Sha256>> {
    let mut hash = Sha256::new();
    let mut rest = file.take(bytes);
    let mut chunk = vec![0; CHUNK];
    loop {
        match rest.read(&mut chunk)? {
            0 => return Ok(hash.finalize()),
            read => {
                hash.update(chunk.get(..read).unwrap_or_default());
                step.advance_by(read);
            }
        }
    }
}

/// Copies to the end; the SHA-256 of it, in hexadecimal.
fn copy(from: &mut impl Read, out: &mut impl Write) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut chunk = Zeroizing::new(vec![0; CHUNK]);
    loop {
        let read = from.read(&mut chunk)?;
        if read == 0 {
            return Ok(hex(&hash.finalize()));
        }
        let bytes = chunk.get(..read).unwrap_or_default();
        hash.update(bytes);
        out.write_all(bytes)?;
    }
}

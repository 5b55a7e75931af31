//! That no changed byte passes, whatever it belongs to, and that nothing is overwritten or left behind.

use std::fs;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::Path;

use zeroize::Zeroizing;

use super::*;
use crate::care::BackupError;
use crate::runtime::Progress;

const BIG: usize = 3 * CHUNK + 17;

fn manifest() -> Manifest {
    Manifest {
        format: FORMAT,
        program: "0.1.0".to_owned(),
        reason: "asked".to_owned(),
        federation: "lapor.test".to_owned(),
        node: "13.71".to_owned(),
        created_micros: 1_795_712_444_000_000,
        schema: 5,
        journal: (1, 7),
        events: 9,
        complaints: 2,
        signing_key: "aa".repeat(32),
        hub_key: None,
        keys: true,
        members: Vec::new(),
    }
}

fn bytes(text: &str) -> Content {
    Content::Bytes(Zeroizing::new(text.as_bytes().to_vec()))
}

fn made(path: &Path, manifest: Manifest) -> Manifest {
    made_of(path, manifest, BIG)
}

fn made_of(path: &Path, manifest: Manifest, database: usize) -> Manifest {
    let draft = Draft::begin(path).unwrap();
    fs::write(draft.scratch(), vec![7; database]).unwrap();
    let members = [
        ("database.sqlite", Content::File(draft.scratch())),
        ("settings.toml", bytes("a = 1\n")),
        ("keys/empty", bytes("")),
        ("keys/block", bytes(&"k".repeat(BLOCK))),
    ];
    write(&draft, manifest, &members, &Progress::silent()).unwrap()
}

#[test]
fn member_is_not_what_was_put_in() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("backup.tar");
    let manifest = made(&path, manifest());
    assert_eq!(check(&path, &Progress::silent()).unwrap(), manifest);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "something was left beside it");
    let mut out = Vec::new();
    extract(&path, manifest.member("database.sqlite").unwrap(), &mut out).unwrap();
    assert!(out.len() == BIG && out.iter().all(|byte| *byte == 7));
    let small = |name: &str| extract_small(&path, manifest.member(name).unwrap(), 512).unwrap().to_vec();
    assert_eq!(small("settings.toml"), b"a = 1\n");
    assert_eq!(small("keys/empty"), b"");
    assert_eq!(small("keys/block"), [b'k'; BLOCK]);
    assert!(extract_small(&path, manifest.member("keys/block").unwrap(), 511).is_err());
    // Any tar can read it.
    let mut archive = tar::Archive::new(fs::File::open(&path).unwrap());
    let names: Vec<String> =
        archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect();
    assert_eq!(names, ["manifest.json", "database.sqlite", "settings.toml", "keys/empty", "keys/block", "sha256"]);
}

#[test]
fn changed_byte_of_a_backup_passes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("backup.tar");
    made_of(&path, manifest(), 700);
    let good = fs::read(&path).unwrap();
    let changed = dir.path().join("changed.tar");
    fs::write(&changed, &good).unwrap();
    // Every byte: of headers, manifest, content, padding and end.
    let file = fs::File::options().write(true).open(&changed).unwrap();
    for (at, byte) in good.iter().enumerate() {
        file.write_all_at(&[byte ^ 1], u64::try_from(at).unwrap()).unwrap();
        let said = check(&changed, &Progress::silent()).unwrap_err();
        assert!(matches!(said, BackupError::Damaged { .. } | BackupError::NotABackup(_)), "byte {at}: {said}");
        file.write_all_at(&[*byte], u64::try_from(at).unwrap()).unwrap();
    }
    check(&changed, &Progress::silent()).unwrap();
    for wrong in [good[..good.len() - 1].to_vec(), good[..good.len() - BLOCK].to_vec(), [&good[..], &[0]].concat()] {
        fs::write(&changed, wrong).unwrap();
        assert!(matches!(check(&changed, &Progress::silent()), Err(BackupError::Damaged { .. })));
    }
    for other in [&b""[..], b"hello", &[0; 4096]] {
        fs::write(&changed, other).unwrap();
        assert!(matches!(check(&changed, &Progress::silent()), Err(BackupError::NotABackup(_))));
    }
    assert!(matches!(check(dir.path(), &Progress::silent()), Err(BackupError::NotABackup(_))));
    assert!(matches!(check(&dir.path().join("none"), &Progress::silent()), Err(BackupError::Io { .. })));
}

#[test]
fn backup_of_a_newer_format_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("backup.tar");
    made(&path, Manifest { format: FORMAT + 1, program: "9.0.0".to_owned(), ..manifest() });
    assert!(matches!(check(&path, &Progress::silent()), Err(BackupError::Newer { program, .. }) if program == "9.0.0"));
}

#[test]
fn member_that_the_manifest_does_not_list_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("backup.tar");
    made(&path, manifest());
    let good = fs::read(&path).unwrap();
    let body = good.len() - TAIL;
    let stranger = header("stranger", 0, 0).unwrap();
    let mut bytes = [&good[..body], stranger.as_bytes()].concat();
    let end = tail(&<Sha256 as sha2::Digest>::digest(&bytes)).unwrap();
    bytes.extend(end);
    let other = dir.path().join("other.tar");
    fs::write(&other, bytes).unwrap();
    assert!(
        matches!(check(&other, &Progress::silent()), Err(BackupError::Damaged { what, .. }) if what.contains("members"))
    );
}

#[test]
fn backup_overwrites_something_or_leaves_a_half() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("backup.tar");
    fs::write(&path, "precious").unwrap();
    assert!(matches!(Draft::begin(&path), Err(BackupError::Exists(_))));
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    fs::remove_file(&path).unwrap();

    let draft = Draft::begin(&path).unwrap();
    assert!(matches!(Draft::begin(&path), Err(BackupError::UnderWay(_))));
    // Somebody takes the name meanwhile.
    fs::write(&path, "precious").unwrap();
    assert!(matches!(write(&draft, manifest(), &[], &Progress::silent()), Err(BackupError::Exists(_))));
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    fs::remove_file(&path).unwrap();
    // A member that cannot be read.
    assert!(write(&draft, manifest(), &[("x", Content::File(draft.scratch()))], &Progress::silent()).is_err());
    drop(draft);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "something was left behind");
}

/// Wherever the backup was to go, and whatever it was called.
#[test]
fn leavings_of_a_dead_backup_stay_or_those_of_a_living_one_go() {
    let dir = tempfile::tempdir().unwrap();
    let place = |name: &str| dir.path().join(name);
    let living = Draft::begin(&place("lintas-node-1.tar")).unwrap();
    fs::write(living.scratch(), "living").unwrap();
    for name in [".other.tar.lintas-part", ".other.tar.lintas-copy", ".other.tar.lintas-copy-journal", "notes.part"] {
        fs::write(place(name), "dead").unwrap();
        fs::set_permissions(place(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    // The next backup, of another name.
    drop(Draft::begin(&place("next.tar")).unwrap());
    let mut left: Vec<_> =
        fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, [".lintas-node-1.tar.lintas-copy", ".lintas-node-1.tar.lintas-part", "notes.part"]);
}

#[test]
fn backup_is_written_through_a_link() {
    let dir = tempfile::tempdir().unwrap();
    let precious = dir.path().join("precious");
    fs::write(&precious, "precious").unwrap();
    std::os::unix::fs::symlink(&precious, dir.path().join(".backup.tar.lintas-part")).unwrap();
    assert!(matches!(Draft::begin(&dir.path().join("backup.tar")), Err(BackupError::NotOurs(_))));
    assert_eq!(fs::read(&precious).unwrap(), b"precious");
}

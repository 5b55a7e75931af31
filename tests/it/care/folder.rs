//! A program's folder as these tests look at it: what is in it, small file systems for it, refusals of commands. It judges nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lintas_tests::federation::FederationError;

/// Everything in a folder, but what running or asking programs leave: the desk's socket, locks.
pub(crate) fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        if path.ends_with("desk") || path.ends_with("in-use.lock") {
            continue;
        }
        if path.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            found.insert(path, Vec::new());
        } else {
            let bytes = fs::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}

/// How a refused command ended, and what it said.
pub(crate) fn refused(result: Result<String, FederationError>) -> (i32, String) {
    match result {
        Err(FederationError::Refused { status, said, .. }) => (status.code().unwrap_or(-1), said),
        other => panic!("{other:?}"),
    }
}

/// A small file system on a folder, until it is dropped.
pub(crate) struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    /// Puts one of so many mebibytes on a new folder; none if this account may not.
    pub(crate) fn mount(folder: &Path, mebibytes: u32) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let size = format!("size={mebibytes}m,mode=0700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).output();
        let mounted = mounted.is_ok_and(|output| output.status.success());
        if !mounted {
            eprintln!("NOT TESTED: this account cannot mount a small file system; run the tests as root");
        }
        mounted.then(|| Self { folder: folder.to_owned() })
    }

    /// Fills it to the last byte.
    pub(crate) fn fill(&self) {
        let chunk = vec![0; 64 * 1024];
        let mut file = fs::File::create(self.folder.join("fill")).unwrap();
        for size in [chunk.len(), 4096, 1] {
            while std::io::Write::write_all(&mut file, &chunk[..size]).is_ok() {}
        }
    }

    /// Fills it but for so many bytes.
    pub(crate) fn fill_but(&self, bytes: u64) {
        self.fill();
        let file = fs::File::options().write(true).open(self.folder.join("fill")).unwrap();
        file.set_len(file.metadata().unwrap().len() - bytes).unwrap();
    }

    /// Makes the room free again.
    pub(crate) fn free(&self) {
        fs::remove_file(self.folder.join("fill")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.folder).status();
    }
}

//! A file in the making, for its owner alone from its first moment (mode 0600): under another name beside its place until it is
//! whole, so that nobody takes half an export for one. It knows nothing of what is written.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::runtime::unfinished::{self, NEW, UnfinishedError, beside};

/// Why a file cannot be made.
#[derive(Debug, Error)]
pub enum PlaceError {
    /// There is one of that name.
    #[error("{} exists already and is left as it is; give another name, or --force", .0.display())]
    Exists(PathBuf),
    /// The system said no.
    #[error("{}: {cause}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

/// A file in the making; gone if it is dropped before [`Place::keep`].
#[derive(Debug)]
pub struct Place {
    path: PathBuf,
    beside: PathBuf,
    out: Option<BufWriter<File>>,
    force: bool,
}

impl Place {
    /// Begins a file that is to lie at `path`. `force`: also where there is one already. What processes that died left of exports in
    /// the same folder goes: it may hold personal data.
    ///
    /// # Errors
    /// If there is one, or none can be made.
    pub fn begin(path: &Path, force: bool) -> Result<Self, PlaceError> {
        if !force && path.symlink_metadata().is_ok() {
            return Err(PlaceError::Exists(path.to_owned()));
        }
        let io = |cause| PlaceError::Io { path: path.to_owned(), cause };
        if path.file_name().is_none() {
            return Err(io(io::ErrorKind::IsADirectory.into()));
        }
        // A folder that cannot be listed can be written to all the same.
        let _ = unfinished::sweep(folder_of(path), NEW, |_, _| {});
        let beside = beside(path, &format!(".{}{NEW}", std::process::id()));
        let file = unfinished::take(&beside).map_err(|error| match error {
            UnfinishedError::Io(cause) => io(cause),
            error @ (UnfinishedError::Held | UnfinishedError::NotOurs(_)) => io(io::Error::other(error.to_string())),
        })?;
        Ok(Self { path: path.to_owned(), beside, out: Some(BufWriter::new(file)), force })
    }

    /// Puts the whole file in its place, on disk.
    ///
    /// # Errors
    /// If it cannot be written, or another has come to lie there.
    pub fn keep(mut self) -> Result<(), PlaceError> {
        let path = self.path.clone();
        let io = |cause| PlaceError::Io { path: path.clone(), cause };
        let Some(out) = self.out.take() else { return Ok(()) };
        let file = out.into_inner().map_err(|error| io(error.into_error()))?;
        file.sync_all().map_err(io)?;
        if self.force {
            fs::rename(&self.beside, &path).map_err(io)?;
        } else {
            // Unlike a rename, a link never takes the place of another file.
            fs::hard_link(&self.beside, &path).map_err(|cause| {
                let taken = cause.kind() == io::ErrorKind::AlreadyExists;
                if taken { PlaceError::Exists(path.clone()) } else { io(cause) }
            })?;
        }
        File::open(folder_of(&path)).and_then(|folder| folder.sync_all()).map_err(io)
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

impl Write for Place {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.as_mut().map_or_else(|| Err(io::ErrorKind::BrokenPipe.into()), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.beside);
    }
}

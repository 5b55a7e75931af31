//! A training's folder: what marks it, who runs it, what lies in it, and how it goes. It touches no folder without the mark, and in one
//! with it nothing that a training does not make.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use lintas::desk::socket::SocketPlace;
use lintas::domain::{FederationId, UnitCode};
use lintas::identity::files::{make_folder, write_public};
use lintas::runtime::Clock as _;
use lintas::runtime::{Pace, SystemClock, is_training, practice::SPEED_MAX};
use serde::{Deserialize, Serialize};

use super::decide::Plan;
use super::error::PracticeError;

/// The file that marks a training's folder.
const MARK_NAME: &str = "LATIHAN.toml";
const LOCK_NAME: &str = "running.lock";
const ABOUT: &str =
    "# Folder latihan Lintas: tidak ada laporan sungguhan di sini. A Lintas training: no complaint here is real.\n";

/// What marks a training's folder: whose it is and what was laid down for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mark {
    pub(super) federation: String,
    /// What all chance comes from.
    pub(super) seed: u32,
    /// Where the hub listens on this machine.
    pub(super) port: u16,
    /// How fast its clock runs while it is used.
    pub(super) speed: u32,
    /// Whether it was made to its end.
    pub(super) whole: bool,
    pub(super) nodes: Vec<String>,
    pub(super) mine: Vec<String>,
}

/// A training's folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    pub(super) mark: Mark,
}

/// That this process runs a training; until it is dropped, or the process ends.
#[derive(Debug)]
pub(super) struct Running {
    _file: File,
}

impl Folder {
    /// The training in a folder.
    ///
    /// # Errors
    /// If there is none, or what lies there is not only a training.
    pub(super) fn open(path: &Path) -> Result<Self, PracticeError> {
        let mark_path = path.join(MARK_NAME);
        let text = match fs::read_to_string(&mark_path) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                let none = is_free(path)?;
                let path = path.to_owned();
                return Err(if none { PracticeError::Nothing(path) } else { PracticeError::Foreign(path) });
            }
            Err(error) => return Err(PracticeError::io(&mark_path)(error)),
        };
        let foreign = || PracticeError::Foreign(path.to_owned());
        let mark: Mark = toml::from_str(&text).map_err(|_| foreign())?;
        let folder = Self { path: path.to_owned(), mark };
        if folder.is_sound() { Ok(folder) } else { Err(foreign()) }
    }

    /// Marks a folder that is empty, or not there yet.
    ///
    /// # Errors
    /// If something lies there, or it cannot be made.
    pub(super) fn found(path: &Path, mark: Mark) -> Result<Self, PracticeError> {
        if !is_free(path)? {
            return Err(PracticeError::Foreign(path.to_owned()));
        }
        make_folder(path).map_err(|error| PracticeError::io(path)(std::io::Error::other(error)))?;
        // Absolute from here on: programs are started in it.
        let path = fs::canonicalize(path).map_err(PracticeError::io(path))?;
        let folder = Self { path, mark };
        folder.write()?;
        Ok(folder)
    }

    /// Writes the mark.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write(&self) -> Result<(), PracticeError> {
        let path = self.path.join(MARK_NAME);
        let other = |error: String| PracticeError::io(&path)(std::io::Error::other(error));
        let text = toml::to_string(&self.mark).map_err(|error| other(error.to_string()))?;
        write_public(&path, format!("{ABOUT}{text}").as_bytes()).map_err(|error| other(error.to_string()))
    }

    /// A training's federation in all that lies here, and names that are a unit's.
    fn is_sound(&self) -> bool {
        let training = FederationId::parse(&self.mark.federation).is_ok_and(|federation| is_training(&federation));
        let units = self.mark.nodes.iter().chain(&self.mark.mine).all(|code| UnitCode::parse(code).is_ok());
        let same = |settings: PathBuf| match fs::read_to_string(settings) {
            Ok(text) => toml::from_str::<toml::Table>(&text)
                .ok()
                .and_then(|table| table.get("federation")?.as_str().map(|name| name == self.mark.federation))
                .unwrap_or(false),
            Err(error) => error.kind() == ErrorKind::NotFound,
        };
        let speed = self.mark.speed <= SPEED_MAX;
        training
            && units
            && speed
            && same(self.hub().join("hub.toml"))
            && self.nodes().all(|data| same(data.join("node.toml")))
    }

    pub(super) fn hub(&self) -> PathBuf {
        self.path.join("hub")
    }

    pub(super) fn node(&self, code: &str) -> PathBuf {
        self.path.join(code)
    }

    fn nodes(&self) -> impl Iterator<Item = PathBuf> {
        self.mark.nodes.iter().map(|code| self.node(code))
    }

    pub(super) fn clock(&self) -> PathBuf {
        self.path.join("clock")
    }

    /// What a program of it logs: `hub`, or a node's code.
    pub(super) fn log(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}.log"))
    }

    /// What is laid down for whoever is simulated.
    pub(super) fn plan(&self) -> Plan {
        let mine = self.mark.mine.iter().filter_map(|code| UnitCode::parse(code).ok()).collect();
        Plan { seed: self.mark.seed, mine }
    }

    /// What its clock is set to.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(super) fn pace(&self) -> Result<Pace, PracticeError> {
        Ok(Pace::read(&self.clock())?)
    }

    /// Sets its clock `ahead` microseconds and to another speed.
    ///
    /// # Errors
    /// If it cannot be read or written.
    pub(super) fn set(&self, ahead: i64, speed: u32) -> Result<(), PracticeError> {
        Ok(self.pace()?.changed(SystemClock.now(), ahead, speed).write(&self.clock())?)
    }

    /// Takes the training for this process.
    ///
    /// # Errors
    /// If another process runs it.
    pub(super) fn run(&self) -> Result<Running, PracticeError> {
        let path = self.path.join(LOCK_NAME);
        let mut file = open(&path).map_err(PracticeError::io(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(PracticeError::Running(self.path.clone())),
            Err(TryLockError::Error(cause)) => return Err(PracticeError::io(&path)(cause)),
        }
        let written = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
        written.map_err(PracticeError::io(&path))?;
        Ok(Running { _file: file })
    }

    /// The process that runs it, if one does.
    ///
    /// # Errors
    /// If that cannot be found out.
    pub(super) fn runner(&self) -> Result<Option<u32>, PracticeError> {
        let path = self.path.join(LOCK_NAME);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(PracticeError::io(&path)(error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(PracticeError::io(&path)(cause)),
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                file.read_to_string(&mut text).map_err(PracticeError::io(&path))?;
                // Taken, and not written yet: it runs, and its number comes at once.
                Ok(Some(text.trim().parse().unwrap_or(0)))
            }
        }
    }

    /// Removes what a training makes, and the folder if nothing else lies in it. Only while nothing of it runs.
    ///
    /// # Errors
    /// If something cannot be removed, or something else lies there, which is left.
    pub(super) fn remove(self) -> Result<(), PracticeError> {
        // The desks of folders with long paths listen elsewhere.
        for place in self.nodes().filter_map(|data| SocketPlace::of(&data).ok()).filter(|place| place.fallback) {
            gone(&place.folder, fs::remove_dir_all(&place.folder))?;
        }
        for data in self.nodes().chain([self.hub()]) {
            gone(&data, fs::remove_dir_all(&data))?;
        }
        let logs = self.mark.nodes.iter().map(String::as_str).chain(["hub"]).map(|name| self.log(name));
        let files = [LOCK_NAME, "units.csv", "clock.new", "clock", MARK_NAME].map(|name| self.path.join(name));
        for file in logs.chain(files) {
            gone(&file, fs::remove_file(&file))?;
        }
        match fs::remove_dir(&self.path) {
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => Err(PracticeError::Left(self.path)),
            removed => gone(&self.path, removed),
        }
    }
}

fn gone(path: &Path, removed: std::io::Result<()>) -> Result<(), PracticeError> {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(PracticeError::io(path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    File::options().create(true).truncate(false).read(true).write(true).open(path)
}

/// Whether a training can be made there: there is nothing, or an empty folder.
fn is_free(path: &Path) -> Result<bool, PracticeError> {
    match fs::read_dir(path) {
        Ok(mut inside) => Ok(inside.next().is_none()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(PracticeError::io(path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(federation: &str) -> Mark {
        let nodes = vec!["id".to_owned(), "13.71".to_owned()];
        Mark { federation: federation.to_owned(), seed: 7, port: 1, speed: 60, whole: true, nodes, mine: Vec::new() }
    }

    fn is_foreign(found: &Result<Folder, PracticeError>) -> bool {
        matches!(found, Err(PracticeError::Foreign(_)))
    }

    #[test]
    fn folder_of_somebody_else_is_taken_or_cleared() {
        let place = tempfile::tempdir().unwrap();
        assert!(matches!(Folder::open(place.path()), Err(PracticeError::Nothing(_))));
        fs::write(place.path().join("node.toml"), "federation = \"lapor.go.id\"\n").unwrap();
        assert!(is_foreign(&Folder::open(place.path())));
        assert!(is_foreign(&Folder::found(place.path(), mark("latihan-x"))));
        assert!(is_foreign(&Folder::found(&place.path().join("node.toml"), mark("latihan-x"))));
        assert!(place.path().join("node.toml").exists());
    }

    #[test]
    fn mark_put_beside_a_real_node_makes_it_training() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::found(&place.path().join("x"), mark("latihan-x")).unwrap();
        assert_eq!(Folder::open(&folder.path).unwrap(), folder);
        let data = folder.node("13.71");
        fs::create_dir(&data).unwrap();
        fs::write(data.join("node.toml"), "federation = \"lapor.go.id\"\n").unwrap();
        assert!(is_foreign(&Folder::open(&folder.path)));
        fs::write(data.join("node.toml"), "federation = \"latihan-x\"\n").unwrap();
        assert!(Folder::open(&folder.path).is_ok());
        for wrong in [mark("lapor.go.id"), Mark { nodes: vec!["../..".to_owned()], ..mark("latihan-x") }] {
            Folder { mark: wrong, ..folder.clone() }.write().unwrap();
            assert!(is_foreign(&Folder::open(&folder.path)));
        }
    }

    #[test]
    fn reset_takes_what_it_did_not_make() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::found(&place.path().join("x"), mark("latihan-x")).unwrap();
        fs::create_dir_all(folder.node("13.71").join("keys")).unwrap();
        fs::write(folder.log("hub"), "log").unwrap();
        fs::write(folder.path.join("notes.txt"), "mine").unwrap();
        let path = folder.path.clone();
        assert!(matches!(folder.remove(), Err(PracticeError::Left(_))));
        let left: Vec<_> = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["notes.txt"]);
    }

    #[test]
    fn two_processes_run_one_training() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::found(&place.path().join("x"), mark("latihan-x")).unwrap();
        assert_eq!(folder.runner().unwrap(), None);
        let running = folder.run().unwrap();
        assert!(matches!(folder.run(), Err(PracticeError::Running(_))));
        assert_eq!(folder.runner().unwrap(), Some(std::process::id()));
        drop(running);
        assert_eq!(folder.runner().unwrap(), None);
    }
}

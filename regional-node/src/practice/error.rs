//! What can go wrong in a training, each with a stable code and the facts that its texts are made of.

use std::io;
use std::path::{Path, PathBuf};

use lintas::runtime::Exit;
use lintas::runtime::practice::PaceError;
use thiserror::Error;

#[derive(Debug, Error)]
pub(crate) enum PracticeError {
    /// The folder has something in it that is no training.
    #[error("{} is no training folder; nothing in it was touched", .0.display())]
    Foreign(PathBuf),
    /// There is no training there.
    #[error("there is no training in {}; make one with `lintas-node practice start`", .0.display())]
    Nothing(PathBuf),
    /// It was broken off while it was made.
    #[error("the training in {} was broken off while it was made; remove it with `lintas-node practice reset`", .0.display())]
    Unfinished(PathBuf),
    /// Another process runs it.
    #[error("the training in {} runs already; end it with `lintas-node practice stop`", .0.display())]
    Running(PathBuf),
    /// What an earlier start left behind does not end.
    #[error("programs of the training in {} still run; wait, or end them", .0.display())]
    Leftover(PathBuf),
    /// Nobody said that it may go.
    #[error("resetting removes {} and all in it; say so with --yes", .0.display())]
    Unsure(PathBuf),
    /// Something that is not the training's lies in its folder.
    #[error("the training is gone, but {} has other things in it and was left", .0.display())]
    Left(PathBuf),
    /// The hub's program is not there.
    #[error("the program {0} is not beside this one, nor on the search path; give it with --hub")]
    Program(String),
    /// A command of it was refused.
    #[error("`{command}` said: {said}")]
    Refused { command: String, said: String },
    /// A program of it ended by itself, or never answered.
    #[error("{name} does not run; its log is {}", log.display())]
    Ended { name: String, log: PathBuf },
    #[error("{}: {cause}", path.display())]
    Io { path: PathBuf, cause: io::Error },
    #[error(transparent)]
    Pace(#[from] PaceError),
}

impl PracticeError {
    /// What the system said of a path.
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io { path, cause }
    }

    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Foreign(_) => "practice.foreign",
            Self::Nothing(_) => "practice.nothing",
            Self::Unfinished(_) => "practice.unfinished",
            Self::Running(_) => "practice.running",
            Self::Leftover(_) => "practice.leftover",
            Self::Unsure(_) => "practice.unsure",
            Self::Left(_) => "practice.left",
            Self::Program(_) => "practice.program",
            Self::Refused { .. } => "practice.refused",
            Self::Ended { .. } => "practice.ended",
            Self::Io { .. } | Self::Pace(_) => "practice.file",
        }
    }

    /// The folder, the program or the file, and what was said of it.
    pub(crate) fn facts(&self) -> (String, String) {
        match self {
            Self::Foreign(path)
            | Self::Nothing(path)
            | Self::Unfinished(path)
            | Self::Running(path)
            | Self::Leftover(path)
            | Self::Unsure(path)
            | Self::Left(path) => (path.display().to_string(), String::new()),
            Self::Program(name) => (name.clone(), String::new()),
            Self::Refused { command, said } => (command.clone(), said.replace('\n', "; ")),
            Self::Ended { name, log } => (name.clone(), log.display().to_string()),
            Self::Io { path, cause } => (path.display().to_string(), cause.to_string()),
            Self::Pace(error) => ("-".to_owned(), error.to_string()),
        }
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Io { cause, .. } => Exit::of_io(cause),
            Self::Program(_) | Self::Ended { .. } => Exit::Unavailable,
            Self::Foreign(_)
            | Self::Nothing(_)
            | Self::Unfinished(_)
            | Self::Running(_)
            | Self::Leftover(_)
            | Self::Unsure(_)
            | Self::Left(_)
            | Self::Refused { .. }
            | Self::Pace(_) => Exit::NotDone,
        }
    }
}

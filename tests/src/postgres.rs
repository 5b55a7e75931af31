//! A PostgreSQL server of one federation's own, by `tests/postgres.sh`. It can crash and come back; it goes with its owner.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use thiserror::Error;

/// The server did not do what was asked.
#[derive(Debug, Error)]
#[error("tests/postgres.sh {0} failed")]
pub struct ServerError(&'static str);

/// A server that runs until this is dropped.
#[derive(Debug)]
pub struct Server {
    folder: String,
    address: String,
}

impl Server {
    /// Starts one with these settings (`name=value`).
    ///
    /// # Errors
    /// If there is no PostgreSQL on this machine, or it does not start.
    pub fn start(settings: &[&str]) -> Result<Self, ServerError> {
        Self::of(&script("start", settings)?)
    }

    /// Starts one on a file system of so many MiB; that takes root.
    ///
    /// # Errors
    /// As [`Self::start`], and if no file system can be made.
    pub fn start_small(mib: u32, settings: &[&str]) -> Result<Self, ServerError> {
        let mut command = command("start");
        command.args(settings).env("LINTAS_POSTGRES_MIB", mib.to_string());
        Self::of(&run("start", command)?)
    }

    fn of(said: &str) -> Result<Self, ServerError> {
        let (folder, address) = said.trim().split_once('\n').ok_or(ServerError("start"))?;
        Ok(Self { folder: folder.to_owned(), address: address.to_owned() })
    }

    /// Its database, password included.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where its data are.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        Path::new(&self.folder).join("data")
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        Path::new(&self.folder).join("log")
    }

    /// Crashes it, as a power cut would.
    ///
    /// # Errors
    /// If it cannot be stopped.
    pub fn crash(&self) -> Result<(), ServerError> {
        script("halt", &[&self.folder]).map(drop)
    }

    /// Starts it again.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start_again(&self) -> Result<(), ServerError> {
        script("again", &[&self.folder]).map(drop)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What cannot be removed lies in /tmp, under the script's own name.
        let _ = script("stop", &[&self.folder]);
    }
}

fn command(action: &str) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("postgres.sh"));
    command.arg(action).stdin(Stdio::null()).stderr(Stdio::inherit());
    command
}

fn script(action: &'static str, arguments: &[&str]) -> Result<String, ServerError> {
    let mut command = command(action);
    command.args(arguments);
    run(action, command)
}

fn run(action: &'static str, mut command: Command) -> Result<String, ServerError> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(_) | Err(_) => Err(ServerError(action)),
    }
}

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
        let said = script("start", settings)?;
        let (folder, address) = said.trim().split_once('\n').ok_or(ServerError("start"))?;
        Ok(Self { folder: folder.to_owned(), address: address.to_owned() })
    }

    /// Its database, password included.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
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

fn script(action: &'static str, arguments: &[&str]) -> Result<String, ServerError> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("postgres.sh");
    let mut command = Command::new(script);
    let output = command.arg(action).args(arguments).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    match output {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(_) | Err(_) => Err(ServerError(action)),
    }
}

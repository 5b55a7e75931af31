//! The programs of a training: how they are called, started, and ended in order. They end with this process, however that ends. What
//! this process was told by its environment is not told to them: it may be meant for a real node.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use lintas::care::lock::in_use;
use lintas::desk::service::{Caller, ClientError};
use lintas::desk::socket::SocketPlace;
use lintas::runtime::child::ask_to_end;
use lintas::store::sqlite::SqliteStore;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use tokio::time::{interval, timeout};

use super::error::PracticeError;
use super::folder::Folder;

/// How long a program may take to come up, or to end.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Variables that speak to this process and not to those it starts.
const OWN_VARIABLES: [&str; 6] =
    ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "CREDENTIALS_DIRECTORY", "LISTEN_FDS", "LISTEN_PID"];

/// The two programs.
#[derive(Clone, Debug)]
pub(super) struct Programs {
    pub(super) hub: PathBuf,
    pub(super) node: PathBuf,
}

/// A program of a training, and how to start it.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) name: String,
    child: Child,
}

impl Programs {
    /// This program, and the hub's: where it was said to be, beside this one, or on the search path.
    ///
    /// # Errors
    /// If it is not there.
    pub(super) fn find(hub: Option<&Path>) -> Result<Self, PracticeError> {
        let node = std::env::current_exe().map_err(PracticeError::io(Path::new("lintas-node")))?;
        let name = "lintas-hub";
        let found = if let Some(hub) = hub {
            Some(hub.to_owned()).filter(|hub| hub.is_file())
        } else {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let beside = node.parent().map(Path::to_owned);
            let mut places = beside.into_iter().chain(std::env::split_paths(&path)).map(|folder| folder.join(name));
            places.find(|place| place.is_file())
        };
        let missing = || PracticeError::Program(hub.map_or_else(|| name.to_owned(), |hub| hub.display().to_string()));
        let hub = found.and_then(|hub| hub.canonicalize().ok()).ok_or_else(missing)?;
        Ok(Self { hub, node })
    }

    /// Starts the hub (`hub`) or a node (its code). Call it on the thread that lives as long as the process.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(super) fn start(&self, folder: &Folder, name: &str) -> Result<Started, PracticeError> {
        let (program, data) = if name == "hub" { (&self.hub, folder.hub()) } else { (&self.node, folder.node(name)) };
        let log = folder.log(name);
        let file = File::options().create(true).append(true).open(&log).map_err(PracticeError::io(&log))?;
        let mut command = clean(&self.node);
        command.args(["practice", "attend", &std::process::id().to_string()]);
        command.arg(program).arg("--data").arg(data).arg("run");
        // A group of its own: Ctrl-C is for this process, which ends the others in order.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).process_group(0).kill_on_drop(true);
        let child = command.spawn().map_err(PracticeError::io(program))?;
        Ok(Started { name: name.to_owned(), child })
    }

    /// Runs a command to its end and returns what it printed.
    ///
    /// # Errors
    /// If it cannot be started, or is refused.
    pub(super) async fn said(
        &self,
        hub: bool,
        data: &Path,
        arguments: &[&str],
        input: &str,
    ) -> Result<String, PracticeError> {
        let program = if hub { &self.hub } else { &self.node };
        let mut command = clean(program);
        command.arg("--data").arg(data).args(arguments).kill_on_drop(true);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(PracticeError::io(program))?;
        if let Some(mut stdin) = child.stdin.take() {
            // Whoever reads no input has ended, and says why.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        let output = child.wait_with_output().await.map_err(PracticeError::io(program))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let name = if hub { "lintas-hub" } else { "lintas-node" };
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(PracticeError::Refused { command: format!("{name} {}", arguments.first().unwrap_or(&"")), said })
    }
}

impl Started {
    /// Whether it has ended by itself.
    ///
    /// # Errors
    /// That it has.
    pub(super) fn check(&mut self, folder: &Folder) -> Result<(), PracticeError> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(_)) | Err(_) => Err(PracticeError::Ended { name: self.name.clone(), log: folder.log(&self.name) }),
        }
    }

    /// Asks it to end.
    pub(super) fn ask(&self) {
        // One that has ended already needs not be asked.
        let _ = self.child.id().map(ask_to_end);
    }

    /// Waits until it has ended; by force, if that takes too long.
    pub(super) async fn ended(mut self) {
        if timeout(PATIENCE, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }
}

/// A command without what this process was told by its environment.
fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_own(name)) {
        command.env_remove(name);
    }
    command
}

fn is_own(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("LINTAS_") && name != "LINTAS_LOG" || OWN_VARIABLES.contains(&&*name)
}

/// The desk of a node, as soon as it answers.
///
/// # Errors
/// If it does not in time.
pub(super) async fn desk(folder: &Folder, code: &str) -> Result<Caller<SqliteStore>, PracticeError> {
    let data = folder.node(code);
    let look = async || Caller::connect(&SocketPlace::of(&data).ok()?).await.ok();
    soon(look).await.ok_or_else(|| PracticeError::Ended { name: code.to_owned(), log: folder.log(code) })
}

/// Waits until nothing of a training runs any more.
///
/// # Errors
/// If something does not end in time.
pub(super) async fn at_rest(folder: &Folder) -> Result<(), PracticeError> {
    let rests = async || {
        let hub = in_use(&folder.hub()).unwrap_or(false);
        let mut nodes = false;
        for code in &folder.mark.nodes {
            let Ok(place) = SocketPlace::of(&folder.node(code)) else { continue };
            let found = Caller::<SqliteStore>::connect(&place).await;
            nodes |= !matches!(found, Err(ClientError::NotRunning(_)));
        }
        (!hub && !nodes && folder.runner().ok()?.is_none()).then_some(())
    };
    soon(rests).await.ok_or_else(|| PracticeError::Leftover(folder.path.clone()))
}

/// Looks until there is an answer, for as long as a program may take.
pub(super) async fn soon<T>(mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let looking = async {
        let mut ticks = interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            if let Some(answer) = look().await {
                return answer;
            }
        }
    };
    timeout(PATIENCE, looking).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_node_of_the_environment_is_handed_on() {
        for own in ["LINTAS_DATA", "LINTAS_DATABASE", "LINTAS_SET", "NOTIFY_SOCKET"] {
            assert!(is_own(&own.into()), "{own}");
        }
        assert!(!is_own(&"LINTAS_LOG".into()) && !is_own(&"PATH".into()));
    }
}

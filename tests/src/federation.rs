//! A whole federation as real processes on this machine: a hub and its nodes, in one folder, used through their command lines as
//! people use them.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use lintas::telemetry::observe::address_in;
use serde_json::Value;
use thiserror::Error;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use crate::programs::{self, ProgramsError};
use crate::wait::{WaitError, until};

/// How long a program may take for what it does at once.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// What went wrong with a federation.
#[derive(Debug, Error)]
pub enum FederationError {
    /// The programs could not be built.
    #[error(transparent)]
    Programs(#[from] ProgramsError),
    /// The system said no.
    #[error("{0}")]
    System(#[from] std::io::Error),
    /// A command was refused.
    #[error("`{command}` ended with {status}: {said}")]
    Refused {
        /// What was asked.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        said: String,
    },
    /// What a command printed is no JSON.
    #[error("`{0}` printed no JSON")]
    NoJson(String),
    /// Something did not come true.
    #[error(transparent)]
    Wait(#[from] WaitError),
    /// No such node.
    #[error("there is no node {0}")]
    NoNode(String),
}

type Result<T> = std::result::Result<T, FederationError>;

/// A federation on this machine.
#[derive(Debug)]
pub struct Federation {
    folder: PathBuf,
    port: u16,
    /// Where the hub keeps its journal, if not in its folder.
    database: Option<String>,
    hub: Option<Child>,
    nodes: BTreeMap<String, Option<Child>>,
    /// Variables of the programs' environment.
    environment: BTreeMap<String, String>,
}

impl Federation {
    /// Makes hub and nodes in a folder: keys, certificates, registry. Nothing runs yet.
    ///
    /// # Errors
    /// If a command is refused.
    pub async fn found(folder: &Path, units: &Path, nodes: &[(&str, &str)]) -> Result<Self> {
        Self::found_on(folder, units, nodes, None).await
    }

    /// The same with the hub's database elsewhere than in its folder, if one is named.
    ///
    /// # Errors
    /// If a command is refused.
    pub async fn found_on(
        folder: &Path,
        units: &Path,
        nodes: &[(&str, &str)],
        database: Option<String>,
    ) -> Result<Self> {
        Self::found_as("lapor.test", folder, units, nodes, database).await
    }

    /// The same under a name: a federation for training has a clock that can be set.
    ///
    /// # Errors
    /// If a command is refused.
    pub async fn found_as(
        name: &str,
        folder: &Path,
        units: &Path,
        nodes: &[(&str, &str)],
        database: Option<String>,
    ) -> Result<Self> {
        let port = free_port()?;
        let nodes_by_code = nodes.iter().map(|(code, _)| ((*code).to_owned(), None)).collect();
        let mut federation = Self {
            folder: folder.to_owned(),
            port,
            database,
            hub: None,
            nodes: nodes_by_code,
            environment: usual_environment(),
        };
        let listen = format!("127.0.0.1:{port}");
        federation.hub(&["init", "--federation", name, "--listen", &listen, "--dns", "localhost"]).await?;
        federation.hub(&["units", "import", &units.display().to_string()]).await?;
        // Nodes join over the wire.
        federation.start_hub()?;
        federation.hub_listens().await?;
        for (code, name) in nodes {
            federation.join(code, name).await?;
        }
        federation.stop_hub().await?;
        Ok(federation)
    }

    /// Waits until the hub takes connections.
    ///
    /// # Errors
    /// If it does not.
    pub async fn hub_listens(&self) -> Result<()> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let listens =
            until("the hub's port", PATIENCE, async || tokio::net::TcpStream::connect(address).await.ok().map(drop));
        Ok(listens.await?)
    }

    /// Has the hub issue a token for a node.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn token(&self, code: &str, name: &str) -> Result<String> {
        Ok(self.hub(&["enrol", code, "--name", name]).await?.trim().to_owned())
    }

    /// A node joins with a token, which it is given by standard input; the hub must run.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn join_with(&self, code: &str, token: &str, arguments: &[&str]) -> Result<String> {
        let arguments = [&["join"], arguments].concat();
        let mut join = self.command(&programs::node()?, &self.node_folder(code), &arguments);
        let mut join = join.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut input) = join.stdin.take() {
            input.write_all(token.as_bytes()).await?;
        }
        read(join.wait_with_output().await?, &format!("lintas-node [{code}]"), &arguments)
    }

    /// Makes a node that joins over the wire.
    async fn join(&self, code: &str, name: &str) -> Result<()> {
        let token = self.token(code, name).await?;
        self.join_with(code, &token, &[]).await?;
        Ok(())
    }

    /// The same federation in another folder: a copy of everything, its keys and its port included, but for a database that lies
    /// elsewhere; that of the copy is named. Only while nothing of it runs, and never both at once.
    ///
    /// # Errors
    /// If something cannot be copied.
    pub async fn copied(&self, folder: &Path, database: Option<String>) -> Result<Self> {
        let all = format!("{}/.", self.folder.display());
        let mut copy = Command::new("cp");
        copy.arg("-a").arg(all).arg(folder);
        said(copy, "cp", &["-a"]).await?;
        let nodes = self.nodes.keys().map(|code| (code.clone(), None)).collect();
        let environment = self.environment.clone();
        Ok(Self { folder: folder.to_owned(), port: self.port, database, hub: None, nodes, environment })
    }

    /// Makes a node's folder and enrols it by files: its request to the hub, the hub's bundle back.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn enrol(&self, code: &str, name: &str) -> Result<()> {
        self.node(code, &["init", "--federation", "lapor.test", "--node", code, "--name", name]).await?;
        let data = self.node_folder(code);
        let (request, bundle) = (data.join("enrolment-request.toml"), data.join("bundle.toml"));
        let (request, bundle) = (request.display().to_string(), bundle.display().to_string());
        self.hub(&["enrol", code, "--name", name, "--request", &request, "--out", &bundle]).await?;
        self.node(code, &["join", "--bundle", &bundle]).await?;
        Ok(())
    }

    /// Sets a variable in the environment of every program that is started from now on.
    pub fn set_variable(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Where the hub (`hub`) or a node (its code) tells metrics and health, once it runs.
    #[must_use]
    pub fn observed_at(&self, name: &str) -> Option<SocketAddr> {
        let folder = if name == "hub" { self.hub_folder() } else { self.node_folder(name) };
        address_in(&folder)
    }

    fn command(&self, program: &Path, data: &Path, arguments: &[&str]) -> Command {
        let mut command = command(program, data, arguments);
        command.envs(&self.environment);
        command
    }

    /// The codes of the nodes.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(String::as_str)
    }

    /// Where everything lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a node keeps its things.
    #[must_use]
    pub fn node_folder(&self, code: &str) -> PathBuf {
        self.folder.join(format!("node-{code}"))
    }

    /// Where the hub keeps its things.
    #[must_use]
    pub fn hub_folder(&self) -> PathBuf {
        self.folder.join("hub")
    }

    /// The port on which the hub listens.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// A node's database.
    #[must_use]
    pub fn node_database(&self, code: &str) -> PathBuf {
        self.node_folder(code).join("node.db")
    }

    /// The hub's database.
    #[must_use]
    pub fn hub_database(&self) -> PathBuf {
        self.hub_folder().join("hub.db")
    }

    /// A command of the hub's program.
    #[must_use]
    pub fn hub_command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = self.command(program, &self.hub_folder(), arguments);
        if let Some(database) = &self.database {
            command.env("LINTAS_DATABASE", database);
        }
        command
    }

    /// Runs a command of the hub's program to its end.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn hub(&self, arguments: &[&str]) -> Result<String> {
        said(self.hub_command(&programs::hub()?, arguments), "lintas-hub", arguments).await
    }

    /// Runs a command of a node's program to its end.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn node(&self, code: &str, arguments: &[&str]) -> Result<String> {
        let node = self.command(&programs::node()?, &self.node_folder(code), arguments);
        said(node, &format!("lintas-node [{code}]"), arguments).await
    }

    /// The same, with `--json`, read.
    ///
    /// # Errors
    /// If it is refused or prints no JSON.
    pub async fn ask(&self, code: &str, arguments: &[&str]) -> Result<Value> {
        let with_json = [arguments, &["--json"]].concat();
        let text = self.node(code, &with_json).await?;
        serde_json::from_str(&text).map_err(|_| FederationError::NoJson(arguments.join(" ")))
    }

    /// The hub's answer to a reading command, with `--json`, read.
    ///
    /// # Errors
    /// If it is refused or prints no JSON.
    pub async fn ask_hub(&self, arguments: &[&str]) -> Result<Value> {
        let with_json = [arguments, &["--json"]].concat();
        let text = self.hub(&with_json).await?;
        serde_json::from_str(&text).map_err(|_| FederationError::NoJson(arguments.join(" ")))
    }

    /// Starts the hub.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn start_hub(&mut self) -> Result<()> {
        self.start_hub_under(&[])
    }

    /// Starts the hub by way of another program, such as a tracer, given with its arguments.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start_hub_under(&mut self, wrapper: &[&str]) -> Result<()> {
        let mut run = under(wrapper, self.hub_command(&programs::hub()?, &["run"]));
        self.hub = Some(run.stdin(Stdio::null()).stderr(self.log("hub")?).kill_on_drop(true).spawn()?);
        Ok(())
    }

    /// Starts a node and waits until its desk answers.
    ///
    /// # Errors
    /// If it does not come up.
    pub async fn start_node(&mut self, code: &str) -> Result<()> {
        self.start_node_under(&[], code).await
    }

    /// Starts a node by way of another program, such as a tracer, given with its arguments.
    ///
    /// # Errors
    /// If it does not come up.
    pub async fn start_node_under(&mut self, wrapper: &[&str], code: &str) -> Result<()> {
        self.spawn_node_under(wrapper, code)?;
        let what = format!("the desk of {code}");
        let up = until(&what, PATIENCE, async || {
            let status = self.ask(code, &["status"]).await.ok()?;
            (status["link"]["state"] != "unknown").then_some(())
        });
        Ok(up.await?)
    }

    /// Starts a node by way of another program, and waits for nothing.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn spawn_node_under(&mut self, wrapper: &[&str], code: &str) -> Result<()> {
        let mut run = under(wrapper, self.command(&programs::node()?, &self.node_folder(code), &["run"]));
        let child = run.stdin(Stdio::null()).stderr(self.log(code)?).kill_on_drop(true).spawn()?;
        self.nodes.insert(code.to_owned(), Some(child));
        Ok(())
    }

    /// Starts everything, waits until all links are up, and has the nodes' keys endorsed.
    ///
    /// # Errors
    /// If something does not come up.
    pub async fn start(&mut self) -> Result<()> {
        self.start_unendorsed().await?;
        self.endorse().await
    }

    /// Starts everything and waits until all links are up.
    ///
    /// # Errors
    /// If something does not come up.
    pub async fn start_unendorsed(&mut self) -> Result<()> {
        self.start_hub()?;
        for code in self.nodes.keys().cloned().collect::<Vec<_>>() {
            self.start_node(&code).await?;
        }
        for code in self.codes() {
            self.linked(code).await?;
        }
        // A desk that has not heard of its units yet files nothing.
        self.at_rest().await
    }

    /// Has every node's keys endorsed by the people of the node above, from the top down, if there is one: they compare the code
    /// that the node itself shows.
    ///
    /// # Errors
    /// If an endorsement is refused or not recorded.
    pub async fn endorse(&self) -> Result<()> {
        let mut codes: Vec<&str> = self.codes().collect();
        codes.sort_by_key(|code| (*code != "id", code.split('.').count()));
        for code in codes {
            let known = self.ask(code, &["nodes"]).await?;
            let own =
                known["nodes"].as_array().and_then(|nodes| nodes.iter().find(|node| node["code"] == code).cloned());
            let Some(own) = own.filter(|own| own["confirmed"] == false) else { continue };
            let (Some(by), Some(shown)) = (own["endorser"].as_str(), own["key_code"].as_str()) else { continue };
            self.node(by, &["endorse", code, shown]).await?;
        }
        self.at_rest().await
    }

    /// What the hub (`hub`) or a node (its code) has logged, over all its lives.
    #[must_use]
    pub fn log_file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    fn log(&self, name: &str) -> Result<Stdio> {
        let file = std::fs::File::options().create(true).append(true).open(self.log_file(name))?;
        Ok(Stdio::from(file))
    }

    /// Waits until a node's link is up.
    ///
    /// # Errors
    /// If it does not come up.
    pub async fn linked(&self, code: &str) -> Result<()> {
        let what = format!("the link of {code}");
        let linked = until(&what, PATIENCE.saturating_mul(2), async || {
            let status = self.ask(code, &["status"]).await.ok()?;
            let state = status["link"]["state"].as_str()?.to_owned();
            matches!(state.as_str(), "connected" | "catching-up").then_some(())
        });
        Ok(linked.await?)
    }

    /// Waits until everything written is judged and delivered everywhere.
    ///
    /// # Errors
    /// If it does not come to rest.
    pub async fn at_rest(&self) -> Result<()> {
        let rest = until("the federation at rest", PATIENCE.saturating_mul(3), async || {
            for code in self.codes() {
                let status = self.ask(code, &["status"]).await.ok()?;
                let waiting = ["unsealed", "unacknowledged", "provisional"];
                if waiting.iter().any(|name| status["outbox"][name] != 0) || status["link"]["state"] != "connected" {
                    return None;
                }
            }
            let nodes = self.ask_hub(&["nodes"]).await.ok()?;
            let idle = |node: &Value| node["outbox"] == 0;
            nodes["nodes"].as_array()?.iter().all(idle).then_some(())
        });
        Ok(rest.await?)
    }

    /// Ends a process in order, and says how it ended.
    ///
    /// # Errors
    /// If it does not end.
    pub async fn stop_hub(&mut self) -> Result<Option<ExitStatus>> {
        stop(self.hub.take()).await
    }

    /// Ends a node in order, and says how it ended.
    ///
    /// # Errors
    /// If it does not end.
    pub async fn stop_node(&mut self, code: &str) -> Result<Option<ExitStatus>> {
        stop(self.nodes.get_mut(code).and_then(Option::take)).await
    }

    /// Kills the hub with -9.
    ///
    /// # Errors
    /// If the system says no.
    pub async fn kill_hub(&mut self) -> Result<()> {
        kill(self.hub.take()).await
    }

    /// Kills a node with -9.
    ///
    /// # Errors
    /// If the system says no.
    pub async fn kill_node(&mut self, code: &str) -> Result<()> {
        kill(self.nodes.get_mut(code).and_then(Option::take)).await
    }

    /// The process of the hub, if it runs.
    #[must_use]
    pub fn hub_process(&self) -> Option<u32> {
        self.hub.as_ref().and_then(Child::id)
    }

    /// The process of a node, if it runs.
    #[must_use]
    pub fn node_process(&self, code: &str) -> Option<u32> {
        self.nodes.get(code)?.as_ref().and_then(Child::id)
    }

    /// Ends everything in order.
    ///
    /// # Errors
    /// If something does not end.
    pub async fn stop(&mut self) -> Result<()> {
        for code in self.nodes.keys().cloned().collect::<Vec<_>>() {
            self.stop_node(&code).await?;
        }
        self.stop_hub().await?;
        Ok(())
    }
}

/// A port that is free now; it is bound again in a moment, by the hub, and again after each of its restarts. It lies below
/// those that the system hands out by itself (Linux: from 32768), so that no call of another process takes it meanwhile.
///
/// # Errors
/// If none is free.
pub fn free_port() -> Result<u16> {
    const FIRST: u32 = 20_000;
    const COUNT: u32 = 12_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = std::process::id().wrapping_mul(97);
    for _ in 0..COUNT {
        let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let number = begin.wrapping_add(step).checked_rem(COUNT).unwrap_or(0).saturating_add(FIRST);
        let Ok(port) = u16::try_from(number) else { continue };
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(FederationError::System(std::io::ErrorKind::AddrInUse.into()))
}

/// Metrics and health are told on a port that is free; see [`Federation::observed_at`].
fn usual_environment() -> BTreeMap<String, String> {
    [("LINTAS_OBSERVE_LISTEN".to_owned(), "127.0.0.1:0".to_owned())].into()
}

/// The same command, started by another one.
fn under(wrapper: &[&str], command: Command) -> Command {
    let [program, arguments @ ..] = wrapper else { return command };
    let inner = command.as_std();
    let mut outer = Command::new(program);
    outer.args(arguments).arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer
}

fn command(program: &Path, data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.arg("--data").arg(data).args(arguments).env("LANG", "C.UTF-8").env_remove("LC_ALL").stdin(Stdio::null());
    command
}

async fn said(mut command: Command, program: &str, arguments: &[&str]) -> Result<String> {
    let output = command.output().await?;
    read(output, program, arguments)
}

fn read(output: Output, program: &str, arguments: &[&str]) -> Result<String> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
    let command = format!("{program} {}", arguments.join(" "));
    Err(FederationError::Refused { command, status: output.status, said: said.join(" ").trim().to_owned() })
}

/// SIGTERM, by the shell's own tool: the standard library knows only SIGKILL.
async fn stop(child: Option<Child>) -> Result<Option<ExitStatus>> {
    let Some(mut child) = child else { return Ok(None) };
    if let Some(id) = child.id() {
        Command::new("kill").arg(id.to_string()).status().await?;
    }
    if let Ok(status) = tokio::time::timeout(PATIENCE, child.wait()).await {
        return Ok(Some(status?));
    }
    child.kill().await?;
    Err(FederationError::Wait(WaitError { what: "a process to end".to_owned(), seconds: PATIENCE.as_secs() }))
}

async fn kill(child: Option<Child>) -> Result<()> {
    if let Some(mut child) = child {
        child.kill().await?;
    }
    Ok(())
}

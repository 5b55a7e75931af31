//! Private PostgreSQL clusters for the comparison, by `tests/postgres.sh`, and their databases. What is done in them is others'.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokio::process::Command;

use super::error::{BenchError, Result};
use super::plan::CLUSTER;
use super::psql::Psql;

/// The schema of a hub's tables.
pub(super) const SCHEMA: &str = "lintas";

/// Where a cluster answers, and as whom.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) port: String,
    user: String,
    password: String,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("port", &self.port).finish_non_exhaustive()
    }
}

impl Address {
    /// Reads `postgres://USER:PASSWORD@127.0.0.1:PORT/DATABASE`.
    fn parse(url: &str) -> Option<Self> {
        let (user, rest) = url.strip_prefix("postgres://")?.split_once(':')?;
        let (password, place) = rest.split_once('@')?;
        let port = place.split_once(':')?.1.split_once('/')?.0;
        Some(Self { port: port.to_owned(), user: user.to_owned(), password: password.to_owned() })
    }

    /// Tells a program of PostgreSQL where to go, outside its argument list.
    pub(super) fn set(&self, command: &mut Command, database: &str) {
        command.env("PGHOST", "127.0.0.1").env("PGPORT", &self.port).env("PGUSER", &self.user);
        // The tables of a hub lie in a schema of their own.
        command.env("PGOPTIONS", format!("-c search_path={SCHEMA},public"));
        command.env("PGPASSWORD", &self.password).env("PGDATABASE", database).env_remove("PGSERVICE");
    }

    /// As an address of a database.
    pub(super) fn url(&self, database: &str) -> String {
        let Self { port, user, password } = self;
        format!("postgres://{user}:{password}@127.0.0.1:{port}/{database}")
    }
}

/// A cluster that lives as long as this.
#[derive(Debug)]
pub(super) struct Cluster {
    /// Its folder; `data` is below it.
    pub(super) folder: PathBuf,
    pub(super) address: Address,
    /// Where PostgreSQL's programs are.
    pub(super) bin: PathBuf,
}

impl Cluster {
    /// Starts one. Should nobody wait for it any more when it has started, it ends at once.
    pub(super) async fn start() -> Result<Self> {
        let started = tokio::task::spawn_blocking(Self::started).await;
        started.map_err(std::io::Error::from)?
    }

    fn started() -> Result<Self> {
        let bin = PathBuf::from(script(&["programs"])?.trim());
        let said = script(&[&["start"], CLUSTER].concat())?;
        let mut lines = said.lines();
        let (Some(folder), Some(url)) = (lines.next(), lines.next()) else {
            return Err(BenchError::Postgres("tests/postgres.sh named no cluster".to_owned()));
        };
        let unreadable = || BenchError::Postgres("tests/postgres.sh named no address".to_owned());
        Ok(Self { folder: PathBuf::from(folder), address: Address::parse(url).ok_or_else(unreadable)?, bin })
    }

    /// Opens a session.
    pub(super) fn psql(&self, database: &str) -> Result<Psql> {
        Psql::open(&self.bin, &self.address, database)
    }

    /// Runs statements in a session of their own.
    pub(super) async fn run(&self, database: &str, statements: &[&str]) -> Result<()> {
        let mut psql = self.psql(database)?;
        for sql in statements {
            psql.ask(sql).await?;
        }
        psql.close().await
    }

    /// Makes a database, as a copy of another if one is named; there is none of that name afterwards but this.
    pub(super) async fn make(&self, database: &str, template: &str) -> Result<()> {
        self.drop_database(database).await?;
        let make = format!("CREATE DATABASE {database} TEMPLATE {template} STRATEGY file_copy");
        self.run("postgres", &[&make]).await
    }

    /// Drops a database, whoever is connected.
    pub(super) async fn drop_database(&self, database: &str) -> Result<()> {
        self.run("postgres", &[&format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)")]).await
    }

    /// Writes out what is dirty, so that no case pays for the one before.
    pub(super) async fn settle(&self) -> Result<()> {
        self.run("postgres", &["CHECKPOINT"]).await
    }

    /// The schema of a database of this cluster, without a row, as a database of another.
    pub(super) async fn copy_schema(&self, from: &str, to: &Self, database: &str) -> Result<()> {
        to.make(database, "template0").await?;
        let mut dump = Command::new(self.bin.join("pg_dump"));
        self.address.set(dump.args(["--schema-only", "--no-owner"]), from);
        let schema = output(dump, "pg_dump").await?;
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), schema)?;
        let mut load = Command::new(to.bin.join("psql"));
        load.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-f"]).arg(file.path());
        to.address.set(&mut load, database);
        output(load, "psql").await.map(drop)
    }

    /// A folder in which server and this program can write files for each other, below the cluster's own.
    pub(super) fn exchange(&self) -> Result<PathBuf> {
        let folder = self.folder.join("exchange");
        std::fs::create_dir_all(&folder)?;
        self.give(&folder)?;
        Ok(folder)
    }

    /// Makes a file the server's own.
    pub(super) fn give(&self, path: &Path) -> Result<()> {
        use std::os::unix::fs::MetadataExt as _;
        let owner = std::fs::metadata(self.folder.join("data"))?;
        Ok(std::os::unix::fs::chown(path, Some(owner.uid()), Some(owner.gid()))?)
    }

    /// PostgreSQL's version.
    pub(super) async fn version(&self) -> Result<String> {
        let mut psql = self.psql("postgres")?;
        let version = psql.value("SHOW server_version").await?;
        psql.close().await?;
        Ok(version)
    }

    /// Ends it and removes it.
    pub(super) fn stop(self) -> Result<()> {
        let folder = self.folder.display().to_string();
        script(&["stop", &folder]).map(drop)
    }
}

impl Drop for Cluster {
    /// For a run that broke off; after [`Cluster::stop`] there is nothing left to end.
    fn drop(&mut self) {
        if self.folder.exists() {
            drop(script(&["stop", &self.folder.display().to_string()]));
        }
    }
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("postgres.sh")
}

/// Runs the script, in a process group of its own: Ctrl-C is for this program, which ends what it has started.
fn script(arguments: &[&str]) -> Result<String> {
    let mut command = std::process::Command::new("bash");
    command.arg(path()).args(arguments).process_group(0).stdin(Stdio::null());
    said(&command.output()?, "tests/postgres.sh")
}

async fn output(mut command: Command, what: &str) -> Result<String> {
    said(&command.stdin(Stdio::null()).kill_on_drop(true).output().await?, what)
}

fn said(output: &Output, what: &str) -> Result<String> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(BenchError::Postgres(format!("{what}: {}", String::from_utf8_lossy(&output.stderr).trim())))
}

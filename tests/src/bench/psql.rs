//! One session of PostgreSQL's own client, kept open: a statement in, its rows out. It knows nothing of what is measured.

use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use super::cluster::Address;
use super::error::{BenchError, Result};

/// What stands after the rows of a statement.
const END: &str = "--end--";

/// An open session.
#[derive(Debug)]
pub(super) struct Psql {
    child: Child,
    input: ChildStdin,
    rows: Lines<BufReader<ChildStdout>>,
    errors: ChildStderr,
}

impl Psql {
    /// Opens a session with a database; `bin` is where the programs are.
    pub(super) fn open(bin: &Path, address: &Address, database: &str) -> Result<Self> {
        let mut command = Command::new(bin.join("psql"));
        command.args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"]);
        address.set(&mut command, database);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let closed = || BenchError::Postgres("psql has no pipes".to_owned());
        let input = child.stdin.take().ok_or_else(closed)?;
        let rows = BufReader::new(child.stdout.take().ok_or_else(closed)?).lines();
        let errors = child.stderr.take().ok_or_else(closed)?;
        Ok(Self { child, input, rows, errors })
    }

    /// Runs statements and returns their rows, columns apart by `|`.
    pub(super) async fn ask(&mut self, sql: &str) -> Result<Vec<String>> {
        let line = format!("{sql};\n\\echo {END}\n");
        if self.input.write_all(line.as_bytes()).await.is_err() {
            return Err(self.refused().await);
        }
        self.input.flush().await?;
        let mut rows = Vec::new();
        loop {
            match self.rows.next_line().await? {
                Some(row) if row == END => return Ok(rows),
                Some(row) => rows.push(row),
                None => return Err(self.refused().await),
            }
        }
    }

    /// Runs statements whose one answer is one value.
    pub(super) async fn value(&mut self, sql: &str) -> Result<String> {
        let rows = self.ask(sql).await?;
        rows.into_iter().next().ok_or_else(|| BenchError::Postgres(format!("no answer to {sql}")))
    }

    /// Whether a statement's one answer is true.
    pub(super) async fn is(&mut self, sql: &str) -> Result<bool> {
        Ok(self.value(sql).await? == "t")
    }

    /// Ends the session.
    pub(super) async fn close(mut self) -> Result<()> {
        drop(self.input);
        self.child.wait().await?;
        Ok(())
    }

    async fn refused(&mut self) -> BenchError {
        let mut said = String::new();
        match self.errors.read_to_string(&mut said).await {
            Ok(_) => BenchError::Postgres(said.trim().to_owned()),
            Err(error) => BenchError::System(error),
        }
    }
}

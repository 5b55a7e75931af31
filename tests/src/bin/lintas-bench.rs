//! `make bench`: reads what to measure from the command line and has it measured.

use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use lintas_tests::bench::plan::{self, Case};
use lintas_tests::bench::{Options, Part, run};
use tokio::time::timeout;

/// How fast, how prompt and how large hub and node are, beside PostgreSQL in the same run.
#[derive(Debug, Parser)]
struct Arguments {
    /// Events of the node that catches up, rounded up to whole rounds.
    #[arg(long, default_value_t = plan::EVENTS)]
    events: u64,
    /// How often each case is measured.
    #[arg(long, default_value_t = plan::RUNS)]
    runs: usize,
    /// Actions timed in one run.
    #[arg(long, default_value_t = plan::SAMPLES)]
    samples: usize,
    /// Only this part.
    #[arg(long)]
    only: Option<Part>,
    /// Only these cases of catching up: hub-postgres, copy, replication, hub-sqlite.
    #[arg(long, value_parser = case, value_delimiter = ',')]
    cases: Vec<Case>,
    /// Where the figures go as JSON; within the target folder by default.
    #[arg(long)]
    out: Option<PathBuf>,
    /// A program, with its arguments, under which the hub runs while a node catches up, such as a profiler.
    #[arg(long, value_delimiter = ' ')]
    hub_under: Vec<String>,
    /// The same for the node.
    #[arg(long, value_delimiter = ' ')]
    node_under: Vec<String>,
}

/// What a shell says of a program that SIGINT ended.
const INTERRUPTED: u8 = 130;

fn case(name: &str) -> Result<Case, String> {
    Case::ALL.into_iter().find(|case| case.name() == name).ok_or_else(|| format!("there is no case {name}"))
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let Arguments { events, runs, samples, only, cases, out, hub_under, node_under } = Arguments::parse();
    let out = match out {
        Some(out) => out,
        None => target()?.join(plan::FILE),
    };
    let options = Options { events, runs, samples, only, cases, out, hub_under, node_under };
    // What was begun is dropped in order, and with it goes what it has started.
    let mut interrupted = pin!(tokio::signal::ctrl_c());
    let measured = tokio::select! {
        biased;
        signal = &mut interrupted => signal.map(|()| None)?,
        measured = run(&options) => Some(measured),
    };
    match measured {
        Some(Ok(())) => return Ok(ExitCode::SUCCESS),
        // A terminal interrupts all that runs in the foreground: a server that is about to start may be heard of first.
        Some(Err(error)) if timeout(Duration::from_secs(1), interrupted).await.is_err() => return Err(error.into()),
        Some(Err(_)) | None => {}
    }
    eprintln!("interrupted: nothing is left running");
    Ok(ExitCode::from(INTERRUPTED))
}

/// The target folder in which this program was built.
fn target() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.parent().and_then(|profile| profile.parent());
    Ok(target.context("this program lies in no folder")?.to_owned())
}

//! The one place that says what is measured: sizes, numbers of runs, settings of the databases, and which ratios are told. It
//! measures nothing.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

/// Events of the node that catches up.
pub const EVENTS: u64 = 200_000;
/// Bytes of text in each of them.
pub const NARRATIVE_BYTES: usize = 500;
/// What is done with each complaint, one event each: filed, verified, disposed, followed up, answered.
pub const STEPS: u64 = 5;
/// Complaints that are under way at a time: each takes its next step once all of them have taken the one before, so that most
/// events find their complaint's history in a database, not in their own batch.
pub const UNDER_WAY: u64 = 1000;
/// How often each case is measured. The cases take turns, so that what drifts hits all alike.
pub const RUNS: usize = 5;
/// Actions at the desk, or rows, whose way is timed in one run of a case.
pub const SAMPLES: usize = 200;
/// Complaints on which those actions are done in turn.
pub const SAMPLED_COMPLAINTS: usize = 20;
/// How often it is looked whether an action has arrived.
pub const LOOK_EVERY: Duration = Duration::from_micros(500);
/// How often it is looked whether everything has arrived.
pub const END_LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long one case may take.
pub const LIMIT: Duration = Duration::from_mins(20);
/// Where the figures lie afterwards, within the target folder.
pub const FILE: &str = "bench/bench.json";

/// Settings of every PostgreSQL in the comparison, beside what `tests/postgres.sh` sets; the rest is PostgreSQL's default. Nothing
/// of them trades durability for speed.
pub const CLUSTER: &[&str] = &[
    "wal_level=logical",
    "fsync=on",
    "full_page_writes=on",
    "synchronous_commit=on",
    "shared_buffers=512MB",
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
    "max_connections=60",
    "wal_sender_timeout=10min",
    "wal_receiver_timeout=10min",
];

/// Options of the subscription: what is applied is flushed before it is confirmed; rows travel in binary, the faster way; no rows
/// are copied beforehand, so that all of them come by the stream.
pub const SUBSCRIPTION: &str = "copy_data = false, enabled = false, synchronous_commit = 'on', binary = true";

/// The ratios of catching up: the time of the second, divided by the time of the first. Above 1 the first is faster.
pub const RATIOS: &[(Case, Case, Option<f64>)] = &[
    (Case::HubPostgres, Case::Replication, Some(1.0)),
    (Case::HubPostgres, Case::Copy, Some(0.5)),
    (Case::HubSqlite, Case::Replication, None),
    (Case::HubSqlite, Case::Copy, None),
];

/// What is measured, in the order in which the cases take turns.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Case {
    /// A node catches up with a hub on PostgreSQL.
    HubPostgres,
    /// The rows that the hub then has, by binary COPY into the same tables of the same PostgreSQL.
    Copy,
    /// The same rows by logical replication from one PostgreSQL to another.
    Replication,
    /// A node catches up with a hub on SQLite.
    HubSqlite,
}

impl Case {
    /// All cases.
    pub const ALL: [Self; 4] = [Self::HubPostgres, Self::Copy, Self::Replication, Self::HubSqlite];

    /// Its name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HubPostgres => "hub-postgres",
            Self::Copy => "copy",
            Self::Replication => "replication",
            Self::HubSqlite => "hub-sqlite",
        }
    }

    /// Its name in the table.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::HubPostgres => "node to hub on PostgreSQL",
            Self::Copy => "binary COPY",
            Self::Replication => "logical replication",
            Self::HubSqlite => "node to hub on SQLite",
        }
    }
}

/// What can be left out of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Part {
    /// (a) Catching up, with the memory of hub and node before and after (c).
    CatchUp,
    /// (b) How long one action takes on its way.
    Latency,
    /// (d) How long a suspended node's stream lives on.
    Ending,
    /// (e) How long statistics take, with ten times as many complaints in the same cells.
    Statistics,
}

/// What this run does otherwise than the whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// Events of the node that catches up.
    pub events: u64,
    /// How often each case is measured.
    pub runs: usize,
    /// Actions timed in one run of a case.
    pub samples: usize,
    /// Only this part.
    pub only: Option<Part>,
    /// Only these cases of catching up; all if empty.
    pub cases: Vec<Case>,
    /// Where the figures go.
    pub out: PathBuf,
    /// A program under which the hub is started in catching up, such as a profiler.
    pub hub_under: Vec<String>,
    /// The same for the node.
    pub node_under: Vec<String>,
}

impl Options {
    /// Whether a part is done.
    #[must_use]
    pub fn does(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }

    /// Whether a case is measured.
    #[must_use]
    pub fn measures(&self, case: Case) -> bool {
        self.cases.is_empty() || self.cases.contains(&case)
    }
}

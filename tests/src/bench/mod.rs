//! `make bench`: how fast, how prompt and how large hub and node are, beside what PostgreSQL does with the same rows in the same
//! run. It measures real processes; no test asserts a time.

mod case;
mod catch_up;
mod cluster;
mod copy;
mod ending;
mod error;
mod figures;
mod latency;
mod machine;
mod memory;
pub mod plan;
mod psql;
mod replication;
mod report;
mod run;
mod statistics;
mod tls;
mod workload;

pub use error::BenchError;
pub use plan::{Options, Part};
pub use run::run;

//! The doctor: what is well, what will become a problem, what is one, each with its remedy. Judgements of facts only: it looks at
//! nothing by itself, so that each verdict can be tried; who gathers the facts is `facts`.

pub mod certificate;
pub mod clock;
pub mod database;
pub mod disk;
pub mod files;
pub mod network;
pub mod report;
pub mod upkeep;

pub use report::{Finding, Report, Verdict};

/// Seconds of a day.
const DAY_SECONDS: i64 = 86_400;

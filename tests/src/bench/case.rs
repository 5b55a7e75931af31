//! The wall clock of the measurements, and waiting for an end by looking often. No other part reads a clock.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

use super::error::{BenchError, Result};
use super::plan::LIMIT;

/// A moment from which time is taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// What has passed since, in seconds.
    pub(super) fn seconds(self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// Looks at once and then every so often until it is true; `what` says what is waited for.
pub(super) async fn until(what: &str, every: Duration, mut look: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let seen = async {
        loop {
            ticks.tick().await;
            if look().await? {
                return Ok(());
            }
        }
    };
    tokio::time::timeout(LIMIT, seen).await.map_err(|_| BenchError::Late(what.to_owned()))?
}

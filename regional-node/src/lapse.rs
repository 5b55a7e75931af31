//! Looking after reporters' windows while the node serves: what has lapsed is closed or archived, again and again.

use std::convert::Infallible;
use std::time::Duration;

use lintas::desk::Desk;
use lintas::runtime::{OnFailure, Tasks};
use lintas::store::Store;
use tokio::time::{MissedTickBehavior, interval};

/// How often it is looked.
const EVERY: Duration = Duration::from_mins(1);
/// The same in a federation whose clock may run fast.
const EVERY_IN_TRAINING: Duration = Duration::from_secs(1);

/// Looks as long as the tasks run.
pub(crate) fn look_after<S: Store>(desk: Desk<S>, training: bool, tasks: &Tasks) {
    let stop = tasks.stopping();
    tasks.spawn("lapse", OnFailure::EndProcess, async move {
        let mut every = interval(if training { EVERY_IN_TRAINING } else { EVERY });
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok::<(), Infallible>(()),
                _ = every.tick() => match desk.lapse().await {
                    Ok(0) => {}
                    Ok(count) => tracing::info!(count, "reporters' time has passed: closed or archived"),
                    Err(error) => tracing::warn!(%error, "what has lapsed cannot be looked at; it is again soon"),
                },
            }
        }
    });
}

//! Looking for silence while the hub serves: again and again, and whoever has something on the way is woken.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use lintas::link::hub::HubShared;
use lintas::link::hub::silence::{Watch, listen};
use lintas::link::transport::hub::Wakers;
use lintas::runtime::{OnFailure, Tasks};
use lintas::store::Store;
use tokio::time::{MissedTickBehavior, interval};

/// How often deadlines are looked at.
const EVERY: Duration = Duration::from_secs(30);
/// The same in a federation whose clock may run fast.
const EVERY_IN_TRAINING: Duration = Duration::from_secs(1);

/// Looks for deadlines that have passed as long as the tasks run.
pub(crate) fn look_after<S: Store>(shared: Arc<HubShared<S>>, wakers: Arc<Wakers>, training: bool, tasks: &Tasks) {
    let stop = tasks.stopping();
    tasks.spawn("silence", OnFailure::EndProcess, async move {
        let watch = Watch::default();
        let mut every = interval(if training { EVERY_IN_TRAINING } else { EVERY });
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok::<(), Infallible>(()),
                _ = every.tick() => look(&shared, &watch, &wakers).await,
            }
        }
    });
}

async fn look<S: Store>(shared: &HubShared<S>, watch: &Watch, wakers: &Wakers) {
    match listen(shared, watch).await {
        Ok(heard) => {
            wakers.wake(&heard.woken);
            if heard.climbed > 0 || heard.told > 0 {
                tracing::info!(climbed = heard.climbed, told = heard.told, "deadlines have passed");
            }
        }
        Err(error) => tracing::warn!(%error, "deadlines cannot be looked at; they are again soon"),
    }
}

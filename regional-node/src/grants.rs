//! Lets others open what this node can open and they are to read: when something came that may leave somebody out, at the start, and
//! every hour. What is to be granted is found in the database each time. New keys of its own, too, are put in place when they count.

use std::sync::Arc;
use std::time::Duration;

use lintas::desk::Desk;
use lintas::desk::granting::Turn;
use lintas::link::node::NodeShared;
use lintas::store::Store;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::rotate;
use crate::settings::Settings;

/// How often all complaints are looked at unasked.
const LOOK_EVERY: Duration = Duration::from_hours(1);

/// Grants until told to stop.
pub(crate) async fn grant<S: Store>(
    desk: Desk<S>,
    shared: Arc<NodeShared<S>>,
    settings: Settings,
    stop: CancellationToken,
) {
    finish_rotation(&desk, &settings).await;
    let mut news = shared.news.subscribe();
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let granted = tokio::select! {
            () = stop.cancelled() => return,
            // Others may have been on their way to it and stopped.
            _ = look.tick() => desk.grant_all(Turn::Anybodys).await,
            changed = news.changed() => {
                if changed.is_err() {
                    return;
                }
                let heard = shared.news.take();
                if heard.all {
                    finish_rotation(&desk, &settings).await;
                }
                let granted = if heard.all {
                    desk.grant_all(Turn::Own).await
                } else {
                    desk.grant(heard.complaints, Turn::Own).await
                };
                shared.news.done();
                granted
            }
        };
        match granted {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "other nodes were let in to sealed content"),
            Err(error) => tracing::warn!(%error, "grants could not be written; tried again within the hour"),
        }
    }
}

/// New keys of this node that the registry names by now are put in the place of the old ones.
async fn finish_rotation<S: Store>(desk: &Desk<S>, settings: &Settings) {
    let finished = match desk.registry().await {
        Ok(registry) => rotate::finish(settings, &registry).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match finished {
        Ok(false) => {}
        Ok(true) => tracing::info!("new signing and sealing keys are in force; make a new recovery kit"),
        Err(error) => tracing::error!(
            error,
            "the new keys are in force, but their files could not be put in place; both are used"
        ),
    }
}

//! Lets others open what this node can open and they are to read: when something came that may leave somebody out, at the start, and
//! every hour. What is to be granted is found in the database each time.

use std::sync::Arc;
use std::time::Duration;

use lintas::desk::Desk;
use lintas::desk::granting::Turn;
use lintas::link::node::NodeShared;
use lintas::store::Store;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often all complaints are looked at unasked.
const LOOK_EVERY: Duration = Duration::from_hours(1);

/// Grants until told to stop.
pub(crate) async fn grant<S: Store>(desk: Desk<S>, shared: Arc<NodeShared<S>>, stop: CancellationToken) {
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

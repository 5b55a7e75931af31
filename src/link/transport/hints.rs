//! Hints between hub processes on one database: what this process rings for, others hear, and the other way round. Nothing
//! depends on them but time.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::hub::Wakers;
use crate::runtime::{OnFailure, Tasks};
use crate::store::hints::{Ears, Hints, Waiting};

/// How long a process stays deaf before it tries to listen again.
const LISTEN_AGAIN: Duration = Duration::from_secs(2);

/// Exchanges hints until the process stops, in two tasks.
pub fn exchange<H: Hints>(hints: H, wakers: Arc<Wakers>, tasks: &Tasks) {
    let (telling, rung, stop) = (hints.clone(), Arc::clone(&wakers), tasks.stopping());
    tasks.spawn("hints told", OnFailure::EndProcess, async move {
        loop {
            // All that is rung for while one notice is told goes into the next.
            let nodes = tokio::select! {
                () = stop.cancelled() => return Ok::<(), Infallible>(()),
                nodes = rung.rung_for() => nodes,
            };
            if let Err(error) = telling.tell(&nodes).await {
                tracing::debug!(%error, "other processes were not told that something waits; they look by themselves");
            }
        }
    });
    let stop = tasks.stopping();
    tasks.spawn("hints heard", OnFailure::EndProcess, async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok::<(), Infallible>(()),
                () = listen(&hints, &wakers) => {}
            }
            // The wait ends early only because the process stops.
            let _ = timeout(LISTEN_AGAIN, stop.cancelled()).await;
        }
    });
}

/// Rings for whatever is heard, until the connection cannot be made again.
async fn listen<H: Hints>(hints: &H, wakers: &Wakers) {
    let mut ears = match hints.listen().await {
        Ok(ears) => ears,
        Err(error) => {
            tracing::debug!(%error, "hints of other processes are not heard for now");
            return;
        }
    };
    // What was told before is not known.
    wakers.ring_all();
    loop {
        match ears.hear().await {
            Ok(Waiting::Nodes(nodes)) => wakers.ring(&nodes),
            Ok(Waiting::Anybody) => wakers.ring_all(),
            Err(error) => {
                tracing::debug!(%error, "hints of other processes are not heard for now");
                return;
            }
        }
    }
}

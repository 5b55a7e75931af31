//! How long a stream outlives a suspension: from the moment at which the hub's operator calls the command, which is another process
//! than the one that serves, until the node has lost its link.

use lintas::desk::service::Caller;
use lintas::desk::socket::SocketPlace;
use lintas::protocol::desk::v1 as desk;
use lintas::store::sqlite::SqliteStore;

use super::case::{Stopwatch, until};
use super::catch_up::{HubOn, folder};
use super::error::{BenchError, Result};
use super::plan::LOOK_EVERY;
use crate::demo::{NODES, data_folder};
use crate::federation::Federation;

/// The hub's database on PostgreSQL.
const DATABASE: &str = "endings";

/// Suspends each node but the national one, one after the other; seconds for each.
pub(super) async fn endings(on: HubOn<'_>) -> Result<Vec<f64>> {
    let folder = folder()?;
    let database = on.fresh(DATABASE).await?;
    let mut federation = Federation::found_on(folder.path(), &data_folder().join("units.csv"), NODES, database).await?;
    federation.start().await?;
    federation.at_rest().await?;
    let mut seconds = Vec::new();
    for (code, _) in NODES.iter().filter(|(code, _)| *code != "id") {
        let place =
            SocketPlace::of(&federation.node_folder(code)).map_err(|error| BenchError::Wrong(error.to_string()))?;
        let mut node: Caller<SqliteStore> = Caller::connect(&place).await?;
        let watch = Stopwatch::start();
        federation.hub(&["suspend", code]).await?;
        until("the end of a suspended node's stream", LOOK_EVERY, async || {
            let link = node.status(desk::StatusRequest {}).await?.link.unwrap_or_default();
            Ok(link.state != "connected" && link.state != "catching-up")
        })
        .await?;
        seconds.push(watch.seconds());
    }
    federation.stop().await?;
    Ok(seconds)
}

//! Endorsing a node's keys from the command line: hands the code that was read out to the running node, and waits until the registry
//! shows that it counts.

use std::time::Duration;

use lintas::desk::service::Caller;
use lintas::protocol::desk::v1 as wire;
use lintas::runtime::Exit;
use lintas::store::sqlite::SqliteStore;
use lintas::words::{self, Language};
use serde_json::json;
use tokio::time::{interval, timeout};

use crate::cli::{Common, Endorse};
use crate::failure::Failure;
use crate::output::{say, say_json};
use crate::visit;

/// How long the registry is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Endorses.
///
/// # Errors
/// If no node runs here, it may not endorse those keys, or the code is another.
pub(crate) async fn endorse(common: &Common, asked: &Endorse, lang: Language) -> Result<Exit, Failure> {
    let mut caller = visit::desk(common).await?;
    let request = wire::EndorseRequest { node: asked.node.clone(), key_code: asked.code.join(" ") };
    let said = caller.endorse(request).await?;
    let confirmed =
        said.confirmed || timeout(PATIENCE, recorded(&mut caller, &asked.node)).await.unwrap_or(Ok(false))?;
    let code = if confirmed { "node.endorsed" } else { "node.endorsement-waits" };
    if common.json {
        say_json(&json!({ "node": asked.node, "confirmed": confirmed }));
    } else {
        say(&words::say(code, lang, &[("node", &asked.node)]));
    }
    Ok(if confirmed { Exit::Done } else { Exit::Unavailable })
}

/// Waits until the registry shows the keys as confirmed.
async fn recorded(caller: &mut Caller<SqliteStore>, node: &str) -> Result<bool, Failure> {
    let mut look = interval(LOOK_EVERY);
    loop {
        look.tick().await;
        let known = caller.nodes(wire::NodesRequest {}).await?;
        if known.nodes.iter().any(|known| known.code == node && known.confirmed) {
            return Ok(true);
        }
    }
}

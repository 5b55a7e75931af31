//! Makes a node's folder: keys, certificate request, settings, database. It overwrites nothing and talks to nobody.

use std::fmt::Write as _;

use lintas::domain::{FederationId, NodeId, SigningKeyId};
use lintas::identity::{HostPort, SpiffeId, TlsKey, create_signing_secret, files, make_request};
use lintas::journal::SigningKey;
use lintas::runtime::{OsEntropy, random_bytes};
use lintas::store::Owner;
use lintas::store::sqlite::SqliteStore;
use serde_json::json;

use crate::cli::{Common, Init};
use crate::failure::Failure;
use crate::output::{say, say_json};
use crate::settings::{file_of, template};

/// Makes the folder and prints what to send to the hub's operator.
///
/// # Errors
/// If an argument is wrong, or something is there already.
pub(crate) async fn init(common: &Common, init: &Init) -> Result<(), Failure> {
    let argument = |name: &str, why: String| Failure::Argument(format!("--{name}: {why}"));
    let federation = FederationId::parse(&init.federation).map_err(|e| argument("federation", e.to_string()))?;
    let node = NodeId::parse(&init.node).map_err(|error| argument("node", error.to_string()))?;
    if node.is_hub() {
        return Err(argument("node", "a node is named by its unit, such as 13.71".to_owned()));
    }
    if !init.hub.is_empty() {
        HostPort::parse(&init.hub).map_err(|error| argument("hub", error.to_string()))?;
    }
    if !init.hub_key.is_empty() && SigningKeyId::parse(&init.hub_key).is_none() {
        return Err(argument("hub-key", "64 hexadecimal digits, from the hub's operator".to_owned()));
    }
    let data = &common.data;
    let keys = data.join("keys");
    files::make_folder(data)?;
    files::make_folder(&keys)?;
    let settings = file_of(data);
    if settings.exists() {
        return Err(lintas::identity::FileError::Exists(settings).into());
    }
    let id = SpiffeId { federation: federation.clone(), node: node.clone() };
    let tls = TlsKey::create(&keys.join("tls.key"), &random_bytes(&OsEntropy))?;
    let seed = zeroize::Zeroizing::new(random_bytes::<32>(&OsEntropy));
    create_signing_secret(&keys.join("signing.key"), &seed)?;
    let signing = SigningKey::from_seed(*seed).public();
    let request = keys.join("node.csr");
    files::write_public(&request, make_request(&tls, &id)?.as_bytes())?;
    let owner = Owner { federation: federation.clone(), node: node.clone() };
    SqliteStore::create(&data.join("node.db"), owner).await?.close().await;
    let given = [
        ("federation", federation.as_str()),
        ("node", node.as_str()),
        ("hub.address", init.hub.as_str()),
        ("hub.key", init.hub_key.as_str()),
    ];
    // Last, so that a folder with settings is a whole one.
    files::write_public(&settings, template(&given).as_bytes())?;
    if common.json {
        say_json(&json!({
            "node": node.as_str(), "federation": federation.as_str(), "settings": settings.display().to_string(),
            "request": request.display().to_string(), "signing_key": signing.to_string(),
        }));
        return Ok(());
    }
    let mut text = format!("node {node} of {federation} is made in {}\n", data.display());
    let _ = write!(text, "\nSend to the hub's operator:\n  certificate request  {}\n", request.display());
    let _ = write!(text, "  signing key          {signing}\n\nPut what comes back here, then `lintas-node run`:\n");
    let _ = write!(text, "  certificate          {}\n", keys.join("node.pem").display());
    let _ = write!(text, "  authority            {}\n", keys.join("ca.pem").display());
    let _ = write!(text, "  hub.address, hub.key {}\n", settings.display());
    say(&text);
    Ok(())
}

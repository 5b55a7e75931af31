//! Makes a node's folder and the request for enrolment, for a node without a way to the hub. It overwrites no key and talks to nobody.

use lintas::domain::event::PublicName;
use lintas::domain::{FederationId, NodeId, UnitCode};
use lintas::identity::enrolment::{EnrolmentError, EnrolmentRequest};
use lintas::identity::{FileError, SpiffeId, files, make_request};
use lintas::link::transport::join::JoinKeys;
use lintas::store::Owner;
use lintas::store::sqlite::SqliteStore;
use lintas::words::{self, Language};
use serde_json::json;

use crate::cli::{Common, Init};
use crate::failure::Failure;
use crate::keys::{KeyPlaces, load_or_make};
use crate::kit;
use crate::output::{say, say_json};
use crate::settings::{FILE_NAME, Settings, template};

/// Makes the folder and prints what to send to the hub's operator.
///
/// # Errors
/// If an argument is wrong, or something is there already.
pub(crate) async fn init(common: &Common, init: &Init, lang: Language) -> Result<(), Failure> {
    let argument = |name: &str, why: String| Failure::Argument(format!("--{name}: {why}"));
    let federation = FederationId::parse(&init.federation).map_err(|e| argument("federation", e.to_string()))?;
    let unit = UnitCode::parse(&init.node).map_err(|error| argument("node", error.to_string()))?;
    let name = PublicName::parse(&init.name).ok_or_else(|| argument("name", EnrolmentError::Name.to_string()))?;
    let node = NodeId::Node(unit.clone());
    let data = &common.data;
    let keys = data.join("keys");
    files::make_folder(data)?;
    files::make_folder(&keys)?;
    let settings = data.join(FILE_NAME);
    if settings.exists() {
        return Err(FileError::Exists(settings).into());
    }
    let places = ["tls.key", "signing.key", "sealing.key", "storage.key"].map(|file| keys.join(file));
    if let Some(there) = places.iter().find(|path| path.exists()) {
        return Err(FileError::Exists(there.clone()).into());
    }
    let [tls, signing, sealing, storage] = places.each_ref();
    let JoinKeys { tls, signing, sealing } = load_or_make(KeyPlaces { tls, signing, sealing, storage })?;
    let csr = make_request(&tls, &SpiffeId::new(federation.clone(), node.clone()))?;
    let request = EnrolmentRequest::sign(federation.clone(), unit, name, csr, &signing, sealing.public());
    let request_path = data.join("enrolment-request.toml");
    files::write_public(&request_path, request.to_toml().as_bytes())?;
    let owner = Owner { federation: federation.clone(), node: node.clone() };
    SqliteStore::create(&data.join("node.db"), owner).await?.close().await;
    let given = [("federation", federation.as_str()), ("node", node.as_str()), ("name", request.name().as_str())];
    // Last, so that a folder with settings is a whole one.
    files::write_public(&settings, template(&given).as_bytes())?;
    let kit = kit::make(&Settings::load(common)?, None, lang)?;
    let (request_path, fingerprint) = (request_path.display().to_string(), request.fingerprint());
    if common.json {
        say_json(&json!({
            "node": node.as_str(), "federation": federation.as_str(), "settings": settings.display().to_string(),
            "request": request_path, "signing_key": request.signing_key().to_string(),
            "sealing_key": request.sealing_key().to_string(), "fingerprint": fingerprint,
            "kit": kit.path, "kit_passphrase": *kit.passphrase, "kit_code": kit.code,
        }));
        return Ok(());
    }
    let folder = data.display().to_string();
    let facts =
        [("folder", &*folder), ("node", node.as_str()), ("request", &request_path), ("fingerprint", &fingerprint)];
    for code in ["node.made", "node.send", "node.then-join"] {
        say(&words::say(code, lang, &facts));
    }
    say(&kit.told(lang));
    Ok(())
}

//! Makes a node's folder, and takes in what the hub's operator sends back. It overwrites no key and talks to nobody.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use lintas::domain::event::PublicName;
use lintas::domain::{FederationId, NodeId, UnitCode};
use lintas::identity::enrolment::{ENROLMENT_BYTES_MAX, EnrolmentError, EnrolmentRequest, JoiningBundle};
use lintas::identity::{FileError, SpiffeId, TlsKey, create_secret_key, create_signing_secret, files, make_request};
use lintas::journal::{SealingKey, SigningKey};
use lintas::runtime::{OsEntropy, random_bytes};
use lintas::store::Owner;
use lintas::store::sqlite::SqliteStore;
use lintas::words::{self, Language};
use serde_json::json;

use crate::cli::{Common, Init, Join};
use crate::failure::Failure;
use crate::kit;
use crate::output::{say, say_json};
use crate::settings::{FILE_NAME, Settings, file_of, template, with_hub};

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
    let tls = TlsKey::create(&keys.join("tls.key"), &random_bytes(&OsEntropy))?;
    let seed = zeroize::Zeroizing::new(random_bytes::<32>(&OsEntropy));
    create_signing_secret(&keys.join("signing.key"), &seed)?;
    let sealing = zeroize::Zeroizing::new(random_bytes::<32>(&OsEntropy));
    create_secret_key(&keys.join("sealing.key"), &sealing)?;
    let storage = zeroize::Zeroizing::new(random_bytes::<32>(&OsEntropy));
    create_secret_key(&keys.join("storage.key"), &storage)?;
    let csr = make_request(&tls, &SpiffeId::new(federation.clone(), node.clone()))?;
    let signing = SigningKey::from_seed(*seed);
    let sealing = SealingKey::from_seed(&sealing).public();
    let request = EnrolmentRequest::sign(federation.clone(), unit, name, csr, sealing, &signing);
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

/// Takes in the joining bundle: certificate, authority, and where the hub is.
///
/// # Errors
/// If it is another node's, or there is no folder made by `init`.
pub(crate) fn join(common: &Common, join: &Join, lang: Language) -> Result<(), Failure> {
    let settings = Settings::load(common)?;
    let bundle = JoiningBundle::from_toml(&read_or_stdin(&join.bundle)?)?;
    let (ours, theirs) = (settings.node.as_str(), bundle.node.as_str());
    if ours != theirs || settings.federation != bundle.federation {
        return Err(Failure::Argument(format!(
            "the bundle is for {theirs} of {}, not for this node",
            bundle.federation
        )));
    }
    let path = file_of(common);
    let text = read(&path)?;
    let text = with_hub(&text, &bundle.hub, bundle.hub_signing_key).ok_or_else(|| {
        let (hub, key) = (&bundle.hub, bundle.hub_signing_key);
        Failure::Argument(format!("{} has no [hub] with address and key; set {hub} and {key}", path.display()))
    })?;
    files::write_public(&settings.tls.authority, bundle.authority_pem.as_bytes())?;
    files::write_public(&settings.tls.certificate, bundle.certificate_pem.as_bytes())?;
    files::write_public(&path, text.as_bytes())?;
    say(&words::say("node.joined", lang, &[("node", ours), ("hub", &bundle.hub.to_string())]));
    Ok(())
}

fn read(path: &Path) -> Result<String, Failure> {
    let text = fs::File::open(path).and_then(bounded);
    Ok(text.map_err(|cause| FileError::Io { path: path.to_owned(), cause })?)
}

fn read_or_stdin(path: &Path) -> Result<String, Failure> {
    if path != Path::new("-") {
        return read(path);
    }
    Ok(bounded(io::stdin()).map_err(|cause| FileError::Io { path: path.to_owned(), cause })?)
}

fn bounded(from: impl Read) -> io::Result<String> {
    let limit = u64::try_from(ENROLMENT_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let mut text = String::new();
    from.take(limit).read_to_string(&mut text)?;
    Ok(text)
}

//! Takes a node into its federation: with a token over the wire, or with a bundle that came back by file. It overwrites no key.

use std::fs;
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lintas::domain::NodeId;
use lintas::identity::enrolment::{ENROLMENT_BYTES_MAX, JoiningBundle};
use lintas::identity::token::TOKEN_CHARS_MAX;
use lintas::identity::{
    ClientTls, ConnectLimits, Dialer, FileError, HostPort, JoiningToken, PeerCertificate, SpiffeId, TlsFiles, files,
    leaf_of,
};
use lintas::journal::key_code;
use lintas::link::transport::join::{Joined, join as join_hub};
use lintas::store::Owner;
use lintas::store::sqlite::SqliteStore;
use lintas::words::{self, Language, day};
use serde_json::json;
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::cli::{Common, Join};
use crate::failure::Failure;
use crate::keys::{KeyPlaces, load_or_make};
use crate::kit;
use crate::output::{remark, say, say_json};
use crate::settings::{FILE_NAME, Settings, file_of, template, with_hub};

/// Joins.
///
/// # Errors
/// If token or bundle are another node's, the hub says no, or a file cannot be written.
pub(crate) async fn join(common: &Common, join: &Join, lang: Language) -> Result<(), Failure> {
    match &join.bundle {
        Some(bundle) => take_bundle(common, bundle, lang),
        None => with_token(common, join, lang).await,
    }
}

/// Where everything of a node is that joins.
struct Places {
    tls: TlsFiles,
    signing: PathBuf,
    sealing: PathBuf,
    storage: PathBuf,
    database: PathBuf,
    settings: Option<Settings>,
}

async fn with_token(common: &Common, join: &Join, lang: Language) -> Result<(), Failure> {
    let token = JoiningToken::parse(&token_text(join, lang)?)?;
    let proxy = join.proxy.as_deref().map(HostPort::parse).transpose();
    let proxy = proxy.map_err(|error| Failure::Argument(format!("--proxy: {error}")))?;
    let node = NodeId::Node(token.node.clone());
    let places = places(common, &token, &node)?;
    let keys = load_or_make(KeyPlaces {
        tls: &places.tls.key,
        signing: &places.signing,
        sealing: &places.sealing,
        storage: &places.storage,
    })?;
    let brought = join.certificate.as_deref().map(read).transpose()?;
    let id = SpiffeId::new(token.federation.clone(), node.clone());
    let tls = Arc::new(ClientTls::joining(&id, &token.hub, token.authority)?);
    let (_keep, tls) = watch::channel(tls);
    let dialer = Dialer { hub: token.hub.clone(), proxy: proxy.clone(), tls, limits: ConnectLimits::default() };
    let joined = join_hub(&dialer, &token, &keys, brought.clone()).await?;
    let until = write(common, &places, &joined, brought, proxy.as_ref()).await?;
    let kit = kit::make_first(&Settings::load(common)?, lang)?;
    let code = key_code(&token.federation, &token.node, &keys.signing.public(), &keys.sealing.public());
    let (hub, name) = (joined.bundle.hub.to_string(), joined.name.as_str());
    let until = until.map_or_else(String::new, |until| day(until, lang));
    let folder = common.data.display().to_string();
    if common.json {
        say_json(&json!({
            "node": node.as_str(), "name": name, "hub": hub, "folder": folder, "key_code": code,
            "signing_key": keys.signing.public().to_string(), "sealing_key": keys.sealing.public().to_string(),
            "registry": joined.registry.to_string(), "kit": kit.as_ref().map(|kit| &kit.path),
            "kit_passphrase": kit.as_ref().map(|kit| kit.passphrase.as_str()), "kit_code": kit.as_ref().map(|kit| &kit.code),
        }));
        return Ok(());
    }
    let facts = [
        ("node", node.as_str()),
        ("name", name),
        ("hub", &hub),
        ("folder", &folder),
        ("until", &until),
        ("code", &code),
    ];
    for code in ["node.let-in", "node.read-out", "node.then-run"] {
        say(&words::say(code, lang, &facts));
    }
    if let Some(kit) = kit {
        say(&kit.told(lang));
    }
    Ok(())
}

/// The token, from standard input or a file; never from the command line.
fn token_text(join: &Join, lang: Language) -> Result<Zeroizing<String>, Failure> {
    let path = join.token_file.as_deref().filter(|path| *path != Path::new("-"));
    let most = u64::try_from(TOKEN_CHARS_MAX).unwrap_or(u64::MAX).saturating_mul(2);
    // Room for everything from the start: a growing text would leave copies of the token behind.
    let mut text = Zeroizing::new(String::with_capacity(TOKEN_CHARS_MAX.saturating_mul(2)));
    let read = match path {
        Some(path) => fs::File::open(path).and_then(|file| file.take(most).read_to_string(&mut text)),
        None if io::stdin().is_terminal() => {
            remark(&words::say("node.give-token", lang, &[]));
            io::stdin().read_line(&mut text)
        }
        None => io::stdin().take(most).read_to_string(&mut text),
    };
    read.map_err(|cause| FileError::Io { path: path.unwrap_or(Path::new("-")).to_owned(), cause })?;
    Ok(text)
}

/// Of a folder that is there, what its settings say; else a folder of the usual kind, which is made.
fn places(common: &Common, token: &JoiningToken, node: &NodeId) -> Result<Places, Failure> {
    if let Some(settings) = Settings::if_there(common)? {
        if settings.node != *node || settings.federation != token.federation {
            let (theirs, ours) = (node.as_str(), settings.node.as_str());
            return Err(Failure::Argument(format!(
                "the token is for {theirs} of {}, this folder is of {ours} of {}",
                token.federation, settings.federation
            )));
        }
        return Ok(Places {
            tls: settings.tls.clone(),
            signing: settings.signing_key.clone(),
            sealing: settings.sealing_key.clone(),
            storage: settings.storage_key.clone(),
            database: settings.database.clone(),
            settings: Some(settings),
        });
    }
    let keys = common.data.join("keys");
    files::make_folder(&common.data)?;
    files::make_folder(&keys)?;
    Ok(Places {
        tls: TlsFiles { key: keys.join("tls.key"), certificate: keys.join("node.pem"), authority: keys.join("ca.pem") },
        signing: keys.join("signing.key"),
        sealing: keys.join("sealing.key"),
        storage: keys.join("storage.key"),
        database: common.data.join("node.db"),
        settings: None,
    })
}

/// Writes what the hub gave; the settings last, so that a folder with settings is a whole one. Gives when the certificate ends.
async fn write(
    common: &Common,
    places: &Places,
    joined: &Joined,
    brought: Option<String>,
    proxy: Option<&HostPort>,
) -> Result<Option<lintas::domain::Timestamp>, Failure> {
    let bundle = &joined.bundle;
    let certificate = brought.as_ref().unwrap_or(&bundle.certificate_pem);
    files::write_public(&places.tls.authority, bundle.authority_pem.as_bytes())?;
    files::write_public(&places.tls.certificate, certificate.as_bytes())?;
    let node = NodeId::Node(bundle.node.clone());
    let owner = Owner { federation: bundle.federation.clone(), node: node.clone() };
    let store = if places.database.exists() {
        SqliteStore::open_as(&places.database, &owner).await?
    } else {
        SqliteStore::create(&places.database, owner).await?
    };
    store.close().await;
    let given = [("federation", bundle.federation.as_str()), ("node", node.as_str()), ("name", joined.name.as_str())];
    let path = if places.settings.is_some() { file_of(common) } else { common.data.join(FILE_NAME) };
    let text = if places.settings.is_some() { read(&path)? } else { template(&given) };
    files::write_public(&path, hub_in(&text, &path, bundle, proxy)?.as_bytes())?;
    let leaf = leaf_of(certificate).and_then(|leaf| PeerCertificate::read(&leaf).ok());
    Ok(leaf.map(|leaf| leaf.not_after))
}

fn hub_in(text: &str, path: &Path, bundle: &JoiningBundle, proxy: Option<&HostPort>) -> Result<String, Failure> {
    with_hub(text, &bundle.hub, bundle.hub_signing_key, proxy).ok_or_else(|| {
        let (hub, key) = (&bundle.hub, bundle.hub_signing_key);
        Failure::Argument(format!("{} has no [hub] with address and key; set {hub} and {key}", path.display()))
    })
}

/// Takes in the joining bundle: certificate, authority, and where the hub is.
fn take_bundle(common: &Common, bundle: &Path, lang: Language) -> Result<(), Failure> {
    let settings = Settings::load(common)?;
    let bundle = JoiningBundle::from_toml(&read_or_stdin(bundle)?)?;
    let (ours, theirs) = (settings.node.as_str(), bundle.node.as_str());
    if ours != theirs || settings.federation != bundle.federation {
        return Err(Failure::Argument(format!(
            "the bundle is for {theirs} of {}, not for this node",
            bundle.federation
        )));
    }
    let path = file_of(common);
    let text = hub_in(&read(&path)?, &path, &bundle, None)?;
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

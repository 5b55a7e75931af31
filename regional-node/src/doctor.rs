//! A node's doctor: which facts are gathered of a node, and in which order they are judged. Both are the library's.

use std::path::Path;
use std::sync::Arc;

use lintas::care::doctor::{Report, certificate, clock, database, disk, files, network, upkeep};
use lintas::care::estate::backups;
use lintas::care::facts::{local, network as ways};
use lintas::desk::service::{Caller, ClientError};
use lintas::desk::socket::SocketPlace;
use lintas::domain::{NodeId, Registry};
use lintas::identity::{ClientTls, ConnectLimits, Dialer, SpiffeId, TlsIdentity, load_signing_secret};
use lintas::journal::SigningKey;
use lintas::link::message::Fault;
use lintas::runtime::machine::{account, descriptors};
use lintas::runtime::{Clock as _, SystemClock, credentials};
use lintas::store::sqlite::{SqliteStore, health};
use lintas::store::{Peer, Store as _};
use lintas::words::{Language, day, say};
use tokio::sync::watch;

use crate::cli::Common;
use crate::settings::{HubSettings, Settings, file_of};

/// Connections of a node: its link, its desk's callers.
const CONNECTIONS: u64 = 128;

/// Looks at everything that a node rests on.
pub(crate) async fn doctor(common: &Common, lang: Language) -> Report {
    let mut report = Report::default();
    let settings = match Settings::load(common) {
        Ok(settings) => settings,
        Err(error) => {
            report.extend(upkeep::judge_settings(&error.lines(|code, facts| say(code, lang, facts))));
            report.extend(files::judge(&[
                local::file(&common.data, files::Kind::Folder, true),
                local::file(&file_of(common), files::Kind::Public, true),
            ]));
            return report;
        }
    };
    report.extend(upkeep::judge_settings(&[]));
    report.extend(files::judge(&kept(&settings)));
    let beside = local::readable_beside(
        &[settings.storage_key.as_path(), settings.sealing_key.as_path()],
        &settings.data,
        settings.passphrase.as_ref(),
    );
    let key = beside.unwrap_or(&settings.storage_key).display().to_string();
    report.extend([files::judge_storage_key(&key, beside.is_some())]);
    report.extend(files::judge_account(account(), local::owner(&settings.data)));
    let health = health(&settings.database).await;
    let bytes = health.as_ref().map_or(0, |health| health.bytes);
    report.extend(database::judge(&health));
    report.extend(disk::judge(&local::disk(&settings.data, bytes)));
    let known = Known::read(&settings).await;
    report.extend([certificate_of(&settings, lang), signing_key(&settings, &known), clock_of(&settings, &known).await]);
    report.extend(network::judge(&way(&settings, &known).await));
    report.extend([upkeep::judge_running(running(&settings).await)]);
    let now = SystemClock.timestamp();
    report.extend(upkeep::judge_backups(&local::backups(&settings.data, &settings.node, now)));
    report.extend([upkeep::judge_descriptors(descriptors(), CONNECTIONS)]);
    report
}

/// What the database tells; nothing if it cannot be read.
#[derive(Default)]
struct Known {
    registry: Registry,
    hub: Option<Peer>,
}

impl Known {
    async fn read(settings: &Settings) -> Self {
        let Ok(store) = SqliteStore::open_read_only(&settings.database).await else { return Self::default() };
        let mut known = Self::default();
        if let Ok(events) = store.registry().await {
            for event in &events {
                known.registry.apply(event);
            }
        }
        known.hub = store.peer(NodeId::Hub).await.ok().flatten();
        store.close().await;
        known
    }
}

fn kept(settings: &Settings) -> Vec<files::Facts> {
    use files::Kind::{Folder, Public, Secret};
    let joined = settings.hub.is_some();
    // What the service manager hands over is checked where it is loaded.
    let ours = |path: &&Path| !credentials::is_one(path);
    let signing_key = Some(settings.signing_key.as_path()).filter(ours);
    let keys = signing_key.and_then(Path::parent).map(|folder| local::file(folder, Folder, true));
    let others = [&settings.tls.key, &settings.sealing_key, &settings.storage_key].map(std::path::PathBuf::as_path);
    let secrets = signing_key.into_iter().chain(others.into_iter().filter(ours));
    let secrets = secrets.map(|path| local::file(path, Secret, true));
    let files = [
        local::file(&settings.data, Folder, true),
        local::file(&settings.file, Public, true),
        local::file(&settings.tls.certificate, Public, joined),
        local::file(&settings.tls.authority, Public, joined),
        local::file(&settings.database, Secret, true),
        local::file(&backups(&settings.data), Folder, false),
    ];
    files.into_iter().chain(keys).chain(secrets).collect()
}

fn certificate_of(settings: &Settings, lang: Language) -> lintas::care::doctor::Finding {
    let found = match identity(settings) {
        Ok(identity) => certificate::Certificate::Valid { from: identity.not_before(), until: identity.not_after() },
        Err(_) if settings.hub.is_none() && !settings.tls.certificate.exists() => certificate::Certificate::NotJoined,
        Err(error) => certificate::Certificate::Unusable(error.to_string()),
    };
    certificate::judge(&found, SystemClock.timestamp(), |time| day(time, lang))
}

fn identity(settings: &Settings) -> Result<TlsIdentity, lintas::identity::TlsError> {
    TlsIdentity::load(&settings.tls, &SpiffeId::new(settings.federation.clone(), settings.node.clone()))
}

fn signing_key(settings: &Settings, known: &Known) -> lintas::care::doctor::Finding {
    let loaded = load_signing_secret(&settings.signing_key);
    let own = loaded.as_ref().ok().map(|seed| SigningKey::from_seed(**seed).public());
    let entry = known.registry.node(&settings.node);
    let facts = certificate::SigningKey {
        known: own.zip(entry).map(|(own, entry)| entry.signing_keys.iter().any(|span| span.key == own)),
        unusable: loaded.err().map(|error| error.to_string()),
    };
    certificate::judge_signing_key(&facts)
}

async fn clock_of(settings: &Settings, known: &Known) -> lintas::care::doctor::Finding {
    let log = settings.database.with_extension("db-wal");
    let told = known.hub.as_ref().and_then(|hub| hub.receipt.as_ref()).map(|signed| signed.receipt().time);
    let facts = clock::Facts {
        now: SystemClock.timestamp(),
        hub: told,
        written: local::written(&[&settings.database, &log]),
        refused: fault(known).is_some_and(|(fault, _)| fault == Fault::Clock),
        synchronised: local::synchronised().await,
    };
    clock::judge(&facts)
}

/// The lasting fault that is noted of the link, if there is one.
fn fault(known: &Known) -> Option<(Fault, String)> {
    let text = known.hub.as_ref()?.fault.clone()?;
    let fault = Fault::from_name(text.split(':').next()?)?;
    Some((fault, text))
}

async fn way(settings: &Settings, known: &Known) -> network::Facts {
    let Some(hub) = &settings.hub else {
        return network::Facts {
            hub: None,
            proxy: None,
            environment_proxy: None,
            addresses: Ok(Vec::new()),
            reached: network::Reached::NotTried,
            fault: None,
        };
    };
    let first = hub.proxy.as_ref().unwrap_or(&hub.address);
    let dialer =
        identity(settings).ok().and_then(|identity| ClientTls::new(&identity).ok()).map(|tls| dialer(hub, tls));
    network::Facts {
        hub: Some(hub.address.to_string()),
        proxy: hub.proxy.as_ref().map(ToString::to_string),
        environment_proxy: ways::environment_proxy(|name| std::env::var(name).ok()),
        addresses: ways::addresses(first).await,
        reached: match dialer {
            Some(dialer) => ways::reached(&dialer).await,
            None => network::Reached::NotTried,
        },
        fault: fault(known).map(|(_, text)| text),
    }
}

fn dialer(hub: &HubSettings, tls: ClientTls) -> Dialer {
    let (_, tls) = watch::channel(Arc::new(tls));
    Dialer { hub: hub.address.clone(), proxy: hub.proxy.clone(), tls, limits: ConnectLimits::default() }
}

/// Whether a node serves the folder.
pub(crate) async fn running(settings: &Settings) -> upkeep::Running {
    let Ok(place) = SocketPlace::of(&settings.data) else { return upkeep::Running::No };
    match Caller::<SqliteStore>::connect(&place).await {
        Ok(_) => upkeep::Running::Yes,
        Err(ClientError::Foreign(_)) => upkeep::Running::Foreign,
        Err(_) => upkeep::Running::No,
    }
}

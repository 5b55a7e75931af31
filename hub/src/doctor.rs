//! The hub's doctor: which facts are gathered of a hub, and in which order they are judged. Both are the library's.

use std::path::Path;

use lintas::care::doctor::{Finding, Report, certificate, clock, database as books, disk, files, network, upkeep};
use lintas::care::estate::backups;
use lintas::care::facts::{local, network as ways};
use lintas::care::lock::in_use;
use lintas::domain::NodeId;
use lintas::identity::{SpiffeId, TlsIdentity, load_signing_secret};
use lintas::journal::SigningKey;
use lintas::runtime::machine::{account, descriptors};
use lintas::runtime::{Clock as _, SystemClock, credentials};
use lintas::store::copy::place::health;
use lintas::store::database::Place;
use lintas::store::health::Health;
use lintas::store::{Store as _, StoreError};
use lintas::words::{Language, day};

use crate::cli::Common;
use crate::database;
use crate::output::Voice;
use crate::settings::{Settings, file_of};

/// Looks at everything that the hub rests on.
pub(crate) async fn doctor(common: &Common, voice: Voice) -> Report {
    let mut report = Report::default();
    let settings = match Settings::load(common) {
        Ok(settings) => settings,
        Err(error) => {
            report.extend(upkeep::judge_settings(&error.lines(|code, facts| voice.say(code, facts))));
            report.extend(files::judge(&[
                local::file(&common.data, files::Kind::Folder, true),
                local::file(&file_of(common), files::Kind::Public, true),
            ]));
            return report;
        }
    };
    report.extend(upkeep::judge_settings(&[]));
    report.extend(files::judge(&kept(&settings)));
    let beside =
        local::readable_beside(&[settings.storage_key.as_path()], &settings.data, settings.passphrase.as_ref());
    let key = beside.unwrap_or(&settings.storage_key).display().to_string();
    report.extend([files::judge_storage_key(&key, beside.is_some())]);
    report.extend(files::judge_account(account(), local::owner(&settings.data)));
    let health = health_of(&settings).await;
    let bytes = health.as_ref().map_or(0, |health| health.bytes);
    report.extend(books::judge(&health));
    report.extend(disk::judge(&local::disk(&settings.data, bytes)));
    report.extend([certificate_of(&settings, voice.language), signing_key(&settings).await, clock_of(&settings).await]);
    let listening = network::Listening {
        listen: settings.listen.to_string(),
        answers: ways::answers(settings.listen).await,
        runs: in_use(&settings.data).unwrap_or(false),
        address: settings.address.to_string(),
        addresses: ways::addresses(&settings.address).await,
    };
    report.extend(network::judge_listening(&listening));
    let now = SystemClock.timestamp();
    report.extend(upkeep::judge_backups(&local::backups(&settings.data, &NodeId::Hub, now)));
    let connections = u64::try_from(settings.connections_max).unwrap_or(u64::MAX);
    report.extend([upkeep::judge_descriptors(descriptors(), connections)]);
    report
}

/// How the database is; where it is may itself need a file that cannot be read.
async fn health_of(settings: &Settings) -> Result<Health, StoreError> {
    let place = database::place(settings).map_err(|failure| StoreError::Unavailable(failure.to_string()))?;
    health(&place).await
}

/// The database's file, if it is one.
fn database_file(settings: &Settings) -> Option<&Path> {
    if let Place::File(path) = &settings.database { Some(path) } else { None }
}

fn kept(settings: &Settings) -> Vec<files::Facts> {
    use files::Kind::{Folder, Public, Secret};
    // What the service manager hands over is checked where it is loaded.
    let ours = |path: &Path| !credentials::is_one(path);
    let signing_key = Some(settings.signing_key.as_path()).filter(|path| ours(path));
    let keys = signing_key.and_then(Path::parent).map(|folder| local::file(folder, Folder, true));
    let secrets = crate::estate::keys(settings)
        .into_iter()
        .filter(|key| ours(&key.path))
        .map(|key| local::file(&key.path, if key.secret { Secret } else { Public }, true));
    let storage_key = Some(settings.storage_key.as_path()).filter(|path| ours(path));
    let storage_key = storage_key.map(|path| local::file(path, Secret, true));
    let files = [
        local::file(&settings.data, Folder, true),
        local::file(&settings.file, Public, true),
        local::file(&settings.authority, Folder, true),
        local::file(&backups(&settings.data), Folder, false),
    ];
    let database = database_file(settings).map(|path| local::file(path, Secret, true));
    files.into_iter().chain(storage_key).chain(database).chain(keys).chain(secrets).collect()
}

fn certificate_of(settings: &Settings, language: Language) -> Finding {
    let id = SpiffeId::new(settings.federation.clone(), NodeId::Hub);
    let found = match TlsIdentity::load(&settings.tls, &id) {
        Ok(identity) => certificate::Certificate::Valid { from: identity.not_before(), until: identity.not_after() },
        Err(error) => certificate::Certificate::Unusable(error.to_string()),
    };
    certificate::judge(&found, SystemClock.timestamp(), |time| day(time, language))
}

/// Whether the signing key is the one that sealed the hub's journal.
async fn signing_key(settings: &Settings) -> Finding {
    let loaded = load_signing_secret(&settings.signing_key);
    let known = match &loaded {
        Ok(seed) => sealed_by(settings, &SigningKey::from_seed(**seed)).await,
        Err(_) => None,
    };
    let unusable = loaded.err().map(|error| error.to_string());
    certificate::judge_signing_key(&certificate::SigningKey { unusable, known })
}

async fn sealed_by(settings: &Settings, key: &SigningKey) -> Option<bool> {
    let store = database::reader(settings).await.ok()?;
    let sealed = store.own().await.ok()?.sealed.position;
    let seal = if sealed.seq > 0 { store.seal_of(NodeId::Hub, sealed).await.ok().flatten() } else { None };
    store.close().await;
    seal.map(|seal| seal.verify(&key.public()).is_ok())
}

async fn clock_of(settings: &Settings) -> Finding {
    let log = database_file(settings).map(|path| path.with_extension("db-wal"));
    let written: Vec<&Path> = database_file(settings).into_iter().chain(log.as_deref()).collect();
    let facts = clock::Facts {
        now: SystemClock.timestamp(),
        hub: None,
        written: local::written(&written),
        refused: false,
        synchronised: local::synchronised().await,
    };
    clock::judge(&facts)
}

//! The serving hub: database, link and what it tells of itself, until it is told to stop. It only puts them together.

use std::sync::Arc;

use lintas::identity::issuing::Issuing;
use lintas::identity::{AcceptLimits, ServerTls};
use lintas::link::hub::HubShared;
use lintas::link::transport::hints::exchange;
use lintas::link::transport::listen::{Enrolling, listen};
use lintas::runtime::logs::start_logs;
use lintas::runtime::{
    Exit, OsEntropy, OsSignals, ServiceManager, Tasks, is_training, random_bytes, reload_on_hangup, run_until_shutdown,
};
use lintas::store::Store;
use lintas::store::database::{Database, Place};
use lintas::store::observed::Observed;
use lintas::store::probe::FileMark;
use lintas::telemetry::{Health, Readiness, Telemetry};

use crate::database;
use crate::failure::Failure;
use crate::observe;
use crate::rotate;
use crate::settings::Settings;
use crate::silence;

/// Serves until told to stop.
///
/// # Errors
/// If something that is needed from the start is not there.
pub(crate) async fn run(settings: &Settings) -> Result<Exit, Failure> {
    start_logs()?;
    let mut signals = OsSignals::listen().map_err(Failure::Signals)?;
    let tasks = Tasks::new();
    let manager = ServiceManager::of_environment();
    manager.starting("opening the database");
    let (telemetry, health) = observe::start(settings, &tasks).await?;
    let served = async {
        let database::Writer { store, _lock } = database::writer(settings, None).await?;
        serve(settings, &store, &telemetry, health, &manager, &tasks).await?;
        let exit = run_until_shutdown(&tasks, &mut signals, settings.soft_limit).await;
        store.close().await;
        Ok(exit)
    };
    let served = served.await;
    // Whatever came of it, what was recorded of it is sent.
    tasks.stop();
    telemetry.end().await;
    served
}

/// Starts what serves on a database; everything runs as tasks.
async fn serve(
    settings: &Settings,
    store: &Database,
    telemetry: &Telemetry,
    health: Health,
    manager: &ServiceManager,
    tasks: &Tasks,
) -> Result<(), Failure> {
    let signer = database::signer(&settings.federation, &settings.signing_key)?;
    let watched = Observed::new(store.clone(), telemetry.clone());
    let shared = HubShared::new(watched, signer, settings.policy.clone(), Arc::clone(&settings.clock))
        .with_telemetry(telemetry.clone());
    let shared = Arc::new(shared);
    let limits = AcceptLimits { connections_max: settings.connections_max, ..AcceptLimits::default() };
    let (tls, address) = (settings.tls.clone(), settings.listen);
    let issuing = Issuing {
        federation: settings.federation.clone(),
        folder: settings.authority.clone(),
        trusted: settings.tls.authority.clone(),
        lifetime: settings.node_lifetime,
    };
    let enrolling = Some(Enrolling { issuing, hub: settings.address.clone(), entropy: Arc::new(OsEntropy) });
    let listening = listen(Arc::clone(&shared), tls, address, limits, enrolling, health.clone(), tasks).await?;
    if let Some(hints) = store.hints(u64::from_be_bytes(random_bytes(&OsEntropy))) {
        exchange(hints, Arc::clone(&listening.wakers), tasks);
    }
    silence::look_after(Arc::clone(&shared), Arc::clone(&listening.wakers), is_training(&settings.federation), tasks);
    let told = telemetry.clone();
    let certificate = move |tls: &ServerTls| told.instruments().certificate(tls.not_after().0.div_euclid(1_000_000));
    let tls = listening.tls;
    certificate(&tls.current());
    rotate::look_after(settings, Arc::clone(&tls), tasks);
    reload_on_hangup(tasks, manager, move || tls.reload().map(|tls| certificate(&tls))).map_err(Failure::Signals)?;
    let file = if let Place::File(path) = &settings.database { FileMark::of(path).await.ok() } else { None };
    observe::look_after(shared, file, health.clone(), tasks);
    let serves = format!("serves {} at {}", settings.federation, listening.address);
    manager.ready(&serves);
    let store = store.clone();
    manager.watch(tasks, move || standing(store.clone(), health.clone(), serves.clone()));
    tracing::info!(federation = %settings.federation, listen = %listening.address, "the hub serves");
    Ok(())
}

/// How the hub stands, for its service manager. A database that says no is an answer too: only one that says nothing at all
/// is a reason to begin anew.
async fn standing(store: impl Store, health: Health, serves: String) -> String {
    let _ = store.own().await;
    match health.now() {
        Readiness::Ready => serves,
        Readiness::Not(why) => format!("{serves}; not ready: {why}"),
    }
}

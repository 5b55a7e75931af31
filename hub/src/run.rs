//! The serving hub: database, link and what it tells of itself, until it is told to stop. It only puts them together.

use std::sync::Arc;

use lintas::domain::NodeId;
use lintas::identity::{AcceptLimits, SpiffeId, TlsIdentity};
use lintas::link::hub::HubShared;
use lintas::link::hub::ingest::Policy;
use lintas::link::transport::listen::listen;
use lintas::runtime::logs::start_logs;
use lintas::runtime::{Exit, OsSignals, SystemClock, Tasks, run_until_shutdown};
use lintas::store::Store;
use lintas::store::observed::Observed;
use lintas::store::probe::FileMark;
use lintas::telemetry::{Health, Telemetry};

use crate::database;
use crate::failure::Failure;
use crate::observe;
use crate::settings::Settings;

/// Serves until told to stop.
///
/// # Errors
/// If something that is needed from the start is not there.
pub(crate) async fn run(settings: &Settings) -> Result<Exit, Failure> {
    start_logs()?;
    let mut signals = OsSignals::listen().map_err(Failure::Signals)?;
    let tasks = Tasks::new();
    let (telemetry, health) = observe::start(settings, &tasks).await?;
    let served = async {
        let store = database::writer(settings).await?;
        let file = FileMark::of(&settings.database).await.ok();
        let watched = Observed::new(store.clone(), telemetry.clone());
        serve(settings, watched, file, &telemetry, health, &tasks).await?;
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
async fn serve<S: Store>(
    settings: &Settings,
    store: S,
    file: Option<FileMark>,
    telemetry: &Telemetry,
    health: Health,
    tasks: &Tasks,
) -> Result<(), Failure> {
    let signer = database::signer(&settings.federation, &settings.signing_key)?;
    let policy = Policy { handovers_max: settings.handovers_max };
    let shared = HubShared::new(store, signer, policy, Arc::new(SystemClock)).with_telemetry(telemetry.clone());
    let shared = Arc::new(shared);
    let limits = AcceptLimits { connections_max: settings.connections_max, ..AcceptLimits::default() };
    let (tls, address) = (settings.tls.clone(), settings.listen);
    let listening = listen(Arc::clone(&shared), tls, address, limits, health.clone(), tasks).await?;
    let id = SpiffeId::new(settings.federation.clone(), NodeId::Hub);
    if let Ok(identity) = TlsIdentity::load(&settings.tls, &id) {
        telemetry.instruments().certificate(identity.not_after().0.div_euclid(1_000_000));
    }
    observe::look_after(shared, file, health, tasks);
    tracing::info!(federation = %settings.federation, listen = %listening.address, "the hub serves");
    Ok(())
}

//! The serving hub: database and link, until it is told to stop. It only puts them together.

use std::sync::Arc;

use lintas::identity::AcceptLimits;
use lintas::link::hub::HubShared;
use lintas::link::hub::ingest::Policy;
use lintas::link::transport::listen::listen;
use lintas::runtime::logs::start_logs;
use lintas::runtime::{Exit, OsSignals, ServiceManager, SystemClock, Tasks, reload_on_hangup, run_until_shutdown};
use lintas::store::Store;

use crate::database;
use crate::failure::Failure;
use crate::settings::Settings;

/// Serves until told to stop.
///
/// # Errors
/// If something that is needed from the start is not there.
pub(crate) async fn run(settings: &Settings) -> Result<Exit, Failure> {
    start_logs()?;
    let mut signals = OsSignals::listen().map_err(Failure::Signals)?;
    let manager = ServiceManager::of_environment();
    manager.starting("opening the database");
    let signer = database::signer(&settings.federation, &settings.signing_key)?;
    let store = database::writer(settings).await?;
    let policy = Policy { handovers_max: settings.handovers_max };
    let shared = Arc::new(HubShared::new(store.clone(), signer, policy, Arc::new(SystemClock)));
    let tasks = Tasks::new();
    let limits = AcceptLimits { connections_max: settings.connections_max, ..AcceptLimits::default() };
    let listening = listen(shared, settings.tls.clone(), settings.listen, limits, &tasks).await?;
    let tls = Arc::clone(&listening.tls);
    reload_on_hangup(&tasks, &manager, move || tls.reload().map(drop)).map_err(Failure::Signals)?;
    let serves = format!("serves {} at {}", settings.federation, listening.address);
    manager.ready(&serves);
    let watched = store.clone();
    manager.watch(&tasks, move || standing(watched.clone(), serves.clone()));
    tracing::info!(federation = %settings.federation, listen = %listening.address, "the hub serves");
    let exit = run_until_shutdown(&tasks, &mut signals, settings.soft_limit).await;
    store.close().await;
    Ok(exit)
}

/// How the hub stands, for its service manager. A database that says no is an answer too: only one that says nothing at all
/// is a reason to begin anew.
async fn standing(store: impl Store, serves: String) -> String {
    match store.own().await {
        Ok(_) => serves,
        Err(error) => format!("{serves}, but {error}"),
    }
}

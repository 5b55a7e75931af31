//! The serving hub: database, accept loop, link, until it is told to stop. It only puts them together.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use lintas::domain::NodeId;
use lintas::identity::{AcceptLimits, Acceptor, Refusal, Refusals, ServerTls, SpiffeId, TlsIdentity};
use lintas::link::hub::HubShared;
use lintas::link::hub::ingest::Policy;
use lintas::link::transport::hub::{HubLink, Wakers};
use lintas::runtime::logs::start_logs;
use lintas::runtime::{Exit, OnFailure, OsSignals, SystemClock, Tasks, run_until_shutdown};
use lintas::store::sqlite::SqliteStore;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};

use crate::database;
use crate::failure::Failure;
use crate::settings::Settings;

/// How often the registry is looked at, since an operator's command may have changed it.
const REGISTRY_EVERY: Duration = Duration::from_secs(1);
/// Authenticated connections that wait to be served.
const WAITING_MAX: usize = 64;

type Shared = Arc<HubShared<SqliteStore>>;

/// Serves until told to stop.
///
/// # Errors
/// If something that is needed from the start is not there.
pub(crate) async fn run(settings: &Settings) -> Result<Exit, Failure> {
    start_logs()?;
    let mut signals = OsSignals::listen().map_err(Failure::Signals)?;
    let signer = database::signer(&settings.federation, &settings.signing_key)?;
    let store = database::writer(settings).await?;
    let policy = Policy { handovers_max: settings.handovers_max };
    let shared = Arc::new(HubShared::new(store.clone(), signer, policy, Arc::new(SystemClock)));
    shared.refresh().await?;
    let tls = tls(settings, &shared)?;
    let wakers = Arc::new(Wakers::default());
    // What an upgrade has made known is judged before any node can write more.
    wakers.wake(&shared.release_held().await?);
    let listener = TcpListener::bind(settings.listen).await;
    let listener = listener.map_err(|cause| Failure::Listen { address: settings.listen.to_string(), cause })?;
    let tasks = Tasks::new();
    let (out, connections) = mpsc::channel(WAITING_MAX);
    let limits = AcceptLimits { connections_max: settings.connections_max, ..AcceptLimits::default() };
    // Held to the end: a closed channel would mean that there is no configuration.
    let (_tls, tls) = watch::channel(tls);
    let acceptor = Acceptor { tls, limits, refusals: Arc::new(Refusals::default()), out };
    let stop = tasks.stopping();
    tasks.spawn("accept loop", OnFailure::EndProcess, async move {
        acceptor.run(listener, stop).await;
        Ok::<(), Infallible>(())
    });
    let link = Arc::new(HubLink { shared: Arc::clone(&shared), wakers, tasks: tasks.clone() });
    tasks.spawn("link", OnFailure::EndProcess, async move {
        link.serve(connections).await;
        Ok::<(), Infallible>(())
    });
    tasks.spawn("registry", OnFailure::EndProcess, watch_registry(shared, tasks.clone()));
    tracing::info!(federation = %settings.federation, listen = %settings.listen, "the hub serves");
    let exit = run_until_shutdown(&tasks, &mut signals, settings.soft_limit).await;
    store.close().await;
    Ok(exit)
}

/// The hub's end of TLS: whoever the registry knows may come in, with the key that it knows.
fn tls(settings: &Settings, shared: &Shared) -> Result<Arc<ServerTls>, Failure> {
    let identity = TlsIdentity::load(&settings.tls, &SpiffeId::new(settings.federation.clone(), NodeId::Hub))?;
    let shared = Arc::clone(shared);
    let policy = move |node: &NodeId, key: &[u8; 32]| {
        let registry = shared.registry();
        let entry = registry.node(node).filter(|entry| entry.revoked.is_none()).ok_or(Refusal::UnknownIdentity)?;
        if entry.tls_key == *key { Ok(()) } else { Err(Refusal::KeyNotRegistered) }
    };
    Ok(Arc::new(ServerTls::new(&identity, Arc::new(policy))?))
}

/// Takes note of registry changes that other programs have made. A database that cannot be read now may be later.
async fn watch_registry(shared: Shared, tasks: Tasks) -> Result<(), Infallible> {
    let stopping = tasks.stopping();
    let mut ticks = interval(REGISTRY_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopping.cancelled() => return Ok(()),
            _ = ticks.tick() => {
                if let Err(error) = shared.refresh().await {
                    tracing::warn!(%error, "the registry cannot be looked at");
                }
            }
        }
    }
}

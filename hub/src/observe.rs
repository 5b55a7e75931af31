//! What the serving hub tells of itself: metrics, life and readiness over HTTP, figures of its nodes. It reads and decides nothing.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use lintas::domain::NodeId;
use lintas::link::hub::HubShared;
use lintas::runtime::{OnFailure, OsEntropy, SystemClock, Tasks, random_bytes};
use lintas::store::Store;
use lintas::store::probe::{FileMark, ready};
use lintas::telemetry::{Choice, Health, Observing, Pace, Program, Telemetry};
use tokio::time::{MissedTickBehavior, interval};

use crate::failure::Failure;
use crate::nodes::{Standing, is_waited_for, outbox, standing};
use crate::settings::Settings;

/// How often the figures of the nodes are read.
const FIGURES_EVERY: Duration = Duration::from_secs(5);

/// Starts telemetry as the environment says, and answers on `observe.listen` from now on.
///
/// # Errors
/// If a variable cannot be followed, or the port is taken.
pub(crate) async fn start(settings: &Settings, tasks: &Tasks) -> Result<(Telemetry, Health), Failure> {
    let choice = Choice::read(|name| std::env::var(name).ok())?;
    let instance = random_bytes(&OsEntropy);
    let program = Program { name: "lintas-hub", version: env!("CARGO_PKG_VERSION"), node: NodeId::Hub, instance };
    let telemetry = Telemetry::start(&program, choice, Arc::new(SystemClock))?;
    let health = Health::default();
    if let Some(address) = settings.observe {
        let observing = Observing::bind(address).await?;
        observing.announce(&settings.data);
        tracing::info!(address = %observing.address, "metrics, health and readiness are told");
        tasks.spawn("observe", OnFailure::Log, observing.run(telemetry.clone(), health.clone(), tasks.clone()));
    }
    if choice != Choice::default() {
        tracing::info!(traces = choice.traces, metrics = choice.metrics, "sending by OTLP");
    }
    Ok((telemetry, health))
}

/// Looks after readiness and figures as long as the tasks run. `file` is the database's, if it is one.
pub(crate) fn look_after<S: Store>(shared: Arc<HubShared<S>>, file: Option<FileMark>, health: Health, tasks: &Tasks) {
    let (instruments, stop) = (shared.telemetry.instruments().clone(), tasks.stopping());
    let store = shared.store.clone();
    tasks.spawn("readiness", OnFailure::EndProcess, async move {
        let probe = || ready(&store, file.as_ref());
        health.look_after(probe, Pace::default(), instruments, stop).await;
        Ok::<(), Infallible>(())
    });
    let stop = tasks.stopping();
    tasks.spawn("figures", OnFailure::EndProcess, async move {
        let mut every = interval(FIGURES_EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok::<(), Infallible>(()),
                _ = every.tick() => figures(&shared).await,
            }
        }
    });
}

/// Counts the nodes and what waits for them.
async fn figures<S: Store>(shared: &HubShared<S>) {
    let Ok(peers) = shared.store.peers().await else { return };
    let (registry, now, instruments) = (shared.registry(), shared.now(), shared.telemetry.instruments());
    let mut standings: BTreeMap<&'static str, u64> = Standing::ALL.map(|standing| (standing.name(), 0)).into();
    let mut kinds: BTreeMap<&'static str, (u64, u64)> = BTreeMap::new();
    for (node, entry) in registry.nodes() {
        let peer = peers.iter().find(|peer| peer.node == node);
        let count = standings.entry(standing(entry, peer).name()).or_default();
        *count = count.saturating_add(1);
        let (rows, lag) = kinds.entry(node.unit().map_or("hub", lintas::domain::UnitCode::kind)).or_default();
        let Some(peer) = peer.filter(|_| entry.revoked.is_none()) else { continue };
        *rows = rows.saturating_add(outbox(peer));
        if let Some(contact) = peer.contact.filter(|_| is_waited_for(peer)) {
            *lag = (*lag).max(u64::try_from(now.seconds_since(contact)).unwrap_or(0));
        }
    }
    for (name, count) in standings {
        instruments.nodes(name, count);
    }
    for (kind, (rows, lag)) in kinds {
        instruments.outbox(kind, rows);
        instruments.lag(kind, lag);
    }
}

//! What the serving node tells of itself: metrics, life and readiness over HTTP, figures of its journal and link. It reads and
//! decides nothing.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use lintas::desk::{LinkProbe, LinkState};
use lintas::domain::{NodeId, Position};
use lintas::runtime::{Clock as _, OnFailure, OsEntropy, SystemClock, Tasks, random_bytes};
use lintas::store::Store;
use lintas::store::probe::{FileMark, ready};
use lintas::telemetry::{Choice, Health, Instruments, Observing, Pace, Program, Readiness, Telemetry};
use tokio::time::{MissedTickBehavior, interval};

use crate::failure::Failure;
use crate::settings::Settings;

/// How often the figures of journal and link are read.
const FIGURES_EVERY: Duration = Duration::from_secs(5);

/// Starts telemetry as the environment says, and answers on `observe.listen` from now on.
///
/// # Errors
/// If a variable cannot be followed, or the port is taken.
pub(crate) async fn start(settings: &Settings, tasks: &Tasks) -> Result<(Telemetry, Health), Failure> {
    let choice = Choice::read(|name| std::env::var(name).ok())?;
    let (node, instance) = (settings.node.clone(), random_bytes(&OsEntropy));
    let program = Program { name: "lintas-node", version: env!("CARGO_PKG_VERSION"), node, instance };
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

/// What is looked at.
pub(crate) struct Looked<S> {
    pub(crate) store: S,
    /// The database's file.
    pub(crate) database: Option<FileMark>,
    /// The desk's socket.
    pub(crate) socket: Option<FileMark>,
    /// The link, if there is one.
    pub(crate) link: Option<Arc<dyn LinkProbe>>,
}

/// Looks after readiness and figures as long as the tasks run.
pub(crate) fn look_after<S: Store>(looked: Looked<S>, health: Health, instruments: &Instruments, tasks: &Tasks) {
    let Looked { store, database, socket, link } = looked;
    let (stop, counted, asked) = (tasks.stopping(), instruments.clone(), store.clone());
    tasks.spawn("readiness", OnFailure::EndProcess, async move {
        let probe = || async {
            match &socket {
                Some(socket) if socket.is_there().await => ready(&asked, database.as_ref()).await,
                Some(_) | None => Readiness::Not("the desk's socket is gone; start the node again"),
            }
        };
        health.look_after(probe, Pace::default(), counted, stop).await;
        Ok::<(), Infallible>(())
    });
    let (stop, instruments) = (tasks.stopping(), instruments.clone());
    tasks.spawn("figures", OnFailure::EndProcess, async move {
        let mut every = interval(FIGURES_EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok::<(), Infallible>(()),
                _ = every.tick() => figures(&store, link.as_deref(), &instruments).await,
            }
        }
    });
}

async fn figures<S: Store>(store: &S, link: Option<&dyn LinkProbe>, instruments: &Instruments) {
    if let (Ok(own), Ok(hub)) = (store.own().await, store.peer(NodeId::Hub).await) {
        let judged = hub.map_or(Position::ZERO, |hub| hub.judged);
        instruments.journal(beyond(own.written, own.sealed.position), beyond(own.written, judged));
    }
    if let Some(link) = link {
        let report = link.report(SystemClock.timestamp());
        instruments.link(matches!(report.state, LinkState::Connected | LinkState::CatchingUp));
        instruments.lag("hub", report.lag_seconds.unwrap_or(0));
    }
}

/// How many events of the present life lie beyond a place in it.
fn beyond(written: Position, place: Position) -> u64 {
    if place.incarnation == written.incarnation { written.seq.saturating_sub(place.seq) } else { written.seq }
}

//! The serving node: database, desk, link, until it is told to stop. It only puts them together.

use std::convert::Infallible;
use std::sync::Arc;

use lintas::desk::service::{Audience, serve};
use lintas::desk::socket::{DeskSocket, SocketPlace};
use lintas::desk::{Desk, LinkProbe};
use lintas::domain::Position;
use lintas::runtime::logs::start_logs;
use lintas::runtime::{
    Exit, OnFailure, OsEntropy, OsSignals, Progress, ServiceManager, Tasks, is_training, reload_on_hangup,
    run_until_shutdown,
};
use lintas::store::observed::Observed;
use lintas::store::probe::FileMark;
use lintas::store::sqlite::SqliteStore;
use lintas::store::{Owner, Store};
use lintas::telemetry::{Health, Readiness, Telemetry};
use lintas::words::Language;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::estate;
use crate::failure::Failure;
use crate::link::{Probe, in_words, prepare};
use crate::observe::{self, Looked};
use crate::renewal::Renewal;
use crate::settings::Settings;
use crate::{grants, keys, lapse, notify};

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
        // First, so that nobody works on the database while another puts one in its place.
        let socket = open_socket(settings)?;
        let database = estate::open(settings, None).await?;
        start(settings, &database, socket, &telemetry, health, &manager, &tasks).await?;
        tracing::info!(node = %settings.node, name = settings.name, "the node serves");
        let exit = run_until_shutdown(&tasks, &mut signals, settings.soft_limit).await;
        database.close().await;
        Ok(exit)
    };
    let served = served.await;
    // Whatever came of it, what was recorded of it is sent.
    tasks.stop();
    telemetry.end().await;
    served
}

/// Starts what serves on a database; everything runs as tasks.
async fn start(
    settings: &Settings,
    database: &SqliteStore,
    socket: DeskSocket,
    telemetry: &Telemetry,
    health: Health,
    manager: &ServiceManager,
    tasks: &Tasks,
) -> Result<(), Failure> {
    let store = Observed::new(database.clone(), telemetry.clone());
    let desk =
        Desk::open(store.clone(), Arc::clone(&settings.clock), Arc::new(OsEntropy), keys::ring(settings)?).await?;
    let telling = settings.notify.telling();
    let desk = desk
        .with_telemetry(telemetry.clone())
        .with_four_eyes(settings.four_eyes)
        .with_timetable(Arc::clone(&settings.timetable));
    let mut desk = desk.with_telling(telling.clone());
    // Before anything is served: a secret that is missing is found now.
    let couriers = notify::couriers(&settings.notify, &desk)?;
    let link = if let Some(hub) = &settings.hub {
        let (link, tls) = prepare(settings, hub, store.clone(), telemetry, desk.written())?;
        Some((Arc::new(link), Arc::new(tls)))
    } else {
        tracing::warn!("no hub.address is set: the desk works alone");
        None
    };
    let (link, tls) = link.unzip();
    let probe = link.as_ref().map(|link| -> Arc<dyn LinkProbe> { Arc::new(Probe(Arc::clone(link))) });
    if let Some(probe) = &probe {
        desk = desk.with_link(Arc::clone(probe));
    }
    let looked = Looked {
        store,
        database: FileMark::of(&settings.database).await.ok(),
        socket: FileMark::of(&SocketPlace::of(&settings.data)?.path).await.ok(),
        link: probe,
    };
    if let Some(link) = &link {
        let (desk, shared, stop) = (desk.clone(), Arc::clone(&link.shared), tasks.stopping());
        let settings = settings.clone();
        tasks.spawn("grants", OnFailure::EndProcess, async move {
            grants::grant(desk, shared, settings, stop).await;
            Ok::<(), Infallible>(())
        });
    }
    lapse::look_after(desk.clone(), is_training(&settings.federation), tasks);
    if let Some(path) = &settings.people {
        let socket = DeskSocket::open_for_people(path)?;
        let people = serve(socket, Audience::People, desk.clone(), health.clone(), tasks.clone());
        tasks.spawn("desk-people", OnFailure::EndProcess, people);
    }
    notify::start(couriers, &desk, telling, tasks);
    let operators = serve(socket, Audience::Operator, desk, health.clone(), tasks.clone());
    tasks.spawn("desk", OnFailure::EndProcess, operators);
    observe::look_after(looked, health.clone(), telemetry.instruments(), tasks);
    if let (Some(tls), Some(hub)) = (&tls, &settings.hub) {
        let renewal = Renewal { settings: settings.clone(), hub: hub.clone(), tls: Arc::clone(tls) };
        let stop = tasks.stopping();
        tasks.spawn("renewal", OnFailure::EndProcess, async move {
            renewal.run(stop).await;
            Ok::<(), Infallible>(())
        });
    }
    let reload = move || tls.as_ref().map_or(Ok(()), |tls| tls.reload().map(drop));
    reload_on_hangup(tasks, manager, reload).map_err(Failure::Signals)?;
    let state = link.as_ref().map(|link| link.state.subscribe());
    if let Some(link) = link {
        let stop = tasks.stopping();
        tasks.spawn("link", OnFailure::EndProcess, async move {
            Box::pin(link.run(stop)).await;
            Ok::<(), Infallible>(())
        });
    }
    let serves = format!("serves {}", settings.node);
    manager.ready(&serves);
    let store = database.clone();
    manager.watch(tasks, move || {
        let link = state.as_ref().map_or_else(|| "no link is set up".to_owned(), |state| in_words(&state.borrow()));
        standing(store.clone(), health.clone(), format!("{serves}; {link}"))
    });
    Ok(())
}

/// How the node stands, for its service manager. A database that says no is an answer too: only one that says nothing at all
/// is a reason to begin anew.
async fn standing(store: impl Store, health: Health, serves: String) -> String {
    let _ = store.own().await;
    match health.now() {
        Readiness::Ready => serves,
        Readiness::Not(why) => format!("{serves}; not ready: {why}"),
    }
}

/// Takes the journal back from the hub and begins a new life of it. A database that is gone is made anew.
///
/// # Errors
/// If a node runs on the folder, or the hub could not be asked.
pub(crate) async fn recover(settings: &Settings, progress: &Progress, lang: Language) -> Result<(), Failure> {
    let hub = settings.hub.as_ref().ok_or(Failure::NoHub)?;
    // Held so that no node serves meanwhile.
    let socket = open_socket(settings)?;
    let store = if settings.database.exists() {
        estate::open(settings, Some(lang)).await?
    } else {
        SqliteStore::create(&settings.database, owner(settings)).await?.with_vault(keys::vault(settings)?)
    };
    // No desk writes meanwhile.
    let (_written, written) = watch::channel(Position::ZERO);
    let off = Telemetry::default();
    let (link, _tls) = prepare(settings, hub, Observed::new(store.clone(), off.clone()), &off, written)?;
    let recovered = Box::pin(link.recover(CancellationToken::new(), progress)).await.map_err(Failure::Recovery);
    store.close().await;
    drop(socket);
    recovered
}

/// Takes the desk's socket: nobody else serves or recovers meanwhile.
///
/// # Errors
/// If somebody does.
pub(crate) fn open_socket(settings: &Settings) -> Result<DeskSocket, Failure> {
    let place = SocketPlace::of(&settings.data)?;
    if place.fallback {
        tracing::warn!(path = %place.path.display(), "the node's folder has too long a path for a socket; the desk listens here");
    }
    Ok(DeskSocket::open(&place)?)
}

/// Whose database it must be.
pub(crate) fn owner(settings: &Settings) -> Owner {
    Owner { federation: settings.federation.clone(), node: settings.node.clone() }
}

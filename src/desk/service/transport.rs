//! The desk's server: accepts on the Unix socket, checks who calls, speaks HTTP/2, and drains when the process stops.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http2;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tonic::service::Routes;

use super::admit::Door;
use super::calls::DeskService;
use crate::desk::Desk;
use crate::desk::socket::{DeskSocket, SocketError, is_trusted, own_uid};
use crate::protocol::reflection;
use crate::runtime::{OnFailure, Tasks};
use crate::store::Store;
use crate::telemetry::Health;
use crate::telemetry::service::HealthService;

/// Most connections at a time; further ones wait to be accepted.
pub const CONNECTIONS_MAX: usize = 64;
/// Most calls at a time on one connection.
const STREAMS_MAX: u32 = 32;
/// Most bytes of a call's headers.
const HEADERS_BYTES_MAX: u32 = 16 * 1024;
/// A silent peer is asked after so long whether it lives, and given as long again to answer.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// How long to wait after the system gave no connection, for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long running calls may take to finish when the process stops.
const FINISH_LIMIT: Duration = Duration::from_secs(10);
/// The services' full names.
const NAMES: [&str; 2] = ["lintas.desk.v1.Desk", "lintas.desk.v1.Accounts"];

/// Who may connect to a socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Audience {
    /// The account that runs the node, and root.
    Operator,
    /// Everybody on the machine: every call but a login needs a session.
    People,
}

/// Serves the desk on a socket until the tasks are asked to end. Running calls are then finished; no new ones begin.
///
/// # Errors
/// If the account of this process cannot be found out. No fault of a connection ends the loop.
pub async fn serve<S: Store>(
    socket: DeskSocket,
    audience: Audience,
    desk: Desk<S>,
    health: Health,
    tasks: Tasks,
) -> Result<(), SocketError> {
    let own = own_uid()?;
    let [desks, _] = NAMES;
    let health = HealthService::server(health, desks, tasks.stopping());
    let routes = |door| {
        let (calls, accounts) = DeskService::new(desk.clone(), door).into_servers();
        let mut routes = Routes::new(calls).add_service(accounts).add_service(health.clone());
        if let Some(reflection) = reflection(&NAMES) {
            routes = routes.add_service(reflection);
        }
        routes.prepare()
    };
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let stopping = tasks.stopping();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stopping.cancelled() => return Ok(()),
            accepted = accept(&socket, &places) => accepted,
        };
        let (stream, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "the desk cannot accept a connection now");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let door = match (audience, stream.peer_cred()) {
            (Audience::People, _) => Door::People,
            (Audience::Operator, Ok(peer)) if is_trusted(&peer, own) => Door::Operator(peer.uid()),
            (Audience::Operator, Ok(peer)) => {
                tracing::warn!(uid = peer.uid(), code = "desk.foreign-account", "refused a call of another account");
                continue;
            }
            (Audience::Operator, Err(error)) => {
                tracing::warn!(%error, "refused a call whose account cannot be found out");
                continue;
            }
        };
        let connection = connection(stream, routes(door), tasks.clone(), place);
        tasks.spawn("desk-connection", OnFailure::Log, connection);
    }
}

async fn accept(
    socket: &DeskSocket,
    places: &Arc<Semaphore>,
) -> std::io::Result<(UnixStream, Option<OwnedSemaphorePermit>)> {
    // The semaphore is never closed.
    let place = Arc::clone(places).acquire_owned().await.ok();
    let (stream, _) = socket.listener.accept().await?;
    Ok((stream, place))
}

async fn connection(
    stream: UnixStream,
    routes: Routes,
    tasks: Tasks,
    _place: Option<OwnedSemaphorePermit>,
) -> Result<(), hyper::Error> {
    let stopping = tasks.stopping();
    let mut builder = http2::Builder::new(Spawner(tasks));
    builder.timer(TokioTimer::new()).max_concurrent_streams(STREAMS_MAX).max_header_list_size(HEADERS_BYTES_MAX);
    builder.keep_alive_interval(KEEPALIVE).keep_alive_timeout(KEEPALIVE);
    let serving = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    let mut serving = std::pin::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stopping.cancelled() => {
            serving.as_mut().graceful_shutdown();
            // A caller that keeps its call open does not hold up the end.
            timeout(FINISH_LIMIT, serving).await.unwrap_or(Ok(()))
        }
    };
    // A caller that goes away in the middle is nobody's fault.
    ended.or_else(|error| if error.is_user() { Err(error) } else { Ok(()) })
}

/// Runs what HTTP/2 wants run as tasks of this process.
#[derive(Clone)]
struct Spawner(Tasks);

impl<F> hyper::rt::Executor<F> for Spawner
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, call: F) {
        // After the stop nothing new is begun: the caller sees its call reset.
        self.0.spawn("desk-call", OnFailure::Log, async move {
            call.await;
            Ok::<(), Infallible>(())
        });
    }
}

//! The hub's side of the transport: one gRPC service a connection, whose node the TLS handshake named; one task a session.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::sync::{Notify, mpsc};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};

use super::enrolment::Enroller;
use super::inflow::Inflow;
use super::{
    CONNECTION_WINDOW_BYTES, DOWN_BYTES_MAX, KEEPALIVE_ANSWER, KEEPALIVE_EVERY, QUEUE_MESSAGES, STREAM_WINDOW_BYTES,
    STREAMS_MAX, wire,
};
use crate::domain::{NodeId, Registry};
use crate::identity::Authenticated;
use crate::link::hub::joining::JoinRefusal;
use crate::link::hub::session::Input;
use crate::link::hub::{HubEnd, HubShared, Output};
use crate::link::message::{Fault, MESSAGE_BYTES_MAX};
use crate::protocol::federation::v1 as pb;
use crate::protocol::federation::v1::link_server::{Link, LinkServer};
use crate::protocol::reflection;
use crate::runtime::{OnFailure, Tasks};
use crate::store::Store;
use crate::telemetry::Health;
use crate::telemetry::service::HealthService;

/// How often a session looks into its outbox unasked: another process may have put something in. Polling is the truth,
/// waking is a hint.
pub const POLL_EVERY: Duration = Duration::from_millis(500);
/// How often a session says how far the hub is.
pub const PROGRESS_EVERY: Duration = Duration::from_secs(5);
/// How long a message may wait to be written before the node counts as gone.
pub const WRITE_TIMEOUT: Duration = Duration::from_mins(1);

/// The service's full name.
const NAME: &str = "lintas.federation.v1.Link";

/// Who is to be woken when something comes for a node, in this process and in others.
#[derive(Debug, Default)]
pub struct Wakers {
    bells: Mutex<BTreeMap<NodeId, Arc<Notify>>>,
    /// For whom other processes are to be told that something waits; at most as many as there are nodes.
    outward: Mutex<BTreeSet<NodeId>>,
    outward_bell: Notify,
}

impl Wakers {
    /// The bell of one node.
    #[must_use]
    pub fn of(&self, node: &NodeId) -> Arc<Notify> {
        let mut bells = self.bells.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(bells.entry(node.clone()).or_default())
    }

    /// Rings for these nodes, here and, if hints are exchanged, in other processes.
    pub fn wake(&self, nodes: &BTreeSet<NodeId>) {
        if nodes.is_empty() {
            return;
        }
        self.ring(nodes);
        self.outward.lock().unwrap_or_else(PoisonError::into_inner).extend(nodes.iter().cloned());
        self.outward_bell.notify_one();
    }

    /// Rings for these nodes in this process.
    pub fn ring(&self, nodes: &BTreeSet<NodeId>) {
        for node in nodes {
            self.of(node).notify_one();
        }
    }

    /// Rings for all nodes that have a session in this process, or had one.
    pub fn ring_all(&self) {
        let bells = self.bells.lock().unwrap_or_else(PoisonError::into_inner);
        bells.values().for_each(|bell| bell.notify_one());
    }

    /// Waits until this process rings, and gives for whom it did since the last time.
    pub async fn rung_for(&self) -> BTreeSet<NodeId> {
        self.outward_bell.notified().await;
        std::mem::take(&mut *self.outward.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What serves all connections.
#[derive(Debug)]
pub struct HubLink<S> {
    /// What the sessions share.
    pub shared: Arc<HubShared<S>>,
    /// Bells.
    pub wakers: Arc<Wakers>,
    /// The process's tasks.
    pub tasks: Tasks,
    /// What else is served to whoever is let in; see [`services`].
    pub services: Routes,
    /// Who certifies nodes anew; without it none is.
    pub enroller: Option<Arc<Enroller<S>>>,
}

/// What is served beside the sessions: health and the schemas.
#[must_use]
pub fn services(health: Health, stop: CancellationToken) -> Routes {
    let routes = Routes::new(HealthService::server(health, NAME, stop));
    match reflection(&[NAME]) {
        Some(reflection) => routes.add_service(reflection),
        None => routes,
    }
}

impl<S: Store> HubLink<S> {
    /// Serves authenticated connections until there are no more or the process stops. Each runs in a task of its own.
    pub async fn serve(self: Arc<Self>, mut connections: mpsc::Receiver<Authenticated>) {
        let stopping = self.tasks.stopping();
        loop {
            let connection = tokio::select! {
                () = stopping.cancelled() => return,
                connection = connections.recv() => connection,
            };
            let Some(connection) = connection else { return };
            let link = Arc::clone(&self);
            self.tasks.spawn("link connection", OnFailure::Log, async move { link.connection(connection).await });
        }
    }

    /// Serves one connection until it ends, its certificate expires, or the process stops.
    async fn connection(self: Arc<Self>, connection: Authenticated) -> Result<(), hyper::Error> {
        let Authenticated { stream, peer, spki_sha256, not_after, address, permit } = connection;
        tracing::info!(node = %peer, %address, "a node has connected");
        let stop = self.tasks.stopping().child_token();
        let service = Service { link: Arc::clone(&self), node: peer.clone(), stop: stop.clone() };
        let service = LinkServer::new(service)
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(DOWN_BYTES_MAX);
        let service = self.services.clone().add_service(service).prepare();
        let mut http = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .adaptive_window(false)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_concurrent_streams(STREAMS_MAX)
            .max_header_list_size(16 * 1024)
            .keep_alive_interval(KEEPALIVE_EVERY)
            .keep_alive_timeout(KEEPALIVE_ANSWER);
        let served = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let mut served = std::pin::pin!(served);
        let left = not_after.seconds_since(self.shared.now());
        let expiry = tokio::time::sleep(Duration::from_secs(u64::try_from(left).unwrap_or(0)));
        let ended = tokio::select! {
            ended = served.as_mut() => ended,
            () = stop.cancelled() => finish(served, &stop).await,
            () = self.barred(&peer, spki_sha256) => {
                tracing::info!(node = %peer, "the node was revoked, suspended or given another key: the connection ends");
                finish(served, &stop).await
            }
            () = expiry => {
                tracing::info!(node = %peer, "the node's certificate has expired: the connection ends");
                finish(served, &stop).await
            }
        };
        drop(permit);
        tracing::info!(node = %peer, "a node has disconnected");
        // A connection that breaks off is the network's doing, not a failure of this process.
        ended.or(Ok(()))
    }
}

impl<S: Store> HubLink<S> {
    /// Waits until a node may no longer have a connection with this key. What one process records, the others find by looking, so
    /// that it holds for all of them.
    async fn barred(&self, node: &NodeId, spki_sha256: [u8; 32]) {
        let mut registry = self.shared.watch_registry();
        let admits = |registry: &Registry| {
            registry.may_connect(node) && registry.node(node).is_some_and(|entry| entry.tls_key == spki_sha256)
        };
        // The sender lives as long as what is shared.
        let _ = registry.wait_for(|registry| !admits(registry)).await;
    }
}

/// Ends a connection in order: its sessions drain, no new stream is taken, and what is being written is written.
async fn finish<C>(mut connection: Pin<&mut C>, stop: &CancellationToken) -> Result<(), hyper::Error>
where
    C: Future<Output = Result<(), hyper::Error>> + Graceful,
{
    stop.cancel();
    connection.as_mut().graceful();
    timeout(Duration::from_secs(5), connection).await.unwrap_or(Ok(()))
}

/// A connection that can be told to end.
trait Graceful {
    fn graceful(self: Pin<&mut Self>);
}

impl<I, S, E, B> Graceful for hyper::server::conn::http2::Connection<I, S, E>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
    S: hyper::service::HttpService<hyper::body::Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: hyper::body::Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    E: hyper::rt::bounds::Http2ServerConnExec<S::Future, B>,
{
    fn graceful(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// The gRPC service of one connection.
struct Service<S> {
    link: Arc<HubLink<S>>,
    node: NodeId,
    stop: CancellationToken,
}

type Frames = Pin<Box<dyn Stream<Item = Result<pb::DownFrame, Status>> + Send>>;

#[tonic::async_trait]
impl<S: Store> Link for Service<S> {
    type SessionStream = Frames;

    async fn session(&self, request: Request<Streaming<pb::UpFrame>>) -> Result<Response<Frames>, Status> {
        let (sender, receiver) = mpsc::channel(QUEUE_MESSAGES);
        let (link, node, stop) = (Arc::clone(&self.link), self.node.clone(), self.stop.clone());
        let work = async move {
            run(&link, node, request.into_inner(), &sender, &stop).await;
            Ok::<(), std::convert::Infallible>(())
        };
        if !self.link.tasks.spawn("link session", OnFailure::Log, work) {
            return Err(Status::unavailable("the hub is stopping"));
        }
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver).map(Ok))))
    }

    async fn renew(&self, request: Request<pb::RenewRequest>) -> Result<Response<pb::RenewReply>, Status> {
        let refused = |refusal: JoinRefusal| {
            self.link.shared.telemetry.instruments().joined(refusal.code());
            tracing::warn!(node = %self.node, reason = refusal.code(), "a node got no new certificate");
            Status::permission_denied(refusal.code())
        };
        let enroller = self.link.enroller.as_ref().ok_or_else(|| refused(JoinRefusal::NoAuthority))?;
        let node = self.node.unit().ok_or_else(|| refused(JoinRefusal::NotEnrolled))?;
        let renewed = enroller.renew(node, request.into_inner().certificate_request).await;
        let (certificate, authority) = renewed.map_err(refused)?;
        self.link.shared.telemetry.instruments().joined("renewed");
        tracing::info!(node = %self.node, "a node has a new certificate");
        Ok(Response::new(pb::RenewReply { certificate, authority }))
    }
}

/// One session, to its end.
async fn run<S: Store>(
    link: &HubLink<S>,
    node: NodeId,
    stream: Streaming<pb::UpFrame>,
    out: &mpsc::Sender<pb::DownFrame>,
    stop: &CancellationToken,
) {
    let bell = link.wakers.of(&node);
    let instruments = link.shared.telemetry.instruments();
    let _open = instruments.session();
    let mut inflow = Inflow::new(node.clone(), stream);
    let mut end = HubEnd::new(Arc::clone(&link.shared), node.clone());
    let mut poll = interval(POLL_EVERY);
    let mut progress = interval(PROGRESS_EVERY);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    progress.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let input = tokio::select! {
            () = stop.cancelled() => Some(Input::Drain),
            input = inflow.next(|| link.shared.now()) => match input {
                Some(input) => Some(input),
                None => return instruments.session_ended("gone"),
            },
            () = bell.notified() => Some(Input::Wake),
            _ = poll.tick() => Some(Input::Wake),
            _ = progress.tick() => None,
        };
        // From here to the end of the turn nothing is raced: what is begun is done and written.
        let mut output = match input {
            Some(input) => end.handle(input).await,
            None => end.progress().await,
        };
        loop {
            let Output { messages, woken, ended, more } = output;
            link.wakers.wake(&woken);
            let sent = write(out, messages.into_iter().map(wire::down).collect()).await;
            if let Some(fault) = ended {
                instruments.session_ended(fault.map_or("drained", Fault::name));
                if let Some(fault) = fault {
                    tracing::warn!(%node, %fault, "the session has ended");
                }
                return;
            }
            if !sent {
                return instruments.session_ended("gone");
            }
            if !more {
                break;
            }
            output = end.proceed().await;
        }
    }
}

/// Writes messages; false if nobody reads them.
async fn write(out: &mpsc::Sender<pb::DownFrame>, frames: Vec<pb::DownFrame>) -> bool {
    for frame in frames {
        if !matches!(timeout(WRITE_TIMEOUT, out.send(frame)).await, Ok(Ok(()))) {
            return false;
        }
    }
    true
}

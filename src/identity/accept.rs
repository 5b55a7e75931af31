//! The hub's accept loop: takes TCP connections, has each authenticated within a time limit, and hands on only those
//! that are. It survives whatever `accept` says and whatever a client does; what is spoken afterwards is not its matter.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout, timeout_at};
use tokio_rustls::LazyConfigAcceptor;
use tokio_util::sync::CancellationToken;

use super::admission::{Admission, ConnectionPermit, Place, StrangerPermit, Strangers};
use super::refusal::{Refusal, Refusals};
use super::socket::prepare;
use super::tls::{ServerStream, ServerTls};
use crate::domain::{NodeId, Timestamp};

mod report;

use report::Report;

const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// How long, and for how many bytes, a refused client is listened to so that it can read why.
const FAREWELL: Duration = Duration::from_secs(1);
const FAREWELL_BYTES_MAX: u64 = 64 * 1024;
const REPORT_EVERY: Duration = Duration::from_mins(1);

/// Limits of the accept loop. Beyond each, a connection is closed at once and counted as [`Refusal::TooMany`], or as
/// [`Refusal::Timeout`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptLimits {
    /// Longest handshake.
    pub handshake: Duration,
    /// Most handshakes under way at once.
    pub handshakes_max: usize,
    /// Most handshakes under way at once from one address.
    pub handshakes_per_address_max: usize,
    /// Most connections at once, those in their handshake included.
    pub connections_max: usize,
    /// Most connections of one node at once: a new one and old ones whose death has not been noticed.
    pub connections_per_node_max: usize,
    /// Most connections at once of those who ask for the enrolment service.
    pub strangers_max: usize,
    /// Most of them at once from one address.
    pub strangers_per_address_max: usize,
}

impl Default for AcceptLimits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            handshakes_max: 256,
            handshakes_per_address_max: 64,
            connections_max: 4096,
            connections_per_node_max: 4,
            strangers_max: 64,
            strangers_per_address_max: 16,
        }
    }
}

/// A connection whose other end has proven to be `peer`.
#[derive(Debug)]
pub struct Authenticated {
    /// The connection.
    pub stream: ServerStream,
    /// The node, from its certificate.
    pub peer: NodeId,
    /// SHA-256 of the `SubjectPublicKeyInfo` of its key.
    pub spki_sha256: [u8; 32],
    /// The last moment at which its certificate is valid; the connection should not outlive it.
    pub not_after: Timestamp,
    /// Where it comes from.
    pub address: SocketAddr,
    /// Keep it as long as the connection.
    pub permit: ConnectionPermit,
}

/// A connection whose other end asked for the enrolment service, and has proven nothing.
#[derive(Debug)]
pub struct Stranger {
    /// The connection.
    pub stream: ServerStream,
    /// Where it comes from.
    pub address: SocketAddr,
    /// Keep it as long as the connection.
    pub permit: StrangerPermit,
}

/// What came out of a handshake.
enum Met {
    Node(Authenticated),
    Stranger(Stranger),
}

/// Why the accept loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was told to.
    Cancelled,
    /// Nobody takes connections any more.
    NobodyListens,
}

/// What the accept loop works with.
#[derive(Debug, Clone)]
pub struct Acceptor {
    /// The TLS configuration, looked at in each handshake.
    pub tls: watch::Receiver<Arc<ServerTls>>,
    /// The limits.
    pub limits: AcceptLimits,
    /// Where refusals are counted.
    pub refusals: Arc<Refusals>,
    /// Where authenticated connections go.
    pub out: mpsc::Sender<Authenticated>,
    /// Where connections go that ask for the enrolment service; without it they are refused.
    pub strangers: Option<mpsc::Sender<Stranger>>,
}

/// The places that there are for connections.
struct Places {
    nodes: Admission,
    strangers: Strangers,
}

impl Acceptor {
    /// Accepts until told to stop. Handshakes then under way are broken off; connections handed on are untouched.
    pub async fn run(self, listener: TcpListener, stop: CancellationToken) -> Ended {
        self.run_on(&listener, stop).await
    }

    async fn run_on(self, listener: &impl Listen, stop: CancellationToken) -> Ended {
        let admission = Arc::new(Places {
            nodes: Admission::new(self.limits.connections_max, self.limits.connections_per_node_max),
            strangers: Strangers::new(self.limits.strangers_max, self.limits.strangers_per_address_max),
        });
        let mut handshakes = Handshakes::default();
        let mut report = Report::new(Arc::clone(&self.refusals));
        let mut minute = interval(REPORT_EVERY);
        minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut pause = Duration::ZERO;
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ended::Cancelled,
                // Who takes connections may have been told to stop as well, and have ended first.
                () = self.out.closed() => {
                    return if stop.is_cancelled() { Ended::Cancelled } else { Ended::NobodyListens };
                }
                Some(refused) = handshakes.next() => report.refused(&refused),
                _ = minute.tick() => report.next_minute(),
                accepted = accept_after(listener, pause) => match accepted {
                    Ok((stream, address)) => {
                        pause = Duration::ZERO;
                        if let Err(reason) = self.begin(&mut handshakes, &admission, stream, address) {
                            report.refused(&Refused { address: address.ip(), reason, detail: String::new() });
                        }
                    }
                    Err(fault) => {
                        if concerns_the_listener(&fault) {
                            pause = pause.saturating_mul(2).clamp(PAUSE_FIRST, PAUSE_MAX);
                            report.accept_failed(&fault);
                        }
                    }
                },
            }
        }
    }

    fn begin(
        &self,
        handshakes: &mut Handshakes,
        admission: &Arc<Places>,
        stream: TcpStream,
        address: SocketAddr,
    ) -> Result<(), Refusal> {
        let from_there = handshakes.from(address.ip());
        if handshakes.len() >= self.limits.handshakes_max || from_there >= self.limits.handshakes_per_address_max {
            return Err(Refusal::TooMany);
        }
        let place = admission.nodes.place().ok_or(Refusal::TooMany)?;
        let tls = Arc::clone(&self.tls.borrow());
        let (limits, out, admission) = (self.limits, self.out.clone(), Arc::clone(admission));
        let strangers = self.strangers.clone();
        handshakes.begin(address.ip(), async move {
            let with_strangers = strangers.is_some();
            let met = meet(&tls, stream, address, limits, (&admission, place), with_strangers).await?;
            let handed_on = async {
                match (met, strangers) {
                    // Nobody left to take it: the process ends, and the connection with it.
                    (Met::Node(node), _) => drop(out.send(node).await),
                    (Met::Stranger(stranger), Some(strangers)) => drop(strangers.send(stranger).await),
                    (Met::Stranger(_), None) => {}
                }
            };
            match timeout(limits.handshake, handed_on).await {
                Ok(()) => Ok(()),
                Err(_) => Err((Refusal::TooMany, "connections are not taken fast enough".to_owned())),
            }
        });
        Ok(())
    }
}

/// A refused connection: what is counted and logged.
struct Refused {
    address: IpAddr,
    reason: Refusal,
    detail: String,
}

type Outcome = Result<(), (Refusal, String)>;

/// The handshakes under way, and from where.
#[derive(Default)]
struct Handshakes {
    tasks: JoinSet<(IpAddr, Outcome)>,
    from: Vec<IpAddr>,
}

impl Handshakes {
    fn len(&self) -> usize {
        self.tasks.len()
    }

    fn from(&self, address: IpAddr) -> usize {
        self.from.iter().filter(|each| **each == address).count()
    }

    fn begin(&mut self, address: IpAddr, handshake: impl Future<Output = Outcome> + Send + 'static) {
        self.from.push(address);
        self.tasks.spawn(async move { (address, handshake.await) });
    }

    /// Waits for a handshake to end; gives it if it was refused, and nothing if there is none under way.
    async fn next(&mut self) -> Option<Refused> {
        while let Some(ended) = self.tasks.join_next().await {
            let Ok((address, outcome)) = ended else {
                // A handshake that panicked took its address with it: forget them all rather than count it for ever.
                self.from.clear();
                let detail = "a fault in this program: please report it".to_owned();
                return Some(Refused { address: IpAddr::from([0, 0, 0, 0]), reason: Refusal::Other, detail });
            };
            if let Some(at) = self.from.iter().position(|each| *each == address) {
                self.from.swap_remove(at);
            }
            if let Err((reason, detail)) = outcome {
                return Some(Refused { address, reason, detail });
            }
        }
        None
    }
}

/// What the loop takes connections from; a test puts a failing one in its place.
trait Listen: Sync {
    fn next(&self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> + Send;
}

impl Listen for TcpListener {
    async fn next(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.accept().await
    }
}

async fn accept_after(listener: &impl Listen, pause: Duration) -> io::Result<(TcpStream, SocketAddr)> {
    if !pause.is_zero() {
        sleep(pause).await;
    }
    listener.next().await
}

/// Whether `accept` will fail again at once, as when descriptors or memory run out; a client that is gone again is
/// no reason to wait.
fn concerns_the_listener(fault: &io::Error) -> bool {
    use io::ErrorKind as K;
    !matches!(fault.kind(), K::ConnectionAborted | K::ConnectionReset | K::Interrupted | K::TimedOut)
}

async fn meet(
    tls: &ServerTls,
    stream: TcpStream,
    address: SocketAddr,
    limits: AcceptLimits,
    (places, place): (&Places, Place),
    with_strangers: bool,
) -> Result<Met, (Refusal, String)> {
    prepare(&stream).map_err(|fault| (Refusal::Other, fault.to_string()))?;
    let until = Instant::now() + limits.handshake;
    let mut hello = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream);
    let started = match timeout_at(until, &mut hello).await {
        Err(_) => return Err((Refusal::Timeout, String::new())),
        Ok(Ok(started)) => started,
        Ok(Err(fault)) => {
            if let Some(stream) = hello.take_io() {
                farewell(stream).await;
            }
            return Err(reason_of(&fault));
        }
    };
    let enrols = with_strangers && tls.asks_to_enrol(started.client_hello().server_name());
    let config = if enrols { &tls.enrolment } else { &tls.config };
    let mut stream = match timeout_at(until, started.into_stream(Arc::clone(config)).into_fallible()).await {
        Err(_) => return Err((Refusal::Timeout, String::new())),
        Ok(Ok(stream)) => stream,
        Ok(Err((fault, stream))) => {
            farewell(stream).await;
            return Err(reason_of(&fault));
        }
    };
    let refused = if enrols {
        // It takes no place of a node's.
        drop(place);
        let permit = places.strangers.permit(address.ip()).ok_or(Refusal::TooMany);
        match permit.and_then(|permit| ServerTls::speaks_h2(stream.get_ref().1).then_some(permit).ok_or(Refusal::Other))
        {
            Ok(permit) => return Ok(Met::Stranger(Stranger { stream, address, permit })),
            Err(reason) => reason,
        }
    } else {
        let peer = tls.peer(stream.get_ref().1);
        let permit = peer.and_then(|peer| {
            let permit = places.nodes.permit(place, &peer.id.node).ok_or(Refusal::TooMany)?;
            Ok((peer, permit))
        });
        match permit {
            Ok((peer, permit)) => {
                let (spki_sha256, not_after) = (peer.spki_sha256, peer.not_after);
                let peer = peer.id.node;
                return Ok(Met::Node(Authenticated { stream, peer, spki_sha256, not_after, address, permit }));
            }
            Err(reason) => reason,
        }
    };
    // The peer closes anyway; a fault here changes nothing.
    let _ = timeout(FAREWELL, stream.shutdown()).await;
    Err((refused, String::new()))
}

/// Lets the client read the alert: closing at once, with its bytes still unread, would have the kernel throw it away.
async fn farewell(mut stream: TcpStream) {
    let listen = async {
        stream.shutdown().await?;
        tokio::io::copy(&mut (&mut stream).take(FAREWELL_BYTES_MAX), &mut tokio::io::sink()).await
    };
    // Whether it listened or not, the connection ends here.
    let _ = timeout(FAREWELL, listen).await;
}

fn reason_of(fault: &io::Error) -> (Refusal, String) {
    let tls = fault.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let reason = tls.map_or(Refusal::Other, Refusal::of_tls);
    (reason, if reason == Refusal::Other { fault.to_string() } else { String::new() })
}

#[cfg(test)]
mod tests;

//! The hub's port: binds it, lets in whom the registry knows, and serves each connection. It says who may connect; what they may
//! say is the sessions' business.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::enrolment::Enroller;
use super::hub::{HubLink, Wakers, services};
use crate::domain::NodeId;
use crate::identity::issuing::Issuing;
use crate::identity::{
    AcceptLimits, Acceptor, Ended, HostPort, PeerPolicy, Refusal, Refusals, Reloadable, ServerTls, SpiffeId, TlsError,
    TlsFiles, TlsIdentity,
};
use crate::link::hub::HubShared;
use crate::runtime::{Entropy, OnFailure, Tasks};
use crate::store::{Store, StoreError};
use crate::telemetry::Health;

/// How often the registry is read anew: another process may have enrolled or revoked a node.
pub const REGISTRY_EVERY: Duration = Duration::from_millis(500);
/// Connections accepted and not yet served.
const BACKLOG: usize = 64;

/// Why the hub does not listen.
#[derive(Debug, Error)]
pub enum ListenError {
    /// Key or certificates are not usable.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address cannot be had.
    #[error("cannot listen on {address}: {why}; choose another address or stop the program that has it")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        why: std::io::Error,
    },
    /// The registry cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// With what a hub lets nodes join, and renews their certificates.
#[derive(Debug)]
pub struct Enrolling {
    /// Its authority.
    pub issuing: Issuing,
    /// Where nodes find the hub.
    pub hub: HostPort,
    /// Randomness for challenges and serial numbers.
    pub entropy: Arc<dyn Entropy>,
}

/// A hub that listens.
#[derive(Debug)]
pub struct Listening {
    /// Where; the port is the real one if 0 was asked for.
    pub address: SocketAddr,
    /// Refused handshakes, by reason.
    pub refusals: Arc<Refusals>,
    /// Whom sessions wake.
    pub wakers: Arc<Wakers>,
    /// The TLS configuration, which can be loaded anew.
    pub tls: Arc<Reloadable<ServerTls>>,
}

/// Starts to listen; everything runs as tasks of the process.
///
/// # Errors
/// If the address, the keys or the registry cannot be had; then nothing runs.
pub async fn listen<S: Store>(
    shared: Arc<HubShared<S>>,
    files: TlsFiles,
    address: SocketAddr,
    limits: AcceptLimits,
    enrolling: Option<Enrolling>,
    health: Health,
    tasks: &Tasks,
) -> Result<Listening, ListenError> {
    let woken = shared.release_held().await?;
    shared.refresh().await?;
    let id = SpiffeId::new(shared.signer.federation.clone(), NodeId::Hub);
    let policy: Arc<dyn PeerPolicy> = Arc::new(registered(Arc::clone(&shared)));
    let load = move || ServerTls::new(&TlsIdentity::load(&files, &id)?, Arc::clone(&policy));
    let tls = Arc::new(Reloadable::start(load)?);
    let listener = TcpListener::bind(address).await.map_err(|why| ListenError::Bind { address, why })?;
    let address = listener.local_addr().map_err(|why| ListenError::Bind { address, why })?;
    let (out, connections) = mpsc::channel(BACKLOG);
    let refusals = Arc::new(Refusals::default());
    let enroller = enrolling
        .map(|Enrolling { issuing, hub, entropy }| Arc::new(Enroller::new(Arc::clone(&shared), issuing, hub, entropy)));
    let strangers = enroller.as_ref().map(|enroller| {
        let (out, strangers) = mpsc::channel(BACKLOG);
        let serve = Arc::clone(enroller).serve(strangers, tasks.clone());
        tasks.spawn("enrolments", OnFailure::EndProcess, async move {
            serve.await;
            Ok::<(), std::convert::Infallible>(())
        });
        out
    });
    let acceptor = Acceptor { tls: tls.watch(), limits, refusals: Arc::clone(&refusals), out, strangers };
    let counted = Arc::clone(&refusals);
    shared
        .telemetry
        .instruments()
        .refused_handshakes(move || counted.iter().map(|(reason, count)| (reason.code(), count)).collect());
    let services = services(health, tasks.stopping());
    let wakers = Arc::new(Wakers::default());
    let link = Arc::new(HubLink { shared, wakers, tasks: tasks.clone(), services, enroller });
    link.wakers.wake(&woken);
    let (stop, wakers) = (tasks.stopping(), Arc::clone(&link.wakers));
    tasks.spawn("registry", OnFailure::EndProcess, refresh(Arc::clone(&link.shared), tasks.clone()));
    tasks.spawn("accept", OnFailure::EndProcess, async move {
        match acceptor.run(listener, stop).await {
            Ended::Cancelled => Ok(()),
            Ended::NobodyListens => Err("nobody serves connections any more"),
        }
    });
    tasks.spawn("link", OnFailure::EndProcess, async move {
        link.serve(connections).await;
        Ok::<(), std::convert::Infallible>(())
    });
    Ok(Listening { address, refusals, wakers, tls })
}

/// Lets in the nodes of the registry, each with the key that it enrolled, unless it was revoked or suspended.
fn registered<S: Store>(shared: Arc<HubShared<S>>) -> impl PeerPolicy + use<S> {
    move |node: &NodeId, spki_sha256: &[u8; 32]| {
        let registry = shared.registry();
        let entry = registry.node(node).filter(|entry| entry.revoked.is_none()).ok_or(Refusal::UnknownIdentity)?;
        if entry.suspended {
            return Err(Refusal::Suspended);
        }
        if entry.tls_key == *spki_sha256 { Ok(()) } else { Err(Refusal::KeyNotRegistered) }
    }
}

async fn refresh<S: Store>(shared: Arc<HubShared<S>>, tasks: Tasks) -> Result<(), std::convert::Infallible> {
    let stop = tasks.stopping();
    let mut every = interval(REGISTRY_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = every.tick() => {
                if let Err(error) = shared.refresh().await {
                    tracing::warn!(%error, "the registry cannot be read; the last one known counts");
                }
            }
        }
    }
}

//! The hub's enrolment service: what somebody without a certificate reaches, and all that he reaches. It proves keys, counts and
//! limits tries; who is let in, the registrar says.

use std::convert::Infallible;
use std::fmt::Display;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tonic::service::Routes;
use tonic::{Request, Response, Status};

use super::KEEPALIVE_ANSWER;
use crate::domain::{NodeId, SealingKeyId, SigningKeyId, TokenId, UnitCode};
use crate::identity::issuing::Issuing;
use crate::identity::{HostPort, RequestedKey, Stranger};
use crate::journal::joining::{CHALLENGE, JoinStatement, NodeKeys, RenewalStatement, challenge_context};
use crate::journal::sealing_key::seal;
use crate::link::hub::HubShared;
use crate::link::hub::joining::{self, JoinRefusal, Joining, LATE_RENEWAL_SECONDS};
use crate::protocol::federation::v1 as pb;
use crate::protocol::federation::v1::enrolment_server::{Enrolment, EnrolmentServer};
use crate::runtime::{Entropy, OnFailure, Rate, RateLimiter, Tasks, random_bytes};
use crate::store::Store;

/// Longest message of the enrolment service, in bytes, either way.
pub const ENROLMENT_MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// Longest that somebody without a certificate may stay connected.
pub const STRANGER_STAYS: Duration = Duration::from_mins(1);
/// Tries from one address: of a whole data centre's nodes that join at once, and then one every three seconds.
const ADDRESS_RATE: Rate = Rate { burst: 120, every_micros: 3_000_000, remembered_max: 65_536 };
/// Tries with one token.
const TOKEN_RATE: Rate = Rate { burst: 10, every_micros: 30_000_000, remembered_max: 65_536 };
/// Lines about refusals in the logs; all are counted.
const LOG_RATE: Rate = Rate { burst: 20, every_micros: 3_000_000, remembered_max: 1 };

/// What serves those who join.
#[derive(Debug)]
pub struct Enroller<S> {
    shared: Arc<HubShared<S>>,
    issuing: Issuing,
    /// Where nodes find the hub.
    hub: HostPort,
    entropy: Arc<dyn Entropy>,
    by_address: RateLimiter<IpAddr>,
    by_token: RateLimiter<TokenId>,
    lines: RateLimiter<()>,
}

impl<S: Store> Enroller<S> {
    /// Lets nodes join a hub, and gives new certificates to those that have.
    #[must_use]
    pub fn new(shared: Arc<HubShared<S>>, issuing: Issuing, hub: HostPort, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            shared,
            issuing,
            hub,
            entropy,
            by_address: RateLimiter::new(ADDRESS_RATE),
            by_token: RateLimiter::new(TOKEN_RATE),
            lines: RateLimiter::new(LOG_RATE),
        }
    }

    /// Serves those who ask for the enrolment service until there are no more or the process stops.
    pub async fn serve(self: Arc<Self>, mut strangers: mpsc::Receiver<Stranger>, tasks: Tasks) {
        let stopping = tasks.stopping();
        loop {
            let stranger = tokio::select! {
                () = stopping.cancelled() => return,
                stranger = strangers.recv() => stranger,
            };
            let Some(stranger) = stranger else { return };
            let enroller = Arc::clone(&self);
            let stop = tasks.stopping();
            tasks.spawn("enrolment", OnFailure::Log, async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    // A connection that breaks off is the network's doing.
                    _ = timeout(STRANGER_STAYS, enroller.connection(stranger)) => {}
                }
                Ok::<(), Infallible>(())
            });
        }
    }

    async fn connection(self: Arc<Self>, stranger: Stranger) -> Result<(), hyper::Error> {
        let Stranger { stream, address, permit } = stranger;
        let service = Service { enroller: self, address: address.ip(), pending: Mutex::default() };
        let service = EnrolmentServer::new(service)
            .max_decoding_message_size(ENROLMENT_MESSAGE_BYTES_MAX)
            .max_encoding_message_size(ENROLMENT_MESSAGE_BYTES_MAX);
        let service = Routes::new(service).prepare();
        let mut http = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .adaptive_window(false)
            .initial_stream_window_size(128 * 1024)
            .initial_connection_window_size(128 * 1024)
            .max_concurrent_streams(1)
            .max_header_list_size(8 * 1024)
            .keep_alive_interval(KEEPALIVE_ANSWER)
            .keep_alive_timeout(KEEPALIVE_ANSWER);
        let served = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).await;
        drop(permit);
        served
    }

    /// Certifies a node's key, or none if the node has brought a certificate.
    async fn certificate(&self, node: &UnitCode, request: Option<String>) -> Result<String, JoinRefusal> {
        let Some(request) = request else { return Ok(String::new()) };
        let (issuing, node, now) = (self.issuing.clone(), node.clone(), self.shared.now());
        let serial = random_bytes(&*self.entropy);
        let issued = tokio::task::spawn_blocking(move || issuing.issue(&request, &node, now, serial)).await;
        let issued = issued.map_err(|error| fault(&error))?;
        Ok(issued.map_err(|error| fault(&error))?.pem)
    }

    async fn trusted(&self) -> Result<String, JoinRefusal> {
        let issuing = self.issuing.clone();
        let trusted = tokio::task::spawn_blocking(move || issuing.trusted_pem()).await;
        trusted.map_err(|error| fault(&error))?.map_err(|error| fault(&error))
    }

    /// A new certificate for a node that is known, by the key of a request whose maker holds it.
    ///
    /// # Errors
    /// If the request is not in order, the node is not enrolled, or the hub issues none.
    pub async fn renew(&self, node: &UnitCode, request: String) -> Result<(String, String), JoinRefusal> {
        if !self.issuing.issues() {
            return Err(JoinRefusal::NoAuthority);
        }
        let key = RequestedKey::from_request(&request).map_err(|_| JoinRefusal::Proof)?;
        let certified = self.certificate(node, Some(request)).await?;
        let trusted = self.trusted().await?;
        // The registry last: a key that it names has its certificate by then.
        let (store, signer) = (&self.shared.store, &self.shared.signer);
        let noted = joining::certify(store, signer, node, key.spki_sha256(), self.shared.now()).await;
        noted.map_err(|error| fault(&error))??;
        let _ = self.shared.refresh().await.map_err(|error| fault(&error))?;
        Ok((certified, trusted))
    }

    /// Counts a refusal, and tells of it unless there are too many.
    fn refused(&self, address: IpAddr, token: Option<TokenId>, refusal: JoinRefusal) -> Status {
        self.shared.telemetry.instruments().joined(refusal.code());
        if self.lines.take(&(), self.shared.now()) {
            let token = token.map_or_else(String::new, |token| token.to_string());
            tracing::warn!(%address, token, reason = refusal.code(), "somebody was not let in");
        }
        match refusal {
            JoinRefusal::TooMany => Status::resource_exhausted(refusal.code()),
            JoinRefusal::Unavailable => Status::unavailable(refusal.code()),
            JoinRefusal::Unknown
            | JoinRefusal::Expired
            | JoinRefusal::Used
            | JoinRefusal::Withdrawn
            | JoinRefusal::OtherNode
            | JoinRefusal::KeyRegistered
            | JoinRefusal::Unlisted
            | JoinRefusal::Proof
            | JoinRefusal::NotEnrolled
            | JoinRefusal::TooLate
            | JoinRefusal::NoAuthority => Status::permission_denied(refusal.code()),
        }
    }
}

/// What the hub's operator is to see of a fault, and the one who asked not.
fn fault(error: &dyn Display) -> JoinRefusal {
    tracing::error!(%error, "the hub cannot certify a node now");
    JoinRefusal::Unavailable
}

/// What was begun on one connection.
#[derive(Debug)]
enum Pending {
    Join { token: TokenId, node: UnitCode, keys: NodeKeys, request: Option<String>, nonce: [u8; 32], hidden: [u8; 32] },
    Renewal { node: UnitCode, request: String, tls: [u8; 32], nonce: [u8; 32] },
}

/// The gRPC service of one connection.
struct Service<S> {
    enroller: Arc<Enroller<S>>,
    address: IpAddr,
    pending: Mutex<Option<Pending>>,
}

impl<S: Store> Service<S> {
    /// One try of this address, if it has any left.
    fn try_once(&self) -> Result<(), JoinRefusal> {
        let taken = self.enroller.by_address.take(&self.address, self.enroller.shared.now());
        taken.then_some(()).ok_or(JoinRefusal::TooMany)
    }

    fn begin(&self, pending: Pending) {
        *self.pending.lock().unwrap_or_else(PoisonError::into_inner) = Some(pending);
    }

    /// What was begun; it serves for one try.
    fn begun(&self) -> Result<Pending, JoinRefusal> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or(JoinRefusal::Proof)
    }

    fn begin_join(&self, asked: pb::JoinRequest) -> Result<pb::JoinChallenge, JoinRefusal> {
        self.try_once()?;
        let enroller = &self.enroller;
        let token = TokenId::from_slice(&asked.token).ok_or(JoinRefusal::Proof)?;
        let node = UnitCode::parse(&asked.node).map_err(|_| JoinRefusal::Proof)?;
        let signing = SigningKeyId::from_slice(&asked.signing_key).ok_or(JoinRefusal::Proof)?;
        let sealing = SealingKeyId::from_slice(&asked.sealing_key).ok_or(JoinRefusal::Proof)?;
        let (tls, request) = if asked.certificate.is_empty() {
            if !enroller.issuing.issues() {
                return Err(JoinRefusal::NoAuthority);
            }
            let key = RequestedKey::from_request(&asked.certificate_request).map_err(|_| JoinRefusal::Proof)?;
            (key.spki_sha256(), Some(asked.certificate_request))
        } else {
            // The operator's own authority has seen the proof of this key; the link's handshake will see it each time.
            let now = enroller.shared.now();
            let shown = enroller.issuing.genuine(&asked.certificate, &node, now).map_err(|_| JoinRefusal::Proof)?;
            (Some(shown).filter(|shown| now <= shown.not_after).ok_or(JoinRefusal::Proof)?.spki_sha256, None)
        };
        let keys = NodeKeys { tls, signing, sealing };
        let (nonce, hidden) = (random_bytes(&*enroller.entropy), random_bytes::<32>(&*enroller.entropy));
        let context = challenge_context(&enroller.shared.signer.federation, token, &nonce);
        let sealed = seal(&sealing, CHALLENGE.purpose(), &context, &hidden, random_bytes(&*enroller.entropy));
        let sealed = sealed.ok_or(JoinRefusal::Proof)?;
        self.begin(Pending::Join { token, node, keys, request, nonce, hidden });
        Ok(pb::JoinChallenge { nonce: nonce.to_vec(), encapped: sealed.encapped.to_vec(), sealed: sealed.sealed })
    }

    async fn finish_join(&self, proof: pb::JoinProof) -> Result<pb::JoinBundle, (Option<TokenId>, JoinRefusal)> {
        let begun = self.begun().map_err(|refusal| (None, refusal))?;
        let Pending::Join { token, node, keys, request, nonce, hidden } = begun else {
            return Err((None, JoinRefusal::Proof));
        };
        self.join(token, node, keys, request, (nonce, hidden), proof).await.map_err(|refusal| (Some(token), refusal))
    }

    async fn join(
        &self,
        token: TokenId,
        node: UnitCode,
        keys: NodeKeys,
        request: Option<String>,
        (nonce, hidden): ([u8; 32], [u8; 32]),
        proof: pb::JoinProof,
    ) -> Result<pb::JoinBundle, JoinRefusal> {
        let enroller = &self.enroller;
        let (now, federation) = (enroller.shared.now(), &enroller.shared.signer.federation);
        if !enroller.by_token.take(&token, now) {
            return Err(JoinRefusal::TooMany);
        }
        let secret = zeroize::Zeroizing::new(proof.secret);
        let secret = zeroize::Zeroizing::new(<[u8; 32]>::try_from(secret.as_slice()).map_err(|_| JoinRefusal::Proof)?);
        let signature = proof.signature.as_slice().try_into().map_err(|_| JoinRefusal::Proof)?;
        let statement = JoinStatement { federation, node: &node, token, keys: &keys, nonce: &nonce };
        if proof.opened != hidden || !statement.is_signed(signature) {
            return Err(JoinRefusal::Proof);
        }
        // Before the token is used up: what cannot be certified must not cost it.
        let certificate = enroller.certificate(&node, request).await?;
        let authority = enroller.trusted().await?;
        let joining = Joining { token, secret, node, keys };
        let joined = joining::join(&enroller.shared.store, &enroller.shared.signer, &joining, now).await;
        let admitted = joined.map_err(|error| fault(&error))??;
        let _ = enroller.shared.refresh().await.map_err(|error| fault(&error))?;
        enroller.shared.telemetry.instruments().joined(if admitted.news { "joined" } else { "repeated" });
        tracing::info!(node = %joining.node, %token, address = %self.address, "a node has joined");
        Ok(enroller.bundle(&joining.node, admitted.name.as_str(), (certificate, authority), admitted.registry))
    }

    fn begin_renewal(&self, asked: pb::RenewalRequest) -> Result<pb::RenewalChallenge, JoinRefusal> {
        self.try_once()?;
        let enroller = &self.enroller;
        if !enroller.issuing.issues() {
            return Err(JoinRefusal::NoAuthority);
        }
        let node = UnitCode::parse(&asked.node).map_err(|_| JoinRefusal::Proof)?;
        let key = RequestedKey::from_request(&asked.certificate_request).map_err(|_| JoinRefusal::Proof)?;
        let now = enroller.shared.now();
        let old = enroller.issuing.genuine(&asked.certificate, &node, now).map_err(|_| JoinRefusal::Proof)?;
        if now.seconds_since(old.not_after) > LATE_RENEWAL_SECONDS {
            return Err(JoinRefusal::TooLate);
        }
        let nonce = random_bytes(&*enroller.entropy);
        let (request, tls) = (asked.certificate_request, key.spki_sha256());
        self.begin(Pending::Renewal { node, request, tls, nonce });
        Ok(pb::RenewalChallenge { nonce: nonce.to_vec() })
    }

    async fn finish_renewal(&self, proof: pb::RenewalProof) -> Result<pb::JoinBundle, JoinRefusal> {
        let enroller = &self.enroller;
        let Pending::Renewal { node, request, tls, nonce } = self.begun()? else { return Err(JoinRefusal::Proof) };
        let registry = enroller.shared.refresh().await.map_err(|error| fault(&error))?;
        let entry = registry.node(&NodeId::Node(node.clone()));
        let entry = entry.filter(|entry| entry.revoked.is_none() && !entry.suspended);
        let entry = entry.ok_or(JoinRefusal::NotEnrolled)?;
        let signature = proof.signature.as_slice().try_into().map_err(|_| JoinRefusal::Proof)?;
        let federation = &enroller.shared.signer.federation;
        let statement = RenewalStatement { federation, node: &node, tls: &tls, nonce: &nonce };
        let signed = entry.signing_key().is_some_and(|key| statement.is_signed_by(&key, signature));
        if !signed {
            return Err(JoinRefusal::Proof);
        }
        let (certificate, authority) = enroller.renew(&node, request).await?;
        enroller.shared.telemetry.instruments().joined("returned");
        tracing::info!(%node, address = %self.address, "a node whose certificate had ended has a new one");
        Ok(enroller.bundle(&node, entry.name.as_str(), (certificate, authority), registry.position()))
    }

    fn answered<T>(&self, token: Option<TokenId>, answer: Result<T, JoinRefusal>) -> Result<Response<T>, Status> {
        answer.map(Response::new).map_err(|refusal| self.enroller.refused(self.address, token, refusal))
    }
}

impl<S: Store> Enroller<S> {
    fn bundle(
        &self,
        node: &UnitCode,
        name: &str,
        (certificate, authority): (String, String),
        registry: crate::domain::Position,
    ) -> pb::JoinBundle {
        let signer = &self.shared.signer;
        pb::JoinBundle {
            federation: signer.federation.to_string(),
            node: node.to_string(),
            name: name.to_owned(),
            hub: self.hub.to_string(),
            hub_signing_key: signer.key.public().0.to_vec(),
            authority,
            certificate,
            registry: Some(pb::Position { incarnation: registry.incarnation, seq: registry.seq }),
        }
    }
}

#[tonic::async_trait]
impl<S: Store> Enrolment for Service<S> {
    async fn begin(&self, request: Request<pb::JoinRequest>) -> Result<Response<pb::JoinChallenge>, Status> {
        let asked = request.into_inner();
        let token = TokenId::from_slice(&asked.token);
        let answer = self.begin_join(asked);
        self.answered(token, answer)
    }

    async fn finish(&self, request: Request<pb::JoinProof>) -> Result<Response<pb::JoinBundle>, Status> {
        match self.finish_join(request.into_inner()).await {
            Ok(bundle) => Ok(Response::new(bundle)),
            Err((token, refusal)) => self.answered(token, Err(refusal)),
        }
    }

    async fn begin_renewal(
        &self,
        request: Request<pb::RenewalRequest>,
    ) -> Result<Response<pb::RenewalChallenge>, Status> {
        let answer = self.begin_renewal(request.into_inner());
        self.answered(None, answer)
    }

    async fn finish_renewal(&self, request: Request<pb::RenewalProof>) -> Result<Response<pb::JoinBundle>, Status> {
        let answer = self.finish_renewal(request.into_inner()).await;
        self.answered(None, answer)
    }
}

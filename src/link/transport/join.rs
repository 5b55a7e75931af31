//! A node's side of joining, and of getting new certificates: what is said to the hub, and what is believed of its answers. It writes
//! no file.

use std::time::Duration;

use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::time::timeout;
use tonic::transport::{Channel, Endpoint};

use super::enrolment::ENROLMENT_MESSAGE_BYTES_MAX;
use crate::domain::event::PublicName;
use crate::domain::{FederationId, NodeId, Position, SigningKeyId, UnitCode};
use crate::identity::certificate::PeerCertificate;
use crate::identity::{
    ConnectError, Dialer, HostPort, JoiningBundle, JoiningToken, RequestError, SpiffeId, TlsKey, leaf_of, make_request,
    refused_by_hub,
};
use crate::journal::joining::{CHALLENGE, JoinStatement, NodeKeys, RenewalStatement, challenge_context};
use crate::journal::{Sealed, SealingKey, SigningKey};
use crate::link::hub::joining::JoinRefusal;
use crate::protocol::federation::v1 as pb;
use crate::protocol::federation::v1::enrolment_client::EnrolmentClient;
use crate::protocol::federation::v1::link_client::LinkClient;

/// Longest that one joining or renewal takes, once the hub is reached.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a node did not join, or got no new certificate.
#[derive(Debug, Error)]
pub enum JoinError {
    /// The hub cannot be reached, or is not the right one.
    #[error(transparent)]
    Connect(Box<ConnectError>),
    /// The hub said no.
    #[error("the hub said no: {}", .0.code())]
    Refused(JoinRefusal),
    /// The certificate request could not be made.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The connection broke, or the hub does not answer.
    #[error("the connection to the hub broke off ({0}); run it again")]
    Broken(String),
    /// The hub's answer is none.
    #[error("the hub's answer makes no sense ({0}): are both programs of the same version?")]
    Answer(&'static str),
}

impl From<ConnectError> for JoinError {
    fn from(error: ConnectError) -> Self {
        Self::Connect(Box::new(error))
    }
}

/// The three private keys of a node.
#[derive(Debug)]
pub struct JoinKeys {
    /// Proves who is at the other end of a link.
    pub tls: TlsKey,
    /// Signs the node's journal.
    pub signing: SigningKey,
    /// Opens what is sealed to the node.
    pub sealing: SealingKey,
}

impl JoinKeys {
    /// Their public halves.
    #[must_use]
    pub fn public(&self) -> NodeKeys {
        NodeKeys { tls: self.tls.spki_sha256(), signing: self.signing.public(), sealing: self.sealing.public() }
    }
}

/// What the hub gave to a node that joined.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Joined {
    /// How to find and trust the hub, and the node's certificate; empty if the node has brought one.
    pub bundle: JoiningBundle,
    /// The node's public name, as registered.
    pub name: PublicName,
    /// The newest position of the registry.
    pub registry: Position,
}

/// A new certificate, and whom to trust from now on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Renewed {
    /// The certificate in PEM.
    pub certificate_pem: String,
    /// The authorities in PEM.
    pub authority_pem: String,
}

/// Joins with a token. `certificate_pem` is the node's certificate where the operator's own authority has issued it; without one
/// the hub is asked for it. The dialer must be one that joins.
///
/// # Errors
/// Says what went wrong; then it can be tried again with the same token and keys.
pub async fn join(
    dialer: &Dialer,
    token: &JoiningToken,
    keys: &JoinKeys,
    certificate_pem: Option<String>,
) -> Result<Joined, JoinError> {
    let id = SpiffeId::new(token.federation.clone(), NodeId::Node(token.node.clone()));
    let certificate_request = if certificate_pem.is_some() { String::new() } else { make_request(&keys.tls, &id)? };
    let public = keys.public();
    let asked = pb::JoinRequest {
        token: token.id.0.to_vec(),
        node: token.node.to_string(),
        signing_key: public.signing.0.to_vec(),
        sealing_key: public.sealing.0.to_vec(),
        certificate_request,
        certificate: certificate_pem.clone().unwrap_or_default(),
    };
    let mut client = enrolment(dialer).await?;
    let challenge = patient(client.begin(asked)).await?;
    let nonce: [u8; 32] = fixed(&challenge.nonce)?;
    let sealed = Sealed { encapped: fixed(&challenge.encapped)?, sealed: challenge.sealed };
    let context = challenge_context(&token.federation, token.id, &nonce);
    let opened = keys.sealing.open(CHALLENGE.purpose(), &context, &sealed);
    let opened = opened.ok_or(JoinError::Answer("its challenge does not open"))?;
    let statement = JoinStatement {
        federation: &token.federation,
        node: &token.node,
        token: token.id,
        keys: &public,
        nonce: &nonce,
    };
    let proof = pb::JoinProof {
        secret: token.secret.to_vec(),
        opened: opened.to_vec(),
        signature: statement.sign(&keys.signing).to_vec(),
    };
    let bundle = patient(client.finish(proof)).await?;
    let brought = certificate_pem.is_some();
    read(bundle, &id, (!brought).then_some(&keys.tls))
}

/// Comes back after the node's certificate has ended: the signing key proves that it is still the one. The dialer must be one that
/// returns.
///
/// # Errors
/// Says what went wrong.
pub async fn come_back(
    dialer: &Dialer,
    id: &SpiffeId,
    (tls, signing): (&TlsKey, &SigningKey),
    old_certificate_pem: String,
) -> Result<Joined, JoinError> {
    let NodeId::Node(node) = &id.node else { return Err(JoinError::Answer("this is no node")) };
    let mut client = enrolment(dialer).await?;
    let certificate_request = make_request(tls, id)?;
    let asked = pb::RenewalRequest { node: node.to_string(), certificate_request, certificate: old_certificate_pem };
    let challenge = patient(client.begin_renewal(asked)).await?;
    let nonce: [u8; 32] = fixed(&challenge.nonce)?;
    let key = tls.spki_sha256();
    let statement = RenewalStatement { federation: &id.trust_domain, node, tls: &key, nonce: &nonce };
    let proof = pb::RenewalProof { signature: statement.sign(signing).to_vec() };
    let bundle = patient(client.finish_renewal(proof)).await?;
    read(bundle, id, Some(tls))
}

/// Asks for a new certificate on a link that the present one opens.
///
/// # Errors
/// Says what went wrong; the present certificate goes on as it is.
pub async fn renew(dialer: &Dialer, id: &SpiffeId, tls: &TlsKey) -> Result<Renewed, JoinError> {
    let certificate_request = make_request(tls, id)?;
    let mut client = LinkClient::new(channel(dialer).await?)
        .max_decoding_message_size(ENROLMENT_MESSAGE_BYTES_MAX)
        .max_encoding_message_size(ENROLMENT_MESSAGE_BYTES_MAX);
    let reply = patient(client.renew(pb::RenewRequest { certificate_request })).await?;
    check(&reply.certificate, id, tls)?;
    if reply.authority.is_empty() {
        return Err(JoinError::Answer("it trusts no authority"));
    }
    Ok(Renewed { certificate_pem: reply.certificate, authority_pem: reply.authority })
}

async fn enrolment(dialer: &Dialer) -> Result<EnrolmentClient<Channel>, JoinError> {
    Ok(EnrolmentClient::new(channel(dialer).await?)
        .max_decoding_message_size(ENROLMENT_MESSAGE_BYTES_MAX)
        .max_encoding_message_size(ENROLMENT_MESSAGE_BYTES_MAX))
}

/// One connection: what is begun on it is finished on it.
pub(super) async fn channel(dialer: &Dialer) -> Result<Channel, JoinError> {
    let mut once = Some(TokioIo::new(dialer.connect().await?));
    let connector = tower::service_fn(move |_: http::Uri| {
        let stream = once.take().ok_or_else(|| std::io::Error::other("dialled anew each time"));
        std::future::ready(stream)
    });
    let endpoint = Endpoint::from_static("http://hub.invalid");
    match timeout(PATIENCE, endpoint.connect_with_connector(connector)).await {
        Ok(Ok(channel)) => Ok(channel),
        Ok(Err(error)) => Err(refused_by_hub(&error).map_or_else(|| JoinError::Broken(error.to_string()), Into::into)),
        Err(_) => Err(JoinError::Broken("it does not answer".to_owned())),
    }
}

async fn patient<T>(call: impl Future<Output = Result<tonic::Response<T>, tonic::Status>>) -> Result<T, JoinError> {
    match timeout(PATIENCE, call).await {
        Err(_) => Err(JoinError::Broken("it does not answer".to_owned())),
        Ok(Ok(answer)) => Ok(answer.into_inner()),
        Ok(Err(status)) => Err(match JoinRefusal::of_code(status.message()) {
            Some(refusal) => JoinError::Refused(refusal),
            None => match refused_by_hub(&status) {
                Some(refused) => refused.into(),
                None => JoinError::Broken(status.message().chars().take(200).collect()),
            },
        }),
    }
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], JoinError> {
    bytes.try_into().map_err(|_| JoinError::Answer("bytes are missing"))
}

fn read(bundle: pb::JoinBundle, id: &SpiffeId, certified: Option<&TlsKey>) -> Result<Joined, JoinError> {
    let strange = |what| move |_| JoinError::Answer(what);
    let federation = FederationId::parse(&bundle.federation).map_err(|_| JoinError::Answer("no federation"))?;
    let node = UnitCode::parse(&bundle.node).map_err(|_| JoinError::Answer("no node"))?;
    if federation != id.trust_domain || NodeId::Node(node.clone()) != id.node {
        return Err(JoinError::Answer("it is for another node"));
    }
    match certified {
        Some(key) => check(&bundle.certificate, id, key)?,
        None if bundle.certificate.is_empty() => {}
        None => return Err(JoinError::Answer("a certificate that was not asked for")),
    }
    if bundle.authority.is_empty() {
        return Err(JoinError::Answer("it trusts no authority"));
    }
    let key = SigningKeyId::from_slice(&bundle.hub_signing_key).ok_or(JoinError::Answer("no signing key"))?;
    let registry = bundle.registry.unwrap_or_default();
    Ok(Joined {
        name: PublicName::parse(&bundle.name).ok_or(JoinError::Answer("no name"))?,
        registry: Position::new(registry.incarnation, registry.seq),
        bundle: JoiningBundle {
            federation,
            node,
            hub: HostPort::parse(&bundle.hub).map_err(strange("no address"))?,
            hub_signing_key: key,
            authority_pem: bundle.authority,
            certificate_pem: bundle.certificate,
        },
    })
}

/// Whether a certificate is this node's, for this key.
fn check(pem: &str, id: &SpiffeId, key: &TlsKey) -> Result<(), JoinError> {
    let leaf = leaf_of(pem).ok_or(JoinError::Answer("no certificate"))?;
    let certificate = PeerCertificate::read(&leaf).map_err(|_| JoinError::Answer("no certificate"))?;
    let ours = certificate.id == *id && certificate.spki_sha256 == key.spki_sha256();
    ours.then_some(()).ok_or(JoinError::Answer("the certificate is for somebody else"))
}

//! TLS configurations of both ends of a link: TLS 1.3 only, both sides certified, no resumption (it would skip looking
//! the peer up again), no early data, HTTP/2 only. No sockets here.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use thiserror::Error;
use tokio::net::TcpStream;

use super::certificate::PeerCertificate;
use super::files::{self, FileError};
use super::host_port::HostPort;
use super::keys::{KeyError, TlsKey};
use super::refusal::Refusal;
use super::spiffe::SpiffeId;
use super::verify::{HubVerifier, NodeVerifier, PinnedVerifier};
use crate::domain::{FederationId, NodeId, Timestamp};

/// The hub's end of an authenticated connection.
pub type ServerStream = tokio_rustls::server::TlsStream<TcpStream>;
/// A node's end of an authenticated connection.
pub type ClientStream = tokio_rustls::client::TlsStream<TcpStream>;

/// Most authorities trusted at once: the present one, and the next while the change lasts.
pub const AUTHORITIES_MAX: usize = 8;

const ALPN_H2: &[u8] = b"h2";

/// Before the federation's name: the server name (SNI) under which the hub's enrolment service is reached.
const ENROLMENT_LABEL: &str = "enrol";

/// The server name (SNI, RFC 6066 §3) by which a client asks for the enrolment service instead of the link. It is no name in
/// the DNS, and in no certificate: the client verifies the hub's certificate by the name that it has dialled.
#[must_use]
pub fn enrolment_name(federation: &FederationId) -> String {
    format!("{ENROLMENT_LABEL}.{federation}")
}

/// Says whether a node may connect, asked in every handshake after its certificate was found genuine.
///
/// It must answer at once from memory: it is called on a thread that serves other connections too.
pub trait PeerPolicy: Send + Sync {
    /// Admits `node` with the key whose `SubjectPublicKeyInfo` has this SHA-256.
    ///
    /// # Errors
    /// [`Refusal::UnknownIdentity`] if the registry has no such node (or no longer), [`Refusal::KeyNotRegistered`] if
    /// it knows the node by another key.
    fn admit(&self, node: &NodeId, spki_sha256: &[u8; 32]) -> Result<(), Refusal>;
}

impl<F> PeerPolicy for F
where
    F: Fn(&NodeId, &[u8; 32]) -> Result<(), Refusal> + Send + Sync,
{
    fn admit(&self, node: &NodeId, spki_sha256: &[u8; 32]) -> Result<(), Refusal> {
        self(node, spki_sha256)
    }
}

/// Why key and certificates make no TLS configuration.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The key could not be loaded.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A file without certificates.
    #[error("{} holds no certificate in PEM, or more than {AUTHORITIES_MAX}", .0.display())]
    NoCertificate(PathBuf),
    /// The certificate is not for this key.
    #[error("{} is not the certificate of {}: make a new request and have it certified", .certificate.display(), .key.display())]
    KeyMismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// The certificate is somebody else's.
    #[error("{} is not a certificate for {expected}: it was issued for somebody else or {cause}", .path.display())]
    NotOurs {
        /// The certificate's file.
        path: PathBuf,
        /// For whom it should be.
        expected: SpiffeId,
        /// What is wrong with it.
        cause: Refusal,
    },
    /// The library would not take it.
    #[error("TLS cannot be set up: {0}")]
    Refused(String),
}

/// Where the key and certificates of one party are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// Its private key, PKCS#8 PEM, mode 0600.
    pub key: PathBuf,
    /// Its certificate, PEM.
    pub certificate: PathBuf,
    /// The federation's authority, PEM; two while an old authority gives way to a new one.
    pub authority: PathBuf,
}

/// One party's key, certificate and trusted authorities, loaded and found to belong together.
pub struct TlsIdentity {
    id: SpiffeId,
    key: TlsKey,
    chain: Vec<CertificateDer<'static>>,
    authorities: Vec<CertificateDer<'static>>,
    roots: Arc<RootCertStore>,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl TlsIdentity {
    /// Loads the files of `id`. An expired certificate is loaded: the handshake is where it fails, and `not_after` says it.
    ///
    /// # Errors
    /// If a file is missing or loose, or key, certificate and name do not belong together.
    pub fn load(files: &TlsFiles, id: &SpiffeId) -> Result<Self, TlsError> {
        let key = TlsKey::load(&files.key)?;
        let chain = certificates(&files.certificate)?;
        let authorities = certificates(&files.authority)?;
        let roots = roots_of(&authorities, &files.authority)?;
        let leaf = chain.first().ok_or_else(|| TlsError::NoCertificate(files.certificate.clone()))?;
        let not_ours = |cause| TlsError::NotOurs { path: files.certificate.clone(), expected: id.clone(), cause };
        let leaf = PeerCertificate::read(leaf).map_err(not_ours)?;
        if leaf.id != *id {
            return Err(not_ours(Refusal::UnknownIdentity));
        }
        if leaf.spki_sha256 != key.spki_sha256() {
            return Err(TlsError::KeyMismatch { certificate: files.certificate.clone(), key: files.key.clone() });
        }
        Ok(Self {
            id: id.clone(),
            key,
            chain,
            authorities,
            roots: Arc::new(roots),
            not_before: leaf.not_before,
            not_after: leaf.not_after,
        })
    }

    /// Whose they are.
    #[must_use]
    pub const fn id(&self) -> &SpiffeId {
        &self.id
    }

    /// The first moment at which the certificate is valid.
    #[must_use]
    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The last moment at which the certificate is valid.
    #[must_use]
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// SHA-256 of the `SubjectPublicKeyInfo` of the key.
    #[must_use]
    pub fn spki_sha256(&self) -> [u8; 32] {
        self.key.spki_sha256()
    }

    /// An identity that need not be in order, for tests that want it refused.
    #[cfg(test)]
    pub(super) fn unchecked(
        id: SpiffeId,
        key: TlsKey,
        chain: Vec<CertificateDer<'static>>,
        roots: RootCertStore,
    ) -> Self {
        Self {
            id,
            key,
            chain,
            authorities: Vec::new(),
            roots: Arc::new(roots),
            not_before: Timestamp::default(),
            not_after: Timestamp::default(),
        }
    }

    fn private_key(&self) -> rustls::pki_types::PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.pkcs8_der().to_vec()).into()
    }
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsIdentity").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The hub's end: every client is a node of this federation whose key the policy knows, or is refused in the handshake. Who asks
/// for the enrolment service by its name shows no certificate, and gets to nothing else.
#[derive(Clone)]
pub struct ServerTls {
    pub(super) config: Arc<ServerConfig>,
    pub(super) enrolment: Arc<ServerConfig>,
    enrolment_name: String,
    federation: FederationId,
    not_after: Timestamp,
}

impl ServerTls {
    /// Makes the configuration.
    ///
    /// # Errors
    /// If the library does not take key or certificates.
    pub fn new(identity: &TlsIdentity, policy: Arc<dyn PeerPolicy>) -> Result<Self, TlsError> {
        let provider = provider();
        let chain = WebPkiClientVerifier::builder_with_provider(Arc::clone(&identity.roots), Arc::clone(&provider))
            .build()
            .map_err(refused)?;
        let federation = identity.id.trust_domain.clone();
        let verifier = NodeVerifier { chain, federation: federation.clone(), policy };
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(refused)?
            .with_client_cert_verifier(Arc::new(verifier))
            .with_single_cert(identity.chain.clone(), identity.private_key())
            .map_err(refused)?;
        config.alpn_protocols = vec![ALPN_H2.to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.max_early_data_size = 0;
        // Whoever joins knows the authority by its fingerprint alone: it is shown along.
        let mut shown = identity.chain.clone();
        shown.extend(identity.authorities.iter().cloned());
        let mut enrolment = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(refused)?
            .with_no_client_auth()
            .with_single_cert(shown, identity.private_key())
            .map_err(refused)?;
        enrolment.alpn_protocols = vec![ALPN_H2.to_vec()];
        enrolment.session_storage = Arc::new(NoServerSessionStorage {});
        enrolment.send_tls13_tickets = 0;
        enrolment.max_early_data_size = 0;
        Ok(Self {
            config: Arc::new(config),
            enrolment: Arc::new(enrolment),
            enrolment_name: enrolment_name(&federation),
            federation,
            not_after: identity.not_after,
        })
    }

    /// Whether this server name asks for the enrolment service.
    pub(super) fn asks_to_enrol(&self, name: Option<&str>) -> bool {
        name == Some(self.enrolment_name.as_str())
    }

    /// Whether a finished handshake settled on HTTP/2.
    pub(super) fn speaks_h2(connection: &rustls::ServerConnection) -> bool {
        connection.alpn_protocol() == Some(ALPN_H2)
    }

    /// The last moment at which the hub's own certificate is valid.
    #[must_use]
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Who is at the other end of a finished handshake.
    pub(super) fn peer(&self, connection: &rustls::ServerConnection) -> Result<PeerCertificate, Refusal> {
        if !Self::speaks_h2(connection) {
            return Err(Refusal::Other);
        }
        let leaf = connection.peer_certificates().and_then(<[_]>::first).ok_or(Refusal::NoCertificate)?;
        NodeVerifier::node_of(&self.federation, leaf)
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").field("federation", &self.federation).finish_non_exhaustive()
    }
}

/// A node's end: shows its certificate, and talks to nobody but the hub of its federation.
#[derive(Clone)]
pub struct ClientTls {
    pub(super) config: Arc<ClientConfig>,
    /// The server name to ask for, if it is not the hub's host.
    pub(super) asked: Option<ServerName<'static>>,
    id: SpiffeId,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl ClientTls {
    /// Makes the configuration.
    ///
    /// # Errors
    /// If the library does not take key or certificates.
    pub fn new(identity: &TlsIdentity) -> Result<Self, TlsError> {
        let provider = provider();
        let chain = WebPkiServerVerifier::builder_with_provider(Arc::clone(&identity.roots), Arc::clone(&provider))
            .build()
            .map_err(refused)?;
        let hub = SpiffeId::new(identity.id.trust_domain.clone(), NodeId::Hub);
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(refused)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(HubVerifier { chain, hub, name: None }))
            .with_client_auth_cert(identity.chain.clone(), identity.private_key())
            .map_err(refused)?;
        close(&mut config);
        let (not_before, not_after) = (identity.not_before, identity.not_after);
        Ok(Self { config: Arc::new(config), asked: None, id: identity.id.clone(), not_before, not_after })
    }

    /// The end of a node that joins: it shows no certificate and asks for the enrolment service. It takes the hub of `id`'s
    /// federation, at the host that it dials, certified by the authority whose key has this fingerprint.
    ///
    /// # Errors
    /// If the federation's name makes no server name.
    pub fn joining(id: &SpiffeId, hub: &HostPort, authority: [u8; 32]) -> Result<Self, TlsError> {
        let verifier = PinnedVerifier {
            provider: provider(),
            authority,
            hub: SpiffeId::new(id.trust_domain.clone(), NodeId::Hub),
            name: hub.server_name(),
        };
        Self::enrolling(id, Arc::new(verifier))
    }

    /// The end of a node whose certificate has ended: it shows none and asks for the enrolment service. It takes the hub by the
    /// authorities that the node trusts.
    ///
    /// # Errors
    /// If the authorities cannot be read, or the federation's name makes no server name.
    pub fn returning(id: &SpiffeId, hub: &HostPort, authority: &Path) -> Result<Self, TlsError> {
        let roots = Arc::new(roots_of(&certificates(authority)?, authority)?);
        let chain = WebPkiServerVerifier::builder_with_provider(roots, provider()).build().map_err(refused)?;
        let name = Some(hub.server_name());
        let hub = SpiffeId::new(id.trust_domain.clone(), NodeId::Hub);
        Self::enrolling(id, Arc::new(HubVerifier { chain, hub, name }))
    }

    fn enrolling(id: &SpiffeId, verifier: Arc<dyn ServerCertVerifier>) -> Result<Self, TlsError> {
        let asked = ServerName::try_from(enrolment_name(&id.trust_domain)).map_err(refused)?;
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(refused)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        close(&mut config);
        let (not_before, not_after) = (Timestamp::default(), Timestamp::default());
        Ok(Self { config: Arc::new(config), asked: Some(asked), id: id.clone(), not_before, not_after })
    }

    /// The first moment at which the node's own certificate is valid.
    #[must_use]
    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The last moment at which the node's own certificate is valid.
    #[must_use]
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Whether both sides settled on HTTP/2.
    pub(super) fn speaks_h2(connection: &rustls::ClientConnection) -> bool {
        connection.alpn_protocol() == Some(ALPN_H2)
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls").field("id", &self.id).finish_non_exhaustive()
    }
}

/// HTTP/2 only, no resumption, no early data.
fn close(config: &mut ClientConfig) {
    config.alpn_protocols = vec![ALPN_H2.to_vec()];
    config.resumption = Resumption::disabled();
    config.enable_early_data = false;
}

fn roots_of(authorities: &[CertificateDer<'static>], path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for root in authorities {
        roots.add(root.clone()).map_err(|fault| TlsError::Refused(format!("{}: {fault}", path.display())))?;
    }
    Ok(roots)
}

pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn refused(fault: impl fmt::Display) -> TlsError {
    TlsError::Refused(fault.to_string())
}

pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = files::read_public(path)?;
    let found: Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(&text).take(AUTHORITIES_MAX.saturating_add(1)).collect();
    found
        .ok()
        .filter(|found| !found.is_empty() && found.len() <= AUTHORITIES_MAX)
        .ok_or_else(|| TlsError::NoCertificate(path.to_owned()))
}

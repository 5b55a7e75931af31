//! The checks made inside a handshake, beyond the chain of trust: who the peer is and whether it may be here. It wraps
//! the library's verifiers and never takes anything that they refuse.

use std::fmt;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, RootCertStore, SignatureScheme,
};
use sha2::{Digest as _, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use super::certificate::PeerCertificate;
use super::refusal::Refusal;
use super::spiffe::SpiffeId;
use super::tls::{AUTHORITIES_MAX, PeerPolicy};
use crate::domain::{FederationId, NodeId};

/// The hub's look at a node: the chain, exactly one URI SAN, a node of this federation, the key in the registry.
pub(super) struct NodeVerifier {
    pub(super) chain: Arc<dyn ClientCertVerifier>,
    pub(super) federation: FederationId,
    pub(super) policy: Arc<dyn PeerPolicy>,
}

impl NodeVerifier {
    /// A node's certificate, or why it is none.
    pub(super) fn node_of(federation: &FederationId, der: &[u8]) -> Result<PeerCertificate, Refusal> {
        let certificate = PeerCertificate::read(der)?;
        let is_node = matches!(certificate.id.node, NodeId::Node(_));
        if is_node && certificate.id.trust_domain == *federation {
            Ok(certificate)
        } else {
            Err(Refusal::UnknownIdentity)
        }
    }
}

impl ClientCertVerifier for NodeVerifier {
    fn offer_client_auth(&self) -> bool {
        true
    }

    fn client_auth_mandatory(&self) -> bool {
        true
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.chain.verify_client_cert(end_entity, intermediates, now).map_err(chain_fault)?;
        let peer = Self::node_of(&self.federation, end_entity).map_err(refuse)?;
        self.policy.admit(&peer.id.node, &peer.spki_sha256).map_err(refuse)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

impl fmt::Debug for NodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeVerifier").field("federation", &self.federation).finish_non_exhaustive()
    }
}

/// A node's look at the hub: the chain, the host name, exactly one URI SAN, and that the hub's.
#[derive(Debug)]
pub(super) struct HubVerifier {
    pub(super) chain: Arc<dyn ServerCertVerifier>,
    pub(super) hub: SpiffeId,
    /// The host's name, if another one was asked for.
    pub(super) name: Option<ServerName<'static>>,
}

impl ServerCertVerifier for HubVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let name = self.name.as_ref().unwrap_or(server_name);
        self.chain.verify_server_cert(end_entity, intermediates, name, ocsp_response, now).map_err(chain_fault)?;
        let peer = PeerCertificate::read(end_entity).map_err(refuse)?;
        if peer.id == self.hub { Ok(ServerCertVerified::assertion()) } else { Err(refuse(Refusal::UnknownIdentity)) }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

/// A joining node's look at the hub: the authority that is shown along has the fingerprint in the token, it certified the hub, and
/// the rest is as in [`HubVerifier`].
#[derive(Debug)]
pub(super) struct PinnedVerifier {
    pub(super) provider: Arc<CryptoProvider>,
    /// SHA-256 of the authority's `SubjectPublicKeyInfo`.
    pub(super) authority: [u8; 32],
    pub(super) hub: SpiffeId,
    pub(super) name: ServerName<'static>,
}

impl ServerCertVerifier for PinnedVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = intermediates.iter().take(AUTHORITIES_MAX).find(|der| key_of(der) == Some(self.authority));
        let shown = shown.ok_or(Error::InvalidCertificate(CertificateError::UnknownIssuer))?;
        let mut roots = RootCertStore::empty();
        roots.add(shown.clone().into_owned())?;
        let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider)).build();
        let chain = chain.map_err(|fault| Error::General(fault.to_string()))?;
        let (hub, name) = (self.hub.clone(), Some(self.name.clone()));
        HubVerifier { chain, hub, name }.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// SHA-256 of a certificate's `SubjectPublicKeyInfo`, if it is one.
fn key_of(der: &[u8]) -> Option<[u8; 32]> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(Sha256::digest(certificate.public_key().raw).into())
}

/// An authority that bears the same name with another key is another authority: say so, to us and to the peer.
fn chain_fault(fault: Error) -> Error {
    if fault == Error::InvalidCertificate(CertificateError::BadSignature) {
        return CertificateError::UnknownIssuer.into();
    }
    fault
}

/// The peer sees the alert `certificate_unknown` (RFC 8446 §6.2); we keep the reason.
fn refuse(reason: Refusal) -> Error {
    CertificateError::Other(OtherError(Arc::new(reason))).into()
}

//! The checks made inside a handshake, beyond the chain of trust: who the peer is and whether it may be here. It wraps
//! the library's verifiers and never takes anything that they refuse.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme};

use super::certificate::PeerCertificate;
use super::refusal::Refusal;
use super::spiffe::SpiffeId;
use super::tls::PeerPolicy;
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
        self.chain
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            .map_err(chain_fault)?;
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

//! What a peer's certificate says: one SPIFFE id, the fingerprint of its key, when it ends. It reads only; whether the
//! certificate is genuine is the verifier's to find out first.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use super::refusal::Refusal;
use super::spiffe::SpiffeId;
use crate::domain::Timestamp;

/// What counts of an end-entity certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificate {
    /// Whom it is for, from its one URI SAN.
    pub id: SpiffeId,
    /// SHA-256 of its `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7).
    pub spki_sha256: [u8; 32],
    /// The first moment at which it is valid.
    pub not_before: Timestamp,
    /// The last moment at which it is valid.
    pub not_after: Timestamp,
}

impl PeerCertificate {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// If it has no URI SAN, more than one, one that is no SPIFFE id of a federation, or cannot be read.
    pub fn read(der: &[u8]) -> Result<Self, Refusal> {
        let (rest, certificate) = X509Certificate::from_der(der).map_err(|_| Refusal::Other)?;
        if !rest.is_empty() {
            return Err(Refusal::Other);
        }
        let names = certificate.subject_alternative_name().map_err(|_| Refusal::Other)?;
        let mut uris = names
            .iter()
            .flat_map(|names| &names.value.general_names)
            .filter_map(|name| if let GeneralName::URI(uri) = name { Some(*uri) } else { None });
        let uri = uris.next().ok_or(Refusal::NoUriSan)?;
        if uris.next().is_some() {
            return Err(Refusal::SeveralUriSans);
        }
        Ok(Self {
            id: SpiffeId::parse(uri).map_err(|_| Refusal::UnknownIdentity)?,
            spki_sha256: Sha256::digest(certificate.public_key().raw).into(),
            not_before: Timestamp::default().plus_seconds(certificate.validity().not_before.timestamp()),
            not_after: Timestamp::default().plus_seconds(certificate.validity().not_after.timestamp()),
        })
    }
}

/// The first certificate of a text in PEM, in DER; none if there is none.
#[must_use]
pub fn leaf_of(pem: &str) -> Option<Vec<u8>> {
    CertificateDer::from_pem_slice(pem.as_bytes()).ok().map(|der| der.to_vec())
}

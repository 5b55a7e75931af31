//! Certificate requests (PKCS #10, RFC 2986): a node makes one, the hub takes the public key out of it and nothing else.

use rcgen::{CertificateParams, DistinguishedName, DnType, PKCS_ECDSA_P256_SHA256, PublicKeyData, SanType};
use rcgen::{SignatureAlgorithm, SubjectPublicKeyInfo};
use rustls_pki_types::CertificateSigningRequestDer;
use rustls_pki_types::pem::PemObject;
use sha2::{Digest, Sha256};
use thiserror::Error;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;

use super::keys::TlsKey;
use super::spiffe::SpiffeId;

/// Largest request that is read, in bytes of PEM.
pub const REQUEST_BYTES_MAX: usize = 16 * 1024;

/// What is wrong with a certificate request.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RequestError {
    /// Not a request at all.
    #[error("this is not a certificate request: it should begin with -----BEGIN CERTIFICATE REQUEST-----")]
    NotARequest,
    /// Larger than [`REQUEST_BYTES_MAX`].
    #[error("a certificate request has at most {REQUEST_BYTES_MAX} bytes: is it the right file?")]
    TooLarge,
    /// Whoever made the request does not hold the key, or the request was altered.
    #[error("the certificate request is not signed by its own key: make a new one")]
    Signature,
    /// Another kind of key.
    #[error("the key of the certificate request is not on the curve P-256: make the key with lintas-node init")]
    KeyKind,
    /// The request could not be made.
    #[error("the certificate request could not be made: {0}")]
    NotMade(String),
}

/// A public P-256 key that is to be certified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedKey(SubjectPublicKeyInfo);

impl RequestedKey {
    /// Takes the key out of a request in PEM, having checked that its maker holds the private key. Whatever else the
    /// request asks for (names, usages, to be an authority) is not looked at.
    ///
    /// # Errors
    /// Says what is wrong with the request.
    pub fn from_request(pem: &str) -> Result<Self, RequestError> {
        if pem.len() > REQUEST_BYTES_MAX {
            return Err(RequestError::TooLarge);
        }
        let der =
            CertificateSigningRequestDer::from_pem_slice(pem.as_bytes()).map_err(|_| RequestError::NotARequest)?;
        let (rest, request) = X509CertificationRequest::from_der(&der).map_err(|_| RequestError::NotARequest)?;
        if !rest.is_empty() {
            return Err(RequestError::NotARequest);
        }
        let key = &request.certification_request_info.subject_pki;
        let parsed = SubjectPublicKeyInfo::from_der(key.raw).map_err(|_| RequestError::KeyKind)?;
        if parsed.algorithm() != &PKCS_ECDSA_P256_SHA256 {
            return Err(RequestError::KeyKind);
        }
        request.verify_signature().map_err(|_| RequestError::Signature)?;
        Ok(Self(parsed))
    }

    /// The public half of a key that is at hand, so that no request is needed.
    ///
    /// # Errors
    /// [`RequestError::KeyKind`] if it is not on P-256.
    pub fn of(key: &TlsKey) -> Result<Self, RequestError> {
        SubjectPublicKeyInfo::from_der(&key.subject_public_key_info()).map(Self).map_err(|_| RequestError::KeyKind)
    }

    /// SHA-256 of its `SubjectPublicKeyInfo`: how the registry knows the key.
    #[must_use]
    pub fn spki_sha256(&self) -> [u8; 32] {
        Sha256::digest(self.0.subject_public_key_info()).into()
    }
}

impl PublicKeyData for RequestedKey {
    fn der_bytes(&self) -> &[u8] {
        self.0.der_bytes()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.0.algorithm()
    }
}

/// Makes a request in PEM for `id`. The name in it is for people to read; the hub decides what it certifies.
///
/// # Errors
/// If the name cannot be written or the key cannot sign.
pub fn make_request(key: &TlsKey, id: &SpiffeId) -> Result<String, RequestError> {
    let made = || -> Result<String, rcgen::Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, id.node.as_str());
        params.subject_alt_names = vec![SanType::URI(id.to_string().try_into()?)];
        params.serialize_request(key)?.pem()
    };
    made().map_err(|fault| RequestError::NotMade(fault.to_string()))
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use super::*;

    fn request() -> String {
        let id = SpiffeId::parse("spiffe://lapor.go.id/node/13.71").unwrap();
        make_request(&TlsKey::from_seed(&[7; 32]).unwrap(), &id).unwrap()
    }

    fn pem(der: &[u8]) -> String {
        format!("-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n", BASE64.encode(der))
    }

    #[test]
    fn key_is_lost_on_the_way() {
        let key = TlsKey::from_seed(&[7; 32]).unwrap();
        let taken = RequestedKey::from_request(&request()).unwrap();
        assert_eq!(taken.spki_sha256(), key.spki_sha256());
        assert_eq!(taken, RequestedKey::of(&key).unwrap());
    }

    #[test]
    fn altered_or_foreign_request_is_taken() {
        let whole = CertificateSigningRequestDer::from_pem_slice(request().as_bytes()).unwrap();
        let mut altered = whole.to_vec();
        let at = altered.windows(5).position(|five| five == b"13.71").unwrap();
        altered[at + 4] = b'2';
        assert_eq!(RequestedKey::from_request(&pem(&altered)), Err(RequestError::Signature));
        let mut longer = whole.to_vec();
        longer.push(0);
        assert_eq!(RequestedKey::from_request(&pem(&longer)), Err(RequestError::NotARequest));
        assert_eq!(RequestedKey::from_request("hello"), Err(RequestError::NotARequest));
        assert_eq!(RequestedKey::from_request(&"x".repeat(20_000)), Err(RequestError::TooLarge));
        let other = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
        let foreign = CertificateParams::default().serialize_request(&other).unwrap().pem().unwrap();
        assert_eq!(RequestedKey::from_request(&foreign), Err(RequestError::KeyKind));
    }
}

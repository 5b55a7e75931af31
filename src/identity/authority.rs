//! The federation's certificate authority: makes itself, certifies nodes and the hub. It decides all that stands in a
//! certificate; of what is asked for it takes only the public key. Which node has which key is the registry's.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, Issuer};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use sha2::{Digest, Sha256};
use thiserror::Error;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use super::files::{self, FileError};
use super::keys::{KeyError, TlsKey};
use super::request::{RequestError, RequestedKey};
use super::spiffe::SpiffeId;
use super::tls::{AUTHORITIES_MAX, TlsError, TlsFiles};
use crate::domain::{FederationId, NodeId, Timestamp, UnitCode};

mod profile;

use profile::{authority_params, federation_uri, host_name, leaf_params, set_validity};

/// The authority's private key in its folder, mode 0600.
pub const AUTHORITY_KEY_FILE: &str = "ca.key";
/// The authority's certificate in its folder; every node and the hub get a copy.
pub const AUTHORITY_CERTIFICATE_FILE: &str = "ca.pem";
/// How long an authority's certificate is valid, in days.
pub const AUTHORITY_DAYS: i64 = 3652;
/// How long a node's or the hub's certificate is valid unless it is said otherwise.
pub const LIFETIME_DEFAULT: Duration = Duration::from_hours(365 * 24);
/// The shortest life of a certificate.
pub const LIFETIME_MIN: Duration = Duration::from_mins(1);
/// The longest life of a node's or the hub's certificate.
pub const LIFETIME_MAX: Duration = Duration::from_hours(731 * 24);
/// How long before its making a certificate is valid, in seconds, for peers whose clocks are behind.
pub const BACKDATE_SECONDS: i64 = 300;
/// Most host names and addresses in the hub's certificate.
pub const HOST_NAMES_MAX: usize = 32;

/// Why the authority could not be made or loaded, or did not issue a certificate.
#[derive(Debug, Error)]
pub enum AuthorityError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The key could not be made or loaded.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The request is not in order.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The certificate in the folder is not an authority's, or not this federation's.
    #[error("{} is not the authority's certificate of the federation {federation}", .path.display())]
    NotAuthority {
        /// The file.
        path: PathBuf,
        /// The federation that was expected.
        federation: FederationId,
    },
    /// Key and certificate do not belong together.
    #[error("{} and {AUTHORITY_CERTIFICATE_FILE} beside it do not belong together: restore both from one backup", .0.display())]
    Mismatch(PathBuf),
    /// The life asked for is out of bounds.
    #[error("a certificate is valid for at least one minute and at most {} days", LIFETIME_MAX.as_secs() / 86_400)]
    Lifetime,
    /// The certificate would be valid for longer than the authority's.
    #[error("the authority's own certificate ends before that: ask for a shorter life, or make a new authority")]
    OutlivesAuthority,
    /// The clock is wrong.
    #[error("the clock is out of all bounds: set it right")]
    Clock,
    /// No host name, or too many.
    #[error("the hub's certificate needs 1 to {HOST_NAMES_MAX} host names or addresses")]
    HostCount,
    /// Not a host name.
    #[error("{0:?} is neither a host name nor an address")]
    HostName(String),
    /// The certificate could not be written or signed.
    #[error("the certificate could not be made: {0}")]
    NotMade(#[from] rcgen::Error),
}

/// A certificate that was just issued, and what the registry has to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedCertificate {
    /// The certificate in PEM. Public.
    pub pem: String,
    /// Whom it is for.
    pub id: SpiffeId,
    /// SHA-256 of the `SubjectPublicKeyInfo` of its key.
    pub spki_sha256: [u8; 32],
    /// The last moment at which it is valid.
    pub not_after: Timestamp,
}

/// The federation's certificate authority, its private key included.
pub struct Authority {
    federation: FederationId,
    issuer: Issuer<'static, TlsKey>,
    certificate: CertificateDer<'static>,
    pem: String,
    not_after: Timestamp,
}

impl Authority {
    /// Makes an authority of 32 fresh random bytes and writes its key (0600) and certificate to `folder` (0700).
    ///
    /// # Errors
    /// If there is a key already: an authority is never overwritten.
    pub fn create(
        folder: &Path,
        federation: &FederationId,
        now: Timestamp,
        seed: &[u8; 32],
    ) -> Result<Self, AuthorityError> {
        let key = TlsKey::from_seed(seed)?;
        let params = authority_params(federation, now)?;
        let pem = params.self_signed(&key)?.pem();
        files::make_folder(folder)?;
        files::create_secret(&folder.join(AUTHORITY_KEY_FILE), key.pem().as_bytes())?;
        files::write_public(&folder.join(AUTHORITY_CERTIFICATE_FILE), pem.as_bytes())?;
        Self::load(folder, federation)
    }

    /// Loads the authority from `folder`.
    ///
    /// # Errors
    /// If the key's mode is looser than 0600, key and certificate do not belong together, or they are another
    /// federation's.
    pub fn load(folder: &Path, federation: &FederationId) -> Result<Self, AuthorityError> {
        let (key_path, path) = (folder.join(AUTHORITY_KEY_FILE), folder.join(AUTHORITY_CERTIFICATE_FILE));
        let key = TlsKey::load(&key_path)?;
        let none = || AuthorityError::NotAuthority { path: path.clone(), federation: federation.clone() };
        let pem = String::from_utf8(files::read_public(&path)?).map_err(|_| none())?;
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| none())?;
        let (_, parsed) = X509Certificate::from_der(&certificate).map_err(|_| none())?;
        if !parsed.is_ca() || !names_federation(&parsed, federation) {
            return Err(none());
        }
        if <[u8; 32]>::from(Sha256::digest(parsed.public_key().raw)) != key.spki_sha256() {
            return Err(AuthorityError::Mismatch(key_path));
        }
        let not_after = Timestamp::default().plus_seconds(parsed.validity().not_after.timestamp());
        let issuer = Issuer::from_ca_cert_der(&certificate, key)?;
        Ok(Self { federation: federation.clone(), issuer, certificate, pem, not_after })
    }

    /// The authority's certificate in PEM. Public: every node and the hub get it.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.pem
    }

    /// SHA-256 of the authority's certificate, for people to compare over the telephone.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(&self.certificate).into()
    }

    /// The last moment at which the authority's certificate is valid.
    #[must_use]
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Certifies a node: from its request in PEM only the public key is taken. The certificate serves for the client's
    /// side of a link and nothing else. `serial` is 16 fresh random bytes.
    ///
    /// # Errors
    /// If the request is not in order or the life out of bounds.
    pub fn issue_node(
        &self,
        request_pem: &str,
        node: &UnitCode,
        now: Timestamp,
        lifetime: Duration,
        serial: [u8; 16],
    ) -> Result<IssuedCertificate, AuthorityError> {
        let key = RequestedKey::from_request(request_pem)?;
        let id = SpiffeId::new(self.federation.clone(), NodeId::Node(node.clone()));
        let params = leaf_params(&id, &[], ExtendedKeyUsagePurpose::ClientAuth, serial)?;
        self.issue(params, id, &key, now, lifetime)
    }

    /// Certifies the hub for the host names and addresses under which nodes dial it. The certificate serves for the
    /// server's side of a link and nothing else. `serial` is 16 fresh random bytes.
    ///
    /// # Errors
    /// If a host name is none, there are too few or too many, or the life is out of bounds.
    pub fn issue_hub<H: AsRef<str>>(
        &self,
        key: &RequestedKey,
        hosts: &[H],
        now: Timestamp,
        lifetime: Duration,
        serial: [u8; 16],
    ) -> Result<IssuedCertificate, AuthorityError> {
        if hosts.is_empty() || hosts.len() > HOST_NAMES_MAX {
            return Err(AuthorityError::HostCount);
        }
        let hosts = hosts.iter().map(|host| host_name(host.as_ref())).collect::<Result<Vec<_>, _>>()?;
        let id = SpiffeId::new(self.federation.clone(), NodeId::Hub);
        let params = leaf_params(&id, &hosts, ExtendedKeyUsagePurpose::ServerAuth, serial)?;
        self.issue(params, id, key, now, lifetime)
    }

    fn issue(
        &self,
        mut params: CertificateParams,
        id: SpiffeId,
        key: &RequestedKey,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<IssuedCertificate, AuthorityError> {
        if lifetime < LIFETIME_MIN || lifetime > LIFETIME_MAX {
            return Err(AuthorityError::Lifetime);
        }
        let seconds = i64::try_from(lifetime.as_secs()).map_err(|_| AuthorityError::Lifetime)?;
        let until = set_validity(&mut params, now, seconds)?;
        if until > self.not_after {
            return Err(AuthorityError::OutlivesAuthority);
        }
        let pem = params.signed_by(key, &self.issuer)?.pem();
        Ok(IssuedCertificate { pem, id, spki_sha256: key.spki_sha256(), not_after: until })
    }

    /// Signs whatever a test wants to see refused.
    #[cfg(test)]
    pub(super) fn sign_anything(&self, params: &CertificateParams, key: &TlsKey) -> String {
        params.signed_by(key, &self.issuer).map(|certificate| certificate.pem()).unwrap_or_default()
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("federation", &self.federation).finish_non_exhaustive()
    }
}

/// SHA-256 of the `SubjectPublicKeyInfo` of the trusted authority that certified a party: what a joining token names.
///
/// # Errors
/// If a file cannot be read, or none of the trusted authorities certified it.
pub fn certifier(files: &TlsFiles) -> Result<[u8; 32], TlsError> {
    let read = |path: &Path| Ok::<_, FileError>(String::from_utf8_lossy(&files::read_public(path)?).into_owned());
    certifier_of(&read(&files.certificate)?, &read(&files.authority)?).ok_or_else(|| {
        let (certificate, authority) = (files.certificate.display(), files.authority.display());
        TlsError::Refused(format!("no authority in {authority} has issued {certificate}"))
    })
}

/// The same of texts in PEM: of a party's certificate with those above it, and of the trusted authorities.
pub(super) fn certifier_of(certificate_pem: &str, authority_pem: &str) -> Option<[u8; 32]> {
    let all = |pem: &str| {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).take(AUTHORITIES_MAX).collect();
        found.ok()
    };
    // The last one shown is the nearest to the authority.
    let shown = all(certificate_pem)?.pop()?;
    let (_, shown) = X509Certificate::from_der(&shown).ok()?;
    all(authority_pem)?.iter().find_map(|der| {
        let (_, authority) = X509Certificate::from_der(der).ok()?;
        shown.verify_signature(Some(authority.public_key())).ok()?;
        Some(Sha256::digest(authority.public_key().raw).into())
    })
}

fn names_federation(certificate: &X509Certificate<'_>, federation: &FederationId) -> bool {
    let uri = federation_uri(federation);
    certificate.subject_alternative_name().ok().flatten().is_some_and(|names| {
        names.value.general_names.iter().any(|name| matches!(name, GeneralName::URI(found) if *found == uri))
    })
}

#[cfg(test)]
mod tests;

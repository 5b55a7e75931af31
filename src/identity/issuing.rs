//! What the serving hub does with its authority: certify nodes, say which authorities are trusted, and look at certificates that
//! nodes show. Files are read each time, so that a change of them counts at once. Whom to certify is the registrar's.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;

use super::authority::{AUTHORITY_KEY_FILE, Authority, AuthorityError, IssuedCertificate};
use super::certificate::PeerCertificate;
use super::files::{self, FileError};
use super::refusal::Refusal;
use super::tls::AUTHORITIES_MAX;
use crate::domain::{FederationId, NodeId, Timestamp, UnitCode};

/// The authority of a serving hub. All functions block while they read files.
#[derive(Debug, Clone)]
pub struct Issuing {
    /// The federation.
    pub federation: FederationId,
    /// The authority's folder; without a private key in it the hub issues nothing, and nodes bring their certificates.
    pub folder: PathBuf,
    /// The authorities that are trusted, PEM.
    pub trusted: PathBuf,
    /// How long a node's certificate is valid.
    pub lifetime: Duration,
}

impl Issuing {
    /// Whether the hub has an authority's private key.
    #[must_use]
    pub fn issues(&self) -> bool {
        self.folder.join(AUTHORITY_KEY_FILE).exists()
    }

    /// Certifies a node's key. `serial` is 16 fresh random bytes.
    ///
    /// # Errors
    /// If the authority cannot be loaded, or the request is not in order.
    pub fn issue(
        &self,
        request_pem: &str,
        node: &UnitCode,
        now: Timestamp,
        serial: [u8; 16],
    ) -> Result<IssuedCertificate, AuthorityError> {
        Authority::load(&self.folder, &self.federation)?.issue_node(request_pem, node, now, self.lifetime, serial)
    }

    /// The trusted authorities in PEM: what nodes are to trust.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn trusted_pem(&self) -> Result<String, FileError> {
        let bytes = files::read_public(&self.trusted)?;
        String::from_utf8(bytes).map_err(|_| FileError::NotAFile(self.trusted.clone()))
    }

    /// Reads a certificate in PEM that `node` shows, its intermediate ones after it, and finds it genuine at `now` or, if it ended
    /// before, at its end. How long ago that is, is for the caller to judge.
    ///
    /// # Errors
    /// If a trusted authority did not issue it for the client's side of a link, or it is another node's.
    pub fn genuine(&self, pem: &str, node: &UnitCode, now: Timestamp) -> Result<PeerCertificate, Refusal> {
        let shown = |pem: &str| {
            let chain: Result<Vec<_>, _> =
                CertificateDer::pem_slice_iter(pem.as_bytes()).take(AUTHORITIES_MAX).collect();
            chain.map_err(|_| Refusal::Other)
        };
        let chain = shown(pem)?;
        let (leaf, intermediates) = chain.split_first().ok_or(Refusal::NoCertificate)?;
        let certificate = PeerCertificate::read(leaf)?;
        let mut roots = RootCertStore::empty();
        for root in shown(&self.trusted_pem().map_err(|_| Refusal::Other)?)? {
            roots.add(root).map_err(|_| Refusal::Other)?;
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let chain_of = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
        let moment = now.min(certificate.not_after).0.div_euclid(1_000_000);
        let moment = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(moment).unwrap_or(0)));
        let found = chain_of.map_err(|_| Refusal::Other)?.verify_client_cert(leaf, intermediates, moment);
        found.map_err(|fault| Refusal::of_tls(&fault))?;
        let is_its = certificate.id.trust_domain == self.federation
            && matches!(&certificate.id.node, NodeId::Node(unit) if unit == node);
        if is_its { Ok(certificate) } else { Err(Refusal::UnknownIdentity) }
    }
}

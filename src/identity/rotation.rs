//! The exchange of the federation's authority for a new one: both are trusted side by side until a date, then the old one is
//! forgotten. Each step is one file put in its place, so that whatever is interrupted can be gone on with.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use thiserror::Error;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

use super::authority::{AUTHORITY_CERTIFICATE_FILE, AUTHORITY_KEY_FILE, Authority, AuthorityError};
use super::certificate::{PeerCertificate, leaf_of};
use super::files::{self, FileError};
use super::keys::{KeyError, TlsKey};
use super::request::{RequestError, RequestedKey};
use super::tls::{AUTHORITIES_MAX, TlsFiles};
use crate::domain::{FederationId, Timestamp};

/// Until when both authorities are trusted, in microseconds since 1970; there only while they are.
const UNTIL_FILE: &str = "rotation.until";
/// The hub's certificate by the new authority, which it shows from that date on.
const NEXT_CERTIFICATE_FILE: &str = "hub-next.pem";
/// Where the new authority is made.
const NEXT_FOLDER: &str = "next";
const PEM_END: &str = "-----END CERTIFICATE-----\n";

/// Why an authority is not exchanged.
#[derive(Debug, Error)]
pub enum RotationError {
    /// One is being exchanged.
    #[error("an authority is being exchanged already, until {0} microseconds after 1970")]
    UnderWay(i64),
    /// There would be too many.
    #[error("more than {AUTHORITIES_MAX} authorities would be trusted at once: wait until the last exchange has ended")]
    TooMany,
    /// The hub must show its certificate until then.
    #[error("the hub's certificate ends before that date: make a new one first (lintas-hub renew)")]
    HubCertificateEnds,
    /// The hub's certificate cannot be read.
    #[error("{} holds no certificate of a hub", .0.display())]
    NoHubCertificate(PathBuf),
    /// The new authority could not be made.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The hub's key could not be loaded.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The hub's key is of another kind.
    #[error(transparent)]
    Request(#[from] RequestError),
}

/// What an exchange works with.
#[derive(Debug, Clone, Copy)]
pub struct Rotation<'a> {
    /// The authority's folder.
    pub folder: &'a Path,
    /// The hub's key and certificate; its trusted authorities lie in the folder.
    pub hub: &'a TlsFiles,
    /// The federation.
    pub federation: &'a FederationId,
}

impl Rotation<'_> {
    /// Until when an exchange is under way; none if there is none.
    ///
    /// # Errors
    /// If that cannot be read.
    pub fn until(&self) -> Result<Option<Timestamp>, RotationError> {
        let path = self.folder.join(UNTIL_FILE);
        if !path.exists() {
            return Ok(None);
        }
        let text = files::read_public(&path)?;
        let until = std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok());
        until.map(|until| Some(Timestamp(until))).ok_or_else(|| FileError::NotAFile(path).into())
    }

    /// Makes a new authority of 32 fresh random bytes, which certifies from now on; nodes trust both once they have renewed. The old
    /// key is gone. Interrupted, it is called again.
    ///
    /// # Errors
    /// If an exchange is under way, the hub's certificate ends before `until`, or a file cannot be written.
    pub fn begin(
        &self,
        now: Timestamp,
        until: Timestamp,
        hub_lifetime: Duration,
        (seed, serial): (&[u8; 32], [u8; 16]),
    ) -> Result<(), RotationError> {
        let next = self.folder.join(NEXT_FOLDER);
        if let Some(until) = self.until()? {
            return if next.exists() { self.exchange(&next) } else { Err(RotationError::UnderWay(until.0)) };
        }
        let shown = String::from_utf8_lossy(&files::read_public(&self.hub.certificate)?).into_owned();
        let none = || RotationError::NoHubCertificate(self.hub.certificate.clone());
        let leaf = leaf_of(&shown).ok_or_else(none)?;
        if PeerCertificate::read(&leaf).map_err(|_| none())?.not_after < until {
            return Err(RotationError::HubCertificateEnds);
        }
        if self.trusted()?.len() >= AUTHORITIES_MAX {
            return Err(RotationError::TooMany);
        }
        // What a try that was interrupted has left: nothing was certified with it.
        let _ = fs::remove_dir_all(&next);
        let authority = Authority::create(&next, self.federation, now, seed)?;
        let key = RequestedKey::of(&TlsKey::load(&self.hub.key)?)?;
        let issued = authority.issue_hub(&key, &hosts_of(&leaf).ok_or_else(none)?, now, hub_lifetime, serial)?;
        files::write_public(&self.folder.join(NEXT_CERTIFICATE_FILE), issued.pem.as_bytes())?;
        files::write_public(&self.folder.join(UNTIL_FILE), until.0.to_string().as_bytes())?;
        self.exchange(&next)
    }

    /// Puts the new authority in its place, before the old ones.
    fn exchange(&self, next: &Path) -> Result<(), RotationError> {
        let pem = String::from_utf8_lossy(&files::read_public(&next.join(AUTHORITY_CERTIFICATE_FILE))?).into_owned();
        let key = files::read_secret(&next.join(AUTHORITY_KEY_FILE))?;
        let mut all = self.trusted()?;
        all.retain(|trusted| *trusted != pem);
        all.insert(0, pem);
        files::write_public(&self.folder.join(AUTHORITY_CERTIFICATE_FILE), all.concat().as_bytes())?;
        files::replace_secret(&self.folder.join(AUTHORITY_KEY_FILE), &key)?;
        // A copy of a key that is in its place now; if it stays, the next call removes it.
        let _ = fs::remove_dir_all(next);
        Ok(())
    }

    /// Ends an exchange whose date has come: the hub shows its new certificate, the old authorities are trusted no more. Gives
    /// whether there was one to end.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub fn finish(&self, now: Timestamp) -> Result<bool, RotationError> {
        if self.until()?.is_none_or(|until| now < until) {
            return Ok(false);
        }
        let next = self.folder.join(NEXT_CERTIFICATE_FILE);
        if next.exists() {
            files::write_public(&self.hub.certificate, &files::read_public(&next)?)?;
        }
        if let Some(newest) = self.trusted()?.first() {
            files::write_public(&self.folder.join(AUTHORITY_CERTIFICATE_FILE), newest.as_bytes())?;
        }
        let gone = |path: &Path| match fs::remove_file(path) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                Err(FileError::Io { path: path.to_owned(), cause })
            }
            Ok(()) | Err(_) => Ok(()),
        };
        gone(&next)?;
        gone(&self.folder.join(UNTIL_FILE))?;
        Ok(true)
    }

    /// The trusted authorities, each in PEM.
    fn trusted(&self) -> Result<Vec<String>, RotationError> {
        let text = String::from_utf8_lossy(&files::read_public(&self.folder.join(AUTHORITY_CERTIFICATE_FILE))?)
            .replace("\r\n", "\n");
        let pieces = text.split_inclusive(PEM_END).map(|piece| piece.trim_start().to_owned());
        Ok(pieces.filter(|piece| CertificateDer::from_pem_slice(piece.as_bytes()).is_ok()).collect())
    }
}

/// The host names and addresses of a certificate.
fn hosts_of(der: &[u8]) -> Option<Vec<String>> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let names = certificate.subject_alternative_name().ok()??;
    let host = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(|bytes| std::net::IpAddr::from(bytes).to_string());
            v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(|bytes| std::net::IpAddr::from(bytes).to_string())).ok()
        }
        GeneralName::OtherName(..)
        | GeneralName::RFC822Name(_)
        | GeneralName::X400Address(_)
        | GeneralName::DirectoryName(_)
        | GeneralName::EDIPartyName(_)
        | GeneralName::URI(_)
        | GeneralName::RegisteredID(_)
        | GeneralName::Invalid(..) => None,
    };
    Some(names.value.general_names.iter().filter_map(host).collect())
}

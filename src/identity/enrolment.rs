//! The two files that pass between an operator of a node and the hub's: the request for enrolment, signed with the node's
//! own key, and the joining bundle that answers it. Both are public; neither is believed for what it says of others.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::host_port::{HostPort, HostPortError};
use super::request::{RequestError, RequestedKey};
use crate::domain::event::PublicName;
use crate::domain::ids::FederationIdError;
use crate::domain::unit::UnitCodeError;
use crate::domain::{FederationId, SealingKeyId, SigningKeyId, UnitCode};
use crate::journal::prefix::ENROLMENT_SIGNATURE;
use crate::journal::{SigningKey, signature};

/// Longest request or bundle, in bytes.
pub const ENROLMENT_BYTES_MAX: usize = 64 * 1024;
/// The layout that this version writes and reads.
const FORMAT: u32 = 1;

/// What is wrong with a request for enrolment or a joining bundle.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EnrolmentError {
    /// Longer than [`ENROLMENT_BYTES_MAX`].
    #[error("the file has more than {ENROLMENT_BYTES_MAX} bytes: is it the right one?")]
    TooLarge,
    /// Not TOML, or fields are missing or unknown.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// Of another version.
    #[error("the file has format {0}, this version reads format {FORMAT}: upgrade")]
    Format(u32),
    /// The federation's name.
    #[error(transparent)]
    Federation(#[from] FederationIdError),
    /// The node's unit.
    #[error(transparent)]
    Unit(#[from] UnitCodeError),
    /// The public name.
    #[error("a name is 1 to 120 characters without control characters")]
    Name,
    /// The signing key.
    #[error("a signing key is 64 hexadecimal digits")]
    SigningKey,
    /// The sealing key.
    #[error("a sealing key is 64 hexadecimal digits")]
    SealingKey,
    /// The signature is not the signing key's.
    #[error("the request is not signed by its own signing key: it was altered, make a new one with lintas-node init")]
    Signature,
    /// The certificate request.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Where the hub is.
    #[error(transparent)]
    Address(#[from] HostPortError),
}

/// A node's request to be enrolled: who it is, and its three public keys. It proves that its maker holds the private keys of TLS and
/// signing (a file cannot prove that of the sealing key); whether its maker may speak for the unit, the hub's operator decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentRequest {
    federation: FederationId,
    node: UnitCode,
    name: PublicName,
    csr_pem: String,
    signing_key: SigningKeyId,
    sealing_key: SealingKeyId,
    signature: [u8; 64],
}

/// What a newly enrolled node needs to find and trust its hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoiningBundle {
    /// The federation.
    pub federation: FederationId,
    /// The unit that the node was enrolled for.
    pub node: UnitCode,
    /// Where the hub listens; its host is the name that the hub's certificate must bear.
    pub hub: HostPort,
    /// The key that the hub signs with.
    pub hub_signing_key: SigningKeyId,
    /// The federation's authority, in PEM.
    pub authority_pem: String,
    /// The node's certificate, in PEM.
    pub certificate_pem: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestFile {
    format: u32,
    federation: String,
    node: String,
    name: String,
    signing_key: String,
    sealing_key: String,
    signature: String,
    certificate_request: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BundleFile {
    format: u32,
    federation: String,
    node: String,
    hub: String,
    hub_signing_key: String,
    authority: String,
    certificate: String,
}

impl EnrolmentRequest {
    /// Makes a request. `csr_pem` is what [`super::make_request`] gave.
    #[must_use]
    pub fn sign(
        federation: FederationId,
        node: UnitCode,
        name: PublicName,
        csr_pem: String,
        key: &SigningKey,
        sealing_key: SealingKeyId,
    ) -> Self {
        let signing_key = key.public();
        let mut request = Self { federation, node, name, csr_pem, signing_key, sealing_key, signature: [0; 64] };
        request.signature = key.sign(ENROLMENT_SIGNATURE, &request.message());
        request
    }

    /// Reads a request and checks that its maker holds both private keys.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn from_toml(text: &str) -> Result<Self, EnrolmentError> {
        let file: RequestFile = read(text)?;
        check_format(file.format)?;
        let digits = data_encoding::HEXLOWER.decode(file.signature.as_bytes()).ok();
        let request = Self {
            federation: FederationId::parse(&file.federation)?,
            node: UnitCode::parse(&file.node)?,
            name: PublicName::parse(&file.name).ok_or(EnrolmentError::Name)?,
            csr_pem: file.certificate_request,
            signing_key: SigningKeyId::parse(&file.signing_key).ok_or(EnrolmentError::SigningKey)?,
            sealing_key: SealingKeyId::parse(&file.sealing_key).ok_or(EnrolmentError::SealingKey)?,
            signature: digits.and_then(|bytes| bytes.try_into().ok()).ok_or(EnrolmentError::Signature)?,
        };
        request.verify()?;
        Ok(request)
    }

    /// The file's text.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let file = RequestFile {
            format: FORMAT,
            federation: self.federation.to_string(),
            node: self.node.to_string(),
            name: self.name.as_str().to_owned(),
            signing_key: self.signing_key.to_string(),
            sealing_key: self.sealing_key.to_string(),
            signature: data_encoding::HEXLOWER.encode(&self.signature),
            certificate_request: self.csr_pem.clone(),
        };
        write("A request to be enrolled. Public: send it to the hub's operator.", &file)
    }

    /// The federation it wants to belong to.
    #[must_use]
    pub const fn federation(&self) -> &FederationId {
        &self.federation
    }

    /// The unit it is for.
    #[must_use]
    pub const fn node(&self) -> &UnitCode {
        &self.node
    }

    /// The node's public name.
    #[must_use]
    pub const fn name(&self) -> &PublicName {
        &self.name
    }

    /// The certificate request, in PEM.
    #[must_use]
    pub fn csr_pem(&self) -> &str {
        &self.csr_pem
    }

    /// The key that will sign the node's seals.
    #[must_use]
    pub const fn signing_key(&self) -> SigningKeyId {
        self.signing_key
    }

    /// The key to which content for the node will be sealed.
    #[must_use]
    pub const fn sealing_key(&self) -> SealingKeyId {
        self.sealing_key
    }

    /// Sixteen digits that stand for the signing key, for people to compare over the telephone.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let key = self.signing_key.to_string();
        let groups: Vec<&str> = key.as_bytes().chunks(4).take(4).filter_map(|g| std::str::from_utf8(g).ok()).collect();
        groups.join(" ")
    }

    fn verify(&self) -> Result<(), EnrolmentError> {
        if !signature::verify(&self.signing_key, ENROLMENT_SIGNATURE, &self.message(), &self.signature) {
            return Err(EnrolmentError::Signature);
        }
        RequestedKey::from_request(&self.csr_pem)?;
        Ok(())
    }

    /// The bytes that its signature covers: every field with its length before it.
    fn message(&self) -> Vec<u8> {
        let mut message = Vec::new();
        for field in [
            self.federation.as_str().as_bytes(),
            self.node.as_str().as_bytes(),
            self.name.as_str().as_bytes(),
            self.csr_pem.as_bytes(),
            &self.signing_key.0,
            &self.sealing_key.0,
        ] {
            message.extend(u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
            message.extend(field);
        }
        message
    }
}

impl JoiningBundle {
    /// Reads a bundle. Its certificates are looked at when they are loaded.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn from_toml(text: &str) -> Result<Self, EnrolmentError> {
        let file: BundleFile = read(text)?;
        check_format(file.format)?;
        Ok(Self {
            federation: FederationId::parse(&file.federation)?,
            node: UnitCode::parse(&file.node)?,
            hub: HostPort::parse(&file.hub)?,
            hub_signing_key: SigningKeyId::parse(&file.hub_signing_key).ok_or(EnrolmentError::SigningKey)?,
            authority_pem: file.authority,
            certificate_pem: file.certificate,
        })
    }

    /// The file's text.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let file = BundleFile {
            format: FORMAT,
            federation: self.federation.to_string(),
            node: self.node.to_string(),
            hub: self.hub.to_string(),
            hub_signing_key: self.hub_signing_key.to_string(),
            authority: self.authority_pem.clone(),
            certificate: self.certificate_pem.clone(),
        };
        write("What a node needs to join its federation. Public, but take it only from the hub's operator.", &file)
    }
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, EnrolmentError> {
    if text.len() > ENROLMENT_BYTES_MAX {
        return Err(EnrolmentError::TooLarge);
    }
    let table = toml::Deserializer::parse(text).and_then(T::deserialize);
    table.map_err(|error| EnrolmentError::Unreadable(error.message().lines().collect::<Vec<_>>().join(", ")))
}

const fn check_format(format: u32) -> Result<(), EnrolmentError> {
    if format == FORMAT { Ok(()) } else { Err(EnrolmentError::Format(format)) }
}

fn write(head: &str, file: &impl Serialize) -> String {
    // A struct of texts and a number always makes TOML.
    let body = toml::to_string_pretty(file).unwrap_or_default();
    format!("# {head}\n{body}")
}

impl fmt::Display for EnrolmentRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}), signing key {}", self.name.as_str(), self.node, self.fingerprint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::NodeId;
    use crate::identity::{SpiffeId, TlsKey, make_request};

    fn request() -> EnrolmentRequest {
        let federation = FederationId::parse("lapor.go.id").unwrap();
        let node = UnitCode::parse("13.71").unwrap();
        let id = SpiffeId::new(federation.clone(), NodeId::Node(node.clone()));
        let csr = make_request(&TlsKey::from_seed(&[7; 32]).unwrap(), &id).unwrap();
        let name = PublicName::parse("Kota \"Padang\"").unwrap();
        EnrolmentRequest::sign(federation, node, name, csr, &SigningKey::from_seed([9; 32]), SealingKeyId([4; 32]))
    }

    #[test]
    fn request_changes_on_its_way() {
        let request = request();
        assert_eq!(EnrolmentRequest::from_toml(&request.to_toml()).unwrap(), request);
    }

    #[test]
    fn altered_request_is_believed() {
        let text = request().to_toml();
        for (from, to) in [
            ("13.71", "13.72"),
            ("lapor.go.id", "lapor.go.ie"),
            ("Padang", "Padanq"),
            ("-----BEGIN", "------BEGIN"),
            ("signature = \"", "signature = \"00"),
        ] {
            let altered = text.replacen(from, to, 1);
            assert_ne!(altered, text);
            assert_eq!(EnrolmentRequest::from_toml(&altered), Err(EnrolmentError::Signature), "{from}");
        }
        let other = SigningKey::from_seed([8; 32]).public().to_string();
        let altered = text.replace(&request().sealing_key().to_string(), &SealingKeyId([6; 32]).to_string());
        assert_eq!(EnrolmentRequest::from_toml(&altered), Err(EnrolmentError::Signature));
        let altered = text.replace(&request().signing_key().to_string(), &other);
        assert_eq!(EnrolmentRequest::from_toml(&altered), Err(EnrolmentError::Signature));
        let altered = text.replace(&SealingKeyId([4; 32]).to_string(), &SealingKeyId([5; 32]).to_string());
        assert_eq!(EnrolmentRequest::from_toml(&altered), Err(EnrolmentError::Signature));
    }

    #[test]
    fn request_without_proof_of_the_tls_key_is_believed() {
        let one = request();
        let key = SigningKey::from_seed([9; 32]);
        let csr = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n".to_owned();
        let forged = EnrolmentRequest::sign(one.federation, one.node, one.name, csr, &key, one.sealing_key);
        assert!(matches!(EnrolmentRequest::from_toml(&forged.to_toml()), Err(EnrolmentError::Request(_))));
    }

    #[test]
    fn strange_file_is_read() {
        let text = request().to_toml();
        let read = |text: &str| EnrolmentRequest::from_toml(text).unwrap_err();
        assert_eq!(read(&text.replace("format = 1", "format = 2")), EnrolmentError::Format(2));
        assert!(matches!(read(&format!("{text}\nmore = 1\n")), EnrolmentError::Unreadable(_)));
        assert!(matches!(read(""), EnrolmentError::Unreadable(_)));
        assert_eq!(read(&" ".repeat(70_000)), EnrolmentError::TooLarge);
    }

    #[test]
    fn bundle_changes_on_its_way() {
        let bundle = JoiningBundle {
            federation: FederationId::parse("lapor.go.id").unwrap(),
            node: UnitCode::parse("13.71").unwrap(),
            hub: HostPort::parse("[2001:db8::1]:7443").unwrap(),
            hub_signing_key: SigningKey::from_seed([1; 32]).public(),
            authority_pem: "-----BEGIN CERTIFICATE-----\n".to_owned(),
            certificate_pem: "-----BEGIN CERTIFICATE-----\n".to_owned(),
        };
        assert_eq!(JoiningBundle::from_toml(&bundle.to_toml()).unwrap(), bundle);
        let altered = bundle.to_toml().replace(":7443", "");
        assert!(matches!(JoiningBundle::from_toml(&altered), Err(EnrolmentError::Address(_))));
    }
}

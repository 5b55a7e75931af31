//! Private keys of a node or of the hub: the TLS key (P-256) and the signing secret (Ed25519). It makes, stores and
//! loads them; it neither draws randomness nor signs events. The two are made apart and never one from the other, so
//! that the loss of one is not the loss of both.

use std::fmt;
use std::path::{Path, PathBuf};

use data_encoding::{BASE64, HEXLOWER};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData, SignatureAlgorithm};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;
use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use super::files::{self, FileError};
use super::secrets::{SecretsError, load_secret_keys};

/// PKCS#8 (RFC 5958) around an RFC 5915 key on P-256, up to the 32 secret bytes, without the public key.
const P256_SECRET_ONLY: [u8; 35] = [
    0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20,
];
/// The same with the public key to follow the secret.
const P256_BEFORE_SECRET: [u8; 36] = [
    0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
    0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20,
];
/// Between the secret and the 65 bytes of the uncompressed public point.
const P256_BEFORE_PUBLIC: [u8; 5] = [0xa1, 0x44, 0x03, 0x42, 0x00];

const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----\n";
const PEM_END: &str = "-----END PRIVATE KEY-----\n";
const PEM_LINE: usize = 64;

/// Why a key could not be made or loaded.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The random bytes are no key (all zero, or beyond the curve's order: one chance in four thousand million).
    #[error("these random bytes make no key: draw new ones")]
    Seed,
    /// The keys of the file cannot be had.
    #[error(transparent)]
    Secrets(SecretsError),
    /// The file holds something else.
    #[error("{} is not a P-256 private key in PKCS#8 PEM", .0.display())]
    NotATlsKey(PathBuf),
    /// The file holds something else.
    #[error("{} is not a signing key: it should be 64 hexadecimal digits", .0.display())]
    NotASigningKey(PathBuf),
}

/// The P-256 key pair of a TLS certificate. Wiped from memory when dropped.
pub struct TlsKey {
    pair: KeyPair,
}

impl TlsKey {
    /// Makes a key of 32 fresh random bytes (FIPS 186-5 A.2.2: a candidate beyond the order is not bent, but refused).
    ///
    /// # Errors
    /// [`KeyError::Seed`]: draw again.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        if *seed == [0; 32] {
            return Err(KeyError::Seed);
        }
        let bare = Zeroizing::new([&P256_SECRET_ONLY[..], seed].concat());
        let mut half = pair_of(&bare).ok_or(KeyError::Seed)?;
        let public = half.public_key_raw();
        let whole = Zeroizing::new([&P256_BEFORE_SECRET[..], seed, &P256_BEFORE_PUBLIC, public].concat());
        half.zeroize();
        pair_of(&whole).map(|pair| Self { pair }).ok_or(KeyError::Seed)
    }

    /// Makes a key of 32 fresh random bytes and writes it to a new file, mode 0600.
    ///
    /// # Errors
    /// If the file is there already or cannot be written, or as [`TlsKey::from_seed`].
    pub fn create(path: &Path, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let key = Self::from_seed(seed)?;
        files::create_secret(path, key.pem().as_bytes())?;
        Ok(key)
    }

    /// Loads a key.
    ///
    /// # Errors
    /// If its mode is looser than 0600, or it is not a P-256 key in PKCS#8 PEM.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let text = files::read_secret(path)?;
        let none = || KeyError::NotATlsKey(path.to_owned());
        let mut der = PrivatePkcs8KeyDer::from_pem_slice(&text).map_err(|_| none())?;
        let pair = pair_of(der.secret_pkcs8_der());
        der.zeroize();
        pair.map(|pair| Self { pair }).ok_or_else(none)
    }

    /// The key as PKCS#8 PEM (RFC 7468). Secret.
    #[must_use]
    pub fn pem(&self) -> Zeroizing<String> {
        let der = self.pkcs8_der();
        // Room for everything from the start: a growing string would leave copies of the key behind.
        let mut base64 = Zeroizing::new(String::with_capacity(der.len().saturating_mul(2)));
        BASE64.encode_append(der, &mut base64);
        let mut text = Zeroizing::new(String::with_capacity(base64.len().saturating_mul(2).saturating_add(80)));
        text.push_str(PEM_BEGIN);
        let mut rest = base64.as_str();
        while let Some((line, more)) = rest.split_at_checked(PEM_LINE) {
            text.push_str(line);
            text.push('\n');
            rest = more;
        }
        if !rest.is_empty() {
            text.push_str(rest);
            text.push('\n');
        }
        text.push_str(PEM_END);
        text
    }

    /// SHA-256 of the public key's `SubjectPublicKeyInfo`: how the registry knows the key.
    #[must_use]
    pub fn spki_sha256(&self) -> [u8; 32] {
        Sha256::digest(self.pair.subject_public_key_info()).into()
    }

    /// The key as PKCS#8 DER. Secret.
    pub(super) fn pkcs8_der(&self) -> &[u8] {
        self.pair.serialized_der()
    }
}

impl PublicKeyData for TlsKey {
    fn der_bytes(&self) -> &[u8] {
        self.pair.der_bytes()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        self.pair.algorithm()
    }
}

impl rcgen::SigningKey for TlsKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.pair.sign(message)
    }
}

impl Drop for TlsKey {
    fn drop(&mut self) {
        self.pair.zeroize();
    }
}

impl fmt::Debug for TlsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsKey(secret)")
    }
}

fn pair_of(pkcs8: &[u8]) -> Option<KeyPair> {
    KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(pkcs8), &PKCS_ECDSA_P256_SHA256).ok()
}

/// Writes 32 fresh random bytes as a new Ed25519 secret (RFC 8032 §5.1.5), mode 0600: 64 hexadecimal digits.
///
/// # Errors
/// If the file is there already or cannot be written, or the bytes are all zero.
pub fn create_signing_secret(path: &Path, seed: &[u8; 32]) -> Result<(), KeyError> {
    if *seed == [0; 32] {
        return Err(KeyError::Seed);
    }
    let mut text = Zeroizing::new(String::with_capacity(65));
    HEXLOWER.encode_append(seed, &mut text);
    text.push('\n');
    Ok(files::create_secret(path, text.as_bytes())?)
}

/// Loads the Ed25519 secret that signs now: the first of its file. Those after it have signed before.
///
/// # Errors
/// If its mode is looser than 0600, or it is not 64 hexadecimal digits a line.
pub fn load_signing_secret(path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let keys = load_secret_keys(path).map_err(|error| match error {
        SecretsError::File(error) => KeyError::File(error),
        SecretsError::NotKeys(_) => KeyError::NotASigningKey(path.to_owned()),
        other @ (SecretsError::Seed
        | SecretsError::NoPassphrase
        | SecretsError::Passphrase
        | SecretsError::Short
        | SecretsError::Kit(_)) => KeyError::Secrets(other),
    })?;
    keys.into_iter().next().ok_or_else(|| KeyError::NotASigningKey(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn tls_key_changes_between_making_and_loading() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.key");
        let made = TlsKey::create(&path, &[7; 32]).unwrap();
        let loaded = TlsKey::load(&path).unwrap();
        assert_eq!(made.spki_sha256(), loaded.spki_sha256());
        assert_eq!(made.pem(), loaded.pem());
        assert_ne!(made.spki_sha256(), TlsKey::from_seed(&[8; 32]).unwrap().spki_sha256());
        assert!(matches!(TlsKey::create(&path, &[8; 32]), Err(KeyError::File(FileError::Exists(_)))));
    }

    /// RFC 6979 A.2.5 gives a P-256 secret and its public point.
    #[test]
    fn public_key_is_not_the_curve_point_of_the_secret() {
        let hex = |text: &str| data_encoding::HEXUPPER.decode(text.as_bytes()).unwrap();
        let secret = hex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721");
        let key = TlsKey::from_seed(&secret.try_into().unwrap()).unwrap();
        let x = hex("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6");
        let y = hex("7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299");
        assert_eq!(key.der_bytes(), [&[4][..], &x, &y].concat());
    }

    #[test]
    fn bad_entropy_becomes_a_key() {
        assert!(matches!(TlsKey::from_seed(&[0; 32]), Err(KeyError::Seed)));
        assert!(matches!(TlsKey::from_seed(&[0xff; 32]), Err(KeyError::Seed)));
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(create_signing_secret(&dir.path().join("k"), &[0; 32]), Err(KeyError::Seed)));
    }

    #[test]
    fn loose_key_is_loaded() {
        let dir = tempfile::tempdir().unwrap();
        let (tls, signing) = (dir.path().join("tls.key"), dir.path().join("signing.key"));
        TlsKey::create(&tls, &[7; 32]).unwrap();
        create_signing_secret(&signing, &[9; 32]).unwrap();
        for path in [&tls, &signing] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o640)).unwrap();
        }
        assert!(matches!(TlsKey::load(&tls), Err(KeyError::File(FileError::LooseMode { .. }))));
        assert!(matches!(load_signing_secret(&signing), Err(KeyError::File(FileError::LooseMode { .. }))));
    }

    #[test]
    fn one_kind_of_key_is_taken_for_the_other() {
        let dir = tempfile::tempdir().unwrap();
        let (tls, signing) = (dir.path().join("tls.key"), dir.path().join("signing.key"));
        TlsKey::create(&tls, &[7; 32]).unwrap();
        create_signing_secret(&signing, &[9; 32]).unwrap();
        assert_eq!(*load_signing_secret(&signing).unwrap(), [9; 32]);
        assert!(matches!(load_signing_secret(&tls), Err(KeyError::NotASigningKey(_))));
        assert!(matches!(TlsKey::load(&signing), Err(KeyError::NotATlsKey(_))));
    }

    #[test]
    fn debug_text_shows_the_secret() {
        let key = TlsKey::from_seed(&[7; 32]).unwrap();
        assert_eq!(format!("{key:?}"), "TlsKey(secret)");
    }
}

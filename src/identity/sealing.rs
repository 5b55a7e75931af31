//! The sealing key (X25519), to which secrets are sealed by HPKE (RFC 9180): it makes, stores and loads it, seals and opens.
//! It knows nothing of what is sealed; the key is never made from another one.

use std::convert::Infallible;
use std::fmt;
use std::path::Path;

use data_encoding::HEXLOWER;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _};
use zeroize::Zeroizing;

use super::files;
use super::keys::KeyError;
use super::secrets::{SecretsError, load_secret_keys};
use crate::domain::SealingKeyId;
use crate::runtime::Entropy;

/// Bytes of an encapsulated key (RFC 9180 §7.1, DHKEM of X25519).
pub const ENCAPPED_BYTES: usize = 32;
/// By how many bytes a sealed text is longer than the plain one: the tag of ChaCha20-Poly1305.
pub const TAG_BYTES: usize = 16;

/// The mechanism: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305, in base mode.
type Mechanism = X25519HkdfSha256;

/// What was sealed to one key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sealed {
    /// The encapsulated key.
    pub encapped: [u8; ENCAPPED_BYTES],
    /// The sealed text, [`TAG_BYTES`] longer than the plain one.
    pub sealed: Vec<u8>,
}

/// The secret half of a key to which content is sealed. Wiped from memory when dropped.
#[derive(Clone)]
pub struct SealingKey(<Mechanism as Kem>::PrivateKey);

impl SealingKey {
    /// Makes a key of 32 fresh random bytes (RFC 7748 §5: any of them are a key).
    ///
    /// # Errors
    /// [`KeyError::Seed`] if they are all zero.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        if *seed == [0; 32] {
            return Err(KeyError::Seed);
        }
        <Mechanism as Kem>::PrivateKey::from_bytes(seed).map(Self).map_err(|_| KeyError::Seed)
    }

    /// Makes a key of 32 fresh random bytes and writes it to a new file, mode 0600: 64 hexadecimal digits.
    ///
    /// # Errors
    /// If the file is there already or cannot be written, or as [`SealingKey::from_seed`].
    pub fn create(path: &Path, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let key = Self::from_seed(seed)?;
        let mut text = Zeroizing::new(String::with_capacity(65));
        HEXLOWER.encode_append(seed, &mut text);
        text.push('\n');
        files::create_secret(path, text.as_bytes())?;
        Ok(key)
    }

    /// Loads a key: the first of its file.
    ///
    /// # Errors
    /// If its mode is looser than 0600, or it is not 64 hexadecimal digits.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let keys = load_secret_keys(path).map_err(|error| match error {
            SecretsError::File(error) => KeyError::File(error),
            SecretsError::Seed | SecretsError::NotKeys(_) => KeyError::NotASealingKey(path.to_owned()),
        })?;
        let key = keys.first().and_then(|secret| Self::from_seed(secret).ok());
        key.ok_or_else(|| KeyError::NotASealingKey(path.to_owned()))
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> SealingKeyId {
        SealingKeyId(Mechanism::sk_to_pk(&self.0).to_bytes().into())
    }

    /// Opens what was sealed to this key for the same purpose (`info`) and context (`aad`); none if it was not, or was altered.
    #[must_use]
    pub fn open(&self, info: &[u8], aad: &[u8], sealed: &Sealed) -> Option<Zeroizing<Vec<u8>>> {
        let encapped = <Mechanism as Kem>::EncappedKey::from_bytes(&sealed.encapped).ok()?;
        let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Mechanism>(
            &OpModeR::Base,
            &self.0,
            &encapped,
            info,
            &sealed.sealed,
            aad,
        );
        opened.ok().map(Zeroizing::new)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SealingKey").field(&self.public()).finish()
    }
}

/// Seals `plain` so that only the holder of `to` opens it, for one purpose (`info`) and context (`aad`). None if `to` is a key
/// that everybody can open (RFC 7748 §6.1: a point of small order).
#[must_use]
pub fn seal(to: &SealingKeyId, info: &[u8], aad: &[u8], plain: &[u8], entropy: &dyn Entropy) -> Option<Sealed> {
    let key = <Mechanism as Kem>::PublicKey::from_bytes(&to.0).ok()?;
    let (encapped, sealed) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, Mechanism>(
        &OpModeS::Base,
        &key,
        info,
        plain,
        aad,
        &mut Drawn(entropy),
    )
    .ok()?;
    Some(Sealed { encapped: encapped.to_bytes().into(), sealed })
}

/// The given randomness as the library wants it.
struct Drawn<'a>(&'a dyn Entropy);

impl TryRng for Drawn<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(out);
        Ok(())
    }
}

impl TryCryptoRng for Drawn<'_> {}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::identity::FileError;
    use crate::runtime::SeededEntropy;

    #[test]
    fn sealed_text_opens_for_others_or_elsewhere() {
        let (key, other) = (SealingKey::from_seed(&[3; 32]).unwrap(), SealingKey::from_seed(&[4; 32]).unwrap());
        let sealed = seal(&key.public(), b"purpose", b"context", b"secret", &SeededEntropy::new(1)).unwrap();
        assert_eq!(sealed.sealed.len(), 6 + TAG_BYTES);
        assert_eq!(key.open(b"purpose", b"context", &sealed).unwrap().as_slice(), b"secret");
        assert!(other.open(b"purpose", b"context", &sealed).is_none());
        assert!(key.open(b"another", b"context", &sealed).is_none());
        assert!(key.open(b"purpose", b"another", &sealed).is_none());
        let mut altered = sealed.clone();
        altered.sealed[0] ^= 1;
        assert!(key.open(b"purpose", b"context", &altered).is_none());
        let mut altered = sealed;
        altered.encapped[0] ^= 1;
        assert!(key.open(b"purpose", b"context", &altered).is_none());
    }

    /// RFC 9180 A.2.1: the recipient's key pair, and the first message.
    #[test]
    fn sealing_differs_from_the_standard() {
        let hex = |text: &str| HEXLOWER.decode(text.as_bytes()).unwrap();
        let seed = hex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb").try_into().unwrap();
        let key = SealingKey::from_seed(&seed).unwrap();
        assert_eq!(key.public().to_string(), "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a");
        let sealed = Sealed {
            encapped: hex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a").try_into().unwrap(),
            sealed: hex("1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"),
        };
        let info = hex("4f6465206f6e2061204772656369616e2055726e");
        let opened = key.open(&info, &hex("436f756e742d30"), &sealed).unwrap();
        assert_eq!(opened.as_slice(), b"Beauty is truth, truth beauty");
    }

    #[test]
    fn key_that_everybody_opens_is_sealed_to() {
        assert!(seal(&SealingKeyId([0; 32]), b"", b"", b"secret", &SeededEntropy::new(1)).is_none());
    }

    #[test]
    fn sealing_key_changes_between_making_and_loading() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sealing.key");
        let made = SealingKey::create(&path, &[7; 32]).unwrap();
        assert_eq!(SealingKey::load(&path).unwrap().public(), made.public());
        assert!(matches!(SealingKey::create(&path, &[8; 32]), Err(KeyError::File(FileError::Exists(_)))));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(SealingKey::load(&path), Err(KeyError::File(FileError::LooseMode { .. }))));
        assert!(matches!(SealingKey::from_seed(&[0; 32]), Err(KeyError::Seed)));
    }

    #[test]
    fn debug_text_shows_the_secret() {
        let shown = format!("{:?}", SealingKey::from_seed(&[0xa5; 32]).unwrap());
        assert!(!shown.contains("a5a5"), "{shown}");
    }
}

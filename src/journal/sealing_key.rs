//! The sealing key (X25519), to which secrets are sealed by HPKE in base mode (RFC 9180; DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
//! ChaCha20-Poly1305). It seals and opens, and knows nothing of what is sealed. It draws no randomness and reads no file.

use std::convert::Infallible;
use std::fmt;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use crate::domain::SealingKeyId;

/// Bytes of an encapsulated key (RFC 9180 §7.1, DHKEM of X25519).
pub const ENCAPPED_BYTES: usize = 32;
/// By how many bytes a sealed text is longer than the plain one: the tag of ChaCha20-Poly1305.
pub const TAG_BYTES: usize = 16;

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
pub struct SealingKey {
    secret: <Mechanism as Kem>::PrivateKey,
    public: SealingKeyId,
}

impl SealingKey {
    /// The key that 32 secret random bytes are (RFC 7748 §5: any of them are a key).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let secret = <Mechanism as Kem>::PrivateKey::from_bytes(seed);
        let secret = secret.unwrap_or_else(|_| Mechanism::derive_keypair(seed).0);
        let public = SealingKeyId(Mechanism::sk_to_pk(&secret).to_bytes().into());
        Self { secret, public }
    }

    /// Its public half.
    #[must_use]
    pub const fn public(&self) -> SealingKeyId {
        self.public
    }

    /// Opens what was sealed to this key for the same purpose (`info`) and context (`aad`); none if it was not, or was altered.
    #[must_use]
    pub fn open(&self, info: &[u8], aad: &[u8], sealed: &Sealed) -> Option<Zeroizing<Vec<u8>>> {
        let encapped = <Mechanism as Kem>::EncappedKey::from_bytes(&sealed.encapped).ok()?;
        let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Mechanism>(
            &OpModeR::Base,
            &self.secret,
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
        f.debug_tuple("SealingKey").field(&self.public).finish()
    }
}

/// Seals `plain` so that only the holder of `to` opens it, for one purpose (`info`) and context (`aad`). `seed` is 32 fresh random
/// bytes. None if `to` is a key that everybody can open (RFC 7748 §6.1: a point of small order).
#[must_use]
pub fn seal(to: &SealingKeyId, info: &[u8], aad: &[u8], plain: &[u8], seed: [u8; 32]) -> Option<Sealed> {
    let key = <Mechanism as Kem>::PublicKey::from_bytes(&to.0).ok()?;
    let (encapped, sealed) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, Mechanism>(
        &OpModeS::Base,
        &key,
        info,
        plain,
        aad,
        &mut Drawn { seed: Zeroizing::new(seed), blocks: 0 },
    )
    .ok()?;
    Some(Sealed { encapped: encapped.to_bytes().into(), sealed })
}

/// The randomness of one sealing, drawn before: SHA-256 of the seed and a counter.
struct Drawn {
    seed: Zeroizing<[u8; 32]>,
    blocks: u64,
}

impl TryRng for Drawn {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(32) {
            let hash = Sha256::new().chain_update(&self.seed[..]).chain_update(self.blocks.to_be_bytes());
            let mut block: [u8; 32] = hash.finalize().into();
            self.blocks = self.blocks.saturating_add(1);
            chunk.iter_mut().zip(block).for_each(|(slot, byte)| *slot = byte);
            block.zeroize();
        }
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    #[test]
    fn sealed_text_opens_for_others_or_elsewhere() {
        let (key, other) = (SealingKey::from_seed(&[3; 32]), SealingKey::from_seed(&[4; 32]));
        let sealed = seal(&key.public(), b"purpose", b"context", b"secret", [1; 32]).unwrap();
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

    #[test]
    fn two_sealings_are_alike() {
        let key = SealingKey::from_seed(&[3; 32]).public();
        let of = |seed| seal(&key, b"", b"", b"secret", [seed; 32]).unwrap();
        assert_ne!(of(1).encapped, of(2).encapped);
        assert_ne!(of(1).sealed, of(2).sealed);
        assert_eq!(of(1), of(1));
    }

    /// RFC 9180 A.2.1: the recipient's key pair, and the first message.
    #[test]
    fn sealing_differs_from_the_standard() {
        let hex = |text: &str| HEXLOWER.decode(text.as_bytes()).unwrap();
        let seed = hex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb").try_into().unwrap();
        let key = SealingKey::from_seed(&seed);
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
        assert!(seal(&SealingKeyId([0; 32]), b"", b"", b"secret", [1; 32]).is_none());
    }

    #[test]
    fn debug_text_shows_the_secret() {
        let shown = format!("{:?}", SealingKey::from_seed(&[0xa5; 32]));
        assert!(!shown.contains("a5a5") && !shown.contains("165"), "{shown}");
    }
}

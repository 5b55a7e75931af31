//! Randomness, as a value that is passed in. It makes bytes only; what they are for (salts, keys, names) is the caller's.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use super::exit::Exit;

/// A source of random bytes.
pub trait Entropy: fmt::Debug + Send + Sync {
    /// Fills `out`, whatever its length.
    fn fill(&self, out: &mut [u8]);
}

/// `N` random bytes.
#[must_use]
pub fn random_bytes<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}

/// The operating system's generator, fit for keys. A process whose system has no randomness ends at once with
/// [`Exit::Unavailable`]: no salt or key made without it would be safe.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the system's randomness is read; without it keys could be guessed, so the process ends"
    )]
    fn fill(&self, out: &mut [u8]) {
        if let Err(error) = getrandom::fill(out) {
            tracing::error!(%error, "the operating system gives no randomness; the process ends");
            std::process::exit(Exit::Unavailable.code().into());
        }
    }
}

/// The same bytes for the same seed, in the order of the calls. Anyone who knows the seed knows them all: for tests and
/// simulation only, never for keys in use.
pub struct SeededEntropy {
    seed: [u8; 32],
    blocks: AtomicU64,
}

impl SeededEntropy {
    /// The source that belongs to `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed: Sha256::digest(seed.to_be_bytes()).into(), blocks: AtomicU64::new(0) }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let block = self.blocks.fetch_add(1, Ordering::SeqCst);
            let bytes: [u8; 32] =
                Sha256::new().chain_update(self.seed).chain_update(block.to_be_bytes()).finalize().into();
            chunk.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = byte);
        }
    }
}

impl fmt::Debug for SeededEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeededEntropy").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_replays_otherwise_or_repeats_itself() {
        let (one, same, other) = (SeededEntropy::new(7), SeededEntropy::new(7), SeededEntropy::new(8));
        let first: [u8; 70] = random_bytes(&one);
        assert_eq!(first, random_bytes::<70>(&same));
        assert_ne!(first, random_bytes::<70>(&other));
        assert_ne!(first, random_bytes::<70>(&one));
        assert_ne!(first[..32], first[32..64]);
        assert_ne!(first[64..], [0; 6]);
    }

    #[test]
    fn system_leaves_bytes_unfilled() {
        assert_ne!(random_bytes::<32>(&OsEntropy), random_bytes::<32>(&OsEntropy));
        OsEntropy.fill(&mut []);
    }
}

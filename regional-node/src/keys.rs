//! The three private keys of a node: made on it, each by itself, loaded where they are already. They never leave it.

use std::path::Path;

use lintas::identity::{SealingKey, TlsKey, create_signing_secret, load_signing_secret};
use lintas::journal::SigningKey;
use lintas::link::transport::join::JoinKeys;
use lintas::runtime::{OsEntropy, random_bytes};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Where the keys are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyPlaces<'a> {
    pub(crate) tls: &'a Path,
    pub(crate) signing: &'a Path,
    pub(crate) sealing: &'a Path,
}

/// Makes the keys that are missing and loads the others.
///
/// # Errors
/// If one is open to others, or none, or cannot be written.
pub(crate) fn load_or_make(places: KeyPlaces<'_>) -> Result<JoinKeys, Failure> {
    let seed = || Zeroizing::new(random_bytes::<32>(&OsEntropy));
    let KeyPlaces { tls, signing, sealing } = places;
    let tls = if tls.exists() { TlsKey::load(tls)? } else { TlsKey::create(tls, &seed())? };
    if !signing.exists() {
        create_signing_secret(signing, &seed())?;
    }
    let signing = SigningKey::from_seed(*load_signing_secret(signing)?);
    let sealing = if sealing.exists() { SealingKey::load(sealing)? } else { SealingKey::create(sealing, &seed())? };
    Ok(JoinKeys { tls, signing, sealing })
}

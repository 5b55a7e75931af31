//! New signing and sealing keys: made beside the present ones, and put in their place once the hub's registry names them. What the node
//! says of them, and when, is the link's.

use std::fs;
use std::path::PathBuf;

use lintas::desk::service::Caller;
use lintas::domain::{Registry, SigningKeyId};
use lintas::identity::{add_secret_key, create_secret_key_like, load_secret_keys};
use lintas::journal::{SealingKey, SigningKey};
use lintas::link::node::NextKeys;
use lintas::protocol::desk::v1 as wire;
use lintas::runtime::{OsEntropy, random_bytes};
use lintas::store::sqlite::SqliteStore;
use lintas::words::{self, Language};
use serde_json::json;
use zeroize::Zeroizing;

use crate::cli::Common;
use crate::commands::reader;
use crate::failure::Failure;
use crate::kit;
use crate::output::{say, say_json};
use crate::settings::Settings;

/// A secret of 32 bytes.
type Secret = Zeroizing<[u8; 32]>;

/// The keys that are to follow, and where they lie meanwhile.
struct Following {
    signing: (PathBuf, Secret),
    sealing: (PathBuf, Secret),
}

/// Where the keys lie that are to follow: signing and sealing.
pub(crate) fn places(settings: &Settings) -> [PathBuf; 2] {
    ["signing.key.next", "sealing.key.next"].map(|name| settings.data.join("keys").join(name))
}

fn following(settings: &Settings) -> Result<Option<Following>, Failure> {
    let [signing, sealing] = places(settings);
    if !signing.exists() || !sealing.exists() {
        return Ok(None);
    }
    let first = |path: &PathBuf| load_secret_keys(path)?.into_iter().next().ok_or(Failure::NoKeys);
    let (signing_secret, sealing_secret) = (first(&signing)?, first(&sealing)?);
    Ok(Some(Following { signing: (signing, signing_secret), sealing: (sealing, sealing_secret) }))
}

/// The keys that are to follow the present ones, if there are any.
///
/// # Errors
/// If a file is open to others, or holds no key.
pub(crate) fn next_keys(settings: &Settings) -> Result<Option<NextKeys>, Failure> {
    let next = |next: Following| NextKeys {
        signing: SigningKey::from_seed(*next.signing.1),
        sealing: SealingKey::from_seed(&next.sealing.1).public(),
    };
    Ok(following(settings)?.map(next))
}

/// The secret half of the sealing key that is to follow.
///
/// # Errors
/// As [`next_keys`].
pub(crate) fn next_sealing(settings: &Settings) -> Result<Option<SealingKey>, Failure> {
    Ok(following(settings)?.map(|next| SealingKey::from_seed(&next.sealing.1)))
}

/// The public halves of the signing keys that this node had before.
///
/// # Errors
/// As [`next_keys`].
pub(crate) fn older_keys(settings: &Settings) -> Result<Vec<SigningKeyId>, Failure> {
    let known = load_secret_keys(&settings.signing_key)?;
    Ok(known.iter().skip(1).map(|secret| SigningKey::from_seed(**secret).public()).collect())
}

/// Makes the keys that are to follow. They do so once the node is started anew and the hub has recorded it.
///
/// # Errors
/// If something written here has not reached the hub, or a file cannot be written.
pub(crate) async fn rotate(common: &Common, lang: Language) -> Result<(), Failure> {
    let settings = Settings::load(common)?;
    let begun = following(&settings)?.is_some();
    if !begun {
        let mut caller: Caller<SqliteStore> = reader(&settings).await?;
        let status = caller.status(wire::StatusRequest {}).await?;
        // What is not sealed yet would be sealed only after the hub has heard of the new keys.
        if status.receipt.is_none() || status.outbox.unwrap_or_default().unsealed > 0 {
            return Err(Failure::Argument(words::say("rotate.not-now", lang, &[])));
        }
        for (place, like) in places(&settings).iter().zip([&settings.signing_key, &settings.sealing_key]) {
            // A half of an earlier try serves nobody.
            let _ = fs::remove_file(place);
            create_secret_key_like(like, place, &Zeroizing::new(random_bytes::<32>(&OsEntropy)))?;
        }
    }
    if common.json {
        say_json(&json!({ "made": !begun, "restart": true }));
    } else {
        say(&words::say(if begun { "rotate.begun" } else { "rotate.made" }, lang, &[]));
    }
    Ok(())
}

/// Puts the keys that were to follow in the place of the present ones if the registry names them; the present ones stay as older
/// lines. Returns whether it did. Cut off in the middle, it goes on where it was.
///
/// # Errors
/// If a file cannot be written. The node works on with both.
pub(crate) fn finish(settings: &Settings, registry: &Registry) -> Result<bool, Failure> {
    let named = registry.node(&settings.node).and_then(lintas::domain::registry::NodeEntry::signing_key);
    let mut finished = false;
    if let Some(next) = following(settings)?
        && named == Some(SigningKey::from_seed(*next.signing.1).public())
    {
        // Whatever becomes of the files: the kit that is kept lacks what counts now.
        kit::outdated(settings);
        for (path, (_, secret)) in [(&settings.signing_key, &next.signing), (&settings.sealing_key, &next.sealing)] {
            let known = load_secret_keys(path)?;
            if known.first().is_none_or(|first| **first != **secret) {
                add_secret_key(path, secret)?;
            }
        }
        finished = true;
    }
    for (place, path) in places(settings).iter().zip([&settings.signing_key, &settings.sealing_key]) {
        let Some(next) = place.exists().then(|| load_secret_keys(place)).transpose()? else { continue };
        if load_secret_keys(path)?.iter().any(|known| next.first().is_some_and(|next| **next == **known)) {
            fs::remove_file(place).map_err(|cause| Failure::Write { path: place.display().to_string(), cause })?;
        }
    }
    Ok(finished)
}

/// What to tell of it: that keys wait for the hub.
pub(crate) fn reminder(settings: &Settings, lang: Language) -> Option<String> {
    let waits = places(settings).iter().all(|place| place.exists());
    waits.then(|| words::say("rotate.waits", lang, &[]))
}

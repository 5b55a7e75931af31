//! Puts the key files under a passphrase, or takes them out from under it.

use std::path::Path;

use lintas::identity::files::read_secret;
use lintas::identity::{SecretsError, protect_keys, unprotect_keys};
use lintas::runtime::{OsEntropy, credentials, secret};
use lintas::words::{self, Language};
use serde_json::json;
use zeroize::Zeroizing;

use crate::cli::{Common, ProtectKeys};
use crate::failure::Failure;
use crate::output::{say, say_json};
use crate::rotate;
use crate::settings::Settings;

/// Protects the keys of signing, sealing and storage, as far as they are files of this folder.
///
/// # Errors
/// If the passphrase is too short or another one, or a file cannot be written.
pub(crate) fn protect(common: &Common, asked: &ProtectKeys, lang: Language) -> Result<(), Failure> {
    let settings = Settings::load(common)?;
    let keys = [&settings.signing_key, &settings.sealing_key, &settings.storage_key];
    let phrase = phrase(asked.passphrase_file.as_deref(), &words::say("keys.passphrase", lang, &[]))?;
    let next = rotate::places(&settings);
    let next = next.iter().filter(|place| place.exists());
    for key in keys.into_iter().filter(|key| !credentials::is_one(key)).chain(next) {
        if asked.off {
            unprotect_keys(key, &phrase)?;
        } else {
            protect_keys(key, &phrase, &OsEntropy)?;
        }
    }
    if common.json {
        say_json(&json!({ "protected": !asked.off }));
    } else {
        say(&words::say(if asked.off { "keys.unprotected" } else { "keys.protected" }, lang, &[]));
    }
    Ok(())
}

fn phrase(file: Option<&Path>, prompt: &str) -> Result<Zeroizing<String>, Failure> {
    let Some(path) = file else {
        return secret::read_line(prompt).map_err(|cause| Failure::Write { path: "-".to_owned(), cause });
    };
    let bytes = read_secret(path)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| SecretsError::Passphrase)?;
    Ok(Zeroizing::new(text.trim_end_matches(['\n', '\r']).to_owned()))
}

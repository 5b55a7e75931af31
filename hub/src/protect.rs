//! Puts the key files under a passphrase, or takes them out from under it.

use std::path::Path;

use lintas::identity::files::read_secret;
use lintas::identity::{SecretsError, protect_keys, unprotect_keys};
use lintas::runtime::{OsEntropy, credentials, secret};
use serde_json::json;
use zeroize::Zeroizing;

use crate::cli::ProtectKeys;
use crate::failure::Failure;
use crate::output::Voice;
use crate::settings::Settings;

/// Protects the keys of signing and storage, as far as they are files of this folder.
///
/// # Errors
/// If the passphrase is too short or another one, or a file cannot be written.
pub(crate) fn protect(settings: &Settings, asked: &ProtectKeys, voice: Voice) -> Result<(), Failure> {
    let phrase = phrase(asked.passphrase_file.as_deref(), &voice.say("keys.passphrase", &[]))?;
    for key in [&settings.signing_key, &settings.storage_key].into_iter().filter(|key| !credentials::is_one(key)) {
        if asked.off {
            unprotect_keys(key, &phrase)?;
        } else {
            protect_keys(key, &phrase, &OsEntropy)?;
        }
    }
    let told = voice.say(if asked.off { "keys.unprotected" } else { "keys.protected" }, &[]);
    voice.answer(&json!({ "protected": !asked.off }), &told);
    Ok(())
}

fn phrase(file: Option<&Path>, prompt: &str) -> Result<Zeroizing<String>, Failure> {
    let Some(path) = file else {
        return secret::read_line(prompt).map_err(|cause| Failure::given(Path::new("-"), &cause));
    };
    let bytes = read_secret(path)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| SecretsError::Passphrase)?;
    Ok(Zeroizing::new(text.trim_end_matches(['\n', '\r']).to_owned()))
}

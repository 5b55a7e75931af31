//! The passphrase under which key files of this process may lie: where it comes from is said once, and it is asked for when the first
//! such file is read. It makes no keys and stores nothing.

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use zeroize::Zeroizing;

use super::files;
use super::kit;
use super::secrets::SecretsError;
use crate::runtime::{Entropy, random_bytes, secret};

/// What the word of a setting means that has it asked for.
pub const ASK: &str = "ask";
/// The one member of a protected file.
const MEMBER: &str = "keys";
/// Shortest passphrase that is taken, in characters: it guards against whoever has the disk and time.
pub const PASSPHRASE_CHARS_MIN: usize = 20;

/// Where a passphrase comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// From a file that lies elsewhere, or a credential that the service manager hands over.
    File(PathBuf),
    /// Typed, or handed over on standard input: one line. The text is shown at a terminal.
    Asked(String),
}

static SOURCE: Mutex<Option<Source>> = Mutex::new(None);
static GIVEN: OnceLock<Zeroizing<String>> = OnceLock::new();

/// Says where this process gets its passphrase, if it needs one.
pub fn comes_from(source: Source) {
    *SOURCE.lock().unwrap_or_else(PoisonError::into_inner) = Some(source);
}

/// The passphrase; it is got once.
pub(super) fn passphrase() -> Result<&'static str, SecretsError> {
    if let Some(given) = GIVEN.get() {
        return Ok(given);
    }
    let source = SOURCE.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let got = read(&source.ok_or(SecretsError::NoPassphrase)?)?;
    Ok(GIVEN.get_or_init(|| got))
}

/// Reads a passphrase, whatever it is for.
///
/// # Errors
/// If there is none, or it is no text.
pub fn read(source: &Source) -> Result<Zeroizing<String>, SecretsError> {
    match source {
        Source::File(path) => {
            let bytes = files::read_secret(path)?;
            let text = std::str::from_utf8(&bytes).map_err(|_| SecretsError::NoPassphrase)?;
            Ok(Zeroizing::new(text.trim_end_matches(['\n', '\r']).to_owned()))
        }
        Source::Asked(prompt) => secret::read_line(prompt).map_err(|error: io::Error| {
            tracing::error!(%error, "the passphrase of the keys cannot be read");
            SecretsError::NoPassphrase
        }),
    }
}

/// Whether a key file is protected by a passphrase.
pub(super) fn is_protected(text: &[u8]) -> bool {
    text.windows(kit::BEGIN.len()).any(|window| window == kit::BEGIN.as_bytes())
}

/// The text of a key file, protected by a passphrase (argon2id, XChaCha20-Poly1305: as a recovery kit).
pub(super) fn protect(text: &[u8], passphrase: &str, entropy: &dyn Entropy) -> Result<String, SecretsError> {
    let member = vec![(MEMBER.to_owned(), Zeroizing::new(text.to_vec()))];
    let head = "Keys of Lintas, protected by a passphrase";
    Ok(kit::make_under(head, &member, passphrase, random_bytes(entropy), random_bytes(entropy))?)
}

/// What is in a protected key file.
pub(super) fn open(text: &[u8], passphrase: &str) -> Result<Zeroizing<Vec<u8>>, SecretsError> {
    let text = std::str::from_utf8(text).map_err(|_| SecretsError::Passphrase)?;
    let members = kit::open_under(text, passphrase).map_err(|_| SecretsError::Passphrase)?;
    members.into_iter().next().map(|(_, bytes)| bytes).ok_or(SecretsError::Passphrase)
}

//! Secret keys for content, as files: the sealing keys, to which content is sealed, and the storage keys, which lock what is stored.
//! One key a line, the present one first, older ones after it. It makes, stores and loads them; it seals and locks nothing.

use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use thiserror::Error;
use zeroize::Zeroizing;

use super::files::{self, FileError};
use super::kit::KitError;
use super::passphrase::{self, PASSPHRASE_CHARS_MIN};
use crate::runtime::{Entropy, OsEntropy};

/// Most keys in one file.
pub const KEYS_MAX: usize = 64;

/// Why keys could not be made or loaded.
#[derive(Debug, Error)]
pub enum SecretsError {
    /// The file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The random bytes are all zero.
    #[error("these random bytes make no key: draw new ones")]
    Seed,
    /// The file holds something else.
    #[error("{} holds no keys: it should have 64 hexadecimal digits a line, the present key first", .0.display())]
    NotKeys(PathBuf),
    /// A file is protected, and there is no passphrase.
    #[error(
        "the keys are protected by a passphrase: set keys.passphrase to a file or credential that holds it, or to ask"
    )]
    NoPassphrase,
    /// The passphrase is another.
    #[error("the passphrase does not open the keys: is it the one that they were protected with?")]
    Passphrase,
    /// The passphrase is too short.
    #[error("a passphrase for keys has at least {PASSPHRASE_CHARS_MIN} characters")]
    Short,
    /// More than fits into a protected file.
    #[error(transparent)]
    Kit(#[from] KitError),
}

/// Writes 32 fresh random bytes as a new file with one key, mode 0600.
///
/// # Errors
/// If the file is there already or cannot be written, or the bytes are all zero.
pub fn create_secret_key(path: &Path, seed: &[u8; 32]) -> Result<(), SecretsError> {
    if *seed == [0; 32] {
        return Err(SecretsError::Seed);
    }
    Ok(files::create_secret(path, text_of(std::iter::once(seed)).as_bytes())?)
}

/// Puts fresh random bytes before the keys of a file, as its present key; the others stay, for what was made with them.
///
/// # Errors
/// If the file cannot be read or written, or holds as many keys as it may.
pub fn add_secret_key(path: &Path, seed: &[u8; 32]) -> Result<(), SecretsError> {
    let known = load_secret_keys(path)?;
    let protected = passphrase::is_protected(&files::read_secret(path)?);
    if *seed == [0; 32] || known.len() >= KEYS_MAX {
        return Err(SecretsError::Seed);
    }
    let known = known.iter().map(|key| &**key);
    let text = text_of(std::iter::once(seed).chain(known));
    if protected {
        let text = passphrase::protect(text.as_bytes(), passphrase::passphrase()?, &OsEntropy)?;
        return Ok(files::replace_secret(path, text.as_bytes())?);
    }
    Ok(files::replace_secret(path, text.as_bytes())?)
}

/// Puts a key file under a passphrase. One that is under it already stays as it is.
///
/// # Errors
/// If the passphrase is too short, or the file cannot be read or written, or holds no keys, or is under another one.
pub fn protect_keys(path: &Path, phrase: &str, entropy: &dyn Entropy) -> Result<(), SecretsError> {
    if phrase.chars().count() < PASSPHRASE_CHARS_MIN {
        return Err(SecretsError::Short);
    }
    let text = files::read_secret(path)?;
    if passphrase::is_protected(&text) {
        return passphrase::open(&text, phrase).map(drop);
    }
    keys_in(path, &text)?;
    files::replace_secret(path, passphrase::protect(&text, phrase, entropy)?.as_bytes())?;
    Ok(files::sweep(path)?)
}

/// Takes a key file out from under its passphrase. One that is under none stays as it is.
///
/// # Errors
/// If the passphrase is another, or the file cannot be read or written.
pub fn unprotect_keys(path: &Path, phrase: &str) -> Result<(), SecretsError> {
    let text = files::read_secret(path)?;
    if !passphrase::is_protected(&text) {
        return Ok(());
    }
    Ok(files::replace_secret(path, &passphrase::open(&text, phrase)?)?)
}

/// The text of a key file, out from under its passphrase if it lies under one.
///
/// # Errors
/// If it cannot be read, or the passphrase is not to be had.
pub fn read_plain(path: &Path) -> Result<Zeroizing<Vec<u8>>, SecretsError> {
    let text = files::read_secret(path)?;
    if passphrase::is_protected(&text) { passphrase::open(&text, passphrase::passphrase()?) } else { Ok(text) }
}

/// Writes 32 fresh random bytes as a new file with one key, under the passphrase of this process if `like` lies under one.
///
/// # Errors
/// As [`create_secret_key`], and if the passphrase is not to be had.
pub fn create_secret_key_like(like: &Path, path: &Path, seed: &[u8; 32]) -> Result<(), SecretsError> {
    if !is_protected(like)? {
        return create_secret_key(path, seed);
    }
    if *seed == [0; 32] {
        return Err(SecretsError::Seed);
    }
    let text = passphrase::protect(text_of(std::iter::once(seed)).as_bytes(), passphrase::passphrase()?, &OsEntropy)?;
    Ok(files::create_secret(path, text.as_bytes())?)
}

/// Whether a key file is under a passphrase.
///
/// # Errors
/// If it cannot be read.
pub fn is_protected(path: &Path) -> Result<bool, SecretsError> {
    Ok(passphrase::is_protected(&files::read_secret(path)?))
}

/// Loads the keys of a file, the present one first.
///
/// # Errors
/// If its mode is looser than 0600, or a line of it is no key.
pub fn load_secret_keys(path: &Path) -> Result<Vec<Zeroizing<[u8; 32]>>, SecretsError> {
    let text = files::read_secret(path)?;
    if passphrase::is_protected(&text) {
        return keys_in(path, &passphrase::open(&text, passphrase::passphrase()?)?);
    }
    keys_in(path, &text)
}

fn keys_in(path: &Path, text: &[u8]) -> Result<Vec<Zeroizing<[u8; 32]>>, SecretsError> {
    let none = || SecretsError::NotKeys(path.to_owned());
    let text = std::str::from_utf8(text).map_err(|_| none())?;
    let keys = text.lines().filter(|line| !line.trim().is_empty()).map(|line| {
        let mut secret = Zeroizing::new([0_u8; 32]);
        let digits = line.trim().as_bytes();
        let whole = digits.len() == 64 && HEXLOWER.decode_mut(digits, secret.as_mut()).is_ok();
        if whole && *secret != [0; 32] { Ok(secret) } else { Err(none()) }
    });
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() || keys.len() > KEYS_MAX { Err(none()) } else { Ok(keys) }
}

fn text_of<'a>(keys: impl Iterator<Item = &'a [u8; 32]>) -> Zeroizing<String> {
    // Room for everything from the start: a growing string would leave copies of the keys behind.
    let mut text = Zeroizing::new(String::with_capacity(KEYS_MAX.saturating_mul(65)));
    for key in keys {
        HEXLOWER.encode_append(key, &mut text);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::SeededEntropy;

    #[test]
    fn older_key_is_lost_when_one_is_added() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("storage.key");
        create_secret_key(&path, &[1; 32]).unwrap();
        assert!(matches!(create_secret_key(&path, &[2; 32]), Err(SecretsError::File(FileError::Exists(_)))));
        add_secret_key(&path, &[2; 32]).unwrap();
        let keys: Vec<[u8; 32]> = load_secret_keys(&path).unwrap().iter().map(|key| **key).collect();
        assert_eq!(keys, [[2; 32], [1; 32]]);
    }

    #[test]
    fn protected_keys_open_without_their_passphrase() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("storage.key");
        let phrase = "empat kuda lari di pantai padang";
        create_secret_key(&path, &[7; 32]).unwrap();
        assert!(matches!(protect_keys(&path, "terlalu pendek", &SeededEntropy::new(1)), Err(SecretsError::Short)));
        protect_keys(&path, phrase, &SeededEntropy::new(1)).unwrap();
        assert!(is_protected(&path).unwrap());
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.contains(&"07".repeat(32)));
        // Nobody has said where the passphrase comes from; another one opens nothing; again it is a kit of its own.
        assert!(matches!(load_secret_keys(&path), Err(SecretsError::NoPassphrase)));
        assert!(matches!(
            passphrase::open(text.as_bytes(), "lima kuda lari di pantai padang"),
            Err(SecretsError::Passphrase)
        ));
        assert!(matches!(unprotect_keys(&path, "1"), Err(SecretsError::Passphrase)));
        protect_keys(&path, phrase, &SeededEntropy::new(2)).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        unprotect_keys(&path, phrase).unwrap();
        assert_eq!(*load_secret_keys(&path).unwrap()[0], [7; 32]);
    }

    #[test]
    fn something_else_is_taken_for_keys() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sealing.key");
        let hex = "ab".repeat(32);
        for text in ["", "\n", "abcd\n", &hex[1..], &format!("{hex}0"), &format!("{hex}\nx"), &"00".repeat(32)] {
            let _ = std::fs::remove_file(&path);
            files::create_secret(&path, text.as_bytes()).unwrap();
            assert!(matches!(load_secret_keys(&path), Err(SecretsError::NotKeys(_))), "{text}");
        }
        assert!(matches!(create_secret_key(&path, &[0; 32]), Err(SecretsError::Seed)));
    }
}

//! The recovery kit: the secret keys of a node in one text, protected by a passphrase that the program makes and shows once. It is
//! kept away from the machine, so that what was sealed or locked can be read when the machine is gone. It draws no randomness.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{Key, KeyInit as _, XChaCha20Poly1305, XNonce};
use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

/// Longest kit, in bytes.
pub const KIT_BYTES_MAX: usize = 64 * 1024;
/// Digits of a passphrase: 83 bits, beyond any search.
pub const PASSPHRASE_DIGITS: usize = 25;
/// What a kit's secret lines begin and end with.
pub(super) const BEGIN: &str = "-----BEGIN LINTAS RECOVERY KIT-----";
const END: &str = "-----END LINTAS RECOVERY KIT-----";
const LINE: usize = 64;
/// The only layout so far: layout, salt (16 bytes), nonce (24), ciphertext.
const LAYOUT: u8 = 1;
/// Argon2id, the second recommended choice of RFC 9106 §4 (64 MiB, three passes), with one lane, since it is computed once.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
/// What the ciphertext is bound to.
const BOUND: &[u8] = b"lintas/recovery-kit/v1\0";

/// One secret file in a kit: its name, and what is in it.
pub type Member = (String, Zeroizing<Vec<u8>>);

/// Why a kit cannot be made or opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum KitError {
    /// No kit, or one of a later version.
    #[error("this is no recovery kit that this version can read: give the whole file, from BEGIN to END")]
    Unreadable,
    /// The passphrase is another, or the kit was altered.
    #[error("the passphrase does not open the kit: write its {PASSPHRASE_DIGITS} digits as they were shown")]
    Passphrase,
    /// More than a kit holds.
    #[error("a kit holds at most {KIT_BYTES_MAX} bytes")]
    TooLarge,
}

/// A passphrase of digits in groups of five, from 32 fresh random bytes.
#[must_use]
pub fn passphrase(random: &[u8; 32]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(PASSPHRASE_DIGITS.saturating_mul(2)));
    let mut pool = Zeroizing::new(Vec::new());
    // Digits from bytes below 250, so that none is likelier than another.
    for round in 0_u64.. {
        if pool.len() >= PASSPHRASE_DIGITS {
            break;
        }
        let hash = Sha256::new().chain_update(random).chain_update(round.to_be_bytes()).finalize();
        pool.extend(hash.iter().filter(|byte| **byte < 250).map(|byte| byte % 10));
    }
    for (index, digit) in pool.iter().take(PASSPHRASE_DIGITS).enumerate() {
        if index > 0 && index % 5 == 0 {
            text.push('-');
        }
        text.push(char::from(b'0'.saturating_add(*digit)));
    }
    text
}

/// The digits of a passphrase, which alone count: people write it down with whatever between its groups.
fn digits(passphrase: &str) -> Zeroizing<String> {
    Zeroizing::new(passphrase.chars().filter(char::is_ascii_digit).collect())
}

/// Makes a kit. `salt` and `nonce` are fresh random bytes; `head` says for people what it is.
///
/// # Errors
/// If there is more than it holds.
pub fn make(
    head: &str,
    members: &[Member],
    passphrase: &str,
    salt: [u8; 16],
    nonce: [u8; 24],
) -> Result<String, KitError> {
    make_under(head, members, &digits(passphrase), salt, nonce)
}

/// The same under a passphrase of which every character counts.
pub(super) fn make_under(
    head: &str,
    members: &[Member],
    passphrase: &str,
    salt: [u8; 16],
    nonce: [u8; 24],
) -> Result<String, KitError> {
    let mut text = Zeroizing::new(String::with_capacity(KIT_BYTES_MAX));
    for (name, bytes) in members {
        let line = Zeroizing::new(HEXLOWER.encode(bytes));
        if text.len().saturating_add(name.len()).saturating_add(line.len()).saturating_add(2) > KIT_BYTES_MAX / 2 {
            return Err(KitError::TooLarge);
        }
        text.push_str(name);
        text.push(' ');
        text.push_str(&line);
        text.push('\n');
    }
    let cipher = cipher(passphrase, &salt)?;
    let payload = Payload { msg: text.as_bytes(), aad: BOUND };
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| KitError::TooLarge)?;
    let record = [&[LAYOUT][..], &salt, &nonce, &sealed].concat();
    let base64 = BASE64.encode(&record);
    let lines: Vec<&str> = base64.as_bytes().chunks(LINE).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    Ok(format!("{head}\n{BEGIN}\n{}\n{END}\n", lines.join("\n")))
}

/// Opens a kit.
///
/// # Errors
/// If it is none, or the passphrase is another.
pub fn open(kit: &str, passphrase: &str) -> Result<Vec<Member>, KitError> {
    open_under(kit, &digits(passphrase))
}

/// The same under a passphrase of which every character counts.
pub(super) fn open_under(kit: &str, passphrase: &str) -> Result<Vec<Member>, KitError> {
    let record = record(kit)?;
    let rest = record.strip_prefix(&[LAYOUT]).ok_or(KitError::Unreadable)?;
    let (salt, rest) = rest.split_first_chunk::<16>().ok_or(KitError::Unreadable)?;
    let (nonce, sealed) = rest.split_first_chunk::<24>().ok_or(KitError::Unreadable)?;
    let cipher = cipher(passphrase, salt)?;
    let text = cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: BOUND });
    let text = Zeroizing::new(text.map_err(|_| KitError::Passphrase)?);
    let text = std::str::from_utf8(&text).map_err(|_| KitError::Unreadable)?;
    let member = |line: &str| {
        let (name, hex) = line.split_once(' ').ok_or(KitError::Unreadable)?;
        let bytes = HEXLOWER.decode(hex.as_bytes()).map_err(|_| KitError::Unreadable)?;
        Ok((name.to_owned(), Zeroizing::new(bytes)))
    };
    text.lines().map(member).collect()
}

/// Six digits that stand for a kit, so that people can say which one they have kept.
///
/// # Errors
/// If it is no kit.
pub fn code(kit: &str) -> Result<String, KitError> {
    let hash = Sha256::digest(record(kit)?);
    let number = hash.iter().take(8).fold(0_u64, |number, byte| number.wrapping_shl(8) | u64::from(*byte));
    Ok(format!("{:06}", number % 1_000_000))
}

fn record(kit: &str) -> Result<Vec<u8>, KitError> {
    if kit.len() > KIT_BYTES_MAX.saturating_mul(2) {
        return Err(KitError::TooLarge);
    }
    let (_, rest) = kit.split_once(BEGIN).ok_or(KitError::Unreadable)?;
    let (base64, _) = rest.split_once(END).ok_or(KitError::Unreadable)?;
    let base64: String = base64.split_whitespace().collect();
    BASE64.decode(base64.as_bytes()).map_err(|_| KitError::Unreadable)
}

/// The cipher of a passphrase.
fn cipher(passphrase: &str, salt: &[u8; 16]) -> Result<XChaCha20Poly1305, KitError> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).map_err(|_| KitError::TooLarge)?;
    let mut key = Zeroizing::new([0_u8; 32]);
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(passphrase.as_bytes(), salt, &mut key[..]).map_err(|_| KitError::TooLarge)?;
    Ok(XChaCha20Poly1305::new(&Key::from(*key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kit(passphrase: &str) -> String {
        let members = [
            ("keys/signing.key".to_owned(), Zeroizing::new(b"abc".to_vec())),
            ("keys/storage.key".to_owned(), Zeroizing::new(vec![0xa5; 100])),
        ];
        make("Lintas", &members, passphrase, [1; 16], [2; 24]).unwrap()
    }

    #[test]
    fn kit_does_not_give_the_keys_back() {
        let words = passphrase(&[7; 32]);
        assert_eq!((words.len(), words.matches('-').count()), (29, 4));
        let kit = kit(&words);
        assert!(kit.len() < KIT_BYTES_MAX && !kit.contains("a5a5"));
        let opened = open(&kit.replace('\n', "\r\n"), &words.replace('-', " ")).unwrap();
        assert_eq!(opened.len(), 2);
        assert_eq!((opened[0].0.as_str(), opened[0].1.as_slice()), ("keys/signing.key", &b"abc"[..]));
        assert_eq!(opened[1].1.as_slice(), [0xa5; 100]);
    }

    #[test]
    fn another_passphrase_opens_the_kit() {
        let kit = kit("11111-22222-33333-44444-55555");
        assert_eq!(open(&kit, "11111-22222-33333-44444-55556"), Err(KitError::Passphrase));
        assert_eq!(open(&kit, ""), Err(KitError::Passphrase));
        assert_eq!(open("no kit", ""), Err(KitError::Unreadable));
        assert_ne!(passphrase(&[7; 32]), passphrase(&[8; 32]));
    }

    #[test]
    fn two_kits_have_one_code() {
        let (one, other) = (kit("1"), kit("2"));
        assert_eq!(code(&one).unwrap().len(), 6);
        assert_ne!(code(&one), code(&other));
        assert_eq!(code(&one), code(&format!("{one}\nmore")));
        assert!(code("").is_err());
    }
}

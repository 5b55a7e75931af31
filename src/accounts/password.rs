//! Passwords: what is taken for one, and their hashes. The one argon2. It stores nothing, and shows no password to anybody.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use data_encoding::{BASE32_NOPAD, BASE64_NOPAD};
use zeroize::Zeroizing;

use super::AccountError;
use crate::runtime::{Entropy, random_bytes};

/// Memory of a hash, in KiB; passes over it; lanes. The first choice of OWASP's Password Storage Cheat Sheet for Argon2id (RFC 9106).
const COSTS: [u32; 3] = [19 * 1024, 2, 1];
/// Most that a stored hash may ask for of each, so that a row that was tampered with does not stop the program.
const COSTS_MAX: [u32; 3] = [1024 * 1024, 16, 16];
/// Bytes of a salt (RFC 9106, 3.1).
const SALT_BYTES: usize = 16;
/// Bytes of a hash.
const HASH_BYTES: usize = 32;
/// Fewest and most characters of a password (OWASP ASVS 4.0.3, 2.1.1 and 2.1.2).
const CHARACTERS: std::ops::RangeInclusive<usize> = 12..=128;
/// Random bytes of a password that is given out: 100 bits in 20 letters and digits.
const GIVEN_OUT_BYTES: usize = 12;

/// A password, wiped when it goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(secret)")
    }
}

impl Password {
    /// Takes what somebody typed, to be compared. One line break at its end is not part of it.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        let text = text.strip_suffix('\n').unwrap_or(text);
        Self(Zeroizing::new(text.strip_suffix('\r').unwrap_or(text).to_owned()))
    }

    /// One to give out: random, for somebody to change at once.
    #[must_use]
    pub fn to_give_out(entropy: &dyn Entropy) -> Self {
        let bytes: Zeroizing<[u8; GIVEN_OUT_BYTES]> = Zeroizing::new(random_bytes(entropy));
        let letters = Zeroizing::new(BASE32_NOPAD.encode(&*bytes).to_ascii_lowercase());
        let groups = letters.as_bytes().chunks(5).filter_map(|group| std::str::from_utf8(group).ok());
        Self(Zeroizing::new(groups.collect::<Vec<_>>().join("-")))
    }

    /// Whether it may be the password of this login.
    ///
    /// # Errors
    /// If it is too short, too long, or the login itself.
    pub fn check(&self, login: &str) -> Result<(), AccountError> {
        let fits = CHARACTERS.contains(&self.0.chars().count()) && self.0.to_lowercase() != login.to_lowercase();
        if fits { Ok(()) } else { Err(AccountError::PasswordShape) }
    }

    /// The password itself: to be given out, or sent over the desk's socket.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Its hash, as a PHC string. It takes a while, and 19 MiB.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn hash(&self, salt: [u8; SALT_BYTES]) -> Result<String, AccountError> {
        let hash = derive(&self.0, &salt, COSTS).ok_or(AccountError::Hashing)?;
        let [memory, passes, lanes] = COSTS;
        let (salt, hash) = (BASE64_NOPAD.encode(&salt), BASE64_NOPAD.encode(&hash));
        Ok(format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${hash}"))
    }

    /// Whether a PHC string is its hash. What is no such string is the hash of none, and takes as long.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn fits(&self, stored: &str) -> Result<bool, AccountError> {
        let parsed = parse(stored);
        let known = parsed.is_some();
        let (costs, salt, wanted) = parsed.unwrap_or((COSTS, vec![0; SALT_BYTES], vec![0; HASH_BYTES]));
        let hash = derive(&self.0, &salt, costs).ok_or(AccountError::Hashing)?;
        // Compared to the end, wherever they differ.
        let differ = hash.iter().zip(&wanted).fold(0, |sum, (one, other)| sum | (one ^ other));
        Ok(known && differ == 0 && wanted.len() == hash.len())
    }
}

fn derive(password: &str, salt: &[u8], [memory, passes, lanes]: [u32; 3]) -> Option<[u8; HASH_BYTES]> {
    let params = Params::new(memory, passes, lanes, Some(HASH_BYTES)).ok()?;
    let mut hash = [0; HASH_BYTES];
    #[cfg(test)]
    tests::DERIVED.with(|count| count.set(count.get() + 1));
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into(password.as_bytes(), salt, &mut hash).ok()?;
    Some(hash)
}

/// Costs, salt and hash of a PHC string.
fn parse(stored: &str) -> Option<([u32; 3], Vec<u8>, Vec<u8>)> {
    let rest = stored.strip_prefix("$argon2id$v=19$")?;
    let [costs, salt, hash] = rest.split('$').collect::<Vec<_>>().try_into().ok()?;
    let [memory, passes, lanes] = costs.split(',').collect::<Vec<_>>().try_into().ok()?;
    let number = |text: &str, name: &str, max: u32| {
        text.strip_prefix(name)?.parse::<u32>().ok().filter(|number| (1..=max).contains(number))
    };
    let [memory_max, passes_max, lanes_max] = COSTS_MAX;
    let costs = [number(memory, "m=", memory_max)?, number(passes, "t=", passes_max)?, number(lanes, "p=", lanes_max)?];
    Some((costs, BASE64_NOPAD.decode(salt.as_bytes()).ok()?, BASE64_NOPAD.decode(hash.as_bytes()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::SeededEntropy;

    thread_local! {
        /// How many hashes this thread has made.
        pub(super) static DERIVED: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
    }

    /// Login asks about the empty text where there is no such account, so that nobody sees by the clock which logins there are.
    #[test]
    fn unknown_login_costs_nothing() {
        for stored in ["", "$argon2id$v=19$m=8,t=1,p=1$x", "plain"] {
            let before = DERIVED.get();
            assert!(!Password::typed("sandi yang benar").fits(stored).unwrap());
            assert_eq!(DERIVED.get() - before, 1, "{stored}");
        }
    }

    #[test]
    fn wrong_password_fits_or_right_one_does_not() {
        let password = Password::typed("sandi yang panjang\n");
        let stored = password.hash([7; SALT_BYTES]).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(Password::typed("sandi yang panjang").fits(&stored).unwrap());
        assert!(!Password::typed("sandi yang panjang ").fits(&stored).unwrap());
        assert_ne!(stored, password.hash([8; SALT_BYTES]).unwrap());
        for broken in ["", "$argon2id$", &stored[..stored.len() - 2], &stored.replace("m=19456", "m=99999999"), "plain"]
        {
            assert!(!password.fits(broken).unwrap(), "{broken}");
        }
    }

    /// RFC 9106 has no vector without secret and data; this one is of the reference implementation's `argon2` program:
    /// `printf %s password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 32`.
    #[test]
    fn hash_is_of_another_function() {
        let stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(Password::typed("password").fits(stored).unwrap());
    }

    #[test]
    fn weak_password_is_taken() {
        for weak in ["sebelas chr", "", "budi.santoso", &"x".repeat(129)] {
            assert!(Password::typed(weak).check("budi.santoso").is_err(), "{weak}");
        }
        assert!(Password::typed("dua belas hr").check("budi").is_ok());
        assert!(Password::typed(&"x".repeat(128)).check("budi").is_ok());
    }

    #[test]
    fn password_given_out_repeats_itself_or_shows() {
        let entropy = SeededEntropy::new(1);
        let [one, other] = [(); 2].map(|()| Password::to_give_out(&entropy));
        assert!(one != other && one.check("x").is_ok());
        assert_eq!(format!("{one:?}"), "Password(secret)");
    }
}

//! Tracking numbers: what a reporter keeps. Random, so that they cannot be counted through; a check character finds slips.

use std::fmt;

use thiserror::Error;

/// Crockford's base 32: no I, L, O, U, so that it can be read over the telephone.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Crockford's five further check symbols, for the remainders 32 to 36.
const CHECKS: &[u8; 5] = b"*~$=U";
/// Random characters, five bits each: 55 bits.
const LENGTH: u32 = 11;
/// How many numbers there are.
const SPACE: u64 = 1 << (LENGTH * 5);

/// A tracking number: 55 random bits, printed as `LTS-XXXX-XXXX-XXX-C`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackingNumber(u64);

/// A text that is no tracking number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TrackingNumberError {
    /// Wrong length or characters.
    #[error("a tracking number reads LTS-XXXX-XXXX-XXX-C, with letters and digits")]
    Shape,
    /// The check character does not match.
    #[error("that tracking number has a slip in it: its last character does not match; read it again")]
    Check,
}

impl TrackingNumber {
    /// Makes a number of random bits; the highest nine are left out.
    #[must_use]
    pub const fn from_random(bits: u64) -> Self {
        Self(bits % SPACE)
    }

    /// The number's bits, below 2^55.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Takes stored bits; none at or above 2^55.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Option<Self> {
        if bits < SPACE { Some(Self(bits)) } else { None }
    }

    /// Reads a number as a person types it: any case, with or without prefix and hyphens, O for 0, I or L for 1.
    ///
    /// # Errors
    /// If it has the wrong length, a strange character, or a check character that does not match.
    pub fn parse(text: &str) -> Result<Self, TrackingNumberError> {
        let upper = text.trim().to_ascii_uppercase();
        let bare = upper.strip_prefix("LTS-").unwrap_or(&upper);
        let characters: Vec<char> = bare.chars().filter(|c| *c != '-' && *c != ' ').collect();
        let Some((check, body)) = characters.split_last() else { return Err(TrackingNumberError::Shape) };
        if u32::try_from(body.len()) != Ok(LENGTH) {
            return Err(TrackingNumberError::Shape);
        }
        let mut bits = 0_u64;
        for character in body {
            let digit = value(*character).filter(|v| *v < 32).ok_or(TrackingNumberError::Shape)?;
            bits = (bits << 5) | digit;
        }
        if value(*check) == Some(bits % 37) { Ok(Self(bits)) } else { Err(TrackingNumberError::Check) }
    }
}

/// What a character stands for, with the slips Crockford allows.
fn value(character: char) -> Option<u64> {
    let canonical = match character {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let all = ALPHABET.iter().chain(CHECKS);
    all.zip(0_u64..).find(|(symbol, _)| char::from(**symbol) == canonical).map(|(_, value)| value)
}

fn symbol(value: u64) -> char {
    let found = ALPHABET.iter().chain(CHECKS).zip(0_u64..).find(|(_, v)| *v == value);
    found.map_or('?', |(symbol, _)| char::from(*symbol))
}

impl fmt::Display for TrackingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LTS")?;
        for index in 0..LENGTH {
            if index % 4 == 0 {
                f.write_str("-")?;
            }
            let shift = (LENGTH - 1 - index) * 5;
            write!(f, "{}", symbol((self.0 >> shift) & 31))?;
        }
        write!(f, "-{}", symbol(self.0 % 37))
    }
}

/// Whoever has the number reads the complaint's progress: it shows itself only where it is asked for.
impl fmt::Debug for TrackingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TrackingNumber(personal)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_single_slip_is_found() {
        let number = TrackingNumber::from_random(0x00AB_CDEF_0123_4567);
        let text = number.to_string();
        assert_eq!(TrackingNumber::parse(&text).unwrap(), number);
        for (at, _) in text.char_indices().skip(4).filter(|(_, c)| *c != '-') {
            let here = text.get(at..=at).unwrap();
            for other in ALPHABET.iter().map(|b| char::from(*b).to_string()).filter(|o| o != here) {
                let slip = format!("{}{}{}", text.get(..at).unwrap(), other, text.get(at + 1..).unwrap());
                assert!(TrackingNumber::parse(&slip).is_err(), "{slip}");
            }
        }
    }

    #[test]
    fn number_shows_itself_unasked() {
        assert_eq!(format!("{:?}", TrackingNumber::from_random(7)), "TrackingNumber(personal)");
    }

    #[test]
    fn typed_carelessly_it_is_still_found() {
        let number = TrackingNumber::from_random(1);
        let careless = number.to_string().to_lowercase().replace('-', "").replace("lts", "").replace('0', "o");
        assert_eq!(TrackingNumber::parse(&careless).unwrap(), number);
        assert!(TrackingNumber::parse("").is_err());
        assert!(TrackingNumber::parse("LTS-1").is_err());
        assert!(TrackingNumber::parse("LTS-ééééééé").is_err());
    }
}

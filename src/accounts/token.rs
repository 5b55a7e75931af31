//! The token of a session: random, shown to whoever logged in, stored as a hash only.

use std::fmt;

use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

use crate::journal::prefix;
use crate::runtime::{Entropy, random_bytes};

/// A session's token: 32 random bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Zeroizing<[u8; 32]>);

impl Token {
    /// A new one.
    #[must_use]
    pub fn draw(entropy: &dyn Entropy) -> Self {
        Self(Zeroizing::new(random_bytes(entropy)))
    }

    /// Reads 64 hexadecimal digits; none if it is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(HEXLOWER.decode(text.trim().as_bytes()).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// Its 64 digits: for the file of whoever logged in, and for nobody else.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(HEXLOWER.encode(&*self.0))
    }

    /// What is stored of it. A token has 256 random bits, so a plain hash cannot be tried out.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        prefix::SESSION.hash(&[&*self.0])
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::SeededEntropy;

    #[test]
    fn token_is_stored_or_shown_as_it_is() {
        let token = Token::draw(&SeededEntropy::new(3));
        assert_eq!(Token::parse(&token.reveal()), Some(token.clone()));
        assert_ne!(token.hash(), *token.0);
        assert_eq!(format!("{token:?}"), "Token(secret)");
        assert_eq!(Token::parse("abc"), None);
    }
}

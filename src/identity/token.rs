//! The joining token: one word in which the hub's operator hands a node all that it needs to find its hub, recognise it and be
//! let in once. Text and bytes only; whether it still counts is the hub's to say.

use std::fmt;

use data_encoding::{Encoding, Specification};
use thiserror::Error;
use zeroize::Zeroizing;

use super::host_port::HostPort;
use crate::domain::{FederationId, Timestamp, TokenId, UnitCode};
use crate::journal::joining::{TOKEN_CHECK_BYTES, token_check};

/// How every token begins, so that people and programs know one when they see it.
pub const TOKEN_PREFIX: &str = "lintas1_";
/// Longest token, in characters.
pub const TOKEN_CHARS_MAX: usize = 1024;
/// What a program says that is given a token on its command line.
pub const TOKEN_SEEN: &str = "a joining token stands on the command line, where others on this machine can see it: have it withdrawn \
    (lintas-hub tokens --withdraw) and a new one issued, and give that by standard input or by --token-file";
/// The layout that this version writes and reads.
const VERSION: u8 = 1;
/// The digits of base32 that are not taken for one another (Crockford), lower case.
const DIGITS: &str = "0123456789abcdefghjkmnpqrstvwxyz";

/// Why a text is no token. Nothing of the text is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// It does not begin as one, or is too long, or has other characters.
    #[error("this is no joining token: one begins with {TOKEN_PREFIX} and is a single word; copy it whole")]
    NotAToken,
    /// A character is missing or wrong.
    #[error("the joining token was not copied whole, or a character of it was changed: copy it again")]
    Damaged,
    /// It is of a later version.
    #[error("the joining token is of a later version: upgrade this program")]
    Newer,
}

/// A joining token, its secret included. Wiped from memory when dropped; its `Debug` text shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct JoiningToken {
    /// The federation.
    pub federation: FederationId,
    /// The unit that the node is for.
    pub node: UnitCode,
    /// Where the hub is; its host is the name that the hub's certificate must bear.
    pub hub: HostPort,
    /// SHA-256 of the `SubjectPublicKeyInfo` of the authority that certified the hub.
    pub authority: [u8; 32],
    /// Its name.
    pub id: TokenId,
    /// What only its holder knows.
    pub secret: Zeroizing<[u8; 32]>,
    /// The moment from which it counts no longer.
    pub expires: Timestamp,
}

impl JoiningToken {
    /// The token as a word. Secret.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<String> {
        let hub = self.hub.to_string();
        let mut bytes = Zeroizing::new(Vec::with_capacity(512));
        bytes.push(VERSION);
        for text in [self.federation.as_str(), self.node.as_str(), &hub] {
            // All three are far shorter: 63, 128 and 255 bytes at most.
            let short = text.as_bytes().get(..text.len().min(255)).unwrap_or_default();
            bytes.push(u8::try_from(short.len()).unwrap_or(u8::MAX));
            bytes.extend_from_slice(short);
        }
        bytes.extend_from_slice(&self.authority);
        bytes.extend_from_slice(&self.id.0);
        bytes.extend_from_slice(&self.secret[..]);
        bytes.extend_from_slice(&self.expires.0.to_be_bytes());
        let check = token_check(&bytes);
        bytes.extend_from_slice(&check);
        let mut text = Zeroizing::new(String::with_capacity(TOKEN_CHARS_MAX));
        text.push_str(TOKEN_PREFIX);
        if let Some(base32) = base32() {
            base32.encode_append(&bytes, &mut text);
        }
        text
    }

    /// Reads a token strictly: there is one text for each token. White space around it is passed over.
    ///
    /// # Errors
    /// Says what is wrong, without showing any of it.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let digits = text.trim().strip_prefix(TOKEN_PREFIX).ok_or(TokenError::NotAToken)?;
        if digits.len() > TOKEN_CHARS_MAX || !digits.bytes().all(|byte| DIGITS.as_bytes().contains(&byte)) {
            return Err(TokenError::NotAToken);
        }
        let base32 = base32().ok_or(TokenError::NotAToken)?;
        let bytes = Zeroizing::new(base32.decode(digits.as_bytes()).map_err(|_| TokenError::Damaged)?);
        let (body, check) = bytes.split_last_chunk::<TOKEN_CHECK_BYTES>().ok_or(TokenError::Damaged)?;
        if token_check(body) != *check {
            return Err(TokenError::Damaged);
        }
        match body.first() {
            Some(&VERSION) => Self::read(body).ok_or(TokenError::Damaged),
            Some(_) => Err(TokenError::Newer),
            None => Err(TokenError::Damaged),
        }
    }

    fn read(body: &[u8]) -> Option<Self> {
        let mut rest = body.get(1..)?;
        let federation = FederationId::parse(text(&mut rest)?).ok()?;
        let node = UnitCode::parse(text(&mut rest)?).ok()?;
        let written = text(&mut rest)?;
        let hub = HostPort::parse(written).ok().filter(|hub| hub.to_string() == written)?;
        let authority = *chunk(&mut rest)?;
        let id = TokenId(*chunk(&mut rest)?);
        let secret = Zeroizing::new(*chunk(&mut rest)?);
        let expires = Timestamp(i64::from_be_bytes(*chunk(&mut rest)?));
        rest.is_empty().then_some(Self { federation, node, hub, authority, id, secret, expires })
    }
}

/// Whether a text looks like a token, so that it must not be shown or logged.
#[must_use]
pub fn looks_like_token(text: &str) -> bool {
    text.contains(TOKEN_PREFIX)
}

fn chunk<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (first, more) = rest.split_first_chunk::<N>()?;
    *rest = more;
    Some(first)
}

fn text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let [length] = *chunk::<1>(rest)?;
    let (text, more) = rest.split_at_checked(usize::from(length))?;
    *rest = more;
    std::str::from_utf8(text).ok()
}

/// None is impossible: the specification is a constant, and a test makes it.
fn base32() -> Option<Encoding> {
    let mut specification = Specification::new();
    specification.symbols.push_str(DIGITS);
    specification.encoding().ok()
}

impl fmt::Debug for JoiningToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoiningToken").field("id", &self.id).field("node", &self.node).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token() -> JoiningToken {
        JoiningToken {
            federation: FederationId::parse("lapor.go.id").unwrap(),
            node: UnitCode::parse("13.71").unwrap(),
            hub: HostPort::parse("hub.lapor.go.id:7443").unwrap(),
            authority: [0xa1; 32],
            id: TokenId([0xb2; 16]),
            secret: Zeroizing::new([0xc3; 32]),
            expires: Timestamp(1_800_000_000_000_000),
        }
    }

    #[test]
    fn token_changes_on_its_way() {
        let word = token().encode();
        assert!(word.starts_with(TOKEN_PREFIX) && word.len() < 260, "{}", word.len());
        assert_eq!(JoiningToken::parse(&format!(" {}\n", *word)).unwrap(), token());
    }

    #[test]
    fn damaged_token_is_taken() {
        let word = token().encode();
        for at in TOKEN_PREFIX.len()..word.len() {
            let mut altered = word.as_bytes().to_vec();
            altered[at] = if altered[at] == b'0' { b'1' } else { b'0' };
            let altered = String::from_utf8(altered).unwrap();
            assert_eq!(JoiningToken::parse(&altered), Err(TokenError::Damaged), "{at}");
            assert!(JoiningToken::parse(&word[..at]).is_err(), "{at}");
        }
        assert_eq!(JoiningToken::parse(&word.to_uppercase()), Err(TokenError::NotAToken));
        assert_eq!(JoiningToken::parse("hello"), Err(TokenError::NotAToken));
        assert_eq!(JoiningToken::parse(&format!("{}{}", TOKEN_PREFIX, "0".repeat(2000))), Err(TokenError::NotAToken));
    }

    #[test]
    fn secret_shows_in_debug_text_or_error() {
        let shown = format!("{:?} {:?}", token(), JoiningToken::parse("lintas1_geheim"));
        assert!(!shown.contains("c3c3") && !shown.contains("195") && !shown.contains("geheim"), "{shown}");
    }

    #[test]
    fn later_version_is_called_damaged() {
        let mut bytes = vec![2, 1, 2, 3];
        bytes.extend(token_check(&bytes));
        let word = format!("{TOKEN_PREFIX}{}", base32().unwrap().encode(&bytes));
        assert_eq!(JoiningToken::parse(&word), Err(TokenError::Newer));
    }

    proptest! {
        /// Bytes with a good check sum reach the reader; whatever they are, it takes them whole or not at all.
        #[test]
        fn arbitrary_bytes_break_the_decoder(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), whole in any::<bool>()) {
            if whole {
                bytes.insert(0, VERSION);
            }
            bytes.extend(token_check(&bytes));
            let word = format!("{TOKEN_PREFIX}{}", base32().unwrap().encode(&bytes));
            if let Ok(read) = JoiningToken::parse(&word) {
                prop_assert_eq!(&*read.encode(), &word);
            }
        }

        #[test]
        fn arbitrary_text_breaks_the_decoder(text in ".{0,200}") {
            let _ = JoiningToken::parse(&text);
            let word = format!("{TOKEN_PREFIX}{text}");
            prop_assert!(JoiningToken::parse(&word).is_err());
        }
    }
}

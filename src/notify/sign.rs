//! Signatures of webhooks, as Standard Webhooks has them (github.com/standard-webhooks, symmetric): whoever shares the secret knows from
//! whom a message is, and that it is not an old one.

use std::fmt;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::domain::{NoticeId, Timestamp};

/// Before a secret as it is written.
const SECRET: &str = "whsec_";
/// Shortest and longest secret, in bytes, as the specification recommends.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A webhook's secret.
#[derive(Clone)]
pub struct HookSecret(Zeroizing<Vec<u8>>);

/// A text that is no secret of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "a webhook's secret is whsec_ and 24 to 64 bytes in base64; such as: printf whsec_; head -c 32 /dev/urandom | base64"
)]
pub struct HookSecretError;

impl fmt::Debug for HookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HookSecret(secret)")
    }
}

impl HookSecret {
    /// Reads a secret as it is written: `whsec_` and base64.
    ///
    /// # Errors
    /// If it is something else, or too short to be one.
    pub fn parse(text: &str) -> Result<Self, HookSecretError> {
        let encoded = text.trim().strip_prefix(SECRET).ok_or(HookSecretError)?;
        let bytes = Zeroizing::new(BASE64.decode(encoded.as_bytes()).map_err(|_| HookSecretError)?);
        if SECRET_BYTES.contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(HookSecretError) }
    }

    /// The signature of a message: over its id, the seconds since 1970 at which it is sent, and its exact bytes.
    #[must_use]
    pub fn sign(&self, id: &str, seconds: i64, payload: &[u8]) -> String {
        // A key of any length makes a MAC.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        for piece in [id.as_bytes(), b".", seconds.to_string().as_bytes(), b".", payload] {
            mac.update(piece);
        }
        format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
    }
}

/// A notice's name as a message has it: the same each time it is sent.
#[must_use]
pub fn message_id(id: NoticeId) -> String {
    format!("msg_{id}")
}

/// Whole seconds since 1970.
#[must_use]
pub const fn seconds(at: Timestamp) -> i64 {
    at.0.div_euclid(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_is_not_what_others_verify() {
        // The vector of the specification's own libraries.
        let secret = HookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let (id, seconds) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330);
        let signed = secret.sign(id, seconds, br#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_ne!(secret.sign(id, seconds + 1, br#"{"test": 2432232314}"#), signed);
        assert_ne!(secret.sign("msg_other", seconds, br#"{"test": 2432232314}"#), signed);
    }

    #[test]
    fn secret_is_guessable_or_shown() {
        assert!(HookSecret::parse(&format!("whsec_{}\n", BASE64.encode(&[7; 32]))).is_ok());
        let long = format!("whsec_{}", BASE64.encode(&[7; 65]));
        let short = format!("whsec_{}", BASE64.encode(&[7; 23]));
        for wrong in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64", &long, &short] {
            assert!(HookSecret::parse(wrong).is_err(), "{wrong}");
        }
        let secret = HookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(format!("{secret:?}"), "HookSecret(secret)");
    }
}

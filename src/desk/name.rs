//! How people name a complaint: tracking number, id, or the beginning of an id. It reads names; finding is the store's.

use thiserror::Error;

use crate::domain::tracking::TrackingNumberError;
use crate::domain::{ComplaintId, TrackingNumber};

/// Fewest digits of an id that name a complaint.
pub const ID_DIGITS_MIN: usize = 6;

/// How a complaint was named by a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ComplaintName {
    /// By its tracking number.
    Tracking(TrackingNumber),
    /// By its whole id.
    Id(ComplaintId),
    /// By the beginning of its id: lower-case hexadecimal digits.
    Prefix(String),
}

/// A text that names no complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotAName {
    /// Neither a tracking number nor hexadecimal digits.
    #[error("name a complaint by its tracking number (LTS-XXXX-XXXX-XXX-C), its id, or at least 6 digits of the id")]
    Shape,
    /// A tracking number with a slip in it.
    #[error("{0}")]
    Tracking(#[from] TrackingNumberError),
}

impl ComplaintName {
    /// Reads a tracking number, an id, or the beginning of an id. What could be both (only digits that fit both) is taken
    /// for a tracking number if its check character fits.
    ///
    /// # Errors
    /// If it is none of these.
    pub fn parse(text: &str) -> Result<Self, NotAName> {
        let text = text.trim();
        let tracking = TrackingNumber::parse(text);
        let hexadecimal =
            (ID_DIGITS_MIN..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        match (tracking, hexadecimal) {
            (Ok(number), _) => Ok(Self::Tracking(number)),
            (Err(_), true) => {
                Ok(ComplaintId::parse(text).map_or_else(|| Self::Prefix(text.to_ascii_lowercase()), Self::Id))
            }
            (Err(error), false) if text.to_ascii_uppercase().starts_with("LTS") => Err(NotAName::Tracking(error)),
            (Err(_), false) => Err(NotAName::Shape),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_with_a_slip_is_taken_for_an_id() {
        let number = TrackingNumber::from_random(77);
        assert_eq!(ComplaintName::parse(&number.to_string()), Ok(ComplaintName::Tracking(number)));
        let wrong = format!("{}X", number.to_string().strip_suffix(|_: char| true).unwrap());
        assert!(matches!(ComplaintName::parse(&wrong), Err(NotAName::Tracking(_))));
    }

    #[test]
    fn short_or_strange_id_is_taken() {
        assert_eq!(ComplaintName::parse("ABCDEF"), Ok(ComplaintName::Prefix("abcdef".to_owned())));
        assert_eq!(ComplaintName::parse("abcde"), Err(NotAName::Shape));
        assert_eq!(ComplaintName::parse("abcdefg"), Err(NotAName::Shape));
        assert!(matches!(ComplaintName::parse(&"ab".repeat(16)), Ok(ComplaintName::Id(_))));
        assert_eq!(ComplaintName::parse(&"ab".repeat(17)), Err(NotAName::Shape));
    }
}

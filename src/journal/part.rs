//! Detachable content and its salted commitment: content can be destroyed and the journal still verifies. It stores
//! nothing and never shows content.

use std::fmt;

use super::prefix;
use crate::domain::event::{PART_BYTES_MAX, PARTS_BYTES_MAX, PARTS_MAX};
use crate::domain::{Header, PartKind, PartRef};

/// One part of an event's content: personal data or free text.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    /// Which of the header's part references binds it, from 0.
    pub index: u8,
    /// What it holds.
    pub kind: PartKind,
    /// 32 random bytes; they live and die with the content, so that the commitment alone cannot be guessed through.
    pub salt: [u8; 32],
    /// The content; at most [`PART_BYTES_MAX`] bytes.
    pub content: Vec<u8>,
}

/// Why parts are not those of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PartsError {
    /// More than [`PARTS_MAX`] parts.
    #[error("an event has at most {PARTS_MAX} parts: write a second event")]
    TooMany,
    /// One part is above [`PART_BYTES_MAX`]; holds its index.
    #[error("part {0} is above {PART_BYTES_MAX} bytes: shorten it, or attach it as a file")]
    TooLong(u8),
    /// All parts together are above [`PARTS_BYTES_MAX`].
    #[error("the parts of an event are together at most {PARTS_BYTES_MAX} bytes: shorten them, or attach a file")]
    TooMuch,
    /// Doubled or not in the header's order; holds the index.
    #[error("part {0} is doubled or out of order: send each part once, in the order of the header")]
    Order(u8),
    /// The header has no reference of this index.
    #[error("part {0} has no reference in the header: send only what the header names")]
    Unbound(u8),
    /// Kind, salt or content is not what the header commits to; holds the index.
    #[error("part {0} is not what the header commits to: send the part as it was written")]
    Mismatch(u8),
}

impl Part {
    /// The salted hash that binds it: SHA-256 of prefix, salt, kind and content.
    #[must_use]
    pub fn commitment(&self) -> [u8; 32] {
        prefix::PART.hash(&[&self.salt, &[self.kind.code()], &self.content])
    }

    /// The reference that a header names it by.
    #[must_use]
    pub fn reference(&self) -> PartRef {
        PartRef { kind: self.kind, commitment: self.commitment() }
    }

    /// Whether `reference` binds this part.
    #[must_use]
    pub fn matches(&self, reference: &PartRef) -> bool {
        self.reference() == *reference
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").field("index", &self.index).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Whether `parts` are those that the header commits to; any may be absent, since content can be destroyed.
///
/// # Errors
/// At the first part that is too long, doubled, out of order, or not bound by the header.
pub fn check_parts(header: &Header, parts: &[Part]) -> Result<(), PartsError> {
    if header.parts.len() > PARTS_MAX || parts.len() > PARTS_MAX {
        return Err(PartsError::TooMany);
    }
    if let Some(long) = parts.iter().find(|part| part.content.len() > PART_BYTES_MAX) {
        return Err(PartsError::TooLong(long.index));
    }
    if parts.iter().map(|part| part.content.len()).sum::<usize>() > PARTS_BYTES_MAX {
        return Err(PartsError::TooMuch);
    }
    let next = parts.iter().skip(1);
    if let Some((_, wrong)) = parts.iter().zip(next).find(|(one, next)| next.index <= one.index) {
        return Err(PartsError::Order(wrong.index));
    }
    for part in parts {
        let reference = header.parts.get(usize::from(part.index)).ok_or(PartsError::Unbound(part.index))?;
        if !part.matches(reference) {
            return Err(PartsError::Mismatch(part.index));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Change;
    use crate::journal::sample;

    fn part(index: u8, length: usize) -> Part {
        Part { index, kind: PartKind::Note, salt: [index; 32], content: vec![b'x'; length] }
    }

    fn header(parts: &[Part]) -> Header {
        let parts = parts.iter().map(Part::reference).collect();
        Header { parts, ..sample::header(1, Change::Responded) }
    }

    #[test]
    fn destroyed_content_breaks_the_event() {
        let parts = [part(0, 3), part(1, 3), part(2, 3)];
        let header = header(&parts);
        assert_eq!(check_parts(&header, &parts), Ok(()));
        assert_eq!(check_parts(&header, &[parts[0].clone(), parts[2].clone()]), Ok(()));
        assert_eq!(check_parts(&header, &[]), Ok(()));
    }

    #[test]
    fn foreign_content_is_taken() {
        let parts = [part(0, 3), part(1, 3)];
        let header = header(&parts);
        let good = parts[1].clone();
        for wrong in [
            Part { kind: PartKind::Identity, ..good.clone() },
            Part { salt: [9; 32], ..good.clone() },
            Part { content: b"xxy".to_vec(), ..good.clone() },
            Part { index: 0, ..good.clone() },
        ] {
            assert_eq!(check_parts(&header, std::slice::from_ref(&wrong)), Err(PartsError::Mismatch(wrong.index)));
        }
        assert_eq!(check_parts(&header, &[Part { index: 2, ..good }]), Err(PartsError::Unbound(2)));
    }

    #[test]
    fn part_comes_twice_or_out_of_order() {
        let parts = [part(0, 3), part(1, 3)];
        let header = header(&parts);
        let [first, second] = parts;
        assert_eq!(check_parts(&header, &[first.clone(), first.clone()]), Err(PartsError::Order(0)));
        assert_eq!(check_parts(&header, &[second, first]), Err(PartsError::Order(0)));
    }

    #[test]
    fn content_above_the_limits_is_taken() {
        let check = |parts: &[Part]| check_parts(&header(parts), parts);
        assert_eq!(check(&[part(0, PART_BYTES_MAX)]), Ok(()));
        assert_eq!(check(&[part(0, PART_BYTES_MAX + 1)]), Err(PartsError::TooLong(0)));
        let three: Vec<Part> = (0..3).map(|index| part(index, PART_BYTES_MAX)).collect();
        assert_eq!(check(&three), Ok(()));
        assert_eq!(check(&[three, vec![part(3, 1)]].concat()), Err(PartsError::TooMuch));
        let many: Vec<Part> = (0..17).map(|index| part(index, 1)).collect();
        assert_eq!(check(&many), Err(PartsError::TooMany));
        assert_eq!(check(many.get(..16).unwrap()), Ok(()));
    }

    #[test]
    fn debug_text_shows_content_or_salt() {
        let part = Part { content: b"Budi, Jalan Merdeka".to_vec(), salt: [0xa5; 32], ..part(0, 0) };
        assert_eq!(format!("{part:?}"), "Part { index: 0, kind: Note, .. }");
    }
}

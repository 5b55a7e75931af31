//! Detachable content and its salted commitment: content can be destroyed and the journal still verifies. It stores
//! nothing and never shows content.

use std::fmt;

use super::prefix;
use super::sealed::{OpenError, SEALED_BYTES_MAX, is_sealed_length};
use crate::domain::event::{PART_BYTES_MAX, PARTS_BYTES_MAX, PARTS_MAX};
use crate::domain::{Header, PartKind, PartRef};

/// One part of an event's content: personal data or free text.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    /// Which of the header's part references binds it, from 0.
    pub index: u8,
    /// What it holds.
    pub kind: PartKind,
    /// The content, or what has become of it.
    pub body: Body,
}

/// A part's content in the forms in which it travels and lies.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// As it was written.
    Plain {
        /// 32 random bytes; they live and die with the content, so that the commitment alone cannot be guessed through.
        salt: [u8; 32],
        /// The content; at most [`PART_BYTES_MAX`] bytes.
        content: Vec<u8>,
    },
    /// Sealed by its author: ciphertext, which only those can open to whom its key was wrapped; see `sealed`.
    Sealed(Vec<u8>),
    /// Locked by the store that keeps it, whose key is elsewhere. It never leaves a store.
    Locked(Vec<u8>),
    /// Opened, and found not to be what its author signed. Nothing of it is kept or sent.
    Faulty(OpenError),
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
    /// Sealed, but not as long as anything sealed is; holds the index.
    #[error("part {0} is sealed to a length that no sealed part has: seal it with its padding")]
    Padding(u8),
}

impl Part {
    /// A part as it was written.
    #[must_use]
    pub const fn plain(index: u8, kind: PartKind, salt: [u8; 32], content: Vec<u8>) -> Self {
        Self { index, kind, body: Body::Plain { salt, content } }
    }

    /// The content, if it is readable here.
    #[must_use]
    pub fn content(&self) -> Option<&[u8]> {
        if let Body::Plain { content, .. } = &self.body { Some(content) } else { None }
    }

    /// Bytes of the content as it is, sealed or not.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.body {
            Body::Plain { content, .. } => content.len(),
            Body::Sealed(bytes) | Body::Locked(bytes) => bytes.len(),
            Body::Faulty(_) => 0,
        }
    }

    /// Whether there is no content in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether its author sealed it.
    #[must_use]
    pub const fn is_sealed(&self) -> bool {
        matches!(self.body, Body::Sealed(_))
    }

    /// The salted hash that binds it: SHA-256 of prefix, salt, kind and content. None while it cannot be read.
    #[must_use]
    pub fn commitment(&self) -> Option<[u8; 32]> {
        let Body::Plain { salt, content } = &self.body else { return None };
        Some(prefix::PART.hash(&[salt, &[self.kind.code()], content]))
    }

    /// The reference that a header names it by; none while it cannot be read.
    #[must_use]
    pub fn reference(&self) -> Option<PartRef> {
        Some(PartRef { kind: self.kind, commitment: self.commitment()? })
    }

    /// Whether `reference` binds this part. What cannot be read is bound by its kind alone, until somebody opens it.
    #[must_use]
    pub fn matches(&self, reference: &PartRef) -> bool {
        match self.commitment() {
            Some(commitment) => self.kind == reference.kind && commitment == reference.commitment,
            None => self.kind == reference.kind,
        }
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").field("index", &self.index).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain { .. } => "Plain(content)",
            Self::Sealed(_) => "Sealed(content)",
            Self::Locked(_) => "Locked(content)",
            Self::Faulty(_) => "Faulty",
        })
    }
}

/// Whether `parts` are those that the header commits to; any may be absent, since content can be destroyed. Of a sealed part
/// only kind and length can be looked at: its commitment is checked by whoever opens it.
///
/// # Errors
/// At the first part that is too long, doubled, out of order, or not bound by the header.
pub fn check_parts(header: &Header, parts: &[Part]) -> Result<(), PartsError> {
    if header.parts.len() > PARTS_MAX || parts.len() > PARTS_MAX {
        return Err(PartsError::TooMany);
    }
    let plain = || parts.iter().filter(|part| matches!(part.body, Body::Plain { .. }));
    if let Some(long) = plain().find(|part| part.len() > PART_BYTES_MAX) {
        return Err(PartsError::TooLong(long.index));
    }
    if let Some(odd) = parts.iter().find(|part| part.is_sealed() && !is_sealed_length(part.len())) {
        return Err(PartsError::Padding(odd.index));
    }
    if plain().map(Part::len).sum::<usize>() > PARTS_BYTES_MAX
        || parts.iter().map(Part::len).sum::<usize>() > SEALED_BYTES_MAX
    {
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
        Part::plain(index, PartKind::Note, [index; 32], vec![b'x'; length])
    }

    fn header(parts: &[Part]) -> Header {
        let parts = parts.iter().filter_map(Part::reference).collect();
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
            Part::plain(1, PartKind::Note, [9; 32], b"xxx".to_vec()),
            Part::plain(1, PartKind::Note, [1; 32], b"xxy".to_vec()),
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
        let part = Part::plain(0, PartKind::Note, [0xa5; 32], b"Budi, Jalan Merdeka".to_vec());
        assert_eq!(format!("{part:?}"), "Part { index: 0, kind: Note, .. }");
        assert_eq!(format!("{:?}", part.body), "Plain(content)");
    }
}

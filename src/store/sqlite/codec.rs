//! Lists of values in one JSON text, so that one statement takes any number of them. How values are read back is `columns`'.

use std::fmt::{self, Display, Write as _};

pub(super) use crate::store::columns::{
    bytes, complaint, corrupt, event_hash, int, limit, node, number, position, seal, seal_hash, verdict,
};

/// A JSON array of hexadecimal texts, so that one statement takes any number of names.
pub(super) fn hex_list<'a>(names: impl IntoIterator<Item = &'a [u8]>) -> String {
    array(names.into_iter().map(Quoted))
}

struct Quoted<'a>(&'a [u8]);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", Hex(self.0))
    }
}

/// Bytes in hexadecimal. Sixteen at a time, since there are thousands of them in one transaction.
pub(super) struct Hex<'a>(pub(super) &'a [u8]);

impl Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (blocks, rest) = self.0.as_chunks::<16>();
        blocks.iter().try_for_each(|block| write!(f, "{:032x}", u128::from_be_bytes(*block)))?;
        rest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A JSON array of numbers.
pub(super) fn number_list(numbers: impl IntoIterator<Item = i64>) -> String {
    array(numbers)
}

/// A JSON array of JSON values.
pub(super) fn array(items: impl IntoIterator<Item = impl Display>) -> String {
    let mut text = String::from("[");
    for item in items {
        if text.len() > 1 {
            text.push(',');
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{item}");
    }
    text.push(']');
    text
}

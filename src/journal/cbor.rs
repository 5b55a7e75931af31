//! Deterministic CBOR (RFC 8949 section 4.2.1), as little of it as headers, seals and receipts need. It knows no field
//! of theirs. Writing is by hand because it must not be able to fail; reading is minicbor's.

use minicbor::Decoder;
use minicbor::data::Type;

/// A field that is not there or not of its type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("its field \"{0}\" cannot be read")]
pub struct Unreadable(pub &'static str);

/// Writes items one after another, every one in its shortest form.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    /// The bytes written.
    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }

    /// Major type and argument, RFC 8949 section 3.
    fn head(&mut self, major: u8, argument: u64) -> &mut Self {
        let major = major << 5;
        if let Ok(small @ 0..=23) = u8::try_from(argument) {
            self.0.push(major | small);
            return self;
        }
        let (form, width) = match argument {
            0..=0xff => (24, 1),
            0x100..=0xffff => (25, 2),
            0x1_0000..=0xffff_ffff => (26, 4),
            _ => (27, 8),
        };
        self.0.push(major | form);
        self.0.extend(argument.to_be_bytes().iter().skip(8 - width));
        self
    }

    fn length(&mut self, major: u8, length: usize) -> &mut Self {
        self.head(major, u64::try_from(length).unwrap_or(u64::MAX))
    }

    /// A definite-length array of `items`, which follow.
    pub(super) fn array(&mut self, items: usize) -> &mut Self {
        self.length(4, items)
    }

    /// An unsigned integer.
    pub(super) fn uint(&mut self, value: impl Into<u64>) -> &mut Self {
        self.head(0, value.into())
    }

    /// A signed integer.
    pub(super) fn int(&mut self, value: i64) -> &mut Self {
        if value < 0 { self.head(1, (!value).unsigned_abs()) } else { self.head(0, value.unsigned_abs()) }
    }

    /// True or false.
    pub(super) fn bool(&mut self, value: bool) -> &mut Self {
        self.head(7, if value { 21 } else { 20 })
    }

    /// Null: there is no value.
    pub(super) fn null(&mut self) -> &mut Self {
        self.head(7, 22)
    }

    /// A byte string.
    pub(super) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.length(2, value.len());
        self.0.extend_from_slice(value);
        self
    }

    /// A text.
    pub(super) fn text(&mut self, value: &str) -> &mut Self {
        self.length(3, value.len());
        self.0.extend_from_slice(value.as_bytes());
        self
    }

    /// The value written by `write`, or null.
    pub(super) fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) -> &mut Self {
        match value {
            Some(value) => write(self, value),
            None => {
                self.null();
            }
        }
        self
    }
}

/// Reads items one after another. It accepts longer forms: whoever reads compares what he read, written anew.
pub(super) struct Reader<'b>(Decoder<'b>);

impl<'b> Reader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self(Decoder::new(bytes))
    }

    /// Refuses anything left over.
    pub(super) fn end(&self) -> Result<(), Unreadable> {
        if self.0.position() == self.0.input().len() { Ok(()) } else { Err(Unreadable("end")) }
    }

    /// The number of items in a definite-length array.
    pub(super) fn items(&mut self, field: &'static str) -> Result<u64, Unreadable> {
        self.0.array().ok().flatten().ok_or(Unreadable(field))
    }

    /// An array of exactly `items`.
    pub(super) fn array(&mut self, items: u64, field: &'static str) -> Result<(), Unreadable> {
        if self.items(field)? == items { Ok(()) } else { Err(Unreadable(field)) }
    }

    /// An unsigned integer that fits its type.
    pub(super) fn uint<T: TryFrom<u64>>(&mut self, field: &'static str) -> Result<T, Unreadable> {
        self.0.u64().ok().and_then(|value| T::try_from(value).ok()).ok_or(Unreadable(field))
    }

    /// A signed integer.
    pub(super) fn int(&mut self, field: &'static str) -> Result<i64, Unreadable> {
        self.0.i64().map_err(|_| Unreadable(field))
    }

    /// True or false.
    pub(super) fn bool(&mut self, field: &'static str) -> Result<bool, Unreadable> {
        self.0.bool().map_err(|_| Unreadable(field))
    }

    /// A byte string of definite length.
    pub(super) fn bytes(&mut self, field: &'static str) -> Result<&'b [u8], Unreadable> {
        self.0.bytes().map_err(|_| Unreadable(field))
    }

    /// A byte string of exactly `N` bytes.
    pub(super) fn fixed<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], Unreadable> {
        self.bytes(field)?.try_into().map_err(|_| Unreadable(field))
    }

    /// A text of definite length, read by `parse`.
    pub(super) fn text<T>(
        &mut self,
        field: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Unreadable> {
        self.0.str().ok().and_then(parse).ok_or(Unreadable(field))
    }

    /// Null, or what `read` reads.
    pub(super) fn optional<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&mut Self, &'static str) -> Result<T, Unreadable>,
    ) -> Result<Option<T>, Unreadable> {
        if self.0.datatype().map_err(|_| Unreadable(field))? == Type::Null {
            return self.0.null().map(|()| None).map_err(|_| Unreadable(field));
        }
        read(self, field).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn our_bytes_differ_from_minicbors(
            unsigned: u64, shift in 0_u32..64, signed: i64, truth: bool, bytes: Vec<u8>, text: String, items in 0_usize..70_000,
        ) {
            let (unsigned, signed) = (unsigned >> shift, signed >> shift);
            let mut ours = Writer::default();
            ours.array(items).uint(unsigned).int(signed).bool(truth).null().bytes(&bytes).text(&text);
            let mut theirs = minicbor::Encoder::new(Vec::new());
            theirs.array(u64::try_from(items).unwrap()).unwrap().u64(unsigned).unwrap().i64(signed).unwrap();
            theirs.bool(truth).unwrap().null().unwrap().bytes(&bytes).unwrap().str(&text).unwrap();
            prop_assert_eq!(ours.finish(), theirs.into_writer());
        }
    }

    #[test]
    fn number_at_an_edge_is_not_in_its_shortest_form() {
        for edge in [0, 24, 1 << 8, 1 << 16, 1 << 32, i64::MAX] {
            for value in [edge.saturating_sub(1), edge, edge.saturating_neg(), -1_i64.saturating_sub(edge)] {
                let (mut ours, mut theirs) = (Writer::default(), minicbor::Encoder::new(Vec::new()));
                theirs.i64(value).unwrap();
                assert_eq!(ours.int(value).0, theirs.into_writer(), "{value}");
            }
        }
    }

    #[test]
    fn indefinite_lengths_are_read() {
        assert!(Reader::new(&[0x9f, 0xff]).items("array").is_err());
        assert!(Reader::new(&[0x5f, 0x41, 0x00, 0xff]).bytes("bytes").is_err());
        assert!(Reader::new(&[0x7f, 0x61, 0x61, 0xff]).text("text", |t| Some(t.to_owned())).is_err());
    }

    #[test]
    fn length_beyond_the_input_is_believed() {
        assert!(Reader::new(&[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).bytes("bytes").is_err());
        assert!(Reader::new(&[]).optional("field", Reader::int).is_err());
    }
}

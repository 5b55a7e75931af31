//! Where in a trace something was caused: the W3C trace context as a plain value. It starts no trace, and decides for nobody
//! whether he may be traced.

use std::fmt::{self, Write as _};

/// Bytes of a context as it is stored and sent.
pub const TRACE_CONTEXT_BYTES: usize = 25;

/// The flag that says that the trace is recorded.
const SAMPLED: u8 = 1;
/// The flags that this version knows: sampled, and that the trace's id is random.
const KNOWN_FLAGS: u8 = 3;

/// Trace, parent span and flags, as in W3C Trace Context (<https://www.w3.org/TR/trace-context/>). Neither id is all zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TraceContext {
    trace: [u8; 16],
    parent: [u8; 8],
    flags: u8,
}

impl TraceContext {
    /// A context; none if an id is all zero. Flags that this version does not know are dropped.
    #[must_use]
    pub fn new(trace: [u8; 16], parent: [u8; 8], flags: u8) -> Option<Self> {
        (trace != [0; 16] && parent != [0; 8]).then_some(Self { trace, parent, flags: flags & KNOWN_FLAGS })
    }

    /// The trace's id.
    #[must_use]
    pub const fn trace(&self) -> [u8; 16] {
        self.trace
    }

    /// The id of the span that caused it.
    #[must_use]
    pub const fn parent(&self) -> [u8; 8] {
        self.parent
    }

    /// The flags, as far as they are known.
    #[must_use]
    pub const fn flags(&self) -> u8 {
        self.flags
    }

    /// Whether the trace is recorded.
    #[must_use]
    pub const fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// As it is stored and sent: trace, parent, flags.
    #[must_use]
    pub fn to_bytes(self) -> [u8; TRACE_CONTEXT_BYTES] {
        let mut bytes = [0; TRACE_CONTEXT_BYTES];
        let all = self.trace.into_iter().chain(self.parent).chain([self.flags]);
        bytes.iter_mut().zip(all).for_each(|(place, byte)| *place = byte);
        bytes
    }

    /// Reads what [`Self::to_bytes`] made; none if it has another length, or an id is all zero.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (trace, rest) = bytes.split_first_chunk::<16>()?;
        let (parent, rest) = rest.split_first_chunk::<8>()?;
        let [flags] = rest else { return None };
        Self::new(*trace, *parent, *flags)
    }

    /// Reads a `traceparent` header's value; none if it is not one. Of a later version only what this one knows is read.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.splitn(5, '-');
        let [version] = hex::<1>(fields.next()?)?;
        let (trace, parent) = (hex(fields.next()?)?, hex(fields.next()?)?);
        let [flags] = hex::<1>(fields.next()?)?;
        let more = fields.next().is_some();
        (version != 0xff && (version > 0 || !more)).then(|| Self::new(trace, parent, flags)).flatten()
    }
}

/// As a `traceparent` header's value, of version 00.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("00-")?;
        self.trace.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_char('-')?;
        self.parent.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, "-{:02x}", self.flags)
    }
}

/// Lower-case hexadecimal digits of exactly so many bytes.
fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte.saturating_sub(b'0')),
        b'a'..=b'f' => Some(byte.saturating_sub(b'a').saturating_add(10)),
        _ => None,
    };
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !odd.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (place, [high, low]) in bytes.iter_mut().zip(pairs) {
        *place = (digit(high)? << 4) | digit(low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn example_of_the_standard_is_read_otherwise() {
        let context = TraceContext::parse(EXAMPLE).unwrap();
        assert_eq!(context.to_string(), EXAMPLE);
        assert_eq!(context.parent(), [0, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 2, 0xb7]);
        assert!(context.is_sampled());
        assert_eq!(TraceContext::from_bytes(&context.to_bytes()), Some(context));
        // Of a later version what is known is taken over.
        let later = EXAMPLE.replacen("00", "cc", 1) + "-what-the-future-holds";
        assert_eq!(TraceContext::parse(&later), Some(context));
        assert!(!TraceContext::parse(&EXAMPLE.replace("-01", "-f8")).unwrap().is_sampled());
    }

    #[test]
    fn what_is_no_context_is_read_as_one() {
        for text in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473600-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e473\u{e9}-00f067aa0ba902b7-01",
        ] {
            assert_eq!(TraceContext::parse(text), None, "{text}");
        }
        let bytes = TraceContext::parse(EXAMPLE).unwrap().to_bytes();
        assert_eq!(TraceContext::from_bytes(&bytes[..24]), None);
        assert_eq!(TraceContext::from_bytes(&[&bytes[..], &[0]].concat()), None);
        assert_eq!(TraceContext::from_bytes(&[0; TRACE_CONTEXT_BYTES]), None);
        assert_eq!(TraceContext::from_bytes(&[]), None);
    }

    proptest! {
        #[test]
        fn anything_read_is_printed_otherwise(trace: [u8; 16], parent: [u8; 8], flags: u8, text: String) {
            prop_assert!(TraceContext::parse(&text).is_none());
            let Some(context) = TraceContext::new(trace, parent, flags) else { return Ok(()) };
            prop_assert_eq!(TraceContext::parse(&context.to_string()), Some(context));
            prop_assert_eq!(TraceContext::from_bytes(&context.to_bytes()), Some(context));
        }
    }
}

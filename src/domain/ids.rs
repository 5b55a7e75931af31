//! Names of things: nodes, complaints, events, positions, times. Values only; how they are derived is the journal's.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::unit::{UnitCode, UnitCodeError};

/// Longest federation name, in bytes.
pub const FEDERATION_BYTES_MAX: usize = 63;

/// Bytes written as lower-case hexadecimal.
fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let bytes = text.as_bytes();
    if bytes.len() != N.checked_mul(2)? {
        return None;
    }
    let mut out = [0_u8; N];
    for (pair, slot) in bytes.chunks_exact(2).zip(&mut out) {
        let digits = std::str::from_utf8(pair).ok().filter(|t| t.bytes().all(|b| b.is_ascii_hexdigit()))?;
        *slot = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(out)
}

macro_rules! bytes_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Reads the lower- or upper-case hexadecimal form; none if it is anything else.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                unhex(text).map(Self)
            }

            /// Takes raw bytes; none if their number is wrong.
            #[must_use]
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            /// The raw bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                hex(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                hex(self.0.get(..6).unwrap_or(&self.0), f)
            }
        }
    };
}

bytes_id! {
    /// An event's name: the hash of its header bytes.
    EventHash, 32
}
bytes_id! {
    /// A complaint's name: derived from federation, origin and a random nonce, so that no other node can claim it.
    ComplaintId, 16
}
bytes_id! {
    /// A seal's name: the hash of its body. The last one is a journal's head.
    SealHash, 32
}
bytes_id! {
    /// A joining token's name; its secret is another matter.
    TokenId, 16
}
bytes_id! {
    /// A notice's name: derived from the event and from who is told of it, so that it is the same however often it is noted.
    NoticeId, 16
}
bytes_id! {
    /// A desk account as other nodes see it: stable, and meaningless outside its node.
    Pseudonym, 16
}
bytes_id! {
    /// An Ed25519 public key (RFC 8032).
    SigningKeyId, 32
}
bytes_id! {
    /// An X25519 public key (RFC 7748), to which content is sealed.
    SealingKeyId, 32
}
bytes_id! {
    /// An Ed25519 signature (RFC 8032) under a statement of a node.
    StatementSignature, 64
}

/// The federation an event belongs to, so that one federation's events are nothing in another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FederationId(Arc<str>);

/// A text that is no federation name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a federation name is 1 to 63 lower-case letters, digits, dots and hyphens, such as lapor.go.id")]
pub struct FederationIdError;

impl FederationId {
    /// Reads a federation's name; it is also the SPIFFE trust domain of its certificates.
    ///
    /// # Errors
    /// If it has a character that a trust domain has not, or is too long.
    pub fn parse(text: &str) -> Result<Self, FederationIdError> {
        let ok = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-';
        if text.is_empty() || text.len() > FEDERATION_BYTES_MAX || !text.bytes().all(ok) {
            return Err(FederationIdError);
        }
        Ok(Self(Arc::from(text)))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FederationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whoever keeps a journal: the hub, or the regional node named by its unit.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeId {
    /// The national hub.
    Hub,
    /// A regional node, named by the unit it was enrolled for.
    Node(UnitCode),
}

impl NodeId {
    /// Reads `hub` or a unit code.
    ///
    /// # Errors
    /// If it is neither.
    pub fn parse(text: &str) -> Result<Self, UnitCodeError> {
        if text == "hub" { Ok(Self::Hub) } else { UnitCode::parse(text).map(Self::Node) }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Hub => "hub",
            Self::Node(unit) => unit.as_str(),
        }
    }

    /// The unit a regional node was enrolled for.
    #[must_use]
    pub fn unit(&self) -> Option<&UnitCode> {
        match self {
            Self::Hub => None,
            Self::Node(unit) => Some(unit),
        }
    }

    /// Whether this is the hub.
    #[must_use]
    pub fn is_hub(&self) -> bool {
        matches!(self, Self::Hub)
    }
}

impl From<UnitCode> for NodeId {
    fn from(unit: UnitCode) -> Self {
        Self::Node(unit)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A place in a journal. Compared incarnation first: a sequence number alone says nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// Which life of the journal; a recovery begins the next. The first is 1; 0 is before any.
    pub incarnation: u32,
    /// Which event in that life, from 1 without gaps; 0 is before the first.
    pub seq: u64,
}

impl Position {
    /// Before everything.
    pub const ZERO: Self = Self { incarnation: 0, seq: 0 };

    /// The place `seq` of life `incarnation`.
    #[must_use]
    pub const fn new(incarnation: u32, seq: u64) -> Self {
        Self { incarnation, seq }
    }

    /// The place after this one in the same life.
    #[must_use]
    pub const fn next(self) -> Self {
        Self { incarnation: self.incarnation, seq: self.seq.saturating_add(1) }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.incarnation, self.seq)
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A moment: microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This moment plus `seconds`.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// The full hour that this moment lies in.
    #[must_use]
    pub const fn hour(self) -> Self {
        Self(self.0.saturating_sub(self.0.rem_euclid(3_600_000_000)))
    }

    /// Whole seconds from `earlier` to this moment; never below zero.
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        let micros = self.0.saturating_sub(earlier.0);
        if micros < 0 { 0 } else { micros.saturating_div(1_000_000) }
    }
}

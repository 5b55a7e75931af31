//! How the domain's values look as CBOR items: the same in headers, change bodies, seals and receipts. It knows the
//! layout of none of these.

use super::cbor::{Reader, Unreadable, Writer};
use crate::domain::{EventHash, FederationId, NodeId, Position, UnitCode};

/// Highest sequence number that is read; a store's signed 64-bit column must hold it.
pub const SEQ_MAX: u64 = i64::MAX.unsigned_abs();

impl Writer {
    /// `[incarnation, seq]`.
    pub(super) fn position(&mut self, position: Position) -> &mut Self {
        self.array(2).uint(position.incarnation).uint(position.seq)
    }

    /// A hash, or null.
    pub(super) fn optional_hash(&mut self, hash: Option<EventHash>) -> &mut Self {
        self.optional(hash, |w, hash| {
            w.bytes(&hash.0);
        })
    }

    /// A unit's code, or null.
    pub(super) fn optional_unit(&mut self, unit: Option<&UnitCode>) -> &mut Self {
        self.optional(unit, |w, unit| {
            w.text(unit.as_str());
        })
    }
}

impl Reader<'_> {
    pub(super) fn seq(&mut self, field: &'static str) -> Result<u64, Unreadable> {
        let seq = self.uint(field)?;
        if seq <= SEQ_MAX { Ok(seq) } else { Err(Unreadable(field)) }
    }

    pub(super) fn position(&mut self, field: &'static str) -> Result<Position, Unreadable> {
        self.array(2, field)?;
        Ok(Position::new(self.uint(field)?, self.seq(field)?))
    }

    pub(super) fn hash(&mut self, field: &'static str) -> Result<EventHash, Unreadable> {
        self.fixed(field).map(EventHash)
    }

    pub(super) fn unit(&mut self, field: &'static str) -> Result<UnitCode, Unreadable> {
        self.text(field, |text| UnitCode::parse(text).ok())
    }

    pub(super) fn node(&mut self, field: &'static str) -> Result<NodeId, Unreadable> {
        self.text(field, |text| NodeId::parse(text).ok())
    }

    pub(super) fn federation(&mut self, field: &'static str) -> Result<FederationId, Unreadable> {
        self.text(field, |text| FederationId::parse(text).ok())
    }

    /// A word of a closed list, by its number.
    pub(super) fn word<T>(
        &mut self,
        field: &'static str,
        from_code: impl FnOnce(u8) -> Option<T>,
    ) -> Result<T, Unreadable> {
        from_code(self.uint(field)?).ok_or(Unreadable(field))
    }
}

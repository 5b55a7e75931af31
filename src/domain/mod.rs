//! The domain: what a complaint is and who holds it. Pure: no I/O, no ambient clock or randomness, no wire format.

pub mod ids;
pub mod unit;

pub use ids::{ComplaintId, EventHash, FederationId, NodeId, Position, Pseudonym, SealHash, SigningKeyId, Timestamp};
pub use unit::UnitCode;

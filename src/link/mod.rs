//! The sync engine: what hub and node say to each other, as pure sessions, what they do to their stores, and, apart, the transport.

pub mod hub;
pub mod message;
pub mod node;
pub mod transport;

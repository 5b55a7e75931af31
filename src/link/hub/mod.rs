//! The hub's end of the link: recording its own events, taking in nodes' journals, ordering moves, and delivering.

pub mod author;
pub mod ingest;
pub mod registrar;

pub use author::{HubKey, Recorder};

//! The hub's end of the link: recording its own events, taking in nodes' journals, ordering moves, and delivering.

pub mod author;
pub mod end;
pub mod ingest;
pub mod joining;
mod open;
mod order;
pub mod registrar;
mod release;
pub mod session;
pub mod shared;
pub mod silence;
mod watch;

pub use author::{HubKey, Recorder};
pub use end::{HubEnd, Output};
pub use shared::HubShared;

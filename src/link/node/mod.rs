//! A node's end of the link: sealing and sending its journal, storing what the hub delivers, recovering.

pub mod apply;
#[cfg(test)]
mod apply_tests;
pub mod end;
pub mod key;
pub mod news;
pub mod recover;
pub mod seal;
pub mod session;
pub mod shared;
mod watch;

pub use apply::Trust;
pub use end::{NodeEnd, Output};
pub use key::{NextKeys, NodeKey};
pub use session::Ended;
pub use shared::NodeShared;

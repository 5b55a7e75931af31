//! The desk: what people do with complaints. Use cases over a store; a service for programs on the same machine, and its
//! client. Rules are the domain's, bytes the journal's; it knows nothing of the link but a report of how it stands.

pub mod action;
pub mod actor;
pub mod address;
pub mod audit;
pub mod author;
mod bounds;
mod case;
mod content;
pub mod endorse;
pub mod error;
pub mod export;
pub mod granting;
pub mod import;
mod lapse;
mod linking;
pub mod listing;
pub mod name;
pub mod notices;
pub mod office;
pub mod opening;
pub mod options;
pub mod original;
pub mod permission;
mod routes;
mod sealing;
pub mod service;
pub mod socket;
pub mod statistics;
pub mod status;
pub mod story;
pub mod table;
#[cfg(test)]
pub(crate) mod tests;
pub mod units;

pub use action::{Action, ActionName, EventName, NewComplaint, Reporter};
pub use actor::{Actor, Holder, Signature};
pub use address::Addressed;
pub use author::{TakeBack, Written};
pub use endorse::{Endorsing, KnownNode};
pub use error::DeskError;
pub use name::{ComplaintName, NotAName};
pub use office::Desk;
pub use opening::Opener;
pub use options::Standing;
pub use original::Original;
pub use routes::{Routed, directory};
pub use status::{LinkProbe, LinkReport, LinkState, Status};

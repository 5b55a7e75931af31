//! The desk for other programs on the machine: its service, its transport and its client. What a call does is a use case
//! of the desk; here it only comes in and goes out.

mod admit;
mod calls;
pub mod client;
mod notices;
mod people;
mod places;
mod roster;
mod tallied;
pub mod told;
pub mod transport;
mod units;
mod wire;

pub use admit::Door;
pub use calls::{DeskService, PAGE_BYTES_MAX, REPLY_BYTES_MAX, REQUEST_BYTES_MAX};
pub use client::{Caller, ClientError, Credentials};
pub use transport::{Audience, serve};

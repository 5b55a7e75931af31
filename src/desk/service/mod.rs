//! The desk for other programs on the machine: its service, its transport and its client. What a call does is a use case
//! of the desk; here it only comes in and goes out.

mod calls;
pub mod client;
pub mod transport;
mod wire;

pub use calls::{DeskService, PAGE_BYTES_MAX, REPLY_BYTES_MAX, REQUEST_BYTES_MAX};
pub use client::{Caller, ClientError};
pub use transport::serve;

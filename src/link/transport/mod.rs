//! The link's transport: messages over gRPC over mutual TLS. It carries; what is said is the sessions' business.

pub mod hub;
pub mod listen;
pub mod node;
pub mod wire;

use std::time::Duration;

/// HTTP/2 window of one stream, in bytes.
pub const STREAM_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
/// HTTP/2 window of one connection, in bytes.
pub const CONNECTION_WINDOW_BYTES: u32 = 16 * 1024 * 1024;
/// Streams that one connection may have open.
pub const STREAMS_MAX: u32 = 8;
/// How often each side asks whether the other is there.
pub const KEEPALIVE_EVERY: Duration = Duration::from_secs(20);
/// How long it waits for the answer.
pub const KEEPALIVE_ANSWER: Duration = Duration::from_secs(20);
/// Messages that wait to be written. The windows of the sessions keep it from filling, so that writing never waits for reading.
pub const QUEUE_MESSAGES: usize = 256;

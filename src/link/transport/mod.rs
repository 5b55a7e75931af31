//! The link's transport: messages over gRPC over mutual TLS. It carries; what is said is the sessions' business.

pub mod enrolment;
pub mod hints;
pub mod hub;
mod inflow;
pub mod join;
#[cfg(test)]
mod joining_tests;
pub mod listen;
pub mod node;
mod watched;
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
/// Longest message from hub to node, in bytes: a whole batch, or one header above the limits, with proofs and verdicts.
pub const DOWN_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long a node waits, after its last word in a session, for the hub to have read it.
pub const FAREWELL: Duration = Duration::from_secs(2);

/// Whether a stream ended because the other side sent what is no message, or one above the limit: its fault, not the network's.
fn is_unreadable(status: &tonic::Status) -> bool {
    let garbled = status.message().starts_with("failed to decode Protobuf message");
    (status.code() == tonic::Code::Internal && garbled) || status.code() == tonic::Code::OutOfRange
}

#[cfg(test)]
mod tests {
    use tonic::{Code, Status};

    #[test]
    fn broken_line_is_taken_for_bad_input() {
        let bad: prost::DecodeError = <() as prost::Message>::decode(&[0xff][..]).unwrap_err();
        assert!(super::is_unreadable(&Status::internal(bad.to_string())));
        assert!(super::is_unreadable(&Status::out_of_range("too long")));
        assert!(!super::is_unreadable(&Status::internal("Unexpected EOF decoding stream.")));
        assert!(!super::is_unreadable(&Status::new(Code::Unknown, "h2 protocol error")));
    }
}

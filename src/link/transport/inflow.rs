//! What comes of a node's stream, as inputs of its session: batches that wait already come together, so that the hub takes them in
//! one transaction. It reads; it decides nothing.

use futures_util::FutureExt as _;
use tonic::{Status, Streaming};

use super::{is_unreadable, wire};
use crate::domain::{NodeId, Timestamp};
use crate::link::hub::session::Input;
use crate::link::message::{Fault, Up};
use crate::protocol::federation::v1 as pb;

/// Batches taken together, at most: 2 MiB of headers and parts, half of a node's credit, so that it sends the next ones meanwhile.
const TOGETHER_MAX: usize = 8;

/// A message, or what is wrong with it; none once the stream has ended.
type Read = Option<Result<Up, Fault>>;

/// A node's stream.
#[derive(Debug)]
pub(super) struct Inflow {
    node: NodeId,
    stream: Streaming<pb::UpFrame>,
    /// What was found behind batches that were taken together.
    next: Option<Read>,
}

impl Inflow {
    pub(super) const fn new(node: NodeId, stream: Streaming<pb::UpFrame>) -> Self {
        Self { node, stream, next: None }
    }

    /// The next input; none once the stream has ended. Nothing is lost if this is dropped before it answers.
    pub(super) async fn next(&mut self, now: impl Fn() -> Timestamp) -> Option<Input> {
        let first = if let Some(read) = self.next.take() {
            read
        } else {
            let frame = self.stream.message().await;
            self.read(frame)
        };
        let first = match first? {
            Ok(Up::Batch(batch)) => batch,
            Ok(up) => return Some(Input::Received(up, now())),
            Err(fault) => return Some(Input::Opened(Err(fault))),
        };
        let mut batches = vec![first];
        while batches.len() < TOGETHER_MAX {
            let Some(frame) = self.stream.message().now_or_never() else { break };
            match self.read(frame) {
                Some(Ok(Up::Batch(batch))) => batches.push(batch),
                other => {
                    self.next = Some(other);
                    break;
                }
            }
        }
        Some(Input::Batches(batches))
    }

    fn read(&self, frame: Result<Option<pb::UpFrame>, Status>) -> Read {
        match frame {
            Ok(Some(frame)) => Some(wire::read_up(frame).map_err(|error| {
                tracing::warn!(node = %self.node, %error, "the session ends");
                Fault::Protocol
            })),
            Err(status) if is_unreadable(&status) => {
                tracing::warn!(node = %self.node, error = status.message(), "the session ends");
                Some(Err(Fault::Protocol))
            }
            Ok(None) | Err(_) => None,
        }
    }
}

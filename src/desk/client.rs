//! The desk's client: connects over the Unix socket, checks who answers, and reads refusals.

use std::io;
use std::path::PathBuf;

use hyper_util::rt::TokioIo;
use prost::Message;
use thiserror::Error;
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint, Uri};
use tower::service_fn;

use super::service::{REPLY_BYTES_MAX, REQUEST_BYTES_MAX};
use super::socket::{SocketPlace, is_trusted};
use crate::protocol::desk::v1::Fault;
use crate::protocol::desk::v1::desk_client::DeskClient;

/// Why a call came to nothing.
#[derive(Debug, Error)]
pub enum ClientError {
    /// Nobody answers at the socket.
    #[error("no node answers at {}; start it with `lintas-node run`", .0.display())]
    NotRunning(PathBuf),
    /// Another account answers.
    #[error("another account answers at {}; nothing was sent to it", .0.display())]
    Foreign(PathBuf),
    /// The desk said no.
    #[error("{}", .0.message)]
    Refused(Box<Fault>),
    /// Something went wrong on the way.
    #[error("the call failed: {0}")]
    Failed(String),
}

impl ClientError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::NotRunning(_) => "desk.not-running",
            Self::Foreign(_) => "desk.foreign-account",
            Self::Refused(fault) => &fault.code,
            Self::Failed(_) => "desk.call-failed",
        }
    }
}

/// What the desk said no with; also of a service called within the process.
impl From<tonic::Status> for ClientError {
    fn from(status: tonic::Status) -> Self {
        match Fault::decode(status.details()) {
            Ok(fault) if !fault.code.is_empty() => Self::Refused(Box::new(fault)),
            Ok(_) | Err(_) => Self::Failed(status.message().to_owned()),
        }
    }
}

/// Connects to the desk at its place.
///
/// # Errors
/// If nobody answers there, or another account does.
pub async fn connect(place: &SocketPlace) -> Result<DeskClient<Channel>, ClientError> {
    let path = &place.path;
    // Asked beforehand, so that each answer gets its own words.
    let stream = UnixStream::connect(path).await.map_err(|_| ClientError::NotRunning(path.clone()))?;
    let trusted = stream.peer_cred().is_ok_and(|peer| is_trusted(&peer, place.owner));
    if !trusted {
        return Err(ClientError::Foreign(path.clone()));
    }
    let mut first = Some(stream);
    let connector = service_fn(move |_: Uri| {
        let stream = first.take().ok_or_else(|| io::Error::other("the node closed the connection"));
        async move { stream.map(TokioIo::new) }
    });
    // The name is never looked up: the connector above leads to the socket.
    let endpoint = Endpoint::from_static("http://desk");
    let failed = |error: tonic::transport::Error| ClientError::Failed(error.to_string());
    let channel = endpoint.connect_with_connector(connector).await.map_err(failed)?;
    let client = DeskClient::new(channel);
    Ok(client.max_encoding_message_size(REQUEST_BYTES_MAX).max_decoding_message_size(REPLY_BYTES_MAX))
}

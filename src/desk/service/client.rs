//! The desk's client: over the Unix socket, checking who answers; or, for reading while no node runs, within the process.

use std::io;
use std::path::PathBuf;

use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint, Uri};
use tonic::{Request, Status};
use tower::service_fn;

use super::calls::{DeskService, REPLY_BYTES_MAX, REQUEST_BYTES_MAX};
use crate::desk::Desk;
use crate::desk::socket::{SocketPlace, is_trusted};
use crate::protocol::desk::v1 as messages;
use crate::protocol::desk::v1::Fault;
use crate::protocol::desk::v1::desk_client::DeskClient;
use crate::protocol::desk::v1::desk_server::Desk as Calls;
use crate::store::Store;

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
    #[error("the call failed: {0}; see `status` and try again")]
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

impl From<Status> for ClientError {
    fn from(status: Status) -> Self {
        let refused = Fault::from_details(status.details()).map(|fault| Self::Refused(Box::new(fault)));
        refused.unwrap_or_else(|| Self::Failed(status.message().to_owned()))
    }
}

/// Whoever calls a desk.
#[derive(Clone, Debug)]
pub enum Caller<S> {
    /// Over the socket of a running node.
    Remote(DeskClient<Channel>),
    /// Within this process.
    Local(DeskService<S>),
}

macro_rules! calls {
    ($($(#[$doc:meta])* $call:ident: $request:ident -> $reply:ident;)+) => {
        impl<S: Store> Caller<S> {
            $($(#[$doc])*
            ///
            /// # Errors
            /// If the desk said no, or cannot be reached.
            pub async fn $call(&mut self, request: messages::$request) -> Result<messages::$reply, ClientError> {
                let reply = match self {
                    Self::Remote(client) => client.$call(Request::new(request)).await,
                    Self::Local(service) => Calls::$call(service, Request::new(request)).await,
                };
                Ok(reply?.into_inner())
            })+
        }
    };
}

calls! {
    /// Files a complaint.
    file: FileRequest -> FileReply;
    /// Takes complaints over from another system.
    import: ImportRequest -> ImportReply;
    /// Does something with a complaint.
    act: ActRequest -> ActReply;
    /// Complaints by filter.
    list: ListRequest -> ListReply;
    /// One page of a complaint's file.
    show: ShowRequest -> ShowReply;
    /// How the node stands.
    status: StatusRequest -> StatusReply;
    /// Nodes and units.
    units: UnitsRequest -> UnitsReply;
    /// The nodes and their keys' codes.
    nodes: NodesRequest -> NodesReply;
    /// Endorses a node's keys.
    endorse: EndorseRequest -> EndorseReply;
}

impl<S: Store> Caller<S> {
    /// A caller within this process.
    #[must_use]
    pub const fn local(desk: Desk<S>) -> Self {
        Self::Local(DeskService::new(desk))
    }

    /// Connects to the desk at its place.
    ///
    /// # Errors
    /// If nobody answers there, or another account does.
    pub async fn connect(place: &SocketPlace) -> Result<Self, ClientError> {
        let path = &place.path;
        // Connected beforehand, so that each answer gets its own words.
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
        let client = client.max_encoding_message_size(REQUEST_BYTES_MAX);
        Ok(Self::Remote(client.max_decoding_message_size(REPLY_BYTES_MAX)))
    }

    /// A complaint's whole file: every page.
    ///
    /// # Errors
    /// As [`Self::show`].
    pub async fn show_all(&mut self, complaint: &str) -> Result<messages::ShowReply, ClientError> {
        let mut whole = self.show(messages::ShowRequest { complaint: complaint.to_owned(), after: 0 }).await?;
        while whole.more {
            let after = u32::try_from(whole.events.len()).unwrap_or(u32::MAX);
            let page = self.show(messages::ShowRequest { complaint: whole.complaint.clone(), after }).await?;
            whole.events.extend(page.events);
            whole.more = page.more;
        }
        Ok(whole)
    }
}

//! The desk's client: over the Unix socket, checking who answers; or, for reading while no node runs, within the process.

use std::io;
use std::path::PathBuf;

use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::UnixStream;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint, Uri};
use tonic::{Request, Status};
use tower::service_fn;

use super::admit::{AS, Door, SESSION};
use super::calls::{DeskService, REPLY_BYTES_MAX, REQUEST_BYTES_MAX};
use crate::accounts::Token;
use crate::desk::Desk;
use crate::desk::socket::{SocketPlace, is_trusted, own_uid};
use crate::protocol::desk::v1 as messages;
use crate::protocol::desk::v1::Fault;
use crate::protocol::desk::v1::accounts_client::AccountsClient;
use crate::protocol::desk::v1::accounts_server::Accounts as PeopleCalls;
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

/// As whom somebody calls.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Credentials {
    /// As the account of the system that the program runs as.
    #[default]
    System,
    /// With a session.
    Session(Token),
    /// As the node's operator in the name of the account with this login.
    As(String),
}

impl Credentials {
    /// A request in their name.
    fn sign<T>(&self, message: T) -> Result<Request<T>, ClientError> {
        let (name, text) = match self {
            Self::System => return Ok(Request::new(message)),
            Self::Session(token) => (SESSION, token.reveal()),
            Self::As(login) => (AS, login.clone().into()),
        };
        let mut request = Request::new(message);
        // What cannot even be sent is no login.
        let refused = |_| ClientError::Failed("the login has characters that no login has".to_owned());
        let mut value: MetadataValue<Ascii> = text.parse().map_err(refused)?;
        value.set_sensitive(true);
        request.metadata_mut().insert(name, value);
        Ok(request)
    }
}

/// Whoever calls a desk.
#[derive(Clone, Debug)]
pub struct Caller<S> {
    way: Way<S>,
    credentials: Credentials,
}

/// How it is called.
#[derive(Clone, Debug)]
enum Way<S> {
    /// Over the socket of a running node.
    Remote(DeskClient<Channel>, AccountsClient<Channel>),
    /// Within this process.
    Local(DeskService<S>),
}

macro_rules! calls {
    ($calls:ident $desk:pat, $accounts:pat => $client:ident; $($(#[$doc:meta])* $call:ident: $request:ident -> $reply:ident;)+) => {
        impl<S: Store> Caller<S> {
            $($(#[$doc])*
            ///
            /// # Errors
            /// If the desk said no, or cannot be reached.
            pub async fn $call(&mut self, request: messages::$request) -> Result<messages::$reply, ClientError> {
                let request = self.credentials.sign(request)?;
                let reply = match &mut self.way {
                    Way::Remote($desk, $accounts) => $client.$call(request).await,
                    Way::Local(service) => $calls::$call(service, request).await,
                };
                Ok(reply?.into_inner())
            })+
        }
    };
}

calls! {
    Calls client, _ => client;
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
    /// Declares the units of a file.
    import_units: ImportUnitsRequest -> ImportUnitsReply;
    /// Adds, renames, merges or closes a unit.
    change_unit: ChangeUnitRequest -> ChangeUnitReply;
    /// The nodes and their keys' codes.
    nodes: NodesRequest -> NodesReply;
    /// Whom to ask.
    route: RouteRequest -> RouteReply;
    /// Statistics.
    statistics: StatisticsRequest -> StatisticsReply;
    /// Endorses a node's keys.
    endorse: EndorseRequest -> EndorseReply;
    /// What reporters are to be told.
    notices: NoticesRequest -> NoticesReply;
    /// Has what was given up tried again.
    retry_notices: RetryNoticesRequest -> RetryNoticesReply;
}

calls! {
    PeopleCalls _, client => client;
    /// Says who one is, and begins a session.
    login: LoginRequest -> LoginReply;
    /// Ends the session that this caller has.
    logout: LogoutRequest -> LogoutReply;
    /// Makes accounts: all, or none.
    add_accounts: AddAccountsRequest -> AddAccountsReply;
    /// All accounts.
    list_accounts: ListAccountsRequest -> ListAccountsReply;
    /// Changes an account.
    change_account: ChangeAccountRequest -> ChangeAccountReply;
    /// What waits for a second person.
    list_approvals: ListApprovalsRequest -> ListApprovalsReply;
    /// Approves what somebody else has asked for.
    approve: ApproveRequest -> ApproveReply;
}

impl<S: Store> Caller<S> {
    /// A caller within this process, which runs as the account of the system that owns the database. Call it within the async
    /// runtime.
    #[must_use]
    pub fn local(desk: Desk<S>) -> Self {
        let door = Door::Operator(own_uid().unwrap_or(u32::MAX));
        Self { way: Way::Local(DeskService::new(desk, door)), credentials: Credentials::System }
    }

    /// The same caller as somebody.
    #[must_use]
    pub fn with(self, credentials: Credentials) -> Self {
        Self { credentials, ..self }
    }

    /// The client itself, for calls with metadata of one's own; none within this process.
    #[must_use]
    pub const fn remote(&mut self) -> Option<&mut DeskClient<Channel>> {
        match &mut self.way {
            Way::Remote(client, _) => Some(client),
            Way::Local(_) => None,
        }
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
        let (desk, accounts) = (DeskClient::new(channel.clone()), AccountsClient::new(channel));
        let desk = desk.max_encoding_message_size(REQUEST_BYTES_MAX).max_decoding_message_size(REPLY_BYTES_MAX);
        let accounts = accounts.max_encoding_message_size(REQUEST_BYTES_MAX).max_decoding_message_size(REPLY_BYTES_MAX);
        Ok(Self { way: Way::Remote(desk, accounts), credentials: Credentials::System })
    }

    /// A complaint's whole file: every page. An account is told who the reporter is only if it asks for the `identity`.
    ///
    /// # Errors
    /// As [`Self::show`].
    pub async fn show_all(&mut self, complaint: &str, identity: bool) -> Result<messages::ShowReply, ClientError> {
        let first = messages::ShowRequest { complaint: complaint.to_owned(), after: 0, identity };
        let mut whole = self.show(first).await?;
        while whole.more {
            let after = u32::try_from(whole.events.len()).unwrap_or(u32::MAX);
            let page = self.show(messages::ShowRequest { complaint: whole.complaint.clone(), after, identity }).await?;
            whole.events.extend(page.events);
            whole.more = page.more;
        }
        Ok(whole)
    }
}

//! The desk as a gRPC service: each call is a use case. Who may call was decided where the connection was accepted.

use tonic::{Code, Request, Response, Status};

use super::wire;
use crate::desk::import::Outcome;
use crate::desk::{ComplaintName, Desk, DeskError, Endorsing, Standing};
use crate::domain::{UnitCode, fold};
use crate::protocol::desk::v1 as messages;
use crate::protocol::desk::v1::desk_server::{Desk as Calls, DeskServer};
use crate::runtime::TraceContext;
use crate::store::Store;

/// Longest request, in bytes: three parts at their limit and the words around them.
pub const REQUEST_BYTES_MAX: usize = 512 * 1024;
/// Most bytes of events in one page of a file; one event is shown even if it is longer.
pub const PAGE_BYTES_MAX: usize = 1024 * 1024;
/// Longest reply, in bytes.
pub const REPLY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The service of one desk.
#[derive(Clone, Debug)]
pub struct DeskService<S> {
    desk: Desk<S>,
}

impl<S: Store> DeskService<S> {
    /// The service of a desk.
    #[must_use]
    pub const fn new(desk: Desk<S>) -> Self {
        Self { desk }
    }

    /// The same as a server, with its limits.
    #[must_use]
    pub fn into_server(self) -> DeskServer<Self> {
        DeskServer::new(self).max_decoding_message_size(REQUEST_BYTES_MAX).max_encoding_message_size(REPLY_BYTES_MAX)
    }
}

#[tonic::async_trait]
impl<S: Store> Calls for DeskService<S> {
    async fn file(&self, request: Request<messages::FileRequest>) -> Result<Response<messages::FileReply>, Status> {
        let new = wire::new_complaint(request.into_inner()).map_err(refuse)?;
        let written = self.desk.file(&new).await.map_err(refuse)?;
        tracing::info!(complaint = %written.complaint, unit = %written.unit, "filed");
        Ok(Response::new(wire::filed(&written)))
    }

    async fn import(
        &self,
        request: Request<messages::ImportRequest>,
    ) -> Result<Response<messages::ImportReply>, Status> {
        let (items, language) = wire::items(request.into_inner()).map_err(refuse)?;
        let taken = self.desk.import(&items, language).await.map_err(refuse)?;
        let filed = taken.iter().filter(|one| one.outcome == Outcome::New).count();
        tracing::info!(complaints = taken.len(), filed, "taken over from another system");
        Ok(Response::new(wire::imported(&taken)))
    }

    async fn act(&self, request: Request<messages::ActRequest>) -> Result<Response<messages::ActReply>, Status> {
        let caller = traced(&request);
        let asking = wire::asking(request.into_inner()).map_err(refuse)?;
        let (unit, text) = (asking.unit.as_ref(), &asking.text);
        let done = self.desk.act_within(&asking.complaint, unit, &asking.action, text, caller).await;
        let written = done.map_err(refuse)?;
        tracing::info!(complaint = %written.complaint, unit = %written.unit, change = written.change, "done");
        Ok(Response::new(wire::done(&written)))
    }

    async fn list(&self, request: Request<messages::ListRequest>) -> Result<Response<messages::ListReply>, Status> {
        let mut filter = wire::filter(request.into_inner()).map_err(refuse)?;
        let limit = filter.limit;
        filter.limit = limit.saturating_add(1);
        let mut found = self.desk.list(filter).await.map_err(refuse)?;
        let more = found.len() > limit;
        found.truncate(limit);
        Ok(Response::new(messages::ListReply { complaints: found.into_iter().map(wire::summary).collect(), more }))
    }

    async fn show(&self, request: Request<messages::ShowRequest>) -> Result<Response<messages::ShowReply>, Status> {
        let request = request.into_inner();
        let name = ComplaintName::parse(&request.complaint).map_err(|error| refuse(error.into()))?;
        let file = self.desk.show(&name).await.map_err(refuse)?;
        let complaint = fold(file.events.iter().map(|filed| &filed.event));
        let registry = self.desk.known();
        let after = usize::try_from(request.after).unwrap_or(usize::MAX);
        let (mut events, mut bytes, mut more) = (Vec::new(), 0_usize, false);
        for filed in file.events.iter().skip(after) {
            let event = wire::event(filed);
            bytes = bytes.saturating_add(wire::size(filed));
            if bytes > PAGE_BYTES_MAX && !events.is_empty() {
                more = true;
                break;
            }
            events.push(event);
        }
        Ok(Response::new(messages::ShowReply {
            complaint: complaint.as_ref().map(|complaint| complaint.id.to_string()).unwrap_or_default(),
            tracking: complaint.as_ref().map(|complaint| complaint.filing.tracking.to_string()).unwrap_or_default(),
            events,
            more,
            standing: complaint.map(|complaint| wire::standing(&Standing::of(&complaint, self.desk.node()))),
            summary: file.summary.map(wire::summary),
            names: wire::names(&file.events, &registry),
        }))
    }

    async fn status(&self, _: Request<messages::StatusRequest>) -> Result<Response<messages::StatusReply>, Status> {
        Ok(Response::new(wire::status(self.desk.status().await.map_err(refuse)?)))
    }

    async fn nodes(&self, _: Request<messages::NodesRequest>) -> Result<Response<messages::NodesReply>, Status> {
        let nodes = self.desk.nodes().await.map_err(refuse)?;
        Ok(Response::new(messages::NodesReply { nodes: nodes.into_iter().map(wire::known_node).collect() }))
    }

    async fn endorse(
        &self,
        request: Request<messages::EndorseRequest>,
    ) -> Result<Response<messages::EndorseReply>, Status> {
        let request = request.into_inner();
        let node = UnitCode::parse(&request.node).map_err(|error| refuse(error.into()))?;
        let endorsing = self.desk.endorse(&node, &request.key_code).await.map_err(refuse)?;
        tracing::info!(%node, "its keys are endorsed");
        Ok(Response::new(messages::EndorseReply { confirmed: endorsing == Endorsing::Confirmed }))
    }

    async fn units(&self, _: Request<messages::UnitsRequest>) -> Result<Response<messages::UnitsReply>, Status> {
        Ok(Response::new(wire::units(&*self.desk.registry().await.map_err(refuse)?)))
    }
}

/// The caller's trace, if it names one.
fn traced<T>(request: &Request<T>) -> Option<TraceContext> {
    TraceContext::parse(request.metadata().get("traceparent")?.to_str().ok()?)
}

/// The status that carries a reason; faults of storage are logged here, where they are handled.
#[expect(clippy::needless_pass_by_value, reason = "it ends the error, and reads well in map_err")]
fn refuse(error: DeskError) -> Status {
    if let DeskError::Store(cause) = &error {
        tracing::error!(error = %cause, "storage failed at the desk");
    }
    let details = wire::fault(&error).to_details();
    Status::with_details(code(&error), error.to_string(), details.into())
}

fn code(error: &DeskError) -> Code {
    if error.standing().is_some() || matches!(error, DeskError::NoRegistry | DeskError::Revoked) {
        return Code::FailedPrecondition;
    }
    if let DeskError::Store(cause) = error {
        return if cause.is_retryable() { Code::Unavailable } else { Code::Internal };
    }
    let unknown = matches!(error, DeskError::UnknownComplaint | DeskError::UnknownEvent);
    if unknown { Code::NotFound } else { Code::InvalidArgument }
}

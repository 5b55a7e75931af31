//! The desk as a gRPC service: each call is a use case. Who may call was decided where the connection was accepted.

use tonic::{Code, Request, Response, Status};

use super::admit::{self, Door};
use super::notices as told;
use super::places;
use super::tallied;
use super::units;
use super::wire;
use crate::accounts::AccountError;
use crate::desk::import::Outcome;
use crate::desk::{ComplaintName, Desk, DeskError, Endorsing, Standing};
use crate::domain::{NoticeId, PartKind, UnitCode, fold};
use crate::journal::Part;
use crate::protocol::desk::v1 as messages;
use crate::protocol::desk::v1::accounts_server::AccountsServer;
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
    pub(super) desk: Desk<S>,
    pub(super) door: Door,
}

impl<S: Store> DeskService<S> {
    /// The service of a desk, for calls that come by a door.
    #[must_use]
    pub const fn new(desk: Desk<S>, door: Door) -> Self {
        Self { desk, door }
    }

    /// The same as servers, with their limits: of the desk, and of its accounts.
    #[must_use]
    pub fn into_servers(self) -> (DeskServer<Self>, AccountsServer<Self>) {
        let (desk, accounts) = (DeskServer::new(self.clone()), AccountsServer::new(self));
        (
            desk.max_decoding_message_size(REQUEST_BYTES_MAX).max_encoding_message_size(REPLY_BYTES_MAX),
            accounts.max_decoding_message_size(REQUEST_BYTES_MAX).max_encoding_message_size(REPLY_BYTES_MAX),
        )
    }

    /// The desk with whoever makes a call at it.
    async fn desk_of<T: Sync>(&self, request: &Request<T>) -> Result<Desk<S>, Status> {
        let actor = admit::actor(self.door, self.desk.accounts(), request.metadata()).await;
        Ok(self.desk.with_actor(actor.map_err(|error| refuse(error.into()))?))
    }
}

#[tonic::async_trait]
impl<S: Store> Calls for DeskService<S> {
    async fn file(&self, request: Request<messages::FileRequest>) -> Result<Response<messages::FileReply>, Status> {
        let desk = self.desk_of(&request).await?;
        let new = wire::new_complaint(request.into_inner(), &desk.own_unit()).map_err(refuse)?;
        let written = desk.file(&new).await.map_err(refuse)?;
        tracing::info!(complaint = %written.complaint, unit = %written.unit, "filed");
        Ok(Response::new(wire::filed(&written)))
    }

    async fn import(
        &self,
        request: Request<messages::ImportRequest>,
    ) -> Result<Response<messages::ImportReply>, Status> {
        let desk = self.desk_of(&request).await?;
        let (items, language) = wire::items(request.into_inner(), &desk.own_unit()).map_err(refuse)?;
        let taken = desk.import(&items, language).await.map_err(refuse)?;
        let filed = taken.iter().filter(|one| one.outcome == Outcome::New).count();
        tracing::info!(complaints = taken.len(), filed, "taken over from another system");
        Ok(Response::new(wire::imported(&taken)))
    }

    async fn act(&self, request: Request<messages::ActRequest>) -> Result<Response<messages::ActReply>, Status> {
        let (desk, caller) = (self.desk_of(&request).await?, traced(&request));
        let mut request = request.into_inner();
        let addressed = units::address(&desk, &mut request).await.map_err(refuse)?;
        let asking = wire::asking(request).map_err(refuse)?;
        let (unit, text) = (asking.unit.as_ref(), &asking.text);
        let done = desk.act_within(&asking.complaint, unit, &asking.action, text, caller).await;
        let written = done.map_err(refuse)?;
        tracing::info!(complaint = %written.complaint, unit = %written.unit, change = written.change, "done");
        Ok(Response::new(messages::ActReply { addressed, ..wire::done(&written) }))
    }

    async fn list(&self, request: Request<messages::ListRequest>) -> Result<Response<messages::ListReply>, Status> {
        let desk = self.desk_of(&request).await?;
        let mut filter = wire::filter(request.into_inner()).map_err(refuse)?;
        let limit = filter.limit;
        filter.limit = limit.saturating_add(1);
        let mut found = desk.list(filter).await.map_err(refuse)?;
        let more = found.len() > limit;
        found.truncate(limit);
        Ok(Response::new(messages::ListReply { complaints: found.into_iter().map(wire::summary).collect(), more }))
    }

    async fn show(&self, request: Request<messages::ShowRequest>) -> Result<Response<messages::ShowReply>, Status> {
        let desk = self.desk_of(&request).await?;
        let request = request.into_inner();
        let name = ComplaintName::parse(&request.complaint).map_err(|error| refuse(error.into()))?;
        let mut file = desk.show(&name).await.map_err(refuse)?;
        if desk.actor().holder().is_some() && !request.identity {
            let is_shown = |part: &Part| part.kind != PartKind::Identity;
            file.events.iter_mut().for_each(|filed| filed.parts.retain(is_shown));
        }
        let linked = desk.linked(&file).await.map_err(refuse)?;
        let complaint = fold(file.events.iter().map(|filed| &filed.event));
        let registry = desk.known();
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
        let standing = complaint.as_ref().map(|complaint| {
            let mut standing = Standing::of(complaint, desk.node());
            desk.narrow_by(&file, &mut standing);
            wire::standing(&standing)
        });
        Ok(Response::new(messages::ShowReply {
            complaint: complaint.as_ref().map(|complaint| complaint.id.to_string()).unwrap_or_default(),
            tracking: complaint.as_ref().map(|complaint| complaint.filing.tracking.to_string()).unwrap_or_default(),
            events,
            more,
            standing,
            summary: file.summary.map(wire::summary),
            names: wire::names(&file.events, &linked, &registry),
            linked: linked.into_iter().map(wire::linked).collect(),
        }))
    }

    async fn status(
        &self,
        request: Request<messages::StatusRequest>,
    ) -> Result<Response<messages::StatusReply>, Status> {
        Ok(Response::new(wire::status(self.desk_of(&request).await?.status().await.map_err(refuse)?)))
    }

    async fn nodes(&self, request: Request<messages::NodesRequest>) -> Result<Response<messages::NodesReply>, Status> {
        let nodes = self.desk_of(&request).await?.nodes().await.map_err(refuse)?;
        Ok(Response::new(messages::NodesReply { nodes: nodes.into_iter().map(wire::known_node).collect() }))
    }

    async fn route(&self, request: Request<messages::RouteRequest>) -> Result<Response<messages::RouteReply>, Status> {
        let desk = self.desk_of(&request).await?;
        let asked = request.into_inner();
        let language = asked.language.parse().unwrap_or_default();
        let routed = if asked.complaint.is_empty() {
            let (category, area, about) = places::case(&asked, &desk.own_unit()).map_err(refuse)?;
            desk.route_case(&category, area.as_ref(), about.as_ref()).await
        } else {
            let name = ComplaintName::parse(&asked.complaint).map_err(|error| refuse(error.into()))?;
            desk.route(&name).await
        };
        Ok(Response::new(places::route(&routed.map_err(refuse)?, language)))
    }

    async fn statistics(
        &self,
        request: Request<messages::StatisticsRequest>,
    ) -> Result<Response<messages::StatisticsReply>, Status> {
        let desk = self.desk_of(&request).await?;
        let question = tallied::question(&request.into_inner(), &desk.own_unit()).map_err(refuse)?;
        let statistics = desk.statistics(question).await.map_err(refuse)?;
        let registry = desk.registry().await.map_err(refuse)?;
        Ok(Response::new(tallied::reply(statistics, &registry)))
    }

    async fn endorse(
        &self,
        request: Request<messages::EndorseRequest>,
    ) -> Result<Response<messages::EndorseReply>, Status> {
        let by = self.endorser(&request).await.map_err(|error| refuse(error.into()))?;
        let request = request.into_inner();
        let node = UnitCode::parse(&request.node).map_err(|error| refuse(error.into()))?;
        let endorsing = self.desk.endorse(&node, &request.key_code, &by).await.map_err(refuse)?;
        tracing::info!(%node, "its keys are endorsed");
        Ok(Response::new(messages::EndorseReply { confirmed: endorsing == Endorsing::Confirmed }))
    }

    async fn notices(
        &self,
        request: Request<messages::NoticesRequest>,
    ) -> Result<Response<messages::NoticesReply>, Status> {
        let desk = self.desk_of(&request).await?;
        Ok(Response::new(told::notices(desk.notices(request.get_ref().dead).await.map_err(refuse)?)))
    }

    async fn retry_notices(
        &self,
        request: Request<messages::RetryNoticesRequest>,
    ) -> Result<Response<messages::RetryNoticesReply>, Status> {
        let desk = self.desk_of(&request).await?;
        let name = &request.get_ref().id;
        let one = if name.is_empty() { None } else { Some(NoticeId::parse(name).ok_or(DeskError::UnknownNotice)) };
        let count = desk.retry_notices(one.transpose().map_err(refuse)?).await.map_err(refuse)?;
        tracing::info!(count, "notices are tried again");
        Ok(Response::new(messages::RetryNoticesReply { count: u64::try_from(count).unwrap_or(u64::MAX) }))
    }

    async fn units(&self, request: Request<messages::UnitsRequest>) -> Result<Response<messages::UnitsReply>, Status> {
        let desk = self.desk_of(&request).await?;
        let below = wire::optional_unit(&request.into_inner().below).map_err(refuse)?;
        Ok(Response::new(units::listed(&desk.outlook().await.map_err(refuse)?, below.as_ref())))
    }

    async fn import_units(
        &self,
        request: Request<messages::ImportUnitsRequest>,
    ) -> Result<Response<messages::ImportUnitsReply>, Status> {
        let desk = self.desk_of(&request).await?;
        let reply = units::import(&desk, request.into_inner()).await.map_err(refuse)?;
        tracing::info!(added = reply.added, changed = reply.changed, mistakes = reply.mistakes.len(), "units declared");
        Ok(Response::new(reply))
    }

    async fn change_unit(
        &self,
        request: Request<messages::ChangeUnitRequest>,
    ) -> Result<Response<messages::ChangeUnitReply>, Status> {
        let desk = self.desk_of(&request).await?;
        let reply = units::change(&desk, request.into_inner()).await.map_err(refuse)?;
        tracing::info!(unit = reply.unit, changed = reply.changed, passed = reply.passed, "a unit is declared");
        Ok(Response::new(reply))
    }
}

/// The caller's trace, if it names one.
fn traced<T>(request: &Request<T>) -> Option<TraceContext> {
    TraceContext::parse(request.metadata().get("traceparent")?.to_str().ok()?)
}

/// The status that carries a reason; faults of storage are logged here, where they are handled.
#[expect(clippy::needless_pass_by_value, reason = "it ends the error, and reads well in map_err")]
pub(super) fn refuse(error: DeskError) -> Status {
    if let DeskError::Store(cause) | DeskError::Account(AccountError::Store(cause)) = &error {
        tracing::error!(error = %cause, "storage failed at the desk");
    }
    let details = wire::fault(&error).to_details();
    Status::with_details(code(&error), error.to_string(), details.into())
}

fn code(error: &DeskError) -> Code {
    if error.standing().is_some() || matches!(error, DeskError::NoRegistry | DeskError::Revoked) {
        return Code::FailedPrecondition;
    }
    if let DeskError::Account(error) = error {
        match error {
            AccountError::Refused
            | AccountError::NewPasswordNeeded
            | AccountError::NotLoggedIn
            | AccountError::SessionEnded => return Code::Unauthenticated,
            AccountError::NotAllowed { .. } | AccountError::NotOperator => return Code::PermissionDenied,
            AccountError::Waits { .. } => return Code::FailedPrecondition,
            AccountError::UnknownLogin | AccountError::UnknownRequest => return Code::NotFound,
            AccountError::Hashing => return Code::ResourceExhausted,
            AccountError::Taken
            | AccountError::LoginShape
            | AccountError::NameShape
            | AccountError::PasswordShape
            | AccountError::PasswordUnchanged
            | AccountError::RoleShape
            | AccountError::UnitShape
            | AccountError::ForeignUnit { .. }
            | AccountError::TooMany { .. }
            | AccountError::Table
            | AccountError::SamePerson => return Code::InvalidArgument,
            AccountError::Store(_) => {}
        }
    }
    if matches!(error, DeskError::NotForRole { .. } | DeskError::OutsideUnit { .. }) {
        return Code::PermissionDenied;
    }
    if let DeskError::Store(cause) | DeskError::Account(AccountError::Store(cause)) = error {
        return if cause.is_retryable() { Code::Unavailable } else { Code::Internal };
    }
    let unknown = matches!(error, DeskError::UnknownComplaint | DeskError::UnknownEvent | DeskError::UnknownNotice);
    if unknown { Code::NotFound } else { Code::InvalidArgument }
}

//! The standard health service of gRPC (<https://grpc.io/docs/guides/health-checking/>): serving while the process is ready, not
//! serving while it is not or as soon as it stops. Who may ask is the port's affair.

use std::pin::Pin;

use futures_util::{Stream, StreamExt};
use tokio_stream::wrappers::WatchStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::{Health as Calls, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::health::{Health, Readiness};

/// Longest message of a caller, in bytes.
const REQUEST_BYTES_MAX: usize = 4 * 1024;

/// Answers for a process with one service.
#[derive(Debug)]
pub struct HealthService {
    health: Health,
    /// The service that is served, by its full name; the empty name is the whole process.
    service: &'static str,
    stop: CancellationToken,
}

impl HealthService {
    /// Tells of `service` until told to stop: then running calls end, so that they hold up nothing.
    #[must_use]
    pub fn server(health: Health, service: &'static str, stop: CancellationToken) -> HealthServer<Self> {
        HealthServer::new(Self { health, service, stop }).max_decoding_message_size(REQUEST_BYTES_MAX)
    }

    fn status(&self, readiness: Readiness) -> ServingStatus {
        let serving = readiness.is_ready() && !self.stop.is_cancelled();
        if serving { ServingStatus::Serving } else { ServingStatus::NotServing }
    }

    fn knows(&self, service: &str) -> bool {
        service.is_empty() || service == self.service
    }
}

fn said(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}

#[tonic::async_trait]
impl Calls for HealthService {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        if !self.knows(&request.get_ref().service) {
            return Err(Status::not_found("no such service here"));
        }
        Ok(Response::new(said(self.status(self.health.now()))))
    }

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        if !self.knows(&request.get_ref().service) {
            let unknown = futures_util::stream::iter([Ok(said(ServingStatus::ServiceUnknown))]);
            return Ok(Response::new(Box::pin(unknown)));
        }
        let changes = WatchStream::new(self.health.watch());
        let stop = self.stop.clone();
        let told = changes.map(|readiness| {
            let status = if readiness.is_ready() { ServingStatus::Serving } else { ServingStatus::NotServing };
            Ok(said(status))
        });
        let last = futures_util::stream::iter([Ok(said(ServingStatus::NotServing))]);
        Ok(Response::new(Box::pin(told.take_until(stop.cancelled_owned()).chain(last))))
    }
}

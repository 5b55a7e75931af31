//! A real OTLP receiver on this machine: it keeps the spans that it is sent, the names of metrics, and every byte that came.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use lintas::runtime::{OnFailure, Tasks};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::transport::server::Connected;
use tonic::{Request, Response, Status};

/// A span as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The process: `hub` or a node's code.
    pub(crate) at: String,
    pub(crate) name: String,
    pub(crate) trace: Vec<u8>,
    pub(crate) id: Vec<u8>,
    pub(crate) parent: Vec<u8>,
    pub(crate) attributes: BTreeMap<String, String>,
}

#[derive(Clone, Default)]
struct Kept {
    steps: Arc<Mutex<Vec<Step>>>,
    metrics: Arc<Mutex<BTreeSet<String>>>,
    bytes: Arc<Mutex<Vec<u8>>>,
}

/// A receiver that runs until it is dropped.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    kept: Kept,
    tasks: Tasks,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (address, kept, tasks) = (listener.local_addr().unwrap(), Kept::default(), Tasks::new());
        let bytes = Arc::clone(&kept.bytes);
        let incoming = TcpListenerStream::new(listener)
            .map(move |stream| stream.map(|stream| Tee { stream, bytes: Arc::clone(&bytes) }));
        let server = Server::builder()
            .add_service(TraceServiceServer::new(kept.clone()))
            .add_service(MetricsServiceServer::new(kept.clone()));
        let stop = tasks.stopping();
        tasks.spawn("otlp", OnFailure::Log, async move {
            server.serve_with_incoming_shutdown(incoming, stop.cancelled_owned()).await
        });
        Self { address, kept, tasks }
    }

    /// All spans so far.
    pub(crate) fn steps(&self) -> Vec<Step> {
        self.kept.steps.lock().unwrap().clone()
    }

    /// The names of all metrics so far.
    pub(crate) fn metrics(&self) -> BTreeSet<String> {
        self.kept.metrics.lock().unwrap().clone()
    }

    /// Every byte so far.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.kept.bytes.lock().unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.tasks.stop_hard();
    }
}

fn read(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let value = |one: &KeyValue| match one.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        other => format!("{other:?}"),
    };
    attributes.iter().map(|one| (one.key.clone(), value(one))).collect()
}

#[tonic::async_trait]
impl TraceService for Kept {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for resource in request.into_inner().resource_spans {
            let attributes = read(&resource.resource.unwrap_or_default().attributes);
            let instance = attributes.get("service.instance.id").map_or("", String::as_str);
            let at = instance.rsplit_once('-').map_or(instance, |(node, _)| node).to_owned();
            let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
            self.steps.lock().unwrap().extend(spans.map(|span| Step {
                at: at.clone(),
                name: span.name,
                trace: span.trace_id,
                id: span.span_id,
                parent: span.parent_span_id,
                attributes: read(&span.attributes),
            }));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Kept {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let scopes = request.into_inner().resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
        self.metrics.lock().unwrap().extend(scopes.flat_map(|scope| scope.metrics).map(|metric| metric.name));
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

/// A connection whose bytes are kept as they come.
struct Tee {
    stream: TcpStream,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Connected for Tee {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Tee {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = out.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, out);
        self.bytes.lock().unwrap().extend_from_slice(&out.filled()[before..]);
        polled
    }
}

impl AsyncWrite for Tee {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

//! Calls that the programs' own clients do not make: with a trace from outside, of health, of the schemas. By hand, over gRPC.

use std::path::Path;
use std::sync::Arc;

use hyper_util::rt::TokioIo;
use lintas::identity::{ClientTls, ConnectLimits, Dialer, HostPort, SpiffeId, TlsFiles, TlsIdentity};
use lintas::protocol::desk::v1 as wire;
use lintas::protocol::desk::v1::act_request::Action;
use lintas::protocol::federation::v1 as link;
use lintas::protocol::federation::v1::link_client::LinkClient;
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::watch;
use tonic::Request;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use super::town::Hand;

/// A request that names a trace of the caller's.
pub(crate) fn traced<T>(message: T, traceparent: &str) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("traceparent", traceparent.parse().unwrap());
    request
}

/// Files a complaint within a trace of the caller's.
pub(crate) async fn file_within(hand: &mut Hand, traceparent: &str, request: wire::FileRequest) -> wire::FileReply {
    let client = hand.remote().unwrap();
    client.file(traced(request, traceparent)).await.unwrap().into_inner()
}

/// Does something with a complaint within a trace of the caller's.
pub(crate) async fn act_within(hand: &mut Hand, traceparent: &str, id: &str, action: Action, text: &str) {
    let client = hand.remote().unwrap();
    let request = wire::ActRequest {
        complaint: id.to_owned(),
        action: Some(action),
        text: text.to_owned(),
        ..wire::ActRequest::default()
    };
    client.act(traced(request, traceparent)).await.unwrap();
}

/// A channel over one connection that is there already.
async fn channel<S>(stream: S) -> Result<Channel, tonic::transport::Error>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let mut once = Some(TokioIo::new(stream));
    let connector = tower::service_fn(move |_: http::Uri| {
        std::future::ready(once.take().ok_or_else(|| std::io::Error::other("only one connection")))
    });
    Endpoint::from_static("http://there.invalid").connect_with_connector(connector).await
}

/// The hub's port, with a node's certificate.
pub(crate) async fn hub_as_node(port: u16, code: &str, folder: &Path) -> Channel {
    let id = SpiffeId::new(lintas::domain::FederationId::parse("lapor.test").unwrap(), super::town::node(code));
    let keys = folder.join("keys");
    let files =
        TlsFiles { key: keys.join("tls.key"), certificate: keys.join("node.pem"), authority: keys.join("ca.pem") };
    let tls = ClientTls::new(&TlsIdentity::load(&files, &id).unwrap()).unwrap();
    let (_tls, tls) = watch::channel(Arc::new(tls));
    let hub = HostPort::parse(&format!("localhost:{port}")).unwrap();
    let dialer = Dialer { hub, proxy: None, tls, limits: ConnectLimits::default() };
    channel(dialer.connect().await.unwrap()).await.unwrap()
}

/// The hub's port, without any certificate.
pub(crate) async fn hub_as_anybody(port: u16) -> Result<Channel, tonic::transport::Error> {
    channel(TcpStream::connect(("127.0.0.1", port)).await.unwrap()).await
}

/// Says one thing in a session; everything that the hub answers until the session ends.
pub(crate) async fn say_to_hub(channel: Channel, frame: link::up_frame::Kind) -> String {
    let stream = tokio_stream::iter([link::UpFrame { kind: Some(frame) }]);
    let mut answers = match LinkClient::new(channel).session(stream).await {
        Ok(answers) => answers.into_inner(),
        Err(status) => return format!("{status:?}"),
    };
    let mut said = Vec::new();
    loop {
        match answers.message().await {
            Ok(Some(answer)) => said.push(format!("{answer:?}")),
            Ok(None) => return said.join("\n"),
            Err(status) => {
                said.push(format!("{status:?}"));
                return said.join("\n");
            }
        }
    }
}

/// A desk's socket.
pub(crate) async fn desk(socket: &Path) -> Channel {
    channel(UnixStream::connect(socket).await.unwrap()).await.unwrap()
}

/// What a service says of its health: 1 serving, 2 not serving; or the code of the refusal.
pub(crate) async fn health(channel: &Channel, service: &str) -> Result<i32, tonic::Code> {
    let request = HealthCheckRequest { service: service.to_owned() };
    let said = HealthClient::new(channel.clone()).check(request).await;
    said.map(|said| said.into_inner().status).map_err(|status| status.code())
}

/// Watches the health of a process until its end; what was said, in order.
pub(crate) async fn watched(channel: &Channel) -> Vec<i32> {
    let request = HealthCheckRequest::default();
    let mut stream = HealthClient::new(channel.clone()).watch(request).await.unwrap().into_inner();
    let mut said = Vec::new();
    while let Ok(Some(answer)) = stream.message().await {
        said.push(answer.status);
    }
    said
}

/// The services that are told, and the file names of the schema of one of them.
pub(crate) async fn schemas(channel: &Channel, symbol: &str) -> (Vec<String>, usize) {
    let ask = async |message| {
        let request = ServerReflectionRequest { host: String::new(), message_request: Some(message) };
        let stream = tokio_stream::iter([request]);
        let mut client = ServerReflectionClient::new(channel.clone());
        let mut answers = client.server_reflection_info(stream).await.unwrap().into_inner();
        answers.message().await.unwrap().unwrap().message_response.unwrap()
    };
    let MessageResponse::ListServicesResponse(list) = ask(MessageRequest::ListServices(String::new())).await else {
        panic!("no list")
    };
    let MessageResponse::FileDescriptorResponse(files) =
        ask(MessageRequest::FileContainingSymbol(symbol.to_owned())).await
    else {
        panic!("no schema of {symbol}")
    };
    let mut names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
    names.sort();
    (names, files.file_descriptor_proto.len())
}

//! What monitoring asks over HTTP: `/metrics`, `/health`, `/ready`. It answers these three and changes nothing.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

use super::health::{Health, Readiness};
use super::start::Telemetry;
use crate::runtime::{OnFailure, Tasks};

/// Most connections at a time; further ones are closed at once.
pub const CONNECTIONS_MAX: usize = 16;
/// How long a request may take, from connection to answer.
pub const REQUEST_LIMIT: Duration = Duration::from_secs(10);
/// Most bytes of a request's head.
const HEAD_BYTES_MAX: usize = 8 * 1024;
/// Most header fields of a request.
const HEADERS_MAX: usize = 32;
/// The file in a program's folder that says where it answers, so that its other commands find it.
const ADDRESS_FILE: &str = "observe.address";
/// How long to wait after the system gave no connection, for want of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why nothing is told over HTTP.
#[derive(Debug, Error)]
#[error("cannot listen on {address} for metrics and health: {why}; set observe.listen to another address, or to off")]
pub struct ObserveError {
    /// The address.
    pub address: SocketAddr,
    /// What the system said.
    pub why: std::io::Error,
}

/// Reads the setting `observe.listen`: an address with its port, or `off` for none.
///
/// # Errors
/// If it is neither.
pub fn read_listen(text: &str) -> Result<Option<SocketAddr>, &'static str> {
    if text == "off" {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| "ADDRESS:PORT or off is wanted")
}

/// Where a process that was started in a folder tells its metrics and health, if it does.
#[must_use]
pub fn address_in(folder: &Path) -> Option<SocketAddr> {
    std::fs::read_to_string(folder.join(ADDRESS_FILE)).ok()?.trim().parse().ok()
}

/// A port that is bound, before anything is answered.
#[derive(Debug)]
pub struct Observing {
    /// Where; the port is the real one if 0 was asked for.
    pub address: SocketAddr,
    listener: TcpListener,
}

impl Observing {
    /// Binds the port.
    ///
    /// # Errors
    /// If it cannot be had.
    pub async fn bind(address: SocketAddr) -> Result<Self, ObserveError> {
        let failed = |why| ObserveError { address, why };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        if !address.ip().is_loopback() {
            tracing::warn!(%address, "metrics and health are told to whoever reaches this address: let a firewall guard it");
        }
        Ok(Self { address, listener })
    }

    /// Writes the address into a folder, for [`address_in`]. That it cannot be written is no reason not to answer.
    pub fn announce(&self, folder: &Path) {
        if let Err(error) = std::fs::write(folder.join(ADDRESS_FILE), format!("{}\n", self.address)) {
            tracing::warn!(%error, "where metrics are told cannot be written into the folder");
        }
    }

    /// Answers until the tasks are asked to end.
    ///
    /// # Errors
    /// Never: what goes wrong with a connection ends that connection.
    pub async fn run(self, telemetry: Telemetry, health: Health, tasks: Tasks) -> Result<(), Infallible> {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let stopping = tasks.stopping();
        loop {
            let accepted = tokio::select! {
                biased;
                () = stopping.cancelled() => return Ok(()),
                accepted = self.listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else {
                sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
            let answered = answer(stream, telemetry.clone(), health.clone(), place);
            tasks.spawn("observe-connection", OnFailure::Log, answered);
        }
    }
}

/// Answers one request; whoever asks again connects again.
async fn answer(
    stream: TcpStream,
    telemetry: Telemetry,
    health: Health,
    _place: OwnedSemaphorePermit,
) -> Result<(), Infallible> {
    let service = service_fn(move |request: Request<Incoming>| {
        let response = respond(request.method(), request.uri().path(), &telemetry, &health);
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .keep_alive(false)
        .header_read_timeout(REQUEST_LIMIT)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    // A caller that goes away, or says what is no request, is its own affair.
    let _ended = timeout(REQUEST_LIMIT, http.serve_connection(TokioIo::new(stream), service)).await;
    Ok(())
}

fn respond(method: &Method, path: &str, telemetry: &Telemetry, health: &Health) -> Response<String> {
    let plain = "text/plain; charset=utf-8";
    let (status, kind, text) = match (method, path) {
        (&Method::GET | &Method::HEAD, "/metrics") => {
            (StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", telemetry.text())
        }
        (&Method::GET | &Method::HEAD, "/health") => (StatusCode::OK, plain, "alive\n".to_owned()),
        (&Method::GET | &Method::HEAD, "/ready") => match health.now() {
            Readiness::Ready => (StatusCode::OK, plain, "ready\n".to_owned()),
            Readiness::Not(why) => (StatusCode::SERVICE_UNAVAILABLE, plain, format!("not ready: {why}\n")),
        },
        (_, "/metrics" | "/health" | "/ready") => (StatusCode::METHOD_NOT_ALLOWED, plain, "only GET\n".to_owned()),
        _ => (StatusCode::NOT_FOUND, plain, "there are /metrics, /health and /ready\n".to_owned()),
    };
    let mut response = Response::new(text);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn observing() -> (SocketAddr, Tasks) {
        let observing = Observing::bind((Ipv4Addr::LOCALHOST, 0).into()).await.unwrap();
        let (address, tasks) = (observing.address, Tasks::new());
        let run = observing.run(Telemetry::default(), Health::default(), tasks.clone());
        tasks.spawn("observe", OnFailure::EndProcess, run);
        (address, tasks)
    }

    /// What is answered to bytes; nothing if the connection is closed.
    async fn asked(address: SocketAddr, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // It may be closed while something is still being written.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn something_else_than_the_three_is_answered() {
        let (address, tasks) = observing().await;
        let get = async |what: &str| asked(address, format!("GET {what} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await;
        assert!(get("/health").await.starts_with("HTTP/1.1 200 "));
        let ready = get("/ready").await;
        assert!(ready.starts_with("HTTP/1.1 503 ") && ready.ends_with("not ready: starting\n"), "{ready}");
        assert!(get("/metrics").await.contains("version=0.0.4"));
        for other in ["/", "/metrics/", "/../etc/passwd", "//health"] {
            assert!(get(other).await.starts_with("HTTP/1.1 404 "), "{other}");
        }
        let post = asked(address, b"POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").await;
        assert!(post.starts_with("HTTP/1.1 405 "), "{post}");
        tasks.stop();
        tasks.ended().await;
        assert!(TcpStream::connect(address).await.is_err(), "the port is let go");
    }

    #[tokio::test]
    async fn caller_holds_up_the_others() {
        let (address, _tasks) = observing().await;
        // Silent ones take their places and no more; a head beyond the limit ends its own connection.
        let mut silent = Vec::new();
        for _ in 0..CONNECTIONS_MAX - 1 {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        let head = |bytes: usize| format!("GET /health HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(bytes));
        assert!(!asked(address, head(100_000).as_bytes()).await.contains("alive"));
        let many = format!("GET /health HTTP/1.1\r\n{}\r\n", "X: x\r\n".repeat(HEADERS_MAX + 1));
        assert!(!asked(address, many.as_bytes()).await.contains("alive"));
        assert!(asked(address, head(100).as_bytes()).await.ends_with("alive\n"));
    }

    #[test]
    fn off_is_an_address() {
        assert_eq!(read_listen("off"), Ok(None));
        assert_eq!(read_listen("127.0.0.1:9464"), Ok(Some((Ipv4Addr::LOCALHOST, 9464).into())));
        assert!(read_listen("").is_err() && read_listen("localhost").is_err() && read_listen("9464").is_err());
    }

    #[tokio::test]
    async fn taken_port_is_taken_for_free() {
        let first = Observing::bind((Ipv4Addr::LOCALHOST, 0).into()).await.unwrap();
        let error = Observing::bind(first.address).await.unwrap_err().to_string();
        assert!(error.contains("observe.listen") && error.contains(&first.address.to_string()), "{error}");
    }
}

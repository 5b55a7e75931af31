//! Webhooks: one signed POST to one address of the public internet, over TLS. No redirect is followed, nothing of an answer is read but
//! its first lines, and nothing in the message says who anybody is.

use std::net::SocketAddr;
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, USER_AGENT};
use http::{Request, StatusCode, Uri};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::json;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::address::{Names, SystemNames, is_public};
use super::facts::Facts;
use super::sign::{HookSecret, message_id, seconds};
use super::{Notifier, Told};
use crate::domain::{NoticeFault, NoticeId, Timestamp};
use crate::identity::PublicTls;
use crate::words::iso;

/// How long one message may take, from the look-up of the name to the first line of the answer.
pub const WEBHOOK_LIMIT: Duration = Duration::from_secs(15);
/// Longest head of an answer, in bytes.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// A URL that no webhook has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HookUrlError {
    /// It is none.
    #[error("a webhook's URL is such as https://sms.padang.go.id/lintas, without user and password")]
    Shape,
    /// It is not encrypted.
    #[error("a webhook's URL begins with https://; http:// goes only with allow_private = true")]
    Plain,
}

/// Where a webhook is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HookUrl {
    host: String,
    port: u16,
    authority: String,
    path: String,
    encrypted: bool,
}

impl HookUrl {
    /// Reads a URL; in the clear only if the webhook may be on a private network.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(text: &str, allow_private: bool) -> Result<Self, HookUrlError> {
        let uri: Uri = text.parse().map_err(|_| HookUrlError::Shape)?;
        let encrypted = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if allow_private => false,
            Some("http") => return Err(HookUrlError::Plain),
            Some(_) | None => return Err(HookUrlError::Shape),
        };
        let authority =
            uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or(HookUrlError::Shape)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err(HookUrlError::Shape);
        }
        Ok(Self {
            host,
            port: authority.port_u16().unwrap_or(if encrypted { 443 } else { 80 }),
            authority: authority.to_string(),
            path: uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str).to_owned(),
            encrypted,
        })
    }
}

/// A webhook.
#[derive(Clone, Debug)]
pub struct Webhook<N = SystemNames> {
    /// Where it is.
    pub url: HookUrl,
    /// What it shares with this node.
    pub secret: HookSecret,
    /// Whether it may be on this machine or on a private network.
    pub allow_private: bool,
    /// Whose certificates are believed.
    pub tls: PublicTls,
    /// Who knows addresses.
    pub names: N,
    /// How long one message may take.
    pub limit: Duration,
}

impl<N: Names> Webhook<N> {
    async fn post(&self, id: NoticeId, payload: String, now: Timestamp) -> Told {
        let stream = match self.connect().await {
            Ok(stream) => stream,
            Err(fault) => return Told::Later(fault),
        };
        let (id, sent) = (message_id(id), seconds(now));
        let request = Request::post(&*self.url.path)
            .header(HOST, &*self.url.authority)
            .header(CONTENT_TYPE, "application/json")
            .header(CONTENT_LENGTH, payload.len())
            .header(CONNECTION, "close")
            .header(USER_AGENT, concat!("lintas/", env!("CARGO_PKG_VERSION")))
            .header("webhook-signature", self.secret.sign(&id, sent, payload.as_bytes()))
            .header("webhook-id", id)
            .header("webhook-timestamp", sent)
            .body(payload);
        let Ok(request) = request else { return Told::Never(NoticeFault::Refused) };
        if self.url.encrypted {
            match self.tls.connect(stream, &self.url.host).await {
                Ok(stream) => ask(stream, request).await,
                Err(_) => Told::Later(NoticeFault::Tls),
            }
        } else {
            ask(stream, request).await
        }
    }

    /// A connection to one of the addresses that were checked, and to no other.
    async fn connect(&self) -> Result<TcpStream, NoticeFault> {
        let HookUrl { host, port, .. } = &self.url;
        let found = self.names.look_up(host, *port).await.map_err(|_| NoticeFault::Unreachable)?;
        // One private address among them is one too many: who gives it out does not mean well.
        if !self.allow_private && !found.iter().all(|address| is_public(address.ip())) {
            return Err(NoticeFault::PrivateAddress);
        }
        self.reach(&found).await.ok_or(NoticeFault::Unreachable)
    }

    async fn reach(&self, addresses: &[SocketAddr]) -> Option<TcpStream> {
        for address in addresses {
            if let Ok(stream) = TcpStream::connect(address).await {
                return Some(stream);
            }
        }
        None
    }
}

impl<N: Names> Notifier for Webhook<N> {
    async fn tell(&self, id: NoticeId, facts: &Facts, now: Timestamp) -> Told {
        let sent = timeout(self.limit, Box::pin(self.post(id, payload(facts), now))).await;
        sent.unwrap_or(Told::Later(NoticeFault::TooSlow))
    }
}

/// What a webhook is told: nothing that says who anybody is, and nothing of what anybody wrote.
#[must_use]
pub fn payload(facts: &Facts) -> String {
    let data = json!({
        "tracking": facts.tracking.to_string(),
        "step": facts.step.name(),
        "unit": facts.unit.to_string(),
        "state": facts.state.name(),
    });
    json!({ "type": "complaint.step", "timestamp": iso(facts.at), "data": data }).to_string()
}

/// Sends a request and reads the head of its answer.
async fn ask<T>(stream: T, request: Request<String>) -> Told
where
    T: AsyncRead + AsyncWrite + Send + Unpin,
{
    let begun = http1::Builder::new().max_buf_size(HEAD_BYTES_MAX).handshake(TokioIo::new(stream)).await;
    let Ok((mut sender, connection)) = begun else { return Told::Later(NoticeFault::Unreachable) };
    let answer = sender.send_request(request);
    let mut connection = std::pin::pin!(connection);
    let mut answer = std::pin::pin!(answer);
    let answer = tokio::select! {
        biased;
        answer = &mut answer => answer,
        _ = &mut connection => answer.await,
    };
    answer.map_or(Told::Later(NoticeFault::Unreachable), |answer| heard(answer.status()))
}

/// What an answer means: 2xx that it was taken; that it is gone or will never be right, that it never will; all else, perhaps later.
fn heard(status: StatusCode) -> Told {
    if status.is_success() {
        Told::Taken
    } else if status == StatusCode::GONE || status == StatusCode::BAD_REQUEST {
        Told::Never(NoticeFault::Refused)
    } else if status.is_redirection() {
        Told::Later(NoticeFault::Redirected)
    } else if status.is_client_error()
        && status != StatusCode::TOO_MANY_REQUESTS
        && status != StatusCode::REQUEST_TIMEOUT
    {
        Told::Later(NoticeFault::NotAccepted)
    } else {
        Told::Later(NoticeFault::PutOff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_hides_where_it_leads() {
        let of = |text, private| HookUrl::parse(text, private).map(|url| (url.host, url.port, url.path));
        let found = |host: &str, port, path: &str| Ok((host.to_owned(), port, path.to_owned()));
        assert_eq!(of("https://sms.padang.go.id/lintas?x=1", false), found("sms.padang.go.id", 443, "/lintas?x=1"));
        assert_eq!(of("https://[2606:4700::1111]:8443", false), found("2606:4700::1111", 8443, "/"));
        assert_eq!(of("http://10.0.0.1:8080/x", true), found("10.0.0.1", 8080, "/x"));
        assert_eq!(of("http://sms.padang.go.id/", false), Err(HookUrlError::Plain));
        for wrong in ["", "/lintas", "sms.padang.go.id", "ftp://x.id/", "https://user:word@x.id/", "https:///x"] {
            assert_eq!(of(wrong, true), Err(HookUrlError::Shape), "{wrong}");
        }
    }
}

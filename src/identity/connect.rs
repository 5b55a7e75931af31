//! A node's end of the link: finds the hub anew on each try, dials it, and has both ends authenticated. When to try
//! again is the caller's matter.

use std::error::Error as StdError;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::AlertDescription as Alert;
use thiserror::Error;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::host_port::HostPort;
use super::proxy::tunnel;
use super::refusal::Refusal;
use super::socket::prepare;
use super::tls::{ClientStream, ClientTls};

/// Most addresses of the hub that are tried.
pub const ADDRESSES_MAX: usize = 8;
/// How many causes deep an error is searched for an alert.
const CAUSES_MAX: usize = 16;

/// Time limits of one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectLimits {
    /// Longest look-up of the hub's name.
    pub lookup: Duration,
    /// Longest TCP handshake with one address, and longest answer of a proxy.
    pub tcp: Duration,
    /// Longest TLS handshake with one address.
    pub tls: Duration,
}

impl Default for ConnectLimits {
    fn default() -> Self {
        Self { lookup: Duration::from_secs(5), tcp: Duration::from_secs(5), tls: Duration::from_secs(10) }
    }
}

/// Why there is no link to the hub. In order of how much it tells: of several addresses the most telling is reported.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// Nobody answers there, or the name is not known.
    #[error("the hub at {hub} cannot be reached: {why}")]
    Unreachable {
        /// The hub.
        hub: HostPort,
        /// What the system said of the last address.
        why: String,
    },
    /// The proxy on the way does not let us through.
    #[error("the proxy at {proxy} does not lead to the hub at {hub}: {why}")]
    Proxy {
        /// The proxy.
        proxy: HostPort,
        /// The hub.
        hub: HostPort,
        /// What it said, or the system.
        why: String,
    },
    /// Somebody answers, but not as a hub does.
    #[error("what answers at {hub} does not speak as a hub does: {why}")]
    NotAHub {
        /// The hub.
        hub: HostPort,
        /// What the TLS library said.
        why: String,
    },
    /// The hub does not take this node's certificate.
    #[error("the hub refused this node's certificate: {}", advice(*.alert))]
    OurCertificateRefused {
        /// The alert that it sent (RFC 8446 §6.2).
        alert: Alert,
    },
    /// What answers is not the hub of this federation.
    #[error("the hub at {hub} was refused, {reason} ({detail})")]
    HubRefused {
        /// The hub.
        hub: HostPort,
        /// Why.
        reason: Refusal,
        /// What the TLS library said.
        detail: String,
    },
}

impl ConnectError {
    const fn tells(&self) -> u8 {
        match self {
            Self::Unreachable { .. } => 0,
            Self::Proxy { .. } => 1,
            Self::NotAHub { .. } => 2,
            Self::OurCertificateRefused { .. } => 3,
            Self::HubRefused { .. } => 4,
        }
    }
}

/// Dials the hub.
#[derive(Debug, Clone)]
pub struct Dialer {
    /// Where it is.
    pub hub: HostPort,
    /// An HTTP proxy to go through, if the network demands one; it then looks up the hub's name. It sees the hub's
    /// address and nothing of what is said.
    pub proxy: Option<HostPort>,
    /// The TLS configuration, looked at in each try.
    pub tls: watch::Receiver<Arc<ClientTls>>,
    /// Time limits.
    pub limits: ConnectLimits,
}

impl Dialer {
    /// Tries all addresses of the hub once, one after the other, and gives the first authenticated connection.
    ///
    /// In TLS 1.3 the client is done before the server has looked at its certificate: a refusal of it shows as an error
    /// of the first read. Give that error to [`refused_by_hub`].
    ///
    /// # Errors
    /// Says whether the hub could not be reached, or who refused whom and why.
    pub async fn connect(&self) -> Result<ClientStream, ConnectError> {
        let mut worst = self.no_way("the name has no address");
        for address in self.look_up().await? {
            match self.connect_to(address).await {
                Ok(stream) => return Ok(stream),
                Err(fault) if fault.tells() >= worst.tells() => worst = fault,
                Err(_) => {}
            }
        }
        Err(worst)
    }

    /// Tries once, as [`Dialer::connect`] does, and waits for the hub's first word: only then has it looked at this node's
    /// certificate. Says nothing itself, and opens no session.
    ///
    /// # Errors
    /// As [`Dialer::connect`], and if the hub refuses this node's certificate.
    pub async fn probe(&self) -> Result<(), ConnectError> {
        let mut stream = self.connect().await?;
        match timeout(self.limits.tls, stream.read_u8()).await {
            Err(_) => Err(self.not_a_hub("it says nothing")),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(fault)) => Err(refused_by_hub(&fault).unwrap_or_else(|| self.no_way(&fault))),
        }
    }

    /// The addresses of what is dialled first, the hub or the proxy on the way, at most [`ADDRESSES_MAX`].
    ///
    /// # Errors
    /// If its name cannot be looked up.
    pub async fn addresses(&self) -> Result<Vec<SocketAddr>, ConnectError> {
        self.look_up().await
    }

    async fn look_up(&self) -> Result<Vec<SocketAddr>, ConnectError> {
        let first = self.proxy.as_ref().unwrap_or(&self.hub);
        match timeout(self.limits.lookup, lookup_host((first.host(), first.port()))).await {
            Err(_) => Err(self.no_way("looking up its name took too long")),
            Ok(Err(fault)) => Err(self.no_way(&fault)),
            Ok(Ok(found)) => Ok(found.take(ADDRESSES_MAX).collect()),
        }
    }

    async fn connect_to(&self, address: SocketAddr) -> Result<ClientStream, ConnectError> {
        let mut stream = match timeout(self.limits.tcp, TcpStream::connect(address)).await {
            Err(_) => return Err(self.no_way("it does not answer")),
            Ok(Err(fault)) => return Err(self.no_way(&fault)),
            Ok(Ok(stream)) => stream,
        };
        prepare(&stream).map_err(|fault| self.no_way(&fault))?;
        if self.proxy.is_some() {
            match timeout(self.limits.tcp, tunnel(&mut stream, &self.hub)).await {
                Err(_) => return Err(self.no_way("it does not answer")),
                Ok(Err(fault)) => return Err(self.no_way(&fault)),
                Ok(Ok(())) => {}
            }
        }
        let tls = Arc::clone(&self.tls.borrow());
        let name = tls.asked.clone().unwrap_or_else(|| self.hub.server_name());
        let handshake = TlsConnector::from(Arc::clone(&tls.config)).connect(name, stream);
        let stream = match timeout(self.limits.tls, handshake).await {
            Err(_) => return Err(self.not_a_hub("its handshake took too long")),
            Ok(Err(fault)) => return Err(self.handshake_fault(&fault)),
            Ok(Ok(stream)) => stream,
        };
        if ClientTls::speaks_h2(stream.get_ref().1) { Ok(stream) } else { Err(self.not_a_hub("it has no HTTP/2")) }
    }

    fn handshake_fault(&self, fault: &io::Error) -> ConnectError {
        if let Some(refused) = refused_by_hub(fault) {
            return refused;
        }
        match tls_fault(fault) {
            Some(rustls::Error::InvalidCertificate(cause)) => {
                let reason = Refusal::of_tls(&rustls::Error::InvalidCertificate(cause.clone()));
                ConnectError::HubRefused { hub: self.hub.clone(), reason, detail: cause.to_string() }
            }
            Some(other) => self.not_a_hub(other),
            None => self.no_way(fault),
        }
    }

    /// The network does not lead there.
    fn no_way(&self, why: &(impl ToString + ?Sized)) -> ConnectError {
        let (hub, why) = (self.hub.clone(), why.to_string());
        match &self.proxy {
            None => ConnectError::Unreachable { hub, why },
            Some(proxy) => ConnectError::Proxy { proxy: proxy.clone(), hub, why },
        }
    }

    fn not_a_hub(&self, why: &(impl ToString + ?Sized)) -> ConnectError {
        ConnectError::NotAHub { hub: self.hub.clone(), why: why.to_string() }
    }
}

/// Whether an error of an established connection, or one of its causes, is the hub's refusal of our certificate.
#[must_use]
pub fn refused_by_hub(fault: &(dyn StdError + 'static)) -> Option<ConnectError> {
    let Some(rustls::Error::AlertReceived(alert)) = tls_fault(fault) else { return None };
    let ours = matches!(
        alert,
        Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::CertificateRequired
    );
    ours.then_some(ConnectError::OurCertificateRefused { alert: *alert })
}

/// The TLS library's error inside another, however deeply wrapped. An `io::Error` does not name what it wraps as its
/// cause, so it is opened.
fn tls_fault<'a>(fault: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    let mut next: Option<&'a (dyn StdError + 'static)> = Some(fault);
    for _ in 0..CAUSES_MAX {
        let present = next?;
        if let Some(found) = present.downcast_ref::<rustls::Error>() {
            return Some(found);
        }
        next = match present.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => present.source(),
        };
    }
    None
}

/// What the operator of a node can do about an alert.
fn advice(alert: Alert) -> &'static str {
    const ADVICE: [(Alert, &str); 7] = [
        (Alert::CertificateExpired, "it has expired, or one of the two clocks is wrong: have a new one issued"),
        (Alert::UnknownCA, "another authority issued it: have one issued by this hub"),
        (Alert::UnsupportedCertificate, "it is not a node's certificate: have one issued for this node"),
        (
            Alert::CertificateUnknown,
            "the hub does not know this node by this key: have name and key registered at the hub",
        ),
        (Alert::CertificateRequired, "none was shown: check the certificate named in the configuration"),
        (Alert::CertificateRevoked, "it no longer counts: ask the hub's operators"),
        (Alert::AccessDenied, "it no longer counts: ask the hub's operators"),
    ];
    let known = ADVICE.iter().find(|(each, _)| *each == alert).map(|(_, advice)| *advice);
    known.unwrap_or("the hub cannot read it: have a new one issued")
}

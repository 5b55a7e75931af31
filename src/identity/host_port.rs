//! Where the hub, or a proxy on the way to it, is: `HOST:PORT`, and the name a certificate there must bear. Text only; dialling is `connect`'s.

use std::fmt;

use rustls::pki_types::ServerName;
use thiserror::Error;

/// A host and port to dial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort {
    host: String,
    port: u16,
    name: ServerName<'static>,
}

/// A text that is no host and port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an address is HOST:PORT, such as hub.lapor.go.id:7443, 10.0.0.1:7443 or [2001:db8::1]:7443")]
pub struct HostPortError;

impl HostPort {
    /// Reads `HOST:PORT`; an IPv6 address stands in brackets.
    ///
    /// # Errors
    /// If host or port is missing or malformed.
    pub fn parse(text: &str) -> Result<Self, HostPortError> {
        let (host, port) = text.rsplit_once(':').ok_or(HostPortError)?;
        let port = port.parse().ok().filter(|port| *port != 0).ok_or(HostPortError)?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let name = ServerName::try_from(bare.unwrap_or(host).to_owned()).map_err(|_| HostPortError)?;
        let is_v6 = matches!(name, ServerName::IpAddress(rustls::pki_types::IpAddr::V6(_)));
        if is_v6 != bare.is_some() {
            return Err(HostPortError);
        }
        Ok(Self { host: bare.unwrap_or(host).to_owned(), port, name })
    }

    /// Host name or address.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn server_name(&self) -> ServerName<'static> {
        self.name.clone()
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_read_wrongly() {
        for good in ["hub.lapor.go.id:7443", "localhost:1", "10.0.0.1:65535", "[2001:db8::1]:7443"] {
            assert_eq!(HostPort::parse(good).unwrap().to_string(), good);
        }
        for bad in
            ["", "hub", "hub:", ":7443", "hub:0", "hub:65536", "2001:db8::1:7443", "[hub]:1", "a b:1", "https://hub:1"]
        {
            assert_eq!(HostPort::parse(bad), Err(HostPortError), "{bad}");
        }
    }
}

//! TLS towards the public internet: servers that the public authorities certify, or one that the settings name. Nobody of the federation
//! is known by it, and nothing of this node is shown.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::tls::{TlsError, certificates, provider};

/// The one protocol that is spoken.
const ALPN_HTTP1: &[u8] = b"http/1.1";

/// Connects to servers of the public internet.
#[derive(Clone)]
pub struct PublicTls(Arc<ClientConfig>);

impl fmt::Debug for PublicTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicTls")
    }
}

impl PublicTls {
    /// Believes the public authorities, and those in a file besides.
    ///
    /// # Errors
    /// If the file holds no certificates.
    pub fn new(authority: Option<&Path>) -> Result<Self, TlsError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for certificate in authority.map(certificates).transpose()?.unwrap_or_default() {
            roots.add(certificate).map_err(|error| TlsError::Refused(error.to_string()))?;
        }
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Refused(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![ALPN_HTTP1.to_vec()];
        config.resumption = Resumption::disabled();
        Ok(Self(Arc::new(config)))
    }

    /// Speaks TLS over a connection, with whoever proves to be `host`: a name, or an address.
    ///
    /// # Errors
    /// If nobody there proves it.
    pub async fn connect(&self, stream: TcpStream, host: &str) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| io::ErrorKind::InvalidInput)?;
        TlsConnector::from(Arc::clone(&self.0)).connect(name, stream).await
    }
}

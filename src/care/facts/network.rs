//! Facts of the network: what a name leads to, what answers there. It opens no session with a hub.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::care::doctor::network::Reached;
use crate::identity::{ConnectError, Dialer, HostPort};

/// How long a name or a port may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Variables by which other programs are told of a proxy.
const PROXY_VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The addresses of a name.
///
/// # Errors
/// Why there are none, in one line.
pub async fn addresses(place: &HostPort) -> Result<Vec<String>, String> {
    match timeout(PATIENCE, lookup_host((place.host(), place.port()))).await {
        Err(_) => Err("looking it up took too long".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Ok(Ok(found)) => {
            let mut found: Vec<String> = found.map(|address| address.ip().to_string()).collect();
            found.dedup();
            Ok(found)
        }
    }
}

/// How far one try to reach the hub comes.
pub async fn reached(dialer: &Dialer) -> Reached {
    let Err(error) = dialer.probe().await else { return Reached::Linked };
    let why = error.to_string();
    match error {
        ConnectError::Unreachable { .. } => Reached::Nobody(why),
        ConnectError::Proxy { .. } => Reached::Proxy(why),
        ConnectError::NotAHub { .. } => Reached::NotAHub(why),
        ConnectError::OurCertificateRefused { .. } => Reached::Refused(why),
        ConnectError::HubRefused { .. } => Reached::HubRefused(why),
    }
}

/// Whether something answers where a program listens on this machine.
pub async fn answers(listen: SocketAddr) -> bool {
    let here = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    let connected = timeout(PATIENCE, TcpStream::connect((here, listen.port()))).await;
    connected.is_ok_and(|connected| connected.is_ok())
}

/// The proxy that the environment names, without names and passwords in it.
#[must_use]
pub fn environment_proxy(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let value = PROXY_VARIABLES.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()))?;
    let bare = value.split_once("://").map_or(value.as_str(), |(_, rest)| rest);
    let host = bare.rsplit_once('@').map_or(bare, |(_, host)| host);
    Some(host.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_of_a_proxy_is_shown() {
        let of = |value: &str| environment_proxy(|name| (name == "https_proxy").then(|| value.to_owned()));
        assert_eq!(of("http://petugas:rahasia@proxy.example:3128/").as_deref(), Some("proxy.example:3128"));
        assert_eq!(of("proxy.example:3128").as_deref(), Some("proxy.example:3128"));
        assert_eq!(of(""), None);
        assert_eq!(environment_proxy(|_| None), None);
    }

    #[tokio::test]
    async fn closed_port_answers() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(answers(SocketAddr::from(([0, 0, 0, 0], port))).await);
        drop(listener);
        assert!(!answers(SocketAddr::from(([127, 0, 0, 1], port))).await);
    }

    #[tokio::test]
    async fn name_without_address_has_some() {
        assert_eq!(addresses(&HostPort::parse("127.0.0.1:1").unwrap()).await, Ok(vec!["127.0.0.1".to_owned()]));
        assert!(addresses(&HostPort::parse("nowhere.invalid:1").unwrap()).await.is_err());
    }
}

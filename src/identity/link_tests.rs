//! Tests of the link over real TCP: who is let in, who is refused in the handshake, and what each side then knows.

use std::sync::Arc;

use rcgen::{BasicConstraints, IsCa, Issuer};
use rustls::HandshakeKind;
use rustls::client::ResolvesClientCert;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::testing::{CLIENT, Federation, HUB, PADANG, PATIENCE, SERVER, der, key, now, params};
use super::{AcceptLimits, ClientTls, ConnectError, Refusal, TlsError, TlsFiles, TlsIdentity};
use super::{Reloadable, SpiffeId, files};

#[tokio::test]
async fn registered_node_is_refused() {
    let federation = Federation::new(1);
    let mut hub = federation.hub().await;
    let (mut here, mut there) = hub.admitted(federation.padang()).await;
    assert_eq!(there.peer.as_str(), "13.71");
    assert_eq!(there.spki_sha256, Federation::padang_key().spki_sha256());
    assert!(there.not_after.seconds_since(now()) > 300 * 86_400);
    here.write_all(b"hello").await.unwrap();
    let mut heard = [0; 5];
    there.stream.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"hello");
    let tls = there.stream.get_ref().1;
    assert_eq!(tls.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
    assert_eq!(tls.alpn_protocol(), Some(&b"h2"[..]));
    assert_eq!(hub.refusals.total(), 0);
}

#[tokio::test]
async fn certificate_of_another_authority_is_taken() {
    let (federation, other) = (Federation::new(1), Federation::new(2));
    let mut hub = federation.hub().await;
    // The other authority has the same name, and the node trusts this one.
    let party = federation.party(Federation::padang_key(), &[&other.padang_pem()]);
    let said = hub.refused(ClientTls::new(&party).unwrap(), Refusal::UnknownAuthority).await;
    assert!(said.contains("another authority"), "{said}");
    let fault = hub.dial(other.padang()).await.unwrap_err();
    assert!(matches!(fault, ConnectError::HubRefused { reason: Refusal::UnknownAuthority, .. }), "{fault}");
}

#[tokio::test]
async fn node_certificate_issues_certificates() {
    let federation = Federation::new(1);
    let mut hub = federation.hub().await;
    let padang_pem = federation.padang_pem();
    let issuer = Issuer::from_ca_cert_der(&der(&padang_pem), Federation::padang_key()).unwrap();
    let (thief, leaf) = (key(3), params(&[PADANG], &[], CLIENT));
    let pem = leaf.signed_by(&thief, &issuer).unwrap().pem();
    let party = federation.party(thief, &[&pem, &padang_pem]);
    let mut stream = hub.dial(ClientTls::new(&party).unwrap()).await.unwrap();
    assert!(timeout(PATIENCE, stream.read_u8()).await.unwrap().is_err());
    drop(stream);
    let mut authority = params(&[PADANG], &[], CLIENT);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let mut stream = hub.dial(federation.padang_with(&authority)).await.unwrap();
    assert!(timeout(PATIENCE, stream.read_u8()).await.unwrap().is_err());
    assert!(hub.incoming.try_recv().is_err());
}

#[tokio::test]
async fn certificate_for_another_node_name_is_taken() {
    let federation = Federation::new(1);
    let mut hub = federation.hub().await;
    // Issued in Padang's name by mistake, for a key that is not Padang's.
    let other = key(3);
    let pem = federation.authority.sign_anything(&params(&[PADANG], &[], CLIENT), &other);
    let client = ClientTls::new(&federation.party(other, &[&pem])).unwrap();
    let said = hub.refused(client, Refusal::KeyNotRegistered).await;
    assert!(said.contains("registered"), "{said}");
    let unknown = params(&["spiffe://lapor.go.id/node/13"], &[], CLIENT);
    hub.refused(federation.padang_with(&unknown), Refusal::UnknownIdentity).await;
}

#[tokio::test]
async fn expired_certificate_is_taken() {
    let federation = Federation::new(1);
    let mut hub = federation.hub().await;
    let mut old = params(&[PADANG], &[], CLIENT);
    old.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let said = hub.refused(federation.padang_with(&old), Refusal::Expired).await;
    assert!(said.contains("expired"), "{said}");
    let mut early = params(&[PADANG], &[], CLIENT);
    early.not_before = rcgen::date_time_ymd(4000, 1, 1);
    hub.refused(federation.padang_with(&early), Refusal::Expired).await;
}

#[tokio::test]
async fn certificate_without_uri_san_is_taken() {
    let federation = Federation::new(1);
    let mut hub = federation.hub().await;
    hub.refused(federation.padang_with(&params(&[], &["13.71"], CLIENT)), Refusal::NoUriSan).await;
    hub.refused(federation.padang_with(&params(&[], &[], CLIENT)), Refusal::NoUriSan).await;
}

#[tokio::test]
async fn certificate_with_two_uri_sans() {
    let federation = Federation::new(1);
    let mut hub = federation.hub().await;
    for second in [PADANG, "spiffe://lapor.go.id/node/13", "https://padang.example/"] {
        hub.refused(federation.padang_with(&params(&[PADANG, second], &[], CLIENT)), Refusal::SeveralUriSans).await;
    }
}

#[derive(Debug)]
struct ShowsNothing;

impl ResolvesClientCert for ShowsNothing {
    fn resolve(&self, _: &[&[u8]], _: &[rustls::SignatureScheme]) -> Option<Arc<rustls::sign::CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn client_without_certificate_is_let_in() {
    let federation = Federation::new(1);
    let mut hub = federation.hub().await;
    let mut client = federation.padang();
    let mut config = rustls::ClientConfig::clone(&client.config);
    config.client_auth_cert_resolver = Arc::new(ShowsNothing);
    client.config = Arc::new(config);
    let said = hub.refused(client, Refusal::NoCertificate).await;
    assert!(said.contains("none was shown"), "{said}");
}

#[tokio::test]
async fn node_certificate_poses_as_hub() {
    let federation = Federation::new(1);
    let hosts = ["localhost", "127.0.0.1"];
    let of_a_node = federation.padang_pem();
    let sign = |params| federation.authority.sign_anything(&params, &Federation::padang_key());
    let mut old = params(&[HUB], &hosts, SERVER);
    old.not_after = rcgen::date_time_ymd(2020, 1, 1);
    for (pem, expected) in [
        (of_a_node, Refusal::WrongPurpose),
        (sign(params(&[HUB], &hosts, CLIENT)), Refusal::WrongPurpose),
        (sign(params(&[PADANG], &hosts, SERVER)), Refusal::UnknownIdentity),
        (sign(params(&["spiffe://other.example/hub"], &hosts, SERVER)), Refusal::UnknownIdentity),
        (sign(params(&[HUB, PADANG], &hosts, SERVER)), Refusal::SeveralUriSans),
        (sign(params(&[], &hosts, SERVER)), Refusal::NoUriSan),
        (sign(params(&[HUB], &["elsewhere.example"], SERVER)), Refusal::WrongName),
        (sign(old), Refusal::Expired),
    ] {
        let tls = federation.hub_tls(Federation::padang_key(), &pem);
        let mut hub = federation.hub_with(tls, AcceptLimits::default()).await;
        let fault = hub.dial(federation.padang()).await.unwrap_err();
        assert!(
            matches!(fault, ConnectError::HubRefused { reason, .. } if reason == expected),
            "{expected:?}: {fault}"
        );
        assert!(hub.incoming.try_recv().is_err());
    }
}

#[tokio::test]
async fn hub_certificate_poses_as_node() {
    let federation = Federation::new(1);
    let mut hub = federation.hub().await;
    federation.registry.lock().unwrap().insert("hub".to_owned(), Federation::hub_key().spki_sha256());
    let party = federation.party(Federation::hub_key(), &[&federation.hub_pem()]);
    let said = hub.refused(ClientTls::new(&party).unwrap(), Refusal::WrongPurpose).await;
    assert!(said.contains("not a node's"), "{said}");
    for id in [HUB, "spiffe://other.example/node/13.71", "spiffe://lapor.go.id/node/13.71/x", "urn:13.71"] {
        hub.refused(federation.padang_with(&params(&[id], &[], CLIENT)), Refusal::UnknownIdentity).await;
    }
}

#[tokio::test]
async fn tls_1_2_client_is_let_in() {
    let federation = Federation::new(1);
    let mut hub = federation.hub().await;
    let mut hello = vec![0x03, 0x03];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0xc0, 0x2b, 1, 0]);
    let groups = [0x00, 0x0a, 0x00, 0x04, 0x00, 0x02, 0x00, 0x17];
    let schemes = [0x00, 0x0d, 0x00, 0x04, 0x00, 0x02, 0x04, 0x03];
    hello.extend([0, 16]);
    hello.extend(groups);
    hello.extend(schemes);
    let length = u8::try_from(hello.len()).unwrap();
    let mut record = vec![0x16, 0x03, 0x01, 0, length + 4, 0x01, 0, 0, length];
    record.extend(hello);
    let mut stream = TcpStream::connect(hub.address.to_string()).await.unwrap();
    stream.write_all(&record).await.unwrap();
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    // Alert, fatal, protocol_version.
    assert_eq!((answer[0], &answer[5..]), (0x15, &[2, 70][..]), "{answer:?}");
    drop(stream);
    hub.counted(Refusal::Other, 1).await;
    assert!(hub.incoming.try_recv().is_err());
}

#[tokio::test]
async fn client_without_http2_is_let_in() {
    let federation = Federation::new(1);
    let hub = federation.hub().await;
    for alpn in [vec![], vec![b"http/1.1".to_vec()]] {
        let mut client = federation.padang();
        let mut config = rustls::ClientConfig::clone(&client.config);
        config.alpn_protocols = alpn;
        client.config = Arc::new(config);
        assert!(matches!(hub.dial(client).await, Err(ConnectError::NotAHub { .. })));
    }
    hub.counted(Refusal::Other, 2).await;
}

#[tokio::test]
async fn second_connection_resumes_the_first() {
    let federation = Federation::new(1);
    let mut hub = federation.hub().await;
    let client = federation.padang();
    for _ in 0..2 {
        let (mut here, mut there) = hub.admitted(client.clone()).await;
        // Tickets, were there any, would come with the first bytes.
        there.stream.write_all(b"x").await.unwrap();
        assert_eq!(here.read_u8().await.unwrap(), b'x');
        assert_eq!(here.get_ref().1.tls13_tickets_received(), 0);
        // A retry for another key share is a full handshake too.
        for kind in [here.get_ref().1.handshake_kind(), there.stream.get_ref().1.handshake_kind()] {
            assert!(matches!(kind, Some(HandshakeKind::Full | HandshakeKind::FullWithHelloRetryRequest)), "{kind:?}");
        }
    }
}

#[tokio::test]
async fn registry_is_asked_only_once() {
    let federation = Federation::new(1);
    let mut hub = federation.hub().await;
    drop(hub.admitted(federation.padang()).await);
    let revoked = federation.registry.lock().unwrap().remove("13.71");
    hub.refused(federation.padang(), Refusal::UnknownIdentity).await;
    federation.registry.lock().unwrap().insert("13.71".to_owned(), revoked.unwrap());
    drop(hub.admitted(federation.padang()).await);
}

#[tokio::test]
async fn new_certificate_needs_a_restart() {
    let federation = Federation::new(1);
    let mut hub = federation.hub().await;
    let (first, _there) = hub.admitted(federation.padang()).await;
    let new = key(44);
    let requested = super::RequestedKey::of(&new).unwrap();
    let day = std::time::Duration::from_hours(24);
    let pem = federation.authority.issue_hub(&requested, &["127.0.0.1"], now(), day, [8; 16]).unwrap().pem;
    hub.tls.send_replace(Arc::new(federation.hub_tls(new, &pem)));
    let (second, _there) = hub.admitted(federation.padang()).await;
    let leaf = |stream: &super::ClientStream| stream.get_ref().1.peer_certificates().unwrap()[0].to_vec();
    assert_ne!(leaf(&first), leaf(&second));
    assert_eq!(leaf(&second), der(&pem).to_vec());
}

#[tokio::test]
async fn silent_or_absent_hub_is_called_a_refusal() {
    let federation = Federation::new(1);
    let hub = federation.hub().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let elsewhere = |port: u16| super::HostPort::parse(&format!("127.0.0.1:{port}")).unwrap();
    let tls = tokio::sync::watch::Sender::new(Arc::new(federation.padang())).subscribe();
    let limits = super::ConnectLimits { tls: std::time::Duration::from_millis(50), ..Default::default() };
    let dialer = super::Dialer { hub: elsewhere(port), proxy: None, tls, limits };
    let silent = dialer.connect().await.unwrap_err();
    assert!(matches!(silent, ConnectError::NotAHub { .. }), "{silent}");
    drop(listener);
    let absent = dialer.connect().await.unwrap_err();
    assert!(matches!(absent, ConnectError::Unreachable { .. }), "{absent}");
    let nameless = super::Dialer { hub: super::HostPort::parse("no-such-host.invalid:1").unwrap(), ..dialer };
    assert!(matches!(nameless.connect().await, Err(ConnectError::Unreachable { .. })));
    assert_eq!(hub.refusals.total(), 0);
}

#[test]
fn files_of_different_parties_are_mixed() {
    let federation = Federation::new(1);
    let path = |name: &str| federation.dir.path().join(name);
    std::fs::write(path("padang.pem"), federation.padang_pem()).unwrap();
    std::fs::write(path("hub.pem"), federation.hub_pem()).unwrap();
    std::fs::write(path("empty.pem"), "").unwrap();
    files::create_secret(&path("padang.key"), Federation::padang_key().pem().as_bytes()).unwrap();
    let good = TlsFiles { key: path("padang.key"), certificate: path("padang.pem"), authority: path("ca.pem") };
    let padang = SpiffeId::parse(PADANG).unwrap();
    let loaded = TlsIdentity::load(&good, &padang).unwrap();
    assert_eq!(loaded.id(), &padang);

    let other_key = TlsFiles { key: path("ca.key"), ..good.clone() };
    assert!(matches!(TlsIdentity::load(&other_key, &padang), Err(TlsError::KeyMismatch { .. })));
    let other_name = TlsFiles { certificate: path("hub.pem"), ..good.clone() };
    assert!(matches!(TlsIdentity::load(&other_name, &padang), Err(TlsError::NotOurs { .. })));
    let nothing = TlsFiles { authority: path("empty.pem"), ..good.clone() };
    assert!(matches!(TlsIdentity::load(&nothing, &padang), Err(TlsError::NoCertificate(_))));

    let client = Reloadable::start(move || ClientTls::new(&TlsIdentity::load(&good, &padang)?)).unwrap();
    let before = client.current();
    std::fs::write(path("padang.pem"), "half a").unwrap();
    assert!(client.reload().is_err());
    assert!(Arc::ptr_eq(&before, &client.current()));
    std::fs::write(path("padang.pem"), federation.padang_pem()).unwrap();
    assert!(!Arc::ptr_eq(&before, &client.reload().unwrap()));
}

#[tokio::test]
async fn node_behind_a_proxy_does_not_reach_the_hub() {
    let federation = Federation::new(1);
    let mut hub = federation.hub().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = super::HostPort::parse(&listener.local_addr().unwrap().to_string()).unwrap();
    let tls = tokio::sync::watch::Sender::new(Arc::new(federation.padang())).subscribe();
    let dialer =
        super::Dialer { hub: hub.address.clone(), proxy: Some(proxy), tls, limits: super::ConnectLimits::default() };
    let hub_address = hub.address.to_string();
    let relay = async {
        let (mut inner, _) = listener.accept().await.unwrap();
        let mut asked = [0; 1024];
        let length = inner.read(&mut asked).await.unwrap();
        assert!(asked[..length].starts_with(format!("CONNECT {hub_address} ").as_bytes()));
        let mut outer = TcpStream::connect(&hub_address).await.unwrap();
        inner.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        tokio::io::copy_bidirectional(&mut inner, &mut outer).await.unwrap();
    };
    let meet = async {
        let stream = dialer.connect().await.unwrap();
        let there = hub.incoming.recv().await.unwrap();
        assert_eq!(there.peer.as_str(), "13.71");
        (stream, there)
    };
    let both = async {
        tokio::select! {
            () = relay => None,
            found = meet => Some(found),
        }
    };
    assert!(timeout(PATIENCE, both).await.unwrap().is_some());
    drop(listener);
    let fault = dialer.connect().await.unwrap_err();
    assert!(matches!(fault, ConnectError::Proxy { .. }), "{fault}");
}

//! A federation on the loopback address for tests of the link: an authority, a hub that accepts, nodes that dial.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, SanType};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::authority::{Authority, LIFETIME_DEFAULT};
use super::request::{RequestedKey, make_request};
use super::{
    AcceptLimits, Acceptor, Authenticated, ClientStream, ClientTls, ConnectError, ConnectLimits, Dialer, HostPort,
    Refusal, Refusals, ServerTls, SpiffeId, TlsIdentity, TlsKey, refused_by_hub,
};
use crate::domain::{FederationId, NodeId, Timestamp, UnitCode};

/// Nothing in these tests may take longer.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
pub(super) const SERVER: ExtendedKeyUsagePurpose = ExtendedKeyUsagePurpose::ServerAuth;
pub(super) const CLIENT: ExtendedKeyUsagePurpose = ExtendedKeyUsagePurpose::ClientAuth;
pub(super) const PADANG: &str = "spiffe://lapor.go.id/node/13.71";
pub(super) const HUB: &str = "spiffe://lapor.go.id/hub";
const PADANG_SEED: [u8; 32] = [71; 32];
const HUB_SEED: [u8; 32] = [99; 32];

pub(super) fn now() -> Timestamp {
    Timestamp::default().plus_seconds(i64::try_from(UnixTime::now().as_secs()).unwrap())
}

pub(super) fn key(seed: u8) -> TlsKey {
    TlsKey::from_seed(&[seed; 32]).unwrap()
}

pub(super) fn der(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

/// A certificate's content as a test wants it, good for twenty years around now.
pub(super) fn params(uris: &[&str], hosts: &[&str], purpose: ExtendedKeyUsagePurpose) -> CertificateParams {
    let mut params = CertificateParams::new(hosts.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "test");
    params.subject_alt_names.extend(uris.iter().map(|uri| SanType::URI((*uri).try_into().unwrap())));
    params.extended_key_usages = vec![purpose];
    params
}

/// An authority and the registry of one test.
pub(super) struct Federation {
    pub(super) authority: Authority,
    pub(super) registry: Arc<Mutex<BTreeMap<String, [u8; 32]>>>,
    pub(super) dir: tempfile::TempDir,
}

impl Federation {
    /// A federation whose registry knows Padang by its key.
    pub(super) fn new(seed: u8) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let federation = FederationId::parse("lapor.go.id").unwrap();
        let made = now().plus_seconds(-30 * 86_400);
        let authority = Authority::create(dir.path(), &federation, made, &[seed; 32]).unwrap();
        let spki = TlsKey::from_seed(&PADANG_SEED).unwrap().spki_sha256();
        let registry = Arc::new(Mutex::new(BTreeMap::from([("13.71".to_owned(), spki)])));
        Self { authority, registry, dir }
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(der(self.authority.certificate_pem())).unwrap();
        roots
    }

    /// A party of this federation that shows whatever chain it is given.
    pub(super) fn party(&self, key: TlsKey, chain: &[&str]) -> TlsIdentity {
        let chain = chain.iter().map(|pem| der(pem)).collect();
        TlsIdentity::unchecked(SpiffeId::parse(PADANG).unwrap(), key, chain, self.roots())
    }

    /// Padang's certificate, issued as it should be.
    pub(super) fn padang_pem(&self) -> String {
        let request =
            make_request(&TlsKey::from_seed(&PADANG_SEED).unwrap(), &SpiffeId::parse(PADANG).unwrap()).unwrap();
        let unit = UnitCode::parse("13.71").unwrap();
        self.authority.issue_node(&request, &unit, now(), LIFETIME_DEFAULT, [5; 16]).unwrap().pem
    }

    pub(super) fn padang_key() -> TlsKey {
        TlsKey::from_seed(&PADANG_SEED).unwrap()
    }

    pub(super) fn padang(&self) -> ClientTls {
        ClientTls::new(&self.party(Self::padang_key(), &[&self.padang_pem()])).unwrap()
    }

    /// Padang's key with a certificate of other content, from this federation's authority.
    pub(super) fn padang_with(&self, params: &CertificateParams) -> ClientTls {
        let key = Self::padang_key();
        let pem = self.authority.sign_anything(params, &key);
        ClientTls::new(&self.party(key, &[&pem])).unwrap()
    }

    pub(super) fn hub_pem(&self) -> String {
        let requested = RequestedKey::of(&Self::hub_key()).unwrap();
        let hosts = ["localhost", "127.0.0.1"];
        self.authority.issue_hub(&requested, &hosts, now(), LIFETIME_DEFAULT, [6; 16]).unwrap().pem
    }

    pub(super) fn hub_key() -> TlsKey {
        TlsKey::from_seed(&HUB_SEED).unwrap()
    }

    pub(super) fn hub_tls(&self, key: TlsKey, pem: &str) -> ServerTls {
        let registry = Arc::clone(&self.registry);
        let policy = move |node: &NodeId, spki: &[u8; 32]| match registry.lock().unwrap().get(node.as_str()) {
            None => Err(Refusal::UnknownIdentity),
            Some(known) if known != spki => Err(Refusal::KeyNotRegistered),
            Some(_) => Ok(()),
        };
        ServerTls::new(&self.party(key, &[pem]), Arc::new(policy)).unwrap()
    }

    pub(super) async fn hub(&self) -> Hub {
        self.hub_with(self.hub_tls(Self::hub_key(), &self.hub_pem()), AcceptLimits::default()).await
    }

    pub(super) async fn hub_with(&self, tls: ServerTls, limits: AcceptLimits) -> Hub {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = HostPort::parse(&listener.local_addr().unwrap().to_string()).unwrap();
        let (out, incoming) = mpsc::channel(8);
        let tls = watch::Sender::new(Arc::new(tls));
        let refusals = Arc::new(Refusals::default());
        let stop = CancellationToken::new();
        let acceptor = Acceptor { tls: tls.subscribe(), limits, refusals: Arc::clone(&refusals), out, strangers: None };
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(acceptor.run(listener, stop.clone()));
        Hub { address, incoming, tls, refusals, stop, tasks }
    }
}

/// A hub that accepts on the loopback address.
pub(super) struct Hub {
    pub(super) address: HostPort,
    pub(super) incoming: mpsc::Receiver<Authenticated>,
    pub(super) tls: watch::Sender<Arc<ServerTls>>,
    pub(super) refusals: Arc<Refusals>,
    pub(super) stop: CancellationToken,
    pub(super) tasks: tokio::task::JoinSet<super::Ended>,
}

impl Hub {
    pub(super) async fn dial(&self, tls: ClientTls) -> Result<ClientStream, ConnectError> {
        let tls = watch::Sender::new(Arc::new(tls)).subscribe();
        Dialer { hub: self.address.clone(), proxy: None, tls, limits: ConnectLimits::default() }.connect().await
    }

    /// Dials and is let in.
    pub(super) async fn admitted(&mut self, tls: ClientTls) -> (ClientStream, Authenticated) {
        let stream = self.dial(tls).await.unwrap();
        let there = timeout(PATIENCE, self.incoming.recv()).await.unwrap().unwrap();
        (stream, there)
    }

    /// Dials, is refused by the hub for `reason`, and learns it by an alert; gives what the node's operator reads.
    pub(super) async fn refused(&mut self, tls: ClientTls, reason: Refusal) -> String {
        let before = self.refusals.get(reason);
        let mut stream = self.dial(tls).await.unwrap();
        let fault = timeout(PATIENCE, stream.read_u8()).await.unwrap().unwrap_err();
        let said = refused_by_hub(&fault).unwrap().to_string();
        drop(stream);
        self.counted(reason, before + 1).await;
        assert!(self.incoming.try_recv().is_err());
        said
    }

    /// Waits until `reason` was counted `number` times, and sees that nothing else was.
    pub(super) async fn counted(&self, reason: Refusal, number: u64) {
        let wait = async {
            while self.refusals.get(reason) < number {
                tokio::task::yield_now().await;
            }
        };
        let found: Vec<_> = match timeout(PATIENCE, wait).await {
            Ok(()) => vec![(reason, self.refusals.get(reason))],
            Err(_) => self.refusals.iter().filter(|(_, number)| *number > 0).collect(),
        };
        assert_eq!(found, [(reason, number)]);
    }
}

//! A certificate that is renewed while events flow: over real TCP and TLS, on memory stores.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use lintas::desk::{Desk, NewComplaint};
use lintas::domain::event::{Category, PublicName};
use lintas::domain::{
    Channel, Class, FederationId, NodeId, Position, Timestamp, TokenId, UnitCode, Verdict, Visibility,
};
use lintas::identity::issuing::Issuing;
use lintas::identity::renewal::write_renewed;
use lintas::identity::{
    AcceptLimits, Authority, ClientTls, ConnectLimits, Dialer, HostPort, JoiningToken, Reloadable, RequestedKey,
    SpiffeId, TlsFiles, TlsIdentity, TlsKey, certifier, files,
};
use lintas::journal::joining::token_secret;
use lintas::journal::{Keyring, SealingKey, SigningKey};
use lintas::link::hub::ingest::Policy;
use lintas::link::hub::joining::issue;
use lintas::link::hub::registrar::register;
use lintas::link::hub::{HubKey, HubShared};
use lintas::link::node::{NodeKey, NodeShared, Trust};
use lintas::link::transport::join::{JoinKeys, join, renew};
use lintas::link::transport::listen::{Enrolling, listen};
use lintas::link::transport::node::{LinkState, NodeLink};
use lintas::runtime::{Clock as _, OnFailure, OsEntropy, SystemClock, Tasks};
use lintas::store::memory::MemoryStore;
use lintas::store::{Owner, Store, Token};
use lintas::telemetry::Health;
use tokio::sync::watch;
use zeroize::Zeroizing;

/// Events written while certificates are renewed, and how often they are.
const EVENTS: usize = 10_000;
const RENEWALS: usize = 5;
const PATIENCE: Duration = Duration::from_mins(2);

fn new() -> NewComplaint {
    NewComplaint {
        unit: None,
        class: Class::Complaint,
        channel: Channel::Counter,
        visibility: Visibility::Open,
        category: Category::parse("jalan-rusak").unwrap(),
        on_behalf: false,
        about: None,
        area: None,
        narrative: "Jalan berlubang.".to_owned(),
        reporter: None,
    }
}

/// A token as the hub keeps it.
fn row(token: &JoiningToken, now: Timestamp) -> Token {
    Token {
        id: token.id,
        secret: token_secret(&token.secret),
        node: token.node.clone(),
        name: PublicName::parse("Kota Padang").unwrap(),
        issued: now,
        expires: token.expires,
        withdrawn: None,
        redeemed: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn event_is_refused_or_doubled_when_the_certificate_is_renewed() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let federation = FederationId::parse("lapor.test").unwrap();
    let unit = UnitCode::parse("13.71").unwrap();
    let id = SpiffeId::new(federation.clone(), NodeId::Node(unit.clone()));
    let now = SystemClock.timestamp();
    let (tasks, life) = (Tasks::new(), Duration::from_hours(24));

    // The hub.
    let authority = Authority::create(&path("authority"), &federation, now.plus_seconds(-86_400), &[1; 32]).unwrap();
    let key = TlsKey::create(&path("hub.key"), &[2; 32]).unwrap();
    let hosts = ["127.0.0.1"];
    let pem = authority.issue_hub(&RequestedKey::of(&key).unwrap(), &hosts, now, life, [3; 16]).unwrap().pem;
    files::write_public(&path("hub.pem"), pem.as_bytes()).unwrap();
    let ca = path("authority").join("ca.pem");
    let hub_files = TlsFiles { key: path("hub.key"), certificate: path("hub.pem"), authority: ca.clone() };
    let signer = HubKey { federation: federation.clone(), key: Arc::new(SigningKey::from_seed([4; 32])) };
    let hub_store = MemoryStore::new(Owner { federation: federation.clone(), node: NodeId::Hub });
    let listed = lintas::domain::Listing::named(unit.clone(), PublicName::parse("Kota Padang").unwrap()).listed(None);
    register(&hub_store, &signer, vec![listed], now).await.unwrap();
    let shared = HubShared::new(hub_store.clone(), signer.clone(), Policy::default(), Arc::new(SystemClock));
    let issuing = Issuing { federation: federation.clone(), folder: path("authority"), trusted: ca, lifetime: life };
    let hub = HostPort::parse("127.0.0.1:7443").unwrap();
    let enrolling = Some(Enrolling { issuing, hub, entropy: Arc::new(OsEntropy) });
    let (limits, at) = (AcceptLimits::default(), "127.0.0.1:0".parse().unwrap());
    let listening =
        listen(Arc::new(shared), hub_files.clone(), at, limits, enrolling, Health::default(), &tasks).await.unwrap();
    let hub = HostPort::parse(&listening.address.to_string()).unwrap();

    // The node joins.
    let keys = JoinKeys {
        tls: TlsKey::create(&path("tls.key"), &[5; 32]).unwrap(),
        signing: SigningKey::from_seed([6; 32]),
        sealing: SealingKey::from_seed(&[7; 32]),
    };
    let token = JoiningToken {
        federation: federation.clone(),
        node: unit,
        hub: hub.clone(),
        authority: certifier(&hub_files).unwrap(),
        id: TokenId([8; 16]),
        secret: Zeroizing::new([9; 32]),
        expires: now.plus_seconds(3600),
    };
    issue(&hub_store, vec![row(&token, now)]).await.unwrap();
    let tls = watch::Sender::new(Arc::new(ClientTls::joining(&id, &hub, token.authority).unwrap())).subscribe();
    let dialer = Dialer { hub: hub.clone(), proxy: None, tls, limits: ConnectLimits::default() };
    let joined = join(&dialer, &token, &keys, None).await.unwrap();
    let own = TlsFiles { key: path("tls.key"), certificate: path("node.pem"), authority: path("ca.pem") };
    write_renewed(&own, &joined.bundle.certificate_pem, &joined.bundle.authority_pem).unwrap();

    // And runs.
    let store = MemoryStore::new(Owner { federation: federation.clone(), node: id.node.clone() });
    let ring = Keyring::new(keys.sealing.clone(), []);
    let desk = Desk::open(store.clone(), Arc::new(SystemClock), Arc::new(OsEntropy), ring).await.unwrap();
    let (files_of, id_of) = (own.clone(), id.clone());
    let tls = Reloadable::start(move || ClientTls::new(&TlsIdentity::load(&files_of, &id_of)?)).unwrap();
    let node_key = NodeKey::new(federation.clone(), id.node.clone(), keys.signing.clone());
    let trust = Trust { federation, hub: signer.key.public() };
    let node_shared = Arc::new(NodeShared::new(store.clone(), node_key, trust, Arc::new(SystemClock)));
    let dialer = Dialer { hub, proxy: None, tls: tls.watch(), limits: ConnectLimits::default() };
    let state = watch::Sender::new(LinkState::Starting);
    let mut up = state.subscribe();
    let link = NodeLink {
        shared: node_shared,
        dialer: dialer.clone(),
        written: desk.written(),
        state,
        entropy: Arc::new(OsEntropy),
    };
    let stop = tasks.stopping();
    tasks.spawn("link", OnFailure::Log, async move {
        link.run(stop).await;
        Ok::<(), std::convert::Infallible>(())
    });
    tokio::time::timeout(PATIENCE, up.wait_for(|state| matches!(state, LinkState::Up { .. }))).await.unwrap().unwrap();
    // Only once it knows its registry does a desk file.
    until(async || store.registry().await.unwrap().len() == 2).await;

    // Events, and certificates meanwhile; each is of another second, so that it ends later than the one before.
    let (mut shown, mut last) = (BTreeSet::from([tls.current().not_after()]), SystemClock.timestamp());
    for number in 0..EVENTS {
        desk.file(&new()).await.unwrap();
        if number % (EVENTS / RENEWALS) == EVENTS / RENEWALS / 2 {
            until(async || SystemClock.timestamp().seconds_since(last) > 1).await;
            last = SystemClock.timestamp();
            let renewed = renew(&dialer, &id, &keys.tls).await.unwrap();
            write_renewed(&own, &renewed.certificate_pem, &renewed.authority_pem).unwrap();
            shown.insert(tls.reload().unwrap().not_after());
        }
    }
    assert_eq!(shown.len(), RENEWALS + 1);
    let written = desk.written().borrow().seq;
    until(async || hub_store.peer(id.node.clone()).await.unwrap().unwrap().stored.position.seq == written).await;
    let rows = hub_store.journal(id.node.clone(), Position::ZERO, EVENTS * 2).await.unwrap();
    assert_eq!(rows.len(), EVENTS);
    assert!(rows.iter().all(|row| row.verdict == Verdict::Applied));
    assert_eq!(rows.iter().map(|row| row.hash).collect::<BTreeSet<_>>().len(), EVENTS);
    // The link never was down for long: it has moved, and was not cut.
    let moved = hub_store.peer(id.node.clone()).await.unwrap().unwrap().session;
    assert!(moved > u64::try_from(RENEWALS).unwrap(), "{moved} sessions");
    tasks.stop_hard();
}

async fn until(holds: impl AsyncFn() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.unwrap();
}

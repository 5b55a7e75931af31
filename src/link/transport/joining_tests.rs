//! Tests of joining, over real TCP and TLS, with a hub on a memory store whose clock is moved by hand.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use zeroize::Zeroizing;

use super::join::{JoinError, JoinKeys, Joined, Renewed, come_back, join, renew};
use super::listen::{Enrolling, Listening, listen};
use crate::domain::event::PublicName;
use crate::domain::{Change, FederationId, NodeId, Position, Registry, TokenId, UnitCode};
use crate::identity::issuing::Issuing;
use crate::identity::renewal::write_renewed;
use crate::identity::rotation::{Rotation, RotationError};
use crate::identity::{
    AcceptLimits, Authority, ClientTls, ConnectError, ConnectLimits, Dialer, HostPort, JoiningToken, Refusal,
    RequestedKey, SpiffeId, TlsFiles, TlsIdentity, TlsKey, certifier, files, make_request,
};
use crate::journal::joining::token_secret;
use crate::journal::{SealingKey, SigningKey};
use crate::link::hub::ingest::Policy;
use crate::link::hub::joining::{JoinRefusal, LATE_RENEWAL_SECONDS, issue, withdraw};
use crate::link::hub::registrar::register;
use crate::link::hub::{HubKey, HubShared};
use crate::protocol::federation::v1 as pb;
use crate::runtime::{Clock as _, ManualClock, SeededEntropy, SystemClock, Tasks};
use crate::store::memory::MemoryStore;
use crate::store::{Owner, Store as _, Token, TokenStanding};
use crate::telemetry::Health;

const DAY: i64 = 86_400;
const LIFETIME: Duration = Duration::from_hours(7 * 24);

/// A hub on the loopback address.
struct Town {
    dir: tempfile::TempDir,
    federation: FederationId,
    store: MemoryStore,
    shared: Arc<HubShared<MemoryStore>>,
    clock: Arc<ManualClock>,
    files: TlsFiles,
    listening: Listening,
    tasks: Tasks,
    issued: u8,
}

fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

fn name(text: &str) -> PublicName {
    PublicName::parse(text).unwrap()
}

fn keys(seed: u8) -> JoinKeys {
    JoinKeys {
        tls: TlsKey::from_seed(&[seed; 32]).unwrap(),
        signing: SigningKey::from_seed([seed + 1; 32]),
        sealing: SealingKey::from_seed(&[seed + 2; 32]),
    }
}

impl Town {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let federation = FederationId::parse("lapor.test").unwrap();
        let now = SystemClock.timestamp();
        let clock = Arc::new(ManualClock::at(now.0));
        let folder = dir.path().join("authority");
        let authority = Authority::create(&folder, &federation, now.plus_seconds(-90 * DAY), &[1; 32]).unwrap();
        let key = TlsKey::create(&dir.path().join("hub.key"), &[2; 32]).unwrap();
        let hosts = ["localhost", "127.0.0.1"];
        let requested = RequestedKey::of(&key).unwrap();
        let issued = authority.issue_hub(&requested, &hosts, now, LIFETIME, [3; 16]).unwrap();
        files::write_public(&dir.path().join("hub.pem"), issued.pem.as_bytes()).unwrap();
        let files = TlsFiles {
            key: dir.path().join("hub.key"),
            certificate: dir.path().join("hub.pem"),
            authority: folder.join("ca.pem"),
        };
        let signer = HubKey { federation: federation.clone(), key: Arc::new(SigningKey::from_seed([4; 32])) };
        let store = MemoryStore::new(Owner { federation: federation.clone(), node: NodeId::Hub });
        let units =
            ["13", "13.71", "13.72"].map(|code| crate::domain::Listing::named(unit(code), name(code)).listed(None));
        register(&store, &signer, units.into(), now).await.unwrap();
        let shared = Arc::new(HubShared::new(store.clone(), signer, Policy::default(), clock.clone()));
        let trusted = folder.join("ca.pem");
        let issuing = Issuing { federation: federation.clone(), folder, trusted, lifetime: LIFETIME };
        let hub = HostPort::parse("localhost:7443").unwrap();
        let enrolling = Some(Enrolling { issuing, hub, entropy: Arc::new(SeededEntropy::new(5)) });
        let tasks = Tasks::new();
        let address = "127.0.0.1:0".parse().unwrap();
        let (limits, health) = (AcceptLimits::default(), Health::default());
        let listening =
            listen(Arc::clone(&shared), files.clone(), address, limits, enrolling, health, &tasks).await.unwrap();
        Self { dir, federation, store, shared, clock, files, listening, tasks, issued: 0 }
    }

    fn address(&self) -> HostPort {
        HostPort::parse(&self.listening.address.to_string()).unwrap()
    }

    /// A token for a node, open for a day.
    async fn token(&mut self, code: &str) -> JoiningToken {
        self.issued += 1;
        let now = self.clock.timestamp();
        let token = JoiningToken {
            federation: self.federation.clone(),
            node: unit(code),
            hub: self.address(),
            authority: certifier(&self.files).unwrap(),
            id: TokenId([self.issued; 16]),
            secret: Zeroizing::new([self.issued.wrapping_mul(37); 32]),
            expires: now.plus_seconds(DAY),
        };
        let row = Token {
            id: token.id,
            secret: token_secret(&token.secret),
            node: token.node.clone(),
            name: name("Kota Padang"),
            issued: now,
            expires: token.expires,
            withdrawn: None,
            redeemed: None,
        };
        issue(&self.store, vec![row]).await.unwrap();
        token
    }

    fn dialer(&self, tls: ClientTls) -> Dialer {
        let tls = watch::Sender::new(Arc::new(tls)).subscribe();
        Dialer { hub: self.address(), proxy: None, tls, limits: ConnectLimits::default() }
    }

    async fn join(&self, token: &JoiningToken, keys: &JoinKeys) -> Result<Joined, JoinError> {
        let id = SpiffeId::new(token.federation.clone(), NodeId::Node(token.node.clone()));
        let tls = ClientTls::joining(&id, &token.hub, token.authority).unwrap();
        join(&self.dialer(tls), token, keys, None).await
    }

    async fn refused(&self, token: &JoiningToken, keys: &JoinKeys) -> JoinRefusal {
        match self.join(token, keys).await {
            Err(JoinError::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    }

    async fn registry(&self) -> Registry {
        let mut registry = Registry::default();
        self.store.registry().await.unwrap().iter().for_each(|event| registry.apply(event));
        registry
    }

    async fn standing(&self, token: &JoiningToken) -> TokenStanding {
        let now = self.clock.timestamp();
        self.store.tokens().await.unwrap().iter().find(|row| row.id == token.id).unwrap().standing(now)
    }

    /// What a node keeps that has joined: its files and the dialler of its link.
    fn settle(&self, joined: &Joined, keys: &JoinKeys) -> (TlsFiles, SpiffeId) {
        let folder = self.dir.path().join(joined.bundle.node.as_str());
        files::make_folder(&folder).unwrap();
        let placed = TlsFiles {
            key: folder.join("tls.key"),
            certificate: folder.join("node.pem"),
            authority: folder.join("ca.pem"),
        };
        files::replace_secret(&placed.key, keys.tls.pem().as_bytes()).unwrap();
        write_renewed(&placed, &joined.bundle.certificate_pem, &joined.bundle.authority_pem).unwrap();
        (placed, SpiffeId::new(self.federation.clone(), NodeId::Node(joined.bundle.node.clone())))
    }

    fn link(&self, (files, id): &(TlsFiles, SpiffeId)) -> Dialer {
        self.dialer(ClientTls::new(&TlsIdentity::load(files, id).unwrap()).unwrap())
    }

    fn returning(&self, (files, id): &(TlsFiles, SpiffeId)) -> Dialer {
        self.dialer(ClientTls::returning(id, &self.address(), &files.authority).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_does_not_join_with_its_token() {
    let mut town = Town::new().await;
    let (token, keys) = (town.token("13.71").await, keys(10));
    let joined = town.join(&token, &keys).await.unwrap();
    assert_eq!((joined.name.as_str(), joined.bundle.hub.to_string()), ("Kota Padang", "localhost:7443".to_owned()));
    assert_eq!(joined.bundle.hub_signing_key, town.shared.signer.key.public());
    let registry = town.registry().await;
    assert_eq!(joined.registry, registry.position());
    let entry = registry.node(&NodeId::parse("13.71").unwrap()).unwrap();
    let public = keys.public();
    assert_eq!(
        (entry.tls_key, entry.signing_key(), entry.sealing_key),
        (public.tls, Some(public.signing), public.sealing)
    );
    assert_eq!(town.standing(&token).await, TokenStanding::Used);
    // The link takes it at once.
    town.link(&town.settle(&joined, &keys)).probe().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn token_raced() {
    let mut town = Town::new().await;
    let token = town.token("13.71").await;
    let (one, other) = (keys(10), keys(20));
    let (first, second) = tokio::join!(town.join(&token, &one), town.join(&token, &other));
    let lost = match (first, second) {
        (Ok(_), Err(lost)) | (Err(lost), Ok(_)) => lost,
        both => panic!("{both:?}"),
    };
    assert!(matches!(lost, JoinError::Refused(JoinRefusal::Used)), "{lost}");
    assert_eq!(town.registry().await.nodes().count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joining_that_broke_off_cannot_be_repeated() {
    let mut town = Town::new().await;
    let (token, own) = (town.token("13.71").await, keys(10));
    let first = town.join(&token, &own).await.unwrap();
    let events = town.store.registry().await.unwrap().len();
    let again = town.join(&token, &own).await.unwrap();
    assert_eq!((again.registry, &again.name), (first.registry, &first.name));
    assert_eq!(town.store.registry().await.unwrap().len(), events);
    // One key of three exchanged is somebody else.
    let mixed = JoinKeys { sealing: keys(20).sealing, ..own };
    assert_eq!(town.refused(&token, &mixed).await, JoinRefusal::Used);
    town.clock.advance((DAY + 1) * 1_000_000);
    assert_eq!(town.refused(&token, &JoinKeys { sealing: keys(10).sealing, ..mixed }).await, JoinRefusal::Used);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn token_counts_that_should_not() {
    let mut town = Town::new().await;
    let (expired, withdrawn, other) = (town.token("13.71").await, town.token("13.71").await, town.token("13.72").await);
    withdraw(&town.store, withdrawn.id, town.clock.timestamp()).await.unwrap();
    assert_eq!(town.refused(&withdrawn, &keys(10)).await, JoinRefusal::Withdrawn);
    let elsewhere = JoiningToken { node: unit("13.71"), ..other.clone() };
    assert_eq!(town.refused(&elsewhere, &keys(10)).await, JoinRefusal::OtherNode);
    let guessed = JoiningToken { secret: Zeroizing::new([9; 32]), ..other.clone() };
    assert_eq!(town.refused(&guessed, &keys(10)).await, JoinRefusal::Unknown);
    let unknown = JoiningToken { id: TokenId([0xee; 16]), ..other };
    assert_eq!(town.refused(&unknown, &keys(10)).await, JoinRefusal::Unknown);
    town.clock.advance((DAY + 1) * 1_000_000);
    assert_eq!(town.refused(&expired, &keys(10)).await, JoinRefusal::Expired);
    assert_eq!(town.registry().await.nodes().count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn key_of_another_node_is_registered_again() {
    let mut town = Town::new().await;
    let (token, padang) = (town.token("13.71").await, keys(10));
    town.join(&token, &padang).await.unwrap();
    let token = town.token("13.72").await;
    let of = |seed| keys(seed);
    for mixed in [
        JoinKeys { tls: of(10).tls, ..of(20) },
        JoinKeys { signing: of(10).signing, ..of(20) },
        JoinKeys { sealing: of(10).sealing, ..of(20) },
    ] {
        assert_eq!(town.refused(&token, &mixed).await, JoinRefusal::KeyRegistered);
    }
    // The token is not used up by that.
    town.join(&token, &keys(20)).await.unwrap();
    // Its own keys, all three, may come back with a new token.
    let token = town.token("13.71").await;
    let events = town.store.registry().await.unwrap().len();
    town.join(&token, &padang).await.unwrap();
    assert_eq!(town.store.registry().await.unwrap().len(), events);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn token_is_guessed_at_without_end() {
    let mut town = Town::new().await;
    let token = town.token("13.71").await;
    let guessed = JoiningToken { secret: Zeroizing::new([9; 32]), ..token.clone() };
    let mut said = Vec::new();
    for _ in 0..12 {
        said.push(town.refused(&guessed, &keys(10)).await);
    }
    assert_eq!(said.iter().filter(|refusal| **refusal == JoinRefusal::TooMany).count(), 2, "{said:?}");
    town.clock.advance(60_000_000);
    town.join(&token, &keys(10)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_hub_takes_the_token() {
    let (mut town, stranger) = (Town::new().await, Town::new().await);
    let token = town.token("13.71").await;
    // Of the same name, at the address that is dialled, with an authority of its own.
    let other = Authority::create(
        &stranger.dir.path().join("other"),
        &stranger.federation,
        SystemClock.timestamp().plus_seconds(-DAY),
        &[77; 32],
    )
    .unwrap();
    let key = RequestedKey::of(&TlsKey::load(&stranger.files.key).unwrap()).unwrap();
    let pem = other.issue_hub(&key, &["127.0.0.1"], SystemClock.timestamp(), LIFETIME, [8; 16]).unwrap().pem;
    files::write_public(&stranger.files.certificate, pem.as_bytes()).unwrap();
    files::write_public(&stranger.files.authority, other.certificate_pem().as_bytes()).unwrap();
    stranger.listening.tls.reload().unwrap();
    let dialled = JoiningToken { hub: stranger.address(), ..token };
    let said = stranger.join(&dialled, &keys(10)).await.unwrap_err();
    assert!(
        matches!(&said, JoinError::Connect(fault) if matches!(**fault, ConnectError::HubRefused { reason: Refusal::UnknownAuthority, .. })),
        "{said:?}"
    );
    drop(town);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hub_is_joined_under_another_host_name() {
    let mut town = Town::new().await;
    let token = town.token("13.71").await;
    let id = SpiffeId::new(town.federation.clone(), NodeId::parse("13.71").unwrap());
    let elsewhere = HostPort::parse("hub.elsewhere.test:7443").unwrap();
    let tls = ClientTls::joining(&id, &elsewhere, token.authority).unwrap();
    let said = join(&town.dialer(tls), &token, &keys(10), None).await.unwrap_err();
    assert!(
        matches!(&said, JoinError::Connect(fault) if matches!(**fault, ConnectError::HubRefused { reason: Refusal::WrongName, .. })),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stranger_reaches_the_link() {
    let mut town = Town::new().await;
    let token = town.token("13.71").await;
    let id = SpiffeId::new(token.federation.clone(), NodeId::Node(token.node.clone()));
    let tls = ClientTls::joining(&id, &token.hub, token.authority).unwrap();
    let csr = make_request(&keys(10).tls, &id).unwrap();
    let channel = super::join::channel(&town.dialer(tls)).await.unwrap();
    let mut link = pb::link_client::LinkClient::new(channel.clone());
    let said = link.renew(pb::RenewRequest { certificate_request: csr }).await.unwrap_err();
    assert_eq!(said.code(), tonic::Code::Unimplemented);
    let said = link.session(tokio_stream::empty()).await.unwrap_err();
    assert_eq!(said.code(), tonic::Code::Unimplemented);
    let mut enrolment = pb::enrolment_client::EnrolmentClient::new(channel);
    // What was not begun is not finished, and nothing is told.
    let said = enrolment.finish(pb::JoinProof::default()).await.unwrap_err();
    assert_eq!(said.message(), "proof");
    let long = pb::JoinRequest { node: "x".repeat(100_000), ..pb::JoinRequest::default() };
    assert_eq!(enrolment.begin(long).await.unwrap_err().code(), tonic::Code::OutOfRange);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificate_is_not_renewed_on_the_link() {
    let mut town = Town::new().await;
    let (token, own) = (town.token("13.71").await, keys(10));
    let joined = town.join(&token, &own).await.unwrap();
    let settled = town.settle(&joined, &own);
    town.clock.advance(60_000_000);
    let Renewed { certificate_pem, authority_pem } = renew(&town.link(&settled), &settled.1, &own.tls).await.unwrap();
    write_renewed(&settled.0, &certificate_pem, &authority_pem).unwrap();
    let before = joined.bundle.certificate_pem;
    assert_ne!(certificate_pem, before);
    town.link(&settled).probe().await.unwrap();
    // With another TLS key: from then on the registry knows that one, and the old one is nobody's.
    let next = keys(20).tls;
    let renewed = renew(&town.link(&settled), &settled.1, &next).await.unwrap();
    let entry = town.registry().await.node(&settled.1.node).unwrap().clone();
    assert_eq!(entry.tls_key, next.spki_sha256());
    assert!(town.link(&settled).probe().await.is_err());
    files::replace_secret(&settled.0.key, next.pem().as_bytes()).unwrap();
    write_renewed(&settled.0, &renewed.certificate_pem, &renewed.authority_pem).unwrap();
    town.link(&settled).probe().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_that_was_off_too_long_comes_back_by_itself() {
    let mut town = Town::new().await;
    let (token, own) = (town.token("13.71").await, keys(10));
    let joined = town.join(&token, &own).await.unwrap();
    let settled = town.settle(&joined, &own);
    let old = joined.bundle.certificate_pem.clone();
    let late = LIFETIME.as_secs().cast_signed() + LATE_RENEWAL_SECONDS;
    // On the last day.
    town.clock.advance((late - DAY) * 1_000_000);
    let back = come_back(&town.returning(&settled), &settled.1, (&own.tls, &own.signing), old.clone()).await.unwrap();
    assert_ne!(back.bundle.certificate_pem, old);
    // With another signing key.
    let thief = keys(20).signing;
    let said = come_back(&town.returning(&settled), &settled.1, (&own.tls, &thief), old.clone()).await.unwrap_err();
    assert!(matches!(said, JoinError::Refused(JoinRefusal::Proof)), "{said}");
    // A day later.
    town.clock.advance(2 * DAY * 1_000_000);
    let said = come_back(&town.returning(&settled), &settled.1, (&own.tls, &own.signing), old).await.unwrap_err();
    assert!(matches!(said, JoinError::Refused(JoinRefusal::TooLate)), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ca_issued_certificate_with_unregistered_key() {
    let mut town = Town::new().await;
    // The operator's own authority: the hub has its certificate, and no key of it.
    let place = town.dir.path().join("authority");
    let authority = Authority::load(&place, &town.federation).unwrap();
    std::fs::rename(place.join("ca.key"), place.join("ca.key.elsewhere")).unwrap();
    let id = SpiffeId::new(town.federation.clone(), NodeId::parse("13.71").unwrap());
    let certify = |key: &TlsKey| {
        let request = make_request(key, &id).unwrap();
        authority.issue_node(&request, &unit("13.71"), town.clock.timestamp(), LIFETIME, [9; 16]).unwrap().pem
    };
    let (own, pem) = (keys(10), certify(&keys(10).tls));
    let other = certify(&keys(20).tls);
    let token = town.token("13.71").await;
    assert_eq!(town.refused(&token, &own).await, JoinRefusal::NoAuthority);
    let tls = || ClientTls::joining(&id, &token.hub, token.authority).unwrap();
    let joined = join(&town.dialer(tls()), &token, &own, Some(pem.clone())).await.unwrap();
    assert_eq!(joined.bundle.certificate_pem, "");
    let mut joined = joined;
    joined.bundle.certificate_pem = pem;
    let settled = town.settle(&joined, &own);
    town.link(&settled).probe().await.unwrap();
    // A genuine certificate of the same authority, in the same name, for a key that never joined.
    files::replace_secret(&settled.0.key, keys(20).tls.pem().as_bytes()).unwrap();
    files::write_public(&settled.0.certificate, other.as_bytes()).unwrap();
    let said = town.link(&settled).probe().await.unwrap_err();
    assert!(matches!(said, ConnectError::OurCertificateRefused { .. }), "{said}");
    // A certificate for another node does not help to join.
    let token = town.token("13.72").await;
    let tls = ClientTls::joining(&id, &token.hub, token.authority).unwrap();
    let said = join(&town.dialer(tls), &token, &keys(20), Some(other)).await.unwrap_err();
    assert!(matches!(said, JoinError::Refused(JoinRefusal::Proof)), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_at_hand_are_not_proven() {
    let mut town = Town::new().await;
    let token = town.token("13.71").await;
    let id = SpiffeId::new(token.federation.clone(), NodeId::Node(token.node.clone()));
    let (own, other) = (keys(10), keys(20));
    let ask = |keys: &JoinKeys| {
        let public = keys.public();
        pb::JoinRequest {
            token: token.id.0.to_vec(),
            node: token.node.to_string(),
            signing_key: public.signing.0.to_vec(),
            sealing_key: public.sealing.0.to_vec(),
            certificate_request: make_request(&keys.tls, &id).unwrap(),
            certificate: String::new(),
        }
    };
    let tls = || ClientTls::joining(&id, &token.hub, token.authority).unwrap();
    // A sealing key whose secret half is somebody else's, a signature that is missing, a request that was altered.
    for (opened, signature) in [(vec![0; 32], vec![0; 64]), (Vec::new(), vec![1; 64]), (vec![0; 32], Vec::new())] {
        let channel = super::join::channel(&town.dialer(tls())).await.unwrap();
        let mut client = pb::enrolment_client::EnrolmentClient::new(channel);
        client.begin(ask(&own)).await.unwrap();
        let proof = pb::JoinProof { secret: token.secret.to_vec(), opened, signature };
        assert_eq!(client.finish(proof.clone()).await.unwrap_err().message(), "proof");
        // One challenge serves for one try.
        assert_eq!(client.finish(proof).await.unwrap_err().message(), "proof");
    }
    let mut altered = ask(&own);
    altered.certificate_request = altered.certificate_request.replacen('A', "B", 1);
    let weak = pb::JoinRequest { sealing_key: vec![0; 32], ..ask(&other) };
    for bad in [altered, weak, pb::JoinRequest::default()] {
        let channel = super::join::channel(&town.dialer(tls())).await.unwrap();
        let said = pb::enrolment_client::EnrolmentClient::new(channel).begin(bad).await.unwrap_err();
        assert_eq!(said.message(), "proof");
    }
    assert_eq!(town.standing(&token).await, TokenStanding::Open);
    town.join(&token, &own).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connection_outlives_its_certificate() {
    let mut town = Town::new().await;
    let (token, own) = (town.token("13.71").await, keys(10));
    let joined = town.join(&token, &own).await.unwrap();
    let settled = town.settle(&joined, &own);
    let ends = TlsIdentity::load(&settled.0, &settled.1).unwrap().not_after();
    town.clock.set(ends.plus_seconds(-2).0);
    let channel = super::join::channel(&town.link(&settled)).await.unwrap();
    let mut link = pb::link_client::LinkClient::new(channel);
    let session = link.session(tokio_stream::pending()).await.unwrap();
    let ended = async {
        let mut session = session.into_inner();
        while let Ok(Some(_)) = session.message().await {}
    };
    tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap();
    assert!(link.session(tokio_stream::pending()).await.is_err());
}

/// What another process writes into the registry ends a connection that is up, not only the session in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connection_outlives_its_key_or_a_suspension() {
    let changes = [
        Change::NodeCertified { node: unit("13.71"), tls_key: [99; 32] },
        Change::NodeSuspended { node: unit("13.71") },
        Change::NodeRevoked { node: unit("13.71"), last: Position::ZERO },
    ];
    for change in changes {
        let mut town = Town::new().await;
        let (token, own) = (town.token("13.71").await, keys(10));
        let joined = town.join(&token, &own).await.unwrap();
        let settled = town.settle(&joined, &own);
        let channel = super::join::channel(&town.link(&settled)).await.unwrap();
        let mut link = pb::link_client::LinkClient::new(channel);
        let session = link.session(tokio_stream::pending()).await.unwrap();
        register(&town.store, &town.shared.signer, vec![change.clone()], town.clock.timestamp()).await.unwrap();
        let ended = async {
            let mut session = session.into_inner();
            while let Ok(Some(_)) = session.message().await {}
        };
        tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap_or_else(|_| panic!("{change:?}"));
        assert!(link.session(tokio_stream::pending()).await.is_err(), "{change:?}");
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        self.tasks.stop_hard();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn authority_is_exchanged_with_half_the_nodes_late() {
    let mut town = Town::new().await;
    let (token, early) = (town.token("13.71").await, keys(10));
    let in_time = town.settle(&town.join(&token, &early).await.unwrap(), &early);
    let (token, other) = (town.token("13.72").await, keys(20));
    let late = town.settle(&town.join(&token, &other).await.unwrap(), &other);
    let folder = town.dir.path().join("authority");
    let rotation = Rotation { folder: &folder, hub: &town.files, federation: &town.federation };
    let now = town.clock.timestamp();
    let until = now.plus_seconds(3 * DAY);
    rotation.begin(now, until, LIFETIME, (&[55; 32], [56; 16])).unwrap();
    assert!(matches!(rotation.begin(now, until, LIFETIME, (&[57; 32], [56; 16])), Err(RotationError::UnderWay(_))));
    town.listening.tls.reload().unwrap();
    // Nobody is shut out by the beginning; whoever renews trusts both from then on.
    for settled in [&in_time, &late] {
        town.link(settled).probe().await.unwrap();
    }
    let renewed = renew(&town.link(&in_time), &in_time.1, &early.tls).await.unwrap();
    write_renewed(&in_time.0, &renewed.certificate_pem, &renewed.authority_pem).unwrap();
    town.link(&in_time).probe().await.unwrap();
    assert!(!rotation.finish(until.plus_seconds(-1)).unwrap());
    assert!(rotation.finish(until).unwrap());
    assert!(!rotation.finish(until).unwrap());
    town.listening.tls.reload().unwrap();
    town.link(&in_time).probe().await.unwrap();
    let said = town.link(&late).probe().await.unwrap_err();
    assert!(matches!(said, ConnectError::HubRefused { reason: Refusal::UnknownAuthority, .. }), "{said}");
    // The one that is late joins with a new token and the keys that it has.
    let token = town.token("13.72").await;
    let back = town.settle(&town.join(&token, &other).await.unwrap(), &other);
    town.link(&back).probe().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interrupted_exchange_of_the_authority_leaves_no_authority() {
    let town = Town::new().await;
    let folder = town.dir.path().join("authority");
    let rotation = Rotation { folder: &folder, hub: &town.files, federation: &town.federation };
    let now = town.clock.timestamp();
    let beyond = now.plus_seconds(30 * DAY);
    assert!(matches!(
        rotation.begin(now, beyond, LIFETIME, (&[55; 32], [56; 16])),
        Err(RotationError::HubCertificateEnds)
    ));
    let (key, pem) = (folder.join("ca.key"), folder.join("ca.pem"));
    let before = (std::fs::read(&key).unwrap(), std::fs::read_to_string(&pem).unwrap());
    rotation.begin(now, now.plus_seconds(DAY), LIFETIME, (&[55; 32], [56; 16])).unwrap();
    // As if it had been broken off between the two files.
    let made = (std::fs::read(&key).unwrap(), std::fs::read_to_string(&pem).unwrap());
    let next = folder.join("next");
    files::make_folder(&next).unwrap();
    files::replace_secret(&next.join("ca.key"), &made.0).unwrap();
    let own = made.1.replace(&before.1, "");
    files::write_public(&next.join("ca.pem"), own.as_bytes()).unwrap();
    files::replace_secret(&key, &before.0).unwrap();
    assert!(Authority::load(&folder, &town.federation).is_err());
    rotation.begin(now, now.plus_seconds(DAY), LIFETIME, (&[58; 32], [59; 16])).unwrap();
    Authority::load(&folder, &town.federation).unwrap();
    assert_eq!((std::fs::read(&key).unwrap(), std::fs::read_to_string(&pem).unwrap()), made);
}

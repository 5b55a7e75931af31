//! One who holds a node's real key and speaks the session himself, batch by batch.

use lintas::domain::{EventHash, FederationId, NodeId, Position, SealHash};
use lintas::journal::{self, Head, Seal, SealBody, SigningKey};
use lintas::link::hub::session::Input;
use lintas::link::hub::{HubEnd, Output};
use lintas::link::message::{Down, Fault, Hello, Up, UpBatch, VERSIONS};
use lintas::store::memory::MemoryStore;
use lintas::store::{Batch, SealedEntry, Store};

use super::bench::{Bench, node};

pub(crate) struct Forger {
    pub(crate) node: NodeId,
    pub(crate) key: SigningKey,
    pub(crate) end: HubEnd<MemoryStore>,
    /// The last seal that was sent.
    pub(crate) head: Head,
    pub(crate) federation: FederationId,
    hub: Head,
    inbound: (u32, u64),
    store: MemoryStore,
}

impl Forger {
    /// A session in the name of a node whose journal goes on where the hub's copy ends.
    pub(crate) async fn connect(bench: &Bench, code: &str) -> Self {
        let mut forger = Self::silent(bench, code).await;
        let hello = forger.hello(bench);
        let out = forger.say(bench, Up::Hello(hello)).await;
        assert!(matches!(out.messages.first(), Some(Down::Welcome(_))), "{:?}", out.messages.first());
        forger
    }

    /// The same, before its first word.
    pub(crate) async fn silent(bench: &Bench, code: &str) -> Self {
        let peer = bench.store.peer(node(code)).await.unwrap().unwrap();
        let stored = peer.stored;
        let own = bench.store.own().await.unwrap();
        Self {
            node: node(code),
            key: bench.at(code).key.clone(),
            end: HubEnd::new(bench.hub.clone(), node(code)),
            head: if stored.position == Position::ZERO { Head::GENESIS } else { stored },
            federation: bench.signer.federation.clone(),
            hub: own.sealed,
            inbound: (peer.generation, peer.delivered),
            store: bench.store.clone(),
        }
    }

    pub(crate) fn hello(&self, bench: &Bench) -> Hello {
        Hello {
            versions: VERSIONS,
            federation: self.federation.clone(),
            head: self.head,
            inbound: self.inbound,
            hub: self.hub,
            judged: Position::ZERO,
            recover: false,
            clock: bench.now(),
            program: "forger".to_owned(),
        }
    }

    pub(crate) async fn say(&mut self, bench: &Bench, up: Up) -> Output {
        self.end.handle(Input::Received(up, bench.now())).await
    }

    /// The body of an honest seal over these headers, to be bent.
    pub(crate) fn body(&self, headers: &[Vec<u8>]) -> SealBody {
        let hashes: Vec<EventHash> = headers.iter().map(|bytes| journal::header_hash(bytes)).collect();
        let Position { incarnation, seq } = self.head.position;
        SealBody {
            federation: self.federation.clone(),
            origin: self.node.clone(),
            incarnation,
            first: seq + 1,
            last: seq + u64::try_from(headers.len()).unwrap(),
            previous: self.head.hash,
            root: journal::merkle::root(&hashes),
            hub: Head::NONE,
        }
    }

    /// Seals headers as the next batch and goes on from there.
    pub(crate) fn seal(&mut self, headers: Vec<Vec<u8>>) -> UpBatch {
        let seal = Seal::sign(self.body(&headers), &self.key);
        self.head = seal.head();
        batch(seal, headers)
    }

    /// Sends a batch that is to be taken.
    pub(crate) async fn accepted(&mut self, batch: UpBatch) -> Vec<Down> {
        let at = batch.batch.seal.head();
        let out = self.end.handle(Input::Received(Up::Batch(batch), lintas::domain::Timestamp(0))).await;
        assert!(out.ended.is_none(), "{:?}", out.ended);
        let stored = self.store.peer(self.node.clone()).await.unwrap().unwrap().stored;
        assert!(stored.position >= at.position);
        out.messages
    }

    /// Sends a batch that ends the session: nothing of it is stored, and both operators are told why.
    pub(crate) async fn faulted(&mut self, bench: &Bench, batch: UpBatch, fault: Fault) {
        let before = (bench.store.counts().await.unwrap(), self.stored(bench).await);
        let out = self.say(bench, Up::Batch(batch.clone())).await;
        assert_eq!(out.ended, Some(Some(fault)));
        assert_eq!(out.messages, vec![Down::Fault(fault)]);
        assert_eq!((bench.store.counts().await.unwrap(), self.stored(bench).await), before, "something was stored");
        let told = bench.store.peer(self.node.clone()).await.unwrap().unwrap().fault;
        assert_eq!(told, fault.is_lasting().then(|| fault.to_string()));
        // The session is over, whatever is said in it now.
        let out = self.say(bench, Up::Batch(batch)).await;
        assert!(out.messages.is_empty() && out.ended.is_none());
        assert_eq!(self.stored(bench).await, before.1);
    }

    pub(crate) async fn stored(&self, bench: &Bench) -> (Head, Vec<EventHash>) {
        let peer = bench.store.peer(self.node.clone()).await.unwrap().unwrap();
        let rows = bench.store.journal(self.node.clone(), Position::ZERO, 100_000).await.unwrap();
        (peer.stored, rows.into_iter().map(|row| row.hash).collect())
    }
}

pub(crate) fn batch(seal: Seal, headers: Vec<Vec<u8>>) -> UpBatch {
    let entries = headers.into_iter().map(|bytes| SealedEntry { bytes, parts: Vec::new(), trace: None }).collect();
    UpBatch { batch: Batch { seal, entries }, announced: Vec::new() }
}

/// Any seal hash that nobody has.
pub(crate) const NOWHERE: SealHash = SealHash([0xee; 32]);

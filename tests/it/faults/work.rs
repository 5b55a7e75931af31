//! Forgery at a node that holds its real key: events that no desk would write, put into its own journal. The node's end of the
//! link seals and sends them as any others.

use std::collections::BTreeSet;

use lintas::domain::admission::last_of;
use lintas::domain::event::{Category, Filing};
use lintas::domain::{
    Change, Channel, Class, ComplaintId, Event, EventHash, Header, Position, Registry, TrackingNumber, Verdict,
    Visibility,
};
use lintas::journal::{self, Part};
use lintas::runtime::TraceContext;
use lintas::store::{Changes, Entry, Scope, SealedEntry, Store};

use super::bench::{Bench, Site, unit};

impl Site {
    pub(crate) async fn events(&self, id: ComplaintId) -> Vec<Event> {
        let file = self.store.file(id).await.unwrap().unwrap_or_default();
        file.events.into_iter().map(|filed| filed.event).collect()
    }

    /// The header of an honest event, to be bent.
    pub(crate) async fn header(&self, id: ComplaintId, change: Change, bench: &Bench) -> Header {
        let events = self.events(id).await;
        let mut registry = Registry::default();
        self.store.registry().await.unwrap().iter().for_each(|event| registry.apply(event));
        let filed = events.iter().find(|event| matches!(event.header.change, Change::Filed(_)));
        Header {
            federation: bench.signer.federation.clone(),
            node: self.node.clone(),
            position: self.store.own().await.unwrap().written.next(),
            prev: last_of(&self.node, &events),
            complaint: Some(id),
            opener: filed.map(|event| event.hash),
            seen: filed.map(|event| event.hash),
            registry: registry.position(),
            time: bench.now(),
            unit: self.node.unit().cloned(),
            account: None,
            change,
            parts: Vec::new(),
        }
    }

    /// Writes a bent event into the own journal.
    pub(crate) async fn write(&self, header: Header, parts: Vec<Part>) -> EventHash {
        self.write_traced(header, parts, None).await
    }

    /// The same, with a trace of what caused it.
    pub(crate) async fn write_traced(
        &self,
        header: Header,
        parts: Vec<Part>,
        trace: Option<TraceContext>,
    ) -> EventHash {
        let bytes = journal::header::encode(&header);
        let event = Event { hash: journal::header_hash(&bytes), header };
        let entry = Entry::of(&event, bytes, parts, None, Verdict::Provisional).traced(trace);
        let position = self.store.own().await.unwrap().written.next();
        let entry = Entry { node: self.node.clone(), position, ends: None, registry: false, ..entry };
        self.put(entry).await;
        event.hash
    }

    /// Writes bytes that are no header of this place.
    pub(crate) async fn write_bytes(&self, bytes: Vec<u8>) -> EventHash {
        let hash = journal::header_hash(&bytes);
        let position = self.store.own().await.unwrap().written.next();
        self.put(Entry {
            node: self.node.clone(),
            position,
            hash,
            sealed: SealedEntry { bytes, parts: Vec::new(), trace: None },
            complaint: None,
            registry: false,
            ends: None,
            change: "unreadable".to_owned(),
            proof: None,
            verdict: Verdict::Provisional,
        })
        .await;
        hash
    }

    async fn put(&self, entry: Entry) {
        let changes = Changes { entries: vec![entry], ..Changes::default() };
        let scope = Scope { complaints: BTreeSet::new(), ..Scope::default() };
        self.store.transact(scope, |_| (changes, ())).await.unwrap();
    }

    /// What the author's operator is shown of an event.
    pub(crate) async fn shown(&self, at: Position) -> Option<Verdict> {
        let refusals = self.store.refusals(1000).await.unwrap();
        refusals.into_iter().find(|refusal| refusal.position == at).map(|refusal| refusal.verdict)
    }
}

impl Bench {
    /// A filing of `author` on behalf of `code`, and its complaint.
    pub(crate) async fn filing(&mut self, author: &str, code: &str) -> (ComplaintId, Header) {
        self.nonces += 1;
        let filing = Filing {
            nonce: [self.nonces; 16],
            tracking: TrackingNumber::from_random(u64::from(self.nonces)),
            class: Class::Complaint,
            channel: Channel::Counter,
            on_behalf: false,
            visibility: Visibility::Open,
            category: Category::parse("jalan-rusak").unwrap(),
            about: None,
            area: None,
        };
        let site = self.at(author);
        let id = journal::complaint_id(&self.signer.federation, &site.node, &filing.nonce);
        let header = site.header(id, Change::Filed(Box::new(filing)), self).await;
        (id, Header { opener: None, seen: None, unit: Some(unit(code)), ..header })
    }
}

//! The audit: whether everything stored still proves itself: bytes, seals, chains, content, receipts, and every complaint's
//! stored state against its events. For hub and node alike; it reads in pages, changes nothing, and tells all it finds.

mod complaint;
mod journal;
mod outbox;
mod receipt;
mod report;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::opening::Opener;
use crate::domain::{Change, ComplaintId, NodeId, Position, Registry, SigningKeyId, Verdict};
use crate::journal::Head;
use crate::runtime::{Progress, Step};
use crate::store::{JournalRow, Owner, Store, StoreError};

use journal::{Extent, Walk};
pub use report::{Checked, FINDINGS_MAX, Finding, Report};

/// Rows that are read at a time.
const PAGE_ROWS: usize = 100;
/// Complaints that are looked at once more before anything is said of them.
const DOUBTFUL_MAX: usize = 1000;

/// Checks everything stored. `hub` is the hub's signing key, `own` that of the store's owner. What `opener` can open is compared
/// with what its author signed.
///
/// It may run beside the program that writes: it looks at what was there when it began, and twice at a complaint that seems
/// wrong, since its events and what the hub says of them arrive one after the other. `progress` is told how far it is.
///
/// # Errors
/// If storage failed. What does not verify is no error but a finding.
pub async fn audit<S: Store>(
    store: &S,
    hub: SigningKeyId,
    own: SigningKeyId,
    opener: &Opener,
    progress: &Progress,
) -> Result<Report, StoreError> {
    let mut audit = Audit::begin(store, hub, own, opener, progress).await?;
    for origin in audit.origins().await? {
        audit.journal(&origin).await?;
    }
    audit.complaints().await?;
    if audit.owner.node.is_hub() {
        outbox::check(store, &mut audit.report).await?;
    } else {
        receipt::check(store, &audit.owner, hub, &mut audit.report).await?;
    }
    Ok(audit.report)
}

struct Audit<'a, S> {
    store: &'a S,
    opener: &'a Opener,
    owner: Owner,
    registry: Registry,
    /// The registry's events as the store hands them out.
    announced: Vec<crate::domain::EventHash>,
    hub: SigningKeyId,
    own: SigningKeyId,
    /// Where each whole journal ended when the audit began.
    ends: BTreeMap<NodeId, Head>,
    /// How much of the own journal was written, sealed or not.
    written: Position,
    stored: u64,
    /// Complaints whose filing was met.
    filed: u64,
    doubtful: BTreeSet<ComplaintId>,
    report: Report,
    /// Rows of journals.
    step: Step,
}

impl<'a, S: Store> Audit<'a, S> {
    async fn begin(
        store: &'a S,
        hub: SigningKeyId,
        own: SigningKeyId,
        opener: &'a Opener,
        progress: &Progress,
    ) -> Result<Self, StoreError> {
        let owner = store.owner().await?;
        let counts = store.counts().await?;
        let (stored, step) = (counts.complaints, progress.step("progress.verify", Some(counts.events)));
        let written = store.own().await?;
        let mut ends = BTreeMap::from([(owner.node.clone(), written.sealed)]);
        if owner.node.is_hub() {
            ends.extend(store.peers().await?.into_iter().map(|peer| (peer.node, peer.stored)));
        }
        let mut registry = Registry::default();
        let mut announced = Vec::new();
        for event in store.registry().await? {
            announced.push(event.hash);
            registry.apply(&event);
        }
        let mut report = Report::default();
        (report.checked.unsealed, report.checked.set_aside) = (counts.unsealed, counts.set_aside);
        let (filed, doubtful, written) = (0, BTreeSet::new(), written.written);
        Ok(Self {
            store,
            opener,
            owner,
            registry,
            announced,
            hub,
            own,
            ends,
            written,
            stored,
            filed,
            doubtful,
            report,
            step,
        })
    }

    /// Every journal of which something is or should be stored.
    async fn origins(&self) -> Result<BTreeSet<NodeId>, StoreError> {
        let mut origins: BTreeSet<NodeId> = self.store.origins().await?.into_iter().collect();
        let expected = self.ends.iter().filter(|(_, end)| end.position.seq > 0);
        origins.extend(expected.map(|(node, _)| node.clone()));
        Ok(origins)
    }

    /// The keys with which a journal's seals may be signed.
    fn keys(&self, origin: &NodeId) -> Vec<SigningKeyId> {
        if origin.is_hub() {
            return vec![self.hub];
        }
        let known = self.registry.node(origin).map(|entry| entry.signing_keys.as_slice()).unwrap_or_default();
        let own = (*origin == self.owner.node).then_some(self.own);
        own.into_iter().chain(known.iter().map(|span| span.key)).collect()
    }

    /// How much of a journal must be there.
    fn extent(&self, origin: &NodeId) -> Extent {
        match self.ends.get(origin) {
            Some(end) if *origin == self.owner.node => Extent::Whole { end: *end, written: self.written },
            Some(end) => Extent::Whole { end: *end, written: end.position },
            None => Extent::Parts,
        }
    }

    async fn journal(&mut self, origin: &NodeId) -> Result<(), StoreError> {
        let extent = self.extent(origin);
        let mut walk = Walk::new(&self.owner, origin, extent, self.keys(origin), self.registry.node(origin));
        self.report.checked.journals = self.report.checked.journals.saturating_add(1);
        let (mut after, mut announced) = (Position::ZERO, 0_usize);
        loop {
            let rows = self.store.journal(origin.clone(), after, PAGE_ROWS).await?;
            let Some(last) = rows.last().map(|row| row.position) else { break };
            for row in &rows {
                if !walk.reaches(row.position) {
                    break;
                }
                let seal =
                    if walk.wants_seal(row) { self.store.seal_of(origin.clone(), row.position).await? } else { None };
                walk.row(row, seal, &mut self.report);
                self.meet(origin, row, &mut announced).await?;
                self.step.advance(1);
            }
            if rows.len() < PAGE_ROWS || !walk.reaches(last) {
                break;
            }
            after = last;
        }
        walk.end(&mut self.report);
        if origin.is_hub() && announced < self.announced.len() {
            self.report.find("audit.registry", vec![]);
        }
        Ok(())
    }

    /// What a row says of other things than its journal: of the registry, and of complaints.
    async fn meet(&mut self, origin: &NodeId, row: &JournalRow, announced: &mut usize) -> Result<(), StoreError> {
        let Ok(event) = crate::journal::event(&row.bytes) else { return Ok(()) };
        if origin.is_hub() && event.header.change.role() == crate::domain::Role::Registry {
            match self.announced.get(*announced) {
                Some(hash) if *hash != row.hash => self.report.find("audit.registry", vec![]),
                // What came after the audit began is none of its business.
                Some(_) | None => {}
            }
            *announced = announced.saturating_add(1);
        }
        let admitted = !matches!(row.verdict, Verdict::Inadmissible(_));
        if let (Change::Filed(_), Some(id), true) = (&event.header.change, row.complaint, admitted) {
            let findings = self.complaint(id, row.hash).await?;
            if findings > 0 && self.doubtful.len() < DOUBTFUL_MAX {
                self.doubtful.insert(id);
            }
        }
        Ok(())
    }

    /// Looks at a complaint for the first time; says how much seems wrong with it.
    async fn complaint(&mut self, id: ComplaintId, filing: crate::domain::EventHash) -> Result<usize, StoreError> {
        let mut first = Report::default();
        let file = self.store.file(id).await?.map(|file| self.opener.open(file));
        let of_this_filing = complaint::check(id, file.as_ref(), filing, &self.owner.node, &mut first);
        if of_this_filing {
            self.filed = self.filed.saturating_add(1);
            self.report.checked.add_complaint(&first.checked);
        }
        Ok(first.findings.len())
    }

    /// The complaints once more of which something seemed wrong, and how many there are.
    async fn complaints(&mut self) -> Result<(), StoreError> {
        for id in std::mem::take(&mut self.doubtful) {
            let file = self.store.file(id).await?.map(|file| self.opener.open(file));
            let mut again = Report::default();
            complaint::check_again(id, file.as_ref(), &self.owner.node, &mut again);
            self.report.findings_of(again);
        }
        // New ones may have come in since; fewer filings than complaints there cannot be.
        if self.filed < self.stored {
            let facts = vec![("stored", self.stored.to_string()), ("found", self.filed.to_string())];
            self.report.find("audit.count", facts);
        }
        Ok(())
    }
}

//! One journal, row by row: that bytes read and hash, that nothing is missing, that every seal and every proof holds. Goes on
//! after a finding. Holds one batch's hashes and no content.

use super::report::Report;
use crate::domain::registry::{Life, NodeEntry};
use crate::domain::{EventHash, FederationId, NodeId, Position, SealHash, SigningKeyId, Verdict};
use crate::journal::{self, BATCH_EVENTS_MAX, GENESIS, Head, Proof, Seal, check_parts, merkle, verify_forwarded};
use crate::store::{JournalRow, Owner};

/// How much of a journal must be stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Extent {
    /// All of it up to here.
    Whole {
        /// The last sealed position and its seal.
        end: Head,
        /// The last written position; only the own journal has events beyond its last seal.
        written: Position,
    },
    /// Whatever was forwarded; each event with its proof.
    Parts,
}

/// A batch whose rows are being read.
struct Open {
    seal: Seal,
    hashes: Vec<EventHash>,
}

pub(super) struct Walk {
    federation: FederationId,
    origin: NodeId,
    own: bool,
    extent: Extent,
    keys: Vec<SigningKeyId>,
    lives: Vec<Life>,
    before: Position,
    previous: SealHash,
    open: Option<Open>,
    sealed: Head,
}

impl Walk {
    pub(super) fn new(
        owner: &Owner,
        origin: &NodeId,
        extent: Extent,
        keys: Vec<SigningKeyId>,
        entry: Option<&NodeEntry>,
    ) -> Self {
        Self {
            federation: owner.federation.clone(),
            origin: origin.clone(),
            own: owner.node == *origin,
            extent,
            keys,
            lives: entry.map(|entry| entry.lives.clone()).unwrap_or_default(),
            before: Position::ZERO,
            previous: GENESIS,
            open: None,
            sealed: Head::GENESIS,
        }
    }

    /// Whether a position is within what the audit looks at.
    pub(super) fn reaches(&self, position: Position) -> bool {
        match self.extent {
            Extent::Whole { written, .. } => position <= written,
            Extent::Parts => true,
        }
    }

    /// Whether the seal that covers a row has to be fetched.
    pub(super) fn wants_seal(&self, row: &JournalRow) -> bool {
        match self.extent {
            Extent::Parts => true,
            Extent::Whole { .. } => !self.is_covered(row.position),
        }
    }

    fn is_covered(&self, at: Position) -> bool {
        self.open.as_ref().is_some_and(|open| {
            let body = open.seal.body();
            body.incarnation == at.incarnation && (body.first..=body.last).contains(&at.seq)
        })
    }

    /// Takes the next row, with its seal if it was wanted and there is one.
    pub(super) fn row(&mut self, row: &JournalRow, seal: Option<Seal>, report: &mut Report) {
        report.checked.events = report.checked.events.saturating_add(1);
        self.header(row, report);
        match self.extent {
            Extent::Parts => self.forwarded(row, seal, report),
            Extent::Whole { end, .. } => {
                self.sequence(row.position, report);
                self.batch(row, seal, end, report);
            }
        }
        self.before = row.position;
    }

    /// That a whole journal ends where it is noted to end.
    pub(super) fn end(mut self, report: &mut Report) {
        let Extent::Whole { end, written } = self.extent else { return };
        self.break_off(report);
        if self.before != written && !(written.seq == 0 && self.before <= written) {
            let facts = vec![("place", self.place(written)), ("found", self.before.to_string())];
            report.find("audit.end", facts);
        } else if end.position.seq > 0 && self.sealed != end {
            let facts = vec![("place", self.place(end.position)), ("found", self.sealed.position.to_string())];
            report.find("audit.end", facts);
        }
    }

    fn place(&self, at: Position) -> String {
        format!("{} {at}", self.origin)
    }

    /// Bytes, hash, place and content of a row.
    fn header(&self, row: &JournalRow, report: &mut Report) {
        let place = || vec![("place", self.place(row.position))];
        // The hub keeps what it found inadmissible as it came, readable or not; what stands elsewhere, or twice, as a copy.
        let inadmissible = matches!(row.verdict, Verdict::Inadmissible(_));
        if journal::header_hash(&row.bytes) != self.sealed_hash(row) {
            report.find("audit.hash", place());
        }
        let event = match journal::event(&row.bytes) {
            Ok(event) => event,
            Err(_) if inadmissible => return,
            Err(error) => {
                report.find("audit.header", [place(), vec![("cause", error.to_string())]].concat());
                return;
            }
        };
        let header = &event.header;
        let elsewhere = header.federation != self.federation
            || header.node != self.origin
            || header.position != row.position
            || header.complaint != row.complaint;
        if elsewhere && !inadmissible {
            report.find("audit.place", place());
        }
        report.checked.parts = report.checked.parts.saturating_add(u64::try_from(row.parts.len()).unwrap_or(0));
        if check_parts(header, &row.parts).is_err() {
            report.find("audit.parts", place());
        }
    }

    /// That no event is left out, and that a new life was granted.
    fn sequence(&self, at: Position, report: &mut Report) {
        let expected = Position::new(self.before.incarnation.max(1), self.before.seq).next();
        if at == expected {
            return;
        }
        let facts = |name, fact: String| vec![("place", self.place(at)), (name, fact)];
        if at.incarnation <= expected.incarnation {
            report.find("audit.gap", facts("expected", expected.to_string()));
            return;
        }
        let life = self.lives.iter().find(|life| life.incarnation == at.incarnation);
        let granted = life.map_or_else(
            // The grant may still be on its way to the node that received it in the session.
            || self.own,
            |life| life.after == self.before || life.after.seq == 0 && life.after.incarnation > self.before.incarnation,
        );
        if at.seq != 1 || !granted && !self.origin.is_hub() {
            report.find("audit.life", facts("expected", expected.to_string()));
        }
    }

    /// The hash under which a row was sealed: its own, or, of a copy that the hub found inadmissible, that of its bytes.
    fn sealed_hash(&self, row: &JournalRow) -> EventHash {
        let hash = journal::header_hash(&row.bytes);
        let copy = || row.hash == journal::header::copy_name(&self.origin, row.position, &hash);
        if matches!(row.verdict, Verdict::Inadmissible(_)) && copy() { hash } else { row.hash }
    }

    /// The batch that a row belongs to: chain and signature at its first row, root at its last.
    fn batch(&mut self, row: &JournalRow, seal: Option<Seal>, end: Head, report: &mut Report) {
        if !self.is_covered(row.position) {
            self.break_off(report);
            let Some(seal) = seal else {
                if row.position <= end.position {
                    report.find("audit.unsealed", vec![("place", self.place(row.position))]);
                }
                return;
            };
            // Sealed since the audit began.
            if row.position > end.position {
                return;
            }
            self.begin(seal, row.position, report);
        }
        let hash = self.sealed_hash(row);
        let Some(open) = &mut self.open else { return };
        open.hashes.push(hash);
        let body = open.seal.body();
        let last = row.position.seq == body.last;
        if let Some(proof) = &row.proof {
            report.checked.proofs = report.checked.proofs.saturating_add(1);
            let root = merkle::root_from_path(&hash, u64::from(proof.index), body.events(), &proof.path);
            let right = body.first.checked_add(u64::from(proof.index)) == Some(row.position.seq);
            if !right || proof.seal_last != body.last || root != Some(body.root) {
                let cause = "its path does not lead to its seal".to_owned();
                report.find("audit.proof", vec![("place", self.place(row.position)), ("cause", cause)]);
            }
        }
        if last {
            self.close(report);
        }
    }

    fn begin(&mut self, seal: Seal, at: Position, report: &mut Report) {
        let body = seal.body();
        report.checked.seals = report.checked.seals.saturating_add(1);
        let mut broken = |cause: &str| {
            report.find("audit.seal", vec![("place", format!("{} {at}", self.origin)), ("cause", cause.to_owned())]);
        };
        if body.federation != self.federation || body.origin != self.origin {
            broken("it belongs to another journal");
        }
        if body.first != at.seq {
            broken("it begins elsewhere");
        }
        if body.previous != self.previous {
            broken("it does not continue the seal before");
        }
        if self.keys.is_empty() {
            report.find("audit.key", vec![("place", self.place(at))]);
        } else if !self.keys.iter().any(|key| seal.verify(key).is_ok()) {
            broken("its signature is none of its author's keys'");
        }
        self.open = Some(Open { seal, hashes: Vec::with_capacity(BATCH_EVENTS_MAX.min(64)) });
    }

    fn close(&mut self, report: &mut Report) {
        let Some(Open { seal, hashes }) = self.open.take() else { return };
        if merkle::root(&hashes) != seal.body().root {
            let cause = "the events of the batch are not those that were sealed".to_owned();
            report.find("audit.seal", vec![("place", self.place(seal.body().end())), ("cause", cause)]);
        }
        self.sealed = seal.head();
        self.previous = self.sealed.hash;
    }

    /// A batch whose last rows are missing.
    fn break_off(&mut self, report: &mut Report) {
        if self.open.is_some() {
            self.close(report);
        }
    }

    /// An event that came by way of the hub proves itself alone.
    fn forwarded(&self, row: &JournalRow, seal: Option<Seal>, report: &mut Report) {
        let place = || vec![("place", self.place(row.position))];
        let (Some(seal), Some(proof)) = (seal, &row.proof) else {
            report.find("audit.unsealed", place());
            return;
        };
        report.checked.proofs = report.checked.proofs.saturating_add(1);
        if self.keys.is_empty() {
            report.find("audit.key", place());
            return;
        }
        let proof = Proof { seal, index: proof.index, path: proof.path.clone() };
        let mut cause = None;
        for key in &self.keys {
            match verify_forwarded(&row.bytes, &proof, key, &self.federation) {
                Ok(_) => return,
                Err(error) => cause = cause.or(Some(error)),
            }
        }
        let cause = cause.map(|error| error.to_string()).unwrap_or_default();
        report.find("audit.proof", [place(), vec![("cause", cause)]].concat());
    }
}

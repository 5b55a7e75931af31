//! Rows of events and of their content, and what is read from them.

use std::collections::HashMap;

use sqlx::FromRow;

use super::{corrupt, event_hash, number};
use crate::domain::{ComplaintId, Event, EventHash, PartKind, Position, Verdict};
use crate::journal::{self, Body, Part};
use crate::runtime::TraceContext;
use crate::store::{Delivery, FiledEvent, JournalRow, ProofRef, Refusals, SealedEntry, StoreError, Unsealed};

/// The columns of [`Row`].
macro_rules! columns {
    () => {
        "e.id, e.hash, e.incarnation, e.seq, e.header, e.complaint, e.seal_last, e.leaf, e.path, e.verdict, e.reason"
    };
}
pub(in crate::store) use columns;

/// The column of [`Row`] that only those ask for who pass the event on, or must know what caused it.
macro_rules! trace {
    () => {
        "(SELECT t.context FROM traces t WHERE t.event = e.id) AS trace"
    };
}
pub(in crate::store) use trace;

/// Bytes of header and parts of `e`.
macro_rules! size {
    () => {
        "length(e.header) + (SELECT coalesce(sum(length(p.content)), 0) FROM parts p WHERE p.event = e.id)"
    };
}
pub(in crate::store) use size;

/// A stored event.
#[derive(FromRow)]
pub(in crate::store) struct Row {
    pub(in crate::store) id: i64,
    hash: Vec<u8>,
    incarnation: i64,
    seq: i64,
    pub(in crate::store) header: Vec<u8>,
    complaint: Option<Vec<u8>>,
    seal_last: Option<i64>,
    leaf: Option<i64>,
    path: Option<Vec<u8>>,
    verdict: i64,
    reason: i64,
    #[sqlx(default)]
    trace: Option<Vec<u8>>,
}

impl Row {
    pub(in crate::store) fn hash(&self) -> Result<EventHash, StoreError> {
        event_hash(&self.hash)
    }

    pub(in crate::store) fn position(&self) -> Result<Position, StoreError> {
        super::position(self.incarnation, self.seq)
    }

    pub(in crate::store) fn verdict(&self) -> Result<Verdict, StoreError> {
        super::verdict(self.verdict, self.reason)
    }

    /// What caused it, if that was asked for and is known.
    pub(in crate::store) fn trace(&self) -> Result<Option<TraceContext>, StoreError> {
        let read =
            |bytes: &Vec<u8>| TraceContext::from_bytes(bytes).ok_or_else(|| corrupt("a trace context has no id"));
        self.trace.as_ref().map(read).transpose()
    }

    pub(in crate::store) fn complaint(&self) -> Result<Option<ComplaintId>, StoreError> {
        self.complaint.as_deref().map(super::complaint).transpose()
    }

    pub(in crate::store) fn event(&self) -> Result<Event, StoreError> {
        decode(&self.hash, &self.header)
    }

    pub(in crate::store) fn proof(&self) -> Result<Option<ProofRef>, StoreError> {
        let (Some(last), Some(leaf), Some(path)) = (self.seal_last, self.leaf, &self.path) else { return Ok(None) };
        Ok(Some(ProofRef { seal_last: number(last)?, index: number(leaf)?, path: super::path(path)? }))
    }
}

/// Reads a header and compares it with the name under which it is stored.
pub(in crate::store) fn decode(hash: &[u8], header: &[u8]) -> Result<Event, StoreError> {
    let hash = event_hash(hash)?;
    let event = journal::event(header).map_err(|error| corrupt(format_args!("the header of event {hash}: {error}")))?;
    if event.hash == hash { Ok(event) } else { Err(corrupt(format_args!("event {hash} has been altered"))) }
}

/// A part with the row number of its event.
#[derive(FromRow)]
pub(in crate::store) struct PartRow {
    event: i64,
    #[sqlx(flatten)]
    columns: PartColumns,
}

/// The columns of a part, of an event or of one set aside.
#[derive(FromRow)]
pub(in crate::store) struct PartColumns {
    part: i64,
    kind: i64,
    form: i64,
    salt: Vec<u8>,
    content: Vec<u8>,
}

/// A part's content as a row holds it.
pub(in crate::store) struct Written<'a> {
    /// In which form: 0 as it was written, 1 sealed by its author, 2 locked by the store.
    pub(in crate::store) form: i64,
    /// Its salt; zeros where that lies within the content.
    pub(in crate::store) salt: [u8; 32],
    /// The content.
    pub(in crate::store) content: &'a [u8],
}

impl<'a> Written<'a> {
    pub(in crate::store) fn of(part: &'a Part) -> Self {
        match &part.body {
            Body::Plain { salt, content } => Self { form: 0, salt: *salt, content },
            Body::Sealed(content) => Self { form: 1, salt: [0; 32], content },
            Body::Locked(content) => Self { form: 2, salt: [0; 32], content },
            Body::Faulty(_) => Self { form: 1, salt: [0; 32], content: &[] },
        }
    }
}

impl PartColumns {
    pub(in crate::store) fn part(self) -> Result<Part, StoreError> {
        let unknown = || corrupt(format_args!("the part kind {} is unknown", self.kind));
        let kind = PartKind::from_code(number(self.kind)?).ok_or_else(unknown)?;
        let body = match self.form {
            0 => Body::Plain { salt: super::bytes(&self.salt)?, content: self.content },
            1 => Body::Sealed(self.content),
            2 => Body::Locked(self.content),
            other => return Err(corrupt(format_args!("the form {other} of a part is unknown"))),
        };
        Ok(Part { index: number(self.part)?, kind, body })
    }
}

impl PartRow {
    pub(in crate::store) fn part(self) -> Result<Part, StoreError> {
        self.columns.part()
    }
}

/// Parts by the row numbers of their events.
pub(in crate::store) fn parts_by_event(rows: Vec<PartRow>) -> Result<HashMap<i64, Vec<Part>>, StoreError> {
    let mut parts: HashMap<i64, Vec<Part>> = HashMap::new();
    for row in rows {
        parts.entry(row.event).or_default().push(row.columns.part()?);
    }
    Ok(parts)
}

/// Rows with their content, as they travel.
pub(in crate::store) fn with_parts(
    rows: Vec<Row>,
    mut parts: HashMap<i64, Vec<Part>>,
) -> Result<Vec<SealedEntry>, StoreError> {
    let entry = |row: Row| {
        let trace = row.trace()?;
        Ok(SealedEntry { parts: parts.remove(&row.id).unwrap_or_default(), bytes: row.header, trace })
    };
    rows.into_iter().map(entry).collect()
}

/// Rows with their content, as verification reads them.
pub(in crate::store) fn journal_rows(
    rows: Vec<Row>,
    mut parts: HashMap<i64, Vec<Part>>,
) -> Result<Vec<JournalRow>, StoreError> {
    let row = |row: Row| {
        Ok(JournalRow {
            position: row.position()?,
            hash: row.hash()?,
            complaint: row.complaint()?,
            proof: row.proof()?,
            parts: parts.remove(&row.id).unwrap_or_default(),
            verdict: row.verdict()?,
            bytes: row.header,
        })
    };
    rows.into_iter().map(row).collect()
}

/// Rows with their content, as a file shows them.
pub(in crate::store) fn filed(
    rows: Vec<Row>,
    mut parts: HashMap<i64, Vec<Part>>,
) -> Result<Vec<FiledEvent>, StoreError> {
    let filed = |row: Row| {
        let parts = parts.remove(&row.id).unwrap_or_default();
        Ok(FiledEvent { event: row.event()?, parts, verdict: row.verdict()? })
    };
    rows.into_iter().map(filed).collect()
}

/// Own events that no seal covers: life, seq, name, bytes.
pub(in crate::store) fn unsealed(rows: Vec<(i64, i64, Vec<u8>, i64)>) -> Result<Vec<Unsealed>, StoreError> {
    let unsealed = |(incarnation, seq, hash, bytes): (i64, i64, Vec<u8>, i64)| {
        let position = super::position(incarnation, seq)?;
        Ok(Unsealed { position, hash: event_hash(&hash)?, bytes: number(bytes)? })
    };
    rows.into_iter().map(unsealed).collect()
}

/// The verdicts of a journal, up to the first that is provisional: life, seq, name, verdict, reason.
pub(in crate::store) fn verdicts(
    rows: Vec<(i64, i64, Vec<u8>, i64, i64)>,
) -> Result<Vec<(Position, EventHash, Verdict)>, StoreError> {
    let mut verdicts = Vec::new();
    for (incarnation, seq, hash, verdict, reason) in rows {
        let verdict = super::verdict(verdict, reason)?;
        if verdict == Verdict::Provisional {
            break;
        }
        verdicts.push((super::position(incarnation, seq)?, event_hash(&hash)?, verdict));
    }
    Ok(verdicts)
}

/// Names of a journal's events: life, seq, hash.
pub(in crate::store) fn event_names(rows: Vec<(i64, i64, Vec<u8>)>) -> Result<Vec<(Position, EventHash)>, StoreError> {
    let name =
        |(incarnation, seq, hash): (i64, i64, Vec<u8>)| Ok((super::position(incarnation, seq)?, event_hash(&hash)?));
    rows.into_iter().map(name).collect()
}

/// An own event that did not simply apply: life, seq, complaint, change, verdict, reason.
pub(in crate::store) type RefusalRow = (i64, i64, Option<Vec<u8>>, String, i64, i64);

/// Own events that did not simply apply.
pub(in crate::store) fn refusals(rows: Vec<RefusalRow>) -> Result<Vec<Refusals>, StoreError> {
    let refusal = |(incarnation, seq, complaint, change, verdict, reason): RefusalRow| {
        Ok(Refusals {
            position: super::position(incarnation, seq)?,
            complaint: complaint.as_deref().map(super::complaint).transpose()?,
            change,
            verdict: super::verdict(verdict, reason)?,
        })
    };
    rows.into_iter().map(refusal).collect()
}

/// An event that was set aside, and one of its parts.
#[derive(FromRow)]
pub(in crate::store) struct AsidePart {
    hash: Vec<u8>,
    #[sqlx(flatten)]
    columns: PartColumns,
}

/// Events that were set aside, with their content.
pub(in crate::store) fn set_aside(
    rows: Vec<(Vec<u8>, Vec<u8>)>,
    found: Vec<AsidePart>,
) -> Result<Vec<SealedEntry>, StoreError> {
    let mut parts: HashMap<Vec<u8>, Vec<Part>> = HashMap::new();
    for row in found {
        parts.entry(row.hash).or_default().push(row.columns.part()?);
    }
    let entry = |(hash, bytes)| SealedEntry { bytes, parts: parts.remove(&hash).unwrap_or_default(), trace: None };
    Ok(rows.into_iter().map(entry).collect())
}

/// A row of an outbox: its event, and the seal of that.
#[derive(FromRow)]
pub(in crate::store) struct Pointer {
    number: i64,
    #[sqlx(flatten)]
    pub(in crate::store) event: Row,
    body: Option<Vec<u8>>,
    signature: Option<Vec<u8>>,
}

/// Rows of an outbox with their content, up to the first whose proof is not stored yet.
pub(in crate::store) fn deliveries(
    pointers: Vec<Pointer>,
    parts: &HashMap<i64, Vec<Part>>,
) -> Result<Vec<Delivery>, StoreError> {
    let mut deliveries: Vec<Delivery> = Vec::with_capacity(pointers.len());
    for Pointer { number: at, event, body, signature } in pointers {
        let Some(proof) = event.proof()? else { break };
        let missing = || corrupt(format_args!("the seal of the event at number {at} of an outbox is missing"));
        let (body, signature) = body.zip(signature).ok_or_else(missing)?;
        // Neighbours are mostly of one batch.
        let before = deliveries.last().map(|delivery| &delivery.seal);
        let same = before.filter(|seal| seal.bytes() == body && seal.signature()[..] == signature).cloned();
        deliveries.push(Delivery {
            number: number(at)?,
            // An event may stand in an outbox more than once.
            parts: parts.get(&event.id).cloned().unwrap_or_default(),
            seal: same.map_or_else(|| super::seal(body, &signature), Ok)?,
            index: proof.index,
            path: proof.path,
            verdict: event.verdict()?,
            trace: event.trace()?,
            bytes: event.header,
        });
    }
    Ok(deliveries)
}

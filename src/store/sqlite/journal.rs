//! Reading journals: rows with their content, the registry, which journals there are.

use std::collections::HashMap;

use sqlx::{FromRow, SqliteConnection};

use super::codec::{self, corrupt, event_hash, int, limit, number, number_list};
use super::{JournalRow, StoreError};
use crate::domain::{ComplaintId, Event, EventHash, NodeId, PartKind, Position, Verdict};
use crate::journal::{self, Part};
use crate::runtime::TraceContext;
use crate::store::{Owner, ProofRef, SealedEntry, Unsealed};

/// The columns of [`Row`].
macro_rules! columns {
    () => {
        "e.id, e.hash, e.incarnation, e.seq, e.header, e.complaint, e.seal_last, e.leaf, e.path, e.verdict, e.reason"
    };
}
pub(super) use columns;

/// The column of [`Row`] that only those ask for who pass the event on, or must know what caused it.
macro_rules! trace {
    () => {
        "(SELECT t.context FROM traces t WHERE t.event = e.id) AS trace"
    };
}
pub(super) use trace;

/// Bytes of header and parts of `e`.
macro_rules! size {
    () => {
        "length(e.header) + (SELECT coalesce(sum(length(p.content)), 0) FROM parts p WHERE p.event = e.id)"
    };
}
pub(super) use size;

/// A stored event.
#[derive(FromRow)]
pub(super) struct Row {
    pub(super) id: i64,
    hash: Vec<u8>,
    incarnation: i64,
    seq: i64,
    pub(super) header: Vec<u8>,
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
    pub(super) fn hash(&self) -> Result<EventHash, StoreError> {
        event_hash(&self.hash)
    }

    pub(super) fn position(&self) -> Result<Position, StoreError> {
        codec::position(self.incarnation, self.seq)
    }

    pub(super) fn verdict(&self) -> Result<Verdict, StoreError> {
        codec::verdict(self.verdict, self.reason)
    }

    /// What caused it, if that was asked for and is known.
    pub(super) fn trace(&self) -> Result<Option<TraceContext>, StoreError> {
        let read =
            |bytes: &Vec<u8>| TraceContext::from_bytes(bytes).ok_or_else(|| corrupt("a trace context has no id"));
        self.trace.as_ref().map(read).transpose()
    }

    pub(super) fn complaint(&self) -> Result<Option<ComplaintId>, StoreError> {
        self.complaint.as_deref().map(codec::complaint).transpose()
    }

    pub(super) fn event(&self) -> Result<Event, StoreError> {
        decode(&self.hash, &self.header)
    }

    pub(super) fn proof(&self) -> Result<Option<ProofRef>, StoreError> {
        let (Some(last), Some(leaf), Some(path)) = (self.seal_last, self.leaf, &self.path) else { return Ok(None) };
        Ok(Some(ProofRef { seal_last: number(last)?, index: number(leaf)?, path: codec::path(path)? }))
    }
}

/// Reads a header and compares it with the name under which it is stored.
fn decode(hash: &[u8], header: &[u8]) -> Result<Event, StoreError> {
    let hash = event_hash(hash)?;
    let event = journal::event(header).map_err(|error| corrupt(format_args!("the header of event {hash}: {error}")))?;
    if event.hash == hash { Ok(event) } else { Err(corrupt(format_args!("event {hash} has been altered"))) }
}

/// The present content of events.
pub(super) async fn parts(
    connection: &mut SqliteConnection,
    events: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, Vec<Part>>, StoreError> {
    let rows: Vec<PartRow> = sqlx::query_as(
        "SELECT event, part, kind, salt, content FROM parts WHERE event IN (SELECT value FROM json_each(?))
         ORDER BY event, part",
    )
    .bind(number_list(events))
    .fetch_all(connection)
    .await?;
    let mut parts: HashMap<i64, Vec<Part>> = HashMap::new();
    for row in rows {
        parts.entry(row.event).or_default().push(row.columns.part()?);
    }
    Ok(parts)
}

#[derive(FromRow)]
struct PartRow {
    event: i64,
    #[sqlx(flatten)]
    columns: PartColumns,
}

/// The columns of a part, of an event or of one set aside.
#[derive(FromRow)]
pub(super) struct PartColumns {
    part: i64,
    kind: i64,
    salt: Vec<u8>,
    content: Vec<u8>,
}

impl PartColumns {
    pub(super) fn part(self) -> Result<Part, StoreError> {
        let unknown = || corrupt(format_args!("the part kind {} is unknown", self.kind));
        let kind = PartKind::from_code(number(self.kind)?).ok_or_else(unknown)?;
        Ok(Part { index: number(self.part)?, kind, salt: codec::bytes(&self.salt)?, content: self.content })
    }
}

/// Rows with their content, as they travel.
pub(super) async fn with_parts(
    connection: &mut SqliteConnection,
    rows: Vec<Row>,
) -> Result<Vec<SealedEntry>, StoreError> {
    let mut parts = parts(connection, rows.iter().map(|row| row.id)).await?;
    let entry = |row: Row| {
        let trace = row.trace()?;
        Ok(SealedEntry { parts: parts.remove(&row.id).unwrap_or_default(), bytes: row.header, trace })
    };
    rows.into_iter().map(entry).collect()
}

/// A journal's rows after a position, in order.
pub(super) async fn rows(
    connection: &mut SqliteConnection,
    origin: &NodeId,
    after: Position,
    most: usize,
) -> Result<Vec<JournalRow>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM events e WHERE e.origin = ? AND (e.incarnation, e.seq) > (?, ?) ORDER BY e.incarnation, e.seq LIMIT ?"
    ))
    .bind(origin.as_str())
    .bind(after.incarnation)
    .bind(int(after.seq)?)
    .bind(limit(most))
    .fetch_all(&mut *connection)
    .await?;
    let mut parts = parts(connection, rows.iter().map(|row| row.id)).await?;
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

/// Registry events after a position of the hub's journal, in order.
pub(super) async fn registry(connection: &mut SqliteConnection, after: Position) -> Result<Vec<Event>, StoreError> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "SELECT hash, header FROM events WHERE registry = 1 AND (incarnation, seq) > (?, ?) ORDER BY incarnation, seq",
    )
    .bind(after.incarnation)
    .bind(int(after.seq)?)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|(hash, header)| decode(hash, header)).collect()
}

/// The first own events after a position.
pub(super) async fn unsealed(
    connection: &mut SqliteConnection,
    owner: &Owner,
    after: Position,
    most: usize,
) -> Result<Vec<Unsealed>, StoreError> {
    let rows: Vec<(i64, i64, Vec<u8>, i64)> = sqlx::query_as(concat!(
        "SELECT e.incarnation, e.seq, e.hash, ",
        size!(),
        " FROM events e WHERE e.origin = ? AND (e.incarnation, e.seq) > (?, ?) ORDER BY e.incarnation, e.seq LIMIT ?"
    ))
    .bind(owner.node.as_str())
    .bind(after.incarnation)
    .bind(int(after.seq)?)
    .bind(limit(most))
    .fetch_all(connection)
    .await?;
    let unsealed = |(incarnation, seq, hash, bytes): (i64, i64, Vec<u8>, i64)| {
        let position = codec::position(incarnation, seq)?;
        Ok(Unsealed { position, hash: event_hash(&hash)?, bytes: number(bytes)? })
    };
    rows.into_iter().map(unsealed).collect()
}

/// All journals of which something is stored. The index is skipped through, one step a journal.
pub(super) async fn origins(connection: &mut SqliteConnection) -> Result<Vec<NodeId>, StoreError> {
    let names: Vec<String> = sqlx::query_scalar(
        "WITH RECURSIVE found (origin) AS (
            SELECT min(origin) FROM events
            UNION ALL
            SELECT (SELECT min(e.origin) FROM events e WHERE e.origin > found.origin) FROM found WHERE found.origin IS NOT NULL
         )
         SELECT origin FROM found WHERE origin IS NOT NULL",
    )
    .fetch_all(connection)
    .await?;
    let mut origins: Vec<NodeId> = names.iter().map(|name| codec::node(name)).collect::<Result<_, _>>()?;
    origins.sort();
    Ok(origins)
}

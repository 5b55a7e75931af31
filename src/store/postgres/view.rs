//! What a transaction locks and reads before its planner is asked. It changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;

use super::{Owner, Scope, StoreError, View, journal, own, peers, tokens};
use crate::domain::{ComplaintId, Position};
use crate::store::Peer;
use crate::store::columns::{self, Row, columns, event_hash, trace};

/// Locks, then reads. Also gives the row number of the newest event.
pub(super) async fn read(
    connection: &mut PgConnection,
    owner: &Owner,
    scope: &Scope,
) -> Result<(View, i64), StoreError> {
    // First of all, and before any history is read: whoever changed it has committed, and nobody changes it now.
    let (own, last) = own::lock(connection).await?;
    let complaints = names(scope);
    let peer = match &scope.peer {
        Some(node) => Some(peers::read(connection, node).await?.unwrap_or_else(|| Peer::new(node.clone()))),
        None => None,
    };
    let mut view = View {
        own,
        complaints: scope.complaints.iter().map(|complaint| (*complaint, Vec::new())).collect(),
        verdicts: BTreeMap::new(),
        traces: BTreeMap::new(),
        announced: announced(connection, &complaints).await?,
        peer,
        registry: match scope.registry_after {
            Some(after) => journal::registry(connection, after).await?,
            None => Vec::new(),
        },
        unsealed: Vec::new(),
        known: BTreeSet::new(),
        token: match scope.token {
            Some(id) => tokens::read(connection, id).await?,
            None => None,
        },
        declared: journal::declared(connection, owner, scope.declared).await?,
    };
    histories(connection, &complaints, &mut view).await?;
    if scope.unsealed > 0 {
        view.unsealed = journal::unsealed(connection, owner, own.sealed.position, scope.unsealed).await?;
    }
    if !scope.known.is_empty() {
        let known: Vec<[u8; 32]> = scope.known.iter().map(|hash| hash.0).collect();
        let names: Vec<Vec<u8>> = sqlx::query_scalar("SELECT hash FROM events WHERE hash = ANY($1)")
            .bind(known)
            .fetch_all(connection)
            .await?;
        view.known = names.iter().map(|hash| event_hash(hash)).collect::<Result<_, _>>()?;
    }
    Ok((view, last))
}

fn names(scope: &Scope) -> Vec<[u8; 16]> {
    scope.complaints.iter().map(|complaint| complaint.0).collect()
}

async fn histories(connection: &mut PgConnection, complaints: &[[u8; 16]], view: &mut View) -> Result<(), StoreError> {
    if complaints.is_empty() {
        return Ok(());
    }
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        ", ",
        trace!(),
        " FROM events e WHERE e.complaint = ANY($1) ORDER BY e.id"
    ))
    .bind(complaints)
    .fetch_all(connection)
    .await?;
    for row in rows {
        let event = row.event()?;
        view.verdicts.insert(event.hash, row.verdict()?);
        if let Some(trace) = row.trace()? {
            view.traces.insert(event.hash, trace);
        }
        if let Some(history) = row.complaint()?.and_then(|complaint| view.complaints.get_mut(&complaint)) {
            history.push(event);
        }
    }
    Ok(())
}

async fn announced(
    connection: &mut PgConnection,
    complaints: &[[u8; 16]],
) -> Result<BTreeMap<ComplaintId, Position>, StoreError> {
    if complaints.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(Vec<u8>, i64, i64)> =
        sqlx::query_as("SELECT complaint, incarnation, seq FROM announced WHERE complaint = ANY($1)")
            .bind(complaints)
            .fetch_all(connection)
            .await?;
    let announced = |(complaint, incarnation, seq): &(Vec<u8>, i64, i64)| {
        Ok((columns::complaint(complaint)?, columns::position(*incarnation, *seq)?))
    };
    rows.iter().map(announced).collect()
}

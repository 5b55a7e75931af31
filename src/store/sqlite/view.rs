//! What a transaction reads before its planner is asked. It changes nothing.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use super::codec::{self, event_hash, hex_list};
use super::journal;
use super::{Owner, Scope, StoreError, View, own, peers, tokens};
use crate::domain::{ComplaintId, Position};
use crate::store::Peer;
use crate::store::columns::{Row, columns, trace};

pub(super) async fn read(connection: &mut SqliteConnection, owner: &Owner, scope: &Scope) -> Result<View, StoreError> {
    let own = own::whole(connection).await?;
    let mut view = View {
        own,
        complaints: scope.complaints.iter().map(|complaint| (*complaint, Vec::new())).collect(),
        verdicts: BTreeMap::new(),
        traces: BTreeMap::new(),
        announced: announced(connection, scope).await?,
        peer: None,
        registry: match scope.registry_after {
            Some(after) => journal::registry(connection, after).await?,
            None => Vec::new(),
        },
        unsealed: Vec::new(),
        known: std::collections::BTreeSet::new(),
        token: match scope.token {
            Some(id) => tokens::read(connection, id).await?,
            None => None,
        },
        declared: journal::declared(connection, owner, scope.declared).await?,
    };
    histories(connection, scope, &mut view).await?;
    if let Some(node) = &scope.peer {
        let peer = peers::read(connection, node).await?;
        view.peer = Some(peer.unwrap_or_else(|| Peer::new(node.clone())));
    }
    if scope.unsealed > 0 {
        view.unsealed = journal::unsealed(connection, owner, own.sealed.position, scope.unsealed).await?;
    }
    if !scope.known.is_empty() {
        let names: Vec<Vec<u8>> =
            sqlx::query_scalar("SELECT hash FROM events WHERE hash IN (SELECT unhex(value) FROM json_each(?))")
                .bind(hex_list(scope.known.iter().map(|hash| &hash.0[..])))
                .fetch_all(connection)
                .await?;
        view.known = names.iter().map(|hash| event_hash(hash)).collect::<Result<_, _>>()?;
    }
    Ok(view)
}

fn names(scope: &Scope) -> String {
    hex_list(scope.complaints.iter().map(|complaint| &complaint.0[..]))
}

async fn histories(connection: &mut SqliteConnection, scope: &Scope, view: &mut View) -> Result<(), StoreError> {
    if scope.complaints.is_empty() {
        return Ok(());
    }
    let rows: Vec<Row> = sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        ", ",
        trace!(),
        " FROM events e WHERE e.complaint IN (SELECT unhex(value) FROM json_each(?)) ORDER BY e.id"
    ))
    .bind(names(scope))
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
    connection: &mut SqliteConnection,
    scope: &Scope,
) -> Result<BTreeMap<ComplaintId, Position>, StoreError> {
    if scope.complaints.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(Vec<u8>, i64, i64)> = sqlx::query_as(
        "SELECT complaint, incarnation, seq FROM announced WHERE complaint IN (SELECT unhex(value) FROM json_each(?))",
    )
    .bind(names(scope))
    .fetch_all(connection)
    .await?;
    let announced = |(complaint, incarnation, seq): &(Vec<u8>, i64, i64)| {
        Ok((codec::complaint(complaint)?, codec::position(*incarnation, *seq)?))
    };
    rows.iter().map(announced).collect()
}

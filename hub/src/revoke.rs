//! Closing a node's link for a while or for good, and opening it again. Each is an event of the registry; the hub's processes find it by
//! looking and end the node's streams.

use std::sync::Arc;

use lintas::accounts::approval::{self, Kind};
use lintas::domain::{Cause, ComplaintId, DisplayState, NodeId, Timestamp, UnitCode};
use lintas::link::hub::HubShared;
use lintas::link::hub::registrar;
use lintas::store::database::Database;
use lintas::store::{ListFilter, Store};
use serde_json::json;

use crate::accounts;
use crate::cli::{OneNode, Revoke};
use crate::database;
use crate::failure::Failure;
use crate::output::Voice;
use crate::settings::Settings;

/// Complaints read at once.
const PAGE: usize = 500;

/// Suspends a node.
///
/// # Errors
/// If there is no such node, or it is suspended or revoked already.
pub(crate) async fn suspend(settings: &Settings, asked: &OneNode, voice: Voice) -> Result<(), Failure> {
    let node = code(&asked.node)?;
    let signer = database::signer(&settings.federation, &settings.signing_key)?;
    let database::Writer { store, _lock } = database::writer(settings, Some(voice)).await?;
    registrar::suspend(&store, &signer, &node, settings.clock.timestamp()).await??;
    store.close().await;
    told(voice, "hub.suspended", &node, &json!({ "node": node.as_str(), "suspended": true }));
    Ok(())
}

/// Ends a suspension or a revocation.
///
/// # Errors
/// If there is no such node, or it is neither suspended nor revoked.
pub(crate) async fn reinstate(settings: &Settings, asked: &OneNode, voice: Voice) -> Result<(), Failure> {
    let node = code(&asked.node)?;
    let signer = database::signer(&settings.federation, &settings.signing_key)?;
    let database::Writer { store, _lock } = database::writer(settings, Some(voice)).await?;
    let registry = database::registry(&store).await?;
    let revoked = registry.cut_off(&NodeId::Node(node.clone())).is_some();
    registrar::reinstate(&store, &signer, &node, settings.clock.timestamp()).await??;
    store.close().await;
    let code = if revoked { "hub.reinstated-revoked" } else { "hub.reinstated" };
    told(voice, code, &node, &json!({ "node": node.as_str(), "recover": revoked }));
    Ok(())
}

/// Revokes a node and, if asked, moves the complaints that it holds up; without `--yes` it tells how many there are.
///
/// # Errors
/// If there is no such node, or it is revoked already; and if a complaint cannot be moved.
pub(crate) async fn revoke(settings: &Settings, asked: &Revoke, voice: Voice) -> Result<(), Failure> {
    let node = code(&asked.node)?;
    let signer = database::signer(&settings.federation, &settings.signing_key)?;
    let database::Writer { store, _lock } = database::writer(settings, Some(voice)).await?;
    let id = NodeId::Node(node.clone());
    if database::registry(&store).await?.node(&id).is_none() {
        return Err(registrar::RegistrarError::UnknownNode.into());
    }
    let count = held(&store, &id).await?.len();
    if !asked.yes {
        store.close().await;
        let facts = [("node", node.as_str()), ("count", &count.to_string())];
        let value = json!({ "node": node.as_str(), "open": count, "revoked": false });
        voice.answer(&value, &voice.say("hub.would-revoke", &facts));
        return Ok(());
    }
    // One that was revoked, and whose complaints are still to be moved, was asked about before.
    if database::registry(&store).await?.cut_off(&id).is_none() {
        let by = accounts::person(&store, &asked.acting, voice).await?;
        let subject = if asked.move_custody { format!("{node} move-custody") } else { node.to_string() };
        let now = settings.clock.timestamp();
        approval::require(&store, settings.four_eyes, Kind::Revoke, subject.as_bytes(), &by, now).await?;
    }
    let last = registrar::revoke(&store, &signer, &node, settings.clock.timestamp()).await?;
    let last = match last {
        // A revocation that was interrupted before its complaints were moved goes on.
        Err(registrar::RegistrarError::Already) if asked.move_custody => None,
        other => Some(other?),
    };
    let mut moved = 0_usize;
    if asked.move_custody {
        let shared = HubShared::new(store.clone(), signer, settings.policy.clone(), Arc::clone(&settings.clock));
        shared.refresh().await?;
        // What is held is read only now: nothing more of the node's is taken in.
        let open = held(&store, &id).await?;
        let step = voice.progress().step("progress.moving", u64::try_from(open.len()).ok());
        for complaint in open {
            moved =
                moved.saturating_add(usize::from(shared.move_complaint(complaint, Cause::Revocation).await?.is_some()));
            step.advance_by(1);
        }
    }
    let left = held(&store, &id).await?.len();
    store.close().await;
    let last = last.map(|last| last.to_string());
    let numbers = [moved, left].map(|number| number.to_string());
    let [moved_text, left_text] = &numbers;
    let facts = [
        ("node", node.as_str()),
        ("last", last.as_deref().unwrap_or("-")),
        ("moved", moved_text.as_str()),
        ("left", left_text.as_str()),
    ];
    let value = json!({ "node": node.as_str(), "revoked": true, "last": last, "moved": moved, "left": left });
    voice.answer(&value, &voice.say("hub.revoked", &facts));
    Ok(())
}

/// The complaints that a node holds and that have not ended.
async fn held(store: &Database, node: &NodeId) -> Result<Vec<ComplaintId>, Failure> {
    let mut found = Vec::new();
    let mut after: Option<(Timestamp, ComplaintId)> = None;
    loop {
        let filter = ListFilter { node: Some(node.clone()), limit: PAGE, ..ListFilter::default() };
        let page = store.filed(filter, after).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some((last.filed_at, last.id));
        let open =
            page.iter().filter(|summary| !matches!(summary.state, DisplayState::Closed | DisplayState::Archived));
        found.extend(open.map(|summary| summary.id));
    }
}

fn code(text: &str) -> Result<UnitCode, Failure> {
    UnitCode::parse(text).map_err(|error| Failure::Argument { argument: "NODE", cause: error.to_string() })
}

fn told(voice: Voice, code: &str, node: &UnitCode, value: &serde_json::Value) {
    voice.answer(value, &voice.say(code, &[("node", node.as_str())]));
}

//! The enrolled nodes as the hub sees them: when each was last heard, what is stored of it, what waits for it. It judges
//! nothing; it shows what the link has noted.

use lintas::desk::table::table;
use lintas::domain::registry::NodeEntry;
use lintas::domain::{NodeId, Position, Timestamp};
use lintas::store::{Peer, Store};
use lintas::words::{iso, moment};
use serde_json::{Value, json};

use crate::database;
use crate::failure::Failure;
use crate::output::Voice;
use crate::settings::Settings;

/// How a node's link stands, as far as the database tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// The hub has revoked it.
    Revoked,
    /// Its link is closed for the time being.
    Suspended,
    /// Its keys wait to be endorsed.
    Unconfirmed,
    /// It never connected.
    Never,
    /// It stands still until somebody acts.
    Fault,
    /// The hub lacks something that the node has announced.
    Behind,
    /// The hub holds all that the node has announced.
    InStep,
}

impl Standing {
    /// All of them.
    pub(crate) const ALL: [Self; 7] =
        [Self::InStep, Self::Behind, Self::Fault, Self::Never, Self::Unconfirmed, Self::Suspended, Self::Revoked];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Suspended => "suspended",
            Self::Unconfirmed => "unconfirmed",
            Self::Never => "never-connected",
            Self::Fault => "fault",
            Self::Behind => "behind",
            Self::InStep => "in-step",
        }
    }
}

/// How a node's link stands.
pub(crate) fn standing(entry: &NodeEntry, peer: Option<&Peer>) -> Standing {
    match peer {
        _ if entry.revoked.is_some() => Standing::Revoked,
        _ if entry.suspended => Standing::Suspended,
        None => Standing::Never,
        Some(peer) if peer.fault.is_some() => Standing::Fault,
        Some(peer) if peer.contact.is_none() => Standing::Never,
        Some(_) if !entry.confirmed => Standing::Unconfirmed,
        Some(peer) if is_behind(peer) => Standing::Behind,
        Some(_) => Standing::InStep,
    }
}

fn is_behind(peer: &Peer) -> bool {
    peer.announced.seq > 0 && peer.stored.position < peer.announced
}

/// Whether something is on its way to or from a node.
pub(crate) fn is_waited_for(peer: &Peer) -> bool {
    is_behind(peer) || outbox(peer) > 0
}

/// How many rows wait in a node's outbox.
pub(crate) const fn outbox(peer: &Peer) -> u64 {
    peer.numbered.saturating_sub(peer.delivered)
}

/// How long the hub has lacked what the node announced, in seconds; 0 if it lacks nothing.
fn lag(peer: &Peer, now: Timestamp) -> Option<i64> {
    let contact = peer.contact?;
    Some(if is_behind(peer) { now.seconds_since(contact) } else { 0 })
}

/// Shows the nodes.
///
/// # Errors
/// If the database cannot be read.
pub(crate) async fn nodes(settings: &Settings, voice: Voice) -> Result<(), Failure> {
    let store = database::reader(settings).await?;
    let (registry, peers) = (database::registry(&store).await?, store.peers().await?);
    store.close().await;
    let now = settings.clock.timestamp();
    let peer = |node: &NodeId| peers.iter().find(|peer| peer.node == *node);
    let all: Vec<_> = registry.nodes().map(|(node, entry)| (peer(&node), node, entry)).collect();
    let value: Vec<Value> = all.iter().map(|(peer, node, entry)| one(node, entry, *peer, now)).collect();
    let rows: Vec<_> = all.iter().map(|(peer, node, entry)| row(node, entry, *peer, now, voice)).collect();
    let titles =
        ["hub.node", "hub.name", "hub.link", "hub.contact", "hub.lag", "hub.stored", "hub.outbox", "hub.fault"];
    let titles = titles.map(|code| voice.say(code, &[]));
    let text = if rows.is_empty() {
        voice.say("hub.no-nodes", &[])
    } else {
        table(titles.each_ref().map(String::as_str), &rows)
    };
    voice.answer(&json!({ "nodes": value }), &text);
    Ok(())
}

fn one(node: &NodeId, entry: &NodeEntry, peer: Option<&Peer>, now: Timestamp) -> Value {
    let unknown = Peer::new(node.clone());
    let known = peer.unwrap_or(&unknown);
    let place = |position: Position| position.to_string();
    json!({
        "code": node.as_str(), "name": entry.name.as_str(), "link": standing(entry, peer).name(),
        "contact": known.contact.and_then(iso), "lag_seconds": lag(known, now),
        "stored": place(known.stored.position), "announced": place(known.announced),
        "outbox": outbox(known), "resync": known.resync, "fault": known.fault,
        "revoked": entry.revoked.map(place), "suspended": entry.suspended, "confirmed": entry.confirmed,
        "session": known.session,
    })
}

fn row(node: &NodeId, entry: &NodeEntry, peer: Option<&Peer>, now: Timestamp, voice: Voice) -> [String; 8] {
    let unknown = Peer::new(node.clone());
    let known = peer.unwrap_or(&unknown);
    let dash = || "-".to_owned();
    let waiting = if known.resync { format!("{} (resync)", outbox(known)) } else { outbox(known).to_string() };
    [
        node.to_string(),
        entry.name.as_str().to_owned(),
        voice.say(&format!("hub.link-{}", standing(entry, peer).name()), &[]),
        known.contact.map_or_else(dash, |time| moment(time, voice.language)),
        lag(known, now).map_or_else(dash, |seconds| format!("{seconds} s")),
        known.stored.position.to_string(),
        waiting,
        known.fault.as_ref().map_or_else(dash, |fault| said(fault, voice)),
    ]
}

/// A fault in a person's language: it is noted as a stable name, a colon, and an English text.
pub(crate) fn said(fault: &str, voice: Voice) -> String {
    let name = fault.split(':').next().unwrap_or_default();
    lintas::words::text(&format!("fault.{name}"), voice.language).unwrap_or(fault).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lintas::domain::event::PublicName;
    use lintas::words::{self, Language};

    fn entry() -> NodeEntry {
        NodeEntry {
            enrolled: Position::new(1, 1),
            keyed: Position::new(1, 1),
            name: PublicName::parse("Kota Padang").unwrap(),
            signing_keys: Vec::new(),
            sealing_key: lintas::domain::SealingKeyId([0; 32]),
            tls_key: [0; 32],
            confirmed: true,
            suspended: false,
            revoked: None,
            lives: Vec::new(),
        }
    }

    #[test]
    fn standing_of_a_link_is_misread() {
        let node = NodeId::parse("13.71").unwrap();
        let quiet = Peer::new(node.clone());
        let heard = Peer { contact: Some(Timestamp(5_000_000)), announced: Position::new(1, 9), ..quiet.clone() };
        let faulty = Peer { fault: Some("fork: x".to_owned()), ..heard.clone() };
        let mut whole = heard.clone();
        whole.stored.position = Position::new(1, 9);
        assert_eq!(standing(&entry(), None), Standing::Never);
        assert_eq!(standing(&entry(), Some(&quiet)), Standing::Never);
        assert_eq!(standing(&entry(), Some(&heard)), Standing::Behind);
        assert_eq!(standing(&entry(), Some(&whole)), Standing::InStep);
        assert_eq!(standing(&entry(), Some(&faulty)), Standing::Fault);
        let revoked = NodeEntry { revoked: Some(Position::ZERO), ..entry() };
        assert_eq!(standing(&revoked, Some(&whole)), Standing::Revoked);
        assert_eq!(lag(&heard, Timestamp(8_000_000)), Some(3));
        assert_eq!((lag(&whole, Timestamp(8_000_000)), lag(&quiet, Timestamp(1))), (Some(0), None));
        let value = one(&node, &entry(), Some(&Peer { numbered: 7, delivered: 4, ..whole }), Timestamp(0));
        assert_eq!((value["outbox"].as_u64(), value["link"].as_str()), (Some(3), Some("in-step")));
    }

    #[test]
    fn standing_or_fault_has_no_words() {
        for language in Language::ALL {
            let voice = Voice { language, json: false };
            for standing in Standing::ALL {
                assert!(words::text(&format!("hub.link-{}", standing.name()), language).is_some());
            }
            for fault in lintas::link::message::Fault::ALL {
                assert_ne!(said(&fault.to_string(), voice), fault.to_string());
            }
        }
    }
}

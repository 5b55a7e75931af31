//! How the hub stands, in figures read from its database. It works while the hub runs and while it does not;
//! what only the running one knows it is asked for.

use std::collections::BTreeMap;

use lintas::desk::table::table;
use lintas::domain::NodeId;
use lintas::identity::{SpiffeId, TlsIdentity};
use lintas::runtime::{Clock as _, SystemClock};
use lintas::store::Store;
use lintas::telemetry::ask;
use lintas::telemetry::observe::address_in;
use lintas::words::{day, iso};
use serde_json::json;

use crate::database;
use crate::failure::Failure;
use crate::nodes::{Standing, outbox, standing};
use crate::output::Voice;
use crate::settings::Settings;

/// Shows how the hub stands.
///
/// # Errors
/// If the database cannot be read.
pub(crate) async fn status(settings: &Settings, voice: Voice) -> Result<(), Failure> {
    let store = database::reader(settings).await?;
    let (own, counts) = (store.own().await?, store.counts().await?);
    let (registry, peers) = (database::registry(&store).await?, store.peers().await?);
    store.close().await;
    let peer = |node: &NodeId| peers.iter().find(|peer| peer.node == *node);
    let standings: Vec<Standing> = registry.nodes().map(|(node, entry)| standing(entry, peer(&node))).collect();
    let count = |wanted: Standing| standings.iter().filter(|found| **found == wanted).count();
    let waiting = peers.iter().map(outbox).fold(0, u64::saturating_add);
    let until = TlsIdentity::load(&settings.tls, &SpiffeId::new(settings.federation.clone(), NodeId::Hub));
    let until = until.map(|identity| identity.not_after());
    let units = registry.units().filter(|(_, entry)| !entry.closed).count();
    let running = address_in(&settings.data).filter(|_| settings.observe.is_some());
    let running = match running {
        Some(address) => ask::metrics(address).await,
        None => None,
    };
    let refused = running.map(|text| ask::by_label(&text, "lintas_handshakes_refused_total", "reason"));
    let value = json!({
        "federation": settings.federation.as_str(), "version": env!("CARGO_PKG_VERSION"),
        "now": iso(SystemClock.timestamp()), "listen": settings.listen.to_string(),
        "address": settings.address.to_string(), "journal": own.written.to_string(),
        "registry": registry.position().to_string(), "complaints": counts.complaints, "events": counts.events,
        "units": units, "outbox": waiting, "certificate_until": until.as_ref().ok().and_then(|until| iso(*until)),
        "refused": refused.as_ref().map(|refused| refused.iter().cloned().collect::<BTreeMap<String, u64>>()),
        "nodes": {
            "enrolled": standings.len(), "in_step": count(Standing::InStep), "behind": count(Standing::Behind),
            "fault": count(Standing::Fault), "never_connected": count(Standing::Never),
            "unconfirmed": count(Standing::Unconfirmed), "suspended": count(Standing::Suspended),
            "revoked": count(Standing::Revoked),
        },
    });
    let of = |standing: Standing| {
        let words = voice.say(&format!("hub.link-{}", standing.name()), &[]);
        format!("{words}: {}", count(standing))
    };
    let certificate = until.map_or_else(|error| error.to_string(), |until| day(until, voice.language));
    let refusals = refused.map_or_else(
        || voice.say("hub.refused-unknown", &[]),
        |refused| match refused.as_slice() {
            [] => "0".to_owned(),
            some => some.iter().map(|(reason, count)| format!("{reason}: {count}")).collect::<Vec<_>>().join(", "),
        },
    );
    let rows = [
        ("hub.listen-at", settings.listen.to_string()),
        ("hub.address", settings.address.to_string()),
        ("hub.certificate", certificate),
        ("hub.journal", own.written.to_string()),
        ("hub.registry", registry.position().to_string()),
        ("hub.counts", format!("{}, {}, {units}", counts.complaints, counts.events)),
        ("status.outbox", waiting.to_string()),
        ("hub.nodes", Standing::ALL.map(of).join(", ")),
        ("hub.refused", refusals),
    ];
    let rows = rows.map(|(code, fact)| [voice.say(code, &[]), fact]);
    voice.answer(&value, &table([&voice.say("hub.hub", &[]), settings.federation.as_str()], &rows));
    Ok(())
}

//! `status --check` of the hub: the figures that monitoring wants, from its port, its database and its disk.

use lintas::care::arguments::Status;
use lintas::care::backup::newest;
use lintas::care::doctor::disk::percent;
use lintas::care::facts::network::answers;
use lintas::care::monitor::{self, Limits, Measure, Nodes, line};
use lintas::domain::{NodeId, Timestamp};
use lintas::identity::{SpiffeId, TlsIdentity};
use lintas::runtime::machine::room;
use lintas::runtime::{Exit, Watch};
use lintas::store::Store as _;
use lintas::telemetry::ask::ready;
use lintas::telemetry::observe::address_in;

use crate::cli::Common;
use crate::database;
use crate::failure::Failure;
use crate::nodes::{Standing, outbox, standing};
use crate::output::Voice;
use crate::settings::Settings;

/// Seconds since a node was heard.
const SILENCE: Limits = Limits::new(3600, 86_400);
const HOUR_SECONDS: i64 = 3600;
const DAY_SECONDS: i64 = 86_400;

/// The worst of all, and one line.
pub(crate) async fn check(common: &Common, limits: &Status, voice: Voice) -> (Watch, String) {
    let settings = match Settings::load(common) {
        Ok(settings) => settings,
        Err(error) => {
            let cause = error.lines(|code, facts| voice.say(code, facts)).join("; ");
            let measure = Measure::plain(Watch::Unknown, "settings", vec![("cause", cause)]);
            return line("hub", &[measure], voice.language);
        }
    };
    let now = settings.clock.timestamp();
    let mut measures = vec![monitor::serving(serves(&settings).await)];
    match of_database(&settings, limits, now).await {
        Ok(found) => measures.extend(found),
        Err(failure) => measures.push(monitor::database(failure.to_string())),
    }
    let id = SpiffeId::new(settings.federation.clone(), NodeId::Hub);
    let until = TlsIdentity::load(&settings.tls, &id).map(|identity| identity.not_after());
    let days = until.map(|until| count(until.seconds_since(now), DAY_SECONDS)).map_err(|error| error.to_string());
    measures.push(monitor::certificate(&days, limits.certificate_days));
    let free = room(&settings.data).map(|room| percent(room.bytes_free, room.bytes_total));
    measures.push(monitor::disk(&free.map_err(|error| error.to_string()), limits.disk_percent));
    let made = newest(&settings.data, &NodeId::Hub, now).map_err(|error| error.to_string());
    let hours = made.map(|made| made.map(|made| count(now.seconds_since(made), HOUR_SECONDS)));
    measures.extend(monitor::backup(&hours, limits.backup_hours));
    line("hub", &measures, voice.language)
}

/// Whether this hub can do its work, by its own word alone.
///
/// # Errors
/// If a setting is wrong.
pub(crate) async fn ready_here(common: &Common, voice: Voice) -> Result<Exit, Failure> {
    let settings = Settings::load(common)?;
    let (value, text, exit) = monitor::readiness(serves(&settings).await, voice.language);
    voice.answer(&value, &text);
    Ok(exit)
}

/// Whether the hub answers, and can do its work. A look at its port would stand in its log as a refused handshake each time, so it
/// is the second choice.
async fn serves(settings: &Settings) -> Option<Result<(), String>> {
    match address_in(&settings.data).filter(|_| settings.observe.is_some()) {
        Some(address) => ready(address).await,
        None => answers(settings.listen).await.then_some(Ok(())),
    }
}

/// What the database says of the nodes and their outboxes.
async fn of_database(settings: &Settings, limits: &Status, now: Timestamp) -> Result<Vec<Measure>, Failure> {
    let store = database::reader(settings).await?;
    let (registry, peers) = (database::registry(&store).await?, store.peers().await?);
    store.close().await;
    let mut nodes = Nodes::default();
    for (node, entry) in registry.nodes() {
        let peer = peers.iter().find(|peer| peer.node == node);
        match standing(entry, peer) {
            // Those that never came, and those that are gone, are nobody's alarm.
            Standing::Never | Standing::Revoked | Standing::Suspended => {}
            Standing::Fault => nodes.faulty.push(node.to_string()),
            Standing::Behind | Standing::InStep | Standing::Unconfirmed => {
                let silence = peer.and_then(|peer| peer.contact).map_or(0, |contact| now.seconds_since(contact));
                nodes.silent.push((node.to_string(), count(silence, 1)));
            }
        }
    }
    let waiting = peers.iter().map(outbox).max().unwrap_or(0);
    let mut measures = monitor::nodes(&nodes, limits.link_seconds.unwrap_or(SILENCE));
    measures.push(monitor::outbox(waiting, limits.outbox));
    Ok(measures)
}

fn count(seconds: i64, unit: i64) -> u64 {
    u64::try_from(seconds.checked_div(unit).unwrap_or(0)).unwrap_or(0)
}

//! `status --check` of a node: the figures that monitoring wants, from the running node, its database and its disk.

use lintas::care::arguments::Status;
use lintas::care::backup::newest;
use lintas::care::doctor::disk::percent;
use lintas::care::doctor::upkeep::Running;
use lintas::care::monitor::{self, Limits, Link, Measure, line};
use lintas::domain::{Position, Timestamp};
use lintas::identity::{SpiffeId, TlsIdentity};
use lintas::journal;
use lintas::link::message::Fault;
use lintas::protocol::desk::v1 as wire;
use lintas::runtime::machine::room;
use lintas::runtime::{Clock as _, Exit, SystemClock, Watch};
use lintas::store::sqlite::SqliteStore;
use lintas::store::{Store as _, StoreError};
use lintas::telemetry::ask::ready;
use lintas::telemetry::observe::address_in;
use lintas::words::{Language, say};
use serde_json::Value;

use crate::cli::Common;
use crate::commands::reader;
use crate::doctor::running;
use crate::failure::Failure;
use crate::settings::Settings;

/// Seconds without a link.
const LINK: Limits = Limits::new(300, 3600);
const HOUR_SECONDS: i64 = 3600;
const DAY_SECONDS: i64 = 86_400;

/// The worst of all, and one line.
pub(crate) async fn check(common: &Common, limits: &Status, lang: Language) -> (Watch, String) {
    let settings = match Settings::load(common) {
        Ok(settings) => settings,
        Err(error) => {
            let cause = error.lines(|code, facts| say(code, lang, facts)).join("; ");
            return line("node", &[Measure::plain(Watch::Unknown, "settings", vec![("cause", cause)])], lang);
        }
    };
    let now = SystemClock.timestamp();
    let mut measures = match desk(&settings, limits, now).await {
        Ok(measures) => measures,
        Err(cause) => vec![monitor::database(cause)],
    };
    let id = SpiffeId::new(settings.federation.clone(), settings.node.clone());
    if settings.hub.is_some() {
        let life = TlsIdentity::load(&settings.tls, &id).map(|identity| (identity.not_before(), identity.not_after()));
        let (days, life) = match life {
            Ok((_, until)) if until < now => (Err("the certificate has ended".to_owned()), 0),
            Ok((from, until)) => {
                (Ok(count(until.seconds_since(now), DAY_SECONDS)), count(until.seconds_since(from), DAY_SECONDS))
            }
            Err(error) => (Err(error.to_string()), 0),
        };
        measures.push(monitor::certificate(&days, limits.certificate_days.of_life(life)));
    }
    let free = room(&settings.data).map(|room| percent(room.bytes_free, room.bytes_total));
    measures.push(monitor::disk(&free.map_err(|error| error.to_string()), limits.disk_percent));
    let made = newest(&settings.data, &settings.node, now).map_err(|error| error.to_string());
    let hours = made.map(|made| made.map(|made| count(now.seconds_since(made), HOUR_SECONDS)));
    measures.extend(monitor::backup(&hours, limits.backup_hours));
    line(&format!("node {}", settings.node), &measures, lang)
}

/// Whether this node can do its work, by its own word alone: with or without its link. Where it tells no readiness, that its desk
/// answers must do.
///
/// # Errors
/// If a setting is wrong.
pub(crate) async fn ready_here(common: &Common, lang: Language) -> Result<(Value, String, Exit), Failure> {
    let settings = Settings::load(common)?;
    let answer = match address_in(&settings.data).filter(|_| settings.observe.is_some()) {
        Some(address) => ready(address).await,
        None => (running(&settings).await == Running::Yes).then_some(Ok(())),
    };
    Ok(monitor::readiness(answer, lang))
}

/// What the node, or its database while none runs, says of link, outbox and refusals.
async fn desk(settings: &Settings, limits: &Status, now: Timestamp) -> Result<Vec<Measure>, String> {
    let runs = running(settings).await == Running::Yes;
    let mut desk = reader(settings).await.map_err(|error| error.to_string())?;
    let status = desk.status(wire::StatusRequest {}).await.map_err(|error| error.to_string())?;
    let refused = refused(settings, &status, now).await.map_err(|error| error.to_string())?;
    let doubts = monitor::doubts(status.doubts);
    Ok(doubts
        .into_iter()
        .chain([
            monitor::link(&link(settings, runs, &status, now), limits.link_seconds.unwrap_or(LINK)),
            monitor::outbox(status.outbox.map_or(0, |outbox| outbox.unacknowledged), limits.outbox),
            monitor::refusals(refused, limits.refusals),
        ])
        .collect())
}

fn link(settings: &Settings, runs: bool, status: &wire::StatusReply, now: Timestamp) -> Link {
    let link = status.link.clone().unwrap_or_default();
    let lasting = link.fault.split(':').next().and_then(Fault::from_name).is_some_and(Fault::is_lasting);
    if !runs {
        Link::Stopped
    } else if settings.hub.is_none() {
        Link::None
    } else if matches!(link.state.as_str(), "connected" | "catching-up") {
        Link::Up
    } else if lasting {
        Link::Fault(link.fault)
    } else {
        let since = link.since_micros.map_or(now, Timestamp);
        Link::Down(count(now.seconds_since(since), 1), link.fault)
    }
}

/// How many own events of the last day did not simply apply, of the newest that `status` names.
async fn refused(settings: &Settings, status: &wire::StatusReply, now: Timestamp) -> Result<u64, StoreError> {
    if status.refusals.is_empty() {
        return Ok(0);
    }
    let store = SqliteStore::open_read_only(&settings.database).await?;
    let mut found = 0_u64;
    for place in status.refusals.iter().filter_map(|refusal| refusal.position) {
        let before = Position::new(place.incarnation, place.seq.saturating_sub(1));
        let rows = store.journal(settings.node.clone(), before, 1).await?;
        let written = rows.first().and_then(|row| journal::event(&row.bytes).ok()).map(|event| event.header.time);
        if written.is_some_and(|written| now.seconds_since(written) < DAY_SECONDS) {
            found = found.saturating_add(1);
        }
    }
    store.close().await;
    Ok(found)
}

fn count(seconds: i64, unit: i64) -> u64 {
    u64::try_from(seconds.checked_div(unit).unwrap_or(0)).unwrap_or(0)
}

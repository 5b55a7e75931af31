//! What commands print: for people, or as JSON. It shows; it asks nothing. Content is printed without control characters,
//! so that no complaint can play tricks with a terminal.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use lintas::protocol::desk::v1 as wire;
use lintas::runtime::{Progress, SystemClock};
use lintas::words::{self, Language};
use serde_json::{Value, json};

use crate::cli::Common;
use crate::settings;

/// Prints to standard output; a reader that went away is no fault. In a training the first answer comes after a line that says so.
pub(crate) fn say(text: &str) {
    bare(&marked(text));
}

/// Prints what is read by programs, not by people: papers, settings, data.
pub(crate) fn bare(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{}", text.trim_end());
}

/// Prints the one line of a check for monitoring, which has no room for another.
pub(crate) fn say_line(line: &str) {
    if trains() { bare(&format!("{TRAINING}: {line}")) } else { bare(line) }
}

/// Prints beside the answer, to standard error.
pub(crate) fn remark(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", marked(text).trim_end());
}

/// Prints JSON.
pub(crate) fn say_json(value: &Value) {
    bare(&format!("{:#}", with_mark(value.clone(), trains())));
}

/// The word that is on all that is a training's, whatever the language.
pub(crate) const TRAINING: &str = "LATIHAN";

/// For whom this process answers, which says whether that is a training.
static SPEAKER: OnceLock<(Common, Language)> = OnceLock::new();
static TRAINS: OnceLock<bool> = OnceLock::new();

/// Says for whom this process answers, once.
pub(crate) fn speak_for(common: &Common, lang: Language) {
    let _ = SPEAKER.set((common.clone(), lang));
}

/// Says that it answers for a training, whatever the settings say.
pub(crate) fn speak_for_training() {
    let _ = TRAINS.set(true);
}

/// Whether it does. Found out when it first answers: some commands make the settings.
pub(crate) fn trains() -> bool {
    *TRAINS.get_or_init(|| SPEAKER.get().is_some_and(|(common, _)| settings::trains(common)))
}

/// The text, after the mark if that was not said yet.
fn marked(text: &str) -> String {
    static SAID: AtomicBool = AtomicBool::new(false);
    let lang = SPEAKER.get().map_or_else(Language::default, |(_, lang)| *lang);
    let first = trains() && !SAID.swap(true, Ordering::Relaxed);
    if first { format!("{}\n{text}", words::say("training.mark", lang, &[])) } else { text.to_owned() }
}

/// An object says at its top that it is a training's.
pub(crate) fn with_mark(mut value: Value, trains: bool) -> Value {
    if let Some(object) = value.as_object_mut().filter(|_| trains) {
        object.insert("training".to_owned(), true.into());
    }
    value
}

/// Where long work tells how far it is: bars on a terminal, the logs elsewhere.
pub(crate) fn progress(json: bool, lang: Language) -> Progress {
    Progress::of_command(json, Arc::new(SystemClock), move |code| words::say(code, lang, &[]))
}

/// Microseconds since 1970 as RFC 3339, UTC.
pub(crate) fn time(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros).map_or_else(|_| micros.to_string(), |time| format!("{time:.0}"))
}

/// A text without control characters other than line breaks.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

fn position(position: Option<&wire::Position>) -> String {
    position.map_or_else(|| "-".to_owned(), |position| format!("{}/{}", position.incarnation, position.seq))
}

pub(crate) fn filed(reply: &wire::FileReply, lang: Language) -> String {
    words::say("node.filed", lang, &[("tracking", &reply.tracking), ("complaint", &reply.complaint)])
}

pub(crate) fn filed_json(reply: &wire::FileReply) -> Value {
    json!({
        "complaint": reply.complaint, "tracking": reply.tracking, "event": reply.event,
        "position": position(reply.position.as_ref()), "unit": reply.unit,
    })
}

pub(crate) fn done(reply: &wire::ActReply, lang: Language) -> String {
    let change = words::say(&format!("change.{}", reply.change), lang, &[]);
    let mut text = format!("{}: {change} ({})", reply.tracking, reply.unit);
    let code = match reply.take_back() {
        wire::TakeBackOutcome::Certain => Some("node.taken-back"),
        wire::TakeBackOutcome::Asked => Some("node.asked-to-take-back"),
        wire::TakeBackOutcome::Unspecified => None,
    };
    if let Some(code) = code {
        let _ = write!(text, "; {}", words::say(code, lang, &[]));
    }
    if let Some(to) = &reply.addressed {
        let _ = write!(
            text,
            "\n{}",
            words::say("transfer.goes-to", lang, &[("unit", &to.unit), ("reason", &clean(&to.reason))])
        );
    }
    if let Some(now) = &reply.standing {
        let _ = write!(text, "\n{}", standing(now, lang));
    }
    text
}

pub(crate) fn standing(now: &wire::Standing, lang: Language) -> String {
    let options = if now.options.is_empty() { "-".to_owned() } else { now.options.join(", ") };
    let state = words::say(&format!("state.{}", now.state), lang, &[]);
    let facts = [("holder", &*now.holder), ("node", &now.node), ("state", &state), ("options", &options)];
    let said = words::say("desk.standing", lang, &facts);
    if now.pending { format!("{said} ({})", words::say("mark.pending", lang, &[])) } else { said }
}

pub(crate) fn standing_json(now: Option<&wire::Standing>) -> Value {
    now.map_or(Value::Null, |now| {
        json!({
            "holder": now.holder, "node": now.node, "state": now.state, "pending": now.pending,
            "options": now.options,
        })
    })
}

pub(crate) fn done_json(reply: &wire::ActReply) -> Value {
    let take_back = match reply.take_back() {
        wire::TakeBackOutcome::Unspecified => Value::Null,
        wire::TakeBackOutcome::Certain => json!("certain"),
        wire::TakeBackOutcome::Asked => json!("asked"),
    };
    json!({
        "complaint": reply.complaint, "tracking": reply.tracking, "event": reply.event,
        "position": position(reply.position.as_ref()), "change": reply.change, "unit": reply.unit,
        "standing": standing_json(reply.standing.as_ref()), "take_back": take_back,
        "addressed": reply.addressed.as_ref().map(|to| json!({ "unit": to.unit, "asked": to.asked, "reason": to.reason })),
    })
}

pub(crate) fn status_json(reply: &wire::StatusReply) -> Value {
    let link = reply.link.clone().unwrap_or_default();
    let outbox = reply.outbox.unwrap_or_default();
    let receipt = reply.receipt.as_ref().map(|receipt| {
        json!({
            "last": position(receipt.last.as_ref()), "hub": position(receipt.hub.as_ref()),
            "hub_time": time(receipt.hub_time_micros),
        })
    });
    let refusal = |refusal: &wire::Refusal| {
        json!({
            "position": position(refusal.position.as_ref()), "complaint": refusal.complaint, "change": refusal.change,
            "verdict": refusal.verdict, "reason": refusal.reason,
        })
    };
    let counts = reply.counts.unwrap_or_default();
    json!({
        "federation": reply.federation, "node": reply.node, "version": reply.version, "now": time(reply.now_micros),
        "link": {
            "state": link.state, "since": link.since_micros.map(time), "lag_seconds": link.lag_seconds,
            "contact": link.contact_micros.map(time),
            "fault": if link.fault.is_empty() { Value::Null } else { json!(link.fault) },
        },
        "outbox": {
            "unsealed": outbox.unsealed, "unacknowledged": outbox.unacknowledged, "provisional": outbox.provisional,
            "written": position(outbox.written.as_ref()), "sealed": position(outbox.sealed.as_ref()),
        },
        "receipt": receipt, "registry": position(reply.registry.as_ref()), "doubts": reply.doubts,
        "hub_registry": reply.hub_registry.as_ref().map(|word| {
            json!({ "position": position(word.position.as_ref()), "time": time(word.time_micros) })
        }),
        "complaints": counts.complaints, "events": counts.events,
        "deadlines": { "soon": reply.due_soon, "overdue": reply.overdue },
        "notices": { "waiting": reply.notices_waiting, "dead": reply.notices_dead },
        "refusals": reply.refusals.iter().map(refusal).collect::<Vec<_>>(),
    })
}

pub(crate) fn status(reply: &wire::StatusReply, lang: Language) -> String {
    let link = reply.link.clone().unwrap_or_default();
    let outbox = reply.outbox.unwrap_or_default();
    let counts = reply.counts.unwrap_or_default();
    let word = |code: &str| words::say(code, lang, &[]);
    let seconds = link.lag_seconds.map_or_else(|| "?".to_owned(), |seconds| format!("{seconds} s"));
    let mut text = format!("{} {} ({})\n", word("status.node"), reply.node, reply.federation);
    let mut row = |code: &str, value: String| {
        let name = if code.is_empty() { String::new() } else { word(code) };
        let _ = writeln!(text, "  {name:<22} {value}");
    };
    let since = link.since_micros.map(|since| format!(", {}", time(since))).unwrap_or_default();
    row("status.link", format!("{}{since}", word(&format!("link.{}", link.state))));
    if !link.fault.is_empty() {
        row("status.fault", clean(&link.fault));
    }
    row("status.lag", seconds);
    row("status.contact", link.contact_micros.map_or_else(|| "-".to_owned(), time));
    let numbers = [outbox.unacknowledged, outbox.unsealed, outbox.provisional].map(|number| number.to_string());
    let [unacknowledged, unsealed, provisional] = &numbers;
    let facts = [("unacknowledged", &**unacknowledged), ("unsealed", unsealed), ("provisional", provisional)];
    row("status.outbox", words::say("status.outbox-of", lang, &facts));
    let receipt = reply.receipt.as_ref().map_or_else(
        || "-".to_owned(),
        |receipt| format!("{}, {}", position(receipt.last.as_ref()), time(receipt.hub_time_micros)),
    );
    row("status.receipt", receipt);
    row("status.journal", position(outbox.written.as_ref()));
    row("status.registry", position(reply.registry.as_ref()));
    if let Some(word) = &reply.hub_registry {
        row("status.hub-registry", format!("{}, {}", position(word.position.as_ref()), time(word.time_micros)));
    }
    if reply.doubts > 0 {
        row("status.doubts", words::say("status.doubts-of", lang, &[("count", &reply.doubts.to_string())]));
    }
    row("status.counts", format!("{}, {}", counts.complaints, counts.events));
    if reply.due_soon > 0 || reply.overdue > 0 {
        let (soon, overdue) = (reply.due_soon.to_string(), reply.overdue.to_string());
        let facts = [("soon", soon.as_str()), ("overdue", overdue.as_str())];
        row("status.deadlines", words::say("status.deadlines-of", lang, &facts));
    }
    let told = [reply.notices_waiting, reply.notices_dead].map(|number| number.to_string());
    let facts = [("waiting", &*told[0]), ("dead", &*told[1])];
    if reply.notices_waiting > 0 || reply.notices_dead > 0 {
        row("status.notices", words::say("status.notices-of", lang, &facts));
    }
    row("status.refusals", reply.refusals.len().to_string());
    for refusal in &reply.refusals {
        let at = position(refusal.position.as_ref());
        let said = if refusal.reason.is_empty() { String::new() } else { format!(": {}", refusal.reason) };
        row("", format!("{at} {} {} {}{said}", refusal.complaint, refusal.change, refusal.verdict));
    }
    text
}

/// How a node stands, as a word of the catalogue.
fn stands(node: &wire::Node) -> &'static str {
    match node {
        wire::Node { revoked: true, .. } => "node.is-revoked",
        wire::Node { suspended: true, .. } => "node.is-suspended",
        wire::Node { confirmed: true, .. } => "node.is-confirmed",
        wire::Node { .. } => "node.is-unconfirmed",
    }
}

pub(crate) fn nodes(reply: &wire::NodesReply, lang: Language) -> String {
    let mut text = String::new();
    for node in &reply.nodes {
        let facts = [("endorser", &*node.endorser)];
        let (stands, name) = (words::say(stands(node), lang, &facts), clean(&node.name));
        let _ = writeln!(text, "{:<12} {:<30}  {name}  ({stands})", node.code, node.key_code);
    }
    text
}

pub(crate) fn nodes_json(reply: &wire::NodesReply) -> Value {
    let node = |n: &wire::Node| {
        json!({
            "code": n.code, "name": n.name, "confirmed": n.confirmed, "suspended": n.suspended, "revoked": n.revoked,
            "key_code": n.key_code, "endorser": if n.endorser.is_empty() { Value::Null } else { json!(n.endorser) },
        })
    };
    json!({ "nodes": reply.nodes.iter().map(node).collect::<Vec<_>>() })
}

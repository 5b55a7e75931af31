//! One complaint's story as this node's command line tells it: each event a line, with what was written beside it.

use std::fmt::Write as _;

use lintas::domain::{Change, Event, PartKind, Verdict};
use lintas::journal;
use lintas::protocol::desk::v1 as wire;
use lintas::words::Language;
use serde_json::{Value, json};

use crate::output::{clean, standing, standing_json, summary_json, time};

struct Line {
    event: Event,
    verdict: Option<Verdict>,
    texts: Vec<(&'static str, String)>,
}

fn lines(reply: &wire::ShowReply) -> Vec<Line> {
    let read = |filed: &wire::FiledEvent| {
        let event = journal::event(&filed.header).ok()?;
        let codes = u8::try_from(filed.verdict).ok().zip(u8::try_from(filed.reason).ok());
        let verdict = codes.and_then(|(verdict, reason)| Verdict::from_codes(verdict, reason));
        let texts = filed.parts.iter().filter_map(|part| {
            let kind = PartKind::from_code(u8::try_from(part.kind).ok()?)?;
            Some((kind.name(), String::from_utf8_lossy(&part.content).into_owned()))
        });
        Some(Line { event, verdict, texts: texts.collect() })
    };
    reply.events.iter().filter_map(read).collect()
}

/// Who is named by a change, and why.
fn target(change: &Change) -> String {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others name nobody")]
    match change {
        Change::Filed(filing) => format!("{}, {}, {}", filing.class, filing.category.as_str(), filing.channel),
        Change::Disposed { unit, reason } | Change::Transfer { to: unit, reason } => format!("→ {unit} ({reason})"),
        Change::Deferred { reason } | Change::Archived { reason } | Change::Return { reason } => format!("({reason})"),
        Change::Moved(moved) => format!("→ {} @ {} ({})", moved.unit, moved.node, moved.cause),
        Change::MoveRefused { reason, .. } => format!("({reason})"),
        Change::Inadmissible { reason, .. } => format!("({reason})"),
        Change::Rated { stars } => format!("{stars}/5"),
        _ => String::new(),
    }
}

/// The story for people.
pub(crate) fn told(reply: &wire::ShowReply, lang: Language) -> String {
    let mut text = format!("{}  {}\n", reply.tracking, reply.complaint);
    if let Some(now) = &reply.standing {
        let _ = writeln!(text, "{}", standing(now, lang));
    }
    for line in lines(reply) {
        let header = &line.event.header;
        let unit = header.unit.as_ref().map_or("", |unit| unit.as_str());
        let name = reply.names.get(unit).map(|name| format!(" {}", clean(name))).unwrap_or_default();
        let verdict = line.verdict.map(|verdict| verdict.to_string()).unwrap_or_default();
        let (at, what) = (time(header.time.0), header.change.name());
        let hash: String = line.event.hash.to_string().chars().take(8).collect();
        let _ = writeln!(
            text,
            "{at}  {hash}  {:<6} {unit}{name}  {what} {}  [{verdict}]",
            header.node,
            target(&header.change)
        );
        for (kind, content) in line.texts {
            for row in clean(&content).lines() {
                let _ = writeln!(text, "    {kind}: {row}");
            }
        }
    }
    text
}

/// The story for machines.
pub(crate) fn json(reply: &wire::ShowReply) -> Value {
    let event = |line: Line| {
        let header = &line.event.header;
        json!({
            "event": line.event.hash.to_string(), "node": header.node.as_str(),
            "position": header.position.to_string(), "time": time(header.time.0),
            "unit": header.unit.as_ref().map(lintas::domain::UnitCode::as_str), "change": header.change.name(),
            "target": target(&header.change), "verdict": line.verdict.map(Verdict::name),
            "reason": line.verdict.and_then(Verdict::reason),
            "parts": line.texts.into_iter().map(|(kind, text)| json!({ "kind": kind, "text": text })).collect::<Vec<_>>(),
        })
    };
    json!({
        "complaint": reply.complaint, "tracking": reply.tracking,
        "standing": standing_json(reply.standing.as_ref()),
        "summary": reply.summary.as_ref().map(summary_json),
        "events": lines(reply).into_iter().map(event).collect::<Vec<_>>(),
    })
}

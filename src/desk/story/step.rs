//! One step of a story: an event in words, with the texts that belong to it. Identities are passed over; of what was erased
//! only that is said.

use serde::Serialize;

use super::marks::{self, Mark};
use super::{Named, Reader, Told};
use crate::desk::{Original, Signature};
use crate::domain::{Change, EventHash, Header, PartKind, Position, Role, Timestamp, UnitCode};
use crate::journal::{Body, OpenError, operator_pseudonym};
use crate::store::FiledEvent;
use crate::words::{Word, category, day, iso, moment};

/// One event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Step {
    /// Its number in this story, from 1.
    pub number: usize,
    /// Its hash, in hexadecimal.
    pub event: String,
    /// Whose journal it stands in.
    pub node: Named,
    /// Which life of that journal.
    pub incarnation: u32,
    /// Where in that life.
    pub seq: u64,
    /// On whose behalf it was written; none for the hub's.
    pub unit: Option<Named>,
    /// When, by its author's clock, in UTC.
    pub time: Option<String>,
    /// The same in WIB, in words.
    pub when: String,
    /// Who, in words.
    pub who: String,
    /// By which account: its pseudonym, in hexadecimal.
    pub account: Option<String>,
    /// The name of its holder, where it is here and may be shown.
    pub author: Option<String>,
    /// The change's name.
    pub change: &'static str,
    /// What happened, in words.
    pub what: String,
    /// What was written beside it.
    pub texts: Vec<Text>,
    /// What the hub said of it.
    pub verdict: &'static str,
    /// Why, if it was refused or inadmissible.
    pub reason: Option<&'static str>,
    /// What else is to be known of it.
    pub marks: Vec<Mark>,
    /// Who answers from here on, if that changed.
    pub opened: Option<Opened>,
}

/// A text beside an event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Text {
    /// What it is.
    pub kind: &'static str,
    /// The text, if it is shown.
    pub text: Option<String>,
    /// If it is not shown: why, in words.
    pub instead: Option<String>,
}

/// The beginning of an epoch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Opened {
    /// Its number, from 1, for people only.
    pub number: usize,
    /// Who answers.
    pub unit: Named,
    /// At which node.
    pub node: Named,
    /// Why it came there; none for the filing unit.
    pub cause: Option<&'static str>,
    /// That in words.
    pub text: String,
}

pub(super) fn of(told: &Told<'_>, filed: &FiledEvent, number: usize) -> Step {
    let header = &filed.event.header;
    let Position { incarnation, seq } = header.position;
    Step {
        number,
        event: filed.event.hash.to_string(),
        node: told.node(&header.node),
        incarnation,
        seq,
        unit: header.unit.as_ref().map(|unit| told.unit(unit)),
        time: iso(header.time),
        when: moment(header.time, told.language),
        who: by(told, filed, who(told, header)),
        account: header.account.map(|account| account.to_string()),
        author: author(told, filed).map(|signature| harmless(&signature.name)),
        change: header.change.name(),
        what: what(told, &header.change),
        texts: texts(told, filed),
        verdict: filed.verdict.name(),
        reason: filed.verdict.reason(),
        marks: marks::of(told, filed),
        opened: opened(told, &filed.event.hash),
    }
}

fn who(told: &Told<'_>, header: &Header) -> String {
    let unit = header.unit.as_ref().map_or_else(|| told.node(&header.node), |unit| told.unit(unit)).to_string();
    let reporter =
        header.change.role() == Role::Origin && !matches!(header.change, Change::Filed(_) | Change::Imported);
    if reporter { told.say("who.reporter-at", &[("unit", &unit)]) } else { unit_at_node(told, header, unit) }
}

/// Who, and whose hand it was: a name where it is here, else the first digits of a pseudonym. That the node's own operator did it is
/// the rule where there are no accounts, and not said.
fn by(told: &Told<'_>, filed: &FiledEvent, who: String) -> String {
    let header = &filed.event.header;
    let Some(account) = header.account else { return who };
    if account == operator_pseudonym(&header.federation, &header.node) {
        return who;
    }
    let digits = account.to_string();
    let digits = digits.get(..8).unwrap_or(&digits);
    let (code, name) = match author(told, filed) {
        Some(signature) if signature.by_operator => ("who.by-operator-as", harmless(&signature.name)),
        Some(signature) => ("who.by", harmless(&signature.name)),
        None => ("who.by-account", digits.to_owned()),
    };
    told.say(code, &[("who", &who), ("name", &name)])
}

/// What the holder of the account has signed with, if it is here and for these eyes.
fn author(told: &Told<'_>, filed: &FiledEvent) -> Option<Signature> {
    let part = filed.parts.iter().find(|part| part.kind == PartKind::Author)?;
    if told.reader == Reader::Exchange { None } else { part.content().and_then(Signature::read) }
}

/// A unit that acts at a node of another name is told with its node.
fn unit_at_node(told: &Told<'_>, header: &Header, unit: String) -> String {
    match (&header.unit, header.node.unit()) {
        (Some(acting), Some(node)) if acting != node => {
            told.say("who.at-node", &[("unit", &unit), ("node", node.as_str())])
        }
        (None, None) => told.say("who.hub", &[]),
        (Some(_) | None, _) => unit,
    }
}

fn what(told: &Told<'_>, change: &Change) -> String {
    let code = format!("story.{}", change.name());
    let unit = |unit: &UnitCode| told.unit(unit).to_string();
    let other = |event: &EventHash| other(told, event);
    let tell = |facts: &[(&str, &str)]| told.say(&code, facts);
    let language = told.language;
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others say nothing beside their name")]
    match change {
        Change::Disposed { unit: to, reason } | Change::Transfer { to, reason } => {
            tell(&[("unit", &unit(to)), ("reason", reason.in_words(language))])
        }
        Change::Deferred { reason } | Change::Archived { reason } | Change::Return { reason } => {
            tell(&[("reason", reason.in_words(language))])
        }
        Change::TakeBack { proposal: event }
        | Change::Adopted { event }
        | Change::Redacted { event }
        | Change::Granted { event, .. }
        | Change::Held { event }
        | Change::Released { event } => tell(&[("change", &other(event))]),
        Change::Recategorised { category: code, class } => {
            let code = code.as_str();
            let named = category(code, language).unwrap_or(code);
            tell(&[("category", named), ("class", class.in_words(language))])
        }
        Change::Related { to: other } | Change::Doubled { of: other } | Change::Unlinked { from: other } => {
            tell(&[("complaint", &other.to_string())])
        }
        Change::Joined { node, double } => {
            tell(&[("node", &told.node(node).to_string()), ("complaint", &double.to_string())])
        }
        Change::Rated { stars } => tell(&[("stars", &stars.to_string())]),
        Change::Moved(moved) => tell(&[("unit", &unit(&moved.unit)), ("cause", moved.cause.in_words(language))]),
        Change::MoveRefused { proposal, reason, .. } => {
            tell(&[("change", &other(proposal)), ("reason", reason.in_words(language))])
        }
        Change::Overdue { moment, due, told: nodes, .. } => {
            let last = day(Timestamp(due.0.saturating_sub(1)), language);
            let nodes: Vec<String> = nodes.iter().map(|node| told.node(node).to_string()).collect();
            let nodes = if nodes.is_empty() { "-".to_owned() } else { nodes.join(", ") };
            let what = told.say(&format!("due.{}", moment.name()), &[]);
            tell(&[("what", &what), ("day", &last), ("told", &nodes)])
        }
        Change::Inadmissible { event, reason, .. } => {
            tell(&[("change", &other(event)), ("reason", reason.in_words(language))])
        }
        _ => tell(&[]),
    }
}

/// Another event, named by its number in the story and its change.
fn other(told: &Told<'_>, event: &EventHash) -> String {
    match (told.find(event), told.numbers.get(event)) {
        (Some(filed), Some(number)) => {
            format!("#{number} {}", filed.event.header.change.in_words(told.language))
        }
        (Some(_) | None, _) => told.say("story.unknown-event", &[]),
    }
}

fn texts(told: &Told<'_>, filed: &FiledEvent) -> Vec<Text> {
    let complaint = told.complaint.as_ref();
    let erased = complaint.is_some_and(|complaint| complaint.redacted.contains(&filed.event.hash));
    let withheld = told.is_withheld();
    let imported = filed.event.header.change == Change::Imported;
    let is_text = |kind: PartKind| !matches!(kind, PartKind::Identity | PartKind::Author);
    let shown = filed.event.header.parts.iter().zip(0_u8..).filter(|(part, _)| is_text(part.kind));
    let text = |kind: PartKind, text, instead: Option<&str>| {
        let instead = instead.map(|code| told.say(code, &[]));
        Text { kind: kind.name(), text, instead }
    };
    let one = |(reference, index): (&crate::domain::PartRef, u8)| {
        let kind = reference.kind;
        let stored = filed.parts.iter().find(|part| part.index == index && part.kind == kind);
        match stored {
            _ if erased => text(kind, None, Some("story.erased")),
            None => text(kind, None, Some("story.absent")),
            Some(_) if withheld => text(kind, None, Some("story.withheld")),
            Some(part) => match part.content() {
                None => text(kind, None, Some(closed(told, &part.body))),
                Some(_) if kind == PartKind::Attachment => text(kind, None, Some("story.attachment")),
                Some(content) if imported => {
                    let said = Original::read(content).map(|original| harmless(&original.told(told.language)));
                    text(kind, Some(said.unwrap_or_else(|| readable(content))), None)
                }
                Some(content) => text(kind, Some(readable(content)), None),
            },
        }
    };
    shown.map(one).collect()
}

/// Why content is not readable here.
fn closed(told: &Told<'_>, body: &Body) -> &'static str {
    match (body, told.reader) {
        (Body::Locked(_), _) => "story.locked",
        (Body::Faulty(OpenError::Key), _) => "story.faulty-key",
        (Body::Faulty(OpenError::Mismatch), _) => "story.faulty",
        (Body::Sealed(_) | Body::Plain { .. }, Reader::Exchange) => "story.sealed",
        (Body::Sealed(_) | Body::Plain { .. }, Reader::Handler) => "story.pending",
    }
}

/// Content as text that cannot do anything to a terminal: no control characters, none that turn the direction of writing.
fn readable(content: &[u8]) -> String {
    harmless(&String::from_utf8_lossy(content))
}

/// A text without them.
pub(super) fn harmless(text: &str) -> String {
    let harmless = |c: &char| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        *c == '\n' || !(c.is_control() || turns)
    };
    let text = text.replace("\r\n", "\n").replace('\t', " ");
    text.chars().filter(harmless).collect::<String>().trim().to_owned()
}

fn opened(told: &Told<'_>, event: &EventHash) -> Option<Opened> {
    let complaint = told.complaint.as_ref()?;
    let (number, epoch) = (1..).zip(&complaint.epochs).find(|(_, epoch)| epoch.opener == *event)?;
    let unit = told.unit(epoch.holders.first()?);
    let cause = match epoch.arrival {
        crate::domain::complaint::Arrival::Filed => None,
        crate::domain::complaint::Arrival::Moved(cause) => Some(cause.name()),
    };
    let text = told.say("story.epoch", &[("unit", &unit.to_string())]);
    Some(Opened { number, unit, node: told.node(&epoch.node), cause, text })
}

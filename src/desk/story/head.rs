//! The head of a story: what the complaint is, when and where it was filed. Structured data only.

use std::collections::BTreeSet;

use serde::Serialize;

use super::step::harmless;
use super::{Named, Told};
use crate::areas::areas;
use crate::desk::Original;
use crate::domain::sealing::granted;
use crate::domain::{Complaint, ComplaintId, Event, NodeId, PartKind, UnitCode};
use crate::runtime::is_training;
use crate::words::{Word, category, iso, moment};

/// What a complaint is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Head {
    /// Its id, in hexadecimal.
    pub id: Option<String>,
    /// What the reporter keeps.
    pub tracking: Option<String>,
    /// What kind.
    pub class: Option<&'static str>,
    /// The code of what it is about.
    pub category: Option<String>,
    /// How it came in.
    pub channel: Option<&'static str>,
    /// Who may know what.
    pub visibility: Option<&'static str>,
    /// Whether somebody filed it for the reporter.
    pub on_behalf: bool,
    /// The body complained of.
    pub about: Option<Named>,
    /// Whether it was filed before, in another system.
    pub imported: bool,
    /// What that system said of it, if it is shown.
    pub original: Option<Original>,
    /// Which nodes can open what was sealed when it was filed; none if nothing was.
    pub sealed_to: Vec<Named>,
    /// When it was filed, in UTC.
    pub filed_at: Option<String>,
    /// By which unit.
    pub filed_by: Option<Named>,
    /// All this in words, line by line; the first is the title.
    pub lines: Vec<String>,
}

pub(super) fn of(told: &Told<'_>) -> Head {
    let mut head = as_filed(told);
    if told.file.events.iter().any(|filed| is_training(&filed.event.header.federation)) {
        head.lines.insert(1.min(head.lines.len()), told.say("head.training", &[]));
    }
    head
}

fn as_filed(told: &Told<'_>) -> Head {
    let id = told.file.events.iter().find_map(|filed| filed.event.header.complaint);
    let id = id.or_else(|| told.file.summary.as_ref().map(|summary| summary.id));
    match &told.complaint {
        Some(complaint) => whole(told, complaint),
        None => partial(told, id),
    }
}

/// An area's code and what people call it, with what it lies in.
fn place(area: &UnitCode) -> String {
    areas().of_unit(area).map_or_else(|| area.to_string(), |known| format!("{} ({area})", areas().address(known.code)))
}

fn whole(told: &Told<'_>, complaint: &Complaint) -> Head {
    let filing = &complaint.filing;
    let filed_by = complaint.epochs.first().and_then(|epoch| epoch.holders.first()).map(|unit| told.unit(unit));
    let about = filing.about.as_ref().map(|unit| told.unit(unit));
    let mut lines =
        vec![told.say("head.complaint", &[("tracking", &filing.tracking.to_string())]), kind(told, complaint)];
    let unit = filed_by.as_ref().map(Named::to_string).unwrap_or_default();
    let (time, channel) = (moment(complaint.filed_at, told.language), filing.channel.in_words(told.language));
    lines.push(told.say("head.filed", &[("time", &time), ("unit", &unit), ("channel", channel)]));
    if filing.on_behalf {
        lines.push(told.say("head.on-behalf", &[]));
    }
    if let Some(about) = &about {
        lines.push(told.say("head.about", &[("unit", &about.to_string())]));
    }
    if let Some(area) = &filing.area {
        lines.push(told.say("head.area", &[("area", &place(area))]));
    }
    let original = Original::of(told.file).filter(|_| !told.is_withheld());
    if complaint.imported {
        lines.push(imported(told, original.as_ref()));
    }
    let filed = told.find(&complaint.filed);
    if filed.is_some_and(|filed| filed.event.header.parts.iter().any(|part| part.kind == PartKind::Identity)) {
        lines.push(told.say("head.identity", &[]));
    }
    let sealed_to = sealed_to(told, complaint);
    if !sealed_to.is_empty() {
        let names: Vec<String> = sealed_to.iter().map(Named::to_string).collect();
        lines.push(told.say("head.sealed-to", &[("nodes", &names.join(", "))]));
    }
    Head {
        id: Some(complaint.id.to_string()),
        tracking: Some(filing.tracking.to_string()),
        class: Some(complaint.class.name()),
        category: Some(complaint.category.as_str().to_owned()),
        channel: Some(filing.channel.name()),
        visibility: Some(filing.visibility.name()),
        on_behalf: filing.on_behalf,
        about,
        imported: complaint.imported,
        original,
        sealed_to,
        filed_at: iso(complaint.filed_at),
        filed_by,
        lines,
    }
}

fn sealed_to(told: &Told<'_>, complaint: &Complaint) -> Vec<Named> {
    let events: Vec<Event> = told.file.events.iter().map(|filed| filed.event.clone()).collect();
    let granted = granted(complaint, &events);
    let of_filing = granted.iter().filter(|((event, _), _)| *event == complaint.filed);
    let nodes: BTreeSet<&NodeId> = of_filing.flat_map(|(_, to)| to.iter().map(|(node, _)| node)).collect();
    nodes.into_iter().map(|node| told.node(node)).collect()
}

fn imported(told: &Told<'_>, original: Option<&Original>) -> String {
    let Some(Original { source, id, filed, state, .. }) = original else {
        return told.say("head.imported-withheld", &[]);
    };
    let facts = [source, id, filed, state].map(|fact| if fact.is_empty() { "-".to_owned() } else { harmless(fact) });
    let [source, id, filed, state] = facts.each_ref().map(String::as_str);
    told.say("head.imported", &[("source", source), ("id", id), ("filed", filed), ("state", state)])
}

/// What it is by now: what it was filed as stands with its filing.
fn kind(told: &Told<'_>, complaint: &Complaint) -> String {
    let code = complaint.category.as_str();
    let facts = [
        ("class", complaint.class.in_words(told.language)),
        ("category", category(code, told.language).unwrap_or(code)),
        ("visibility", complaint.filing.visibility.in_words(told.language)),
    ];
    told.say("head.kind", &facts)
}

fn partial(told: &Told<'_>, id: Option<ComplaintId>) -> Head {
    let id = id.map(|id| id.to_string());
    let title = told.say("head.complaint", &[("tracking", id.as_deref().unwrap_or("-"))]);
    Head {
        id,
        tracking: None,
        class: None,
        category: None,
        channel: None,
        visibility: None,
        on_behalf: false,
        about: None,
        imported: false,
        original: None,
        sealed_to: Vec::new(),
        filed_at: None,
        filed_by: None,
        lines: vec![title, told.say("head.partial", &[])],
    }
}

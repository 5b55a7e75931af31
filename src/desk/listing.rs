//! Complaints in a list, as an aligned table or for machines. It shows no content.

use serde::Serialize;

use super::story::Named;
use super::table::table;
use crate::domain::{DisplayState, NodeId, Registry, UnitCode};
use crate::store::Summary;
use crate::words::{Language, Word, category, day, iso, say};

/// A complaint in a list.
#[expect(clippy::struct_excessive_bools, reason = "a row for machines: each says one thing")]
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Listed {
    /// What the reporter keeps.
    pub tracking: String,
    /// Its id, in hexadecimal.
    pub id: String,
    /// What kind.
    pub class: &'static str,
    /// The code of what it is about.
    pub category: String,
    /// Who may know what.
    pub visibility: &'static str,
    /// Whether it was filed before, in a system that this one follows.
    pub imported: bool,
    /// The state's name.
    pub state: &'static str,
    /// Who answers for it.
    pub unit: String,
    /// Its public name, as far as the registry knows it.
    pub unit_name: Option<String>,
    /// At which node.
    pub node: String,
    /// Where it was filed.
    pub origin: String,
    /// How many times it was opened.
    pub epoch: u32,
    /// The hash of the proposal under way.
    pub pending: Option<String>,
    /// Until when the awaited step may take, in UTC.
    pub due: Option<String>,
    /// Which step that is: the name of a deadline, such as `response`.
    pub due_for: Option<&'static str>,
    /// Whether that is over and those above the holder were told.
    pub overdue: bool,
    /// How many late events wait to be looked at.
    pub late: u32,
    /// Whether an event of it is held.
    pub held: bool,
    /// When it was filed, in UTC.
    pub filed_at: Option<String>,
    /// The time of its newest event, in UTC.
    pub updated_at: Option<String>,
    /// Nodes that take part.
    pub participants: Vec<String>,
    /// Whether its reporter has withdrawn it.
    pub withdrew: bool,
    /// Complaints to which its holders have linked it, and the one whose double it is.
    pub links: Vec<String>,
}

/// The list for machines.
#[must_use]
pub fn listed(summaries: &[Summary], registry: &Registry) -> Vec<Listed> {
    summaries.iter().map(|summary| one(summary, registry)).collect()
}

/// The list as a table. `limit` is the most that were asked for: if there are as many, that is said.
#[must_use]
pub fn list(summaries: &[Summary], registry: &Registry, language: Language, limit: usize) -> String {
    if summaries.is_empty() {
        return say("list.none", language, &[]) + "\n";
    }
    let titles = ["tracking", "filed", "category", "state", "holder", "origin", "remarks"];
    let titles = titles.map(|title| say(&format!("list.{title}"), language, &[]));
    let rows: Vec<_> = summaries.iter().map(|summary| row(summary, registry, language)).collect();
    let mut text = table(titles.each_ref().map(String::as_str), &rows);
    if summaries.len() >= limit {
        text.push_str(&say("list.more", language, &[("count", &limit.to_string())]));
        text.push('\n');
    }
    text
}

fn row(summary: &Summary, registry: &Registry, language: Language) -> [String; 7] {
    let mut remarks = Vec::new();
    if summary.imported {
        remarks.push(say("list.imported", language, &[]));
    }
    if summary.withdrew && !matches!(summary.state, DisplayState::Closed | DisplayState::Archived) {
        remarks.push(say("list.withdrew", language, &[]));
    }
    if summary.pending.is_some() {
        remarks.push(say("list.pending", language, &[]));
    }
    if let Some(due) = summary.due {
        // The last moment in time lies before the end of the last day.
        let last = day(crate::domain::Timestamp(due.0.saturating_sub(1)), language);
        let code = if summary.overdue { "list.overdue" } else { "list.due" };
        remarks.push(say(code, language, &[("day", &last)]));
    }
    if summary.late > 0 {
        remarks.push(say("list.late", language, &[("count", &summary.late.to_string())]));
    }
    if summary.held {
        remarks.push(say("list.held", language, &[]));
    }
    [
        summary.tracking.to_string(),
        day(summary.filed_at, language),
        category(&summary.category, language).unwrap_or(&summary.category).to_owned(),
        summary.state.in_words(language).to_owned(),
        named(registry, &summary.unit).to_string(),
        summary.origin.to_string(),
        remarks.join(", "),
    ]
}

fn one(summary: &Summary, registry: &Registry) -> Listed {
    Listed {
        tracking: summary.tracking.to_string(),
        id: summary.id.to_string(),
        class: summary.class.name(),
        category: summary.category.clone(),
        visibility: summary.visibility.name(),
        imported: summary.imported,
        state: summary.state.name(),
        unit: summary.unit.to_string(),
        unit_name: named(registry, &summary.unit).name,
        node: summary.node.to_string(),
        origin: summary.origin.to_string(),
        epoch: summary.epoch,
        pending: summary.pending.map(|event| event.to_string()),
        due: summary.due.and_then(iso),
        due_for: summary.due_for.map(crate::domain::Moment::name),
        overdue: summary.overdue,
        late: summary.late,
        held: summary.held,
        filed_at: iso(summary.filed_at),
        updated_at: iso(summary.updated_at),
        participants: summary.participants.iter().map(NodeId::to_string).collect(),
        withdrew: summary.withdrew,
        links: summary.links.iter().map(ToString::to_string).collect(),
    }
}

fn named(registry: &Registry, unit: &UnitCode) -> Named {
    let name = registry.unit(unit).map(|entry| entry.listing.name.as_str().to_owned());
    Named { code: unit.to_string(), name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Class, ComplaintId, DisplayState, EventHash, Timestamp, TrackingNumber, Visibility};

    fn summary() -> Summary {
        let unit = UnitCode::parse("13.71").unwrap();
        Summary {
            id: ComplaintId([7; 16]),
            tracking: TrackingNumber::from_random(0x00AB_CDEF_0123_4567),
            origin: NodeId::Node(unit.clone()),
            class: Class::Complaint,
            category: "jalan-rusak".to_owned(),
            visibility: Visibility::Open,
            imported: false,
            unit,
            node: NodeId::parse("13.71").unwrap(),
            state: DisplayState::Disposed,
            epoch: 1,
            pending: Some(EventHash([1; 32])),
            due: None,
            due_for: None,
            overdue: false,
            held: false,
            late: 2,
            filed_at: Timestamp(1_780_248_600_000_000),
            updated_at: Timestamp(1_780_248_600_000_000),
            participants: vec![NodeId::parse("13.71").unwrap()],
            withdrew: false,
            links: Vec::new(),
            measure: None,
        }
    }

    #[test]
    fn list_reads_differently() {
        let other =
            Summary { imported: true, late: 0, pending: None, held: true, category: "x".to_owned(), ..summary() };
        let all = [summary(), other];
        let registry = Registry::default();
        assert_eq!(
            list(&all, &registry, Language::Indonesian, 3),
            "NOMOR                DIAJUKAN    KATEGORI                  STATUS                               DIPEGANG  \
             DIAJUKAN DI  KETERANGAN\n\
             LTS-AYDX-W0J6-HB7-2  1 Jun 2026  Jalan dan jembatan rusak  terdisposisi, belum ditindaklanjuti  13.71     \
             13.71        perpindahan berjalan, 2 terlambat\n\
             LTS-AYDX-W0J6-HB7-2  1 Jun 2026  x                         terdisposisi, belum ditindaklanjuti  13.71     \
             13.71        diimpor, ditahan\n"
        );
        let english = list(&all, &registry, Language::English, 2);
        assert!(
            english.starts_with("NUMBER ")
                && english.ends_with("Only the newest 2 are shown; narrow the search or raise --limit.\n")
        );
        assert_eq!(list(&[], &registry, Language::English, 2), "No complaints.\n");
    }

    #[test]
    fn machines_get_words_instead_of_codes() {
        let json = serde_json::to_value(listed(&[summary()], &Registry::default())).unwrap();
        assert_eq!(json[0]["state"], "disposed");
        assert_eq!(json[0]["unit"], "13.71");
        assert_eq!(json[0]["filed_at"], "2026-05-31T17:30:00.000000Z");
        assert_eq!(json[0]["id"], "07070707070707070707070707070707");
    }
}

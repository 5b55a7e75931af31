//! What an audit found and what it looked at: lines for people, JSON for machines.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::words::{Language, say};

/// Most findings that are kept; further ones are counted.
pub const FINDINGS_MAX: usize = 1000;

/// Something that does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The stable code, such as `audit.seal`.
    pub code: &'static str,
    /// Where and what, by name; no content.
    pub facts: Vec<(&'static str, String)>,
}

impl Finding {
    /// The finding in one line.
    #[must_use]
    pub fn line(&self, language: Language) -> String {
        let facts: Vec<(&str, &str)> = self.facts.iter().map(|(name, fact)| (*name, fact.as_str())).collect();
        format!("{}  {}", self.code, say(self.code, language, &facts)).replace('\n', " ")
    }
}

/// How much was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Checked {
    /// Journals.
    pub journals: u64,
    /// Events.
    pub events: u64,
    /// Seals, each with its chain, root and signature.
    pub seals: u64,
    /// Proofs of origin, each with its path.
    pub proofs: u64,
    /// Parts of content.
    pub parts: u64,
    /// Complaints.
    pub complaints: u64,
    /// Verdicts.
    pub verdicts: u64,
    /// Receipts.
    pub receipts: u64,
    /// Rows of outboxes.
    pub outbox: u64,
    /// Own events that no seal covers yet, and no signature proves.
    pub unsealed: u64,
    /// Own events that wait to be issued again; nothing proves them either.
    pub set_aside: u64,
}

impl Checked {
    pub(super) const fn add_complaint(&mut self, more: &Self) {
        self.complaints = self.complaints.saturating_add(more.complaints);
        self.verdicts = self.verdicts.saturating_add(more.verdicts);
    }
}

/// What came out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// What does not hold; at most [`FINDINGS_MAX`].
    pub findings: Vec<Finding>,
    /// How many findings there were beyond those.
    pub more: u64,
    /// How much was looked at.
    pub checked: Checked,
}

impl Report {
    /// Whether everything holds.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.more == 0
    }

    /// One line for each finding, and how much was looked at.
    #[must_use]
    pub fn render(&self, language: Language) -> String {
        let mut lines: Vec<String> = self.findings.iter().map(|finding| finding.line(language)).collect();
        if self.more > 0 {
            lines.push(say("audit.more", language, &[("count", &self.more.to_string())]));
        }
        let found = u64::try_from(self.findings.len()).unwrap_or(u64::MAX).saturating_add(self.more);
        let Checked { journals, events, seals, proofs, parts, complaints, verdicts, receipts, outbox, .. } =
            self.checked;
        let counts = [
            ("findings", found),
            ("journals", journals),
            ("events", events),
            ("seals", seals),
            ("proofs", proofs),
            ("parts", parts),
            ("complaints", complaints),
            ("verdicts", verdicts),
            ("receipts", receipts),
            ("outbox", outbox),
        ];
        let counts = counts.map(|(name, count)| (name, count.to_string()));
        let facts = counts.each_ref().map(|(name, count)| (*name, count.as_str()));
        lines.push(say(if self.is_clean() { "audit.clean" } else { "audit.differs" }, language, &facts));
        let Checked { unsealed, set_aside, .. } = self.checked;
        if unsealed > 0 || set_aside > 0 {
            let facts = [("unsealed", &*unsealed.to_string()), ("aside", &set_aside.to_string())];
            lines.push(say("audit.unproven", language, &facts));
        }
        lines.join("\n")
    }

    /// The same for machines.
    #[must_use]
    pub fn to_json(&self, language: Language) -> Value {
        let one = |finding: &Finding| {
            let facts: BTreeMap<&str, &str> = finding.facts.iter().map(|(name, fact)| (*name, fact.as_str())).collect();
            json!({ "code": finding.code, "facts": facts, "text": finding.line(language) })
        };
        let findings: Vec<Value> = self.findings.iter().map(one).collect();
        json!({ "clean": self.is_clean(), "findings": findings, "more": self.more, "checked": self.checked })
    }

    pub(super) fn find(&mut self, code: &'static str, facts: Vec<(&'static str, String)>) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { code, facts });
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    pub(super) fn findings_of(&mut self, other: Self) {
        for finding in other.findings {
            self.find(finding.code, finding.facts);
        }
        self.more = self.more.saturating_add(other.more);
    }
}

//! What a doctor found, in lines for people and as JSON. It judges nothing but which of two findings is worse.

use serde_json::{Value, json};

use crate::runtime::Exit;
use crate::words::{Language, say};

/// How well a thing is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// It could not be looked at, because something else is wrong or missing.
    Skipped,
    /// It is well.
    Ok,
    /// It works, and will not for ever.
    Warning,
    /// It does not work, or what is promised does not hold.
    Problem,
}

impl Verdict {
    /// The name in JSON and in the codes of texts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// What was found of one thing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// How well it is.
    pub verdict: Verdict,
    /// What was looked at, such as `disk`.
    pub check: &'static str,
    /// What was found, such as `disk-low`: its text has the code `doctor.disk-low`, its remedy `cure.disk-low`.
    pub code: &'static str,
    /// The facts of both texts.
    pub facts: Vec<(&'static str, String)>,
}

impl Finding {
    /// It is well.
    #[must_use]
    pub const fn ok(check: &'static str, code: &'static str, facts: Vec<(&'static str, String)>) -> Self {
        Self { verdict: Verdict::Ok, check, code, facts }
    }

    /// It works, and will not for ever.
    #[must_use]
    pub const fn warning(check: &'static str, code: &'static str, facts: Vec<(&'static str, String)>) -> Self {
        Self { verdict: Verdict::Warning, check, code, facts }
    }

    /// It does not work.
    #[must_use]
    pub const fn problem(check: &'static str, code: &'static str, facts: Vec<(&'static str, String)>) -> Self {
        Self { verdict: Verdict::Problem, check, code, facts }
    }

    /// It could not be looked at.
    #[must_use]
    pub const fn skipped(check: &'static str, code: &'static str, facts: Vec<(&'static str, String)>) -> Self {
        Self { verdict: Verdict::Skipped, check, code, facts }
    }

    /// What was found, in one line.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        self.filled("doctor", language)
    }

    /// What to do, in one line; none if there is nothing to do.
    #[must_use]
    pub fn remedy(&self, language: Language) -> Option<String> {
        (self.verdict > Verdict::Ok).then(|| self.filled("cure", language))
    }

    fn filled(&self, kind: &str, language: Language) -> String {
        let facts: Vec<(&str, &str)> = self.facts.iter().map(|(name, fact)| (*name, fact.as_str())).collect();
        say(&format!("{kind}.{}", self.code), language, &facts).replace(['\n', '\r'], " ")
    }
}

/// Everything that was found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// In the order in which it was looked at.
    pub findings: Vec<Finding>,
}

impl Report {
    /// How many findings there are of a kind.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.findings.iter().filter(|finding| finding.verdict == verdict).count()
    }

    /// How a program ends that has nothing but this to say.
    #[must_use]
    pub fn exit(&self) -> Exit {
        if self.count(Verdict::Problem) == 0 { Exit::Done } else { Exit::NotDone }
    }

    /// One line a finding, its remedy below it, and how many there were.
    #[must_use]
    pub fn render(&self, language: Language) -> String {
        let word = |code: &str| say(code, language, &[]);
        let kind = |verdict: Verdict| word(&format!("doctor.is-{}", verdict.name()));
        let name = |finding: &Finding| word(&format!("doctor.check-{}", finding.check));
        let longest =
            |texts: &mut dyn Iterator<Item = String>| texts.map(|text| text.chars().count()).max().unwrap_or(0);
        let kinds = longest(&mut self.findings.iter().map(|finding| kind(finding.verdict)));
        let names = longest(&mut self.findings.iter().map(name));
        let mut lines = Vec::new();
        for finding in &self.findings {
            let text = finding.text(language);
            lines.push(format!("{:kinds$}  {:names$}  {text}", kind(finding.verdict), name(finding)));
            if let Some(remedy) = finding.remedy(language) {
                lines.push(format!("{:kinds$}  {:names$}  → {remedy}", "", ""));
            }
        }
        let counts = [Verdict::Problem, Verdict::Warning, Verdict::Ok].map(|verdict| self.count(verdict).to_string());
        let [problems, warnings, well] = counts.each_ref().map(String::as_str);
        lines.push(say("doctor.counts", language, &[("problems", problems), ("warnings", warnings), ("well", well)]));
        lines.join("\n")
    }

    /// The same for machines.
    #[must_use]
    pub fn to_json(&self, language: Language) -> Value {
        let one = |finding: &Finding| {
            let facts: serde_json::Map<String, Value> =
                finding.facts.iter().map(|(name, fact)| ((*name).to_owned(), json!(fact))).collect();
            json!({
                "check": finding.check, "verdict": finding.verdict.name(), "code": finding.code, "facts": facts,
                "text": finding.text(language), "remedy": finding.remedy(language),
            })
        };
        let findings: Vec<Value> = self.findings.iter().map(one).collect();
        json!({
            "problems": self.count(Verdict::Problem), "warnings": self.count(Verdict::Warning), "findings": findings,
        })
    }
}

impl Extend<Finding> for Report {
    fn extend<T: IntoIterator<Item = Finding>>(&mut self, findings: T) {
        self.findings.extend(findings);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::text;

    /// The sources of all judgements.
    const SOURCES: [&str; 7] = [
        include_str!("certificate.rs"),
        include_str!("clock.rs"),
        include_str!("database.rs"),
        include_str!("disk.rs"),
        include_str!("files.rs"),
        include_str!("network.rs"),
        include_str!("upkeep.rs"),
    ];

    /// Every finding that is named in the sources: kind, check, code.
    fn named() -> Vec<(&'static str, &'static str, &'static str)> {
        let mut found = Vec::new();
        for source in SOURCES {
            let source = source.split("#[cfg(test)]").next().unwrap();
            for kind in ["ok", "warning", "problem", "skipped"] {
                for call in source.split(&format!("Finding::{kind}(")).skip(1) {
                    let mut words = call.split('"').skip(1).step_by(2);
                    found.push((kind, words.next().unwrap(), words.next().unwrap()));
                }
            }
        }
        found
    }

    #[test]
    fn finding_has_no_text_or_no_remedy() {
        let named = named();
        assert!(named.len() > 40, "{named:?}");
        for (kind, check, code) in named {
            for language in Language::ALL {
                for code in [format!("doctor.check-{check}"), format!("doctor.is-{kind}"), format!("doctor.{code}")] {
                    assert!(text(&code, language).is_some(), "{code} has no text in {language}");
                }
                let cured = matches!(kind, "warning" | "problem");
                assert!(
                    !cured || text(&format!("cure.{code}"), language).is_some(),
                    "{code} has no remedy in {language}"
                );
            }
        }
    }

    #[test]
    fn problem_ends_with_zero_or_a_warning_does_not() {
        let of = |finding: fn(&'static str, &'static str, Vec<(&'static str, String)>) -> Finding| Report {
            findings: vec![finding("disk", "disk-low", vec![])],
        };
        assert_eq!(of(Finding::problem).exit(), Exit::NotDone);
        for fine in [Finding::ok, Finding::warning, Finding::skipped] {
            assert_eq!(of(fine).exit(), Exit::Done);
        }
        let shown = of(Finding::problem).to_json(Language::English);
        assert_eq!((&shown["problems"], &shown["findings"][0]["verdict"]), (&json!(1), &json!("problem")));
        assert!(of(Finding::warning).render(Language::English).contains('→'));
        assert!(!of(Finding::ok).render(Language::English).contains('→'));
    }
}

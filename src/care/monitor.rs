//! A check for monitoring: figures against limits, the worst of them, one line. Judgements of facts only; it looks at nothing.

use std::fmt::Write as _;
use std::str::FromStr;

use serde_json::{Value, json};
use thiserror::Error;

use crate::runtime::{Exit, Watch};
use crate::words::{Language, say};

/// From where on a figure is a warning, and from where on critical.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// A warning.
    pub warning: u64,
    /// Critical.
    pub critical: u64,
}

impl Limits {
    /// Days that a certificate has left, unless others are asked for.
    pub const CERTIFICATE_DAYS: Self = Self { warning: 30, critical: 7 };

    /// The same for a certificate that lives for so many days: at most a fifth and a tenth of that, since one that lives for days is
    /// renewed by itself. What was asked for otherwise holds.
    #[must_use]
    pub fn of_life(self, days: u64) -> Self {
        if self != Self::CERTIFICATE_DAYS {
            return self;
        }
        let share = |limit: u64, share: u64| limit.min(days.checked_div(share).unwrap_or(0));
        Self { warning: share(self.warning, 5), critical: share(self.critical, 10) }
    }
}

/// Limits that cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("give two whole numbers, WARNING,CRITICAL, such as 300,3600")]
pub struct LimitsError;

impl FromStr for Limits {
    type Err = LimitsError;

    fn from_str(text: &str) -> Result<Self, LimitsError> {
        let (warning, critical) = text.split_once(',').ok_or(LimitsError)?;
        let number = |text: &str| text.trim().parse().map_err(|_| LimitsError);
        Ok(Self { warning: number(warning)?, critical: number(critical)? })
    }
}

impl Limits {
    /// Limits of a figure.
    #[must_use]
    pub const fn new(warning: u64, critical: u64) -> Self {
        Self { warning, critical }
    }

    /// Of a figure that is bad when it is high.
    #[must_use]
    pub const fn above(self, figure: u64) -> Watch {
        if figure >= self.critical {
            Watch::Critical
        } else if figure >= self.warning {
            Watch::Warning
        } else {
            Watch::Ok
        }
    }

    /// Of a figure that is bad when it is low.
    #[must_use]
    pub const fn below(self, figure: u64) -> Watch {
        if figure < self.critical {
            Watch::Critical
        } else if figure < self.warning {
            Watch::Warning
        } else {
            Watch::Ok
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Measure {
    /// How it is.
    pub level: Watch,
    /// What was found: its text has the code `check.` and this.
    pub code: &'static str,
    /// The facts of that text.
    pub facts: Vec<(&'static str, String)>,
    /// The figure for the monitoring's own curves, as the plugin guidelines write it.
    pub figure: Option<String>,
}

impl Measure {
    /// Something that has no figure.
    #[must_use]
    pub const fn plain(level: Watch, code: &'static str, facts: Vec<(&'static str, String)>) -> Self {
        Self { level, code, facts, figure: None }
    }

    /// A figure that is bad when it is high.
    fn high(code: &'static str, label: &str, unit: &str, figure: u64, limits: Limits) -> Self {
        let curve = format!("{label}={figure}{unit};{};{};0", limits.warning, limits.critical);
        let facts = vec![("figure", figure.to_string())];
        Self { level: limits.above(figure), code, facts, figure: Some(curve) }
    }

    /// A figure that is bad when it is low.
    fn low(code: &'static str, label: &str, unit: &str, figure: u64, limits: Limits) -> Self {
        let curve = format!("{label}={figure}{unit};{}:;{}:;0", limits.warning, limits.critical);
        let facts = vec![("figure", figure.to_string())];
        Self { level: limits.below(figure), code, facts, figure: Some(curve) }
    }
}

/// The link of a node, as its monitoring sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Link {
    /// No node runs.
    Stopped,
    /// The node has no hub.
    None,
    /// It is up.
    Up,
    /// It is down for so many seconds; why.
    Down(u64, String),
    /// It stands still until somebody acts; why.
    Fault(String),
}

/// Judges a node's link by how long it is down.
#[must_use]
pub fn link(link: &Link, limits: Limits) -> Measure {
    let down = |seconds| Measure::high("link-down", "link_down", "s", seconds, limits);
    match link {
        Link::Stopped => Measure::plain(Watch::Critical, "node-stopped", vec![]),
        Link::None => Measure::plain(Watch::Warning, "no-hub", vec![]),
        Link::Up => Measure { code: "link-up", ..down(0) },
        Link::Down(seconds, why) => {
            let measure = down(*seconds);
            Measure { facts: [measure.facts, vec![("why", why.clone())]].concat(), ..measure }
        }
        Link::Fault(fault) => Measure::plain(Watch::Critical, "link-fault", vec![("fault", fault.clone())]),
    }
}

/// Judges how many events wait to leave.
#[must_use]
pub fn outbox(waiting: u64, limits: Limits) -> Measure {
    Measure::high("outbox", "outbox", "", waiting, limits)
}

/// Judges how many own events did not simply apply of late.
#[must_use]
pub fn refusals(count: u64, limits: Limits) -> Measure {
    Measure::high("refusals", "refusals", "", count, limits)
}

/// Judges whether the hub was found to show two registries; nothing if it was not.
#[must_use]
pub fn doubts(count: u64) -> Option<Measure> {
    (count > 0).then(|| Measure::plain(Watch::Critical, "two-registries", vec![("count", count.to_string())]))
}

/// Judges how many days a certificate is still valid; why it cannot be told otherwise.
#[must_use]
pub fn certificate(days: &Result<u64, String>, limits: Limits) -> Measure {
    match days {
        Ok(days) => Measure::low("certificate", "certificate_days", "", *days, limits),
        Err(cause) => Measure::plain(Watch::Critical, "certificate-unusable", vec![("cause", cause.clone())]),
    }
}

/// Judges how much of a hundred is free on the disk.
#[must_use]
pub fn disk(percent: &Result<u64, String>, limits: Limits) -> Measure {
    match percent {
        Ok(percent) => Measure::low("disk", "disk_free", "%", *percent, limits),
        Err(cause) => Measure::plain(Watch::Unknown, "disk-unknown", vec![("cause", cause.clone())]),
    }
}

/// Judges how many hours old the newest backup is, or that it cannot be told; nothing if none was ever made here: then others make
/// them.
#[must_use]
pub fn backup(hours: &Result<Option<u64>, String>, limits: Limits) -> Option<Measure> {
    match hours {
        Ok(hours) => hours.map(|hours| Measure::high("backup", "backup_age", "h", hours, limits)),
        Err(cause) => Some(Measure::plain(Watch::Unknown, "backup-unknown", vec![("cause", cause.clone())])),
    }
}

/// That the database cannot be read.
#[must_use]
pub fn database(cause: String) -> Measure {
    Measure::plain(Watch::Critical, "database", vec![("cause", cause)])
}

/// The hub's nodes, as its monitoring sees them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Nodes {
    /// Nodes that stand still until somebody acts, by code.
    pub faulty: Vec<String>,
    /// Seconds since each other node was heard, by code.
    pub silent: Vec<(String, u64)>,
}

/// Judges the hub's nodes.
#[must_use]
pub fn nodes(nodes: &Nodes, limits: Limits) -> Vec<Measure> {
    let longest = nodes.silent.iter().map(|(_, seconds)| *seconds).max().unwrap_or(0);
    let mut measure = Measure::high("nodes-heard", "longest_silence", "s", longest, limits);
    let over = nodes.silent.iter().filter(|(_, seconds)| limits.above(*seconds) > Watch::Ok);
    let silent: Vec<&str> = over.map(|(code, _)| code.as_str()).collect();
    if measure.level > Watch::Ok {
        measure.code = "nodes-silent";
    }
    measure.facts.push(("count", nodes.silent.len().to_string()));
    measure.facts.push(("nodes", few(&silent)));
    let mut found = vec![measure];
    if !nodes.faulty.is_empty() {
        let names: Vec<&str> = nodes.faulty.iter().map(String::as_str).collect();
        found.push(Measure::plain(Watch::Warning, "nodes-faulty", vec![("nodes", few(&names))]));
    }
    found
}

/// Whether a hub answers, and can do its work, or why not.
#[must_use]
pub fn serving(answer: Option<Result<(), String>>) -> Measure {
    match answer {
        Some(Ok(())) => Measure::plain(Watch::Ok, "hub-serves", vec![]),
        Some(Err(why)) => Measure::plain(Watch::Critical, "hub-unready", vec![("why", why)]),
        None => Measure::plain(Watch::Critical, "hub-stopped", vec![]),
    }
}

/// Whether the program on this machine can do its work, for machines and for people, and how a command that asks it ends. `answer`
/// is its own: none if none runs.
#[must_use]
pub fn readiness(answer: Option<Result<(), String>>, language: Language) -> (Value, String, Exit) {
    let (code, why) = match answer {
        Some(Ok(())) => return (json!({ "ready": true }), say("ready.yes", language, &[]), Exit::Done),
        Some(Err(why)) => ("ready.no", why),
        None => ("ready.stopped", String::new()),
    };
    let text = say(code, language, &[("why", &why)]);
    (json!({ "ready": false, "cause": text }), text, Exit::Unavailable)
}

/// The first few names, and how many more there are.
fn few(names: &[&str]) -> String {
    const SHOWN: usize = 8;
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}, +{more}"),
    }
}

/// The worst level, and the line for the monitoring: what is not well, or else everything; then the figures.
#[must_use]
pub fn line(subject: &str, measures: &[Measure], language: Language) -> (Watch, String) {
    // What cannot be found out is worse than what is well, and hides nothing that is known to be bad.
    let weight = |level: Watch| match level {
        Watch::Ok => 0,
        Watch::Unknown => 1,
        Watch::Warning => 2,
        Watch::Critical => 3,
    };
    let worst =
        measures.iter().map(|measure| measure.level).max_by_key(|level| weight(*level)).unwrap_or(Watch::Unknown);
    let mut shown: Vec<&Measure> =
        measures.iter().filter(|measure| worst == Watch::Ok || measure.level != Watch::Ok).collect();
    shown.sort_by_key(|measure| std::cmp::Reverse(weight(measure.level)));
    let text = |measure: &&Measure| {
        let facts: Vec<(&str, &str)> = measure.facts.iter().map(|(name, fact)| (*name, fact.as_str())).collect();
        // A bar would end the text for the monitoring.
        say(&format!("check.{}", measure.code), language, &facts).replace(['\n', '\r', '|'], " ")
    };
    let texts: Vec<String> = shown.iter().map(text).collect();
    let mut line = format!("LINTAS {subject} {}: {}", worst.word(), texts.join("; "));
    let figures: Vec<&str> = measures.iter().filter_map(|measure| measure.figure.as_deref()).collect();
    if !figures.is_empty() {
        let _ = write!(line, " | {}", figures.join(" "));
    }
    (worst, line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::text;

    const LIMITS: Limits = Limits::new(300, 3600);
    const LOW: Limits = Limits::new(30, 7);

    #[test]
    fn limits_are_misread() {
        assert_eq!("300, 3600".parse(), Ok(LIMITS));
        for wrong in ["300", "", "a,b", "1,2,3", "-1,2"] {
            assert!(wrong.parse::<Limits>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn link_that_is_down_is_well() {
        let level = |found| link(&found, LIMITS).level;
        assert_eq!(level(Link::Up), Watch::Ok);
        assert_eq!(level(Link::Down(299, String::new())), Watch::Ok);
        assert_eq!(level(Link::Down(300, String::new())), Watch::Warning);
        assert_eq!(level(Link::Down(3600, String::new())), Watch::Critical);
        assert_eq!(level(Link::Fault("fork".to_owned())), Watch::Critical);
        assert_eq!(level(Link::Stopped), Watch::Critical);
        assert_eq!(level(Link::None), Watch::Warning);
    }

    #[test]
    fn program_that_cannot_work_is_ready() {
        let ended = |answer| readiness(answer, Language::English).2;
        assert_eq!(ended(Some(Ok(()))), Exit::Done);
        assert_eq!(ended(Some(Err("the database does not answer".to_owned()))), Exit::Unavailable);
        assert_eq!(ended(None), Exit::Unavailable);
    }

    #[test]
    fn figure_beyond_its_limit_is_well() {
        for (found, level) in [
            (outbox(299, LIMITS), Watch::Ok),
            (outbox(300, LIMITS), Watch::Warning),
            (refusals(3600, LIMITS), Watch::Critical),
            (certificate(&Ok(30), LOW), Watch::Ok),
            (certificate(&Ok(29), LOW), Watch::Warning),
            (certificate(&Ok(6), LOW), Watch::Critical),
            (certificate(&Err("no".to_owned()), LOW), Watch::Critical),
            (disk(&Ok(6), LOW), Watch::Critical),
            (disk(&Ok(31), LOW), Watch::Ok),
            (disk(&Err("no".to_owned()), LOW), Watch::Unknown),
            (backup(&Ok(Some(400)), LIMITS).unwrap(), Watch::Warning),
            (backup(&Err("no".to_owned()), LIMITS).unwrap(), Watch::Unknown),
            (database("away".to_owned()), Watch::Critical),
            (serving(None), Watch::Critical),
            (serving(Some(Err("the database is away".to_owned()))), Watch::Critical),
            (serving(Some(Ok(()))), Watch::Ok),
        ] {
            assert_eq!(found.level, level, "{found:?}");
        }
        assert_eq!(backup(&Ok(None), LIMITS), None);
    }

    #[test]
    fn silent_or_faulty_nodes_are_well() {
        let seen = |silent: &[u64], faulty: &[&str]| {
            let silent = silent.iter().map(|seconds| (format!("13.{seconds}"), *seconds)).collect();
            let faulty = faulty.iter().map(|code| (*code).to_owned()).collect();
            nodes(&Nodes { faulty, silent }, LIMITS)
        };
        assert_eq!(seen(&[], &[])[0].level, Watch::Ok);
        let found = seen(&[10, 400, 500], &[]);
        assert_eq!((found.len(), found[0].level), (1, Watch::Warning));
        assert!(found[0].facts.contains(&("nodes", "13.400, 13.500".to_owned())), "{found:?}");
        assert_eq!(seen(&[10], &["13.71"])[1].level, Watch::Warning);
        let many: Vec<u64> = (5000..5010).collect();
        assert!(seen(&many, &[])[0].facts.iter().any(|(_, fact)| fact.ends_with(", +2")));
    }

    #[test]
    fn worst_is_hidden_behind_the_rest() {
        let measures = [outbox(0, LIMITS), disk(&Err("a | b\nc".to_owned()), LOW), link(&Link::Stopped, LIMITS)];
        let (level, said) = line("node 13.71", &measures, Language::English);
        assert_eq!(level, Watch::Critical);
        assert!(said.starts_with("LINTAS node 13.71 CRITICAL: ") && said.ends_with(" | outbox=0;300;3600;0"), "{said}");
        assert_eq!((said.lines().count(), said.matches('|').count()), (1, 1), "{said}");
        let (level, _) = line("x", &[outbox(0, LIMITS), disk(&Err(String::new()), LOW)], Language::English);
        assert_eq!(level, Watch::Unknown);
        assert_eq!(line("x", &[], Language::English).0, Watch::Unknown);
        assert_eq!(line("x", &[outbox(0, LIMITS)], Language::English).0, Watch::Ok);
    }

    #[test]
    fn measure_has_no_text() {
        let source = include_str!("monitor.rs").split("#[cfg(test)]").next().unwrap();
        let quoted = |after: &str| {
            let calls = source.split(after).skip(1);
            calls.filter_map(|call| call.split('"').nth(1)).map(str::to_owned).collect::<Vec<_>>()
        };
        let mut codes: Vec<String> =
            ["Measure::plain(", "Measure::high(", "Measure::low(", "code: ", "measure.code = "]
                .iter()
                .flat_map(|after| quoted(after))
                .filter(|code| code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'))
                .collect();
        codes.dedup();
        assert!(codes.len() >= 15, "{codes:?}");
        for code in codes {
            for language in Language::ALL {
                assert!(text(&format!("check.{code}"), language).is_some(), "check.{code} has no text in {language}");
            }
        }
    }
}

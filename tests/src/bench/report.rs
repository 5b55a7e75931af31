//! The figures of a run as a table for people and as JSON for programs. It computes medians and ratios, and measures nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::catch_up::{Both, Caught};
use super::error::Result;
use super::figures::{Spread, percentile, ratios};
use super::latency::Ways;
use super::memory::Memory;
use super::plan::{CLUSTER, Case, NARRATIVE_BYTES, Options, RATIOS, STEPS, SUBSCRIPTION, UNDER_WAY};
use super::statistics::{COMPLAINTS, TIMES};

/// All that was measured.
#[derive(Debug)]
pub(super) struct Report {
    machine: Value,
    events: u64,
    samples: usize,
    rows: Map<String, Value>,
    seconds: BTreeMap<Case, Vec<f64>>,
    idle: BTreeMap<Case, Both>,
    after: BTreeMap<Case, Vec<Both>>,
    /// Milliseconds: of each case and each stage of the way, p50 and p99 of each run.
    ways: BTreeMap<(Case, Stage), Vec<(f64, f64)>>,
    /// Seconds of statistics over few and over many.
    tallied: Vec<(f64, f64)>,
}

/// How far an action or a row has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Stage {
    Desk,
    Hub,
    City,
    Row,
    Ended,
}

impl Stage {
    const fn name(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::Hub => "hub",
            Self::City => "city",
            Self::Row => "row",
            Self::Ended => "ended",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Desk => "durable at its own node",
            Self::Hub => "durable on the hub",
            Self::City => "visible at the other city's desk",
            Self::Row => "row visible at the subscriber",
            Self::Ended => "a suspended node's stream has ended",
        }
    }
}

impl Report {
    pub(super) fn new(machine: Value, options: &Options) -> Self {
        Self {
            machine,
            events: options.events,
            samples: options.samples,
            rows: Map::new(),
            seconds: BTreeMap::new(),
            idle: BTreeMap::new(),
            after: BTreeMap::new(),
            ways: BTreeMap::new(),
            tallied: Vec::new(),
        }
    }

    /// A node caught up.
    pub(super) fn caught(&mut self, run: usize, case: Case, caught: Caught, idle: Both) {
        self.compared(run, case, caught.seconds);
        self.idle.insert(case, idle);
        self.after.entry(case).or_default().push(caught.memory);
    }

    /// A case of catching up took so long.
    pub(super) fn compared(&mut self, run: usize, case: Case, seconds: f64) {
        println!("run {run}: {} took {seconds:.2} s", case.title());
        self.seconds.entry(case).or_default().push(seconds);
    }

    /// What the rows of the comparison are.
    pub(super) fn rows<'a>(&mut self, rows: impl Iterator<Item = (&'a str, u64)>) {
        self.rows = rows.map(|(table, count)| (table.to_owned(), json!(count))).collect();
    }

    /// The ways of a run's actions.
    pub(super) fn ways(&mut self, run: usize, case: Case, ways: Ways) {
        for (stage, seconds) in [(Stage::Desk, ways.desk), (Stage::Hub, ways.hub), (Stage::City, ways.city)] {
            self.way(run, case, stage, &seconds);
        }
    }

    /// The ways of a run's replicated rows.
    pub(super) fn one_way(&mut self, run: usize, seconds: &[f64]) {
        self.way(run, Case::Replication, Stage::Row, seconds);
    }

    /// How long streams of a run outlived a suspension.
    pub(super) fn ended(&mut self, run: usize, case: Case, seconds: &[f64]) {
        self.way(run, case, Stage::Ended, seconds);
    }

    /// How long statistics took, with fewer complaints and with more.
    pub(super) fn tallied(&mut self, run: usize, (small, large): (f64, f64)) {
        let [few, many] = [small, large].map(|seconds| seconds * 1000.0);
        println!("run {run}: statistics: {few:.2} ms, of {TIMES} times the complaints {many:.2} ms");
        self.tallied.push((small, large));
    }

    fn way(&mut self, run: usize, case: Case, stage: Stage, seconds: &[f64]) {
        let millis: Vec<f64> = seconds.iter().map(|seconds| seconds * 1000.0).collect();
        let Some((middle, worst)) = percentile(&millis, 0.5).zip(percentile(&millis, 0.99)) else { return };
        println!("run {run}: {}, {}: p50 {middle:.1} ms, p99 {worst:.1} ms", case.title(), stage.title());
        self.ways.entry((case, stage)).or_default().push((middle, worst));
    }

    fn ratios(&self) -> impl Iterator<Item = (Case, Case, Option<f64>, Spread)> {
        RATIOS.iter().filter_map(|(first, second, aim)| {
            let runs = ratios(self.seconds.get(first)?, self.seconds.get(second)?);
            Some((*first, *second, *aim, Spread::of(&runs)?))
        })
    }

    /// The time of many by the time of few.
    fn tallied_ratio(&self) -> Option<Spread> {
        Spread::of(&self.tallied.iter().map(|(few, many)| many / few).collect::<Vec<f64>>())
    }

    fn speed(&self, seconds: f64) -> f64 {
        f64::from(u32::try_from(self.events).unwrap_or(u32::MAX)) / seconds
    }

    /// Writes the JSON.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let text = format!("{:#}\n", self.json());
        Ok(std::fs::write(path, text)?)
    }

    fn json(&self) -> Value {
        let seconds: Map<String, Value> = self
            .seconds
            .iter()
            .filter_map(|(case, runs)| {
                let figures = json!({ "runs": runs, "spread": Spread::of(runs)?.json() });
                Some((case.name().to_owned(), figures))
            })
            .collect();
        let ratios: Vec<Value> = self
            .ratios()
            .map(|(first, second, aim, spread)| {
                json!({ "of": first.name(), "beside": second.name(), "ratio": spread.json(), "aim": aim })
            })
            .collect();
        let memory = |memory: Memory| json!({ "now": memory.now, "most": memory.most });
        let both = |both: &Both| json!({ "hub": memory(both.hub), "node": memory(both.node) });
        let memories: Map<String, Value> = self
            .idle
            .iter()
            .map(|(case, idle)| {
                let after: Vec<Value> = self.after.get(case).into_iter().flatten().map(both).collect();
                (case.name().to_owned(), json!({ "idle": both(idle), "after": after }))
            })
            .collect();
        let ways: Vec<Value> = self
            .ways
            .iter()
            .map(|((case, stage), runs)| {
                let (middle, worst): (Vec<f64>, Vec<f64>) = runs.iter().copied().unzip();
                let figure = |runs: &[f64]| Spread::of(runs).map(|spread| spread.json());
                json!({ "case": case.name(), "stage": stage.name(), "p50": figure(&middle), "p99": figure(&worst) })
            })
            .collect();
        json!({
            "machine": self.machine,
            "workload": {
                "events": self.events, "narrative_bytes": NARRATIVE_BYTES, "events_a_complaint": STEPS,
                "complaints_under_way": UNDER_WAY, "rows": self.rows,
            },
            "postgresql": { "settings": CLUSTER, "subscription": SUBSCRIPTION },
            "catch_up_seconds": seconds, "ratios": ratios, "memory_kib": memories,
            "statistics": {
                "complaints": COMPLAINTS, "times": TIMES, "ratio": self.tallied_ratio().map(|spread| spread.json()),
            },
            "latency_ms": { "samples_a_run": self.samples, "ways": ways },
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machine = |name: &str| self.machine[name].to_string().trim_matches('"').to_owned();
        let [date, cpu, cores, kernel, postgres, commit] =
            ["date", "cpu", "cores", "kernel", "postgresql", "commit"].map(machine);
        writeln!(f, "{date}, commit {commit}; {cpu}, {cores} cores, Linux {kernel}; PostgreSQL {postgres}")?;
        if !self.seconds.is_empty() {
            writeln!(
                f,
                "\ncatching up with {} events of {NARRATIVE_BYTES} bytes of text, median [least, most]",
                self.events
            )?;
        }
        for (case, runs) in &self.seconds {
            let Some(Spread { median, least, most }) = Spread::of(runs) else { continue };
            let (title, speed) = (case.title(), self.speed(median));
            writeln!(f, "  {title:<28} {median:>7.2} s [{least:.2}, {most:.2}]  {speed:>7.0} events/s")?;
        }
        if self.ratios().next().is_some() {
            writeln!(f, "\nas ratios of one run each: above 1 the first is faster")?;
        }
        for (first, second, aim, Spread { median, least, most }) in self.ratios() {
            let pair = format!("{} : {}", first.title(), second.title());
            let aim = aim.map(|aim| format!("  aim {aim:.1}")).unwrap_or_default();
            writeln!(f, "  {pair:<50} {median:>5.2} [{least:.2}, {most:.2}]{aim}")?;
        }
        self.write_ways(f)?;
        if let Some(Spread { median, least, most }) = self.tallied_ratio() {
            let cost =
                "statistics by unit: time of ten times the complaints in the same cells, as a ratio of one run each";
            writeln!(
                f,
                "\n{cost}\n  {COMPLAINTS} complaints and {TIMES} times as many {median:>5.2} [{least:.2}, {most:.2}]"
            )?;
        }
        self.write_memory(f)
    }
}

impl Report {
    fn write_ways(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.ways.is_empty() {
            writeln!(
                f,
                "\nthe way of one action, ms since the call, median of {} a run [least, most run]",
                self.samples
            )?;
        }
        for ((case, stage), runs) in &self.ways {
            let (middle, worst): (Vec<f64>, Vec<f64>) = runs.iter().copied().unzip();
            let Some((p50, p99)) = Spread::of(&middle).zip(Spread::of(&worst)) else { continue };
            let title = format!("{}: {}", case.title(), stage.title());
            let show = |spread: Spread| format!("{:>6.1} [{:.1}, {:.1}]", spread.median, spread.least, spread.most);
            writeln!(f, "  {title:<62} p50 {:<22} p99 {}", show(p50), show(p99))?;
        }
        Ok(())
    }

    fn write_memory(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.idle.is_empty() {
            writeln!(f, "\nmemory in MiB: idle, after catching up (median), most while catching up (most run)")?;
        }
        for (case, idle) in &self.idle {
            let runs = self.after.get(case).map(Vec::as_slice).unwrap_or_default();
            let [hub, node]: [fn(&Both) -> Memory; 2] = [|both| both.hub, |both| both.node];
            for (what, part) in [("hub", hub), ("node", node)] {
                let after: Vec<f64> = runs.iter().map(|run| mib(part(run).now)).collect();
                let most: Vec<f64> = runs.iter().map(|run| mib(part(run).most)).collect();
                let (Some(after), Some(most)) = (Spread::of(&after), Spread::of(&most)) else { continue };
                let title = format!("{}: {what}", case.title());
                let idle = mib(part(idle).now);
                writeln!(f, "  {title:<40} {idle:>6.1} {:>6.1} {:>6.1}", after.median, most.most)?;
            }
        }
        Ok(())
    }
}

fn mib(kib: u64) -> f64 {
    f64::from(u32::try_from(kib).unwrap_or(u32::MAX)) / 1024.0
}

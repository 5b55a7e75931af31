//! How far long work is. Work tells a [`Progress`]; whoever started it decides who watches: nobody, a person at a terminal, or
//! the logs. Watching changes no result, and nothing that is told may hold personal data: codes and numbers only.

mod logged;
mod shown;

use std::fmt;
use std::io::IsTerminal as _;
use std::sync::Arc;

pub use logged::Logged;
pub use shown::Shown;

use super::clock::Clock;

/// What the steps of a piece of work are counted in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Measure {
    /// Rows, events, files.
    Count,
    /// Bytes.
    Bytes,
}

/// Who watches work. It is called often, from anywhere: it must be quick and must not fail.
pub trait Watcher: Send + Sync {
    /// A step of the work begins. `code` is the stable code of its name (`progress.…` among the texts), `total` how much there
    /// is to do, where that is known.
    fn begins(&self, code: &'static str, measure: Measure, total: Option<u64>) -> Box<dyn Gauge>;
}

/// What a watcher is told of one step. The step has ended when this is dropped.
pub trait Gauge: Send + Sync {
    /// So much more is done.
    fn advances(&self, by: u64);
    /// It turned out how much there is to do.
    fn totals(&self, total: u64);
}

/// Whom work tells how far it is. Clones tell the same.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<dyn Watcher>>);

impl Progress {
    /// Tells nobody.
    #[must_use]
    pub const fn silent() -> Self {
        Self(None)
    }

    /// Tells a watcher.
    #[must_use]
    pub fn to(watcher: Arc<dyn Watcher>) -> Self {
        Self(Some(watcher))
    }

    /// Tells the logs, now and then.
    #[must_use]
    pub fn logged(clock: Arc<dyn Clock>) -> Self {
        Self::to(Arc::new(Logged::new(clock)))
    }

    /// Tells a person by bars on standard error, if that is a terminal and the answer is not for machines; else the logs.
    /// `name` says in the person's language what a code stands for.
    #[must_use]
    pub fn of_command(
        for_machines: bool,
        clock: Arc<dyn Clock>,
        name: impl Fn(&'static str) -> String + Send + Sync + 'static,
    ) -> Self {
        if for_machines || !std::io::stderr().is_terminal() {
            return Self::logged(clock);
        }
        Self::to(Arc::new(Shown::new(clock, Box::new(name))))
    }

    /// Begins a step that is counted; it ends when what is returned is dropped.
    #[must_use]
    pub fn step(&self, code: &'static str, total: Option<u64>) -> Step {
        self.measured(code, Measure::Count, total)
    }

    /// Begins a step that is counted in something; it ends when what is returned is dropped.
    #[must_use]
    pub fn measured(&self, code: &'static str, measure: Measure, total: Option<u64>) -> Step {
        Step(self.0.as_ref().map(|watcher| watcher.begins(code, measure, total)))
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Progress(watched)" } else { "Progress(silent)" })
    }
}

/// A step of work, under way.
pub struct Step(Option<Box<dyn Gauge>>);

impl Step {
    /// So much more is done.
    pub fn advance(&self, by: u64) {
        if let Some(gauge) = &self.0 {
            gauge.advances(by);
        }
    }

    /// So many more are done.
    pub fn advance_by(&self, count: usize) {
        self.advance(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// It turned out how much there is to do.
    pub fn total(&self, total: u64) {
        if let Some(gauge) = &self.0 {
            gauge.totals(total);
        }
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Step")
    }
}

#[cfg(test)]
mod tests;

//! Progress as bars on a terminal's standard error. A step that is done at once shows none, and none is left standing.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Gauge, Measure, Watcher};
use crate::runtime::clock::Clock;

/// Microseconds that a step takes before it is shown.
const PATIENCE_MICROS: i64 = 400_000;
/// Most times a second that a bar is drawn.
const DRAWN_PER_SECOND: u8 = 8;

/// What a step's code stands for, in a person's language.
type Name = Box<dyn Fn(&'static str) -> String + Send + Sync>;

/// Draws progress on standard error.
pub struct Shown {
    clock: Arc<dyn Clock>,
    name: Name,
}

impl Shown {
    /// Draws bars that are named by `name`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, name: Name) -> Self {
        Self { clock, name }
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

impl Watcher for Shown {
    fn begins(&self, code: &'static str, measure: Measure, total: Option<u64>) -> Box<dyn Gauge> {
        let drawn = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        drawn.set_style(style(measure, total.is_some()));
        drawn.set_message((self.name)(code));
        let since = self.clock.now();
        Box::new(Bar { drawn, measure, clock: Arc::clone(&self.clock), since, visible: AtomicBool::new(false) })
    }
}

fn style(measure: Measure, bounded: bool) -> ProgressStyle {
    let template = match (measure, bounded) {
        (Measure::Count, true) => "{msg} [{bar:30}] {human_pos}/{human_len} {eta}",
        (Measure::Count, false) => "{msg} {spinner} {human_pos}",
        (Measure::Bytes, true) => "{msg} [{bar:30}] {bytes}/{total_bytes} {eta}",
        (Measure::Bytes, false) => "{msg} {spinner} {bytes}",
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("=> ")
}

struct Bar {
    drawn: ProgressBar,
    measure: Measure,
    clock: Arc<dyn Clock>,
    since: i64,
    visible: AtomicBool,
}

impl Gauge for Bar {
    fn advances(&self, by: u64) {
        let waited = || self.clock.now().saturating_sub(self.since) >= PATIENCE_MICROS;
        if !self.visible.load(Ordering::Relaxed) && waited() && !self.visible.swap(true, Ordering::Relaxed) {
            self.drawn.set_draw_target(ProgressDrawTarget::stderr_with_hz(DRAWN_PER_SECOND));
        }
        self.drawn.inc(by);
    }

    fn totals(&self, total: u64) {
        self.drawn.set_style(style(self.measure, true));
        self.drawn.set_length(total);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.drawn.finish_and_clear();
    }
}

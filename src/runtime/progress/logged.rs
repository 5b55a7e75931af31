//! Progress as log lines, at most one every few seconds: for work without a terminal. Where logs were not started it says nothing.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Gauge, Measure, Watcher};
use crate::runtime::clock::Clock;

/// Microseconds between two lines about one step.
pub(super) const EVERY_MICROS: i64 = 10_000_000;

/// Writes progress to the logs.
#[derive(Debug)]
pub struct Logged {
    clock: Arc<dyn Clock>,
}

impl Logged {
    /// Writes at most one line every ten seconds about one step, by this clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

impl Watcher for Logged {
    fn begins(&self, code: &'static str, measure: Measure, total: Option<u64>) -> Box<dyn Gauge> {
        let clock = Arc::clone(&self.clock);
        let next = AtomicI64::new(clock.now().saturating_add(EVERY_MICROS));
        Box::new(Line { clock, code, measure, done: AtomicU64::new(0), total: Mutex::new(total), next })
    }
}

struct Line {
    clock: Arc<dyn Clock>,
    code: &'static str,
    measure: Measure,
    done: AtomicU64,
    total: Mutex<Option<u64>>,
    /// When the next line is due.
    next: AtomicI64,
}

impl Gauge for Line {
    fn advances(&self, by: u64) {
        let done = self.done.fetch_add(by, Ordering::Relaxed).saturating_add(by);
        let (now, due) = (self.clock.now(), self.next.load(Ordering::Relaxed));
        if now < due {
            return;
        }
        let later = now.saturating_add(EVERY_MICROS);
        if self.next.compare_exchange(due, later, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            let total = *self.total.lock().unwrap_or_else(PoisonError::into_inner);
            let bytes = self.measure == Measure::Bytes;
            tracing::info!(step = self.code, done, total, bytes, "under way");
        }
    }

    fn totals(&self, total: u64) {
        *self.total.lock().unwrap_or_else(PoisonError::into_inner) = Some(total);
    }
}

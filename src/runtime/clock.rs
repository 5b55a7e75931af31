//! What time it is, as a value that is passed in. It decides nothing by the time; whoever needs the time takes a [`Clock`].

use std::fmt::Debug;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::domain::Timestamp;

/// Tells the time.
pub trait Clock: Debug + Send + Sync {
    /// The time now, in microseconds since 1970-01-01 UTC. It may step back when an operator sets the machine's clock.
    fn now(&self) -> i64;

    /// The time now, as the domain writes it.
    fn timestamp(&self) -> Timestamp {
        Timestamp(self.now())
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    fn now(&self) -> i64 {
        let now = SystemTime::now();
        match now.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, i64::wrapping_neg),
        }
    }
}

/// A clock that stands still until it is moved; for tests and simulation.
#[derive(Debug, Default)]
pub struct ManualClock {
    micros: AtomicI64,
}

impl ManualClock {
    /// A clock that shows `micros`, in microseconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn at(micros: i64) -> Self {
        Self { micros: AtomicI64::new(micros) }
    }

    /// Sets the clock, forwards or back.
    pub fn set(&self, micros: i64) {
        self.micros.store(micros, Ordering::SeqCst);
    }

    /// Moves the clock on by `micros` microseconds and returns what it then shows. It stops at the end of time.
    pub fn advance(&self, micros: i64) -> i64 {
        let mut shown = self.now();
        loop {
            let next = shown.saturating_add(micros);
            match self.micros.compare_exchange(shown, next, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return next,
                Err(other) => shown = other,
            }
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> i64 {
        self.micros.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_clock_in_other_units_than_microseconds() {
        let micros_2024 = 1_704_067_200_000_000;
        let micros_2200 = 7_258_118_400_000_000;
        assert!((micros_2024..micros_2200).contains(&SystemClock.now()));
    }

    #[test]
    fn manual_clock_moves_by_itself_or_overflows() {
        let clock = ManualClock::at(10);
        assert_eq!((clock.now(), clock.now()), (10, 10));
        assert_eq!(clock.advance(5), 15);
        assert_eq!(clock.timestamp(), Timestamp(15));
        assert_eq!(clock.advance(i64::MAX), i64::MAX);
        clock.set(-1);
        assert_eq!(clock.now(), -1);
    }
}

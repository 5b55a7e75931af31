//! The clock of a training federation: it can be set ahead and made to run faster, by a file that its programs share. Only for
//! federations that say of themselves that they train; it decides nothing by the time.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use thiserror::Error;

use super::clock::{Clock, SystemClock};
use crate::domain::FederationId;

/// What the name of a training federation begins with.
pub const TRAINING: &str = "latihan";
/// The fastest that such a clock runs: two and a half minutes a second. On a faster one links would look dead between two words.
pub const SPEED_MAX: u32 = 150;

/// The setting that names a training federation's clock: its key, what holds if nothing is said, and what it is.
pub const CLOCK: (&str, &str, &str) = (
    "practice.clock",
    "",
    "A training federation's clock: a file that sets it. Only where the federation's name begins with latihan. Empty: the machine's.",
);

/// Whether a federation is one for training: its name is `latihan`, or begins so, up to a hyphen or a dot.
#[must_use]
pub fn is_training(federation: &FederationId) -> bool {
    let rest = federation.as_str().strip_prefix(TRAINING);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.']))
}

/// What such a clock shows, and how fast it runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// When it was set, by the machine's clock, in microseconds since 1970 UTC.
    pub set_at: i64,
    /// What it showed then, in the same unit.
    pub shown: i64,
    /// How many seconds pass on it in one; 0 stands still, at most [`SPEED_MAX`].
    pub speed: u32,
}

/// A clock's file that cannot be used.
#[derive(Debug, Error)]
pub enum PaceError {
    /// It cannot be read or written.
    #[error("the training clock {0} cannot be read or written: {1}")]
    Io(PathBuf, std::io::Error),
    /// It is not three numbers.
    #[error("the training clock {0} must hold three numbers: when it was set, what it showed, how fast it runs")]
    Form(PathBuf),
}

impl Pace {
    /// A clock that shows what the machine's does.
    #[must_use]
    pub const fn real(now: i64) -> Self {
        Self { set_at: now, shown: now, speed: 1 }
    }

    /// What it shows when the machine's clock shows `now`.
    #[must_use]
    pub fn at(&self, now: i64) -> i64 {
        let passed = now.saturating_sub(self.set_at).max(0);
        self.shown.saturating_add(passed.saturating_mul(i64::from(self.speed)))
    }

    /// The same at `now`, `ahead` microseconds later and with another speed; it never shows an earlier moment than before.
    #[must_use]
    pub fn changed(&self, now: i64, ahead: i64, speed: u32) -> Self {
        let shown = self.at(now).saturating_add(ahead.max(0));
        Self { set_at: now, shown, speed: speed.min(SPEED_MAX) }
    }

    /// Reads a clock's file.
    ///
    /// # Errors
    /// If there is none, or it holds something else.
    pub fn read(path: &Path) -> Result<Self, PaceError> {
        let text = std::fs::read_to_string(path).map_err(|error| PaceError::Io(path.to_owned(), error))?;
        let numbers: Vec<i64> = text.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        let [set_at, shown, speed] = numbers[..] else { return Err(PaceError::Form(path.to_owned())) };
        let speed = u32::try_from(speed).ok().filter(|speed| *speed <= SPEED_MAX);
        speed.map(|speed| Self { set_at, shown, speed }).ok_or_else(|| PaceError::Form(path.to_owned()))
    }

    /// Writes a clock's file, in one step for whoever reads it.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), PaceError> {
        let failed = |error| PaceError::Io(path.to_owned(), error);
        let new = path.with_extension("new");
        std::fs::write(&new, format!("{} {} {}\n", self.set_at, self.shown, self.speed)).map_err(failed)?;
        std::fs::rename(&new, path).map_err(failed)
    }
}

/// The clock that a file sets. It never goes back: whoever asks twice gets no earlier time, whatever the file says meanwhile.
#[derive(Debug)]
pub struct PracticeClock {
    path: PathBuf,
    pace: Mutex<Pace>,
    shown: AtomicI64,
}

impl PracticeClock {
    /// The clock of this file.
    ///
    /// # Errors
    /// If there is none, or it holds something else.
    pub fn open(path: &Path) -> Result<Self, PaceError> {
        let pace = Mutex::new(Pace::read(path)?);
        Ok(Self { path: path.to_owned(), pace, shown: AtomicI64::new(i64::MIN) })
    }
}

impl Clock for PracticeClock {
    fn now(&self) -> i64 {
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        // What cannot be read for a moment changes nothing.
        *pace = Pace::read(&self.path).unwrap_or(*pace);
        let now = pace.at(SystemClock.now());
        self.shown.fetch_max(now, Ordering::SeqCst).max(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_federation_has_a_clock_that_can_be_set() {
        let is = |name: &str| is_training(&FederationId::parse(name).unwrap());
        assert!(is("latihan") && is("latihan-padang") && is("latihan.lapor.go.id"));
        assert!(!is("lapor.go.id") && !is("latihanku") && !is("lapor-latihan"));
    }

    #[test]
    fn clock_goes_back_or_stops() {
        let pace = Pace::real(1_000).changed(2_000, 500, 10);
        assert_eq!((pace.at(2_000), pace.at(2_100), pace.at(1_500)), (2_500, 3_500, 2_500));
        assert_eq!(pace.changed(2_100, -9_000, SPEED_MAX + 1), Pace { set_at: 2_100, shown: 3_500, speed: SPEED_MAX });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clock");
        assert!(PracticeClock::open(&path).is_err());
        let far = Pace { set_at: 0, shown: i64::MAX / 2, speed: 0 };
        far.write(&path).unwrap();
        let clock = PracticeClock::open(&path).unwrap();
        assert_eq!(clock.now(), i64::MAX / 2);
        Pace { shown: 5, ..far }.write(&path).unwrap();
        assert_eq!(clock.now(), i64::MAX / 2);
        std::fs::write(&path, "1 2 soon").unwrap();
        assert_eq!(clock.now(), i64::MAX / 2);
        assert!(matches!(Pace::read(&path), Err(PaceError::Form(_))));
    }
}

//! What regulations lay down and may change, read from `data/`: days off, time zones, deadlines. It reads and reckons nothing:
//! what follows from it is the domain's.

mod error;
mod read;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::LazyLock;

pub use error::RegulationError;
pub use read::{read_deadlines, read_holidays, read_zones};

use crate::domain::clock::Running;
use crate::domain::deadline::Rules;
use crate::domain::measure::Regulated;
use crate::domain::{Calendar, Class, Timestamp, UnitCode, Zone};

const HOLIDAYS_FILE: &str = include_str!("../../data/holidays.csv");
const ZONES_FILE: &str = include_str!("../../data/time-zones.csv");
const DEADLINES_FILE: &str = include_str!("../../data/deadlines.csv");

/// Weekends, holidays and joint leave, as `data/holidays.csv` has them.
#[must_use]
pub fn calendar() -> &'static Calendar {
    static CALENDAR: LazyLock<Calendar> =
        LazyLock::new(|| read_holidays(HOLIDAYS_FILE).map(Calendar::new).unwrap_or_default());
    &CALENDAR
}

/// How long each step may take, as `data/deadlines.csv` has it.
#[must_use]
pub fn deadlines() -> &'static Rules {
    static DEADLINES: LazyLock<Rules> = LazyLock::new(|| read_deadlines(DEADLINES_FILE).unwrap_or_default());
    &DEADLINES
}

/// The time zone of a unit, by its province, as `data/time-zones.csv` has it; the nation's and the ministries' is that of
/// Jakarta. None for a province that is not there.
#[must_use]
pub fn zone_of(unit: &UnitCode) -> Option<Zone> {
    static ZONES: LazyLock<BTreeMap<String, Zone>> = LazyLock::new(|| read_zones(ZONES_FILE).unwrap_or_default());
    let top = unit.as_str().split('.').next().unwrap_or_default();
    ZONES.get(top).copied()
}

/// All of this, as statistics reckon with it.
#[derive(Clone, Copy, Debug)]
pub struct InForce;

impl Regulated for InForce {
    fn zone(&self, unit: &UnitCode) -> Zone {
        zone_of(unit).unwrap_or(Zone::Wib)
    }

    fn due(&self, class: Class, unit: &UnitCode, clock: &Running) -> Option<Timestamp> {
        let rule = deadlines().rule(class, clock.moment)?;
        rule.due(clock.start, self.zone(unit), &clock.pauses, calendar()).end()
    }
}

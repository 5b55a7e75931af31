//! What regulations lay down and may change, read from `data/`: days off, time zones, deadlines. It reads and reckons nothing:
//! what follows from it is the domain's.

mod error;
mod read;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

pub use error::{FolderError, RegulationError};
pub use read::{read_deadlines, read_holidays, read_zones};

use crate::domain::deadline::Rules;
use crate::domain::{Calendar, Starts, Timetable, UnitCode, Zone};
use crate::runtime::settings::Settings;

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

/// All of it together, as the data in this program have it.
#[must_use]
pub fn timetable(starts: Starts) -> Timetable {
    Timetable {
        calendar: calendar().clone(),
        rules: deadlines().clone(),
        zones: read_zones(ZONES_FILE).unwrap_or_default(),
        starts,
    }
}

/// The same, where the time for the answer runs from the complete file: for checks that know no settings.
#[must_use]
pub fn compiled() -> &'static Timetable {
    static COMPILED: LazyLock<Timetable> = LazyLock::new(|| timetable(Starts::default()));
    &COMPILED
}

/// The same, with what an operator's folder holds in the place of what is compiled in: `holidays.csv`, `time-zones.csv`,
/// `deadlines.csv`, of the columns that `data/README.md` tells. Each stands for the whole of its kind.
///
/// # Errors
/// Names the file that cannot be read, and what is wrong with it.
pub fn from_folder(folder: &Path, starts: Starts) -> Result<Timetable, FolderError> {
    let compiled = timetable(starts);
    let file = |name: &'static str| match std::fs::read_to_string(folder.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && folder.is_dir() => Ok(None),
        Err(error) => Err(FolderError::Unreadable(name, error)),
    };
    let wrong = |name: &'static str| move |error| FolderError::Wrong(name, error);
    Ok(Timetable {
        calendar: match file("holidays.csv")? {
            Some(text) => Calendar::new(read_holidays(&text).map_err(wrong("holidays.csv"))?),
            None => compiled.calendar,
        },
        zones: match file("time-zones.csv")? {
            Some(text) => read_zones(&text).map_err(wrong("time-zones.csv"))?,
            None => compiled.zones,
        },
        rules: match file("deadlines.csv")? {
            Some(text) => read_deadlines(&text).map_err(wrong("deadlines.csv"))?,
            None => compiled.rules,
        },
        starts,
    })
}

/// The setting that names a folder of regulations: its key, what holds if nothing is said, and what it is.
pub const FOLDER: (&str, &str, &str) = (
    "regulations.folder",
    "",
    "A folder with holidays.csv, time-zones.csv or deadlines.csv in the place of those compiled in, of the same columns. Empty: none.",
);
/// The setting that says when the time for the answer begins to run, likewise.
pub const STARTS: (&str, &str, &str) = (
    "regulations.starts",
    "complete",
    "When the time for the answer begins to run: complete (when the file is), or receipt.",
);

/// The timetable that the settings `regulations.folder` and `regulations.starts` name. The folder lies below `data`, unless its path
/// is absolute.
pub fn regulated(read: &mut Settings, data: &Path) -> Option<Timetable> {
    let starts = |text: &str| Starts::from_name(text).ok_or("complete or receipt is wanted");
    let starts = read.or("regulations.starts", Starts::default(), "remedy.starts", starts)?;
    let folder =
        |text: &str| if text.is_empty() { Ok(timetable(starts)) } else { from_folder(&data.join(text), starts) };
    read.or("regulations.folder", timetable(starts), "remedy.regulations", folder)
}

//! Time zones, weekends, holidays and joint leave: which days are working days. It holds no list of its own and asks no clock;
//! the days off are given to it.

use std::collections::{BTreeMap, BTreeSet};

use super::date::Date;
use super::ids::Timestamp;

const MICROS_OF_HOUR: i64 = 3_600_000_000;
const MICROS_OF_DAY: i64 = 24 * MICROS_OF_HOUR;

/// A time zone of Indonesia. None has summer time (Keppres 41/1987).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Zone {
    /// Western: UTC+7.
    Wib,
    /// Central: UTC+8.
    Wita,
    /// Eastern: UTC+9.
    Wit,
}

impl Zone {
    /// Every zone, from west to east.
    pub const ALL: [Self; 3] = [Self::Wib, Self::Wita, Self::Wit];

    /// The name that people use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wib => "WIB",
            Self::Wita => "WITA",
            Self::Wit => "WIT",
        }
    }

    /// The zone of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|zone| zone.name() == name)
    }

    /// Hours ahead of UTC.
    #[must_use]
    pub const fn hours(self) -> i64 {
        match self {
            Self::Wib => 7,
            Self::Wita => 8,
            Self::Wit => 9,
        }
    }

    /// The day that it is in this zone at a moment.
    #[must_use]
    pub fn date_of(self, at: Timestamp) -> Date {
        let days = at.0.saturating_add(self.hours() * MICROS_OF_HOUR).div_euclid(MICROS_OF_DAY);
        Date::from_days(i32::try_from(days).unwrap_or(i32::MAX))
    }

    /// The moment at which a day begins in this zone, 00:00; it is also the end of the day before, 24:00.
    #[must_use]
    pub fn start_of(self, date: Date) -> Timestamp {
        let micros = i64::from(date.days()).saturating_mul(MICROS_OF_DAY);
        Timestamp(micros.saturating_sub(self.hours() * MICROS_OF_HOUR))
    }
}

/// Why a day is off.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DayOffKind {
    /// A national holiday (libur nasional).
    Holiday,
    /// Joint leave (cuti bersama), on which government offices are closed.
    JointLeave,
}

impl DayOffKind {
    /// The kind of this name in the list of holidays.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "holiday" => Some(Self::Holiday),
            "joint-leave" => Some(Self::JointLeave),
            _ => None,
        }
    }
}

/// A day on which offices are closed, weekends apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DayOff {
    /// The day.
    pub date: Date,
    /// What it is for, in Indonesian.
    pub name: String,
    /// Why it is off.
    pub kind: DayOffKind,
    /// The decree of the three ministers.
    pub legal_basis: String,
}

/// What was reckoned, and whether it may change: a year's days off become known by a decree of the year before, and for a
/// year that is not known only weekends are left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reckoned<T> {
    /// The result.
    pub value: T,
    /// Whether a weekday of an unknown year was taken for a working day.
    pub provisional: bool,
}

/// The days off that are known.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    days_off: BTreeMap<Date, DayOff>,
    years: BTreeSet<i64>,
}

impl Calendar {
    /// A calendar of these days off. A year is known if at least one of them lies in it, so a year is given whole or not at
    /// all. Of two on one day the first is kept.
    #[must_use]
    pub fn new(days_off: Vec<DayOff>) -> Self {
        let mut calendar = Self::default();
        for day in days_off {
            calendar.years.insert(day.date.year());
            calendar.days_off.entry(day.date).or_insert(day);
        }
        calendar
    }

    /// Whether the days off of a year are known.
    #[must_use]
    pub fn knows(&self, year: i64) -> bool {
        self.years.contains(&year)
    }

    /// Every known day off, in order.
    pub fn days_off(&self) -> impl Iterator<Item = &DayOff> {
        self.days_off.values()
    }

    /// Why a day is off, weekends apart; none if it is not, or its year is unknown.
    #[must_use]
    pub fn day_off(&self, date: Date) -> Option<&DayOff> {
        self.days_off.get(&date)
    }

    /// Whether offices are open on a day.
    #[must_use]
    pub fn is_working_day(&self, date: Date) -> Reckoned<bool> {
        let weekday = !date.weekday().is_weekend();
        let value = weekday && !self.days_off.contains_key(&date);
        Reckoned { value, provisional: weekday && !self.knows(date.year()) }
    }

    /// The last of the next `count` working days after a day; the day itself if `count` is 0.
    #[must_use]
    pub fn add_working_days(&self, date: Date, count: u16) -> Reckoned<Date> {
        let mut reckoned = Reckoned { value: date, provisional: false };
        let mut left = count;
        while left > 0 {
            reckoned.value = reckoned.value.plus(1);
            let working = self.is_working_day(reckoned.value);
            reckoned.provisional |= working.provisional;
            left -= u16::from(working.value);
        }
        reckoned
    }

    /// How many working days lie after one day up to another, that one included; 0 if it is not later. So a deadline of `n`
    /// working days ends on the first day for which this is `n`.
    #[must_use]
    pub fn working_days_between(&self, after: Date, until: Date) -> Reckoned<u32> {
        if until <= after {
            return Reckoned { value: 0, provisional: false };
        }
        let first = after.plus(1);
        let weekdays = weekdays_before(until.plus(1)) - weekdays_before(first);
        let off = self.days_off.range(first..=until).filter(|(date, _)| !date.weekday().is_weekend()).count();
        let years = until.year() - first.year() + 1;
        let known = self.years.range(first.year()..=until.year()).count();
        let known = i64::try_from(known).unwrap_or(i64::MAX);
        let value = weekdays.saturating_sub(i64::try_from(off).unwrap_or(i64::MAX));
        Reckoned { value: u32::try_from(value).unwrap_or(u32::MAX), provisional: weekdays > 0 && known < years }
    }
}

/// How many weekdays there are from a Monday long ago to before a day: five a week.
fn weekdays_before(date: Date) -> i64 {
    // 1969-12-29 was a Monday.
    let days = i64::from(date.days()) + 3;
    days.div_euclid(7) * 5 + days.rem_euclid(7).min(5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    /// 2026 with Idulfitri and nothing else.
    fn calendar() -> Calendar {
        let off = |date: &str, kind| DayOff {
            date: day(date),
            name: "Idulfitri".to_owned(),
            kind,
            legal_basis: "SKB".to_owned(),
        };
        Calendar::new(vec![
            off("2026-03-20", DayOffKind::JointLeave),
            off("2026-03-21", DayOffKind::Holiday),
            off("2026-03-22", DayOffKind::Holiday),
            off("2026-03-23", DayOffKind::JointLeave),
            off("2026-03-24", DayOffKind::JointLeave),
        ])
    }

    #[test]
    fn late_evening_in_the_west_is_the_same_day_in_the_east() {
        // 2026-11-24T23:30 WIB.
        let at = Timestamp(Zone::Wib.start_of(day("2026-11-25")).0 - MICROS_OF_HOUR / 2);
        assert_eq!(Zone::Wib.date_of(at), day("2026-11-24"));
        assert_eq!(Zone::Wita.date_of(at), day("2026-11-25"));
        assert_eq!(Zone::Wit.date_of(at), day("2026-11-25"));
        for zone in Zone::ALL {
            let start = zone.start_of(day("2026-11-24"));
            assert_eq!(zone.date_of(start), day("2026-11-24"));
            assert_eq!(zone.date_of(Timestamp(start.0 - 1)), day("2026-11-23"));
            assert_eq!(Zone::from_name(zone.name()), Some(zone));
        }
        assert_eq!(Zone::Wit.start_of(day("1970-01-01")), Timestamp(-9 * MICROS_OF_HOUR));
    }

    #[test]
    fn moment_at_the_end_of_time_overflows() {
        for at in [i64::MIN, i64::MAX] {
            for zone in Zone::ALL {
                assert_eq!(zone.start_of(zone.date_of(Timestamp(at))).0.signum(), at.signum());
            }
        }
    }

    #[test]
    fn holiday_or_weekend_counts_as_a_working_day() {
        let calendar = calendar();
        for (date, working) in [
            ("2026-03-19", true),
            ("2026-03-20", false),
            ("2026-03-22", false),
            ("2026-03-25", true),
            ("2026-03-28", false),
        ] {
            let known = calendar.is_working_day(day(date));
            assert_eq!((known.value, known.provisional), (working, false), "{date}");
        }
        let due = calendar.add_working_days(day("2026-03-18"), 3);
        assert_eq!((due.value, due.provisional), (day("2026-03-26"), false));
        assert_eq!(calendar.add_working_days(day("2026-03-21"), 0).value, day("2026-03-21"));
    }

    #[test]
    fn year_without_days_off_is_taken_for_one_without_holidays() {
        let calendar = calendar();
        assert!(calendar.is_working_day(day("2028-02-29")).provisional);
        assert!(!calendar.is_working_day(day("2028-02-27")).provisional, "a Sunday is one in every year");
        assert_eq!(
            calendar.add_working_days(day("2028-02-28"), 2),
            Reckoned { value: day("2028-03-01"), provisional: true }
        );
        assert!(!calendar.add_working_days(day("2026-12-24"), 5).provisional);
        assert!(calendar.add_working_days(day("2026-12-24"), 6).provisional, "2027-01-01 was taken for a working day");
        assert!(calendar.working_days_between(day("2025-12-30"), day("2026-01-02")).provisional);
        assert!(!calendar.working_days_between(day("2025-12-31"), day("2026-01-02")).provisional);
    }

    #[test]
    fn days_between_differ_from_days_added() {
        let calendar = calendar();
        for start in 0..40 {
            let start = day("2026-03-01").plus(start);
            let mut counted = 0;
            for ahead in 0..60 {
                let until = start.plus(ahead);
                counted += u32::from(ahead > 0 && calendar.is_working_day(until).value);
                assert_eq!(calendar.working_days_between(start, until).value, counted, "{start} {until}");
            }
            for count in 1..20_u16 {
                let end = calendar.add_working_days(start, count).value;
                assert_eq!(calendar.working_days_between(start, end).value, u32::from(count));
            }
        }
        assert_eq!(calendar.working_days_between(day("2026-03-09"), day("2026-03-02")).value, 0);
        let all = calendar.working_days_between(Date::from_days(i32::MIN), Date::from_days(i32::MAX));
        assert!(all.provisional && all.value > 3_000_000_000);
    }
}

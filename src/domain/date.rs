//! Days of the Gregorian calendar, counted from 1970-01-01 and reckoned forward and backward without end (proleptic). They have
//! no time of day, no zone and no clock; what is a holiday is the calendar's.

use std::fmt;

use thiserror::Error;

/// Days from 0000-03-01, where the reckoning starts because the leap day then ends a year, to 1970-01-01.
const TO_EPOCH: i64 = 719_468;
/// Days of 400 years, after which the calendar repeats.
const DAYS_OF_400_YEARS: i64 = 146_097;

/// A day. Any number of days fits that a [`Timestamp`](super::Timestamp) can have.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

/// A text or three numbers that are no day.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a day is written as 2026-11-24, and must be in the calendar")]
pub struct DateError;

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Weekday {
    /// Senin.
    Monday,
    /// Selasa.
    Tuesday,
    /// Rabu.
    Wednesday,
    /// Kamis.
    Thursday,
    /// Jumat.
    Friday,
    /// Sabtu.
    Saturday,
    /// Minggu.
    Sunday,
}

impl Weekday {
    /// Whether offices are closed on it: Saturday and Sunday.
    #[must_use]
    pub const fn is_weekend(self) -> bool {
        matches!(self, Self::Saturday | Self::Sunday)
    }
}

impl Date {
    /// The day so many days after 1970-01-01.
    #[must_use]
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn days(self) -> i32 {
        self.0
    }

    /// The day of a year, month and day of the month.
    ///
    /// # Errors
    /// If the year is not 1 to 9999, or it has no such month or day.
    pub fn new(year: i32, month: u8, day: u8) -> Result<Self, DateError> {
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 || day > days_of_month(year, month) {
            return Err(DateError);
        }
        let (year, month) = (i64::from(year), i64::from(month));
        // From March on the months before this one have 30.6 days each, rounded; January and February end the year before.
        let (year, before) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let of_years = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        let days = of_years + (before * 153 + 2) / 5 + i64::from(day) - 1 - TO_EPOCH;
        i32::try_from(days).map(Self).map_err(|_| DateError)
    }

    /// Reads a day written as `2026-11-24`.
    ///
    /// # Errors
    /// If it is written otherwise or is in no calendar.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        let number = |digits: usize, part: Option<&str>| {
            let part = part.filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()));
            part.and_then(|part| part.parse::<u16>().ok()).ok_or(DateError)
        };
        let mut parts = text.splitn(3, '-');
        let year = number(4, parts.next())?;
        let mut short = || u8::try_from(number(2, parts.next())?).map_err(|_| DateError);
        let (month, day) = (short()?, short()?);
        Self::new(i32::from(year), month, day)
    }

    /// Year, month and day of the month.
    #[must_use]
    pub fn ymd(self) -> (i64, u8, u8) {
        let days = i64::from(self.0) + TO_EPOCH;
        let (era, day) = (days.div_euclid(DAYS_OF_400_YEARS), days.rem_euclid(DAYS_OF_400_YEARS));
        // Leap days are taken out, so that what is left are years of 365 days.
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let of_year = day - (year * 365 + year / 4 - year / 100);
        let month = (of_year * 5 + 2) / 153;
        let of_month = of_year - (month * 153 + 2) / 5 + 1;
        let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        let small = |number: i64| u8::try_from(number).unwrap_or(u8::MAX);
        (era * 400 + year + later, small(month), small(of_month))
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i64 {
        self.ymd().0
    }

    /// The day of the week.
    #[must_use]
    pub const fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        match self.0.rem_euclid(7) {
            0 => Weekday::Thursday,
            1 => Weekday::Friday,
            2 => Weekday::Saturday,
            3 => Weekday::Sunday,
            4 => Weekday::Monday,
            5 => Weekday::Tuesday,
            _ => Weekday::Wednesday,
        }
    }

    /// The day so many days later, or earlier if negative.
    #[must_use]
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const fn days_of_month(year: i32, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn known_day_has_another_number_or_weekday() {
        for (text, days, weekday) in [
            ("1970-01-01", 0, Weekday::Thursday),
            ("1969-12-31", -1, Weekday::Wednesday),
            ("2000-02-29", 11_016, Weekday::Tuesday),
            ("2000-03-01", 11_017, Weekday::Wednesday),
            ("1945-08-17", -8_903, Weekday::Friday),
            ("2026-11-24", 20_781, Weekday::Tuesday),
            ("0001-01-01", -719_162, Weekday::Monday),
            ("9999-12-31", 2_932_896, Weekday::Friday),
        ] {
            assert_eq!(day(text).days(), days, "{text}");
            assert_eq!(day(text).weekday(), weekday, "{text}");
            assert_eq!(day(text).to_string(), text);
        }
    }

    /// Every day from 1880 to 2120: the next day is one more in the month, or the first of the next.
    #[test]
    fn day_is_skipped_at_the_end_of_a_month_or_year() {
        let (mut at, mut expected) = (day("1880-01-01"), (1880, 1, 1));
        while at < day("2120-01-01") {
            assert_eq!(at.ymd(), expected);
            let (year, month, of_month) = expected;
            assert_eq!(Date::new(i32::try_from(year).unwrap(), month, of_month).unwrap(), at);
            let leap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0;
            let last = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][usize::from(month) - 1];
            expected = match (month, of_month) {
                (12, 31) => (year + 1, 1, 1),
                (_, of_month) if of_month == last => (year, month + 1, 1),
                _ => (year, month, of_month + 1),
            };
            at = at.plus(1);
        }
    }

    #[test]
    fn day_that_never_was_is_read() {
        for text in [
            "2026-02-29",
            "1900-02-29",
            "2100-02-29",
            "2026-04-31",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "0000-01-01",
            "2026-1-01",
            "26-01-01",
            "2026-01-01 ",
            "2026/01/01",
            "+026-01-01",
            "",
            "2026-01",
            "2026-01-01-01",
        ] {
            assert_eq!(Date::parse(text), Err(DateError), "{text}");
        }
        assert!(Date::parse("2024-02-29").is_ok() && Date::parse("2000-02-29").is_ok());
    }

    #[test]
    fn day_at_the_end_of_all_numbers_overflows() {
        for days in [i32::MIN, i32::MAX] {
            let at = Date::from_days(days);
            let (_, month, of_month) = at.ymd();
            assert!((1..=12).contains(&month) && (1..=31).contains(&of_month));
            assert_eq!(at.plus(days.signum()), at);
        }
    }
}

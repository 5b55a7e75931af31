//! Times as people in Indonesia read them: Western Indonesian Time (WIB, seven hours ahead of UTC, without summer time).

use jiff::Timestamp as Instant;
use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::language::Language;
use crate::domain::Timestamp;

/// WIB, as hours ahead of UTC.
const WIB: Offset = Offset::constant(7);
const MONTHS: [(&str, &str); 12] = [
    ("Jan", "Jan"),
    ("Feb", "Feb"),
    ("Mar", "Mar"),
    ("Apr", "Apr"),
    ("Mei", "May"),
    ("Jun", "Jun"),
    ("Jul", "Jul"),
    ("Agu", "Aug"),
    ("Sep", "Sep"),
    ("Okt", "Oct"),
    ("Nov", "Nov"),
    ("Des", "Dec"),
];

/// Day and time of day in WIB, such as `24 Nov 2026 08.15`; a dash for what is beyond all calendars.
#[must_use]
pub fn moment(time: Timestamp, language: Language) -> String {
    let separator = match language {
        Language::Indonesian => '.',
        Language::English => ':',
    };
    in_wib(time).map_or_else(
        || "-".to_owned(),
        |at| format!("{} {:02}{separator}{:02}", date(&at, language), at.hour(), at.minute()),
    )
}

/// The day in WIB, such as `24 Nov 2026`.
#[must_use]
pub fn day(time: Timestamp, language: Language) -> String {
    in_wib(time).map_or_else(|| "-".to_owned(), |at| date(&at, language))
}

/// The moment for machines: RFC 3339 in UTC, to the microsecond.
#[must_use]
pub fn iso(time: Timestamp) -> Option<String> {
    Instant::from_microsecond(time.0).ok().map(|at| format!("{at:.6}"))
}

/// The first moment of a day in WIB, written as `2026-11-24`; none if it is no day.
#[must_use]
pub fn read_day(text: &str) -> Option<Timestamp> {
    let day: jiff::civil::Date = text.parse().ok()?;
    WIB.to_timestamp(day.at(0, 0, 0, 0)).ok().map(|at| Timestamp(at.as_microsecond()))
}

fn in_wib(time: Timestamp) -> Option<DateTime> {
    Some(WIB.to_datetime(Instant::from_microsecond(time.0).ok()?))
}

fn date(at: &DateTime, language: Language) -> String {
    let month = usize::try_from(at.month()).ok().and_then(|month| MONTHS.get(month.saturating_sub(1)));
    let month = month.map_or("", |(indonesian, english)| match language {
        Language::Indonesian => indonesian,
        Language::English => english,
    });
    format!("{} {month} {}", at.day(), at.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_is_read_as_another() {
        let read = read_day("2026-11-24").unwrap();
        assert_eq!(
            (day(read, Language::English), iso(read)),
            ("24 Nov 2026".to_owned(), Some("2026-11-23T17:00:00.000000Z".to_owned()))
        );
        assert_eq!((read_day("2026-02-30"), read_day("24 Nov"), read_day("")), (None, None, None));
    }

    #[test]
    fn clock_of_another_zone_is_shown() {
        // 2026-05-31T17:30:00Z is half past midnight of the next day in Padang.
        let time = Timestamp(1_780_248_600_000_000);
        assert_eq!(moment(time, Language::Indonesian), "1 Jun 2026 00.30");
        assert_eq!(moment(Timestamp(time.0 - 3_600_000_000), Language::Indonesian), "31 Mei 2026 23.30");
        assert_eq!(moment(time, Language::English), "1 Jun 2026 00:30");
        assert_eq!(day(time, Language::English), "1 Jun 2026");
        assert_eq!(iso(time).unwrap(), "2026-05-31T17:30:00.000000Z");
        assert_eq!(moment(Timestamp(i64::MAX), Language::English), "-");
    }
}

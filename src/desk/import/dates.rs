//! Dates as other systems write them, read by given formats and written as RFC 3339. A time of day without an offset is taken for
//! that of the mapping; a date alone stays a date. It reads no clock.

use jiff::Timestamp as Instant;
use jiff::civil::Date;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::Offset;

use crate::domain::Timestamp;

/// Formats that are tried unless the mapping names others: ISO 8601 (RFC 3339) and the Indonesian day before month.
pub const USUAL: [&str; 10] = [
    "%Y-%m-%dT%H:%M:%S%.f%:z",
    "%Y-%m-%d %H:%M:%S%.f%:z",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%d-%m-%Y",
];

/// The earliest year that is taken for one in which somebody filed a complaint with a computer.
pub const YEAR_MIN: i16 = 1970;

/// How dates are read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dates {
    formats: Vec<String>,
    offset: Offset,
}

/// Why a cell is no date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoDate {
    /// It fits no format.
    Format,
    /// It lies in the future.
    Future,
    /// It lies before [`YEAR_MIN`].
    Past,
}

impl Dates {
    /// Reads by these formats, or by the usual ones if there are none.
    #[must_use]
    pub fn new(formats: Vec<String>, offset: Offset) -> Self {
        let usual = || USUAL.map(str::to_owned).to_vec();
        Self { formats: if formats.is_empty() { usual() } else { formats }, offset }
    }

    /// The formats, as they are told to people.
    #[must_use]
    pub fn told(&self) -> String {
        self.formats.join(", ")
    }

    /// Whether a text can be a format: it must name year, month and day.
    #[must_use]
    pub fn is_format(text: &str) -> bool {
        let sample = Date::constant(2001, 12, 31).at(23, 58, 59, 0);
        let mut broken = BrokenDownTime::from(sample);
        broken.set_offset(Some(Offset::UTC));
        let written = broken.to_string(text);
        written.is_ok_and(|written| {
            let read = BrokenDownTime::parse(text, &written);
            read.and_then(|read| read.to_date()).is_ok_and(|date| date == sample.date())
        })
    }

    /// An offset such as `+07:00`; none if the text is no such thing.
    #[must_use]
    pub fn offset(text: &str) -> Option<Offset> {
        let read = BrokenDownTime::parse("%:z", text).ok()?;
        read.offset()
    }

    /// Reads a cell that is not empty, and writes it as RFC 3339.
    ///
    /// # Errors
    /// If it fits no format, or lies outside the years that are taken.
    pub fn read(&self, text: &str, now: Timestamp) -> Result<String, NoDate> {
        // RFC 3339's Z is an offset of nothing.
        let text = text.trim();
        let zulu = text.strip_suffix('Z').filter(|before| before.ends_with(|c: char| c.is_ascii_digit()));
        let text = zulu.map_or_else(|| text.to_owned(), |before| format!("{before}+00:00"));
        let mut read = self.formats.iter().filter_map(|format| BrokenDownTime::parse(format, &text).ok());
        let read = read.find_map(|read| self.understood(&read)).ok_or(NoDate::Format)?;
        let (written, at) = read;
        if at > now.plus_seconds(86_400).0 {
            return Err(NoDate::Future);
        }
        let first = Date::constant(YEAR_MIN, 1, 1).at(0, 0, 0, 0);
        let first = Offset::UTC.to_timestamp(first).map_or(0, Instant::as_microsecond);
        if at < first { Err(NoDate::Past) } else { Ok(written) }
    }

    /// A date, or a date and time, as it is written, and when that is in microseconds.
    fn understood(&self, read: &BrokenDownTime) -> Option<(String, i64)> {
        let date = read.to_date().ok()?;
        if read.hour().is_none() {
            let at = self.offset.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
            return Some((date.to_string(), at.as_microsecond()));
        }
        let time = date.to_datetime(read.to_time().ok()?);
        let offset = read.offset().unwrap_or(self.offset);
        let at = offset.to_timestamp(time).ok()?;
        let (sign, ahead) = (if offset.seconds() < 0 { '-' } else { '+' }, offset.seconds().unsigned_abs() / 60);
        let written = format!("{}{sign}{:02}:{:02}", time.strftime("%Y-%m-%dT%H:%M:%S"), ahead / 60, ahead % 60);
        Some((written, at.as_microsecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-26T00:00:00Z.
    const NOW: Timestamp = Timestamp(1_795_651_200_000_000);

    fn wib() -> Offset {
        Offset::constant(7)
    }

    #[test]
    fn date_is_misread() {
        let dates = Dates::new(Vec::new(), wib());
        for (given, wanted) in [
            ("2019-03-04", "2019-03-04"),
            (" 04/03/2019 ", "2019-03-04"),
            ("04-03-2019", "2019-03-04"),
            ("4/3/2019 8:05", "2019-03-04T08:05:00+07:00"),
            ("2019-03-04 08:05:09", "2019-03-04T08:05:09+07:00"),
            ("2019-03-04T08:05:09.123456+08:00", "2019-03-04T08:05:09+08:00"),
            ("2019-03-04T01:05:09Z", "2019-03-04T01:05:09+00:00"),
        ] {
            assert_eq!(dates.read(given, NOW).as_deref(), Ok(wanted), "{given}");
        }
        for (given, why) in [
            ("31/02/2019", NoDate::Format),
            ("kemarin", NoDate::Format),
            ("13/13/2019", NoDate::Format),
            ("2027-01-01", NoDate::Future),
            ("1969-12-31", NoDate::Past),
        ] {
            assert_eq!(dates.read(given, NOW), Err(why), "{given}");
        }
        let american = Dates::new(vec!["%m/%d/%Y".to_owned()], wib());
        assert_eq!(american.read("03/04/2019", NOW).as_deref(), Ok("2019-03-04"));
        assert_eq!(american.read("2019-03-04", NOW), Err(NoDate::Format));
    }

    #[test]
    fn format_without_a_day_is_taken() {
        for fine in USUAL.iter().copied().chain(["%m/%d/%Y", "%d.%m.%Y %H.%M", "%F"]) {
            assert!(Dates::is_format(fine), "{fine}");
        }
        for wrong in ["", "%m/%Y", "d/m/Y", "%H:%M", "%Q"] {
            assert!(!Dates::is_format(wrong), "{wrong}");
        }
        assert_eq!(Dates::offset("+07:00"), Some(wib()));
        assert_eq!((Dates::offset("WIB"), Dates::offset("")), (None, None));
    }
}

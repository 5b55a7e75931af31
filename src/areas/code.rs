//! Area codes as numbers that sort the way the country is ordered. Which of them exist is the table's matter.

use std::fmt;

use thiserror::Error;

use crate::domain::UnitCode;

/// What one more of a level is worth in the number of a code: `13.71.01.1001` is 1371011001.
const PROVINCE: u64 = 100_000_000;
const REGENCY: u64 = 1_000_000;
const DISTRICT: u64 = 10_000;
/// Kemendagri numbers cities from 71, regencies below that.
const FIRST_CITY: u64 = 71;

/// How large an area is, largest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// Provinsi.
    Province,
    /// Kabupaten.
    Regency,
    /// Kota.
    City,
    /// Kecamatan, or distrik in Papua.
    District,
    /// Kelurahan, desa, or what a region calls its villages.
    Village,
}

impl Level {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::Regency => "regency",
            Self::City => "city",
            Self::District => "district",
            Self::Village => "village",
        }
    }

    /// How many levels lie above it: a regency and a city are equals.
    #[must_use]
    pub const fn depth(self) -> u8 {
        match self {
            Self::Province => 0,
            Self::Regency | Self::City => 1,
            Self::District => 2,
            Self::Village => 3,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The code of an area, whether or not there is such an area. A code sorts before all that lies in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AreaCode(u64);

/// A text that is no area code.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("an area code has 2, 2, 2 and 4 digits, such as 13, 13.71, 13.71.01 or 13.71.01.1001")]
pub struct AreaCodeError;

impl AreaCode {
    /// Reads a code, with or without its dots. A part of zeros only is none.
    ///
    /// # Errors
    /// If it is not 2, 4, 6 or 10 digits with the dots left out or in their places.
    pub fn parse(text: &str) -> Result<Self, AreaCodeError> {
        let mut number = 0;
        let mut rest = text;
        let parts = [(2, PROVINCE), (2, REGENCY), (2, DISTRICT), (4, 1)];
        for (index, (digits, worth)) in parts.into_iter().enumerate() {
            if index > 0 {
                rest = rest.strip_prefix('.').unwrap_or(rest);
            }
            let (part, after) = rest.split_at_checked(digits).ok_or(AreaCodeError)?;
            let part = Some(part).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
            let value: u64 = part.and_then(|part| part.parse().ok()).ok_or(AreaCodeError)?;
            if value == 0 {
                return Err(AreaCodeError);
            }
            number += value * worth;
            rest = after;
            if rest.is_empty() {
                return Ok(Self(number));
            }
        }
        Err(AreaCodeError)
    }

    /// The area that a unit lies in or is the government of; none for `id`, ministries and their offices.
    #[must_use]
    pub fn of_unit(unit: &UnitCode) -> Option<Self> {
        let text = unit.as_str();
        let end = text.find(|c: char| c.is_ascii_lowercase()).unwrap_or(text.len());
        Self::parse(text.get(..end)?.trim_end_matches('.')).ok()
    }

    /// The same code as that of a unit.
    #[must_use]
    pub fn unit(self) -> UnitCode {
        UnitCode::parse(&self.to_string()).unwrap_or_else(|_| UnitCode::root())
    }

    /// How large an area of this code is.
    #[must_use]
    pub const fn level(self) -> Level {
        if !self.0.is_multiple_of(DISTRICT) {
            Level::Village
        } else if !self.0.is_multiple_of(REGENCY) {
            Level::District
        } else if self.0.is_multiple_of(PROVINCE) {
            Level::Province
        } else if self.0 / REGENCY % 100 >= FIRST_CITY {
            Level::City
        } else {
            Level::Regency
        }
    }

    /// The code one level up; none above a province.
    #[must_use]
    pub const fn parent(self) -> Option<Self> {
        match self.level() {
            Level::Province => None,
            Level::Regency | Level::City => Some(Self(self.0 - self.0 % PROVINCE)),
            Level::District => Some(Self(self.0 - self.0 % REGENCY)),
            Level::Village => Some(Self(self.0 - self.0 % DISTRICT)),
        }
    }

    /// This code and those above it, nearest first.
    pub fn upwards(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |code| code.parent())
    }

    /// Whether `other` is this code or lies in it.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self <= other && other < self.end()
    }

    /// The first code after all that lies in this one.
    pub(super) const fn end(self) -> Self {
        Self(self.0 + self.worth())
    }

    /// The number in the last part.
    pub(super) const fn last(self) -> u64 {
        let beside = if let Some(parent) = self.parent() { self.0 - parent.0 } else { self.0 };
        beside / self.worth()
    }

    /// The code whose last part is `number` at the level of `depth`, in the area that was read last.
    pub(super) const fn below(above: Option<Self>, depth: u8, number: u64) -> Self {
        let above = if let Some(above) = above { above.0 } else { 0 };
        let (within, worth) = match depth {
            0 => (0, PROVINCE),
            1 => (above - above % PROVINCE, REGENCY),
            2 => (above - above % REGENCY, DISTRICT),
            _ => (above - above % DISTRICT, 1),
        };
        Self(within + number * worth)
    }

    const fn worth(self) -> u64 {
        match self.level() {
            Level::Province => PROVINCE,
            Level::Regency | Level::City => REGENCY,
            Level::District => DISTRICT,
            Level::Village => 1,
        }
    }
}

impl fmt::Display for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.0 / PROVINCE)?;
        for (depth, worth) in [(1, REGENCY), (2, DISTRICT)] {
            if self.level().depth() >= depth {
                write!(f, ".{:02}", self.0 / worth % 100)?;
            }
        }
        if self.level() == Level::Village { write!(f, ".{:04}", self.0 % DISTRICT) } else { Ok(()) }
    }
}

impl fmt::Debug for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for AreaCode {
    type Err = AreaCodeError;

    fn from_str(text: &str) -> Result<Self, AreaCodeError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> AreaCode {
        AreaCode::parse(text).unwrap()
    }

    #[test]
    fn code_changes_on_its_way_through_a_number() {
        for (text, level, parent) in [
            ("13", Level::Province, None),
            ("13.05", Level::Regency, Some("13")),
            ("13.71", Level::City, Some("13")),
            ("13.71.01", Level::District, Some("13.71")),
            ("13.71.01.1001", Level::Village, Some("13.71.01")),
        ] {
            assert_eq!(code(text).to_string(), text);
            assert_eq!(code(&text.replace('.', "")), code(text));
            assert_eq!(code(text).level(), level);
            assert_eq!(code(text).parent(), parent.map(code));
            assert_eq!(code(text).unit().as_str(), text);
        }
    }

    #[test]
    fn text_that_is_no_code_is_read_as_one() {
        for text in ["", "1", "137", "13.", "13..71", "13.7", "13.71.01.100", "13.71.01.10011", "00", "13.00", "13.dlh"]
        {
            assert!(AreaCode::parse(text).is_err(), "{text}");
        }
        for text in ["13.71.01.0000", "+1", "13.+1", "１３", "13.71.01.1001.1", "id"] {
            assert!(AreaCode::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn city_lies_in_another_of_the_same_beginning() {
        assert!(code("13").contains(code("13.71.01.1001")));
        assert!(code("13.71").contains(code("13.71")));
        assert!(!code("13.71").contains(code("13.72")));
        assert!(!code("13.71").contains(code("13")));
        assert!(!code("13.71.01").contains(code("13.71.02.1001")));
    }

    #[test]
    fn agency_has_no_area_or_another() {
        let of = |text: &str| AreaCode::of_unit(&UnitCode::parse(text).unwrap());
        for (unit, area) in [("13.71.dlh", "13.71"), ("13.dinkes.uptd-1", "13"), ("13.71.01.1001.rt", "13.71.01.1001")]
        {
            assert_eq!(of(unit), Some(code(area)), "{unit}");
        }
        assert_eq!(of("id"), None);
        assert_eq!(of("kl.pu.bpjn-sumbar"), None);
    }
}

//! Unit codes: what a unit is called, who is above it and what lies below it. Knows no registry: who is at home where is `registry`'s.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

/// Longest unit code, in bytes.
pub const UNIT_CODE_BYTES_MAX: usize = 64;

/// Digits of the territorial parts, in order: province, regency or city, district, village (Kemendagri codes).
const TERRITORY_DIGITS: [usize; 4] = [2, 2, 2, 4];

/// The code of a unit: a path such as `13.71.dlh`, whose parent is the path less its last part.
///
/// `id` is the empty prefix, parent of every province and of every `kl.NAME`. Parts are compared whole: `13.7` does
/// not contain `13.71`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitCode(Arc<str>);

/// What is wrong with a text that should be a unit code.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnitCodeError {
    /// Empty, too long, or with characters no code has.
    #[error("a unit code is 1 to 64 lower-case letters, digits, dots and hyphens, such as 13.71.dlh")]
    Shape,
    /// A part that is neither a territorial number of the right length in the right place nor an agency word.
    #[error("part {0} of the unit code is neither an area number (2, 2, 2, 4 digits) nor an agency word")]
    Part(usize),
    /// `kl` alone, or a word other than `kl` at the top.
    #[error("at the top stand id, a province's number, or kl.NAME for a ministry")]
    Top,
}

impl UnitCode {
    /// The national unit `id`, the root of all units.
    #[must_use]
    pub fn root() -> Self {
        Self(Arc::from("id"))
    }

    /// Reads a unit code.
    ///
    /// # Errors
    /// Says which part breaks which rule.
    pub fn parse(text: &str) -> Result<Self, UnitCodeError> {
        let ok = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.' || byte == b'-';
        if text.is_empty() || text.len() > UNIT_CODE_BYTES_MAX || !text.bytes().all(ok) {
            return Err(UnitCodeError::Shape);
        }
        if text == "id" {
            return Ok(Self::root());
        }
        let parts: Vec<&str> = text.split('.').collect();
        let mut words = false;
        for (index, part) in parts.iter().enumerate() {
            let word = part.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
            let area = TERRITORY_DIGITS
                .get(index)
                .is_some_and(|digits| part.len() == *digits && part.bytes().all(|byte| byte.is_ascii_digit()));
            if !word && (words || !area) {
                return Err(UnitCodeError::Part(index.saturating_add(1)));
            }
            words = word;
        }
        let ministry = parts.first() == Some(&"kl");
        if (words && parts.len() == 1) || (ministry && parts.len() < 2) {
            return Err(UnitCodeError::Top);
        }
        let top_word = parts.first().is_some_and(|part| part.bytes().all(|b| !b.is_ascii_digit()));
        if top_word && !ministry {
            return Err(UnitCodeError::Top);
        }
        Ok(Self(Arc::from(text)))
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `id`.
    #[must_use]
    pub fn is_root(&self) -> bool {
        &*self.0 == "id"
    }

    fn parts(&self) -> Vec<&str> {
        if self.is_root() { Vec::new() } else { self.0.split('.').collect() }
    }

    fn of_parts(parts: &[&str]) -> Self {
        if parts.is_empty() || parts == ["kl"] { Self::root() } else { Self(Arc::from(parts.join("."))) }
    }

    /// What kind of unit it is, as a stable name.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        let parts = self.parts();
        let area = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
        match (parts.first(), parts.last(), parts.len()) {
            (None, _, _) => "national",
            (Some(&"kl"), _, 2) => "ministry",
            (_, Some(last), 1) if area(last) => "province",
            (_, Some(last), 2) if area(last) => "city",
            (_, Some(last), 3) if area(last) => "district",
            (_, Some(last), _) if area(last) => "village",
            _ => "agency",
        }
    }

    /// The unit one level up; none above `id`.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let parts = self.parts();
        Some(Self::of_parts(parts.split_last().map_or(&[][..], |(_, above)| above)))
    }

    /// The area that it stands for or in: its code up to the first word; the whole country for what is national.
    #[must_use]
    pub fn territory(&self) -> Self {
        let parts = self.parts();
        let areas = parts.iter().take_while(|part| part.bytes().all(|byte| byte.is_ascii_digit())).count();
        Self::of_parts(parts.get(..areas).unwrap_or_default())
    }

    /// The district that this unit lies in, if it is a village or lies in one; else the unit itself.
    #[must_use]
    pub fn without_village(&self) -> Self {
        let parts = self.parts();
        let village = parts.get(3).is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        if village { Self::of_parts(parts.get(..3).unwrap_or_default()) } else { self.clone() }
    }

    /// Whether `other` is this unit or lies below it.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        other.parts().starts_with(&self.parts())
    }

    /// The government that a unit is part of: its city or regency, its province, its ministry, or the nation.
    #[must_use]
    pub fn government(&self) -> Self {
        let is_one = |unit: &Self| matches!(unit.kind(), "national" | "ministry" | "province" | "city");
        std::iter::once(self.clone()).chain(self.ancestors()).find(is_one).unwrap_or_else(Self::root)
    }

    /// Whether a complaint about this unit is one about the government of `other`, or about one above it. The nation itself
    /// is not above itself in this: what is said of it can end nowhere else.
    #[must_use]
    pub fn accuses(&self, other: &Self) -> bool {
        !(self.is_root() && other.is_root()) && (self.contains(other) || self.government() == other.government())
    }

    /// Whether a complaint about this unit is one about `other`: about it, or about what it is part of. What is said of the nation can
    /// end nowhere else, so that it is said against nobody.
    #[must_use]
    pub fn implicates(&self, other: &Self) -> bool {
        !self.is_root() && self.contains(other)
    }

    /// The lowest unit that contains both (a unit contains itself).
    #[must_use]
    pub fn common_ancestor(&self, other: &Self) -> Self {
        let (mine, theirs) = (self.parts(), other.parts());
        let shared = mine.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
        Self::of_parts(mine.get(..shared).unwrap_or_default())
    }

    /// This unit's ancestors, nearest first, `id` last; none for `id`.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.parent(), Self::parent)
    }
}

impl fmt::Display for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UnitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for UnitCode {
    type Err = UnitCodeError;

    fn from_str(text: &str) -> Result<Self, UnitCodeError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(text: &str) -> UnitCode {
        UnitCode::parse(text).unwrap()
    }

    #[test]
    fn jurisdiction_13_7_does_not_cover_13_71() {
        assert!(UnitCode::parse("13.7").is_err());
        assert!(!unit("13.71").contains(&unit("13.72")));
        assert!(unit("13").contains(&unit("13.71.dlh")));
        assert!(unit("id").contains(&unit("kl.pu")));
        assert!(unit("13.71").contains(&unit("13.71")));
    }

    #[test]
    fn government_is_taken_for_an_agency_or_a_village() {
        for (code, government) in [
            ("13.71.dlh.uptd-1", "13.71"),
            ("13.71.01.1001", "13.71"),
            ("13.71", "13.71"),
            ("13.dinkes", "13"),
            ("kl.pu.bpjn-sumbar", "kl.pu"),
            ("id", "id"),
        ] {
            assert_eq!(unit(code).government(), unit(government), "{code}");
        }
        for (about, other) in [("13.71.dlh", "13.71.dpupr"), ("13.71.dlh", "13.71"), ("13", "13.71.dlh"), ("id", "13")]
        {
            assert!(unit(about).accuses(&unit(other)), "{about} {other}");
        }
        for (about, other) in
            [("13.71", "13"), ("13.71", "id"), ("13.dinkes", "13.71"), ("id", "id"), ("13.71", "13.72")]
        {
            assert!(!unit(about).accuses(&unit(other)), "{about} {other}");
        }
    }

    #[test]
    fn word_is_taken_for_an_area() {
        for (code, area) in
            [("13.71.dlh.uptd-1", "13.71"), ("13.71.01.1001.rt", "13.71.01.1001"), ("kl.pu.x", "id"), ("id", "id")]
        {
            assert_eq!(unit(code).territory(), unit(area), "{code}");
        }
    }

    #[test]
    fn kl_alone_is_no_unit_and_no_ancestor() {
        assert_eq!(UnitCode::parse("kl"), Err(UnitCodeError::Top));
        assert_eq!(unit("kl.pu").parent(), Some(unit("id")));
        assert_eq!(unit("kl.pu").common_ancestor(&unit("kl.kemenkes")), unit("id"));
        assert_eq!(unit("kl.pu.bpjn-sumbar").parent(), Some(unit("kl.pu")));
    }

    #[test]
    fn malformed_codes_are_refused() {
        for bad in [
            "",
            "id.x",
            "1",
            "137",
            "13.",
            ".13",
            "13..71",
            "dlh",
            "13.71.dlh.01",
            "13.71.01.100",
            "13.71.DLH",
            "13.71.01.1001.1",
            "13.-x",
            "13/71",
        ] {
            assert!(UnitCode::parse(bad).is_err(), "{bad}");
        }
        for good in ["id", "13", "13.71", "13.71.01.1001", "13.71.dlh", "13.71.dlh.uptd-1", "13.71.01.1001.rt"] {
            assert_eq!(unit(good).as_str(), good);
        }
    }

    #[test]
    fn village_is_told_of_an_anonymous_reporter() {
        for (code, told) in [("13.71.01.1001", "13.71.01"), ("13.71.01.1001.rt", "13.71.01"), ("13.71.01", "13.71.01")]
        {
            assert_eq!(unit(code).without_village(), unit(told), "{code}");
        }
        for code in ["id", "13", "13.71.dlh", "13.71.dlh.uptd-1.a.b", "kl.pu.a.b"] {
            assert_eq!(unit(code).without_village(), unit(code), "{code}");
        }
    }

    #[test]
    fn common_ancestor_is_the_lowest() {
        assert_eq!(unit("13.71.dlh").common_ancestor(&unit("13.71.01.1001")), unit("13.71"));
        assert_eq!(unit("13.71").common_ancestor(&unit("13")), unit("13"));
        assert_eq!(unit("13.71").common_ancestor(&unit("14.71")), unit("id"));
        let above: Vec<_> = unit("13.71.01").ancestors().map(|u| u.to_string()).collect();
        assert_eq!(above, ["13.71", "13", "id"]);
    }
}

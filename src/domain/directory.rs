//! The directory: what a router must know of each unit. It says nothing of a complaint, and asks nobody where a unit is at home.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::event::{Category, PublicName};
use super::ids::NodeId;
use super::unit::UnitCode;

/// What kind of body a unit is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// The nation: `id`.
    National,
    /// A province.
    Province,
    /// A regency (kabupaten).
    Regency,
    /// A city (kota).
    City,
    /// A district (kecamatan).
    District,
    /// A village (kelurahan, desa, nagari).
    Village,
    /// A part of a government.
    Agency,
    /// A ministry.
    Ministry,
    /// A national institution.
    Institution,
    /// An office of a national body in a region.
    RegionalOffice,
    /// A company of a government.
    Enterprise,
}

impl Level {
    /// Every level.
    pub const ALL: &[Self] = &[
        Self::National,
        Self::Province,
        Self::Regency,
        Self::City,
        Self::District,
        Self::Village,
        Self::Agency,
        Self::Ministry,
        Self::Institution,
        Self::RegionalOffice,
        Self::Enterprise,
    ];

    /// Its name in `data/units.csv`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::National => "national",
            Self::Province => "province",
            Self::Regency => "regency",
            Self::City => "city",
            Self::District => "district",
            Self::Village => "village",
            Self::Agency => "agency",
            Self::Ministry => "ministry",
            Self::Institution => "institution",
            Self::RegionalOffice => "regional-office",
            Self::Enterprise => "enterprise",
        }
    }

    /// The level of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|level| level.name() == name)
    }

    /// The level that a code speaks of, as far as it does: a ministry may be an institution, an agency an enterprise. Cities have
    /// numbers from 71 on in their province, regencies those below.
    #[must_use]
    pub fn of(code: &UnitCode) -> Self {
        let number = || code.as_str().rsplit('.').next().and_then(|part| part.parse::<u8>().ok());
        match code.kind() {
            "national" => Self::National,
            "province" => Self::Province,
            "city" if number().is_some_and(|number| number < 71) => Self::Regency,
            "city" => Self::City,
            "district" => Self::District,
            "village" => Self::Village,
            "ministry" => Self::Ministry,
            _ if code.territory().is_root() => Self::RegionalOffice,
            _ => Self::Agency,
        }
    }

    /// Whether a unit of this level may have this code.
    #[must_use]
    pub fn fits(self, code: &UnitCode) -> bool {
        let national = code.territory().is_root();
        match self {
            Self::National | Self::Province | Self::District | Self::Village => code.kind() == self.name(),
            Self::Regency | Self::City => code.kind() == "city",
            Self::Agency => code.kind() == "agency",
            Self::Ministry | Self::Institution => code.kind() == "ministry",
            Self::RegionalOffice => code.kind() == "agency" && national,
            Self::Enterprise => matches!(code.kind(), "agency" | "ministry"),
        }
    }
}

/// What a router knows of one unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Office {
    /// Its code.
    pub code: UnitCode,
    /// Its public name.
    pub name: PublicName,
    /// What kind of body it is.
    pub level: Level,
    /// The areas it serves, if they are not those of its code: see [`Office::serves`].
    pub areas: BTreeSet<UnitCode>,
    /// What it is competent for; groups stand for all below them.
    pub categories: BTreeSet<Category>,
    /// Whether it no longer takes complaints.
    pub closed: bool,
    /// The node at which it is at home, if that may be given complaints.
    pub home: Option<NodeId>,
}

impl Office {
    /// The narrowest area it serves that a place lies in; none if it does not serve that place. Without areas of its own it
    /// serves that of its code: a city's agency the city, a national body the country.
    #[must_use]
    pub fn serves(&self, place: &UnitCode) -> Option<UnitCode> {
        let own = self.areas.is_empty().then(|| self.code.territory());
        let areas = self.areas.iter().cloned().chain(own);
        areas.filter(|area| area.contains(place)).max_by_key(|area| area.ancestors().count())
    }
}

/// Two entries with one code.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("unit {0} stands in the directory twice")]
pub struct Twice(pub UnitCode);

/// All units by code, and who is competent for what.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Directory {
    offices: BTreeMap<UnitCode, Office>,
    competent: BTreeMap<Category, BTreeSet<UnitCode>>,
}

impl Directory {
    /// A directory of units, in whatever order they come.
    ///
    /// # Errors
    /// Names a unit that comes twice.
    pub fn new(all: impl IntoIterator<Item = Office>) -> Result<Self, Twice> {
        let mut directory = Self::default();
        for office in all {
            for category in &office.categories {
                directory.competent.entry(category.clone()).or_default().insert(office.code.clone());
            }
            let code = office.code.clone();
            if directory.offices.insert(code.clone(), office).is_some() {
                return Err(Twice(code));
            }
        }
        Ok(directory)
    }

    /// One unit.
    #[must_use]
    pub fn office(&self, code: &UnitCode) -> Option<&Office> {
        self.offices.get(code)
    }

    /// All units by code.
    pub fn offices(&self) -> impl Iterator<Item = &Office> {
        self.offices.values()
    }

    /// The units that name a category, by code.
    pub fn competent(&self, category: &Category) -> impl Iterator<Item = &Office> {
        let codes = self.competent.get(category).into_iter().flatten();
        codes.filter_map(|code| self.offices.get(code))
    }

    /// What people call a unit; its code if it is not listed.
    #[must_use]
    pub fn name<'a>(&'a self, code: &'a UnitCode) -> &'a str {
        self.office(code).map_or(code.as_str(), |office| office.name.as_str())
    }
}

//! Routing: which units can be asked to answer for a complaint, in order and with the reason, and which were left out and why.
//! It proposes; who moves custody, and whether that is granted, is `custody`'s. Competence decides, not level.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::category_tree::{CategoryTree, Tier};
use super::directory::{Directory, Office};
use super::event::Category;
use super::unit::UnitCode;

/// What a complaint is to a router.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    /// What it is about.
    pub category: Category,
    /// The groups above that category, the nearest first.
    pub groups: Vec<Category>,
    /// Whose matter that category is.
    pub tier: Tier,
    /// The last part of the code of the unit that most often handles it: it decides among equals.
    pub usual: Option<String>,
    /// Where it happened: an area's code, or `id` if nobody knows.
    pub area: UnitCode,
    /// The body complained of.
    pub about: Option<UnitCode>,
    /// Units that have returned it.
    pub returned_by: BTreeSet<UnitCode>,
    /// Who answers for it now.
    pub holder: Option<UnitCode>,
}

impl Case {
    /// A new case of a category in an area; none if nothing can be filed under that category.
    #[must_use]
    pub fn new(tree: &CategoryTree, category: &Category, area: &UnitCode) -> Option<Self> {
        let leaf = tree.leaf(category)?;
        Some(Self {
            category: category.clone(),
            groups: tree.ancestors(category).cloned().collect(),
            tier: leaf.tier,
            usual: Some(leaf.unit_word.clone()),
            area: area.territory(),
            about: None,
            returned_by: BTreeSet::new(),
            holder: None,
        })
    }
}

/// Why a unit is a candidate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ground {
    /// A district or village of the city or regency, competent for it.
    LocalOffice,
    /// An agency of the city or regency, competent for it.
    LocalAgency,
    /// The city or regency itself, which receives and passes on.
    LocalGovernment,
    /// An office of a national body, competent for it in the area.
    RegionalOffice,
    /// An agency of the province, competent for it.
    ProvinceAgency,
    /// The province itself.
    ProvinceGovernment,
    /// A ministry or national institution, competent for it or above an office that is.
    Ministry,
    /// The national desk, which decides where nobody below does.
    National,
}

impl Ground {
    /// Every ground.
    pub const ALL: &[Self] = &[
        Self::LocalOffice,
        Self::LocalAgency,
        Self::LocalGovernment,
        Self::RegionalOffice,
        Self::ProvinceAgency,
        Self::ProvinceGovernment,
        Self::Ministry,
        Self::National,
    ];

    /// Its stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LocalOffice => "local-office",
            Self::LocalAgency => "local-agency",
            Self::LocalGovernment => "local-government",
            Self::RegionalOffice => "regional-office",
            Self::ProvinceAgency => "province-agency",
            Self::ProvinceGovernment => "province-government",
            Self::Ministry => "ministry",
            Self::National => "national",
        }
    }

    /// Where in the order it stands for a matter of a tier; none if units are not asked on this ground.
    const fn rank(self, tier: Tier) -> Option<u8> {
        match (tier, self) {
            (Tier::Local, Self::LocalOffice | Self::LocalAgency)
            | (Tier::Province, Self::ProvinceAgency)
            | (Tier::National, Self::RegionalOffice) => Some(0),
            (Tier::Local, Self::LocalGovernment)
            | (Tier::Province, Self::ProvinceGovernment)
            | (Tier::National, Self::LocalOffice | Self::LocalAgency) => Some(1),
            (Tier::Local | Tier::Province, Self::RegionalOffice) | (Tier::National, Self::ProvinceAgency) => Some(2),
            (Tier::Local, Self::ProvinceAgency) | (Tier::Province, Self::LocalOffice | Self::LocalAgency) => Some(3),
            (Tier::Local, Self::ProvinceGovernment) => Some(4),
            (_, Self::Ministry) => Some(5),
            (_, Self::National) => Some(6),
            // A government without competence is not asked only because the place lies in it.
            (Tier::Province | Tier::National, Self::LocalGovernment) | (Tier::National, Self::ProvinceGovernment) => {
                None
            }
        }
    }
}

/// A unit that can be asked, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// The unit.
    pub unit: UnitCode,
    /// On what ground.
    pub ground: Ground,
    /// The category that it is competent for: that of the case, or a group above it; none for governments and `id`.
    pub category: Option<Category>,
    /// The area that it serves there.
    pub area: UnitCode,
}

/// Why a unit that would be a candidate is none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Obstacle {
    /// The complaint is about it, or about what it is part of.
    Accused,
    /// It has returned it.
    Returned,
    /// What it is part of has returned it: a government speaks for its agencies, an agency for its branches.
    WholeReturned,
    /// It answers for it already.
    Holder,
    /// It no longer takes complaints.
    Closed,
    /// It is at home at no node that may be given complaints.
    NoNode,
}

impl Obstacle {
    /// Every obstacle.
    pub const ALL: &[Self] =
        &[Self::Accused, Self::Returned, Self::WholeReturned, Self::Holder, Self::Closed, Self::NoNode];

    /// Its stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accused => "accused",
            Self::Returned => "returned",
            Self::WholeReturned => "whole-returned",
            Self::Holder => "holder",
            Self::Closed => "closed",
            Self::NoNode => "no-node",
        }
    }
}

/// Whom to ask, and who was left out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Route {
    /// Whom to ask, the first first.
    pub candidates: Vec<Candidate>,
    /// Who would stand among them, in the same order, and why they do not.
    pub left_out: Vec<(Candidate, Obstacle)>,
}

/// A candidate with what decides its place: how far up the tree its category stands, and how narrow its area is.
struct Ranked<'a> {
    rank: u8,
    steps: usize,
    candidate: Candidate,
    office: &'a Office,
}

/// The units that can be asked, the lowest competent one first and then the way up, `id` last.
///
/// Where a local matter has no agency in the directory, its government stands for it; a matter of the province or the nation
/// goes past governments that are not competent. Within a step a nearer category wins, then a narrower area, then who most
/// often handles it, then the code.
/// Nobody is left only if `id` itself was left out, or is not in the directory.
#[must_use]
pub fn route(directory: &Directory, case: &Case) -> Route {
    let mut ranked: Vec<Ranked<'_>> = Vec::new();
    for (steps, category) in std::iter::once(&case.category).chain(&case.groups).enumerate() {
        for office in directory.competent(category) {
            let Some((ground, area)) = ground(office, case) else { continue };
            add(&mut ranked, case, steps, office, ground, Some(category), area);
            // Above a competent office stands its ministry, whatever that says of itself.
            if ground == Ground::RegionalOffice
                && let Some(ministry) = directory.office(&office.code.government())
            {
                add(&mut ranked, case, steps, ministry, Ground::Ministry, Some(category), UnitCode::root());
            }
        }
    }
    let (local, province) = governments(&case.area);
    let above = [(local, Ground::LocalGovernment), (province, Ground::ProvinceGovernment)];
    for (unit, ground) in above.into_iter().chain([(Some(UnitCode::root()), Ground::National)]) {
        if let Some((unit, office)) = unit.and_then(|unit| Some((unit.clone(), directory.office(&unit)?))) {
            add(&mut ranked, case, 0, office, ground, None, unit);
        }
    }
    ranked.sort_by_cached_key(|one| {
        let Candidate { unit, ground, area, .. } = &one.candidate;
        let unusual = unit.as_str().rsplit('.').next() != case.usual.as_deref();
        (one.rank, one.steps, Reverse(area.ancestors().count()), unusual, unit.clone(), *ground)
    });
    let mut route = Route::default();
    let mut seen = BTreeSet::new();
    for Ranked { candidate, office, .. } in ranked {
        if !seen.insert(candidate.unit.clone()) {
            continue;
        }
        match obstacle(office, case) {
            None => route.candidates.push(candidate),
            Some(obstacle) => route.left_out.push((candidate, obstacle)),
        }
    }
    route
}

fn add<'a>(
    ranked: &mut Vec<Ranked<'a>>,
    case: &Case,
    steps: usize,
    office: &'a Office,
    ground: Ground,
    category: Option<&Category>,
    area: UnitCode,
) {
    if let Some(rank) = ground.rank(case.tier) {
        let candidate = Candidate { unit: office.code.clone(), ground, category: category.cloned(), area };
        ranked.push(Ranked { rank, steps, candidate, office });
    }
}

/// The city or regency, and the province, that an area lies in.
fn governments(area: &UnitCode) -> (Option<UnitCode>, Option<UnitCode>) {
    let upwards = || std::iter::once(area.clone()).chain(area.ancestors());
    (upwards().find(|unit| unit.kind() == "city"), upwards().find(|unit| unit.kind() == "province"))
}

/// On what ground a competent unit can be asked, and the area it serves there; none if it serves another place. Governments
/// themselves are asked as such, whatever they list.
fn ground(office: &Office, case: &Case) -> Option<(Ground, UnitCode)> {
    let area = office.serves(&case.area)?;
    let government = office.code.government();
    let (local, province) = governments(&case.area);
    let ground = match (office.code.kind(), government.kind()) {
        ("ministry", _) => Ground::Ministry,
        ("agency", "ministry") => Ground::RegionalOffice,
        ("district" | "village", _) if Some(&government) == local.as_ref() => Ground::LocalOffice,
        ("agency", _) if Some(&government) == local.as_ref() => Ground::LocalAgency,
        ("agency", _) if Some(&government) == province.as_ref() => Ground::ProvinceAgency,
        _ => return None,
    };
    Some((ground, area))
}

/// What stands against a unit. What is said of `id` can end nowhere else, so that it accuses nobody.
fn obstacle(office: &Office, case: &Case) -> Option<Obstacle> {
    let unit = &office.code;
    let speaks_for = |returned: &UnitCode| returned.contains(unit) && returned.government() == unit.government();
    if case.about.as_ref().is_some_and(|about| about.implicates(unit)) {
        Some(Obstacle::Accused)
    } else if case.returned_by.contains(unit) {
        Some(Obstacle::Returned)
    } else if case.returned_by.iter().any(speaks_for) {
        Some(Obstacle::WholeReturned)
    } else if case.holder.as_ref() == Some(unit) {
        Some(Obstacle::Holder)
    } else if office.closed {
        Some(Obstacle::Closed)
    } else if office.home.is_none() {
        Some(Obstacle::NoNode)
    } else {
        None
    }
}

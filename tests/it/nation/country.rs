//! Which bodies run a node, which units they have and what these are competent for: areas and ministries from the repository's
//! data, two agencies a government. It starts nothing.

use std::collections::BTreeSet;

use lintas::areas::{Area, Level as AreaLevel, areas};
use lintas::desk::units::{Form, read};
use lintas::domain::event::{Category, PublicName};
use lintas::domain::{Listing, UnitCode};
use lintas::words::categories;

/// Provinces, regencies and cities, national bodies and `id`: the whole.
pub(crate) const WHOLE: usize = 38 + 514 + BODIES + 1;
/// National bodies that run a node.
const BODIES: usize = 97;
const UNITS: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../data/units.csv"));
/// National bodies beside those that the data know.
const OTHERS: &str = "bpkp brin bssn bnpt bapeten lan anri perpusnas kemenko-polkam kemenko-perekonomian kemenko-pmk \
    kemenko-infrawil kemenko-kumham kemenko-pangan kemhan tni setneg setkab bappenas kemenbumn kementrans kemenekraf big bpip \
    bsn kpai lpsk ppatk bpk dpr dpd mpr mk ky kppu lps komisi-informasi bp-batam kemenham";

/// The nation, or as much of it as was asked for.
pub(crate) struct Country {
    /// Whoever runs a node, `id` first.
    pub(crate) nodes: Vec<UnitCode>,
    /// Every unit, with what it is competent for.
    pub(crate) offices: Vec<Listing>,
    /// Where something can happen: the regencies and cities that run a node.
    pub(crate) places: Vec<UnitCode>,
    /// What can be complained of.
    pub(crate) categories: Vec<Category>,
}

fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

fn office(unit: UnitCode, name: &str, competent: &[Category]) -> Listing {
    let categories = competent.iter().cloned().collect();
    Listing { categories, ..Listing::named(unit, PublicName::parse(name).unwrap()) }
}

impl Country {
    /// A country of so many nodes, at least 8 and at most [`WHOLE`]: its provinces, regencies and ministries in the proportion of
    /// the whole.
    pub(crate) fn new(count: usize) -> Self {
        let count = count.clamp(8, WHOLE);
        let part = |of: usize| if count == WHOLE { of } else { (of * count / WHOLE).max(2) };
        let provinces: Vec<Area> = areas().children(None).take(part(38)).collect();
        let regions = provinces.iter().flat_map(|province| areas().children(Some(province.code)));
        let regions: Vec<Area> = regions.take(count - 1 - part(38) - part(BODIES)).collect();
        let bodies = bodies();
        let running: Vec<UnitCode> = bodies.iter().map(|body| body.unit.clone()).take(part(BODIES)).collect();
        let governments = || provinces.iter().chain(&regions);
        let mut nodes = vec![UnitCode::root()];
        nodes.extend(governments().map(|area| area.code.unit()).chain(running));
        let mut offices = vec![office(UnitCode::root(), "Admin Nasional", &[])];
        offices.extend(governments().flat_map(|area| government(*area)));
        offices.extend(bodies);
        let all = categories().entries().filter(|entry| entry.leaf.is_some());
        Self {
            nodes,
            offices,
            places: regions.iter().map(|area| area.code.unit()).collect(),
            categories: all.map(|entry| entry.code.clone()).collect(),
        }
    }
}

/// A government and its two agencies, which share all groups of categories between them.
fn government(area: Area) -> [Listing; 3] {
    let code = area.code.unit();
    let agencies = if area.level == AreaLevel::Province { ["bmcktr", "dinsos"] } else { ["dpupr", "dinkes"] };
    let groups: Vec<Category> =
        categories().entries().filter(|entry| entry.parent.is_none()).map(|entry| entry.code.clone()).collect();
    let (works, people) = groups.split_at(groups.len() / 2);
    let [one, other] = agencies.map(|word| unit(&format!("{code}.{word}")));
    let (one_name, other_name) = (format!("Dinas 1 {}", area.name), format!("Dinas 2 {}", area.name));
    [office(code, area.name, &[]), office(one, &one_name, works), office(other, &other_name, people)]
}

/// The national bodies with their offices: those first that are competent for most. Those of the data that run no node live at
/// the national desk's.
fn bodies() -> Vec<Listing> {
    let (mut bodies, mut branches): (Vec<Listing>, Vec<Listing>) = read(UNITS, Form::Csv)
        .whole()
        .unwrap()
        .into_iter()
        .map(|unit| unit.over(None))
        .filter(|office| office.unit.as_str().starts_with("kl."))
        .partition(|office| office.unit.kind() == "ministry");
    bodies.sort_by_key(|body| std::cmp::Reverse(body.categories.len()));
    let others = OTHERS.split_whitespace().map(|name| unit(&format!("kl.{name}")));
    let known: BTreeSet<UnitCode> = bodies.iter().map(|body| body.unit.clone()).collect();
    let others = others.filter(|code| !known.contains(code));
    bodies.extend(others.map(|code| office(code.clone(), code.as_str(), &[])));
    bodies.truncate(BODIES.max(known.len()));
    branches.retain(|branch| bodies.iter().any(|body| body.unit == branch.unit.government()));
    bodies.extend(branches);
    bodies
}

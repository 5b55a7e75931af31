//! Properties of routes over directories and cases that nobody thought of, and what each rule of the order is for.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::category_tree::Tier;
use super::directory::{Directory, Level, Office};
use super::event::{Category, PublicName};
use super::ids::NodeId;
use super::routing::{Case, Ground, Obstacle, route};
use super::unit::UnitCode;

const UNITS: [&str; 24] = [
    "id",
    "13",
    "13.dinkes",
    "13.bmcktr",
    "13.bmcktr.uptd-1",
    "13.71",
    "13.71.dlh",
    "13.71.dlh.uptd-1",
    "13.71.dpupr",
    "13.71.01",
    "13.71.01.1001",
    "13.71.02",
    "13.06",
    "13.06.dlh",
    "14",
    "14.71",
    "14.71.dlh",
    "kl.pu",
    "kl.pu.bpjn-sumbar",
    "kl.pu.bpjn-riau",
    "kl.kpk",
    "kl.polri",
    "kl.polri.polda-sumbar",
    "kl.polri.polda-sumbar.polresta-padang",
];
const AREAS: [&str; 7] = ["id", "13", "13.71", "13.71.01", "13.71.01.1001", "13.06", "14.71"];
const CATEGORIES: [&str; 4] = ["lane", "road", "way", "waste"];

fn unit(text: &str) -> UnitCode {
    UnitCode::parse(text).unwrap()
}

fn category(text: &str) -> Category {
    Category::parse(text).unwrap()
}

fn office(code: &str, categories: &[&str], areas: &[&str]) -> Office {
    let level = match unit(code).kind() {
        "national" => Level::National,
        "province" => Level::Province,
        "city" => Level::City,
        "district" => Level::District,
        "village" => Level::Village,
        "ministry" => Level::Ministry,
        _ => Level::Agency,
    };
    Office {
        code: unit(code),
        name: PublicName::parse(code).unwrap(),
        level,
        areas: areas.iter().map(|area| unit(area)).collect(),
        categories: categories.iter().map(|code| category(code)).collect(),
        closed: false,
        home: Some(NodeId::Node(UnitCode::root())),
    }
}

fn case(tier: Tier, area: &str) -> Case {
    Case {
        category: category("lane"),
        groups: vec![category("road"), category("way")],
        tier,
        usual: None,
        area: unit(area),
        about: None,
        returned_by: BTreeSet::new(),
        holder: None,
    }
}

fn order(offices: &[Office], case: &Case) -> Vec<String> {
    let directory = Directory::new(offices.iter().cloned()).unwrap();
    route(&directory, case).candidates.iter().map(|candidate| candidate.unit.to_string()).collect()
}

fn any_office(code: &'static str) -> impl Strategy<Value = Office> {
    let categories = subsequence(CATEGORIES.to_vec(), 0..=CATEGORIES.len());
    let areas = subsequence(AREAS.to_vec(), 0..=2);
    (categories, areas, 0..8_u8).prop_map(move |(categories, areas, luck)| {
        let home = (luck != 0).then(|| NodeId::Node(UnitCode::root()));
        Office { closed: luck == 1, home, ..office(code, &categories, &areas) }
    })
}

fn any_directory() -> impl Strategy<Value = Vec<Office>> {
    subsequence(UNITS.to_vec(), 0..=UNITS.len())
        .prop_flat_map(|codes| codes.into_iter().map(any_office).collect::<Vec<_>>())
}

fn any_case() -> impl Strategy<Value = Case> {
    let unit_of = proptest::sample::select(UNITS.to_vec()).prop_map(unit);
    (
        proptest::sample::select(Tier::ALL.to_vec()),
        proptest::sample::select(AREAS.to_vec()),
        proptest::option::of(unit_of.clone()),
        proptest::collection::btree_set(unit_of.clone(), 0..4),
        proptest::option::of(unit_of),
    )
        .prop_map(|(tier, area, about, returned_by, holder)| Case {
            about,
            returned_by,
            holder,
            ..case(tier, area)
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn returned_or_accused_or_dead_unit_is_asked(offices in any_directory(), case in any_case()) {
        let directory = Directory::new(offices).unwrap();
        for candidate in route(&directory, &case).candidates {
            let unit = &candidate.unit;
            prop_assert!(!case.returned_by.contains(unit));
            prop_assert!(case.holder.as_ref() != Some(unit));
            let accused = case.about.as_ref().is_some_and(|about| !about.is_root() && about.contains(unit));
            prop_assert!(!accused, "{unit} is asked about {:?}", case.about);
            let office = directory.office(unit).unwrap();
            prop_assert!(!office.closed && office.home.is_some());
        }
    }

    #[test]
    fn nobody_is_asked_though_somebody_could_be(offices in any_directory(), case in any_case()) {
        let listed = offices.iter().any(|office| office.code.is_root());
        let route = route(&Directory::new(offices).unwrap(), &case);
        let left_out = route.left_out.iter().any(|(candidate, _)| candidate.unit.is_root());
        prop_assert!(!route.candidates.is_empty() || left_out || !listed);
        let last = route.candidates.iter().position(|candidate| candidate.unit.is_root());
        prop_assert!(last.is_none_or(|at| at + 1 == route.candidates.len()), "id is not the last");
    }

    #[test]
    fn order_of_the_directory_changes_the_route((case, offices, mixed) in (any_case(), any_directory())
        .prop_flat_map(|(case, offices)| (Just(case), Just(offices.clone()), Just(offices).prop_shuffle())))
    {
        let [one, other] = [offices, mixed].map(|offices| Directory::new(offices).unwrap());
        prop_assert_eq!(route(&one, &case), route(&one, &case));
        prop_assert_eq!(route(&one, &case), route(&other, &case));
    }

    #[test]
    fn unit_is_asked_twice_or_both_asked_and_left_out(offices in any_directory(), case in any_case()) {
        let route = route(&Directory::new(offices).unwrap(), &case);
        let asked = route.candidates.iter().map(|candidate| &candidate.unit);
        let all: Vec<_> = asked.chain(route.left_out.iter().map(|(candidate, _)| &candidate.unit)).collect();
        prop_assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }
}

#[test]
fn national_road_goes_to_the_city_it_lies_in() {
    let offices = [
        office("id", &[], &[]),
        office("13", &[], &[]),
        office("13.71", &[], &[]),
        office("13.71.dpupr", &[], &[]),
        office("kl.pu", &["way"], &[]),
        office("kl.pu.bpjn-riau", &["lane"], &["14"]),
        office("kl.pu.bpjn-sumbar", &["lane"], &["13"]),
    ];
    assert_eq!(order(&offices, &case(Tier::National, "13.71.01.1001")), ["kl.pu.bpjn-sumbar", "kl.pu", "id"]);
}

#[test]
fn regency_without_agencies_is_passed_over() {
    let offices =
        [office("id", &[], &[]), office("13", &[], &[]), office("13.dlh", &["lane"], &[]), office("13.06", &[], &[])];
    assert_eq!(order(&offices, &case(Tier::Local, "13.06.01.2001")), ["13.06", "13.dlh", "13", "id"]);
    assert_eq!(order(&offices, &case(Tier::Province, "13.06")), ["13.dlh", "13", "id"]);
}

#[test]
fn group_or_wide_area_goes_before_the_thing_itself() {
    let offices = [
        office("13.71", &[], &[]),
        office("13.71.a-group", &["road"], &["13.71.01"]),
        office("13.71.b-wide", &["lane"], &[]),
        office("13.71.c-narrow", &["lane"], &["13.71.01"]),
        office("13.71.d-usual", &["lane"], &[]),
        office("13.71.01", &["lane"], &[]),
        office("13.71.02", &["lane"], &[]),
    ];
    let case = Case { usual: Some("d-usual".to_owned()), ..case(Tier::Local, "13.71.01.1001") };
    let expected = ["13.71.01", "13.71.c-narrow", "13.71.d-usual", "13.71.b-wide", "13.71.a-group", "13.71"];
    assert_eq!(order(&offices, &case), expected);
}

#[test]
fn government_that_returned_is_asked_again_by_its_agencies() {
    let offices = [office("id", &[], &[]), office("13.71", &[], &[]), office("13.71.dlh", &["lane"], &[])];
    let returned = Case { returned_by: [unit("13.71")].into(), ..case(Tier::Local, "13.71") };
    let route = route(&Directory::new(offices).unwrap(), &returned);
    assert_eq!(route.candidates.iter().map(|c| c.ground).collect::<Vec<_>>(), [Ground::National]);
    let obstacles: Vec<_> = route.left_out.iter().map(|(c, obstacle)| (c.unit.to_string(), *obstacle)).collect();
    assert_eq!(
        obstacles,
        [("13.71.dlh".to_owned(), Obstacle::WholeReturned), ("13.71".to_owned(), Obstacle::Returned)]
    );
}

#[test]
fn return_by_a_province_silences_its_cities() {
    let offices = [
        office("13", &[], &[]),
        office("13.71", &[], &[]),
        office("13.71.dlh", &["lane"], &[]),
        office("13.71.dlh.uptd-1", &["lane"], &["13.71.01"]),
    ];
    let returned = |by: &str| Case { returned_by: [unit(by)].into(), ..case(Tier::Local, "13.71.01") };
    assert_eq!(order(&offices, &returned("13")), ["13.71.dlh.uptd-1", "13.71.dlh", "13.71"]);
    assert_eq!(order(&offices, &returned("13.71.dlh")), ["13.71", "13"]);
    assert_eq!(order(&offices, &returned("13.71.dlh.uptd-1")), ["13.71.dlh", "13.71", "13"]);
}

#[test]
fn complaint_about_the_nation_finds_nobody() {
    let offices = [office("id", &[], &[]), office("13.71", &[], &[])];
    let about = Case { about: Some(UnitCode::root()), ..case(Tier::Local, "13.71") };
    assert_eq!(order(&offices, &about), ["13.71", "id"]);
}

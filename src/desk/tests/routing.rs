//! The cases of `tests/data/routing.csv`, which people who know the field can read and add to, against the units and categories
//! of `data/`. It tells of all rows that come out otherwise, not of the first.

use std::collections::HashMap;
use std::path::Path;

use crate::desk::units::{Form, read};
use crate::domain::directory::{Directory, Level, Office};
use crate::domain::event::Category;
use crate::domain::routing::{Case, Obstacle, Route, route};
use crate::domain::{Listing, NodeId, UnitCode};
use crate::words::{Language, candidate, categories, left_out};

/// Which bodies run a node of their own, as in the demo; all others are at home at the nearest one above them.
const NODES: [&str; 4] = ["13.71", "13", "kl.pu", "id"];
/// What a row says where nobody can be asked.
const NOBODY: &str = "-";

fn unit(text: &str) -> Result<UnitCode, String> {
    UnitCode::parse(text).map_err(|error| format!("{text:?}: {error}"))
}

fn directory() -> Directory {
    let nodes = NODES.map(|code| unit(code).unwrap());
    let units = read(include_bytes!("../../../data/units.csv"), Form::Csv).whole().unwrap();
    let at_home = units.into_iter().map(|unit| {
        let Listing { unit: code, name, areas, categories, .. } = unit.listing;
        let home = nodes.iter().find(|node| node.contains(&code)).cloned().map(NodeId::Node);
        Office { level: Level::of(&code), code, name, areas, categories, closed: false, home }
    });
    Directory::new(at_home).unwrap()
}

/// One row by its columns.
type Row = HashMap<String, String>;

fn rows() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/routing.csv");
    csv::Reader::from_path(path).unwrap().deserialize().collect::<Result<_, _>>().unwrap()
}

fn case(row: &Row, directory: &Directory) -> Result<Case, String> {
    let optional = |column: &str| Some(row[column].as_str()).filter(|text| !text.is_empty()).map(unit).transpose();
    let category = Category::parse(&row["category"]).ok_or("no category's code")?;
    let area = unit(&row["area"])?;
    let case = Case::new(categories(), &category, &area).ok_or("nothing can be filed under this category")?;
    if area.territory() != area {
        return Err(format!("{area} is no area"));
    }
    let returned_by = row["returned_by"].split_whitespace().map(unit).collect::<Result<_, _>>()?;
    let case = Case { about: optional("about")?, returned_by, holder: optional("holder")?, ..case };
    let expected = ["expected_first", "expected_next"].map(|column| row[column].as_str());
    let expected = expected.into_iter().filter(|code| !code.is_empty() && *code != NOBODY).map(unit);
    let named = expected.collect::<Result<Vec<_>, _>>()?;
    match named.iter().chain(&case.returned_by).chain(&case.holder).find(|code| directory.office(code).is_none()) {
        Some(code) => Err(format!("{code} is not in data/units.csv")),
        None => Ok(case),
    }
}

/// What is otherwise than a row expects.
fn wrong(row: &Row, directory: &Directory) -> Option<String> {
    let case = match case(row, directory) {
        Ok(case) => case,
        Err(mistake) => return Some(mistake),
    };
    let route = route(directory, &case);
    let asked: Vec<&str> = route.candidates.iter().map(|candidate| candidate.unit.as_str()).collect();
    let first = row["expected_first"].as_str();
    let next = row["expected_next"].as_str();
    let as_expected = asked.first().copied().unwrap_or(NOBODY) == first
        && (next.is_empty() || asked.get(1).copied().unwrap_or(NOBODY) == next);
    (!as_expected).then(|| format!("expected {first} {next}, came {}; {}", asked.join(" "), told(&route)))
}

fn told(route: &Route) -> String {
    let left = route.left_out.iter().map(|(candidate, obstacle)| format!("{} {}", candidate.unit, obstacle.name()));
    format!("left out {}", left.collect::<Vec<_>>().join(", "))
}

#[test]
fn complaint_knocks_at_the_wrong_door() {
    let directory = directory();
    let rows = rows();
    let found: Vec<String> = rows
        .iter()
        .filter_map(|row| Some((row, wrong(row, &directory)?)))
        .map(|(row, wrong)| format!("{} {}: {wrong}", row["number"], row["situation"]))
        .collect();
    assert!(found.is_empty(), "{} of {} rows:\n{}", found.len(), rows.len(), found.join("\n"));
    assert!(rows.len() >= 150);
}

#[test]
fn row_has_no_number_or_does_not_say_why() {
    for (number, row) in (1..).zip(rows()) {
        assert_eq!(row["number"], number.to_string(), "{}", row["situation"]);
        assert!(!row["situation"].is_empty() && !row["why"].is_empty(), "{number}");
    }
}

#[test]
fn wrong_row_passes() {
    let directory = directory();
    let rows = rows();
    for (column, text) in [
        ("expected_first", "13.71.dlh"),
        ("expected_next", "id"),
        ("expected_first", "13.71.nobody"),
        ("category", "jalan"),
        ("area", "13.71.dlh"),
        ("holder", "13.9"),
    ] {
        let mut row = rows[0].clone();
        assert_eq!(wrong(&row, &directory), None);
        row.insert(column.to_owned(), text.to_owned());
        assert!(wrong(&row, &directory).is_some(), "{column} {text}");
    }
}

#[test]
fn every_leaf_has_somebody_in_padang_besides_the_national_desk() {
    let directory = directory();
    for entry in categories().entries().filter(|entry| entry.leaf.is_some()) {
        let case = Case::new(categories(), &entry.code, &unit("13.71.01.1001").unwrap()).unwrap();
        let route = route(&directory, &case);
        assert!(route.candidates.len() > 1, "{}: {}", entry.code.as_str(), told(&route));
    }
}

#[test]
fn reason_is_not_told_in_both_languages() {
    let directory = directory();
    let mut seen = std::collections::BTreeSet::new();
    for row in rows() {
        let case = case(&row, &directory).unwrap();
        let route = route(&directory, &case);
        for language in Language::ALL {
            let asked = route.candidates.iter().map(|one| candidate(one, &case, &directory, language));
            let left = route.left_out.iter().map(|(one, why)| left_out(&one.unit, *why, &directory, language));
            for text in asked.chain(left) {
                assert!(!text.contains('{') && !text.contains("route.") && !text.contains("route-"), "{text}");
            }
        }
        seen.extend(route.candidates.iter().map(|candidate| candidate.ground.name()));
        seen.extend(route.left_out.iter().map(|(_, obstacle)| obstacle.name()));
    }
    // Units that were closed or are at home nowhere are not among the sample.
    let told = crate::domain::routing::Ground::ALL.len() + Obstacle::ALL.len() - 2;
    assert_eq!(seen.len(), told, "{seen:?}");
}

#[test]
fn national_road_is_told_without_its_place() {
    let directory = directory();
    let road = Category::parse("jalan-nasional").unwrap();
    let case = Case::new(categories(), &road, &unit("13.71.07.1001").unwrap()).unwrap();
    let route = route(&directory, &case);
    let told = |language| route.candidates.iter().map(|one| candidate(one, &case, &directory, language)).collect();
    let english: Vec<String> = told(Language::English);
    assert_eq!(
        english,
        [
            "National roads in Provinsi Sumatera Barat: Balai Pelaksanaan Jalan Nasional Sumatera Barat, an office of a \
             national body",
            "National roads: Kementerian Pekerjaan Umum, for all of Indonesia",
            "Admin Nasional SP4N-LAPOR! decides where nobody below is competent",
        ]
    );
    let indonesian: Vec<String> = told(Language::Indonesian);
    assert!(indonesian[0].starts_with("Jalan nasional di Provinsi Sumatera Barat: Balai"), "{}", indonesian[0]);
}

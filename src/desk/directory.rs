//! A file of units as `data/units.csv`, read into the directory that routes are made from. Which units exist and where they are
//! at home is the registry's; the file only says what they are competent for, and where.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::domain::directory::{Directory, Level, Office, Twice};
use crate::domain::event::{Category, PublicName};
use crate::domain::{Registry, UnitCode};

/// A line of the file that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("line {line}: {what}")]
pub struct WrongLine {
    /// Which, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub what: String,
}

/// Reads a file of units: a head line that names at least the columns `code`, `name` and `level`; `categories` and `area`
/// hold codes separated by spaces, and may be empty or missing. Other columns are not looked at.
///
/// # Errors
/// Every wrong line.
pub fn read(bytes: &[u8]) -> Result<Vec<Office>, Vec<WrongLine>> {
    let mut file = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let head = file.headers().map_err(|error| vec![WrongLine { line: 1, what: error.to_string() }])?.clone();
    let column = |name: &str| head.iter().position(|title| title.trim_start_matches('\u{feff}') == name);
    if let Some(missing) = ["code", "name", "level"].into_iter().find(|name| column(name).is_none()) {
        return Err(vec![WrongLine { line: 1, what: format!("the first line must name the column {missing}") }]);
    }
    let (mut offices, mut wrong) = (Vec::new(), Vec::new());
    for record in file.records() {
        let read = match &record {
            Ok(record) => {
                let field = |name: &str| column(name).and_then(|at| record.get(at)).unwrap_or_default();
                let line = record.position().map_or(0, csv::Position::line);
                office(field).map_err(|what| WrongLine { line, what })
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                Err(WrongLine { line, what: error.to_string() })
            }
        };
        match read {
            Ok(office) => offices.push(office),
            Err(line) => wrong.push(line),
        }
    }
    if wrong.is_empty() { Ok(offices) } else { Err(wrong) }
}

/// The directory of these units as the registry knows them: where each is at home, if that node may be given complaints, and
/// whether it was closed. A unit that is not registered is at home nowhere.
///
/// # Errors
/// Names a unit that stands in the file twice.
pub fn registered(offices: impl IntoIterator<Item = Office>, registry: &Registry) -> Result<Directory, Twice> {
    Directory::new(offices.into_iter().map(|office| {
        let entry = registry.unit(&office.code);
        let home = entry.and_then(|_| registry.home(&office.code));
        Office {
            closed: entry.is_some_and(|entry| entry.closed),
            home: home.filter(|node| registry.may_receive(node).is_ok()),
            ..office
        }
    }))
}

fn office<'a>(field: impl Fn(&str) -> &'a str) -> Result<Office, String> {
    let code = UnitCode::parse(field("code")).map_err(|error| format!("{:?}: {error}", field("code")))?;
    let name = PublicName::parse(field("name"));
    let name = name.ok_or("a name is 1 to 120 characters without control characters")?;
    let level = Level::from_name(field("level")).ok_or_else(|| format!("{:?} is no level", field("level")))?;
    if !level.fits(&code) {
        return Err(format!("{code} cannot be of the level {}", level.name()));
    }
    let mut areas = BTreeSet::new();
    for area in field("area").split_whitespace() {
        let known = UnitCode::parse(area).ok().filter(|code| code.territory() == *code);
        areas.insert(known.ok_or_else(|| format!("{area:?} is no area's code"))?);
    }
    let mut categories = BTreeSet::new();
    for category in field("categories").split_whitespace() {
        categories.insert(Category::parse(category).ok_or_else(|| format!("{category:?} is no category's code"))?);
    }
    Ok(Office { code, name, level, areas, categories, closed: false, home: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::categories;

    const FILE: &[u8] = include_bytes!("../../data/units.csv");

    #[test]
    fn units_of_the_repository_are_incomplete() {
        let offices = read(FILE).unwrap();
        let below = |prefix: &str| offices.iter().filter(|office| office.code.as_str().starts_with(prefix)).count();
        let level = |level| offices.iter().filter(|office| office.level == level).count();
        assert_eq!((level(Level::District), level(Level::Village)), (11, 104));
        assert_eq!((level(Level::Regency), level(Level::City)), (12, 7));
        assert!(level(Level::Ministry) + level(Level::Institution) >= 10 && level(Level::RegionalOffice) >= 30);
        assert!(below("13.71.") >= 52 + 104, "the agencies, districts and villages of Padang");
    }

    #[test]
    fn unit_lists_a_category_that_is_not_there_or_a_word_is_nobodys() {
        let offices = read(FILE).unwrap();
        let known = |category: &&Category| categories().entry(category).is_some();
        for office in &offices {
            let unknown: Vec<_> = office.categories.iter().filter(|category| !known(category)).collect();
            assert!(unknown.is_empty(), "{}: {unknown:?}", office.code);
        }
        let words: BTreeSet<_> = offices.iter().filter_map(|office| office.code.as_str().rsplit('.').next()).collect();
        for entry in categories().entries() {
            let word = entry.leaf.as_ref().map(|leaf| leaf.unit_word.as_str());
            assert!(word.is_none_or(|word| words.contains(word)), "{}: {word:?}", entry.code.as_str());
        }
    }

    #[test]
    fn category_is_nobodys() {
        let offices = read(FILE).unwrap();
        let listed: BTreeSet<_> = offices.iter().flat_map(|office| &office.categories).collect();
        for entry in categories().entries().filter(|entry| entry.leaf.is_some()) {
            let mut upwards = std::iter::once(&entry.code).chain(categories().ancestors(&entry.code));
            assert!(upwards.any(|code| listed.contains(code)), "{}", entry.code.as_str());
        }
    }

    #[test]
    fn only_the_first_wrong_line_is_told() {
        let file = "code,name,level,area,categories\n13,x,province,,\n13.71,x,agency,,\n13.dlh,x,agency,dlh,\n\
                    13.dlh,x,agency,,Sampah\nkl.pu,x,dept,,\n13.7,x,city,,\n";
        let lines: Vec<u64> = read(file.as_bytes()).unwrap_err().iter().map(|wrong| wrong.line).collect();
        assert_eq!(lines, [3, 4, 5, 6, 7]);
        assert_eq!(read(b"code,name\n13,x\n").unwrap_err()[0].line, 1);
        assert_eq!(read(b"code,name,level\n13,x,province\n").unwrap().len(), 1);
    }

    #[test]
    fn unregistered_unit_is_a_candidate() {
        let directory = registered(read(FILE).unwrap(), &Registry::default()).unwrap();
        assert!(directory.offices().all(|office| office.home.is_none()));
    }
}

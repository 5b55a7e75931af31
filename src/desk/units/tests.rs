//! Files of units: every mistake of every line, in both forms, and what may have been meant.

use std::collections::BTreeSet;

use super::{Form, Read, read};
use crate::domain::directory::Level;
use crate::domain::event::{Category, PublicName};
use crate::domain::testing::{at, event, header, unit};
use crate::domain::{Header, Listing, NodeId, Registry};
use crate::words::categories;

const FILE: &[u8] = include_bytes!("../../../data/units.csv");

fn csv(text: &str) -> Read {
    read(text.as_bytes(), Form::Csv)
}

fn toml(text: &str) -> Read {
    read(text.as_bytes(), Form::Toml)
}

fn lines(read: &Read) -> Vec<u64> {
    read.wrong.iter().map(|wrong| wrong.line).collect()
}

fn units() -> Vec<Listing> {
    read(FILE, Form::Csv).whole().unwrap().into_iter().map(|unit| unit.over(None)).collect()
}

#[test]
fn units_of_the_repository_are_incomplete() {
    let units = units();
    let level = |level| units.iter().filter(|unit| Level::of(&unit.unit) == level).count();
    assert_eq!((level(Level::District), level(Level::Village)), (11, 104));
    assert_eq!((level(Level::Regency), level(Level::City)), (12, 7));
    assert!(level(Level::Ministry) >= 10 && level(Level::RegionalOffice) >= 30);
    let padang = units.iter().filter(|one| one.unit.as_str().starts_with("13.71.")).count();
    assert!(padang >= 52 + 104, "the agencies, districts and villages of Padang");
    assert!(units.iter().any(|one| one.unit == unit("13.bmcktr") && one.name.as_str().contains(", Cipta Karya")));
}

#[test]
fn category_is_nobodys_or_its_word_is() {
    let units = units();
    let listed: BTreeSet<&Category> = units.iter().flat_map(|unit| &unit.categories).collect();
    let words: BTreeSet<_> = units.iter().filter_map(|one| one.unit.as_str().rsplit('.').next()).collect();
    for entry in categories().entries().filter(|entry| entry.leaf.is_some()) {
        let mut upwards = std::iter::once(&entry.code).chain(categories().ancestors(&entry.code));
        assert!(upwards.any(|code| listed.contains(code)), "{}", entry.code.as_str());
        let word = entry.leaf.as_ref().map(|leaf| leaf.unit_word.as_str());
        assert!(word.is_none_or(|word| words.contains(word)), "{}: {word:?}", entry.code.as_str());
    }
}

#[test]
fn only_the_first_mistake_is_told() {
    let file = "code,name,level,area,categories\n13,x,province,,\n13.71,x,agency,,\n13.dlh,x,agency,dlh,\n\
                13.dlh,x,agency,13.99,Sampah smapah\nkl.pu,x,dept,,\n13.7,,city,,\n13,again,,,\n14,a\n";
    assert_eq!(lines(&csv(file)), [3, 4, 5, 5, 5, 6, 7, 7, 8, 9]);
    let told = csv(file).wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for part in [
        "line 5: there is no category \"smapah\"; near it: sampah",
        "line 5: there is no area \"13.99\"",
        "line 2 already",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(lines(&csv("code,nmae,kategories\n13,x,y\n")), [1, 1, 1]);
    assert_eq!(lines(&csv("")), [1, 1]);
    assert_eq!(csv("\u{feff}name,code\nKota Padang,13.71\n").whole().unwrap().len(), 1);
    assert!(!read(b"code,name\n13,\xff\n", Form::Csv).wrong.is_empty());
}

#[test]
fn mistake_in_toml_hides_another() {
    let good = "# Units\n\n[[unit]] # one\ncode = \"13.71.a\"\nname = \"A\"\ncategories = [\"sampah\", \"taman\"]\narea = \"13.71.01 13.71.02\"\n";
    let read = toml(good);
    let only = read.clone().whole().unwrap_or_else(|wrong| panic!("{wrong:?}")).remove(0);
    assert_eq!((only.line, only.listing.categories.len(), only.listing.areas.len()), (4, 2, 2));
    let bad = "x = 1\n[[unit]]\ncode = 13\nname = \"A\"\n\n[[unit]]\ncode = \"13.71.b\"\nname = \"B\n\n[[unit]]\n\
               code = \"13.71.c\"\nname = \"C\"\nkategories = \"sampah\"\n[[unit]]\nname = \"D\"\ncategories = [\"smapah\", 1]\n";
    assert_eq!(lines(&toml(bad)), [1, 3, 8, 13, 14, 16]);
}

#[test]
fn file_of_names_wipes_what_units_are_competent_for() {
    let known = csv("code,name,categories,contact\n13.71.a,A,sampah,x\n").whole().unwrap().remove(0).over(None);
    let name = |file: &str| csv(file).whole().unwrap().remove(0).over(Some(&known));
    let renamed = name("code,name\n13.71.a,B\n");
    assert_eq!((renamed.name.as_str(), renamed.categories.len(), renamed.contact.is_some()), ("B", 1, true));
    let emptied = name("code,name,categories\n13.71.a,B,\n");
    assert_eq!(
        (emptied.categories.len(), emptied.contact.is_some()),
        (0, true),
        "an empty cell says that there is none"
    );
}

#[test]
fn unit_is_not_found_again_for_a_slip() {
    let mut registry = Registry::default();
    for (seq, (code, name)) in (1..).zip([
        ("13.71.dlh", "Dinas Lingkungan Hidup"),
        ("13.71.dishub", "Dinas Perhubungan"),
        ("13", "Sumatera Barat"),
    ]) {
        let change = Listing::named(unit(code), PublicName::parse(name).unwrap()).listed(None);
        registry.apply(&event(Header { complaint: None, ..header(NodeId::Hub, at(seq), change) }));
    }
    for text in ["13.71.dhl", "dinas lingkungan hidp", "LINGKUNGAN"] {
        assert!(super::nearest_units(text, &registry)[0].starts_with("13.71.dlh "), "{text}");
    }
}

//! What the list of areas must hold, and what searching in it must find.

use std::collections::BTreeSet;

use super::{AreaCode, ChangeKind, FOUND_MAX, Level, Match, areas};

fn code(text: &str) -> AreaCode {
    AreaCode::parse(text).unwrap()
}

fn found(text: &str, within: Option<&str>, limit: usize) -> Vec<String> {
    let found = areas().search(text, within.map(code), limit);
    found.into_iter().map(|found| found.area.code.to_string()).collect()
}

fn first(text: &str) -> String {
    found(text, None, 5).into_iter().next().unwrap_or_default()
}

#[test]
fn area_is_missing_from_the_list() {
    let count = |level| areas().all().filter(|area| area.level == level).count();
    assert_eq!(count(Level::Province), 38);
    assert_eq!((count(Level::Regency), count(Level::City)), (416, 98));
    assert_eq!(count(Level::District), 7_285);
    assert_eq!(count(Level::Village), 83_762);
    assert_eq!(areas().count(), 91_599);
}

#[test]
fn list_is_out_of_order_or_an_area_has_no_parent() {
    let mut last = None;
    for area in areas().all() {
        assert!(Some(area.code) > last, "{} comes after {last:?}", area.code);
        last = Some(area.code);
        assert!(!area.name.is_empty() && area.name.trim() == area.name, "{}", area.code);
        let parent = area.code.parent();
        assert!(parent.is_none_or(|parent| areas().area(parent).is_some()), "{} has no parent", area.code);
        let kind = matches!(area.level, Level::Regency | Level::City);
        assert_eq!(area.name.starts_with("Kabupaten ") || area.level == Level::City, kind && area.level.depth() == 1);
    }
}

#[test]
fn area_has_the_name_of_another() {
    for (code, name) in [
        ("13", "Sumatera Barat"),
        ("13.71", "Kota Padang"),
        ("13.71.06", "Lubuk Begalung"),
        ("13.71.01.1001", "Belakang Pondok"),
        ("11.01.01.2015", "Darul Ikhsan"),
        ("74.01.01.1001", "19 Nopember"),
        ("1371", "Kota Padang"),
    ] {
        assert_eq!(areas().get(code).map(|area| area.name), Some(name), "{code}");
    }
    for none in ["13.79", "99", "13.71.dlh", "id", "11.01.01.2014", ""] {
        assert_eq!(areas().get(none), None, "{none}");
    }
    assert_eq!(areas().address(code("13.71.06")), "Lubuk Begalung, Kota Padang, Sumatera Barat");
    assert_eq!(areas().address(code("13.79")), "");
}

#[test]
fn child_is_left_out_or_taken_from_the_neighbour() {
    let children = |of: Option<&str>| areas().children(of.map(code)).map(|area| area.code).collect::<Vec<_>>();
    assert_eq!(children(None).len(), 38);
    assert_eq!(children(Some("13")).len(), 19);
    assert_eq!(children(Some("13.71")).len(), 11);
    assert!(children(Some("13.71")).iter().all(|child| child.parent() == Some(code("13.71"))));
    assert_eq!(children(Some("13.71.01.1001")), []);
    assert_eq!(children(Some("13.79")), []);
    let total: usize = areas().all().map(|area| areas().children(Some(area.code)).count()).sum();
    assert_eq!(total, areas().count() - 38);
}

#[test]
fn unit_of_an_agency_has_no_area() {
    let of = |text: &str| {
        let area = areas().of_unit(&crate::domain::UnitCode::parse(text).unwrap());
        area.map(|area| area.code.to_string())
    };
    assert_eq!(of("13.71.dlh").as_deref(), Some("13.71"));
    assert_eq!(of("13.79.dlh").as_deref(), Some("13"));
    assert_eq!(of("kl.pu"), None);
}

#[test]
fn code_of_a_split_province_leads_nowhere() {
    for change in areas().changes() {
        assert!(areas().area(change.new).is_some(), "{} leads to {}, which is not there", change.old, change.new);
        assert_eq!(change.old.level().depth(), change.new.level().depth(), "{}", change.old);
        assert!(["[C]", "[S]", "[I]", "[M]"].contains(&&*change.mark), "{}", change.old);
        assert!(change.in_force.len() == 10 && !change.legal_basis.is_empty(), "{}", change.old);
        let current = areas().current(change.old);
        assert!(current.exact && current.areas.iter().any(|area| area.code == change.new), "{}", change.old);
        if change.kind == ChangeKind::Moved {
            assert_eq!(areas().area(change.old), None, "{} was moved, and is still there", change.old);
            assert_eq!(current.areas.len(), 1);
        }
    }
    let current = |text: &str| {
        let current = areas().current(code(text));
        (current.areas.iter().map(|area| area.code.to_string()).collect::<Vec<_>>().join(" "), current.exact)
    };
    assert_eq!(current("91"), ("91 93 94 95".to_owned(), true));
    assert_eq!(current("92"), ("92 96".to_owned(), true));
    assert_eq!(current("91.01"), ("93.01".to_owned(), true));
    assert_eq!(current("13.71"), ("13.71".to_owned(), true));
    assert_eq!(current("88.01"), (String::new(), false));
}

#[test]
fn regency_of_papua_has_no_past() {
    let regencies = areas().all().filter(|area| area.level.depth() == 1);
    let new: Vec<AreaCode> = regencies
        .map(|area| area.code)
        .filter(|area| ["93", "94", "95", "96"].iter().any(|p| code(p).contains(*area)))
        .collect();
    assert_eq!(new.len(), 26);
    let mut old = BTreeSet::new();
    for regency in new {
        let before = areas().predecessors(regency);
        assert_eq!(before.len(), 1, "{regency}");
        assert!(code(if code("96").contains(regency) { "92" } else { "91" }).contains(before[0]), "{regency}");
        assert!(old.insert(before[0]), "{} became two", before[0]);
    }
    for kept in ["91.03", "91.71", "92.02", "92.12"] {
        assert_eq!(areas().predecessors(code(kept)), [], "{kept}");
    }
}

/// The districts were numbered anew, so a district of the old number is another one.
#[test]
fn district_of_papua_is_taken_for_the_one_that_has_its_number_now() {
    let current = areas().current(code("91.02.03"));
    assert_eq!(current.areas[0].name, "Kurulu");
    assert_eq!(current.areas[0].code, code("95.01.02"));
    let village = areas().current(code("91.02.03.2017"));
    assert!(!village.exact);
    assert_eq!(village.areas[0].code, code("95.01.02"));
}

#[test]
fn people_do_not_find_what_they_call_it() {
    for (text, code) in [
        ("padang", "13.71"),
        ("PADANG", "13.71"),
        ("kota padang", "13.71"),
        ("pàdang", "13.71"),
        ("kota pdang", "13.71"),
        ("kab. padang pariaman", "13.05"),
        ("kabupaten pariaman", "13.05"),
        ("pariaman", "13.77"),
        ("kec. lubuk begalung", "13.71.06"),
        ("lubuk begalung padang", "13.71.06"),
        ("lubukbegalung", "13.71.06"),
        ("lubuk begalng", "13.71.06"),
        ("lubuk begalng padng", "13.71.06"),
        ("padang, lubuk begalung", "13.71.06"),
        ("lubukbegalung padang", "13.71.06"),
        ("padang sidimpuan utara kota padang sidimpuan", "12.77.01"),
        ("kel. belakang pondok", "13.71.01.1001"),
        ("belakang pondok padang selatan kota padang sumbar", "13.71.01.1001"),
        ("sumbar", "13"),
        ("prov sumatra barat", "13"),
        ("dki jakarta", "31"),
        ("jakarta pusat", "31.71"),
        ("diy", "34"),
        ("padang sidempuan", "12.77"),
        ("merauke", "93.01"),
        ("91.01", "93.01"),
        ("13.71", "13.71"),
        ("1371", "13.71"),
    ] {
        assert_eq!(first(text), code, "{text}");
    }
    assert_eq!(found("kota", None, 3).len(), 3);
    for nothing in ["", " . ", "kab.", "xqzvw jfkqx", "99.99"] {
        let found = found(nothing, None, 3);
        assert!(nothing == "kab." || found.is_empty(), "{nothing}: {found:?}");
    }
}

#[test]
fn exact_name_stands_behind_a_longer_one() {
    let all = areas().search("padang", None, FOUND_MAX);
    assert!(all.is_sorted_by_key(|found| found.matched));
    assert_eq!(all[0].matched, Match::Exact);
    let exact = all.iter().filter(|found| found.matched == Match::Exact);
    assert!(exact.clone().is_sorted_by_key(|found| found.area.level.depth()));
    assert!(exact.count() > 1);
    let typo = areas().search("begalng", None, 3);
    assert_eq!(typo[0].matched, Match::Typo);
}

#[test]
fn search_in_a_city_finds_its_neighbour() {
    let inside = found("padang", Some("13.71"), FOUND_MAX);
    assert!(inside.len() > 4);
    assert!(inside.iter().all(|found| found.starts_with("13.71")), "{inside:?}");
    assert_eq!(found("merauke", Some("13"), 3), Vec::<String>::new());
    assert_eq!(found("13.71", Some("14"), 3), Vec::<String>::new());
    assert_eq!(found("padang", Some("13.79"), 3), Vec::<String>::new());
}

#[test]
fn search_answers_without_limit_or_otherwise_each_time() {
    assert_eq!(found("ta", None, 10_000).len(), FOUND_MAX);
    assert!(found("padang", None, 0).is_empty());
    assert_eq!(found("tanjung", None, 50), found("tanjung", None, 50));
    let long = "lubuk ".repeat(10_000);
    assert!(found(&long, None, 3).len() <= 3);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(32))]

    #[test]
    fn odd_text_brings_the_search_down(text in "\\PC{0,40}", code in "[0-9.]{0,16}", limit in 0_usize..5) {
        for asked in [text, code] {
            assert!(areas().search(&asked, None, limit).len() <= limit);
            assert!(areas().nearest(&asked, limit).len() <= limit);
        }
    }
}

#[test]
fn error_names_areas_that_are_not_near() {
    let near = |asked: &str| {
        areas().nearest(asked, 3).into_iter().map(|area| area.code.to_string()).collect::<Vec<_>>().join(" ")
    };
    for (asked, codes) in [
        ("13.79", "13.77 13.76 13.75"),
        ("13.71.12", "13.71.11 13.71.10 13.71.09"),
        ("13.7", "13.07 13.06 13.08"),
        ("99", "96 95 94"),
        ("91.01", "93.01"),
        ("91.01.99", "93.01.22 93.01.21 93.01.20"),
        ("91.03", "91.03"),
        ("", ""),
        ("13.71.01.1001.9", "13.71.01.1001"),
    ] {
        assert_eq!(near(asked), codes, "{asked}");
    }
    assert_eq!(areas().nearest("lubuk bgalun", 3)[0].code, code("13.71.06"));
    assert_eq!(areas().nearest("Lbk Begalung", 3)[0].code, code("13.71.06"));
    assert_eq!(areas().nearest("padang", 3)[0].code, code("13.71"));
}

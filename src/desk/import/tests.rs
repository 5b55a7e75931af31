//! A table against the rules, and rows as complaints. Tests only.

use std::collections::BTreeSet;

use super::*;
use crate::desk::tests::bench::{Bench, unit};
use crate::domain::{Channel, Class, DisplayState, Registry, Timestamp, Visibility};
use crate::runtime::Progress;
use crate::store::Store as _;
use crate::words::{Language, text};

/// 2026-11-26T00:00:00Z.
const NOW: Timestamp = Timestamp(1_795_651_200_000_000);

async fn registry() -> Registry {
    let bench = Bench::padang().await;
    let mut registry = Registry::default();
    bench.store.registry().await.unwrap().iter().for_each(|event| registry.apply(event));
    registry
}

const MAPPING: &str = "source = \"simpel-padang\"\nkeep = [\"Kelurahan\"]\n
    [columns]\nsource_id = \"No\"\nnarrative = \"Isi\"\nclass = \"Jenis\"\nstate = \"Status\"\nresponse = \"Jawaban\"
    source_filed_at = \"Tanggal\"\nunit = \"OPD\"\nvisibility = \"Sifat\"\nname = \"Nama\"\n
    [values.class]\nAduan = \"complaint\"\n\"Tanya\" = \"information\"\n
    [values.state]\nBaru = \"new\"\nProses = \"in-progress\"\nSelesai = \"closed\"\nDijawab = \"awaiting\"\n
    [values.unit]\nDLH = \"13.71.dlh\"\nProvinsi = \"13\"\n[values.visibility]\nAnonim = \"anonymous\"\n";
const HEAD: &str = "No,Isi,Jenis,Status,Jawaban,Tanggal,OPD,Sifat,Nama,Kelurahan,Petugas\n";

struct Seen {
    checked: Result<Checked, Mistake>,
    items: Vec<Item>,
}

async fn seen(table: &str, asked: Asked) -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, table).unwrap();
    let table = Table::open(&path, None).unwrap();
    let (mapping, registry, node) =
        (Mapping::read(Some(MAPPING), asked).unwrap(), registry().await, crate::desk::tests::bench::node("13.71"));
    let rules = Rules::new(&mapping, &table.columns, &registry, &node, NOW).unwrap();
    let checked = check(&table, &rules, &Progress::silent());
    let mut rows = table.rows().unwrap();
    let mut items = Vec::new();
    while let Ok(Some(row)) = rows.next() {
        items.extend(rules.item(&row).ok().flatten());
    }
    Seen { checked, items }
}

#[tokio::test]
async fn wrong_line_is_passed_over_or_its_cells_are_told() {
    let rows = "1,Sampah,Aduan,Baru,,04/03/2019,DLH,open,Budi Rahasia,Alai,x\n\
        ,Isi,Aduan,Baru,,,,open,,,\n\
        3,,Pujian,Hilang,,kemarin,Provinsi,rahasia,,,\n\
        1,Isi,Aduan,Baru,,2031-01-01,13.71.dlhx,open,,,\n\
        1371016503900002,Isi,Aduan,Dijawab,,1950-01-01,kl pu,Anonim,Budi Rahasia,,\n\
        6,Isi,Aduan\n\
        7,\"Budi Rahasia\nbaris dua\",Tanya,Proses,,,,,,,\n";
    let long =
        format!("8,Isi,Aduan,Baru,,,,open,{},,\n9,{},Aduan,Baru,,,,open,,,\n", "x".repeat(501), "y".repeat(66_000));
    let seen = seen(&format!("{HEAD}{rows}{long}"), Asked::default()).await;
    let checked = seen.checked.unwrap();
    let found: Vec<(u64, &str, &str)> =
        checked.mistakes.told.iter().map(|mistake| (mistake.line, &*mistake.column, mistake.code)).collect();
    let wanted = [
        (3, "No", "no-id"),
        (4, "Jenis", "not-a-class"),
        (4, "Sifat", "not-a-visibility"),
        (4, "Status", "not-a-state"),
        (4, "Isi", "no-narrative"),
        (4, "OPD", "unit-elsewhere"),
        (4, "Tanggal", "not-a-date"),
        (5, "OPD", "unit-elsewhere"),
        (5, "Tanggal", "future-date"),
        (6, "Jawaban", "no-response"),
        (6, "OPD", "not-a-unit"),
        (6, "Sifat", "anonymous-with-identity"),
        (6, "No", "personal-id"),
        (6, "Tanggal", "past-date"),
        (7, "", "cells"),
        (10, "Nama", "long-cell"),
        (11, "Isi", "long-text"),
    ];
    let (found_set, wanted_set): (BTreeSet<_>, BTreeSet<_>) =
        (found.into_iter().collect(), wanted.into_iter().collect());
    assert_eq!(found_set, wanted_set);
    assert_eq!((checked.rows, checked.mistakes.lines, seen.items.len()), (9, 7, 2));
    for mistake in &checked.mistakes.told {
        for language in Language::ALL {
            let told = mistake.told(language);
            assert!(text(&format!("import.{}", mistake.code), language).is_some(), "{}", mistake.code);
            assert!(!told.contains("Rahasia") && !told.contains('{') && !told.contains('\n'), "{told}");
        }
    }
    assert!(!format!("{:?}", seen.items).contains("Rahasia"));
}

#[tokio::test]
async fn number_stands_twice() {
    let rows = "1,Isi,Aduan,Baru,,,,open,,,\n2,Isi,Aduan,Baru,,,,open,,,\n1,Lain,Aduan,Selesai,,,,open,,,\n";
    for ended in ["close", "skip"] {
        let asked = Asked { ended: Some(ended.to_owned()), ..Asked::default() };
        let checked = seen(&format!("{HEAD}{rows}"), asked).await.checked.unwrap();
        let told = &checked.mistakes.told;
        assert_eq!((told.len(), told[0].line, told[0].code, &*told[0].facts[0].1), (1, 4, "id-twice", "2"));
    }
}

#[tokio::test]
async fn mistakes_fill_the_screen() {
    let rows: Vec<String> = (0..5000).map(|number| format!("{number},,Pujian,Baru,,,,open,,,\n")).collect();
    let rows = rows.concat();
    let checked = seen(&format!("{HEAD}{rows}"), Asked::default()).await.checked.unwrap();
    let mistakes = &checked.mistakes;
    assert_eq!((mistakes.told.len(), mistakes.count, mistakes.lines), (mistake::TOLD_MAX, 10_000, 5000));
    assert_eq!(mistakes.untold(), 9900);
}

#[tokio::test]
async fn mapped_row_becomes_another_complaint() {
    let row = "LM-7,\"'=Sampah, menumpuk\",TANYA,Selesai,Sudah diangkut,4/3/2019 8:05,DLH,,Budi,Alai,Tono\n";
    let seen = seen(&format!("{HEAD}{row}"), Asked::default()).await;
    let checked = seen.checked.unwrap();
    assert_eq!((checked.mistakes.count, &checked.ids[..]), (0, &["LM-7".to_owned()][..]));
    assert_eq!(checked.states.get(&DisplayState::Closed), Some(&1));
    let [Item { filing, original, state, response, .. }] = &seen.items[..] else { unreachable!() };
    assert_eq!(
        (filing.class, filing.channel, filing.visibility),
        (Class::Information, Channel::Other, Visibility::Confidential)
    );
    assert_eq!((&*filing.narrative, &*filing.reporter.as_ref().unwrap().name), ("=Sampah, menumpuk", "Budi"));
    assert_eq!((filing.unit.clone(), filing.category.as_str()), (Some(unit("13.71.dlh")), "lainnya"));
    assert_eq!((*state, &**response), (DisplayState::Closed, "Sudah diangkut"));
    assert_eq!((&*original.source, &*original.id, &*original.state), ("simpel-padang", "LM-7", "Selesai"));
    assert_eq!(original.filed, "2019-03-04T08:05:00+07:00");
    assert_eq!(original.more.iter().collect::<Vec<_>>(), [(&"Kelurahan".to_owned(), &"Alai".to_owned())]);
}

#[tokio::test]
async fn what_has_ended_is_lost_or_closed_against_the_mapping() {
    let rows = "1,Isi,Aduan,Selesai,Sudah,,,open,,,\n2,Isi,Aduan,Selesai,,,,open,,,\n3,Isi,Aduan,Proses,,,,open,,,\n";
    let asked = |ended: &str| Asked { ended: Some(ended.to_owned()), ..Asked::default() };
    let table = format!("{HEAD}{rows}");
    let (close, open, skip) =
        (seen(&table, asked("close")).await, seen(&table, asked("open")).await, seen(&table, asked("skip")).await);
    let states = |seen: &Seen| seen.items.iter().map(Item::ends_as).collect::<Vec<_>>();
    assert_eq!(states(&close), [DisplayState::Closed, DisplayState::Archived, DisplayState::InProgress]);
    assert_eq!(close.checked.unwrap().unanswered, 1);
    assert_eq!(states(&open), [DisplayState::New, DisplayState::New, DisplayState::InProgress]);
    assert_eq!(open.items[0].original.more.get("Jawaban").map(String::as_str), Some("Sudah"));
    assert_eq!(open.items[0].original.state, "Selesai");
    assert_eq!((states(&skip).len(), skip.checked.unwrap().skipped), (1, 2));
}

#[tokio::test]
async fn missing_column_is_found_one_at_a_time() {
    let (registry, node) = (registry().await, crate::desk::tests::bench::node("13.71"));
    let asked = Asked {
        source: Some("x".to_owned()),
        columns: vec![("class".to_owned(), "Jenis".to_owned())],
        ..Asked::default()
    };
    let mapping = Mapping::read(None, asked).unwrap();
    let columns = ["Nomor", "isi", "name", "name"].map(str::to_owned);
    let wrong = Rules::new(&mapping, &columns, &registry, &node, NOW).unwrap_err();
    let found: Vec<_> = wrong.iter().map(|mistake| (&*mistake.column, mistake.code)).collect();
    assert_eq!(
        found,
        [("source_id", "no-column"), ("narrative", "no-column"), ("class", "no-column"), ("name", "column-twice")]
    );
    assert!(wrong.iter().all(|mistake| !mistake.told(Language::English).contains("Nomor")));
    let columns = ["source_id", "narrative", "Jenis", "Petugas", ""].map(str::to_owned);
    assert_eq!(Rules::new(&mapping, &columns, &registry, &node, NOW).unwrap().passed_over(), ["Petugas"]);
}

#[test]
fn mistake_has_no_text() {
    let sources = [include_str!("check.rs"), include_str!("table.rs"), include_str!("mapping.rs")];
    let mut codes = BTreeSet::new();
    for source in sources {
        let code = source.split("#[cfg(test)]").next().unwrap();
        for before in [
            "fault(\"",
            "add_all(\"",
            "code: \"",
            "\", \"mapping-",
            ", \"no-",
            ", \"not-a",
            ", \"long-",
            "-date\"",
            "id-twice",
        ] {
            codes.extend(code.split(before).skip(1).filter_map(|rest| {
                let (name, _) = rest.split_once('"')?;
                let whole = match before.rsplit_once('"') {
                    Some((_, begun)) if !begun.is_empty() => format!("{begun}{name}"),
                    _ => name.to_owned(),
                };
                whole.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-').then_some(whole)
            }));
        }
    }
    assert!(codes.len() > 30, "{codes:?}");
    for code in codes.iter().filter(|code| !code.is_empty()) {
        for language in Language::ALL {
            assert!(text(&format!("import.{code}"), language).is_some(), "{code} has no text in {language}");
        }
    }
}

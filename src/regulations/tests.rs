//! What the files of regulations must hold, and that what is reckoned with them is what others reckon.

use super::{
    DEADLINES_FILE, HOLIDAYS_FILE, ZONES_FILE, calendar, deadlines, from_folder, read_deadlines, read_holidays,
    read_zones,
};
use crate::areas::areas;
use crate::domain::deadline::{CountedDays, Moment, Rule};
use crate::domain::{Class, Date, DayOffKind, Due, Starts, UnitCode, Zone};

/// Reckoned by another program: `tests/data/make-deadlines.py`.
const EXPECTED: &str = include_str!("../../tests/data/deadlines.csv");

fn zone_of(unit: &str) -> Option<Zone> {
    super::zone_of(&UnitCode::parse(unit).unwrap())
}

fn expected() -> Vec<(String, Date, u16, String)> {
    let mut file = csv::Reader::from_reader(EXPECTED.as_bytes());
    let row = |row: csv::StringRecord| {
        (row[0].to_owned(), Date::parse(&row[1]).unwrap(), row[2].parse().unwrap(), row[3].to_owned())
    };
    file.records().map(|record| row(record.unwrap())).collect()
}

fn rule(amount: u16, days: CountedDays) -> Rule {
    Rule { class: None, moment: Moment::Response, amount, days, legal_basis: String::new(), mark: String::new() }
}

#[test]
fn holiday_of_a_known_year_is_missing() {
    let days_off = read_holidays(HOLIDAYS_FILE).unwrap();
    let of = |year, kind| days_off.iter().filter(|day| day.date.year() == year && day.kind == kind).count();
    assert_eq!((of(2026, DayOffKind::Holiday), of(2026, DayOffKind::JointLeave)), (17, 8));
    assert_eq!((of(2027, DayOffKind::Holiday), of(2027, DayOffKind::JointLeave)), (18, 8));
    assert_eq!(days_off.len(), calendar().days_off().count());
    assert!(days_off.is_sorted_by_key(|day| day.date));
    assert!(calendar().knows(2026) && calendar().knows(2027) && !calendar().knows(2025) && !calendar().knows(2028));
}

#[test]
fn province_has_no_time_zone() {
    assert_eq!(read_zones(ZONES_FILE).unwrap().len(), 40);
    for province in areas().children(None) {
        assert!(super::zone_of(&province.code.unit()).is_some(), "{}", province.name);
    }
    for (unit, zone) in [
        ("13.71.dlh", Zone::Wib),
        ("62.71", Zone::Wib),
        ("63.71", Zone::Wita),
        ("51", Zone::Wita),
        ("76.04", Zone::Wita),
        ("82", Zone::Wit),
        ("93.01", Zone::Wit),
        ("91.01", Zone::Wit),
        ("id", Zone::Wib),
        ("kl.pu.bpjn-papua", Zone::Wib),
    ] {
        assert_eq!(zone_of(unit), Some(zone), "{unit}");
    }
    assert_eq!(zone_of("99"), None);
}

#[test]
fn deadline_of_a_class_is_that_of_another() {
    assert_eq!(deadlines().all().len(), DEADLINES_FILE.lines().count() - 1);
    let days = |class, moment| deadlines().rule(class, moment).map(|rule| (rule.amount, rule.days));
    for (class, moment, amount) in [
        (Class::Complaint, Moment::Verify, 3),
        (Class::Aspiration, Moment::FirstFollowUp, 5),
        (Class::Information, Moment::Response, 5),
        (Class::Complaint, Moment::Response, 14),
        (Class::Complaint, Moment::ResponseNormative, 5),
        (Class::ComplaintFieldCheck, Moment::Response, 60),
        (Class::Aspiration, Moment::Response, 5),
        (Class::Information, Moment::ReporterWindow, 10),
    ] {
        assert_eq!(days(class, moment), Some((amount, CountedDays::Working)), "{class} {moment:?}");
    }
    assert_eq!(days(Class::Complaint, Moment::Completion), Some((30, CountedDays::All)));
    assert_eq!(days(Class::Information, Moment::ResponseNormative), None);
}

#[test]
fn row_that_is_not_understood_is_left_out() {
    let holidays =
        |row: &str| read_holidays(&format!("date,name,kind,legal_basis,mark\n{row}\n")).unwrap_err().to_string();
    assert_eq!(holidays("2026-02-29,x,holiday,x,[M]"), "line 2: date is a day such as 2026-03-20");
    assert_eq!(holidays("2026-02-28,x,feast,x,[M]"), "line 2: kind is holiday or joint-leave");
    assert!(holidays("2026-02-28,x").starts_with("this is no CSV"));
    assert_eq!(read_zones("code,hours\n13,7\n").unwrap_err().to_string(), "there is no column zone");
    let deadlines = |rows: &str| {
        read_deadlines(&format!("class,moment,amount,unit,legal_basis,mark\n{rows}\n")).unwrap_err().to_string()
    };
    assert_eq!(deadlines("any,verify,-3,wd,x,[M]"), "line 2: amount is a number of days");
    assert_eq!(deadlines("any,verify,3,weeks,x,[M]"), "line 2: unit is wd or days");
    assert_eq!(deadlines("some,verify,3,wd,x,[M]"), "line 2: class is a class of complaints, or any");
    let twice = "any,verify,3,wd,x,[M]\nany,verify,4,wd,x,[M]";
    assert_eq!(deadlines(twice), "there are two rules for any and verify: keep one");
    assert_eq!(deadlines("any,verify,1001,wd,x,[M]"), "a deadline has at most 1000 days, not 1001");
}

/// Idulfitri of both years, the end of the year, weekends, joint leave, the leap day: from whichever zone, at noon.
#[test]
fn deadline_differs_from_what_others_reckon() {
    let rows = expected();
    assert!(rows.len() > 200, "{}", rows.len());
    for (unit, start, amount, due) in rows {
        let due = Date::parse(&due).unwrap();
        let days = if unit == "wd" { CountedDays::Working } else { CountedDays::All };
        for zone in Zone::ALL {
            let noon = zone.start_of(start).plus_seconds(43_200);
            let reckoned = rule(amount, days).due(noon, zone, &[], calendar());
            let end = zone.start_of(due.plus(1));
            assert_eq!(reckoned, Due::By { last_day: due, end, provisional: false }, "{start} + {amount} {unit}");
        }
        if days == CountedDays::Working {
            assert_eq!(calendar().working_days_between(start, due).value, u32::from(amount));
        }
    }
}

#[test]
fn year_that_nobody_knows_is_reckoned_as_if_known() {
    let monday = Zone::Wib.start_of(Date::parse("2028-02-28").unwrap());
    let due = rule(3, CountedDays::Working).due(monday, Zone::Wib, &[], calendar());
    let Due::By { last_day, provisional, .. } = due else { panic!("{due:?}") };
    assert_eq!((last_day.to_string(), provisional), ("2028-03-02".to_owned(), true));
    let due = rule(3, CountedDays::All).due(monday, Zone::Wib, &[], calendar());
    let Due::By { last_day, provisional, .. } = due else { panic!("{due:?}") };
    assert_eq!((last_day.to_string(), provisional), ("2028-03-02".to_owned(), false));
}

#[test]
fn regulation_of_an_operator_is_ignored_or_half_read() {
    let folder = tempfile::tempdir().unwrap();
    let rule = || from_folder(folder.path(), Starts::Receipt).map(|table| table.rules.all().to_vec());
    assert_eq!(rule().unwrap(), deadlines().all(), "what is not there is as compiled in");
    let file = folder.path().join("deadlines.csv");
    std::fs::write(&file, "class,moment,amount,unit,legal_basis,mark\nany,verify,7,wd,Perda 1/2027,[C]\n").unwrap();
    assert_eq!(rule().unwrap().len(), 1);
    assert_eq!(rule().unwrap()[0].amount, 7);
    std::fs::write(&file, "class,moment,amount,unit,legal_basis,mark\nany,verify,seven,wd,x,[C]\n").unwrap();
    assert!(rule().unwrap_err().to_string().starts_with("deadlines.csv in the folder of regulations: "));
    assert!(from_folder(&folder.path().join("none"), Starts::Receipt).is_err());
}

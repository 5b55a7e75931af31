//! Units at the desk: declarations, mergers, who may, and what a refusal proposes.

use super::bench::{Bench, dispose, new_complaint, node, unit};
use crate::accounts::Person;
use crate::desk::units::{Fields, Form, KnownUnit, Read, UNITS_MAX, read};
use crate::desk::{Action, Actor, ComplaintName, DeskError, Holder, NewComplaint};
use crate::domain::{AccountRole, Change, Listing, Pseudonym, Reason, Verdict};
use crate::store::Changes;
use crate::words::Language;

fn csv(text: &str) -> Read {
    read(text.as_bytes(), Form::Csv)
}

async fn declared(bench: &Bench) -> Vec<Change> {
    bench.desk.outlook().await.unwrap().declared.into_iter().map(|event| event.header.change).collect()
}

/// As the hub would answer: each declaration is applied and published.
async fn publish(bench: &mut Bench) {
    for event in bench.desk.outlook().await.unwrap().declared {
        let declared = Some(event.hash);
        #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is declared")]
        let change = match event.header.change {
            Change::UnitDeclared(listing) => Change::UnitListed { listing, declared },
            Change::UnitRetired { unit, into } => Change::UnitClosed { unit, into, declared },
            other => panic!("{other:?}"),
        };
        bench.registry(change).await;
        let verdicts = vec![(event.hash, Verdict::Applied)];
        bench.apply(Changes { verdicts, ..Changes::default() }).await;
    }
}

#[tokio::test]
async fn wrong_line_changes_something() {
    let mut bench = Bench::padang().await;
    let file =
        "code,name,categories\n13.71.pasar,Dinas Perdagangan,pasar\n13.dinkes,x,\n13.71.dlh,DLH,smapah\nkl.pu.x,y,\n";
    let wrong = bench.desk.import_units(csv(file)).await.unwrap().unwrap_err();
    assert_eq!(wrong.iter().map(|wrong| wrong.line).collect::<Vec<_>>(), [3, 4, 5], "{wrong:?}");
    assert!(declared(&bench).await.is_empty());
    let file = "code,name,categories\n13.71.pasar,Dinas Perdagangan,pasar\n13.71.dlh,13.71.dlh,\n13.71.dpupr,DPUPR,jalan-rusak\n";
    let done = bench.desk.import_units(csv(file)).await.unwrap().unwrap();
    assert_eq!((done.added, done.changed, done.unchanged), (1, 1, 1));
    assert_eq!(declared(&bench).await.len(), 2);
    let again = bench.desk.import_units(csv(file)).await.unwrap().unwrap();
    assert_eq!((again.added, again.changed, again.unchanged), (0, 0, 3), "before the hub has answered, too");
    publish(&mut bench).await;
    assert!(declared(&bench).await.is_empty());
    let again = bench.desk.import_units(csv(file)).await.unwrap().unwrap();
    assert_eq!(again.unchanged, 3);
    let many = (0..=UNITS_MAX).fold(String::new(), |text, n| text + &format!("13.71.u{n},x\n"));
    let wrong = bench.desk.import_units(csv(&format!("code,name\n{many}"))).await.unwrap().unwrap_err();
    assert_eq!(wrong[0].line, 2002);
}

#[tokio::test]
async fn unit_that_waits_for_the_hub_is_taken_for_one_that_everybody_knows() {
    let mut bench = Bench::padang().await;
    let complaint = bench.file().await;
    let fields = Fields { code: "13.71.pasar", name: "Pasar", categories: "pasar", ..Fields::default() };
    assert!(bench.desk.add_unit(fields).await.unwrap().changed);
    assert!(matches!(bench.desk.add_unit(fields).await, Err(DeskError::UnitExists(_))));
    let waiting = |units: Vec<KnownUnit>| units.into_iter().find(|one| one.listing.unit == unit("13.71.pasar"));
    assert!(waiting(bench.desk.outlook().await.unwrap().units(None)).unwrap().waiting);
    let pasar = || dispose("13.71.pasar");
    assert!(matches!(bench.act(complaint, pasar()).await, Err(DeskError::UnitWaits(_))));
    publish(&mut bench).await;
    assert!(!waiting(bench.desk.outlook().await.unwrap().units(None)).unwrap().waiting);
    assert!(bench.act(complaint, pasar()).await.is_ok());
    assert!(bench.desk.rename_unit(&unit("13.71.pasar"), "Dinas Pasar").await.unwrap().changed);
    assert!(!bench.desk.rename_unit(&unit("13.71.pasar"), "Dinas Pasar").await.unwrap().changed);
    let Change::UnitDeclared(renamed) = declared(&bench).await.remove(0) else { panic!("it is declared") };
    assert_eq!((renamed.name.as_str(), renamed.categories.len()), ("Dinas Pasar", 1));
}

#[tokio::test]
async fn merged_unit_keeps_a_complaint() {
    let mut bench = Bench::padang().await;
    let (dlh, dpupr) = (unit("13.71.dlh"), unit("13.71.dpupr"));
    let mut held = Vec::new();
    for _ in 0..3 {
        let complaint = bench.file().await;
        bench.act(complaint, dispose("13.71.dlh")).await.unwrap();
        held.push(complaint);
    }
    // One waits for its reporter, and cannot be passed on.
    bench.act(held[0], Action::Respond).await.unwrap();
    assert!(matches!(bench.desk.close_unit(&dlh).await, Err(DeskError::UnitHolds { count: 3, .. })));
    assert!(matches!(bench.desk.merge_unit(&dlh, &dlh).await, Err(DeskError::MergeSelf(_))));
    assert!(matches!(bench.desk.merge_unit(&dlh, &dpupr).await, Err(DeskError::UnitHolds { count: 1, .. })));
    assert!(declared(&bench).await.is_empty(), "it is not closed while it holds something");
    bench.act(held[0], Action::Close).await.unwrap();
    let merged = bench.desk.merge_unit(&dlh, &dpupr).await.unwrap();
    assert_eq!(merged.passed, 0);
    for complaint in &held[1..] {
        let file = bench.desk.show(&ComplaintName::Id(*complaint)).await.unwrap();
        assert_eq!(file.summary.unwrap().unit, dpupr);
    }
    let complaint = bench.file().await;
    let late = bench.act(complaint, dispose("13.71.dlh")).await;
    assert!(matches!(&late, Err(DeskError::ClosedUnit { into: Some(into), .. }) if *into == dpupr), "{late:?}");
    publish(&mut bench).await;
    assert!(bench.desk.outlook().await.unwrap().registry.unit(&dlh).unwrap().closed);
    assert!(matches!(bench.desk.close_unit(&unit("13.71")).await, Err(DeskError::OwnUnit(_))));
}

#[tokio::test]
async fn unit_admin_declares_beside_or_above() {
    let bench = Bench::padang().await;
    let may = async |role, of: &str, code: &str| {
        let holder = Holder {
            pseudonym: Pseudonym([1; 16]),
            name: "Siti".to_owned(),
            role,
            unit: unit(of),
            by_operator: false,
            person: Person::of_uid(1),
        };
        let desk = bench.desk.with_actor(Actor::Holder(Box::new(holder)));
        let fields = Fields { code, name: "X", ..Fields::default() };
        match desk.add_unit(fields).await {
            Ok(_) => true,
            Err(DeskError::OutsideUnit { .. } | DeskError::Account(_)) => false,
            Err(error) => panic!("{error}"),
        }
    };
    assert!(!may(AccountRole::UnitAdmin, "13.71.dlh", "13.71.new").await);
    assert!(!may(AccountRole::Liaison, "13.71", "13.71.new").await);
    assert!(!may(AccountRole::Auditor, "13.71", "13.71.new").await);
    assert!(may(AccountRole::UnitAdmin, "13.71.dlh", "13.71.dlh.uptd").await);
    assert!(may(AccountRole::UnitAdmin, "13.71", "13.71.new").await);
    assert!(may(AccountRole::Admin, "13.71", "13.71.other").await);
    let foreign = bench.desk.rename_unit(&unit("13"), "Ours").await;
    assert!(matches!(foreign, Err(DeskError::UnitElsewhere { home, .. }) if home == Some(node("13"))));
}

#[tokio::test]
async fn transfer_to_the_accused_is_refused_without_a_proposal() {
    let mut bench = Bench::padang().await;
    let street: Listing =
        csv("code,name,categories\n13.71.dpupr,DPUPR Padang,jalan-rusak\n").whole().unwrap().remove(0).over(None);
    bench.registry(street.listed(None)).await;
    let about = NewComplaint { about: Some(unit("kl.pu")), ..new_complaint() };
    let complaint = bench.desk.file(&about).await.unwrap().complaint;
    let to = |code: &str| Action::Transfer { to: unit(code), reason: Reason::NotMyAuthority };
    let proposes = |error: DeskError, code: &str| {
        assert_eq!(error.code(), code);
        let said = error.to_string();
        assert!(said.contains("instead: 13.71.dpupr (Damaged roads") && !said.contains('\n'), "{said}");
        let facts = error.facts();
        let lead = |name: &str| facts.iter().find(|(known, _)| *known == name).unwrap().1.clone();
        assert!(lead("lead").contains("DPUPR Padang") && lead("lead.id") != lead("lead"), "{facts:?}");
    };
    proposes(bench.act(complaint, to("kl.pu")).await.unwrap_err(), "desk.accused");
    proposes(bench.act(complaint, to("13.72")).await.unwrap_err(), "desk.closed-unit");
    proposes(bench.act(complaint, to("13.71")).await.unwrap_err(), "desk.to-self");
    let about = NewComplaint { about: Some(unit("13.71.dlh")), ..new_complaint() };
    let inside = bench.desk.file(&about).await.unwrap().complaint;
    proposes(bench.act(inside, dispose("13.71.dlh")).await.unwrap_err(), "desk.accused");
    let error = bench.act(complaint, to("13.71.dpurp")).await.unwrap_err();
    assert_eq!(error.code(), "desk.unknown-unit");
    assert!(error.to_string().contains("13.71.dpupr DPUPR Padang"), "{error}");
}

#[tokio::test]
async fn transfer_to_an_agency_elsewhere_passes_its_government_by() {
    let mut bench = Bench::padang().await;
    for (code, categories) in [("13.dlh", "sampah"), ("13.bmcktr", "jalan-rusak"), ("kl.pu", "jalan"), ("kl.pu.x", "")]
    {
        let row = format!("code,name,categories\n{code},{code},{categories}\n");
        bench.registry(csv(&row).whole().unwrap().remove(0).over(None).listed(None)).await;
    }
    let complaint = bench.file().await;
    let name = ComplaintName::Id(complaint);
    let address = async |to: Option<&str>| {
        let addressed = bench.desk.address(&name, to.map(unit), Language::English).await.unwrap();
        (addressed.unit.to_string(), addressed.reason)
    };
    let (to, reason) = address(Some("13.dlh")).await;
    assert!(to == "13" && reason.is_some_and(|reason| reason.contains("13.dlh is part of another government")));
    let (to, reason) = address(Some("kl.pu.x")).await;
    assert!(to == "kl.pu" && reason.is_some());
    // The route names this one; and whoever is asked by name is asked.
    for code in ["13.bmcktr", "13", "kl.pu", "13.71.dlh", "13.72", "99.nobody"] {
        assert_eq!(address(Some(code)).await, (code.to_owned(), None), "{code}");
    }
    let (to, reason) = address(None).await;
    assert!(to == "13.bmcktr" && reason.is_some_and(|reason| reason.contains("Damaged roads")));
}

//! Units that nodes declare: published to everybody if they are the node's own, told back and kept from everybody if not.

use lintas::desk::units::{Fields, Form, read};
use lintas::domain::event::PublicName;
use lintas::domain::{Change, Header, Inadmissibility as Why, Listing, NodeId, Registry, Verdict};
use lintas::store::Store as _;

use super::bench::{Bench, node, unit};
use super::run;

fn declared(code: &str) -> Change {
    Change::UnitDeclared(Box::new(Listing::named(unit(code), PublicName::parse("Dinas").unwrap())))
}

async fn known(bench: &Bench, code: &str) -> Registry {
    (*bench.at(code).desk.registry().await.unwrap()).clone()
}

/// A header beside all complaints.
async fn beside(bench: &Bench, author: &str, change: Change) -> Header {
    let id = bench.file(author).await;
    let header = bench.at(author).header(id, change, bench).await;
    Header { complaint: None, prev: None, opener: None, seen: None, ..header }
}

#[test]
fn declared_unit_is_unknown_elsewhere() {
    run(async {
        let mut bench = Bench::new().await;
        let fields = Fields { code: "13.71.pasar", name: "Dinas Pasar", categories: "pasar", ..Fields::default() };
        bench.at("13.71").desk.add_unit(fields).await.unwrap();
        // In one batch with what follows from it: the hub judges by what it has just published.
        bench.at("13.71").desk.rename_unit(&unit("13.71.pasar"), "Dinas Perdagangan").await.unwrap();
        bench.at("13.71").desk.close_unit(&unit("13.71.pasar")).await.unwrap();
        bench.at("13.71").desk.add_unit(fields).await.unwrap();
        let file = read(b"code,name\n13.71.pasar,Pasar Raya\n", Form::Csv);
        bench.at("13.71").desk.import_units(file).await.unwrap().unwrap();
        bench.settle().await;
        for at in ["id", "13", "13.71", "13.72"] {
            let registry = known(&bench, at).await;
            let entry = registry.unit(&unit("13.71.pasar")).unwrap();
            assert_eq!(
                (entry.listing.name.as_str(), entry.listing.categories.len(), entry.closed),
                ("Pasar Raya", 1, false),
                "{at}"
            );
            assert!(entry.declared.is_some());
        }
        let outlook = bench.at("13.71").desk.outlook().await.unwrap();
        assert!(outlook.declared.is_empty(), "the hub has judged all of them");
    });
}

#[test]
fn city_declares_a_unit_of_the_province_at_the_hub() {
    run(async {
        let mut bench = Bench::new().await;
        for (change, why) in [
            (declared("13.dinkes"), Why::TargetNotAtHome),
            (declared("13.72"), Why::TargetNotAtHome),
            (Change::UnitRetired { unit: unit("13.71"), into: None }, Why::OwnUnit),
            (Change::UnitRetired { unit: unit("13.71.nowhere"), into: None }, Why::UnknownReference),
        ] {
            let header = beside(&bench, "13.71", change.clone()).await;
            let before = bench.store.registry().await.unwrap().len();
            let hash = bench.at("13.71").write(header, Vec::new()).await;
            bench.settle().await;
            assert_eq!(bench.store.registry().await.unwrap().len(), before, "{change:?}");
            let rows =
                bench.at("13.71").store.journal(node("13.71"), lintas::domain::Position::ZERO, 999).await.unwrap();
            let told = rows.iter().find(|row| row.hash == hash).unwrap().verdict;
            assert_eq!(told, Verdict::Inadmissible(why), "{change:?}");
        }
    });
}

#[test]
fn same_declaration_fills_every_nodes_registry() {
    run(async {
        let mut bench = Bench::new().await;
        for _ in 0..3 {
            let header = beside(&bench, "13.71", declared("13.71.pasar")).await;
            bench.at("13.71").write(header, Vec::new()).await;
        }
        bench.settle().await;
        let listed = bench.store.registry().await.unwrap();
        let said = |change: &Change| matches!(change, Change::UnitListed { declared: Some(_), .. });
        assert_eq!(listed.iter().filter(|event| said(&event.header.change)).count(), 1);
        assert!(listed.iter().all(|event| event.header.node == NodeId::Hub));
    });
}

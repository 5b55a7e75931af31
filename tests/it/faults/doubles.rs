//! Complaints that are doubles of others: who learns what of the other one, and what nobody is to call a double.

use lintas::desk::{Action, ComplaintName, NewComplaint, Reporter};
use lintas::domain::event::Category;
use lintas::domain::{
    Change, Channel, Class, ComplaintId, DisplayState, Inadmissibility as Why, NodeId, Verdict, Visibility, fold,
};
use lintas::store::Store;

use super::bench::{Bench, node, unit};
use super::run;

fn new() -> NewComplaint {
    NewComplaint {
        unit: None,
        class: Class::Complaint,
        channel: Channel::Counter,
        visibility: Visibility::Open,
        category: Category::parse("jalan-rusak").unwrap(),
        on_behalf: false,
        about: None,
        area: None,
        narrative: "Lampu jalan mati.".to_owned(),
        reporter: None,
    }
}

async fn about(bench: &Bench, code: &str, body: &str) -> ComplaintId {
    let new = NewComplaint { about: Some(unit(body)), ..new() };
    bench.at(code).desk.file(&new).await.unwrap().complaint
}

async fn named(bench: &Bench, code: &str) -> ComplaintId {
    let reporter = Reporter { name: "Budi".to_owned(), ..Reporter::default() };
    let new = NewComplaint { reporter: Some(reporter), ..new() };
    bench.at(code).desk.file(&new).await.unwrap().complaint
}

async fn double(bench: &mut Bench, code: &str, id: ComplaintId, of: ComplaintId) -> lintas::domain::EventHash {
    let event = bench.act(code, id, Action::Double { of: ComplaintName::Id(of) }).await;
    bench.settle().await;
    event
}

async fn joined(bench: &Bench, main: ComplaintId) -> Vec<NodeId> {
    let file = bench.store.file(main).await.unwrap().unwrap();
    let by_hub = file.events.iter().filter(|filed| filed.event.header.node.is_hub());
    let joined = by_hub.filter_map(|filed| {
        if let Change::Joined { node, .. } = &filed.event.header.change { Some(node.clone()) } else { None }
    });
    joined.collect()
}

async fn knows(bench: &Bench, code: &str, id: ComplaintId) -> bool {
    bench.at(code).store.file(id).await.unwrap().is_some()
}

#[test]
fn reporter_of_a_double_never_hears_the_answer() {
    run(async {
        let mut bench = Bench::new().await;
        let main = bench.moved("13", "kl.pu").await;
        let id = bench.file("13.71").await;
        double(&mut bench, "13.71", id, main).await;
        assert_eq!(joined(&bench, main).await, [node("13.71")]);
        bench.act("kl.pu", main, Action::Accept).await;
        bench.act("kl.pu", main, Action::Respond).await;
        bench.settle().await;
        let (here, there) = (bench.at("13.71").events(main).await, bench.at("kl.pu").events(main).await);
        assert_eq!(here.len(), there.len(), "the double's node lacks what was before, or what came after");
        assert_eq!(fold(&here).unwrap().display(), DisplayState::Awaiting);
        assert_eq!(fold(&bench.at("13.71").events(id).await).unwrap().display(), DisplayState::Archived);
        // A second time nobody needs to be let in.
        let again = bench.file("13.71").await;
        double(&mut bench, "13.71", again, main).await;
        assert_eq!(joined(&bench, main).await, [node("13.71")]);
    });
}

#[test]
fn double_opens_a_confidential_complaint_to_another_node() {
    run(async {
        let mut bench = Bench::new().await;
        let main = bench.file_as("13", Visibility::Confidential).await;
        bench.settle().await;
        let id = bench.file("13.71").await;
        let event = double(&mut bench, "13.71", id, main).await;
        assert_eq!(bench.verdict("13.71", event).await, Some(Verdict::Applied), "it is a double all the same");
        assert!(joined(&bench, main).await.is_empty());
        assert!(!knows(&bench, "13.71", main).await);
        // Nor does a confidential one tell others of itself.
        let (main, id) = (bench.file("13").await, bench.file_as("13.71", Visibility::Confidential).await);
        bench.settle().await;
        double(&mut bench, "13.71", id, main).await;
        assert!(joined(&bench, main).await.is_empty());
    });
}

#[test]
fn double_shows_a_government_who_complains_of_it() {
    run(async {
        let mut bench = Bench::new().await;
        for body in ["13.71", "13.71.dlh", "13"] {
            let main = about(&bench, "13.72", body).await;
            bench.settle().await;
            let id = bench.file("13.71").await;
            double(&mut bench, "13.71", id, main).await;
            assert!(!knows(&bench, "13.71", main).await, "13.71 learns of a complaint about {body}");
        }
        // Nor does whoever is complained of hear, by its own complaint, that there is one.
        let main = bench.file("13.71").await;
        bench.settle().await;
        let id = about(&bench, "13.72", "13.71.dlh").await;
        double(&mut bench, "13.72", id, main).await;
        assert!(joined(&bench, main).await.is_empty());
        assert!(!knows(&bench, "13.72", main).await);
    });
}

#[test]
fn sealed_content_of_the_main_complaint_opens_to_who_joins() {
    run(async {
        let mut bench = Bench::new().await;
        let main = named(&bench, "13").await;
        bench.settle().await;
        let id = bench.file("kl.pu").await;
        double(&mut bench, "kl.pu", id, main).await;
        let file = bench.at("kl.pu").desk.show(&ComplaintName::Id(main)).await.unwrap();
        let identity = |filed: &lintas::store::FiledEvent| {
            filed.parts.iter().any(|part| part.kind == lintas::domain::PartKind::Identity && part.content().is_some())
        };
        assert!(!file.events.is_empty() && !file.events.iter().any(identity), "who the reporter is opens to others");
    });
}

#[test]
fn double_of_nothing_or_of_a_double_is_put_away() {
    run(async {
        let mut bench = Bench::new().await;
        let unknown = bench.file("13.71").await;
        let event = double(&mut bench, "13.71", unknown, ComplaintId([0xee; 16])).await;
        assert_eq!(bench.verdict("13.71", event).await, Some(Verdict::Inadmissible(Why::UnknownMain)));
        let state = fold(&bench.at("13.71").events(unknown).await).unwrap().display();
        assert_eq!(state, DisplayState::New, "it is work again");

        // Two nodes, each of which takes the other's for the main one.
        let (one, other) = (bench.file("13.71").await, bench.file("13.72").await);
        bench.settle().await;
        let first = double(&mut bench, "13.71", one, other).await;
        let second = double(&mut bench, "13.72", other, one).await;
        assert_eq!(bench.verdict("13.71", first).await, Some(Verdict::Applied));
        assert_eq!(bench.verdict("13.72", second).await, Some(Verdict::Inadmissible(Why::DoubleOfDouble)));
    });
}

#[test]
fn two_doubles_of_each_other_in_one_batch_both_count() {
    run(async {
        let mut bench = Bench::new().await;
        bench.cut("13.71");
        let (one, other) = (bench.file("13.71").await, bench.file("13.71").await);
        bench.settle().await;
        bench.act("13.71", one, Action::Double { of: ComplaintName::Id(other) }).await;
        // The desk itself refuses; a node that goes its own way does not.
        let refused = Action::Double { of: ComplaintName::Id(one) };
        let name = ComplaintName::Id(other);
        let error = bench.at("13.71").desk.act(&name, None, &refused, "").await.unwrap_err();
        assert_eq!(error.code(), "desk.double-of-double");
        let header = bench.at("13.71").header(other, Change::Doubled { of: one }, &bench).await;
        let second = bench.at("13.71").write(header, Vec::new()).await;
        bench.connect("13.71").await;
        bench.settle().await;
        assert_eq!(bench.verdict("13.71", second).await, Some(Verdict::Inadmissible(Why::DoubleOfDouble)));
    });
}

#[test]
fn doubles_of_what_becomes_a_double_are_forgotten() {
    run(async {
        let mut bench = Bench::new().await;
        let (low, middle, top) = (bench.file("13.71").await, bench.file("13").await, bench.file("kl.pu").await);
        bench.settle().await;
        double(&mut bench, "13.71", low, middle).await;
        double(&mut bench, "13", middle, top).await;
        assert_eq!(joined(&bench, top).await, [node("13"), node("13.71")]);
        assert!(knows(&bench, "13.71", top).await);
    });
}

#[test]
fn node_lets_itself_take_part() {
    run(async {
        let mut bench = Bench::new().await;
        let main = bench.file("13").await;
        bench.settle().await;
        let id = bench.file("13.71").await;
        let header = bench.at("13.71").header(id, Change::Joined { node: node("13.71"), double: id }, &bench).await;
        let header = lintas::domain::Header { complaint: Some(main), prev: None, ..header };
        let at = header.position;
        bench.at("13.71").write(header, Vec::new()).await;
        bench.settle().await;
        assert_eq!(bench.at("13.71").shown(at).await, Some(Verdict::Inadmissible(Why::HubOnly)));
        assert!(joined(&bench, main).await.is_empty());
        assert!(!bench.store.file(main).await.unwrap().unwrap().summary.unwrap().participants.contains(&node("13.71")));
    });
}

//! Putting a category right, linking, doubling, and what a reporter may still say: at the desk.

use super::bench::{Bench, dispose, new_complaint, transfer, unit};
use crate::desk::story::{How, Reader, Story, render};
use crate::desk::{Action, ComplaintName, DeskError};
use crate::domain::event::Category;
use crate::domain::{Cause, Class, ComplaintId, DisplayState, Reason, fold};
use crate::store::{ListFilter, Store};
use crate::words::Language;

fn name(id: ComplaintId) -> ComplaintName {
    ComplaintName::Id(id)
}

fn recategorise(code: &str, class: Class) -> Action {
    Action::Recategorise { category: Category::parse(code).unwrap(), class }
}

async fn told(bench: &Bench, id: ComplaintId) -> String {
    let file = bench.desk.show(&name(id)).await.unwrap();
    let links = bench.desk.linked(&file).await.unwrap();
    let registry = bench.desk.registry().await.unwrap();
    let story = Story::of(&file, &registry, crate::regulations::compiled(), Language::English, Reader::Handler)
        .with_links(&links, &registry);
    render(&story, 200, false)
}

async fn ways(bench: &Bench, id: ComplaintId) -> Vec<(ComplaintId, How)> {
    let file = bench.desk.show(&name(id)).await.unwrap();
    bench.desk.linked(&file).await.unwrap().into_iter().map(|linked| (linked.id, linked.how)).collect()
}

#[tokio::test]
async fn old_category_goes_on_deciding_after_it_was_put_right() {
    let bench = Bench::padang().await;
    let id = bench.file().await;
    let before = bench.desk.route(&name(id)).await.unwrap();
    bench.must(id, [recategorise("air-tagihan", Class::Information)]).await;
    let list = bench.store.list(ListFilter::default()).await.unwrap();
    assert_eq!((list[0].category.as_str(), list[0].class), ("air-tagihan", Class::Information));
    let after = bench.desk.route(&name(id)).await.unwrap();
    assert_ne!(before.case.category, after.case.category);
    let shown = told(&bench, id).await;
    assert!(shown.contains("request for information") && shown.contains("put right what it is about"), "{shown}");
}

#[tokio::test]
async fn deadline_of_the_old_class_runs_on() {
    let bench = Bench::padang().await;
    let id = bench.file().await;
    bench.must(id, [Action::Verify, Action::FollowUp]).await;
    let due = async || {
        let (file, registry) = (bench.desk.show(&name(id)).await.unwrap(), bench.desk.registry().await.unwrap());
        Story::of(&file, &registry, crate::regulations::compiled(), Language::English, Reader::Handler)
            .now
            .unwrap()
            .due
            .unwrap()
            .last_day
    };
    let before = due().await;
    bench.must(id, [recategorise("jalan-rusak", Class::Information)]).await;
    assert!(due().await < before, "an information request is due earlier");
}

#[tokio::test]
async fn link_is_seen_from_one_side_only() {
    let bench = Bench::padang().await;
    let (one, other, main) = (bench.file().await, bench.file().await, bench.file().await);
    bench.must(one, [Action::Relate { to: name(other) }]).await;
    assert_eq!(ways(&bench, one).await, [(other, How::Related)]);
    assert_eq!(ways(&bench, other).await, [(one, How::Related)]);
    bench.must(one, [Action::Double { of: name(main) }]).await;
    assert_eq!(ways(&bench, one).await, [(main, How::Main), (other, How::Related)]);
    assert_eq!(ways(&bench, main).await, [(one, How::Double)]);
    bench.must(main, [dispose("13.71.dlh")]).await;
    assert!(told(&bench, one).await.contains("which is answered for both: disposed"), "{}", told(&bench, one).await);
    bench.must(one, [Action::Reopen, Action::Unlink { from: name(other) }]).await;
    assert!(ways(&bench, one).await.is_empty() && ways(&bench, main).await.is_empty());
}

#[tokio::test]
async fn complaint_of_another_node_cannot_be_named_or_is_made_up() {
    let bench = Bench::padang().await;
    let id = bench.file().await;
    let elsewhere = ComplaintId([0xee; 16]);
    bench.must(id, [Action::Relate { to: name(elsewhere) }]).await;
    assert!(told(&bench, id).await.contains(&format!("Has to do with complaint {elsewhere}, elsewhere")));
    let part = ComplaintName::parse("eeeeee").unwrap();
    let error = bench.act(id, Action::Relate { to: part }).await.unwrap_err();
    assert!(matches!(error, DeskError::UnknownComplaint), "a part of an id is looked for here");
    let error = bench.act(id, Action::Relate { to: name(id) }).await.unwrap_err();
    assert_eq!(error.code(), "desk.itself");
    let error = bench.act(id, Action::Unlink { from: name(ComplaintId([9; 16])) }).await.unwrap_err();
    assert_eq!(error.code(), "desk.not-linked");
}

#[tokio::test]
async fn double_of_a_double_is_found_out_by_the_hub_only() {
    let bench = Bench::padang().await;
    let (one, two, three) = (bench.file().await, bench.file().await, bench.file().await);
    bench.must(two, [Action::Double { of: name(three) }]).await;
    let error = bench.act(one, Action::Double { of: name(two) }).await.unwrap_err();
    assert_eq!(error.code(), "desk.double-of-double");
    assert!(error.to_string().contains(&three.to_string()), "it names the one that is meant");
}

#[tokio::test]
async fn withdrawn_complaint_looks_like_any_other() {
    let bench = Bench::padang().await;
    let id = bench.file().await;
    bench.must(id, [Action::Withdraw]).await;
    let shown = told(&bench, id).await;
    assert!(shown.contains("has withdrawn it") && shown.contains("Awaited: that it is archived"), "{shown}");
    assert!(bench.store.list(ListFilter::default()).await.unwrap()[0].withdrew);
    for action in [Action::Reply, Action::Withdraw] {
        assert_eq!(bench.act(id, action).await.unwrap_err().code(), "desk.withdrawn");
    }
    bench.must(id, [Action::Archive { reason: Reason::Withdrawn }]).await;
    assert_eq!(bench.act(id, Action::Appeal).await.unwrap_err().code(), "desk.withdrawn");
    assert!(told(&bench, id).await.contains("Awaited: nothing"));
}

#[tokio::test]
async fn answered_complaint_is_withdrawn_or_a_closed_one_replied_to() {
    let bench = Bench::padang().await;
    let id = bench.file().await;
    bench.must(id, [Action::Respond]).await;
    assert_eq!(bench.act(id, Action::Withdraw).await.unwrap_err().code(), "desk.answered");
    assert_eq!(bench.act(id, Action::Appeal).await.unwrap_err().code(), "desk.not-closed");
    bench.must(id, [Action::Close]).await;
    let error = bench.act(id, Action::Reply).await.unwrap_err();
    assert_eq!(error.code(), "desk.ended");
    assert!(error.to_string().contains("appeal, or file again"), "{error}");
    bench.must(id, [Action::Confirm, Action::Rate { stars: 2 }, Action::Appeal]).await;
    assert_eq!(bench.act(id, Action::Appeal).await.unwrap_err().code(), "desk.appealed");
    assert!(told(&bench, id).await.contains("The reporter has appealed"));
}

#[tokio::test]
async fn words_of_a_rating_or_an_appeal_stand_in_the_header() {
    let bench = Bench::padang().await;
    let id = bench.file().await;
    bench.must(id, [Action::Respond, Action::Close]).await;
    for (action, words) in [(Action::Rate { stars: 1 }, "Lama sekali."), (Action::Appeal, "Belum diperbaiki.")] {
        bench.desk.act(&name(id), None, &action, words).await.unwrap();
        assert!(told(&bench, id).await.contains(words));
    }
    let file = bench.desk.show(&name(id)).await.unwrap();
    for filed in file.events.iter().rev().take(2) {
        let bytes = crate::journal::header::encode(&filed.event.header);
        let words = ["Lama", "Belum"];
        assert!(words.iter().all(|word| !String::from_utf8_lossy(&bytes).contains(word)));
        assert_eq!(filed.parts.len(), 1);
    }
}

#[tokio::test]
async fn reporter_of_a_complaint_that_went_away_is_silenced_by_the_appeal() {
    let mut bench = Bench::padang().await;
    let id = bench.file().await;
    bench.must(id, [transfer("13")]).await;
    bench.move_to(id, "13", "13", Cause::Transfer).await;
    bench.must(id, [Action::Reply]).await;
    bench.move_to(id, "id", "id", Cause::Appeal).await;
    let complaint = fold(&bench.events(id).await).unwrap();
    assert_eq!((complaint.unit(), complaint.display()), (&unit("id"), DisplayState::Received));
    bench.must(id, [Action::Reply]).await;
}

#[tokio::test]
async fn filing_stays_what_it_was() {
    let bench = Bench::padang().await;
    let mut new = new_complaint();
    new.category = Category::parse("lainnya").unwrap();
    let id = bench.desk.file(&new).await.unwrap().complaint;
    bench.must(id, [recategorise("jalan-rusak", Class::Complaint)]).await;
    let complaint = fold(&bench.events(id).await).unwrap();
    assert_eq!(complaint.filing.category.as_str(), "lainnya");
    assert_eq!(complaint.category.as_str(), "jalan-rusak");
}

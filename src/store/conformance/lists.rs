//! Lists, look-ups and files as people and the hub ask for them.

use std::collections::BTreeSet;

use super::Bench;
use super::sample::{Author, at, complaint, filed, node, part, put, summary, unit};
use crate::domain::{
    Change, ComplaintId, DisplayState, EventHash, Moment, Position, Timestamp, TrackingNumber, Verdict,
};
use crate::store::{Changes, DueFilter, FiledEvent, ListFilter, Scope, Store, Summary};

fn ids(summaries: &[Summary]) -> Vec<ComplaintId> {
    summaries.iter().map(|summary| summary.id).collect()
}

async fn put_all<S: Store>(store: &S, summaries: Vec<Summary>) {
    put(store, Changes { summaries, ..Changes::default() }).await.unwrap();
}

pub(super) async fn unit_is_compared_as_text<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let codes = ["13", "13.71", "13.71.dlh", "13.71.01", "13.72", "kl.pu", "kl.pu.bpjn-sumbar", "kl.pupr", "id"];
    let summaries = codes.iter().zip(0..).map(|(code, number)| Summary { unit: unit(code), ..summary(number) });
    put_all(&store, summaries.collect()).await;
    for (code, wanted) in [
        ("13", vec!["13.72", "13.71.01", "13.71.dlh", "13.71", "13"]),
        ("13.71", vec!["13.71.01", "13.71.dlh", "13.71"]),
        ("13.71.dlh", vec!["13.71.dlh"]),
        ("kl.pu", vec!["kl.pu.bpjn-sumbar", "kl.pu"]),
        ("14", vec![]),
        ("id", vec!["id", "kl.pupr", "kl.pu.bpjn-sumbar", "kl.pu", "13.72", "13.71.01", "13.71.dlh", "13.71", "13"]),
    ] {
        let filter = ListFilter { unit: Some(unit(code)), ..ListFilter::default() };
        let found = store.list(filter).await.unwrap();
        assert_eq!(found.iter().map(|summary| summary.unit.as_str()).collect::<Vec<_>>(), wanted, "{code}");
    }
}

pub(super) async fn list_ignores_a_filter<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let summaries = vec![
        Summary { updated_at: Timestamp(5), ..summary(1) },
        Summary { updated_at: Timestamp(9), node: node("13"), unit: unit("13"), ..summary(2) },
        Summary {
            updated_at: Timestamp(5),
            state: DisplayState::Closed,
            imported: true,
            links: vec![complaint(1), complaint(9)],
            ..summary(3)
        },
        Summary { updated_at: Timestamp(-7), origin: node("14"), late: 2, held: true, ..summary(4) },
        Summary {
            updated_at: Timestamp(6),
            state: DisplayState::Returned,
            pending: Some(EventHash([1; 32])),
            withdrew: true,
            ..summary(5)
        },
    ];
    put_all(&store, summaries.clone()).await;
    let all = store.list(ListFilter::default()).await.unwrap();
    assert_eq!(ids(&all), [2, 5, 1, 3, 4].map(complaint));
    for wanted in &summaries {
        assert!(all.contains(wanted), "{wanted:?}");
    }
    let list = async |filter| ids(&store.list(filter).await.unwrap());
    let default = ListFilter::default;
    assert_eq!(list(ListFilter { limit: 2, ..default() }).await, [2, 5].map(complaint));
    assert_eq!(list(ListFilter { imported: true, ..default() }).await, [complaint(3)]);
    assert_eq!(list(ListFilter { node: Some(node("13")), ..default() }).await, [complaint(2)]);
    assert_eq!(list(ListFilter { origin: Some(node("14")), ..default() }).await, [complaint(4)]);
    assert_eq!(list(ListFilter { late: true, ..default() }).await, [complaint(4)]);
    assert_eq!(list(ListFilter { linked: Some(complaint(1)), ..default() }).await, [complaint(3)]);
    assert_eq!(list(ListFilter { linked: Some(complaint(3)), ..default() }).await, []);
    let states = vec![DisplayState::Closed, DisplayState::Returned];
    assert_eq!(list(ListFilter { states: states.clone(), ..default() }).await, [5, 3].map(complaint));
    let narrow = ListFilter { states, unit: Some(unit("13.71")), node: Some(node("13")), ..default() };
    assert_eq!(list(narrow).await, []);
    put_all(&store, vec![Summary { links: vec![complaint(9)], withdrew: true, ..summary(3) }]).await;
    assert_eq!(list(ListFilter { linked: Some(complaint(1)), ..default() }).await, []);
    assert_eq!(list(ListFilter { linked: Some(complaint(9)), ..default() }).await, [complaint(3)]);
    assert!(store.file(complaint(3)).await.unwrap().unwrap().summary.unwrap().withdrew);
}

pub(super) async fn passed_deadline_is_not_found_or_found_too_early<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let due = |number, time, moment| Summary { due: Some(Timestamp(time)), due_for: Some(moment), ..summary(number) };
    let told = |summary: Summary| Summary { overdue: true, ..summary };
    let summaries = vec![
        due(1, 50, Moment::Verify),
        due(2, 10, Moment::Response),
        told(due(3, 20, Moment::Response)),
        Summary { state: DisplayState::Received, ..told(due(4, 30, Moment::Verify)) },
        Summary { node: node("13"), ..due(5, 10, Moment::ReporterWindow) },
        summary(6),
        due(7, 51, Moment::Verify),
    ];
    put_all(&store, summaries.clone()).await;
    let filter = DueFilter { before: Timestamp(50), node: None, moments: vec![], told: true, after: None, limit: 9 };
    let found = async |filter: &DueFilter| store.due(filter.clone()).await.unwrap();
    let all = found(&filter).await;
    assert_eq!(ids(&all), [2, 5, 3, 4, 1].map(complaint));
    assert!(all.iter().all(|found| summaries.contains(found)));
    assert_eq!(ids(&found(&DueFilter { told: false, ..filter.clone() }).await), [2, 5, 4, 1].map(complaint));
    let narrow = DueFilter { node: Some(node("13.71")), moments: vec![Moment::Verify], ..filter.clone() };
    assert_eq!(ids(&found(&narrow).await), [4, 1].map(complaint));
    let page = DueFilter { after: Some((Timestamp(10), complaint(2))), limit: 2, ..filter };
    assert_eq!(ids(&found(&page).await), [5, 3].map(complaint));
    // What was acted on is due no more.
    put_all(&store, vec![summary(2), due(5, 99, Moment::Verify)]).await;
    assert_eq!(ids(&found(&DueFilter { after: None, ..page }).await), [3, 4].map(complaint));
}

pub(super) async fn page_skips_or_repeats_a_complaint<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let at = |number, time| Summary { filed_at: Timestamp(time), imported: number != 4, ..summary(number) };
    put_all(&store, vec![at(5, 7), at(1, 9), at(3, 7), at(4, -2), at(2, 7)]).await;
    let wanted = [(4, -2), (2, 7), (3, 7), (5, 7), (1, 9)].map(|(number, time)| (complaint(number), Timestamp(time)));
    for size in 1..=6 {
        let (mut after, mut found) = (None, Vec::new());
        loop {
            let page = store.filed(ListFilter { limit: size, ..ListFilter::default() }, after).await.unwrap();
            assert!(page.len() <= size);
            let Some(last) = page.last() else { break };
            after = Some((last.filed_at, last.id));
            found.extend(page.iter().map(|summary| (summary.id, summary.filed_at)));
        }
        assert_eq!(found, wanted, "pages of {size}");
    }
    let imported = ListFilter { imported: true, limit: 2, ..ListFilter::default() };
    let page = store.filed(imported, Some((Timestamp(-9), complaint(9)))).await.unwrap();
    assert_eq!(ids(&page), [2, 3].map(complaint));
}

pub(super) async fn tracking_number_or_prefix_leads_nowhere<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let named = |hex: &str, tracking| Summary {
        id: ComplaintId::parse(&format!("{hex:0<32}")).unwrap(),
        tracking: TrackingNumber::from_random(tracking),
        ..summary(0)
    };
    let most = u64::MAX;
    let summaries = vec![named("ab5f", 9), named("ab51", most), named("ab60", 9), named("ff", 0)];
    put_all(&store, summaries.clone()).await;
    let found = async |tracking| store.find(TrackingNumber::from_random(tracking)).await.unwrap();
    // Should two have the same number, the one known longer is meant, even after it changed.
    put_all(&store, summaries[..1].to_vec()).await;
    assert_eq!(found(9).await, Some(summaries[0].id));
    assert_eq!(found(most).await, Some(summaries[1].id));
    assert_eq!(found(0).await, Some(summaries[3].id));
    assert_eq!(found(1).await, None);
    let prefix = async |hex, limit| store.find_prefix(hex, limit).await.unwrap();
    assert_eq!(prefix("ab5", 9).await, [summaries[1].id, summaries[0].id]);
    assert_eq!(prefix("AB5F", 9).await, [summaries[0].id]);
    assert_eq!(prefix("ab", 2).await, [summaries[1].id, summaries[0].id]);
    assert_eq!(prefix("f", 9).await, [summaries[3].id]);
    assert_eq!(prefix("", 9).await.len(), 4);
    let whole = summaries[2].id.to_string();
    assert_eq!(prefix(&whole, 9).await, [summaries[2].id]);
    for wrong in ["ab52", "xyz", "%", "ab5f-", &format!("{whole}0"), "é"] {
        assert_eq!(prefix(wrong, 9).await, [], "{wrong}");
    }
}

pub(super) async fn pending_proposal_is_forgotten<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let pending = Some(EventHash([1; 32]));
    let waits = |number| Summary { pending, ..summary(number) };
    put_all(&store, vec![waits(3), waits(1), summary(2), Summary { node: node("13"), ..waits(4) }]).await;
    assert_eq!(store.unordered(node("13.71"), 9).await.unwrap(), [1, 3].map(complaint));
    assert_eq!(store.unordered(node("13.71"), 1).await.unwrap(), [complaint(1)]);
    put_all(&store, vec![summary(1)]).await;
    assert_eq!(store.unordered(node("13.71"), 9).await.unwrap(), [complaint(3)]);
    assert_eq!(store.unordered(node("13"), 9).await.unwrap(), [complaint(4)]);
}

pub(super) async fn file_differs_from_what_was_stored<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let (mut own, mut other) = (Author::new("13.71"), Author::new("13"));
    let mine = own.tell(Some(complaint(1)), filed(1), &[part(1, "a\0b'\""), part(2, "")]);
    let theirs = other.write(complaint(1), Change::Accepted);
    assert_eq!(store.file(complaint(1)).await.unwrap(), None);
    for entry in [&theirs, &mine] {
        put(&store, Changes { entries: vec![entry.clone()], ..Changes::default() }).await.unwrap();
    }
    let file = store.file(complaint(1)).await.unwrap().unwrap();
    assert_eq!(file.summary, None);
    let event = |entry: &crate::store::Entry| crate::journal::event(&entry.sealed.bytes).unwrap();
    let wanted = [&theirs, &mine].map(|entry| FiledEvent {
        event: event(entry),
        parts: entry.sealed.parts.clone(),
        verdict: Verdict::Provisional,
    });
    assert_eq!(file.events, wanted);
    put_all(&store, vec![summary(1), summary(2)]).await;
    assert_eq!(store.file(complaint(1)).await.unwrap().unwrap().summary, Some(summary(1)));
    assert_eq!(store.file(complaint(2)).await.unwrap().unwrap().events, []);
}

pub(super) async fn old_announcement_stays<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    for position in [at(1, 9), at(1, 3), at(2, 1), at(1, 40)] {
        put(&store, Changes { announced: vec![(complaint(1), position)], ..Changes::default() }).await.unwrap();
    }
    let announced = vec![(complaint(2), at(1, 2)), (complaint(2), at(1, 5)), (complaint(2), at(1, 4))];
    put(&store, Changes { announced, ..Changes::default() }).await.unwrap();
    let scope = Scope { complaints: BTreeSet::from([1, 2, 3].map(complaint)), ..Scope::default() };
    let found = store.transact(scope, |view| (Changes::default(), view.announced.clone())).await.unwrap();
    let wanted: Vec<(ComplaintId, Position)> = vec![(complaint(1), at(1, 40)), (complaint(2), at(1, 4))];
    assert_eq!(found.into_iter().collect::<Vec<_>>(), wanted);
}

pub(super) async fn old_projection_or_participant_stays<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let both = vec![node("hub"), node("13"), node("13.71")];
    let first = Summary { participants: both.clone(), pending: Some(EventHash([1; 32])), ..summary(1) };
    put_all(&store, vec![Summary { participants: vec![node("14")], ..summary(1) }, first.clone()]).await;
    assert_eq!(store.list(ListFilter::default()).await.unwrap(), [first]);
    let second = Summary {
        unit: unit("13"),
        node: node("13"),
        state: DisplayState::InProgress,
        epoch: 2,
        late: 7,
        participants: vec![node("13")],
        updated_at: Timestamp(i64::MAX),
        ..summary(1)
    };
    put_all(&store, vec![second.clone()]).await;
    assert_eq!(store.list(ListFilter::default()).await.unwrap(), [second]);
    assert_eq!(store.counts().await.unwrap().complaints, 1);
}

//! Complaints taken over at the desk: once, whole, marked, and through the state machine like any other.

use std::sync::Arc;

use super::bench::{Bench, dispose, keyring, new_complaint, unit};
use crate::desk::import::{ITEMS_MAX, Item, Outcome};
use crate::desk::{Action, ComplaintName, Desk, NewComplaint, Original, Reporter};
use crate::domain::event::PART_BYTES_MAX;
use crate::domain::{Change, DisplayState, PartKind, Position, Role, Verdict};
use crate::runtime::{ManualClock, SeededEntropy};
use crate::store::memory::MemoryStore;
use crate::store::{ListFilter, Store};
use crate::words::Language;

pub(super) fn item(id: &str, state: DisplayState) -> Item {
    let reporter = Reporter { name: "Budi".to_owned(), ..Reporter::default() };
    let original = Original {
        source: "simpel".to_owned(),
        id: id.to_owned(),
        filed: "2019-03-04".to_owned(),
        state: "Selesai".to_owned(),
        answered: "2019-03-10".to_owned(),
        ..Original::default()
    };
    let filing = NewComplaint { reporter: Some(reporter), unit: Some(unit("13.71.dlh")), ..new_complaint() };
    Item { filing, original, state, follow_up: String::new(), response: "Sudah diangkut.".to_owned() }
}

async fn changes(bench: &Bench, complaint: crate::domain::ComplaintId) -> Vec<(&'static str, String)> {
    let events = bench.events(complaint).await;
    let steps = events.iter().filter(|event| event.header.change.role() != Role::Granter);
    steps.map(|event| (event.header.change.name(), event.header.unit.as_ref().unwrap().to_string())).collect()
}

#[tokio::test]
async fn import_leads_to_another_state() {
    let bench = Bench::padang().await;
    for state in DisplayState::ALL {
        let one = item(state.name(), *state);
        let taken = bench.desk.import(std::slice::from_ref(&one), Language::English).await.unwrap();
        assert_eq!((taken[0].outcome, taken[0].state), (Outcome::New, one.ends_as()), "{}", state.name());
        let file = bench.desk.show(&ComplaintName::Id(taken[0].complaint)).await.unwrap();
        let complaint = crate::domain::fold(file.events.iter().map(|filed| &filed.event)).unwrap();
        assert!(complaint.imported && complaint.unit() == &unit("13.71.dlh"), "{}", state.name());
        assert!(complaint.outcomes.values().all(|outcome| *outcome == crate::domain::Outcome::Counted));
        assert_eq!(Original::of(&file).as_ref(), Some(&one.original));
        let summary = file.summary.unwrap();
        assert!(summary.imported && summary.state == one.ends_as());
        for filed in file.events.iter().skip(3) {
            let last = filed.parts.last().unwrap();
            assert!(
                last.kind == PartKind::Note && last.content().unwrap().starts_with(b"Taken over from simpel"),
                "{}",
                state.name()
            );
        }
    }
    let closed = bench.desk.imported_id("simpel", "closed");
    let by = |change: &'static str, unit: &str| (change, unit.to_owned());
    let (city, agency) = ("13.71", "13.71.dlh");
    let wanted = [
        by("filed", city),
        by("imported", city),
        by("verified", city),
        by("disposed", city),
        by("responded", agency),
        by("closed", agency),
    ];
    assert_eq!(changes(&bench, closed).await, wanted);
    let unanswered = Item { response: " ".to_owned(), ..item("unanswered", DisplayState::Closed) };
    let taken = bench.desk.import(&[unanswered], Language::English).await.unwrap();
    assert_eq!(taken[0].state, DisplayState::Archived);
}

#[tokio::test]
async fn complaint_is_taken_over_twice() {
    let bench = Bench::padang().await;
    let items = [item("1", DisplayState::New), item("2", DisplayState::Closed)];
    let first = bench.desk.import(&items, Language::English).await.unwrap();
    let written = bench.store.own().await.unwrap().written;
    // Of each the filing, the grants that go with the reporter's name, and what came after.
    assert_eq!(written, Position::new(1, 10));
    let changed =
        Item { filing: NewComplaint { narrative: "Lain.".to_owned(), ..items[0].filing.clone() }, ..items[0].clone() };
    let again = bench.desk.import(&[changed, items[1].clone()], Language::Indonesian).await.unwrap();
    assert!(again.iter().all(|taken| taken.outcome == Outcome::Known));
    assert_eq!(
        first.iter().map(|taken| taken.tracking).collect::<Vec<_>>(),
        again.iter().map(|taken| taken.tracking).collect::<Vec<_>>()
    );
    assert_eq!(bench.store.own().await.unwrap().written, written);
    // Another disk, another dice, the same id.
    let elsewhere = Bench::padang().await;
    let (clock, dice) = (Arc::new(ManualClock::at(5)), Arc::new(SeededEntropy::new(99)));
    let desk = Desk::open(elsewhere.store.clone(), clock, dice, keyring()).await.unwrap();
    let other = desk.import(&items, Language::English).await.unwrap();
    assert_eq!(other[1].complaint, first[1].complaint);
    assert_ne!(other[1].tracking, first[1].tracking);
    assert_ne!(desk.imported_id("simpel", "1"), desk.imported_id("simpel2", "1"));
}

#[tokio::test]
async fn erased_complaint_comes_back_with_a_second_import() {
    let bench = Bench::padang().await;
    let one = [item("1", DisplayState::Undisposed)];
    let id = bench.desk.import(&one, Language::English).await.unwrap()[0].complaint;
    let filed = bench.events(id).await[0].hash;
    let name = crate::desk::EventName::parse(&filed.to_string()).unwrap();
    bench.must(id, [Action::Redact { event: name }]).await;
    let again = bench.desk.import(&one, Language::English).await.unwrap();
    assert_eq!(again[0].outcome, Outcome::Known);
    let file = bench.desk.show(&ComplaintName::Id(id)).await.unwrap();
    assert!(file.events[0].parts.is_empty());
}

#[tokio::test]
async fn interrupted_import_is_not_finished() {
    let whole = Bench::padang().await;
    let one = [item("1", DisplayState::Closed)];
    let id = whole.desk.import(&one, Language::English).await.unwrap()[0].complaint;
    let events = whole.store.file(id).await.unwrap().unwrap().events;
    for kept in 1..events.len() {
        // A disk that came back from the hub with the first events only.
        let bench = Bench::padang().await;
        let entries = events.iter().take(kept).map(|filed| {
            let bytes = crate::journal::header::encode(&filed.event.header);
            crate::store::Entry::of(&filed.event, bytes, filed.parts.clone(), None, Verdict::Applied)
        });
        bench.apply(crate::store::Changes { entries: entries.collect(), ..crate::store::Changes::default() }).await;
        let taken = bench.desk.import(&one, Language::English).await.unwrap();
        assert_eq!((taken[0].outcome, taken[0].state), (Outcome::Continued, DisplayState::Closed), "{kept}");
        assert_eq!(changes(&bench, id).await, changes(&whole, id).await, "{kept}");
        assert_eq!(bench.desk.import(&one, Language::English).await.unwrap()[0].outcome, Outcome::Known);
    }
}

#[tokio::test]
async fn import_acts_on_what_somebody_works_on() {
    let bench = Bench::padang().await;
    let city = |state| Item { filing: NewComplaint { unit: None, ..item("1", state).filing }, ..item("1", state) };
    let id = bench.desk.import(&[city(DisplayState::Undisposed)], Language::English).await.unwrap()[0].complaint;
    bench.must(id, [dispose("13.71.dpupr")]).await;
    let before = bench.store.own().await.unwrap().written;
    let taken = bench.desk.import(&[city(DisplayState::Closed)], Language::English).await.unwrap();
    assert_eq!((taken[0].outcome, taken[0].state), (Outcome::NotFollowed, DisplayState::Disposed));
    assert_eq!(bench.store.own().await.unwrap().written, before);
}

/// What somebody does at the desk can be the very change that a taking over would write.
#[tokio::test]
async fn import_goes_on_in_the_name_of_one_unit_over_the_work_of_another() {
    let verify = || Action::Verify;
    for (name, work) in [
        ("another unit", vec![(verify(), ""), (dispose("13.71.dpupr"), "")]),
        ("the same unit", vec![(verify(), "Benar."), (dispose("13.71.dlh"), "Untuk DLH.")]),
        ("the first step", vec![(verify(), "Taken over")]),
        ("a follow-up", vec![(verify(), ""), (Action::FollowUp, "Sedang dikerjakan.")]),
    ] {
        let bench = Bench::padang().await;
        let city = |state| Item { filing: NewComplaint { unit: None, ..item("7", state).filing }, ..item("7", state) };
        let id = bench.desk.import(&[city(DisplayState::New)], Language::English).await.unwrap()[0].complaint;
        for (action, text) in work {
            bench.desk.act(&ComplaintName::Id(id), None, &action, text).await.unwrap();
        }
        let before = (bench.store.own().await.unwrap().written, changes(&bench, id).await);
        for closed in [item("7", DisplayState::Closed), city(DisplayState::Closed)] {
            let taken = bench.desk.import(&[closed], Language::English).await.unwrap();
            assert_eq!(taken[0].outcome, Outcome::NotFollowed, "{name}");
        }
        assert_eq!((bench.store.own().await.unwrap().written, changes(&bench, id).await), before, "{name}");
        // The other system says nothing new: nothing is missing.
        let taken = bench.desk.import(&[city(DisplayState::New)], Language::English).await.unwrap();
        assert_eq!(taken[0].outcome, Outcome::Known, "{name}");
    }
}

#[tokio::test]
async fn newer_state_is_not_followed_or_said_to_be_here() {
    use DisplayState::{Archived, Awaiting, Closed, Deferred, Disposed, InProgress, New, Undisposed};
    let told = |text: &str, state| Item { follow_up: text.to_owned(), ..item("1", state) };
    let plain = |state| told("", state);
    for (first, second, outcome) in [
        (plain(InProgress), plain(Closed), Outcome::Continued),
        (plain(InProgress), plain(Awaiting), Outcome::Continued),
        (told("Digali.", InProgress), plain(Closed), Outcome::Continued),
        (plain(InProgress), told("Digali.", Closed), Outcome::Continued),
        (plain(Awaiting), told("Digali.", Closed), Outcome::Continued),
        (plain(Disposed), plain(InProgress), Outcome::Continued),
        (plain(New), plain(Closed), Outcome::Continued),
        (plain(Undisposed), plain(Deferred), Outcome::NotFollowed),
        (plain(Undisposed), plain(Archived), Outcome::NotFollowed),
        (plain(Deferred), plain(Closed), Outcome::NotFollowed),
        (plain(Closed), plain(Closed), Outcome::Known),
        (plain(InProgress), plain(Disposed), Outcome::Known),
    ] {
        // Confidential, as they are unless a mapping says otherwise.
        let hidden = |one: Item| {
            let filing = NewComplaint { visibility: crate::domain::Visibility::Confidential, ..one.filing.clone() };
            Item { filing, ..one }
        };
        let (bench, case) = (Bench::padang().await, format!("{} to {}", first.state.name(), second.state.name()));
        bench.desk.import(&[hidden(first.clone())], Language::English).await.unwrap();
        let taken = bench.desk.import(&[hidden(second.clone())], Language::Indonesian).await.unwrap()[0];
        let ends = if outcome == Outcome::Continued { second.ends_as() } else { first.ends_as() };
        assert_eq!((taken.outcome, taken.state), (outcome, ends), "{case}");
        let file = bench.desk.show(&ComplaintName::Id(taken.complaint)).await.unwrap();
        let complaint = crate::domain::fold(file.events.iter().map(|filed| &filed.event)).unwrap();
        assert!(complaint.outcomes.values().all(|one| *one == crate::domain::Outcome::Counted), "{case}");
        let by: std::collections::BTreeSet<String> =
            changes(&bench, taken.complaint).await.into_iter().map(|(_, unit)| unit).collect();
        let filed_by_holder = matches!(first.state, New | Undisposed | Deferred);
        assert!(!filed_by_holder || by.len() == 1, "{case}: {by:?}");
    }
    // One state after the other. What its holder has filed itself needs no disposition.
    let bench = Bench::padang().await;
    for state in [New, Undisposed, Disposed, InProgress, Awaiting, Closed] {
        let taken = bench.desk.import(&[plain(state)], Language::English).await.unwrap()[0];
        assert_eq!(taken.state, if state == Disposed { Undisposed } else { state }, "{}", state.name());
    }
    // It went on to another unit there.
    let bench = Bench::padang().await;
    bench.desk.import(&[plain(New)], Language::English).await.unwrap();
    let filing = NewComplaint { unit: Some(unit("13.71.dpupr")), ..plain(Closed).filing };
    let taken = bench.desk.import(&[Item { filing, ..plain(Closed) }], Language::English).await.unwrap()[0];
    assert_eq!((taken.outcome, taken.state), (Outcome::NotFollowed, New));
}

#[tokio::test]
async fn one_bad_complaint_lets_the_others_in() {
    let bench = Bench::padang().await;
    let long = Item { response: "x".repeat(PART_BYTES_MAX + 1), ..item("2", DisplayState::Closed) };
    let elsewhere =
        Item { filing: NewComplaint { unit: Some(unit("13")), ..new_complaint() }, ..item("3", DisplayState::New) };
    for (bad, code) in [(long, "desk.too-long"), (elsewhere, "desk.unit-not-here")] {
        let error = bench.desk.import(&[item("1", DisplayState::New), bad], Language::English).await.unwrap_err();
        assert_eq!(error.code(), code);
        assert_eq!(bench.store.own().await.unwrap().written, Position::new(1, 0));
    }
    let many = vec![item("1", DisplayState::New); ITEMS_MAX + 1];
    assert_eq!(bench.desk.import(&many, Language::English).await.unwrap_err().code(), "desk.too-many");
    assert_eq!(bench.store.counts().await.unwrap().complaints, 0);
}

#[tokio::test]
async fn imported_complaint_is_not_told_apart() {
    let bench = Bench::padang().await;
    let own = bench.file().await;
    let taken = bench.desk.import(&[item("1", DisplayState::New)], Language::English).await.unwrap()[0];
    let filter = ListFilter { imported: true, ..ListFilter::default() };
    let listed = bench.desk.list(filter).await.unwrap();
    assert_eq!(listed.iter().map(|summary| summary.id).collect::<Vec<_>>(), [taken.complaint]);
    let registry = bench.desk.registry().await.unwrap();
    let told = async |id| {
        let file = bench.desk.show(&ComplaintName::Id(id)).await.unwrap();
        crate::desk::story::Story::of(
            &file,
            &registry,
            &crate::domain::Timetable::default(),
            Language::English,
            crate::desk::story::Reader::Handler,
        )
    };
    let (mine, theirs) = (told(own).await, told(taken.complaint).await);
    assert!(!mine.head.imported && theirs.head.imported);
    assert_eq!(theirs.head.original.as_ref().unwrap().id, "1");
    let text = crate::desk::story::render(&theirs, 100, false);
    assert!(text.contains("Taken over from simpel: number there 1, filed there 2019-03-04"), "{text}");
    assert!(text.contains("took the complaint over") && !text.contains("Budi"), "{text}");
    assert!(!text.contains("by way of"), "{text}");
    let filed: Change = bench.events(taken.complaint).await[2].header.change.clone();
    assert_eq!(filed, Change::Imported);
    let _: &MemoryStore = &bench.store;
}

//! People at the desk: whose hand stands in a header, and what an account may see and do.

use super::bench::{Bench, dispose, new_complaint, node, transfer, unit};
use crate::accounts::{NewAccount, Password};
use crate::desk::story::{Reader, Story};
use crate::desk::{Action, Actor, ComplaintName, Desk, DeskError, NewComplaint, Signature};
use crate::domain::{AccountRole, ComplaintId, PartKind};
use crate::journal::operator_pseudonym;
use crate::store::memory::MemoryStore;
use crate::store::{Account, FiledEvent, ListFilter, Store as _};
use crate::words::Language;
use AccountRole::{Admin, Auditor, Liaison, UnitAdmin};

pub(super) const PASSWORD: &str = "sandi yang benar sekali";

impl Bench {
    pub(super) async fn account(&self, login: &str, role: AccountRole, of: &str) -> Account {
        let new = NewAccount {
            login: login.to_owned(),
            name: format!("Nama {login}"),
            person: String::new(),
            role,
            unit: unit(of),
            password: Password::typed(PASSWORD),
            one_time: false,
        };
        self.desk.accounts().add(&[new]).await.unwrap().pop().unwrap()
    }

    /// The desk with the holder of a new account at it.
    async fn desk_of(&self, login: &str, role: AccountRole, of: &str) -> Desk<MemoryStore> {
        self.desk.with_actor(Actor::of_account(&self.account(login, role, of).await))
    }

    async fn newest(&self, id: ComplaintId) -> FiledEvent {
        self.store.file(id).await.unwrap().unwrap().events.pop().unwrap()
    }
}

fn name(id: ComplaintId) -> ComplaintName {
    ComplaintName::Id(id)
}

fn about(body: &str) -> NewComplaint {
    NewComplaint { about: Some(unit(body)), ..new_complaint() }
}

async fn says(desk: &Desk<MemoryStore>, id: ComplaintId, action: Action) -> Result<(), &'static str> {
    let text = if action.needs_text() { "teks" } else { "" };
    desk.act(&name(id), None, &action, text).await.map(drop).map_err(|error| error.code())
}

fn signature(filed: &FiledEvent) -> Option<Signature> {
    let part = filed.parts.iter().find(|part| part.kind == PartKind::Author)?;
    part.content().and_then(Signature::read)
}

#[tokio::test]
async fn header_tells_a_name_or_nobody() {
    let bench = Bench::padang().await;
    let account = bench.account("budi", UnitAdmin, "13.71").await;
    let officer = bench.desk.with_actor(Actor::of_account(&account));
    let id = officer.file(&new_complaint()).await.unwrap().complaint;
    says(&officer, id, Action::Verify).await.unwrap();
    for filed in bench.store.file(id).await.unwrap().unwrap().events {
        assert_eq!(filed.event.header.account, Some(account.pseudonym));
        let bytes = crate::journal::header::encode(&filed.event.header);
        assert!(!String::from_utf8_lossy(&bytes).contains("Nama"));
        assert_eq!(signature(&filed), Some(Signature { name: "Nama budi".to_owned(), by_operator: false }));
        crate::journal::check_parts(&filed.event.header, &filed.parts).unwrap();
    }
    bench.must(id, [Action::FollowUp]).await;
    let by_operator = bench.newest(id).await;
    assert_eq!(by_operator.event.header.account, Some(operator_pseudonym(&super::bench::federation(), &node("13.71"))));
    assert_eq!(signature(&by_operator), None);
    let lent = bench.desk.with_actor(Actor::in_the_name_of(&account, 1000));
    says(&lent, id, Action::FollowUp).await.unwrap();
    let lent = bench.newest(id).await;
    assert_eq!(lent.event.header.account, Some(account.pseudonym));
    assert!(signature(&lent).unwrap().by_operator, "that the operator acted in their name is not hidden");
}

#[tokio::test]
async fn erased_content_leaves_the_name() {
    let bench = Bench::padang().await;
    let officer = bench.desk_of("budi", UnitAdmin, "13.71").await;
    let filed = officer.file(&new_complaint()).await.unwrap();
    let event = crate::desk::EventName::parse(&filed.event.to_string()).unwrap();
    says(&officer, filed.complaint, Action::Redact { event }).await.unwrap();
    let file = bench.store.file(filed.complaint).await.unwrap().unwrap();
    assert!(file.events[0].parts.is_empty());
}

#[tokio::test]
async fn story_hides_whose_hand_it_was_or_tells_the_hub() {
    let bench = Bench::padang().await;
    let account = bench.account("budi", UnitAdmin, "13.71").await;
    let officer = bench.desk.with_actor(Actor::of_account(&account));
    let id = officer.file(&new_complaint()).await.unwrap().complaint;
    bench.must(id, [Action::Verify]).await;
    let (mut file, registry) = (officer.show(&name(id)).await.unwrap(), officer.registry().await.unwrap());
    let who = |file: &crate::store::File, reader| {
        let story = Story::of(file, &registry, &crate::domain::Timetable::default(), Language::English, reader);
        story.steps.into_iter().map(|step| step.who).collect::<Vec<_>>()
    };
    let digits = &account.pseudonym.to_string()[..8];
    assert_eq!(who(&file, Reader::Handler), ["13.71 (13.71), Nama budi", "13.71 (13.71)"]);
    let hub = who(&file, Reader::Exchange);
    assert_eq!(hub, [format!("13.71 (13.71), account {digits}"), "13.71 (13.71)".to_owned()]);
    file.events[0].parts.clear();
    assert_eq!(who(&file, Reader::Handler), hub);
}

#[tokio::test]
async fn officer_reads_complaint_about_own_government() {
    let bench = Bench::padang().await;
    let officer = bench.desk_of("budi", UnitAdmin, "13.71").await;
    let open = officer.file(&new_complaint()).await.unwrap().complaint;
    // There is no wrong door: it is taken in, and then it is out of their sight.
    let accusing = officer.file(&about("13.71.dlh")).await.unwrap();
    let id = accusing.complaint;
    for (login, role, of) in [("ani", Liaison, "13.71.dlh"), ("citra", Auditor, "13.71"), ("dewi", UnitAdmin, "13.71")]
    {
        let desk = bench.desk_of(login, role, of).await;
        assert!(matches!(desk.show(&name(id)).await, Err(DeskError::UnknownComplaint)), "{login}");
        let tracking = ComplaintName::Tracking(accusing.tracking);
        assert!(matches!(desk.show(&tracking).await, Err(DeskError::UnknownComplaint)), "{login}");
        for action in [Action::Respond, Action::Withdraw, Action::Reply, transfer("13")] {
            assert_eq!(says(&desk, id, action).await, Err("desk.unknown-complaint"), "{login}");
        }
        let listed = desk.list(ListFilter::default()).await.unwrap();
        assert!(listed.iter().all(|summary| summary.id != id), "{login}");
    }
    let listed = officer.list(ListFilter { limit: 1, ..ListFilter::default() }).await.unwrap();
    assert_eq!(listed.iter().map(|summary| summary.id).collect::<Vec<_>>(), [open], "what is hidden takes no place");
    assert!(bench.desk.show(&name(id)).await.is_ok(), "whoever runs the node can open the database");
}

#[tokio::test]
async fn liaison_of_one_agency_answers_for_another() {
    let bench = Bench::padang().await;
    let id = bench.file().await;
    bench.must(id, [Action::Verify, dispose("13.71.dlh")]).await;
    let (theirs, others) =
        (bench.desk_of("ani", Liaison, "13.71.dlh").await, bench.desk_of("budi", Liaison, "13.71.dpupr").await);
    assert_eq!(says(&others, id, Action::Respond).await, Err("desk.outside-unit"));
    assert!(matches!(others.show(&name(id)).await, Err(DeskError::OutsideUnit { .. })));
    assert_eq!(others.list(ListFilter::default()).await.unwrap(), Vec::new());
    let wide = ListFilter { unit: Some(unit("13.71")), ..ListFilter::default() };
    assert_eq!(others.list(wide.clone()).await.unwrap(), Vec::new());
    assert_eq!(theirs.list(wide).await.unwrap().len(), 1);
    let elsewhere = ListFilter { unit: Some(unit("13.71.dpupr")), ..ListFilter::default() };
    assert_eq!(theirs.list(elsewhere).await.unwrap(), Vec::new());
    assert_eq!(says(&theirs, id, Action::Verify).await, Err("desk.not-for-role"));
    let done = theirs.act(&name(id), None, &Action::FollowUp, "").await.unwrap();
    assert!(done.standing.options.iter().all(|option| option.name() != "transfer"), "{:?}", done.standing.options);
    assert_eq!(says(&theirs, id, dispose("13.71")).await, Ok(()));
    let wrong = theirs.act(&name(id), Some(&unit("13.71")), &Action::FollowUp, "").await;
    assert!(matches!(wrong, Err(DeskError::OutsideUnit { .. })));
}

#[tokio::test]
async fn auditor_writes() {
    let bench = Bench::padang().await;
    let id = bench.file().await;
    for (login, role) in [("citra", Auditor), ("dewi", Admin)] {
        let desk = bench.desk_of(login, role, "13.71").await;
        let before = bench.store.own().await.unwrap();
        for action in [Action::Verify, Action::FollowUp, Action::Reply] {
            assert_eq!(says(&desk, id, action).await, Err("desk.not-for-role"));
        }
        assert_eq!(desk.file(&new_complaint()).await.unwrap_err().code(), "desk.not-for-role");
        assert_eq!(desk.import(&[], Language::English).await.unwrap_err().code(), "desk.not-for-role");
        assert_eq!(bench.store.own().await.unwrap(), before);
        assert_eq!(desk.show(&name(id)).await.is_ok(), role == Auditor);
    }
}

#[tokio::test]
async fn account_files_for_the_whole_node() {
    let bench = Bench::padang().await;
    let desk = bench.desk_of("ani", Liaison, "13.71.dlh").await;
    assert_eq!(desk.file(&new_complaint()).await.unwrap().unit, unit("13.71.dlh"));
    let above = NewComplaint { unit: Some(unit("13.71")), ..new_complaint() };
    assert_eq!(desk.file(&above).await.unwrap_err().code(), "desk.outside-unit");
}

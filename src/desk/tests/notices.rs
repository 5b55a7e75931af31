//! What the desk notes for reporters: with the event or not at all, of own steps and of others', and who sees the list.

use super::bench::{Bench, new_complaint, transfer, unit};
use crate::desk::{Action, Actor, Desk, NewComplaint, Reporter};
use crate::domain::{AccountRole, HookName, NoticeFault, NoticeState, Recipient, Step, Telling, Timestamp, Visibility};
use crate::store::memory::MemoryStore;
use crate::store::{Changes, Notice, NoticeChange, NoticeFilter, Store};

fn hook() -> Recipient {
    Recipient::Webhook(HookName::parse("sms").unwrap())
}

fn telling() -> Telling {
    Telling { mail: true, webhooks: [HookName::parse("sms").unwrap()].into() }
}

fn budi() -> Reporter {
    Reporter { name: "Budi".to_owned(), email: "budi@surel.test".to_owned(), ..Reporter::default() }
}

fn with_mail() -> NewComplaint {
    NewComplaint { reporter: Some(budi()), ..new_complaint() }
}

/// Padang's desk, which tells by mail and by a webhook.
async fn bench() -> (Bench, Desk<MemoryStore>) {
    let bench = Bench::padang().await;
    let desk = bench.desk.clone().with_telling(telling());
    (bench, desk)
}

async fn all(bench: &Bench) -> Vec<Notice> {
    bench.store.notices(NoticeFilter { limit: 1000, ..NoticeFilter::default() }).await.unwrap()
}

/// Steps and recipients, in the order of their steps.
async fn noted(bench: &Bench) -> Vec<(Step, String)> {
    let mut noted: Vec<_> =
        all(bench).await.into_iter().map(|notice| (notice.step, notice.recipient.to_string())).collect();
    noted.sort();
    noted
}

fn both(steps: &[Step]) -> Vec<(Step, String)> {
    steps.iter().flat_map(|step| ["reporter", "webhook:sms"].map(|to| (*step, to.to_owned()))).collect()
}

#[tokio::test]
async fn step_is_stored_and_its_reporter_is_not_told() {
    let (bench, desk) = bench().await;
    let id = desk.file(&with_mail()).await.unwrap().complaint;
    let name = crate::desk::ComplaintName::Id(id);
    for action in [Action::Verify, Action::FollowUp, Action::Respond] {
        let text = if action.needs_text() { "Sudah ditambal." } else { "" };
        desk.act(&name, None, &action, text).await.unwrap();
    }
    assert_eq!(noted(&bench).await, both(&[Step::Filed, Step::Verified, Step::FollowedUp, Step::Responded]));
    let file = bench.store.file(id).await.unwrap().unwrap();
    for notice in all(&bench).await {
        let event = file.events.iter().find(|filed| filed.event.hash == notice.event).unwrap();
        assert_eq!((notice.complaint, notice.at), (id, event.event.header.time));
        let shown = format!("{notice:?}");
        assert!(!["Budi", "surel", "ditambal", "berlubang"].iter().any(|word| shown.contains(word)), "{shown}");
    }
    // What changes no state tells nothing, and what was refused neither.
    desk.act(&name, None, &Action::Confirm, "").await.unwrap();
    assert!(desk.act(&name, None, &Action::Verify, "").await.is_err());
    assert_eq!(all(&bench).await.len(), 8);
}

#[tokio::test]
async fn anonymous_reporter_is_written_to_or_the_minute_is_kept() {
    let (bench, desk) = bench().await;
    desk.file(&NewComplaint { visibility: Visibility::Anonymous, ..new_complaint() }).await.unwrap();
    let [notice] = &all(&bench).await[..] else { unreachable!() };
    assert_eq!(notice.recipient, hook());
    assert_eq!((notice.at, notice.next), (desk.now().hour(), desk.now().hour()));
    assert_ne!(desk.now().hour(), desk.now());
}

#[tokio::test]
async fn reporter_hears_of_a_complaint_filed_years_ago() {
    let (bench, desk) = bench().await;
    let item = super::importing::item("S/1", crate::domain::DisplayState::Closed);
    desk.import(&[item], crate::words::Language::Indonesian).await.unwrap();
    assert_eq!(noted(&bench).await, []);
}

#[tokio::test]
async fn complaint_filed_elsewhere_is_told_here() {
    let (mut bench, desk) = bench().await;
    let id = desk.file(&with_mail()).await.unwrap().complaint;
    desk.act(&crate::desk::ComplaintName::Id(id), None, &transfer("13"), "").await.unwrap();
    bench.move_to(id, "13", "13", crate::domain::Cause::Transfer).await;
    assert_eq!(
        noted(&bench).await,
        both(&[Step::Filed]),
        "a transfer is no step, and the bench stores moves by itself"
    );
    let theirs = crate::domain::ComplaintId([9; 16]);
    let Some(crate::domain::Change::Filed(filing)) = bench.events(id).await.first().map(|e| e.header.change.clone())
    else {
        unreachable!()
    };
    bench.filed_elsewhere("13", theirs, *filing).await;
    bench.move_to(theirs, "13.71", "13.71", crate::domain::Cause::Transfer).await;
    desk.act(&crate::desk::ComplaintName::Id(theirs), None, &Action::Accept, "").await.unwrap();
    assert_eq!(all(&bench).await.len(), 2);
}

#[tokio::test]
async fn address_that_is_none_is_kept() {
    let (bench, desk) = bench().await;
    let reporter = Some(Reporter { email: "budi@surel.test, x@y.test".to_owned(), ..budi() });
    let error = desk.file(&NewComplaint { reporter, ..new_complaint() }).await.unwrap_err();
    assert_eq!(error.code(), "desk.not-a-mailbox");
    assert!(!format!("{error}{error:?}").contains("surel"));
    assert_eq!(bench.store.counts().await.unwrap().complaints, 0);
}

async fn give_up(bench: &Bench) {
    let notices = all(bench).await.into_iter().map(|notice| NoticeChange::Settle {
        id: notice.id,
        state: NoticeState::Dead,
        attempts: 12,
        next: Timestamp(0),
        fault: Some(NoticeFault::Unreachable),
    });
    bench.apply(Changes { notices: notices.collect(), ..Changes::default() }).await;
}

#[tokio::test]
async fn whoever_may_not_sees_or_retries_what_was_given_up() {
    let (bench, desk) = bench().await;
    let own = desk.file(&with_mail()).await.unwrap();
    desk.file(&NewComplaint { about: Some(unit("13.71")), ..with_mail() }).await.unwrap();
    give_up(&bench).await;
    let actor = async |login: &str, role, of: &str| {
        let account = bench.account(login, role, of).await;
        desk.with_actor(Actor::of_account(&account))
    };
    let seen = desk.notices(true).await.unwrap();
    assert_eq!(seen.len(), 4);
    let auditor = actor("citra", AccountRole::Auditor, "13.71").await;
    let listed = auditor.notices(true).await.unwrap();
    assert_eq!(listed.len(), 2, "of a complaint about the own government nothing is seen");
    assert!(listed.iter().all(|listed| listed.tracking == Some(own.tracking)));
    assert_eq!(auditor.retry_notices(None).await.unwrap_err().code(), "account.not-allowed");
    let liaison = actor("ani", AccountRole::Liaison, "13.71").await;
    let admin = actor("dewi", AccountRole::Admin, "13.71").await;
    for desk in [&liaison, &admin] {
        assert_eq!(desk.notices(false).await.unwrap_err().code(), "account.not-allowed");
    }
    assert_eq!(liaison.retry_notices(None).await.unwrap_err().code(), "account.not-allowed");
    let unit_admin = actor("budi", AccountRole::UnitAdmin, "13.71").await;
    let hidden = seen.iter().find(|one| one.tracking != Some(own.tracking)).unwrap().notice.id;
    assert_eq!(unit_admin.retry_notices(Some(hidden)).await.unwrap_err().code(), "desk.unknown-notice");
    assert_eq!(unit_admin.retry_notices(None).await.unwrap(), 2);
    assert_eq!(admin.retry_notices(None).await.unwrap(), 2);
    assert_eq!(desk.retry_notices(Some(hidden)).await.unwrap_err().code(), "desk.unknown-notice");
    assert_eq!(bench.store.counts().await.unwrap().notices_waiting, 4);
}

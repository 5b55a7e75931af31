//! Notices to reporters: noted once, sent until they are settled, given up where people see it.

use super::Bench;
use super::sample::{Author, at, complaint, filed, put};
use crate::domain::{EventHash, HookName, NoticeFault, NoticeState, Recipient, Step, Timestamp};
use crate::journal::notice_id;
use crate::store::{Changes, Notice, NoticeChange, NoticeFilter, Store, StoreError};

fn hook() -> Recipient {
    Recipient::Webhook(HookName::parse("sms").unwrap())
}

fn notice(number: u8, recipient: Recipient) -> Notice {
    let event = EventHash([number; 32]);
    Notice {
        id: notice_id(&event, &recipient),
        complaint: complaint(number),
        event,
        step: Step::Responded,
        recipient,
        at: Timestamp(i64::from(number)),
        state: NoticeState::Waiting,
        attempts: 0,
        next: Timestamp(i64::from(number)),
        fault: None,
    }
}

fn tell(notice: Notice) -> NoticeChange {
    NoticeChange::Tell { notice, waiting_max: 1000 }
}

fn settled(notice: &Notice, state: NoticeState, fault: Option<NoticeFault>) -> NoticeChange {
    let next = Timestamp(notice.next.0 + 100);
    NoticeChange::Settle { id: notice.id, state, attempts: notice.attempts + 1, next, fault }
}

async fn change<S: Store>(store: &S, notices: Vec<NoticeChange>) {
    put(store, Changes { notices, ..Changes::default() }).await.unwrap();
}

async fn all<S: Store>(store: &S) -> Vec<Notice> {
    store.notices(NoticeFilter { limit: 1000, ..NoticeFilter::default() }).await.unwrap()
}

async fn due<S: Store>(store: &S, recipient: Recipient, at: i64, limit: usize) -> Vec<Notice> {
    let (state, recipient, due) = (Some(NoticeState::Waiting), Some(recipient), Some(Timestamp(at)));
    store.notices(NoticeFilter { state, recipient, due, limit, ..NoticeFilter::default() }).await.unwrap()
}

async fn counts<S: Store>(store: &S) -> (u64, u64) {
    let counts = store.counts().await.unwrap();
    (counts.notices_waiting, counts.notices_dead)
}

pub(super) async fn reporter_is_told_twice<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let (mail, web) = (notice(1, Recipient::Reporter), notice(1, hook()));
    change(&store, vec![tell(mail.clone()), tell(web.clone())]).await;
    change(&store, vec![settled(&mail, NoticeState::Sent, None)]).await;
    // The same plan once more, after one of them was sent.
    change(&store, vec![tell(mail.clone()), tell(web.clone()), tell(web.clone())]).await;
    let sent = Notice { state: NoticeState::Sent, attempts: 1, next: Timestamp(101), ..mail.clone() };
    let mut kept = all(&store).await;
    kept.sort_by_key(|notice| notice.recipient.clone());
    assert_eq!(kept, [sent, web.clone()]);
    assert_eq!(due(&store, Recipient::Reporter, 1000, 9).await, []);
    assert_eq!(due(&store, hook(), 1000, 9).await, [web]);
    // What was settled is not settled otherwise.
    change(&store, vec![settled(&mail, NoticeState::Dead, Some(NoticeFault::Refused))]).await;
    assert_eq!(counts(&store).await, (1, 0));
}

pub(super) async fn notice_is_kept_without_its_event<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let mut author = Author::new("13.71");
    let first = author.write(complaint(1), filed(1));
    let notices = vec![tell(notice(1, hook()))];
    put(&store, Changes { entries: vec![first], notices, ..Changes::default() }).await.unwrap();
    assert_eq!((all(&store).await.len(), store.own().await.unwrap().written), (1, at(1, 1)));
    // One that contradicts what is stored leaves nothing to tell.
    author.written = at(1, 7);
    let gap = author.write(complaint(1), filed(2));
    let notices = vec![tell(notice(2, hook()))];
    let refused = put(&store, Changes { entries: vec![gap], notices, ..Changes::default() }).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert_eq!(all(&store).await.len(), 1);
}

pub(super) async fn notice_comes_before_its_turn<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let all_four = [4, 2, 3, 1].map(|number| notice(number, hook()));
    change(&store, all_four.iter().cloned().map(tell).collect()).await;
    change(&store, vec![tell(notice(1, Recipient::Reporter))]).await;
    let numbers = |found: Vec<Notice>| found.iter().map(|notice| notice.at.0).collect::<Vec<_>>();
    assert_eq!(numbers(due(&store, hook(), 3, 9).await), [1, 2, 3]);
    assert_eq!(numbers(due(&store, hook(), 9, 2).await), [1, 2]);
    change(&store, vec![settled(&all_four[3], NoticeState::Waiting, Some(NoticeFault::Unreachable))]).await;
    assert_eq!(numbers(due(&store, hook(), 100, 9).await), [2, 3, 4]);
    let again = due(&store, hook(), 101, 9).await;
    assert_eq!(numbers(again.clone()), [2, 3, 4, 1]);
    assert_eq!((again[3].attempts, again[3].fault), (1, Some(NoticeFault::Unreachable)));
    assert_eq!(numbers(all(&store).await), [4, 3, 2, 1, 1], "lists begin with the newest");
}

pub(super) async fn dead_notice_is_lost_from_sight<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let some = [1, 2, 3].map(|number| notice(number, hook()));
    change(&store, some.iter().cloned().map(tell).collect()).await;
    let dead = |notice| settled(notice, NoticeState::Dead, Some(NoticeFault::Refused));
    change(&store, vec![dead(&some[0]), dead(&some[1])]).await;
    assert_eq!(counts(&store).await, (1, 2));
    let listed = NoticeFilter { state: Some(NoticeState::Dead), limit: 9, ..NoticeFilter::default() };
    let listed = store.notices(listed).await.unwrap();
    assert_eq!(
        listed.iter().map(|notice| (notice.at.0, notice.fault)).collect::<Vec<_>>(),
        [(2, Some(NoticeFault::Refused)), (1, Some(NoticeFault::Refused))]
    );
    let one = NoticeFilter { id: Some(some[1].id), limit: 9, ..NoticeFilter::default() };
    assert_eq!(store.notices(one).await.unwrap().len(), 1);
    // Tried again as if for the first time; what waits or was sent stays as it is.
    change(&store, vec![settled(&some[2], NoticeState::Sent, None)]).await;
    change(&store, vec![NoticeChange::Retry { ids: vec![some[0].id, some[2].id], at: Timestamp(500) }]).await;
    assert_eq!(due(&store, hook(), 499, 9).await, []);
    assert_eq!(due(&store, hook(), 500, 9).await, [Notice { next: Timestamp(500), ..some[0].clone() }]);
    assert_eq!(counts(&store).await, (1, 1));
}

pub(super) async fn notice_beyond_the_limit_vanishes<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let limited = |number| NoticeChange::Tell { notice: notice(number, hook()), waiting_max: 2 };
    change(&store, vec![limited(1), limited(1), limited(2), limited(3)]).await;
    change(&store, vec![limited(4), limited(1)]).await;
    assert_eq!(counts(&store).await, (2, 2));
    let dead = all(&store).await.into_iter().filter(|notice| notice.state == NoticeState::Dead);
    let dead: Vec<_> = dead.map(|notice| (notice.at.0, notice.fault, notice.attempts)).collect();
    assert_eq!(dead, [(4, Some(NoticeFault::Full), 0), (3, Some(NoticeFault::Full), 0)]);
    change(&store, vec![settled(&notice(1, hook()), NoticeState::Sent, None), limited(5)]).await;
    assert_eq!(counts(&store).await, (2, 2));
}

pub(super) async fn notice_waits_for_nobody<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    change(&store, vec![tell(notice(1, hook())), tell(notice(2, Recipient::Reporter))]).await;
    let fault = NoticeFault::NotSetUp;
    change(&store, vec![NoticeChange::Abandon { except: vec![Recipient::Reporter], fault }]).await;
    assert_eq!(counts(&store).await, (1, 1));
    assert_eq!(due(&store, Recipient::Reporter, 9, 9).await.len(), 1);
    change(&store, vec![NoticeChange::Abandon { except: Vec::new(), fault: NoticeFault::Recovered }]).await;
    let faults: Vec<_> = all(&store).await.into_iter().map(|notice| notice.fault).collect();
    assert_eq!(faults, [Some(NoticeFault::Recovered), Some(NoticeFault::NotSetUp)]);
}

pub(super) async fn settled_notices_fill_the_disk<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let some: Vec<Notice> = (1..=6).map(|number| notice(number, hook())).collect();
    change(&store, some.iter().cloned().map(tell).collect()).await;
    let sent = some[1..].iter().map(|notice| settled(notice, NoticeState::Sent, None));
    change(&store, sent.collect()).await;
    let numbers = async || all(&store).await.iter().map(|notice| notice.at.0).collect::<Vec<_>>();
    change(&store, vec![NoticeChange::Forget { before: Timestamp(3), kept_max: 100 }]).await;
    assert_eq!(numbers().await, [6, 5, 4, 3, 1], "what waits stays");
    change(&store, vec![NoticeChange::Forget { before: Timestamp(0), kept_max: 2 }]).await;
    assert_eq!(numbers().await, [6, 5, 1]);
}

//! Rounds of a courier: what fails is tried later and, in the end, given up; a crash tells again under the same name.

use std::sync::Mutex;

use super::{NOW, Town, hook};
use crate::desk::Action;
use crate::domain::notice::ATTEMPTS_MAX;
use crate::domain::{NoticeFault, NoticeId, NoticeState, Recipient, Telling, Timestamp, Visibility};
use crate::notify::{Facts, Notifier, Told, begin, forget};

/// Says the same to all, and remembers what it was told.
struct Says(Told, Mutex<Vec<(NoticeId, &'static str, i64)>>);

impl Says {
    fn always(told: Told) -> Self {
        Self(told, Mutex::default())
    }
}

impl Notifier for &Says {
    async fn tell(&self, id: NoticeId, facts: &Facts, now: Timestamp) -> Told {
        self.1.lock().unwrap().push((id, facts.step.name(), now.0));
        self.0
    }
}

#[tokio::test]
async fn notice_is_tried_for_ever_or_not_again() {
    let town = Town::new().await;
    town.file(Visibility::Open).await;
    let says = Says::always(Told::Later(NoticeFault::PutOff));
    let courier = town.courier(hook(), &says);
    let mut waits = Vec::new();
    for attempt in 1..=ATTEMPTS_MAX {
        assert_eq!(courier.round().await.unwrap().tried, 1, "attempt {attempt}");
        assert_eq!(courier.round().await.unwrap().tried, 0, "it is not due yet");
        let notice = &town.notices(hook()).await[0];
        waits.push(notice.next.0 - town.desk.now().0);
        town.clock.advance(notice.next.0 - town.desk.now().0);
    }
    assert_eq!(town.states(hook()).await, [(NoticeState::Dead, ATTEMPTS_MAX, "put-off")]);
    let bounds = (0..11).map(|doubled| 60_i64.pow(1) * 2_i64.pow(doubled).min(360) * 1_000_000);
    assert!(waits.iter().zip(bounds).all(|(wait, bound)| (1..=bound).contains(wait)), "{waits:?}");
    town.clock.advance(i64::from(u32::MAX));
    assert_eq!(courier.round().await.unwrap().tried, 0, "what is dead is left alone");
    assert_eq!(town.desk.retry_notices(None).await.unwrap(), 1);
    assert_eq!(courier.round().await.unwrap().tried, 1);
    let told = says.1.lock().unwrap().clone();
    assert_eq!(told.len(), 13);
    assert!(told.iter().all(|(id, _, _)| *id == told[0].0), "the name changes from attempt to attempt");
}

#[tokio::test]
async fn crash_between_telling_and_noting_loses_or_renames() {
    let town = Town::new().await;
    town.file(Visibility::Open).await;
    let says = Says::always(Told::Taken);
    let backup = town.bench.store.snapshot();
    assert_eq!(town.courier(hook(), &says).round().await.unwrap().taken, 1);
    // What was not noted never was.
    town.bench.store.restore(&backup);
    assert_eq!(town.courier(hook(), &says).round().await.unwrap().taken, 1);
    assert_eq!(town.courier(hook(), &says).round().await.unwrap().tried, 0);
    let told = says.1.lock().unwrap().clone();
    assert_eq!((told.len(), told[0].0), (2, told[1].0));
}

#[tokio::test]
async fn one_recipient_that_is_down_holds_up_another() {
    let town = Town::new().await;
    let id = town.file(Visibility::Open).await;
    town.act(id, Action::Verify, "").await;
    let (down, up) = (Says::always(Told::Later(NoticeFault::Unreachable)), Says::always(Told::Taken));
    let round = town.courier(hook(), &down).round().await.unwrap();
    assert_eq!((round.tried, round.broken), (1, Some(NoticeFault::Unreachable)));
    assert_eq!(town.courier(Recipient::Reporter, &up).round().await.unwrap().taken, 2);
    assert_eq!(down.1.lock().unwrap().len(), 1, "who is down is not asked for every notice");
    let steps: Vec<&str> = up.1.lock().unwrap().iter().map(|(_, step, _)| *step).collect();
    assert_eq!(steps.len(), 2);
}

#[tokio::test]
async fn clock_that_was_set_back_stops_everything() {
    let town = Town::new().await;
    town.file(Visibility::Open).await;
    let says = Says::always(Told::Taken);
    // Years pass, or were never there: what is due stays so.
    town.clock.advance(100 * 365 * 86_400 * 1_000_000);
    assert_eq!(town.courier(hook(), &says).round().await.unwrap().taken, 1);
}

#[tokio::test]
async fn notice_to_nobody_waits_for_ever_or_settled_ones_fill_the_disk() {
    let town = Town::new().await;
    town.file(Visibility::Open).await;
    begin(&town.bench.store, &Telling { mail: true, ..Telling::default() }).await.unwrap();
    assert_eq!(town.states(hook()).await, [(NoticeState::Dead, 0, "not-set-up")]);
    assert_eq!(town.states(Recipient::Reporter).await, [(NoticeState::Waiting, 0, "")]);
    let day = 86_400 * 1_000_000;
    forget(&town.bench.store, Timestamp(NOW + 90 * day)).await.unwrap();
    assert_eq!(town.states(hook()).await.len(), 1);
    forget(&town.bench.store, Timestamp(NOW + 90 * day + 1)).await.unwrap();
    assert_eq!((town.states(hook()).await, town.states(Recipient::Reporter).await.len()), (Vec::new(), 1));
}

#[tokio::test]
async fn facts_show_who_the_reporter_is() {
    struct Shows;
    impl Notifier for Shows {
        async fn tell(&self, _: NoticeId, facts: &Facts, _: Timestamp) -> Told {
            let shown = format!("{facts:?}{:?}", crate::notify::Letter::of(facts, "", crate::words::Language::English));
            assert!(!["Budi", "surel", "berlubang"].iter().any(|word| shown.contains(word)), "{shown}");
            Told::Taken
        }
    }
    let town = Town::new().await;
    town.file(Visibility::Open).await;
    assert_eq!(town.courier(Recipient::Reporter, Shows).round().await.unwrap().taken, 1);
}

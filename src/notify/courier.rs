//! The courier of one recipient: takes what is due, reads what there is to tell, has it told, and notes what came of it. Killed between
//! telling and noting, it tells again, under the same name.

use std::fmt;
use std::sync::Arc;

use super::facts::Facts;
use super::{Notifier, Told};
use crate::desk::{Desk, DeskError};
use crate::domain::notice::{ATTEMPTS_MAX, wait_seconds};
use crate::domain::{NoticeFault, NoticeState, Recipient, Telling, Timestamp};
use crate::runtime::{Entropy, random_bytes};
use crate::store::{Changes, NOTICES_KEPT_MAX, Notice, NoticeChange, NoticeFilter, Scope, Store};
use crate::words::Language;

/// Most notices that are taken at once.
pub const ROUND_MAX: usize = 50;
/// How long what does not wait any more is kept, in seconds: 90 days.
const KEPT_SECONDS: i64 = 90 * 24 * 60 * 60;

/// What a round came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Round {
    /// How many were tried.
    pub tried: usize,
    /// How many of them were taken.
    pub taken: usize,
    /// How many were given up.
    pub given_up: usize,
    /// Why the rest has to wait, if whoever is told cannot be told anything now.
    pub broken: Option<NoticeFault>,
}

/// Takes notices to one recipient.
pub struct Courier<S, N> {
    /// What reads files.
    pub desk: Desk<S>,
    /// From which waits are drawn.
    pub entropy: Arc<dyn Entropy>,
    /// Who is told.
    pub recipient: Recipient,
    /// How.
    pub notifier: N,
    /// In which language.
    pub language: Language,
}

impl<S, N> fmt::Debug for Courier<S, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Courier").field("recipient", &self.recipient).finish_non_exhaustive()
    }
}

impl<S: Store, N: Notifier> Courier<S, N> {
    /// Takes what is due now, at most [`ROUND_MAX`]; less if whoever is told cannot be told anything.
    ///
    /// # Errors
    /// If storage failed.
    pub async fn round(&self) -> Result<Round, DeskError> {
        let filter = NoticeFilter {
            state: Some(NoticeState::Waiting),
            recipient: Some(self.recipient.clone()),
            due: Some(self.desk.now()),
            limit: ROUND_MAX,
            ..NoticeFilter::default()
        };
        let mut round = Round::default();
        for notice in self.desk.books().notices(filter).await? {
            let told = self.tell(&notice).await?;
            let settled = self.settled(&notice, told);
            round.tried = round.tried.saturating_add(1);
            round.taken = round.taken.saturating_add(usize::from(told == Told::Taken));
            if let NoticeChange::Settle { state: NoticeState::Dead, fault, .. } = &settled {
                round.given_up = round.given_up.saturating_add(1);
                let why = fault.map_or("", NoticeFault::name);
                tracing::warn!(complaint = %notice.complaint, recipient = %notice.recipient, why, "a notice is given up");
            }
            self.note(settled).await?;
            if let Told::Later(fault) = told
                && told.is_the_ways_fault()
            {
                round.broken = Some(fault);
                break;
            }
        }
        Ok(round)
    }

    async fn tell(&self, notice: &Notice) -> Result<Told, DeskError> {
        let Some(file) = self.desk.books().file(notice.complaint).await? else {
            return Ok(Told::Later(NoticeFault::Unreadable));
        };
        let file = self.desk.opener().open(file);
        let registry = self.desk.registry().await?;
        let Some(facts) = Facts::of(&file, notice, &registry, self.desk.timetable(), self.language) else {
            return Ok(Told::Nobody);
        };
        Ok(self.notifier.tell(notice.id, &facts, self.desk.now()).await)
    }

    fn settled(&self, notice: &Notice, told: Told) -> NoticeChange {
        let attempts = notice.attempts.saturating_add(1);
        let drawn = u64::from_be_bytes(random_bytes(&*self.entropy));
        let seconds = i64::try_from(wait_seconds(attempts, drawn)).unwrap_or(i64::MAX);
        let (state, fault) = match told {
            Told::Taken => (NoticeState::Sent, None),
            Told::Nobody => (NoticeState::Moot, None),
            Told::Later(fault) if attempts >= ATTEMPTS_MAX => (NoticeState::Dead, Some(fault)),
            Told::Later(fault) => (NoticeState::Waiting, Some(fault)),
            Told::Never(fault) => (NoticeState::Dead, Some(fault)),
        };
        let waits = state == NoticeState::Waiting;
        let next = if waits { self.desk.now().plus_seconds(seconds) } else { notice.next };
        NoticeChange::Settle { id: notice.id, state, attempts, next, fault }
    }

    async fn note(&self, settled: NoticeChange) -> Result<(), DeskError> {
        change(self.desk.books(), settled).await
    }
}

/// Gives up what waits for somebody whom the settings do not name any more.
///
/// # Errors
/// If storage failed.
pub async fn begin<S: Store>(store: &S, telling: &Telling) -> Result<(), DeskError> {
    let hooks = telling.webhooks.iter().cloned().map(Recipient::Webhook);
    let except = telling.mail.then_some(Recipient::Reporter).into_iter().chain(hooks).collect();
    change(store, NoticeChange::Abandon { except, fault: NoticeFault::NotSetUp }).await
}

/// Forgets what was settled long ago, and the oldest of it where there is too much.
///
/// # Errors
/// If storage failed.
pub async fn forget<S: Store>(store: &S, now: Timestamp) -> Result<(), DeskError> {
    change(store, NoticeChange::Forget { before: now.plus_seconds(-KEPT_SECONDS), kept_max: NOTICES_KEPT_MAX }).await
}

async fn change<S: Store>(store: &S, change: NoticeChange) -> Result<(), DeskError> {
    let changes = Changes { notices: vec![change], ..Changes::default() };
    Ok(store.transact(Scope::default(), |_| (changes, ())).await?)
}

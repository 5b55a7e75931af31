//! Notices in memory.

use std::cmp::Reverse;

use super::state::State;
use crate::domain::NoticeState;
use crate::store::notices::{Notice, NoticeChange, NoticeFilter};

impl State {
    /// Notices by filter.
    pub(super) fn notices(&self, asked: &NoticeFilter) -> Vec<Notice> {
        let wanted = |notice: &&Notice| {
            asked.id.is_none_or(|id| id == notice.id)
                && asked.state.is_none_or(|state| state == notice.state)
                && asked.recipient.as_ref().is_none_or(|recipient| *recipient == notice.recipient)
                && asked.due.is_none_or(|due| notice.next <= due)
        };
        let mut found: Vec<Notice> = self.notices.values().filter(wanted).cloned().collect();
        match asked.due {
            Some(_) => found.sort_by_key(|notice| (notice.next, notice.id)),
            None => found.sort_by_key(|notice| (Reverse(notice.at), notice.id)),
        }
        found.truncate(asked.limit);
        found
    }

    /// How many stand so.
    pub(super) fn count_notices(&self, state: NoticeState) -> u64 {
        let count = self.notices.values().filter(|notice| notice.state == state).count();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// Notes, settles, revives and forgets, in order.
    pub(super) fn change_notices(&mut self, changes: &[NoticeChange]) {
        for change in changes {
            self.change_notice(change);
        }
    }

    fn change_notice(&mut self, change: &NoticeChange) {
        match change {
            NoticeChange::Tell { notice, waiting_max } => {
                let full = self.count_notices(NoticeState::Waiting) >= *waiting_max;
                let noted = || if full { notice.beyond_the_limit() } else { notice.clone() };
                self.notices.entry(notice.id).or_insert_with(noted);
            }
            NoticeChange::Settle { id, state, attempts, next, fault } => {
                let found = self.notices.get_mut(id).filter(|notice| notice.state == NoticeState::Waiting);
                if let Some(notice) = found {
                    (notice.state, notice.attempts, notice.next, notice.fault) = (*state, *attempts, *next, *fault);
                }
            }
            NoticeChange::Retry { ids, at } => {
                let dead = |notice: &&mut Notice| notice.state == NoticeState::Dead && ids.contains(&notice.id);
                for notice in self.notices.values_mut().filter(dead) {
                    (notice.state, notice.attempts, notice.next, notice.fault) = (NoticeState::Waiting, 0, *at, None);
                }
            }
            NoticeChange::Abandon { except, fault } => {
                let left =
                    |notice: &&mut Notice| notice.state == NoticeState::Waiting && !except.contains(&notice.recipient);
                for notice in self.notices.values_mut().filter(left) {
                    (notice.state, notice.fault) = (NoticeState::Dead, Some(*fault));
                }
            }
            NoticeChange::Forget { before, kept_max } => {
                self.notices.retain(|_, notice| notice.state == NoticeState::Waiting || notice.at >= *before);
                let kept = usize::try_from(*kept_max).unwrap_or(usize::MAX);
                let all = NoticeFilter { limit: usize::MAX, ..NoticeFilter::default() };
                let settled = self.notices(&all).into_iter().filter(|notice| notice.state != NoticeState::Waiting);
                let beyond: Vec<_> = settled.skip(kept).map(|notice| notice.id).collect();
                self.notices.retain(|id, _| !beyond.contains(id));
            }
        }
    }
}

//! What the desk notes for reporters, and the list of it for people: what waits, what was given up and why. It sends nothing, and shows
//! nobody's address.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::action::ActionName;
use super::author::Author;
use super::error::DeskError;
use super::office::Desk;
use super::permission::{Denial, Grant};
use crate::accounts::AccountError;
use crate::domain::{AccountRole, ComplaintId, Event, NoticeId, NoticeState, Telling, TrackingNumber, fold};
use crate::journal;
use crate::store::{Changes, File, Notice, NoticeChange, NoticeFilter, Scope, Store, View, noted};

/// Most notices that are listed, or tried again, at a time.
pub const NOTICES_MAX: usize = 1000;

/// A notice for people to see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// The notice.
    pub notice: Notice,
    /// The complaint's tracking number, if the complaint is still here.
    pub tracking: Option<TrackingNumber>,
}

/// The changes of an action on a complaint, and with them what its reporter is to be told of it.
pub(super) fn with(
    mut changes: Changes,
    view: &View,
    telling: &Telling,
    author: &Author,
    complaint: ComplaintId,
) -> Changes {
    let before = view.complaints.get(&complaint).map(Vec::as_slice).unwrap_or_default();
    let written = changes.entries.iter().filter_map(|entry| journal::event(&entry.sealed.bytes).ok());
    let events: Vec<Event> = before.iter().cloned().chain(written).collect();
    if let Some(after) = fold(&events) {
        changes.notices = noted(telling, &author.node, fold(before).as_ref(), &after, &events, author.now);
    }
    changes
}

impl<S: Store> Desk<S> {
    /// What reporters are to be told, or were, the newest events first; only what was given up, if `dead`. At most [`NOTICES_MAX`], and of
    /// these what whoever is here may read.
    ///
    /// # Errors
    /// If storage failed, or the account may not see it.
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the method itself is of one lifetime only")]
    pub async fn notices(&self, dead: bool) -> Result<Vec<Listed>, DeskError> {
        self.may_with_notices(|grant| grant.lists_notices())?;
        let state = dead.then_some(NoticeState::Dead);
        self.readable(NoticeFilter { state, limit: NOTICES_MAX, ..NoticeFilter::default() }).await
    }

    /// Has what was given up tried again: one notice, or all that whoever is here answers for, at most [`NOTICES_MAX`]. Says how many.
    ///
    /// # Errors
    /// If storage failed, the account may not do it, or the one that is named was not given up.
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the method itself is of one lifetime only")]
    pub async fn retry_notices(&self, id: Option<NoticeId>) -> Result<usize, DeskError> {
        self.may_with_notices(|grant| grant.retries_notices())?;
        let filter = NoticeFilter { id, state: Some(NoticeState::Dead), limit: NOTICES_MAX, ..NoticeFilter::default() };
        let found = self.readable(filter).await?;
        let ids: Vec<NoticeId> = found.into_iter().map(|listed| listed.notice.id).collect();
        if ids.is_empty() && id.is_some() {
            return Err(DeskError::UnknownNotice);
        }
        let (count, at) = (ids.len(), self.now());
        let changes = Changes { notices: vec![NoticeChange::Retry { ids, at }], ..Changes::default() };
        self.store.transact(Scope::default(), |_| (changes, ())).await?;
        Ok(count)
    }

    /// Of these, what whoever is here may read. An admin, who reads no complaint, sees here only that there is something.
    async fn readable(&self, filter: NoticeFilter) -> Result<Vec<Listed>, DeskError> {
        let admin = self.actor().holder().is_some_and(|holder| holder.role == AccountRole::Admin);
        let mut files: BTreeMap<ComplaintId, Option<File>> = BTreeMap::new();
        let mut listed = Vec::new();
        for notice in self.store.notices(filter).await? {
            let file = match files.entry(notice.complaint) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.store.file(notice.complaint).await?),
            };
            if admin || file.as_ref().is_none_or(|file| self.may_read(file).is_ok()) {
                let tracking = file.as_ref().and_then(|file| file.summary.as_ref()).map(|summary| summary.tracking);
                listed.push(Listed { notice, tracking });
            }
        }
        Ok(listed)
    }

    fn may_with_notices(&self, asks: impl FnOnce(&Grant<'_>) -> Result<(), Denial>) -> Result<(), DeskError> {
        self.may(ActionName::File, asks).map_err(|error| {
            // Neither is an action that could be named.
            if let DeskError::NotForRole { role, .. } = error {
                AccountError::NotAllowed { role }.into()
            } else {
                error
            }
        })
    }
}

//! What happens by itself when a reporter's time has passed: an answer without a reply is closed, a file that stays incomplete is
//! archived. Found by query and looked at again in the transaction that writes; it acts on no office's silence, which is the hub's to
//! notice.

use super::action::{Action, ActionName};
use super::author;
use super::content;
use super::error::DeskError;
use super::office::Desk;
use crate::domain::{ComplaintId, Event, Moment, Reason, Registry, fold};
use crate::store::{DueFilter, Store, View};

/// Complaints that are looked at with one query.
const PAGE: usize = 200;

impl<S: Store> Desk<S> {
    /// Closes and archives what is held here and whose reporter's time has passed. Returns how many; one that cannot be written now
    /// disturbs none of the others and is looked at again the next time.
    ///
    /// # Errors
    /// If storage failed.
    pub async fn lapse(&self) -> Result<usize, DeskError> {
        let mut filter = DueFilter {
            before: self.clock.timestamp(),
            node: Some(self.node.clone()),
            moments: vec![Moment::ReporterWindow, Moment::Completion],
            told: true,
            after: None,
            limit: PAGE,
        };
        let mut count = 0_usize;
        loop {
            let page = self.store.due(filter.clone()).await?;
            let full = page.len() == PAGE;
            filter.after = page.last().and_then(|last| Some((last.due?, last.id)));
            for summary in page {
                match self.lapse_one(summary.id).await {
                    Ok(lapsed) => count = count.saturating_add(usize::from(lapsed)),
                    Err(DeskError::Store(error)) => return Err(error.into()),
                    Err(error) => tracing::debug!(code = error.code(), "a lapsed complaint waits"),
                }
            }
            if !full {
                return Ok(count);
            }
        }
    }

    /// One of them, if it is as it was found.
    async fn lapse_one(&self, id: ComplaintId) -> Result<bool, DeskError> {
        let parts =
            content::signed(content::of_action(&Action::Close, "", &*self.entropy)?, &self.actor, &*self.entropy)?;
        let plan = |view: &View, registry: &Registry, author: &author::Author| {
            let events = view.complaints.get(&id).map(Vec::as_slice).unwrap_or_default();
            match lapsed(events, author) {
                Some(action) => {
                    let (changes, written) = author::act(view, registry, author, id, None, &action, parts)?;
                    Ok((changes, Some(written)))
                }
                None => Ok((crate::store::Changes::default(), None)),
            }
        };
        let written = self.planned([id].into(), plan).await?;
        if let Some(written) = &written {
            let action = if written.change == "closed" { ActionName::Close } else { ActionName::Archive };
            self.done(action, written);
        }
        Ok(written.is_some())
    }
}

/// What has to happen to a complaint now, if its reporter's time has passed.
fn lapsed(events: &[Event], author: &author::Author) -> Option<Action> {
    let complaint = fold(events).filter(|complaint| *complaint.node() == author.node)?;
    let deadline = author.timetable.deadline(&complaint, events)?;
    let action = match deadline.moment {
        Moment::ReporterWindow => Action::Close,
        Moment::Completion => Action::Archive { reason: Reason::Incomplete },
        Moment::Verify | Moment::FirstFollowUp | Moment::Response | Moment::ResponseNormative => return None,
    };
    deadline.due.is_over(author.now).then_some(action)
}

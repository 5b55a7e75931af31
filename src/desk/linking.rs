//! Other complaints: the one that an action names, found and held against what is known of it here, and those that one has to do with.
//! What a link means is the domain's.

use super::action::Action;
use super::error::DeskError;
use super::office::Desk;
use super::story::{Linked, linked};
use crate::domain::{Event, fold};
use crate::store::{File, Store};

impl<S: Store> Desk<S> {
    /// The action with the other complaint by its id. That one need not be here; if it is, it is one that this caller may read, and a
    /// double is one of a complaint that is not a double itself.
    pub(super) async fn settled(&self, action: &Action) -> Result<Action, DeskError> {
        let Some(name) = action.other() else { return Ok(action.clone()) };
        let other = self.resolve(name).await?;
        if let Some(file) = self.store.file(other).await? {
            self.may_read(&file)?;
            let events: Vec<Event> = file.events.into_iter().map(|filed| filed.event).collect();
            let main = fold(&events).and_then(|complaint| complaint.double_of());
            if let (Action::Double { .. }, Some(of)) = (action, main) {
                return Err(DeskError::DoubleOfDouble { of });
            }
        }
        Ok(action.naming(other))
    }

    /// The complaints that a file's has to do with. Of those that this caller may not read only the name stays, and that only where the
    /// file itself says it.
    ///
    /// # Errors
    /// If storage failed.
    pub async fn linked(&self, file: &File) -> Result<Vec<Linked>, DeskError> {
        let own = file.summary.as_ref().map(|summary| summary.links.as_slice()).unwrap_or_default();
        let mut shown = Vec::new();
        for one in linked(&self.store, file).await? {
            let readable = match self.store.file(one.id).await? {
                Some(file) => self.may_read(&file).is_ok(),
                None => true,
            };
            if readable {
                shown.push(one);
            } else if own.contains(&one.id) {
                shown.push(Linked { known: None, ..one });
            }
        }
        Ok(shown)
    }
}

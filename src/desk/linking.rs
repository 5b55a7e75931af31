//! The other complaint that an action names: found, and held against what is known of it here. What a link then means is the domain's.

use super::action::Action;
use super::error::DeskError;
use super::office::Desk;
use crate::domain::{Event, fold};
use crate::store::Store;

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
}

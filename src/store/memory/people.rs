//! Accounts, sessions and requests in memory.

use super::state::State;
use crate::store::StoreError;
use crate::store::people::{People, PeopleChanges, PeopleScope};

impl State {
    pub(super) fn look_at_people(&self, scope: &PeopleScope) -> People {
        let session = self.people.sessions.iter().find(|session| Some(session.token) == scope.session);
        let is_named = |login: &String| scope.logins.contains(login);
        let accounts = self.people.accounts.iter().filter(|account| {
            let of_session = session.is_some_and(|session| session.account == account.pseudonym);
            scope.everybody || is_named(&account.login) || of_session
        });
        let sessions = self.people.sessions.iter().filter(|one| {
            let mut named = self.people.accounts.iter().filter(|account| is_named(&account.login));
            Some(one.token) == scope.session || named.any(|account| account.pseudonym == one.account)
        });
        People {
            accounts: accounts.cloned().collect(),
            sessions: sessions.cloned().collect(),
            requests: if scope.requests { self.people.requests.clone() } else { Vec::new() },
        }
        .sorted()
    }

    /// All of the changes, or none of them.
    pub(super) fn change_people(&mut self, changes: &PeopleChanges) -> Result<(), StoreError> {
        let conflict = |what: &str| Err(StoreError::Conflict(what.to_owned()));
        let mut people = self.people.clone();
        people.sessions.retain(|session| {
            let expired = changes.expired.is_some_and(|now| session.expires <= now);
            !expired && !changes.ended.contains(&session.token) && !changes.ended_of.contains(&session.account)
        });
        for account in &changes.accounts {
            people.accounts.retain(|other| other.pseudonym != account.pseudonym);
            if people.account(&account.login).is_some() {
                return conflict("a login that is another account's");
            }
            people.accounts.push(account.clone());
        }
        for session in &changes.sessions {
            if !people.accounts.iter().any(|account| account.pseudonym == session.account) {
                return conflict("a session without an account");
            }
            if people.sessions.iter().any(|other| other.token == session.token) {
                return conflict("a session that is there already");
            }
            people.sessions.push(session.clone());
        }
        for request in &changes.requests {
            people.requests.retain(|other| other.id != request.id);
            people.requests.push(request.clone());
        }
        people.requests.retain(|request| !changes.forgotten.contains(&request.id));
        self.people = people.sorted();
        Ok(())
    }
}

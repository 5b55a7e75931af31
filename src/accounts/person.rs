//! Who somebody is, as far as it matters for what takes two: one person with two accounts is one.

use std::fmt;

use crate::store::{Account, Somebody};

/// Somebody who asks or approves.
#[derive(Clone, PartialEq, Eq)]
pub struct Person(Somebody);

impl Person {
    /// Whoever an account is of.
    #[must_use]
    pub fn of_account(account: &Account) -> Self {
        let is = [&account.person, &account.name].map(|text| plain(text)).join("\n");
        Self(Somebody { by: format!("account:{}", account.pseudonym), is })
    }

    /// Whoever uses an account of the system: as many people as may share it, they count as one.
    #[must_use]
    pub fn of_uid(uid: u32) -> Self {
        Self(Somebody { by: format!("uid:{uid}"), is: format!("\nuid:{uid}") })
    }

    /// As it was stored.
    #[must_use]
    pub fn stored(somebody: &Somebody) -> Self {
        Self(somebody.clone())
    }

    /// To be stored.
    #[must_use]
    pub fn to_stored(&self) -> Somebody {
        self.0.clone()
    }

    /// By which account they act: `account:` and its pseudonym, or `uid:` and a number. No name.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.0.by
    }

    /// Whether both may be one person: one account, one number, or one name where not both have a number.
    #[must_use]
    pub fn may_be(&self, other: &Self) -> bool {
        let [(number, name), (other_number, other_name)] = [self, other].map(|person| split(&person.0.is));
        let one =
            if number.is_empty() || other_number.is_empty() { name == other_name } else { number == other_number };
        self.0.by == other.0.by || one
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Person").field(&self.0.by).finish()
    }
}

fn split(is: &str) -> (&str, &str) {
    is.split_once('\n').unwrap_or(("", is))
}

/// A name or number without what makes no difference.
fn plain(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

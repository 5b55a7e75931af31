//! How often a password may be tried. A pure function of what is stored of an account and of a clock that is passed in; so it holds
//! over restarts and over several processes.

use crate::domain::Timestamp;
use crate::store::Account;

/// Wrong passwords in a row that cost nothing.
pub const FREE: u32 = 5;
/// Seconds to wait after the first that costs something; twice as many after each further one.
pub const WAIT_SECONDS_FIRST: i64 = 30;
/// Most seconds to wait.
pub const WAIT_SECONDS_MAX: i64 = 900;
/// After so many wrong passwords in a row the account waits for a new one (NIST SP 800-63B, 5.2.2).
pub const FAILURES_MAX: u32 = 100;

/// Whether a password may be tried now.
#[must_use]
pub fn is_open(account: &Account, now: Timestamp) -> bool {
    if account.failures < FREE {
        return true;
    }
    if account.failures >= FAILURES_MAX {
        return false;
    }
    let doubled = account.failures.saturating_sub(FREE).min(16);
    let wait = WAIT_SECONDS_FIRST.saturating_mul(1_i64.checked_shl(doubled).unwrap_or(1)).min(WAIT_SECONDS_MAX);
    // A clock that was set back does not lock anybody out for longer than the wait itself.
    account.failed.is_none_or(|failed| now < failed || now >= failed.plus_seconds(wait))
}

/// The account as it is after one more attempt, which counts as wrong until it is known to be right.
#[must_use]
pub fn attempted(account: &Account, now: Timestamp) -> Account {
    Account { failures: account.failures.saturating_add(1), failed: Some(now), ..account.clone() }
}

//! How often something may be done, by whom: a bucket of allowances for each, filled evenly, in memory and bounded. What is
//! done is not its matter; the time is passed in.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::domain::Timestamp;

/// How much is allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    /// So often at once.
    pub burst: u32,
    /// Then once in so many microseconds.
    pub every_micros: i64,
    /// For so many at once; when there are more, those that have used least are forgotten.
    pub remembered_max: usize,
}

/// What is left of each one's allowance.
#[derive(Debug)]
pub struct RateLimiter<K> {
    rate: Rate,
    /// When each will have its whole allowance again.
    full_at: Mutex<BTreeMap<K, i64>>,
}

impl<K: Ord + Clone> RateLimiter<K> {
    /// A limiter in which everyone has the whole allowance.
    #[must_use]
    pub const fn new(rate: Rate) -> Self {
        Self { rate, full_at: Mutex::new(BTreeMap::new()) }
    }

    /// Takes one of `who`'s allowance; false if there is none left, and then nothing is taken.
    pub fn take(&self, who: &K, now: Timestamp) -> bool {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let every = self.rate.every_micros.max(1);
        let before = full_at.get(who).copied().unwrap_or(now.0).max(now.0);
        let after = before.saturating_add(every);
        let whole = every.saturating_mul(i64::from(self.rate.burst));
        // A clock that was set back must not shut anybody out for longer than a whole allowance takes.
        let after = if before.saturating_sub(now.0) > whole { now.0.saturating_add(every) } else { after };
        if after.saturating_sub(now.0) > whole {
            return false;
        }
        if full_at.len() >= self.rate.remembered_max && !full_at.contains_key(who) {
            full_at.retain(|_, full| *full > now.0);
            if full_at.len() >= self.rate.remembered_max
                && let Some(least) = full_at.iter().min_by_key(|(_, full)| **full).map(|(who, _)| who.clone())
            {
                full_at.remove(&least);
            }
        }
        full_at.insert(who.clone(), after);
        true
    }

    /// How many are remembered.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, every_micros: 10, remembered_max: 2 };

    #[test]
    fn more_is_allowed_than_was_said() {
        let limiter = RateLimiter::new(RATE);
        let taken = |at: i64| limiter.take(&"one", Timestamp(at));
        assert_eq!([taken(100), taken(100), taken(100), taken(100)], [true, true, true, false]);
        assert_eq!([taken(109), taken(110), taken(110)], [false, true, false]);
        assert!(limiter.take(&"other", Timestamp(110)));
        // After a long rest there is the whole allowance and no more.
        assert_eq!([taken(9_000), taken(9_000), taken(9_000), taken(9_000)], [true, true, true, false]);
    }

    #[test]
    fn many_names_fill_the_memory() {
        let limiter = RateLimiter::new(RATE);
        for who in 0..100 {
            assert!(limiter.take(&who, Timestamp(5)));
        }
        assert_eq!(limiter.remembered(), 2);
    }

    #[test]
    fn clock_set_back_shuts_everybody_out() {
        let limiter = RateLimiter::new(RATE);
        assert!(limiter.take(&1, Timestamp(1_000_000)));
        assert!(limiter.take(&1, Timestamp(0)));
    }
}

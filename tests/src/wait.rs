//! Waiting for a thing to come true, with a limit. No test waits for time alone.

use std::time::Duration;

use thiserror::Error;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// How often a thing is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// It did not come true in time.
#[derive(Debug, Error)]
#[error("waited {seconds} s in vain: {what}")]
pub struct WaitError {
    /// What was waited for.
    pub what: String,
    /// How long, in seconds.
    pub seconds: u64,
}

/// Looks again and again until there is an answer, at most for `limit`. `what` says what is waited for.
///
/// # Errors
/// If there is no answer in time.
pub async fn until<T>(what: &str, limit: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> Result<T, WaitError> {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let answer = async {
        loop {
            ticks.tick().await;
            if let Some(answer) = look().await {
                return answer;
            }
        }
    };
    timeout(limit, answer).await.map_err(|_| WaitError { what: what.to_owned(), seconds: limit.as_secs() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waits_for_ever_or_gives_up_at_once() {
        let mut looks = 0;
        let third = until("the third look", Duration::from_mins(1), async || {
            looks += 1;
            (looks == 3).then_some(looks)
        });
        assert_eq!(third.await.unwrap(), 3);
        let never = until("a miracle", Duration::from_millis(1), async || None::<()>).await;
        assert!(never.unwrap_err().to_string().ends_with("a miracle"));
    }
}

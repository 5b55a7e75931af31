//! Whether the process can do its work: asked of it now and then, told to whoever looks. It mends nothing.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::instruments::Instruments;

/// How a process is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// How often.
    pub every: Duration,
    /// How long the answer may take; after that the answer is no.
    pub limit: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { every: Duration::from_secs(1), limit: Duration::from_secs(2) }
    }
}

/// How the process stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Readiness {
    /// It can do its work.
    Ready,
    /// It cannot; why, in one line.
    Not(&'static str),
}

impl Readiness {
    /// Whether it can do its work.
    #[must_use]
    pub const fn is_ready(self) -> bool {
        matches!(self, Self::Ready)
    }
}

const STOPPING: &str = "stopping";

/// How the process stands, kept up to date. Clones are the same.
#[derive(Clone, Debug)]
pub struct Health(watch::Sender<Readiness>);

impl Default for Health {
    fn default() -> Self {
        Self(watch::Sender::new(Readiness::Not("starting")))
    }
}

impl Health {
    /// How it stands now.
    #[must_use]
    pub fn now(&self) -> Readiness {
        *self.0.borrow()
    }

    /// Tells of each change.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Readiness> {
        self.0.subscribe()
    }

    fn set(&self, readiness: Readiness, instruments: &Instruments) {
        instruments.ready(readiness.is_ready());
        let changed = self.0.send_if_modified(|known| std::mem::replace(known, readiness) != readiness);
        match readiness {
            Readiness::Ready if changed => tracing::info!("ready"),
            Readiness::Not(STOPPING) if changed => tracing::info!("not ready any more: stopping"),
            Readiness::Not(why) if changed => tracing::warn!(why, "not ready"),
            Readiness::Ready | Readiness::Not(_) => {}
        }
    }

    /// Asks `probe` again and again, as `pace` says, until told to stop, and is not ready from then on. An answer that does not come
    /// in time is no.
    pub async fn look_after<F>(
        &self,
        probe: impl Fn() -> F,
        pace: Pace,
        instruments: Instruments,
        stop: CancellationToken,
    ) where
        F: Future<Output = Readiness>,
    {
        let mut every = interval(pace.every);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                _ = every.tick() => {}
            }
            let answer = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                answer = timeout(pace.limit, probe()) => answer,
            };
            self.set(answer.unwrap_or(Readiness::Not("the database does not answer in time")), &instruments);
        }
        self.set(Readiness::Not(STOPPING), &instruments);
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;
    use crate::telemetry::Telemetry;

    #[tokio::test]
    async fn database_that_goes_away_or_returns_is_not_noticed() {
        let (health, telemetry, stop) = (Health::default(), Telemetry::default(), CancellationToken::new());
        assert_eq!(health.now(), Readiness::Not("starting"));
        let mood = Arc::new(AtomicU8::new(0));
        let probe = {
            let mood = Arc::clone(&mood);
            move || {
                let mood = mood.load(Ordering::SeqCst);
                async move {
                    match mood {
                        0 => Readiness::Ready,
                        1 => Readiness::Not("the database is gone"),
                        _ => pending().await,
                    }
                }
            }
        };
        let told = health.watch();
        let pace = Pace { every: Duration::from_millis(2), limit: Duration::from_millis(100) };
        let looking = health.look_after(probe, pace, telemetry.instruments().clone(), stop.clone());
        let test = async {
            let mut told = told;
            let mut next = async || {
                timeout(Duration::from_secs(20), told.changed()).await.expect("no change is told").unwrap();
                *told.borrow_and_update()
            };
            assert_eq!(next().await, Readiness::Ready);
            mood.store(1, Ordering::SeqCst);
            assert_eq!(next().await, Readiness::Not("the database is gone"));
            mood.store(0, Ordering::SeqCst);
            assert_eq!(next().await, Readiness::Ready);
            mood.store(2, Ordering::SeqCst);
            assert_eq!(next().await, Readiness::Not("the database does not answer in time"));
            mood.store(0, Ordering::SeqCst);
            assert_eq!(next().await, Readiness::Ready);
            stop.cancel();
            assert_eq!(next().await, Readiness::Not("stopping"));
        };
        tokio::join!(looking, test);
    }
}

//! Tasks with a name and a policy for their failure. No task is ever detached: a panic is caught, said and acted upon.
//! What a task does is its owner's.

use std::fmt::Display;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// What the failure of a task means for the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// The process cannot do its work without this task: it shuts down and ends with a code that is not zero.
    EndProcess,
    /// The rest goes on: the failure is logged.
    Log,
}

/// The task that brought the process down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskFailure {
    /// The task's name.
    pub task: &'static str,
    /// Whether it panicked; else it returned an error.
    pub panicked: bool,
}

#[derive(Debug, Default)]
struct Inner {
    tracker: TaskTracker,
    soft: CancellationToken,
    hard: CancellationToken,
    failure: OnceLock<TaskFailure>,
}

/// The tasks of one process. Clones are the same set.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    inner: Arc<Inner>,
}

impl Tasks {
    /// An empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a task. At a hard stop it is dropped wherever it waits; at a soft stop it is for the task to see
    /// [`Tasks::stopping`] and to end in order. After a soft stop nothing new is started, and this returns false.
    #[expect(clippy::disallowed_methods, reason = "the one place where a task is spawned")]
    pub fn spawn<F, E>(&self, name: &'static str, on_failure: OnFailure, future: F) -> bool
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display + Send + 'static,
    {
        if self.inner.soft.is_cancelled() {
            return false;
        }
        let tasks = self.clone();
        let supervised = async move {
            let guarded = AssertUnwindSafe(future).catch_unwind();
            let outcome = tokio::select! {
                biased;
                () = tasks.inner.hard.cancelled() => return,
                outcome = guarded => outcome,
            };
            match outcome {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::error!(task = name, %error, "a task failed");
                    tasks.fail(on_failure, TaskFailure { task: name, panicked: false });
                }
                // The panic's own text went to standard error; it may hold anything, so it is not repeated here.
                Err(_) => {
                    tracing::error!(task = name, "a task panicked");
                    tasks.fail(on_failure, TaskFailure { task: name, panicked: true });
                }
            }
        };
        self.inner.tracker.spawn(supervised.instrument(tracing::info_span!("task", name)));
        true
    }

    /// Done as soon as the tasks are asked to end in order.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.inner.soft.clone()
    }

    /// Asks every task to end in order, and starts no more.
    pub fn stop(&self) {
        self.inner.soft.cancel();
        self.inner.tracker.close();
    }

    /// Drops every task wherever it waits.
    pub fn stop_hard(&self) {
        self.stop();
        self.inner.hard.cancel();
    }

    /// Done once [`Tasks::stop`] was called and the last task has ended.
    pub async fn ended(&self) {
        self.inner.tracker.wait().await;
    }

    /// Asks every task to end in order and waits for them at most `soft_limit`; then drops those that are left. Returns
    /// whether all ended by themselves.
    pub async fn shutdown(&self, soft_limit: Duration) -> bool {
        self.stop();
        let in_time = tokio::time::timeout(soft_limit, self.ended()).await.is_ok();
        if !in_time {
            tracing::warn!(left = self.inner.tracker.len(), "tasks did not end in time and are dropped");
            self.stop_hard();
        }
        in_time
    }

    /// How many tasks run.
    #[must_use]
    pub fn running(&self) -> usize {
        self.inner.tracker.len()
    }

    /// The first task whose failure ends the process, if there was one.
    #[must_use]
    pub fn failure(&self) -> Option<TaskFailure> {
        self.inner.failure.get().copied()
    }

    fn fail(&self, on_failure: OnFailure, failure: TaskFailure) {
        match on_failure {
            OnFailure::Log => {}
            OnFailure::EndProcess => {
                // Only the first counts: those after it are mostly its consequences.
                let _first = self.inner.failure.set(failure);
                self.stop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::{Ready, pending, poll_fn, ready};

    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    fn failing() -> Ready<Result<(), &'static str>> {
        ready(Err("broken"))
    }

    fn panicking() -> impl Future<Output = Result<(), Infallible>> {
        poll_fn(|_| panic!("as the test wants it"))
    }

    #[tokio::test]
    async fn panic_of_a_needed_task_vanishes() {
        let tasks = Tasks::new();
        tasks.spawn("link", OnFailure::EndProcess, panicking());
        tasks.stopping().cancelled().await;
        assert_eq!(tasks.failure(), Some(TaskFailure { task: "link", panicked: true }));
        assert!(tasks.shutdown(LONG).await);
    }

    #[tokio::test]
    async fn error_of_a_needed_task_leaves_the_process_standing() {
        let tasks = Tasks::new();
        tasks.spawn("writer", OnFailure::EndProcess, failing());
        tasks.stopping().cancelled().await;
        assert_eq!(tasks.failure(), Some(TaskFailure { task: "writer", panicked: false }));
    }

    #[tokio::test]
    async fn failure_of_one_connection_ends_the_process() {
        let tasks = Tasks::new();
        tasks.spawn("connection", OnFailure::Log, failing());
        tasks.spawn("connection", OnFailure::Log, panicking());
        while tasks.running() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(!tasks.stopping().is_cancelled());
        assert_eq!(tasks.failure(), None);
    }

    #[tokio::test]
    async fn soft_stop_cuts_a_task_off_in_the_middle() {
        let tasks = Tasks::new();
        let stopping = tasks.stopping();
        let (done, was_done) = tokio::sync::oneshot::channel();
        tasks.spawn("careful", OnFailure::EndProcess, async move {
            stopping.cancelled().await;
            tokio::task::yield_now().await;
            done.send(()).map_err(|()| "nobody waits")
        });
        assert!(tasks.shutdown(LONG).await);
        assert!(was_done.await.is_ok());
    }

    #[tokio::test]
    async fn stubborn_task_holds_up_the_shutdown_for_ever() {
        let tasks = Tasks::new();
        tasks.spawn("stubborn", OnFailure::Log, pending::<Result<(), Infallible>>());
        assert!(!tasks.shutdown(Duration::ZERO).await);
        tasks.ended().await;
        assert_eq!(tasks.running(), 0);
    }

    #[tokio::test]
    async fn task_starts_after_the_stop() {
        let tasks = Tasks::new();
        tasks.stop();
        assert!(!tasks.spawn("late", OnFailure::EndProcess, failing()));
        tasks.ended().await;
        assert_eq!(tasks.failure(), None);
    }
}

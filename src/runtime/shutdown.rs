//! From the first signal to the last task: soft, then hard, and at once on a second signal. It only asks the tasks to
//! end; how each ends is its own affair.

use std::future::{Future, pending};
use std::io;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::exit::Exit;
use super::tasks::Tasks;

/// Seconds that tasks have to end in order unless the configuration says otherwise.
pub const SOFT_LIMIT_SECONDS_DEFAULT: u64 = 20;

/// How long dropped tasks may take to let go of what they hold.
const HARD_LIMIT: Duration = Duration::from_secs(2);

/// A request to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM: a service manager wants the process to end.
    Terminate,
    /// SIGINT: a person pressed Ctrl-C.
    Interrupt,
}

/// Where requests to end come from.
pub trait SignalSource: Send {
    /// Waits for the next one. Dropping the future loses none.
    fn next(&mut self) -> impl Future<Output = Signal> + Send;
}

/// The signals that the operating system sends to this process.
#[derive(Debug)]
pub struct OsSignals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl OsSignals {
    /// Listens from now on. Make it before anything that may take long: from here on a signal no longer kills.
    ///
    /// # Errors
    /// If the system does not let the process listen.
    pub fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }
}

impl SignalSource for OsSignals {
    async fn next(&mut self) -> Signal {
        tokio::select! {
            Some(()) = self.terminate.recv() => Signal::Terminate,
            Some(()) = self.interrupt.recv() => Signal::Interrupt,
            else => pending().await,
        }
    }
}

/// Requests made by hand; for tests and simulation. A closed channel asks for nothing more.
impl SignalSource for mpsc::Receiver<Signal> {
    async fn next(&mut self) -> Signal {
        match self.recv().await {
            Some(signal) => signal,
            None => pending().await,
        }
    }
}

/// Waits until a signal comes or a task brings the process down, then ends all tasks: in order within `soft_limit`, then
/// by force, and at once on a second signal.
///
/// The result is [`Exit::Internal`] if a task failed, [`Exit::NotDone`] if tasks were ended by force, else
/// [`Exit::Done`].
pub async fn run_until_shutdown(tasks: &Tasks, signals: &mut impl SignalSource, soft_limit: Duration) -> Exit {
    tokio::select! {
        signal = signals.next() => {
            let seconds = soft_limit.as_secs();
            tracing::info!(?signal, seconds, "stopping; a second signal ends at once");
        }
        () = stopped(tasks) => {}
    }
    let in_order = tokio::select! {
        biased;
        signal = signals.next() => {
            tracing::warn!(?signal, "second signal: ending at once");
            tasks.stop_hard();
            return Exit::NotDone;
        }
        in_order = tasks.shutdown(soft_limit) => in_order,
    };
    if !in_order && tokio::time::timeout(HARD_LIMIT, tasks.ended()).await.is_err() {
        tracing::error!(left = tasks.running(), "tasks cannot be dropped; ending without them");
    }
    match (tasks.failure(), in_order) {
        (Some(failure), _) => {
            tracing::error!(task = failure.task, panicked = failure.panicked, "ended because a task failed");
            Exit::Internal
        }
        (None, false) => Exit::NotDone,
        (None, true) => {
            tracing::info!("stopped in order");
            Exit::Done
        }
    }
}

async fn stopped(tasks: &Tasks) {
    tasks.stopping().cancelled().await;
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::runtime::OnFailure;

    const LONG: Duration = Duration::from_mins(1);

    fn stubborn() -> impl Future<Output = Result<(), Infallible>> {
        pending()
    }

    fn obedient(tasks: &Tasks) -> impl Future<Output = Result<(), Infallible>> + use<> {
        let stopping = tasks.stopping();
        async move {
            stopping.cancelled().await;
            Ok(())
        }
    }

    #[tokio::test]
    async fn signal_of_the_system_kills_or_is_lost() {
        let mut signals = OsSignals::listen().unwrap();
        for (name, signal) in [("TERM", Signal::Terminate), ("INT", Signal::Interrupt)] {
            let command = format!("kill -{name} {}", std::process::id());
            assert!(std::process::Command::new("sh").args(["-c", &command]).status().unwrap().success());
            assert_eq!(signals.next().await, signal);
        }
    }

    #[tokio::test]
    async fn orderly_stop_reports_failure() {
        let tasks = Tasks::new();
        tasks.spawn("obedient", OnFailure::EndProcess, obedient(&tasks));
        let (send, mut signals) = mpsc::channel(1);
        send.send(Signal::Terminate).await.unwrap();
        assert_eq!(run_until_shutdown(&tasks, &mut signals, LONG).await, Exit::Done);
    }

    #[tokio::test]
    async fn second_signal_waits_for_the_limit() {
        let tasks = Tasks::new();
        tasks.spawn("stubborn", OnFailure::EndProcess, stubborn());
        let (send, mut signals) = mpsc::channel(2);
        send.send(Signal::Interrupt).await.unwrap();
        send.send(Signal::Interrupt).await.unwrap();
        assert_eq!(run_until_shutdown(&tasks, &mut signals, LONG).await, Exit::NotDone);
        tasks.ended().await;
    }

    #[tokio::test]
    async fn limit_passes_and_nothing_is_forced() {
        let tasks = Tasks::new();
        tasks.spawn("stubborn", OnFailure::EndProcess, stubborn());
        let (send, mut signals) = mpsc::channel(1);
        send.send(Signal::Terminate).await.unwrap();
        assert_eq!(run_until_shutdown(&tasks, &mut signals, Duration::ZERO).await, Exit::NotDone);
        assert_eq!(tasks.running(), 0);
    }

    #[tokio::test]
    async fn failed_task_ends_with_zero() {
        let tasks = Tasks::new();
        tasks.spawn("obedient", OnFailure::EndProcess, obedient(&tasks));
        tasks.spawn("failing", OnFailure::EndProcess, async { Err("broken") });
        let (_send, mut signals) = mpsc::channel(1);
        assert_eq!(run_until_shutdown(&tasks, &mut signals, LONG).await, Exit::Internal);
    }

    #[tokio::test]
    async fn nobody_can_ask_any_more_and_that_counts_as_asking() {
        let tasks = Tasks::new();
        tasks.spawn("obedient", OnFailure::EndProcess, obedient(&tasks));
        let (send, mut signals) = mpsc::channel(1);
        drop(send);
        let mut end = std::pin::pin!(run_until_shutdown(&tasks, &mut signals, LONG));
        assert!(futures_util::poll!(&mut end).is_pending());
        tasks.stop();
        assert_eq!(end.await, Exit::Done);
    }
}

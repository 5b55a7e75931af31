//! The frame of a program: the async runtime, begun and ended. What runs in it is the program's.

use std::future::Future;
use std::time::Duration;

use super::exit::Exit;

/// How long threads that block may hold up the end of the process.
const BLOCKING_LIMIT: Duration = Duration::from_secs(1);

/// Runs `program` to its end on a new runtime, and returns how it ended. A thread that still blocks a second later is
/// left behind, so that no stuck disk can keep the process from ending.
pub fn run_process(program: impl Future<Output = Exit>) -> Exit {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "the system gives the process no threads or timers");
            return Exit::Unavailable;
        }
    };
    let exit = runtime.block_on(program);
    runtime.shutdown_timeout(BLOCKING_LIMIT);
    exit
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    #[test]
    fn stuck_thread_keeps_the_process_alive() {
        let (release, stuck) = sync_channel::<()>(0);
        let exit = run_process(async move {
            drop(tokio::task::spawn_blocking(move || stuck.recv()));
            Exit::Done
        });
        assert_eq!(exit, Exit::Done);
        drop(release);
    }
}

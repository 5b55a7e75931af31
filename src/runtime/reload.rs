//! SIGHUP: read again what may change while the process runs. What that is, and what of the old stays in use when the new
//! cannot be read, is the program's.

use std::fmt::Display;
use std::io;

use tokio::signal::unix::{SignalKind, signal};

use super::manager::ServiceManager;
use super::tasks::{OnFailure, Tasks};

/// Calls `reload` at every SIGHUP until the tasks are told to stop; the service manager is told of each. A reload that fails
/// is logged, and the old goes on.
///
/// # Errors
/// If the system does not let the process listen for the signal.
pub fn reload_on_hangup<E: Display>(
    tasks: &Tasks,
    manager: &ServiceManager,
    reload: impl Fn() -> Result<(), E> + Send + 'static,
) -> io::Result<()> {
    let mut hangups = signal(SignalKind::hangup())?;
    let (manager, stopping) = (manager.clone(), tasks.stopping());
    tasks.spawn("reload", OnFailure::EndProcess, async move {
        loop {
            tokio::select! {
                () = stopping.cancelled() => return Ok(()),
                came = hangups.recv() => match came {
                    Some(()) => {}
                    None => return Err("the system no longer tells of signals"),
                },
            }
            manager.reloading();
            // A few small local files, read for nobody's sake but the operator's: no thread of its own.
            match reload() {
                Ok(()) => tracing::info!("keys and certificates were read again"),
                Err(error) => {
                    tracing::error!(%error, "cannot read keys and certificates again; the old ones stay in use");
                }
            }
            manager.reloaded();
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn hangup_kills_or_a_failed_reload_ends_reloading() {
        let tasks = Tasks::new();
        let calls = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&calls);
        reload_on_hangup(&tasks, &ServiceManager::default(), move || {
            let call = count.fetch_add(1, Ordering::SeqCst);
            if call == 0 { Err("half-written file") } else { Ok(()) }
        })
        .unwrap();
        for wanted in [1, 2] {
            let command = format!("kill -HUP {}", std::process::id());
            assert!(std::process::Command::new("sh").args(["-c", &command]).status().unwrap().success());
            while calls.load(Ordering::SeqCst) < wanted {
                tokio::task::yield_now().await;
            }
        }
        assert!(tasks.shutdown(Duration::from_mins(1)).await);
        assert_eq!(tasks.failure(), None);
    }
}

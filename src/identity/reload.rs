//! A value made from files that can be made anew while it is in use, such as a TLS configuration. When to reload is
//! the service's to say.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use super::tls::TlsError;

type Load<T> = Box<dyn Fn() -> Result<T, TlsError> + Send + Sync>;

/// A TLS configuration and how to load it again. Connections that are up keep theirs; the next handshake has the new.
pub struct Reloadable<T> {
    load: Load<T>,
    sender: watch::Sender<Arc<T>>,
}

impl<T> Reloadable<T> {
    /// Loads for the first time.
    ///
    /// # Errors
    /// If loading fails.
    pub fn start(load: impl Fn() -> Result<T, TlsError> + Send + Sync + 'static) -> Result<Self, TlsError> {
        let first = Arc::new(load()?);
        Ok(Self { load: Box::new(load), sender: watch::Sender::new(first) })
    }

    /// Loads again; blocks while it reads files. If that fails the old value stays in use.
    ///
    /// # Errors
    /// If loading fails.
    pub fn reload(&self) -> Result<Arc<T>, TlsError> {
        let next = Arc::new((self.load)()?);
        self.sender.send_replace(Arc::clone(&next));
        Ok(next)
    }

    /// The value in use.
    #[must_use]
    pub fn current(&self) -> Arc<T> {
        Arc::clone(&self.sender.borrow())
    }

    /// A view that always shows the value in use.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Arc<T>> {
        self.sender.subscribe()
    }
}

impl<T> fmt::Debug for Reloadable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reloadable").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn failed_reload_takes_the_old_one_away() {
        let calls = AtomicU32::new(0);
        let value = Reloadable::start(move || match calls.fetch_add(1, Ordering::Relaxed) {
            1 => Err(TlsError::Refused("half-written file".to_owned())),
            call => Ok(call),
        })
        .unwrap();
        let seen = value.watch();
        assert!(value.reload().is_err());
        assert_eq!((*value.current(), **seen.borrow()), (0, 0));
        assert_eq!(*value.reload().unwrap(), 2);
        assert_eq!((*value.current(), **seen.borrow()), (2, 2));
    }
}

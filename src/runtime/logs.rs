//! Where log lines go and what they look like. It decides no level by itself and never sees personal data: callers keep
//! it out of their fields.

use std::env::{self, VarError};
use std::io::{self, IsTerminal};

use thiserror::Error;
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::{MakeWriter, fmt};

/// The environment variable that chooses what is logged, in the words of `tracing`'s `EnvFilter`: `info`, `lintas=debug`.
pub const LOG_VARIABLE: &str = "LINTAS_LOG";

/// What is logged unless [`LOG_VARIABLE`] says otherwise.
pub const LOG_DEFAULT: &str = "info";

/// Why logging could not start.
#[derive(Debug, Error)]
pub enum LogsError {
    /// The filter cannot be read.
    #[error("{LOG_VARIABLE} cannot be read: use a level such as info, or module=level, parted by commas")]
    Filter,
    /// Something else has claimed the logs of this process.
    #[error("logging was already started in this process")]
    Started,
}

/// What a log line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One coloured line an event, for a person at a terminal.
    Pretty,
    /// One JSON object a line, for machines.
    Json,
}

impl LogFormat {
    /// The format that fits where standard error goes.
    #[must_use]
    pub fn of_stderr() -> Self {
        if io::stderr().is_terminal() { Self::Pretty } else { Self::Json }
    }
}

/// Starts the logs of this process: to standard error, pretty on a terminal and JSON otherwise, at the level of
/// [`LOG_VARIABLE`].
///
/// # Errors
/// If the variable cannot be read, or logging was started before.
pub fn start_logs() -> Result<(), LogsError> {
    let filter = match env::var(LOG_VARIABLE) {
        Ok(text) => text,
        Err(VarError::NotPresent) => LOG_DEFAULT.to_owned(),
        Err(VarError::NotUnicode(_)) => return Err(LogsError::Filter),
    };
    let subscriber = subscriber(LogFormat::of_stderr(), &filter, io::stderr)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogsError::Started)
}

/// What takes in the log lines: formatted, filtered, written to `writer`.
///
/// # Errors
/// If the filter cannot be read.
pub fn subscriber<W>(format: LogFormat, filter: &str, writer: W) -> Result<Box<dyn Subscriber + Send + Sync>, LogsError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = if filter.trim().is_empty() { LOG_DEFAULT } else { filter };
    let filter = EnvFilter::try_new(filter).map_err(|_| LogsError::Filter)?;
    let builder = fmt().with_env_filter(filter).with_writer(writer);
    Ok(match format {
        LogFormat::Pretty => Box::new(builder.with_ansi(true).finish()),
        LogFormat::Json => Box::new(builder.json().flatten_event(true).with_ansi(false).finish()),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(format: LogFormat, filter: &str) -> String {
        let page = Page::default();
        let writer = page.clone();
        let subscriber = subscriber(format, filter, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(lag_seconds = 3, "caught up");
            tracing::debug!("detail");
        });
        let bytes = page.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn line_for_machines_is_not_json() {
        let text = written(LogFormat::Json, "info");
        let line: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
        assert_eq!(line["message"], "caught up");
        assert_eq!(line["lag_seconds"], 3);
    }

    #[test]
    fn filter_does_not_filter() {
        assert_eq!(written(LogFormat::Pretty, "").lines().count(), 1);
        assert_eq!(written(LogFormat::Pretty, "debug").lines().count(), 2);
        assert_eq!(written(LogFormat::Pretty, "off"), "");
    }

    #[test]
    fn unreadable_filter_is_taken_for_silence() {
        assert!(matches!(subscriber(LogFormat::Json, "lintas=loud", io::sink), Err(LogsError::Filter)));
    }
}

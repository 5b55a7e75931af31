//! Where log lines go and what they look like. It decides no level by itself and never sees personal data: callers keep
//! it out of their fields.

use std::env::{self, VarError};
use std::io::{self, IsTerminal};
use std::panic::{self, PanicHookInfo};

use thiserror::Error;
use tracing::{Level, Subscriber};
use tracing_subscriber::filter::{FilterExt as _, FilterFn};
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, registry};

/// The environment variable that chooses what is logged, in the words of `tracing`'s `EnvFilter`: `info`, `lintas=debug`.
pub const LOG_VARIABLE: &str = "LINTAS_LOG";

/// What is logged unless [`LOG_VARIABLE`] says otherwise.
pub const LOG_DEFAULT: &str = "info";

/// The finest level at which other crates are logged, whatever [`LOG_VARIABLE`] says.
pub const FOREIGN_LEVEL_MAX: Level = Level::INFO;

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
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogsError::Started)?;
    tame_panics();
    Ok(())
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
    let filter = filter.and(FilterFn::new(|metadata| may_log(metadata.target(), *metadata.level())));
    Ok(match format {
        LogFormat::Pretty => Box::new(registry().with(layer().with_writer(writer).with_ansi(true).with_filter(filter))),
        LogFormat::Json => {
            let lines = layer().json().flatten_event(true).with_ansi(false).with_writer(writer);
            Box::new(registry().with(lines.with_filter(filter)))
        }
    })
}

/// Whether something of a target may be logged at a level, whatever the operator asks for. Other crates see frames, headers and
/// statements, in which personal data travel, and write them out at their finer levels.
fn may_log(target: &str, level: Level) -> bool {
    // That of OpenTelemetry tells of its own comings and goings at `info`.
    let most = if target.starts_with("opentelemetry") { Level::WARN } else { FOREIGN_LEVEL_MAX };
    level <= most || is_own(target)
}

/// Whether a target is this project's own: `lintas`, `lintas_hub`, `lintas_node`, or a module of these.
fn is_own(target: &str) -> bool {
    let krate = target.split("::").next().unwrap_or_default();
    krate == "lintas" || krate.starts_with("lintas_")
}

/// Makes a panic say where it happened, and its words only if they stand in the program's text: what was put together while it
/// ran may hold anything.
pub fn tame_panics() {
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, words = words_of(panic), "a panic");
    }));
}

fn words_of(panic: &PanicHookInfo<'_>) -> &'static str {
    let words = panic.payload().downcast_ref::<&'static str>().copied();
    words.unwrap_or("(left out: they may hold personal data)")
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
    fn other_crate_writes_frames_into_the_log() {
        let page = Page::default();
        let writer = page.clone();
        let subscriber = subscriber(LogFormat::Json, "trace,h2=trace,hyper=trace", move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::trace!(target: "h2::codec", "a frame");
            tracing::debug!(target: "hyper::proto", "a head");
            tracing::debug!(target: "lintasx", "no crate of ours");
            tracing::info!(target: "sqlx::query", "a slow statement");
            tracing::info!(target: "opentelemetry_sdk", "a coming or going");
            tracing::trace!(target: "lintas::link", "ours");
            tracing::trace!(target: "lintas_hub", "ours too");
        });
        let bytes = page.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        for said in ["a slow statement", "ours", "ours too"] {
            assert!(text.contains(said), "{text}");
        }
        assert_eq!(text.lines().count(), 3, "{text}");
    }

    #[test]
    fn panic_says_what_was_put_together() {
        let own = std::thread::current().id();
        let (out, said) = std::sync::mpsc::sync_channel(3);
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if std::thread::current().id() == own {
                out.send(words_of(panic)).unwrap();
            } else {
                before(panic);
            }
        }));
        let name = std::hint::black_box("Siti");
        assert!(panic::catch_unwind(|| panic!("cannot read {name}")).is_err());
        assert!(panic::catch_unwind(|| panic!("cannot be")).is_err());
        assert!(panic::catch_unwind(|| name.parse::<u32>().unwrap()).is_err());
        drop(panic::take_hook());
        let said: Vec<&str> = said.try_iter().collect();
        let left_out = "(left out: they may hold personal data)";
        assert_eq!(said, [left_out, "cannot be", left_out]);
    }

    #[test]
    fn unreadable_filter_is_taken_for_silence() {
        assert!(matches!(subscriber(LogFormat::Json, "lintas=loud", io::sink), Err(LogsError::Filter)));
    }
}

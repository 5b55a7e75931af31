//! What the service manager that started this process is told, in the words of `sd_notify(3)`: ready, how it stands, alive,
//! reloading, stopping. Started by hand, the process tells nobody. What "alive" means is the program's to say.

use std::env;
use std::ffi::OsString;
use std::future::Future;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::tasks::{OnFailure, Tasks};

/// Where the service manager listens: the path of a Unix socket, or `@` and an abstract name.
const SOCKET_VARIABLE: &str = "NOTIFY_SOCKET";
/// After how many microseconds without a sign of life the service manager kills the process.
const WATCHDOG_VARIABLE: &str = "WATCHDOG_USEC";
/// For which process that holds, if it says.
const WATCHDOG_PROCESS_VARIABLE: &str = "WATCHDOG_PID";

/// How often to look, if the watchdog does not want it more often.
const EVERY_MAX: Duration = Duration::from_secs(10);
/// How long a look may take where nobody wants signs of life.
const LOOK_UNWATCHED: Duration = Duration::from_mins(1);
/// So many looks fall into the time of the watchdog: one may take all of its part, and the next still comes in time.
const LOOKS: u32 = 3;
/// Longest standing that is told, in bytes; what is beyond is cut off.
const STATUS_BYTES_MAX: usize = 400;

/// The service manager, if there is one. Clones speak to the same one.
#[derive(Clone, Debug, Default)]
pub struct ServiceManager {
    line: Option<Arc<Line>>,
    watchdog: Option<Duration>,
}

/// The way to it.
#[derive(Debug)]
struct Line {
    socket: Socket,
    address: SockAddr,
}

impl ServiceManager {
    /// The one that the environment of this process names. What cannot be read of it is logged and left out: a service that
    /// works is worth more than one that reports.
    #[must_use]
    pub fn of_environment() -> Self {
        Self::from_variables(|name| env::var_os(name), std::process::id())
    }

    /// The one that `variable` names for the process `own`.
    fn from_variables(variable: impl Fn(&str) -> Option<OsString>, own: u32) -> Self {
        let Some(name) = variable(SOCKET_VARIABLE).filter(|name| !name.is_empty()) else { return Self::default() };
        let line = match Line::to(name) {
            Ok(line) => line,
            Err(error) => {
                tracing::warn!(%error, "{SOCKET_VARIABLE} names no socket; the service manager is told nothing");
                return Self::default();
            }
        };
        let text = |name| variable(name).and_then(|value: OsString| value.into_string().ok());
        let ours = text(WATCHDOG_PROCESS_VARIABLE).is_none_or(|process| process == own.to_string());
        let watchdog = text(WATCHDOG_VARIABLE).filter(|_| ours).and_then(|text| {
            let microseconds = text.parse().ok().filter(|microseconds| *microseconds > 0);
            if microseconds.is_none() {
                tracing::warn!("{WATCHDOG_VARIABLE} is no number of microseconds; no sign of life is given");
            }
            microseconds.map(Duration::from_micros)
        });
        Self { line: Some(Arc::new(line)), watchdog }
    }

    /// All is there that is needed to serve.
    pub fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={}", one_line(status)));
    }

    /// How it stands before it is ready, in a few words without personal data.
    pub fn starting(&self, status: &str) {
        self.tell(&format!("STATUS={}", one_line(status)));
    }

    /// Files are being read again; [`ServiceManager::reloaded`] ends that.
    pub fn reloading(&self) {
        self.tell("RELOADING=1");
    }

    /// They were read, or the old ones stay in use.
    pub fn reloaded(&self) {
        self.tell("READY=1");
    }

    /// Starts the task that tells how the process stands, until it stops. `look` asks whatever the process cannot do its work
    /// without, and says how it stands; it must come back also when the answer is that something is away, for only a look
    /// that does not come back counts as the death of the process. It is cut off after a third of the watchdog's time.
    pub fn watch<F>(&self, tasks: &Tasks, look: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = String> + Send,
    {
        if self.line.is_none() {
            return;
        }
        let (manager, stopping, limit) = (self.clone(), tasks.stopping(), self.look_limit());
        tasks.spawn("service-manager", OnFailure::EndProcess, async move {
            let looking = async {
                let mut ticks = interval(limit.min(EVERY_MAX));
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                let mut told = String::new();
                loop {
                    ticks.tick().await;
                    if let Ok(status) = timeout(limit, look()).await {
                        manager.alive(&status, &mut told);
                    } else {
                        let seconds = limit.as_secs();
                        tracing::error!(seconds, "no answer from within; the service manager gets no sign of life");
                    }
                }
            };
            tokio::select! {
                () = stopping.cancelled() => manager.tell("STOPPING=1\nSTATUS=stopping"),
                () = looking => {}
            }
            Ok::<(), std::convert::Infallible>(())
        });
    }

    /// How long a look may take.
    fn look_limit(&self) -> Duration {
        self.watchdog.and_then(|time| time.checked_div(LOOKS)).unwrap_or(LOOK_UNWATCHED)
    }

    fn alive(&self, status: &str, told: &mut String) {
        if status == told {
            self.tell("WATCHDOG=1");
        } else {
            self.tell(&format!("WATCHDOG=1\nSTATUS={}", one_line(status)));
            status.clone_into(told);
        }
    }

    fn tell(&self, text: &str) {
        let Some(line) = &self.line else { return };
        if let Err(error) = line.socket.send_to(text.as_bytes(), &line.address) {
            tracing::warn!(%error, "the service manager cannot be told how the process stands");
        }
    }
}

impl Line {
    fn to(name: OsString) -> io::Result<Self> {
        let mut bytes = name.into_vec();
        match bytes.first_mut() {
            Some(first) if *first == b'@' => *first = 0,
            Some(b'/') => {}
            _ => return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is neither a path nor an abstract name")),
        }
        let address = SockAddr::unix(OsString::from_vec(bytes))?;
        let socket = Socket::new(Domain::UNIX, Type::DGRAM, None)?;
        // A manager that does not listen must not hold up the process.
        socket.set_nonblocking(true)?;
        Ok(Self { socket, address })
    }
}

/// A line of its own: a line break would begin another word of the protocol.
fn one_line(text: &str) -> String {
    let mut line = text.replace(['\n', '\r'], " ");
    while line.len() > STATUS_BYTES_MAX {
        line.pop();
    }
    line
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::os::unix::net::UnixDatagram;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// A service manager's end.
    struct Listener {
        _folder: tempfile::TempDir,
        path: PathBuf,
        socket: UnixDatagram,
    }

    impl Listener {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("notify");
            let socket = UnixDatagram::bind(&path).unwrap();
            socket.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
            Self { _folder: folder, path, socket }
        }

        fn manager(&self, more: &[(&str, &str)]) -> ServiceManager {
            let path = self.path.to_str().unwrap().to_owned();
            from([&[(SOCKET_VARIABLE, path.as_str())], more].concat().as_slice())
        }

        fn heard(&self) -> String {
            let mut bytes = [0; 1024];
            let length = self.socket.recv(&mut bytes).unwrap();
            String::from_utf8(bytes[..length].to_vec()).unwrap()
        }

        fn silent(&self) -> bool {
            self.socket.set_nonblocking(true).unwrap();
            self.socket.recv(&mut [0; 1024]).is_err()
        }
    }

    fn from(variables: &[(&str, &str)]) -> ServiceManager {
        let of = |name: &str| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| value.into());
        ServiceManager::from_variables(of, 7)
    }

    #[test]
    fn ready_is_not_told_or_a_line_break_says_something_else() {
        let listener = Listener::new();
        let manager = listener.manager(&[]);
        manager.starting("opening\nREADY=1");
        assert_eq!(listener.heard(), "STATUS=opening READY=1");
        manager.ready("serves 13.71");
        assert_eq!(listener.heard(), "READY=1\nSTATUS=serves 13.71");
        manager.reloading();
        manager.reloaded();
        assert_eq!((listener.heard(), listener.heard()), ("RELOADING=1".to_owned(), "READY=1".to_owned()));
        manager.ready(&"ü".repeat(1000));
        assert_eq!(listener.heard().len(), "READY=1\nSTATUS=".len() + STATUS_BYTES_MAX);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn abstract_name_is_taken_for_a_path() {
        use std::os::linux::net::SocketAddrExt;
        let name = format!("lintas-test-{}", std::process::id());
        let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        from(&[(SOCKET_VARIABLE, &format!("@{name}"))]).ready("x");
        let mut bytes = [0; 64];
        let length = socket.recv(&mut bytes).unwrap();
        assert_eq!(&bytes[..length], b"READY=1\nSTATUS=x");
    }

    #[test]
    fn manager_that_is_away_or_misnamed_stops_the_process() {
        for name in ["", "relative", "/nowhere/notify"] {
            from(&[(SOCKET_VARIABLE, name)]).ready("x");
        }
        from(&[]).ready("x");
        let listener = Listener::new();
        let manager = listener.manager(&[]);
        // Nobody reads: in the end the queue is full, and telling must not wait for room.
        for _ in 0..10_000 {
            manager.starting("x");
        }
    }

    #[test]
    fn watchdog_of_another_process_is_served() {
        let listener = Listener::new();
        let of = |more: &[(&str, &str)]| listener.manager(more).watchdog;
        let time = (WATCHDOG_VARIABLE, "90000000");
        assert_eq!(of(&[time]), Some(Duration::from_secs(90)));
        assert_eq!(of(&[time, (WATCHDOG_PROCESS_VARIABLE, "7")]), Some(Duration::from_secs(90)));
        assert_eq!(of(&[time, (WATCHDOG_PROCESS_VARIABLE, "8")]), None);
        assert_eq!(of(&[(WATCHDOG_VARIABLE, "0")]), None);
        assert_eq!(of(&[(WATCHDOG_VARIABLE, "soon")]), None);
        assert_eq!(from(&[time]).watchdog, None);
    }

    #[test]
    fn sign_of_life_comes_too_late() {
        let listener = Listener::new();
        let limit = listener.manager(&[(WATCHDOG_VARIABLE, "90000000")]).look_limit();
        // One look that takes all of its time, after a wait that is never longer, still ends before the watchdog's time.
        assert!(limit.saturating_mul(2) < Duration::from_secs(90), "{limit:?}");
        assert_eq!(from(&[]).look_limit(), LOOK_UNWATCHED);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn store_that_is_away_looks_dead_or_the_stop_is_not_told() {
        let listener = Listener::new();
        let manager = listener.manager(&[(WATCHDOG_VARIABLE, "30000")]);
        let tasks = Tasks::new();
        let looks = AtomicU32::new(0);
        manager.watch(&tasks, move || {
            let look = looks.fetch_add(1, Ordering::SeqCst);
            ready(format!("serves, {}", if look < 2 { "well" } else { "the database is away" }))
        });
        for said in ["WATCHDOG=1\nSTATUS=serves, well", "WATCHDOG=1", "WATCHDOG=1\nSTATUS=serves, the database is away"]
        {
            assert_eq!(listener.heard(), said);
        }
        assert_eq!(listener.heard(), "WATCHDOG=1");
        assert!(tasks.shutdown(Duration::from_mins(1)).await);
        let last = std::iter::repeat_with(|| listener.heard()).find(|said| said != "WATCHDOG=1");
        assert_eq!(last.as_deref(), Some("STOPPING=1\nSTATUS=stopping"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn process_that_does_not_answer_within_looks_alive() {
        let listener = Listener::new();
        let manager = listener.manager(&[(WATCHDOG_VARIABLE, "30000")]);
        let tasks = Tasks::new();
        let (looked, mut looks) = tokio::sync::mpsc::channel(8);
        manager.watch(&tasks, move || {
            let looked = looked.clone();
            async move {
                let _ = looked.send(()).await;
                pending().await
            }
        });
        for _ in 0..4 {
            looks.recv().await.unwrap();
        }
        assert!(listener.silent());
        // It does not hold up the end either.
        assert!(tasks.shutdown(Duration::from_mins(1)).await);
    }
}

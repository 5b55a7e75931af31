//! A service started as its unit says, by hand: its account, its environment, its command, and a place to which it reports.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::root::Root;

/// How long a service may take to say something.
const PATIENCE: Duration = Duration::from_mins(1);

/// The lines of a unit: section, key, value.
pub(super) struct Unit(Vec<(String, String, String)>);

impl Unit {
    /// Reads a unit's file.
    pub(super) fn read(path: &Path) -> Self {
        let mut section = String::new();
        let mut lines = Vec::new();
        for line in fs::read_to_string(path).unwrap().lines().filter(|line| !line.starts_with('#') && !line.is_empty())
        {
            if let Some(name) = line.strip_prefix('[') {
                name.trim_end_matches(']').clone_into(&mut section);
            } else {
                let (key, value) = line.split_once('=').unwrap();
                lines.push((section.clone(), key.to_owned(), value.to_owned()));
            }
        }
        Self(lines)
    }

    /// The value of a key; it must be there once.
    pub(super) fn one(&self, section: &str, key: &str) -> &str {
        let [one] = self.all(section, key)[..] else { panic!("{key} is not there once in [{section}]") };
        one
    }

    /// All values of a key.
    pub(super) fn all(&self, section: &str, key: &str) -> Vec<&str> {
        let fits = |line: &&(String, String, String)| line.0 == section && line.1 == key;
        self.0.iter().filter(fits).map(|line| line.2.as_str()).collect()
    }
}

/// A service that runs.
pub(super) struct Service {
    child: Child,
    reports: UnixDatagram,
    socket: PathBuf,
    log: PathBuf,
}

impl Service {
    /// Starts an installed service and waits until it says that it is ready.
    pub(super) fn start(root: &Root, name: &str) -> Self {
        let unit = Unit::read(&root.of(&format!("usr/lib/systemd/system/{name}.service")));
        let place = format!("/run/{name}.notify");
        let socket = root.of(&place);
        let reports = UnixDatagram::bind(&socket).unwrap();
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).unwrap();
        reports.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut words = unit.one("Service", "ExecStart").split(' ');
        let program = words.next().unwrap();
        let mut command = root.command(unit.one("Service", "User"), program, &words.collect::<Vec<_>>());
        let environment = unit.one("Service", "EnvironmentFile").trim_start_matches('-');
        for line in fs::read_to_string(root.of(environment)).unwrap().lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, value)) = line.split_once('=') {
                command.env(name, value);
            }
        }
        // Where the usual port is taken by another program of this machine.
        command.env("LINTAS_OBSERVE_LISTEN", "127.0.0.1:0");
        let seconds: u64 = unit.one("Service", "WatchdogSec").parse().unwrap();
        command.env("NOTIFY_SOCKET", &place).env("WATCHDOG_USEC", format!("{seconds}000000"));
        let log = root.of(&format!("var/log/{name}.log"));
        let child = command.stdout(Stdio::null()).stderr(fs::File::create(&log).unwrap()).spawn().unwrap();
        let mut service = Self { child, reports, socket, log };
        let ready = service.hear("READY=1");
        assert!(ready.contains("STATUS=serves "), "{ready}");
        service
    }

    /// The next report that has this line, however many come before.
    pub(super) fn hear(&mut self, line: &str) -> String {
        loop {
            let mut bytes = [0; 2048];
            let length = self.reports.recv(&mut bytes).unwrap_or_else(|error| {
                panic!("no {line} comes ({error}); the process: {:?}", self.child.try_wait());
            });
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if text.lines().any(|other| other == line) {
                return text;
            }
        }
    }

    /// Ends it as a service manager does; it must end in order.
    pub(super) fn stop(mut self) {
        self.signal("TERM");
        self.hear("STOPPING=1");
        let status = self.child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "{}", fs::read_to_string(&self.log).unwrap());
    }

    /// Sends it a signal.
    pub(super) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.socket);
    }
}

//! The units of the packages: what a service may do on its machine, and that its times fit the program's.

use std::process::Command;

use lintas::runtime::Exit;
use lintas::runtime::shutdown::SOFT_LIMIT_SECONDS_DEFAULT;

use super::build::{Manifest, top};
use super::service::Unit;

const NAMES: [(&str, &str); 2] = [("hub", "lintas-hub"), ("regional-node", "lintas-node")];

/// What every unit says, so that whoever takes over the program has not taken over its machine.
const HARD: [(&str, &str); 31] = [
    ("NoNewPrivileges", "yes"),
    ("CapabilityBoundingSet", ""),
    ("AmbientCapabilities", ""),
    ("ProtectSystem", "strict"),
    ("ProtectHome", "yes"),
    ("ProtectProc", "invisible"),
    ("ProcSubset", "pid"),
    ("PrivateTmp", "yes"),
    ("PrivateDevices", "yes"),
    ("PrivateUsers", "yes"),
    ("PrivateMounts", "yes"),
    ("DevicePolicy", "closed"),
    ("ProtectClock", "yes"),
    ("ProtectHostname", "yes"),
    ("ProtectControlGroups", "yes"),
    ("ProtectKernelLogs", "yes"),
    ("ProtectKernelModules", "yes"),
    ("ProtectKernelTunables", "yes"),
    ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6"),
    ("RestrictNamespaces", "yes"),
    ("RestrictRealtime", "yes"),
    ("RestrictSUIDSGID", "yes"),
    ("LockPersonality", "yes"),
    ("MemoryDenyWriteExecute", "yes"),
    ("RemoveIPC", "yes"),
    ("KeyringMode", "private"),
    ("SystemCallArchitectures", "native"),
    ("SystemCallErrorNumber", "EPERM"),
    ("UMask", "0077"),
    ("LimitCORE", "0"),
    ("StateDirectoryMode", "0700"),
];
/// And the one that serves.
const SERVING: [(&str, &str); 3] = [("Type", "notify"), ("NotifyAccess", "main"), ("Restart", "on-failure")];
/// The program waits so long for its turn at the database, and for another program's lock on it (src/store/sqlite/settings.rs).
const STORE_SECONDS: u64 = 30 + 5;
/// A look within the watchdog's time takes a third of it at most (src/runtime/manager.rs).
const LOOKS: u64 = 3;
/// What is left of a stop when the soft limit is over: dropping tasks, threads that block (src/runtime/).
const HARD_STOP_SECONDS: u64 = 5;
/// Of ten that systemd's own judgement knows: the network and a Unix socket must be left open.
const EXPOSURE_MAX: u32 = 15;

fn units() -> [(&'static str, Unit); 2] {
    NAMES.map(|(_, name)| (name, unit(&format!("{name}.service"))))
}

fn unit(file: &str) -> Unit {
    Unit::read(&top().join("deploy/systemd").join(file))
}

#[test]
fn service_may_do_more_than_it_needs() {
    for (name, serving) in units() {
        for (key, value) in SERVING {
            assert_eq!(serving.one("Service", key), value, "{name}: {key}");
        }
    }
    let backups = NAMES.map(|(_, name)| (name, unit(&format!("{name}-backup.service"))));
    for (name, unit) in units().into_iter().chain(backups) {
        for (key, value) in HARD {
            assert_eq!(unit.one("Service", key), value, "{name}: {key}");
        }
        assert_eq!(unit.all("Service", "SystemCallFilter"), ["@system-service", "~@privileged @resources"], "{name}");
        for open in ["ReadWritePaths", "BindPaths", "DeviceAllow", "ExecStartPre", "PermissionsStartOnly"] {
            assert!(unit.all("Service", open).is_empty(), "{name}: {open}");
        }
        assert_eq!((unit.one("Service", "User"), unit.one("Service", "StateDirectory")), (name, name));
    }
}

#[test]
fn systemd_finds_a_unit_exposed_or_wrong() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        eprintln!("systemd-analyze is not here: the units are not shown to it");
        return;
    }
    for (name, unit) in units() {
        let file = top().join(format!("deploy/systemd/{name}.service"));
        let mut command = Command::new("systemd-analyze");
        command
            .args(["security", "--offline=true", "--no-pager"])
            .arg(format!("--threshold={EXPOSURE_MAX}"))
            .arg(&file);
        let output = command.output().unwrap();
        let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
        assert!(output.status.success(), "{name}: {said}");
        let output = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&file).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        // Where the package is not installed its program is not there, and nothing else may be wrong.
        let program = unit.one("Service", "ExecStart").split(' ').next().unwrap();
        let harmless = |line: &str| line.contains(&format!("Command {program} is not executable"));
        assert!(said.lines().all(harmless), "{name}: {said}");
    }
}

#[test]
fn times_of_a_unit_are_shorter_than_the_programs() {
    for (name, unit) in units() {
        let seconds = |key: &str| -> u64 { unit.one("Service", key).parse().unwrap() };
        assert!(seconds("TimeoutStopSec") > SOFT_LIMIT_SECONDS_DEFAULT + HARD_STOP_SECONDS, "{name}");
        assert!(seconds("WatchdogSec") > LOOKS * STORE_SECONDS, "{name}: a database that is away would be a death");
        let given_up: Vec<u8> =
            unit.one("Service", "RestartPreventExitStatus").split(' ').map(|code| code.parse().unwrap()).collect();
        let lasting = [Exit::CommandLine, Exit::BadData, Exit::NoPermission, Exit::Configuration];
        assert_eq!(given_up, lasting.map(Exit::code), "{name}");
    }
    let [(_, hub), _] = units();
    let descriptors: usize = hub.one("Service", "LimitNOFILE").parse().unwrap();
    assert!(descriptors > 2 * 4096, "link.connections_max is beyond what the system allows");
}

/// Tried every five seconds, a limit on how often would be reached in a minute, and the service would stay down when its database
/// is back.
#[test]
fn service_is_given_up_while_its_database_is_away() {
    for (name, unit) in units() {
        assert_eq!(unit.one("Unit", "StartLimitIntervalSec"), "0", "{name}");
        assert!(unit.all("Unit", "StartLimitBurst").is_empty(), "{name}");
    }
}

#[test]
fn unit_calls_for_what_the_package_does_not_bring() {
    for ((folder, name), (_, unit)) in NAMES.into_iter().zip(units()) {
        let manifest = Manifest::read(folder);
        let brought: Vec<String> = manifest
            .assets()
            .into_iter()
            .map(|(source, target, _)| match target.strip_suffix('/') {
                Some(folder) => format!("/{folder}/{}", source.rsplit('/').next().unwrap()),
                None => format!("/{target}"),
            })
            .collect();
        let words: Vec<&str> = unit.one("Service", "ExecStart").split(' ').collect();
        assert_eq!(words, [&*format!("/usr/bin/{name}"), "--data", &*format!("/var/lib/{name}"), "run"]);
        let environment = unit.one("Service", "EnvironmentFile").trim_start_matches('-');
        let papers = unit.one("Unit", "Documentation");
        let paper = papers.split(' ').find_map(|paper| paper.strip_prefix("file://")).unwrap();
        for path in [words[0], environment, paper] {
            assert!(brought.iter().any(|other| other == path), "{name}: {path}");
        }
    }
}

/// Hub and node differ in name and settings file alone; a fault mended in one must not stay in the other.
#[test]
fn scripts_of_the_two_packages_differ() {
    for script in ["postinst", "prerm", "postrm"] {
        let read = |name: &str| std::fs::read_to_string(top().join(format!("deploy/debian/{name}/{script}"))).unwrap();
        let expected = read("lintas-hub").replace("lintas-hub", "lintas-node").replace("hub.toml", "node.toml");
        assert_eq!(read("lintas-node"), expected, "{script}");
    }
}

//! A measurement that somebody ends by Ctrl-C: hub, nodes and database servers end with it.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use lintas_tests::programs;

/// By what its processes are known: they inherit it.
const MARK: &str = "LINTAS_INTERRUPTED_TEST";

/// How many processes of this test run.
fn running(mark: &str) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path().join("environ"));
    let marked = format!("{MARK}={mark}");
    let environments = processes.filter_map(|path| std::fs::read(path).ok());
    environments.filter(|all| all.split(|byte| *byte == 0).any(|one| one == marked.as_bytes())).count()
}

#[test]
fn interrupted_measurement_leaves_servers_running() {
    let mark = std::process::id().to_string();
    let mut command = Command::new(programs::bench().unwrap());
    command.args(["--only", "latency", "--runs", "1"]).env(MARK, &mark).process_group(0);
    let mut bench = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
    // Two clusters are there when it says what it does next.
    let said = BufReader::new(bench.stdout.take().unwrap()).lines().next();
    assert!(said.is_some_and(|line| line.unwrap().contains("preparing")));
    assert!(running(&mark) > 2);
    // As a terminal does: to all in the foreground.
    let group = format!("-{}", bench.id());
    assert!(Command::new("kill").args(["-INT", "--", &group]).status().unwrap().success());
    assert_eq!(bench.wait().unwrap().code(), Some(130));
    assert_eq!(running(&mark), 0, "left running");
}

//! Where and on what it was measured, for whoever reads the figures later. It names no person, host or folder.

use std::fs;
use std::process::Command;

use lintas::runtime::{Clock as _, SystemClock};
use serde_json::{Value, json};

/// Date, machine and versions.
pub(super) fn describe(postgres: &str) -> Value {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).and_then(|line| line.split_once(':'));
        line.map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let day = SystemClock.now().div_euclid(1_000_000);
    json!({
        "date": said("date", &["-u", "-d", &format!("@{day}"), "+%Y-%m-%d %H:%M UTC"]),
        "cpu": field(&read("/proc/cpuinfo"), "model name"),
        "cores": cores,
        "memory": field(&read("/proc/meminfo"), "MemTotal"),
        "kernel": read("/proc/sys/kernel/osrelease").trim(),
        "load": read("/proc/loadavg").trim(),
        "postgresql": postgres,
        "commit": said("git", &["describe", "--always", "--dirty"]),
        "lintas": env!("CARGO_PKG_VERSION"),
    })
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    match output {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Ok(_) | Err(_) => "unknown".to_owned(),
    }
}

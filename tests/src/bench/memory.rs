//! How much memory a process has, as the kernel counts it.

use std::fs;

use super::error::{BenchError, Result};

/// Memory of one process, in KiB.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Memory {
    /// Resident now (`VmRSS`).
    pub(super) now: u64,
    /// Most that was ever resident (`VmHWM`).
    pub(super) most: u64,
}

impl Memory {
    /// Of a running process.
    pub(super) fn of(process: Option<u32>) -> Result<Self> {
        let id =
            process.ok_or_else(|| BenchError::Wrong("a process whose memory is wanted does not run".to_owned()))?;
        let status = fs::read_to_string(format!("/proc/{id}/status"))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            let number = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok());
            number.ok_or_else(|| BenchError::Wrong(format!("/proc has no {name}")))
        };
        Ok(Self { now: field("VmRSS")?, most: field("VmHWM")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_memory_is_not_found() {
        let own = Memory::of(Some(std::process::id())).unwrap();
        assert!(own.now > 0 && own.most >= own.now, "{own:?}");
        assert!(Memory::of(None).is_err());
    }
}

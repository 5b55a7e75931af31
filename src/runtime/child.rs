//! Processes that belong to another: they are asked to end when it does, however it ends. It starts none by itself.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::process::{Pid, Signal, getppid, kill_process, set_parent_process_death_signal};

/// Becomes another program, which is asked to end (SIGTERM) as soon as the thread of `parent` that started this process is gone. Returns
/// only if that cannot be.
#[must_use]
pub fn become_bound(parent: u32, program: &OsString, arguments: &[OsString]) -> io::Error {
    if let Err(error) = set_parent_process_death_signal(Some(Signal::TERM)) {
        return error.into();
    }
    // It may have gone before that was set.
    if getppid() != pid(parent) {
        return io::Error::other("the process to which this one belongs is gone");
    }
    Command::new(program).args(arguments).exec()
}

/// Asks a process to end in order: SIGTERM.
///
/// # Errors
/// If there is none of that number, or it is another account's.
pub fn ask_to_end(process: u32) -> io::Result<()> {
    let pid = pid(process).ok_or(io::ErrorKind::NotFound)?;
    Ok(kill_process(pid, Signal::TERM)?)
}

fn pid(number: u32) -> Option<Pid> {
    i32::try_from(number).ok().and_then(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stranger_is_taken_for_the_parent() {
        let error = become_bound(1, &"/bin/true".into(), &[]);
        assert_eq!(error.kind(), io::ErrorKind::Other, "{error}");
        set_parent_process_death_signal(None).unwrap();
    }

    #[test]
    fn process_that_is_asked_to_end_goes_on() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        ask_to_end(child.id()).unwrap();
        assert!(!child.wait().unwrap().success());
        assert!(ask_to_end(0).is_err());
    }
}

//! What the exit codes of both programs mean. Scripts rely on them: a code keeps its meaning for ever.

use std::io;
use std::process::{ExitCode, Termination};

/// How a program ended, in the spirit of BSD's `sysexits.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// 0: done, or stopped in order as asked.
    Done,
    /// 1: what was asked could not be done; the message says why.
    NotDone,
    /// 2: the command line is wrong.
    CommandLine,
    /// 65: data does not verify.
    BadData,
    /// 69: what the program needs is not there: the running node, the database, the hub.
    Unavailable,
    /// 70: a fault of the program itself; a task of it failed.
    Internal,
    /// 77: no permission, or a file is open to others than its owner.
    NoPermission,
    /// 78: the configuration is wrong.
    Configuration,
    /// What a check for monitoring found: its codes are the monitoring's, not these.
    Watched(Watch),
}

/// How a check for monitoring ends, as Nagios, Icinga and their like read it (Monitoring Plugins, "Plugin Return Codes"). These are
/// codes of `status --check` alone: of other commands 1 and 2 mean what [`Exit`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Watch {
    /// 0: all is well.
    Ok,
    /// 1: somebody should look.
    Warning,
    /// 2: somebody must look now.
    Critical,
    /// 3: it could not be found out.
    Unknown,
}

impl Watch {
    /// The word that stands in the line for the monitoring.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl Exit {
    /// What the system said no to: whether that was for want of a permission.
    #[must_use]
    pub fn of_io(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::PermissionDenied { Self::NoPermission } else { Self::NotDone }
    }

    /// All of them that mean the same of every command, by code.
    pub const ALL: [Self; 8] = [
        Self::Done,
        Self::NotDone,
        Self::CommandLine,
        Self::BadData,
        Self::Unavailable,
        Self::Internal,
        Self::NoPermission,
        Self::Configuration,
    ];

    /// The number that the shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done | Self::Watched(Watch::Ok) => 0,
            Self::NotDone | Self::Watched(Watch::Warning) => 1,
            Self::CommandLine | Self::Watched(Watch::Critical) => 2,
            Self::Watched(Watch::Unknown) => 3,
            Self::BadData => 65,
            Self::Unavailable => 69,
            Self::Internal => 70,
            Self::NoPermission => 77,
            Self::Configuration => 78,
        }
    }

    /// The meaning in a few words, for help texts.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, or stopped in order",
            Self::NotDone => "could not be done",
            Self::CommandLine => "the command line is wrong",
            Self::BadData => "data does not verify",
            Self::Unavailable => "something needed is not there",
            Self::Internal => "a fault of the program",
            Self::NoPermission => "no permission, or a file is open to others",
            Self::Configuration => "the configuration is wrong",
            Self::Watched(_) => "what a check for monitoring found",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_endings_share_a_code_or_one_lies_in_the_range_of_signals() {
        let mut codes = Exit::ALL.map(Exit::code).to_vec();
        codes.dedup();
        assert_eq!(codes, [0, 1, 2, 65, 69, 70, 77, 78]);
        let watched = [Watch::Ok, Watch::Warning, Watch::Critical, Watch::Unknown];
        assert_eq!(watched.map(|watch| Exit::Watched(watch).code()), [0, 1, 2, 3]);
        assert!(watched.is_sorted());
    }
}

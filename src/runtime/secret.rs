//! A secret that somebody types, or that a program hands over on standard input: one line, not shown while it is typed, wiped when it
//! goes. It never comes from an argument list, which others on the machine can read.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

/// Longest line that is read, in bytes.
pub const SECRET_BYTES_MAX: u64 = 1024;

/// Whether somebody sits at a terminal who can be asked.
#[must_use]
pub fn can_ask() -> bool {
    io::stdin().is_terminal()
}

/// Reads one line of standard input, without its line break. At a terminal `prompt` is shown, and what is typed is not.
///
/// # Errors
/// If there is no line, or a longer one, or one that is no text.
pub fn read_line(prompt: &str) -> io::Result<Zeroizing<String>> {
    let hidden = Hidden::begin(prompt);
    let mut line = Zeroizing::new(String::with_capacity(usize::try_from(SECRET_BYTES_MAX).unwrap_or_default()));
    let read = io::stdin().lock().take(SECRET_BYTES_MAX).read_line(&mut line)?;
    drop(hidden);
    if read == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "standard input holds no line"));
    }
    if !line.ends_with('\n') && u64::try_from(read).unwrap_or(u64::MAX) >= SECRET_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the line is longer than 1024 bytes"));
    }
    let end = line.trim_end_matches(['\n', '\r']).len();
    line.truncate(end);
    Ok(line)
}

/// A terminal that does not show what is typed, until this goes.
struct Hidden(Termios);

impl Hidden {
    fn begin(prompt: &str) -> Option<Self> {
        if !can_ask() {
            return None;
        }
        let _ = write!(io::stderr().lock(), "{prompt}: ");
        let before = tcgetattr(io::stdin()).ok()?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden).ok()?;
        Some(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // A terminal that has gone away has nothing to show.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
        let _ = writeln!(io::stderr().lock());
    }
}

//! Whether the program runs, whether there are backups, whether the system lets the process have what it may need.

use super::Finding;
use crate::domain::Timestamp;

/// Hours after which a backup is old.
pub const BACKUP_HOURS: i64 = 48;
/// Files that a program has open beside its connections.
pub const DESCRIPTORS_BESIDE: u64 = 256;

/// Whether a node serves a folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Running {
    /// It answers.
    Yes,
    /// Nobody answers.
    No,
    /// Another account answers.
    Foreign,
}

/// Judges whether a node runs.
#[must_use]
pub fn judge_running(running: Running) -> Finding {
    match running {
        Running::Yes => Finding::ok("running", "node-runs", vec![]),
        Running::No => Finding::warning("running", "node-stopped", vec![]),
        Running::Foreign => Finding::problem("running", "node-foreign", vec![]),
    }
}

/// What is known of backups.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Backups {
    /// Their folder.
    pub folder: String,
    /// Whether a file can be made there, or why not.
    pub writable: Result<(), String>,
    /// When the newest one was made, or why that cannot be told.
    pub newest: Result<Option<Timestamp>, String>,
    /// The time.
    pub now: Timestamp,
}

/// Judges the backups.
#[must_use]
pub fn judge_backups(facts: &Backups) -> Vec<Finding> {
    let folder = || ("folder", facts.folder.clone());
    let mut found = Vec::new();
    if let Err(cause) = &facts.writable {
        found.push(Finding::problem("backups", "backups-unwritable", vec![folder(), ("cause", cause.clone())]));
    }
    let hours = |made| facts.now.seconds_since(made).checked_div(3600).unwrap_or(0).max(0);
    found.push(match facts.newest.as_ref().map(|newest| newest.map(hours)) {
        Err(cause) => Finding::problem("backups", "backups-unreadable", vec![folder(), ("cause", cause.clone())]),
        Ok(None) => Finding::warning("backups", "backup-none", vec![]),
        Ok(Some(hours)) if hours >= BACKUP_HOURS => {
            Finding::warning("backups", "backup-old", vec![("hours", hours.to_string())])
        }
        Ok(Some(hours)) => Finding::ok("backups", "backup-ok", vec![("hours", hours.to_string())]),
    });
    found
}

/// Judges how many files and connections the process may have open, of how many it may need.
#[must_use]
pub fn judge_descriptors(most: Option<u64>, connections: u64) -> Finding {
    let needed = connections.saturating_add(DESCRIPTORS_BESIDE);
    match most {
        Some(most) if most < needed => {
            let known = vec![("most", most.to_string()), ("needed", needed.to_string())];
            Finding::warning("limits", "descriptors-few", known)
        }
        Some(most) => Finding::ok("limits", "descriptors-ok", vec![("most", most.to_string())]),
        None => Finding::ok("limits", "descriptors-unlimited", vec![]),
    }
}

/// Judges whether the settings can be read; `wrong` are their mistakes, a line each.
#[must_use]
pub fn judge_settings(wrong: &[String]) -> Vec<Finding> {
    if wrong.is_empty() {
        return vec![Finding::ok("settings", "settings-ok", vec![])];
    }
    wrong.iter().map(|line| Finding::problem("settings", "settings-wrong", vec![("cause", line.clone())])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_or_missing_backup_is_well() {
        let now = Timestamp(2_000_000_000_000_000);
        let codes = |newest: Option<i64>, writable: Result<(), String>| {
            let newest = Ok(newest.map(|hours| now.plus_seconds(-3600 * hours)));
            let facts = Backups { folder: "/x".to_owned(), writable, newest, now };
            judge_backups(&facts).into_iter().map(|finding| finding.code).collect::<Vec<_>>()
        };
        assert_eq!(codes(Some(1), Ok(())), ["backup-ok"]);
        assert_eq!(codes(Some(BACKUP_HOURS), Ok(())), ["backup-old"]);
        assert_eq!(codes(None, Ok(())), ["backup-none"]);
        assert_eq!(codes(Some(1), Err("no".to_owned())), ["backups-unwritable", "backup-ok"]);
        let newest = Err("no".to_owned());
        let unreadable = judge_backups(&Backups { folder: "/x".to_owned(), writable: Ok(()), newest, now });
        assert_eq!(unreadable[0].code, "backups-unreadable");
    }

    #[test]
    fn stopped_node_is_well() {
        assert_eq!(judge_running(Running::Yes).code, "node-runs");
        assert_eq!(judge_running(Running::No).code, "node-stopped");
        assert_eq!(judge_running(Running::Foreign).code, "node-foreign");
    }

    #[test]
    fn too_few_descriptors_are_well() {
        assert_eq!(judge_descriptors(Some(1024), 4096).code, "descriptors-few");
        assert_eq!(judge_descriptors(Some(8192), 4096).code, "descriptors-ok");
        assert_eq!(judge_descriptors(None, 4096).code, "descriptors-unlimited");
    }

    #[test]
    fn wrong_settings_are_well() {
        assert_eq!(judge_settings(&[])[0].code, "settings-ok");
        assert_eq!(judge_settings(&["one".to_owned(), "two".to_owned()]).len(), 2);
    }
}

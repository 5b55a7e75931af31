//! Whether there is room: for what is written, and for the next backup.

use super::Finding;
use crate::care::error::mebibytes;
use crate::runtime::machine::Room;

/// Below so many free bytes nothing can be promised.
pub const BYTES_LEAST: u64 = 64 << 20;
/// Of a hundred: free room below which an operator should act, and below which it is a problem.
pub const PERCENT: (u64, u64) = (10, 2);

/// What is known of one file system.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// The folder that lies on it.
    pub folder: String,
    /// Its room, or why it cannot be told.
    pub room: Result<Room, String>,
    /// The size of the database on it, in bytes; zero if there is none.
    pub database: u64,
}

/// How much of a hundred is free; a hundred of nothing.
#[must_use]
pub fn percent(free: u64, total: u64) -> u64 {
    free.saturating_mul(100).checked_div(total).unwrap_or(100)
}

/// Judges bytes, files, and room for a backup.
#[must_use]
pub fn judge(facts: &Facts) -> Vec<Finding> {
    let folder = || ("folder", facts.folder.clone());
    let room = match &facts.room {
        Ok(room) => room,
        Err(cause) => {
            return vec![Finding::problem("disk", "disk-unknown", vec![folder(), ("cause", cause.clone())])];
        }
    };
    let left = percent(room.bytes_free, room.bytes_total);
    let known = vec![folder(), ("free", mebibytes(room.bytes_free)), ("percent", left.to_string())];
    let mut found = vec![if room.bytes_free < BYTES_LEAST || left < PERCENT.1 {
        Finding::problem("disk", "disk-full", known)
    } else if left < PERCENT.0 {
        Finding::warning("disk", "disk-low", known)
    } else {
        Finding::ok("disk", "disk-ok", known)
    }];
    if let (Some(free), Some(total)) = (room.files_free, room.files_total) {
        let left = percent(free, total);
        let known = vec![folder(), ("free", free.to_string()), ("percent", left.to_string())];
        if left < PERCENT.1 {
            found.push(Finding::problem("disk", "inodes-gone", known));
        } else if left < PERCENT.0 {
            found.push(Finding::warning("disk", "inodes-low", known));
        }
    }
    let needed = facts.database.saturating_mul(2).saturating_add(1 << 20);
    if room.bytes_free < needed {
        let known = vec![folder(), ("free", mebibytes(room.bytes_free)), ("needed", mebibytes(needed))];
        found.push(Finding::warning("disk", "no-room-for-backup", known));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    fn codes(free: u64, total: u64, files: Option<(u64, u64)>, database: u64) -> Vec<&'static str> {
        let room = Room {
            bytes_free: free,
            bytes_total: total,
            files_free: files.map(|(free, _)| free),
            files_total: files.map(|(_, total)| total),
        };
        let facts = Facts { folder: "/x".to_owned(), room: Ok(room), database };
        judge(&facts).into_iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn full_disk_is_well() {
        assert_eq!(codes(50 * GIB, 100 * GIB, Some((90, 100)), GIB), ["disk-ok"]);
        assert_eq!(codes(9 * GIB, 100 * GIB, None, GIB), ["disk-low"]);
        assert_eq!(codes(GIB, 100 * GIB, None, GIB / 4), ["disk-full"]);
        assert_eq!(codes(1 << 20, 2 << 20, None, 0), ["disk-full"]);
        let facts = Facts { folder: "/x".to_owned(), room: Err("no".to_owned()), database: 0 };
        assert_eq!(judge(&facts)[0].code, "disk-unknown");
    }

    #[test]
    fn files_run_out_unseen() {
        assert_eq!(codes(50 * GIB, 100 * GIB, Some((1, 100)), 0), ["disk-ok", "inodes-gone"]);
        assert_eq!(codes(50 * GIB, 100 * GIB, Some((9, 100)), 0), ["disk-ok", "inodes-low"]);
    }

    #[test]
    fn backup_will_not_fit() {
        assert_eq!(codes(50 * GIB, 100 * GIB, None, 30 * GIB), ["disk-ok", "no-room-for-backup"]);
    }
}

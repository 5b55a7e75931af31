//! Whether folder, keys and database are this account's alone.

use super::Finding;

/// What a file or folder should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A folder, mode 0700.
    Folder,
    /// A file with a secret in it, mode 0600.
    Secret,
    /// A file that others may read and only its account may write.
    Public,
}

impl Kind {
    /// Bits that may be set.
    const fn most(self) -> u32 {
        match self {
            Self::Folder => 0o700,
            Self::Secret => 0o600,
            Self::Public => 0o755,
        }
    }
}

/// What is known of one file or folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Its path.
    pub path: String,
    /// What it should be.
    pub kind: Kind,
    /// Permission bits and owning account; none if it is not there.
    pub found: Result<Option<(u32, u32)>, String>,
    /// The account that asks.
    pub account: u32,
    /// Whether it must be there.
    pub needed: bool,
}

/// Judges modes and owners. All that is well is said in one finding.
#[must_use]
pub fn judge(facts: &[Facts]) -> Vec<Finding> {
    let found: Vec<Finding> = facts.iter().filter_map(one).collect();
    if found.is_empty() {
        let there = facts.iter().filter(|facts| matches!(facts.found, Ok(Some(_)))).count();
        return vec![Finding::ok("files", "files-ok", vec![("count", there.to_string())])];
    }
    found
}

fn one(facts: &Facts) -> Option<Finding> {
    let path = || ("path", facts.path.clone());
    let (mode, owner) = match &facts.found {
        Err(cause) => {
            return Some(Finding::problem("files", "file-unreadable", vec![path(), ("cause", cause.clone())]));
        }
        Ok(None) if facts.needed => return Some(Finding::problem("files", "file-missing", vec![path()])),
        Ok(None) => return None,
        Ok(Some(found)) => *found,
    };
    let most = facts.kind.most();
    if mode & !most != 0 {
        let known = vec![path(), ("mode", format!("{mode:04o}")), ("wanted", format!("{most:o}"))];
        return Some(Finding::problem("files", "mode-loose", known));
    }
    if owner != facts.account && facts.account != 0 {
        let known = vec![path(), ("owner", owner.to_string()), ("account", facts.account.to_string())];
        return Some(Finding::problem("files", "owner-other", known));
    }
    None
}

/// Whether files that the program writes will be another account's: root looking after a service of its own account.
#[must_use]
pub fn judge_account(account: u32, owner: Option<u32>) -> Option<Finding> {
    let owner = owner.filter(|owner| *owner != account)?;
    let known = vec![("account", account.to_string()), ("owner", owner.to_string())];
    Some(Finding::warning("files", "account-other", known))
}

/// Whether the key that locks stored content lies beside what it locks, so that whoever takes the disk has both.
#[must_use]
pub fn judge_storage_key(path: &str, beside: bool) -> Finding {
    let known = vec![("path", path.to_owned())];
    if beside {
        Finding::warning("files", "storage-key-beside", known)
    } else {
        Finding::ok("files", "storage-key-apart", known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(kind: Kind, found: Option<(u32, u32)>) -> Facts {
        Facts { path: "/x/key".to_owned(), kind, found: Ok(found), account: 1000, needed: true }
    }

    fn code(facts: Facts) -> &'static str {
        judge(&[facts])[0].code
    }

    #[test]
    fn key_that_others_can_read_is_well() {
        for (kind, mode) in [(Kind::Secret, 0o640), (Kind::Secret, 0o700), (Kind::Folder, 0o750), (Kind::Public, 0o666)]
        {
            assert_eq!(code(facts(kind, Some((mode, 1000)))), "mode-loose", "{mode:o}");
        }
        let remedy = &judge(&[facts(Kind::Secret, Some((0o644, 1000)))])[0].facts;
        assert!(remedy.contains(&("wanted", "600".to_owned())));
        for (kind, mode) in [(Kind::Secret, 0o400), (Kind::Folder, 0o700), (Kind::Public, 0o644)] {
            assert_eq!(code(facts(kind, Some((mode, 1000)))), "files-ok", "{mode:o}");
        }
    }

    #[test]
    fn missing_or_foreign_file_is_well() {
        assert_eq!(code(facts(Kind::Secret, None)), "file-missing");
        assert_eq!(code(Facts { needed: false, ..facts(Kind::Public, None) }), "files-ok");
        assert_eq!(code(facts(Kind::Secret, Some((0o600, 0)))), "owner-other");
        assert_eq!(code(Facts { account: 0, ..facts(Kind::Secret, Some((0o600, 1000))) }), "files-ok");
        assert_eq!(code(Facts { found: Err("no".to_owned()), ..facts(Kind::Secret, None) }), "file-unreadable");
    }

    #[test]
    fn key_beside_what_it_locks_is_well() {
        assert_eq!(judge_storage_key("/x/storage.key", true).code, "storage-key-beside");
        assert_eq!(judge_storage_key("credential:storage.key", false).code, "storage-key-apart");
    }

    #[test]
    fn root_writes_files_that_the_service_cannot_read() {
        assert_eq!(judge_account(0, Some(1000)).unwrap().code, "account-other");
        assert_eq!(judge_account(0, Some(0)), None);
        assert_eq!(judge_account(0, None), None);
    }
}

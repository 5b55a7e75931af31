//! Secrets that the service manager hands to this process as files (systemd's `LoadCredential=`): how a setting names one, and
//! where they lie. It reads none of them.

use std::env;
use std::path::{Path, PathBuf};

/// What a setting that names a credential begins with; then the credential's name.
pub const PREFIX: &str = "credential:";
/// The environment variable in which the service manager says where the credentials of this process are.
const FOLDER_VARIABLE: &str = "CREDENTIALS_DIRECTORY";

/// Where the credentials of this process are, if it was given any.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    env::var_os(FOLDER_VARIABLE).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// What a setting means that names a file with a secret: `credential:NAME` is that credential, anything else a path from
/// `base` on. A credential stays as it is written if this process was given none: not every command needs every secret, and
/// the one that does says so ([`missing`]).
///
/// # Errors
/// If it cannot be a credential's name.
pub fn place(text: &str, base: &Path) -> Result<PathBuf, &'static str> {
    place_in(text, base, folder().as_deref())
}

fn place_in(text: &str, base: &Path, folder: Option<&Path>) -> Result<PathBuf, &'static str> {
    let Some(name) = text.strip_prefix(PREFIX) else { return Ok(base.join(text)) };
    let plain = |c: char| c.is_ascii_alphanumeric() || ['.', '-', '_'].contains(&c);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        return Err("a credential's name is made of letters, digits, . - and _, such as credential:signing.key");
    }
    Ok(folder.map_or_else(|| PathBuf::from(text), |folder| folder.join(name)))
}

/// The name of the credential that [`place`] left as it was because this process was given none.
#[must_use]
pub fn missing(path: &Path) -> Option<&str> {
    path.to_str()?.strip_prefix(PREFIX)
}

/// Whether a path that [`place`] gave is a credential, and so no file of this account's.
#[must_use]
pub fn is_one(path: &Path) -> bool {
    is_one_in(path, folder().as_deref())
}

fn is_one_in(path: &Path, folder: Option<&Path>) -> bool {
    missing(path).is_some() || folder.is_some_and(|folder| path.parent() == Some(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_leads_out_of_the_folder() {
        let (base, folder) = (Path::new("/data"), Path::new("/run/credentials/x.service"));
        let of = |text| place_in(text, base, Some(folder));
        assert_eq!(of("keys/tls.key").unwrap(), Path::new("/data/keys/tls.key"));
        assert_eq!(of("/etc/tls.key").unwrap(), Path::new("/etc/tls.key"));
        assert_eq!(of("credential:tls.key").unwrap(), folder.join("tls.key"));
        for wrong in ["credential:", "credential:..", "credential:../x", "credential:/x", "credential:a b"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn process_without_credentials_reads_a_file_of_that_name() {
        let left = place_in("credential:tls.key", Path::new("/data"), None).unwrap();
        assert_eq!(missing(&left), Some("tls.key"));
        assert_eq!(missing(Path::new("/data/credential:tls.key")), None);
        assert!(is_one_in(&left, None));
        let folder = Path::new("/run/credentials/x.service");
        assert!(is_one_in(&folder.join("tls.key"), Some(folder)) && !is_one_in(&folder.join("tls.key"), None));
    }
}

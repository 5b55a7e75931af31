//! Where the desk listens: a Unix socket in a folder of mode 0700, at a path short enough for one, one process at a time; and, if
//! it is wanted, another that everybody on the machine can open.
//! It opens and checks; what is spoken over it is the service's. Its functions block; they touch only local files.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::net::{UnixListener, unix::UCred};

/// Longest path of a socket, in bytes (`sun_path` of unix(7), less its closing zero).
pub const SOCKET_PATH_BYTES_MAX: usize = 107;

const SOCKET_NAME: &str = "desk.sock";
const LOCK_NAME: &str = "desk.lock";
const FOLDER_MODE: u32 = 0o700;
/// The socket for people is in a folder that everybody may pass, and can be opened by everybody; its calls ask who one is.
const PEOPLES_FOLDER_MODE: u32 = 0o755;
const PEOPLES_SOCKET_MODE: u32 = 0o666;

/// Why there is no socket.
#[derive(Debug, Error)]
pub enum SocketError {
    /// Somebody else's folder, or a link to one.
    #[error("{} is not a folder of this account; move it away, or choose another data folder", .0.display())]
    NotOurs(PathBuf),
    /// A folder in which others could put a socket of their own.
    #[error("{} must belong to this account or to root, and nobody else may write to it", .0.display())]
    OpenFolder(PathBuf),
    /// Another process has the desk.
    #[error("another process already serves this desk at {}; stop it first", .0.display())]
    Taken(PathBuf),
    /// Something that is no socket lies there.
    #[error("{} is not a socket; move it away", .0.display())]
    NotASocket(PathBuf),
    /// Even the short path is too long.
    #[error("no path short enough for a socket: {} has more than {SOCKET_PATH_BYTES_MAX} bytes", .0.display())]
    TooLong(PathBuf),
    /// The system said no.
    #[error("{}: {cause}", .path.display())]
    Io {
        /// Which path.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

/// Where the desk of a data folder listens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SocketPlace {
    /// The socket's folder.
    pub folder: PathBuf,
    /// The socket.
    pub path: PathBuf,
    /// Whose data folder it is: the account that serves.
    pub owner: u32,
    /// Whether it lies elsewhere than in the data folder, because the path there is too long for a socket.
    pub fallback: bool,
}

impl SocketPlace {
    /// The place that belongs to a data folder. Every process of an account finds the same one: `desk/desk.sock` in the
    /// data folder or, if that is too long for a socket, a folder named by its hash below `/tmp/lintas-UID`, UID being the
    /// data folder's owner.
    ///
    /// # Errors
    /// If there is no such data folder.
    pub fn of(data: &Path) -> Result<Self, SocketError> {
        // The same folder through a link is the same desk.
        let absolute = fs::canonicalize(data).map_err(|cause| io_error(data, cause))?;
        let owner = fs::metadata(&absolute).map_err(|cause| io_error(data, cause))?.uid();
        let folder = absolute.join("desk");
        let path = folder.join(SOCKET_NAME);
        if fits(&path) {
            return Ok(Self { folder, path, owner, fallback: false });
        }
        let hash = Sha256::digest(absolute.as_os_str().as_bytes());
        let name = HEXLOWER.encode(hash.get(..8).unwrap_or_default());
        let folder = Path::new("/tmp").join(format!("lintas-{owner}")).join(name);
        let path = folder.join(SOCKET_NAME);
        Ok(Self { folder, path, owner, fallback: true })
    }

    /// The place of a socket for people, as somebody finds it who wants to call: it is believed to be its owner's, since nobody
    /// else can put one there.
    ///
    /// # Errors
    /// If there is none, or others may write to its folder.
    pub fn for_people(path: &Path) -> Result<Self, SocketError> {
        let owner = fs::symlink_metadata(path).map_err(|cause| io_error(path, cause))?.uid();
        let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
        check_open_folder(&folder, owner)?;
        Ok(Self { folder, path: path.to_owned(), owner, fallback: false })
    }
}

/// A socket on which the desk listens. It is removed when this is dropped.
#[derive(Debug)]
pub struct DeskSocket {
    pub(super) listener: UnixListener,
    place: SocketPlace,
    _lock: File,
}

impl DeskSocket {
    /// Opens the socket: makes its folder (0700, this account's), takes its lock, and clears away a socket that a dead
    /// process left behind. Call it within the async runtime.
    ///
    /// # Errors
    /// If another process serves the desk, or the folder is not this account's.
    pub fn open(place: &SocketPlace) -> Result<Self, SocketError> {
        if !fits(&place.path) {
            return Err(SocketError::TooLong(place.path.clone()));
        }
        let uid = own_uid()?;
        if place.fallback
            && let Some(above) = place.folder.parent()
        {
            make_folder(above, uid)?;
        }
        make_folder(&place.folder, uid)?;
        Self::listen(place, 0o600)
    }

    /// Opens a socket for people at a path: everybody on the machine can call there, and is asked who they are. Its folder is made
    /// if it is missing; one that is there must be closed to other writers. Call it within the async runtime.
    ///
    /// # Errors
    /// If another process listens there, or others could put a socket of their own there.
    pub fn open_for_people(path: &Path) -> Result<Self, SocketError> {
        if !fits(path) {
            return Err(SocketError::TooLong(path.to_owned()));
        }
        let owner = own_uid()?;
        let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
        match fs::DirBuilder::new().mode(PEOPLES_FOLDER_MODE).create(&folder) {
            // The mode is whatever the mask leaves of it.
            Ok(()) => fs::set_permissions(&folder, fs::Permissions::from_mode(PEOPLES_FOLDER_MODE))
                .map_err(|cause| io_error(&folder, cause))?,
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(io_error(&folder, cause)),
        }
        check_open_folder(&folder, owner)?;
        let place = SocketPlace { folder, path: path.to_owned(), owner, fallback: false };
        Self::listen(&place, PEOPLES_SOCKET_MODE)
    }

    fn listen(place: &SocketPlace, mode: u32) -> Result<Self, SocketError> {
        let lock = lock(place)?;
        clear(&place.path)?;
        let listener = UnixListener::bind(&place.path).map_err(|cause| io_error(&place.path, cause))?;
        let mode = fs::Permissions::from_mode(mode);
        fs::set_permissions(&place.path, mode).map_err(|cause| io_error(&place.path, cause))?;
        Ok(Self { listener, place: place.clone(), _lock: lock })
    }

    /// Where it listens.
    #[must_use]
    pub const fn place(&self) -> &SocketPlace {
        &self.place
    }
}

impl Drop for DeskSocket {
    fn drop(&mut self) {
        // One that is left behind is cleared away at the next start.
        let _ = fs::remove_file(&self.place.path);
    }
}

/// Whether a process of account `peer` may speak with one of account `own`: the same account, or root.
#[must_use]
pub const fn may_speak(peer: u32, own: u32) -> bool {
    peer == own || peer == 0
}

/// Whether the process at the other end may speak here.
#[must_use]
pub fn is_trusted(peer: &UCred, own: u32) -> bool {
    may_speak(peer.uid(), own)
}

/// The account this process acts as, as the other end of a socket sees it.
///
/// # Errors
/// If the system gives no socket. Call it within the async runtime.
pub fn own_uid() -> Result<u32, SocketError> {
    let ends = tokio::net::UnixStream::pair();
    let uid = ends.and_then(|(one, _other)| one.peer_cred()).map(|credentials| credentials.uid());
    uid.map_err(|cause| io_error(Path::new("socket"), cause))
}

fn fits(path: &Path) -> bool {
    path.as_os_str().len() <= SOCKET_PATH_BYTES_MAX
}

fn io_error(path: &Path, cause: io::Error) -> SocketError {
    SocketError::Io { path: path.to_owned(), cause }
}

/// Makes a folder of mode 0700, or makes sure that the one there is this account's and closed to others.
fn make_folder(path: &Path, uid: u32) -> Result<(), SocketError> {
    match fs::DirBuilder::new().mode(FOLDER_MODE).create(path) {
        Ok(()) => {}
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {}
        Err(cause) => return Err(io_error(path, cause)),
    }
    let found = fs::symlink_metadata(path).map_err(|cause| io_error(path, cause))?;
    if !found.is_dir() || found.uid() != uid {
        return Err(SocketError::NotOurs(path.to_owned()));
    }
    if found.mode() & 0o777 != FOLDER_MODE {
        let mode = fs::Permissions::from_mode(FOLDER_MODE);
        fs::set_permissions(path, mode).map_err(|cause| io_error(path, cause))?;
    }
    Ok(())
}

/// Makes sure that nobody but `owner` and root can put something into a folder.
fn check_open_folder(path: &Path, owner: u32) -> Result<(), SocketError> {
    let found = fs::metadata(path).map_err(|cause| io_error(path, cause))?;
    let closed = (found.uid() == owner || found.uid() == 0) && found.mode() & 0o022 == 0;
    if found.is_dir() && closed { Ok(()) } else { Err(SocketError::OpenFolder(path.to_owned())) }
}

/// The lock that a serving process holds while it lives.
fn lock(place: &SocketPlace) -> Result<File, SocketError> {
    let path = place.folder.join(OsStr::new(LOCK_NAME));
    let opened = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = opened.map_err(|cause| io_error(&path, cause))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(SocketError::Taken(place.path.clone())),
        Err(fs::TryLockError::Error(cause)) => Err(io_error(&path, cause)),
    }
}

/// Removes a socket at which nobody answers.
fn clear(path: &Path) -> Result<(), SocketError> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(io_error(path, cause)),
    };
    if !found.file_type().is_socket() {
        return Err(SocketError::NotASocket(path.to_owned()));
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(SocketError::Taken(path.to_owned())),
        Err(cause) if cause.kind() == ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(|cause| io_error(path, cause))
        }
        Err(cause) => Err(io_error(path, cause)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(data: &Path) -> SocketPlace {
        SocketPlace::of(data).unwrap()
    }

    #[tokio::test]
    async fn path_too_long_for_a_socket_fails_the_start() {
        let dir = tempfile::tempdir().unwrap();
        let short = place(dir.path());
        assert!(!short.fallback);
        let deep = dir.path().join("a".repeat(120));
        fs::create_dir(&deep).unwrap();
        let place = place(&deep);
        assert!(place.fallback && place.path.starts_with(format!("/tmp/lintas-{}", own_uid().unwrap())));
        let socket = DeskSocket::open(&place).unwrap();
        assert!(UnixStream::connect(&place.path).is_ok());
        drop(socket);
        assert!(!place.path.exists());
        fs::remove_dir_all(&place.folder).unwrap();
    }

    #[tokio::test]
    async fn two_data_folders_share_a_fallback() {
        let dir = tempfile::tempdir().unwrap();
        let [one, other] = ["b", "c"].map(|name| {
            let data = dir.path().join(name.repeat(130));
            fs::create_dir(&data).unwrap();
            place(&data)
        });
        assert!(one.fallback && other.fallback);
        assert_ne!(one.folder, other.folder);
    }

    #[tokio::test]
    async fn folder_open_to_others_is_used_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(dir.path());
        fs::create_dir(&place.folder).unwrap();
        fs::set_permissions(&place.folder, fs::Permissions::from_mode(0o777)).unwrap();
        let _socket = DeskSocket::open(&place).unwrap();
        assert_eq!(fs::metadata(&place.folder).unwrap().mode() & 0o777, 0o700);
    }

    #[tokio::test]
    async fn folder_of_somebody_else_is_used() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("elsewhere");
        fs::create_dir(&target).unwrap();
        let place = place(dir.path());
        std::os::unix::fs::symlink(&target, &place.folder).unwrap();
        assert!(matches!(DeskSocket::open(&place), Err(SocketError::NotOurs(_))));
        assert!(matches!(make_folder(&target, own_uid().unwrap() + 1), Err(SocketError::NotOurs(_))));
    }

    #[tokio::test]
    async fn socket_of_a_dead_process_keeps_the_node_from_starting() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(dir.path());
        fs::create_dir(&place.folder).unwrap();
        drop(std::os::unix::net::UnixListener::bind(&place.path).unwrap());
        assert!(place.path.exists());
        assert!(DeskSocket::open(&place).is_ok());
    }

    #[tokio::test]
    async fn socket_of_a_living_process_is_stolen() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(dir.path());
        let first = DeskSocket::open(&place).unwrap();
        assert!(matches!(DeskSocket::open(&place), Err(SocketError::Taken(_))));
        assert!(UnixStream::connect(&place.path).is_ok());
        drop(first);
        fs::create_dir_all(&place.folder).unwrap();
        let _alive = std::os::unix::net::UnixListener::bind(&place.path).unwrap();
        assert!(matches!(DeskSocket::open(&place), Err(SocketError::Taken(_))));
    }

    #[tokio::test]
    async fn file_that_is_no_socket_is_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(dir.path());
        fs::create_dir(&place.folder).unwrap();
        fs::write(&place.path, b"precious").unwrap();
        assert!(matches!(DeskSocket::open(&place), Err(SocketError::NotASocket(_))));
        assert_eq!(fs::read(&place.path).unwrap(), b"precious");
    }

    #[tokio::test]
    async fn socket_for_people_lies_where_others_could_put_one() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("open");
        let path = folder.join("people.sock");
        let socket = DeskSocket::open_for_people(&path).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&path)), (0o755, 0o666));
        assert!(matches!(DeskSocket::open_for_people(&path), Err(SocketError::Taken(_))));
        assert_eq!(SocketPlace::for_people(&path).unwrap(), *socket.place());
        for open in [0o777, 0o775, 0o1777] {
            fs::set_permissions(&folder, fs::Permissions::from_mode(open)).unwrap();
            assert!(matches!(SocketPlace::for_people(&path), Err(SocketError::OpenFolder(_))), "{open:o}");
        }
        drop(socket);
        assert!(matches!(DeskSocket::open_for_people(&path), Err(SocketError::OpenFolder(_))));
    }

    #[test]
    fn process_of_another_account_may_speak() {
        assert!(may_speak(1000, 1000));
        assert!(may_speak(0, 1000));
        assert!(!may_speak(1001, 1000));
        assert!(!may_speak(1000, 0));
    }
}

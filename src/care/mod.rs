//! Looking after a hub or a node: backups and their way back, a doctor, a check for monitoring. For both programs alike; what is
//! theirs (settings, which database, what is printed) stays with them, and no complaint is touched here.

pub mod archive;
pub mod arguments;
pub mod backup;
pub mod doctor;
pub mod error;
pub mod estate;
pub mod facts;
pub mod lock;
pub mod monitor;
pub mod names;
pub mod restore;
pub mod rewrap;
pub mod telling;

pub use backup::{Made, Order, Reason, before_migration, make};
pub use error::BackupError;
pub use estate::{Estate, KeyFile};
pub use lock::FolderLock;
pub use restore::{Examined, Expected, Scratch, examine, own_key, put_keys};

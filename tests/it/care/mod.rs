//! Looking after hub and nodes as an administrator does, by their command lines: backup and restore, upgrade, doctor, monitoring, a
//! full disk.

mod backups;
mod doctor;
pub(crate) mod folder;
mod full_disk;
mod protected;
mod restores;
mod servers;
mod upgrade;

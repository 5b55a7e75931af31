//! The packages: built from the lines that cargo-deb reads, installed into a root of their own, used, upgraded, removed, purged.
//! No service manager is needed, and nothing of this machine is changed.

mod build;
mod containers;
mod lifecycle;
mod root;
mod service;
mod units;

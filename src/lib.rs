//! Lintas: the shared library of the national hub and the regional nodes. Binaries live in `hub/` and `regional-node/`.

pub mod domain;
pub mod journal;
pub mod runtime;
pub mod store;

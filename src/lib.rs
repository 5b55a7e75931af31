//! Lintas: the shared library of the national hub and the regional nodes. Binaries live in `hub/` and `regional-node/`.

pub mod accounts;
pub mod areas;
pub mod care;
pub mod desk;
pub mod domain;
pub mod identity;
pub mod journal;
pub mod link;
pub mod manual;
pub mod notify;
pub mod protocol;
pub mod regulations;
pub mod runtime;
pub mod store;
pub mod telemetry;
pub mod words;

//! Gathering the facts that a doctor and a check for monitoring judge: from files, the system, the network. It judges nothing, and
//! what it tries it leaves as it was.

pub mod local;
pub mod network;

//! Tests of the desk on a store in memory.

mod accounts;
mod actions;
pub(crate) mod bench;
mod custody;
mod filing;
mod importing;
mod linking;
mod notices;
mod routing;
mod service;
mod units;

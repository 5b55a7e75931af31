//! Tests of the desk on a store in memory.

mod actions;
mod bench;
mod custody;
mod filing;
mod service;

//! What the end-to-end tests and the demo share. It uses the programs from outside and is no part of them.
#![expect(clippy::indexing_slicing, reason = "a field that a JSON value does not have reads as null")]

pub mod balancer;
pub mod bench;
pub mod check;
pub mod demo;
pub mod federation;
pub mod postgres;
pub mod programs;
pub mod reference;
pub mod trust;
pub mod wait;

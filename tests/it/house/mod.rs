//! The rules of the house itself: who may use whom, how files look, what the programs are built from. They read the
//! sources and the dependency tree and run nothing.

mod commands;
mod dashboard;
mod dependencies;
mod layers;
mod papers;
mod paths;
mod programs;
mod rules;
mod sources;
mod spoken;
mod tidy;

//! The national hub: registry, ingest, ordering of moves, fan-out, mirror. It has no desk and no sealing key. Here it only starts
//! and ends; each command has a file of its own.

mod accounts;
mod backup;
mod check;
mod cli;
mod commands;
mod database;
mod doctor;
mod enrol;
mod estate;
mod export;
mod failure;
mod init;
mod listing;
mod nodes;
mod observe;
mod output;
mod papers;
mod protect;
mod renew;
mod revoke;
mod rewrap;
mod rotate;
mod run;
mod settings;
mod silence;
mod statistics;
mod status;
mod tokens;
mod units;
mod verify;

use lintas::runtime::{Exit, run_process};

fn main() -> Exit {
    match cli::parse(std::env::args_os()) {
        Ok(cli) => run_process(commands::carry_out(cli)),
        Err(exit) => exit,
    }
}

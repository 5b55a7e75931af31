//! A regional node: intake, desk, and its end of the link. Here it only starts and ends; the commands are in `commands`.

mod backup;
mod check;
mod cli;
mod commands;
mod doctor;
mod endorse;
mod estate;
mod evidence;
mod export;
mod failure;
mod grants;
mod import;
mod init;
mod join;
mod keys;
mod kit;
mod lapse;
mod link;
mod notices;
mod notify;
mod observe;
mod output;
mod paper;
mod papers;
mod people;
mod places;
mod practice;
mod protect;
mod renewal;
mod request;
mod rewrap;
mod rotate;
mod run;
mod settings;
mod statistics;
mod story;
mod units;
mod verify;
mod visit;

use lintas::runtime::{Exit, run_process};

fn main() -> Exit {
    match cli::parse(std::env::args_os()) {
        Ok(cli) => run_process(commands::carry_out(cli)),
        Err(exit) => exit,
    }
}

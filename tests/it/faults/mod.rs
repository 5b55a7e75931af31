//! What bad input gets, at the level of the link: real ends of sessions on memory stores, no transport. Events are forged at a
//! node that holds its real key, batches by one who speaks the session himself, and so is the hub.

mod admission;
mod appeals;
mod bench;
mod doubles;
mod forged_hub;
mod forger;
mod held;
mod hello;
mod outbox;
mod registries;
mod renewal;
mod sealing;
mod seals;
mod sessions;
mod silence;
mod traces;
mod trust;
mod units;
mod work;

/// Runs a test to its end on one thread: nothing here waits for time.
fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test);
}

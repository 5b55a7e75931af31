//! The worlds that are searched to their end.

use super::super::event::Change;
use super::super::testing::{RETURN, transfer};
use super::search::{Found, search};
use super::{ALL, Act, Config};

const STATES_MAX: usize = 400_000;

pub(super) fn w(change: Change) -> Act {
    Act::Write(change)
}

fn exhausted(name: &str, config: &Config) -> Found {
    let began = std::time::Instant::now();
    let found = search(config, ALL, STATES_MAX);
    println!("{name}: {} states, {} deep, {:.1?}", found.states, found.depth, began.elapsed());
    assert!(found.wrong.is_none(), "{name}: {:?}", found.wrong);
    assert!(found.whole, "{name}: more than {STATES_MAX} states");
    found
}

/// A transfer, its take-back and work meanwhile, on links that break.
#[test]
fn transfer_and_take_back() {
    let mut config = Config::new(&["13.71", "13"])
        .acts(0, 3, [w(transfer("13")), Act::TakeBack, w(Change::FollowedUp)])
        .acts(1, 1, [w(Change::Accepted), w(RETURN)]);
    config.crashes = 1;
    exhausted("transfer and take-back", &config);
}

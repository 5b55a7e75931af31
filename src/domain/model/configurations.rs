//! The worlds that are searched to their end, each with its own dangers; together they stay within two minutes.

use super::super::event::Change;
use super::super::testing::{ARCHIVED, DEFERRED, OTHER, RETURN, disposed, recategorised, transfer};
use super::search::search;
use super::{ALL, Act, Config};

const STATES_MAX: usize = 400_000;

pub(super) fn w(change: Change) -> Act {
    Act::Write(change)
}

fn exhausted(name: &str, config: &Config) {
    let found = search(config, ALL, STATES_MAX);
    println!("{name}: {} worlds, {} steps deep", found.states, found.depth);
    assert!(found.wrong.is_none(), "{name}: {:?}", found.wrong);
    assert!(found.whole, "{name}: more than {STATES_MAX} worlds");
}

/// A transfer, its take-back and a second transfer, the new holder's answer; both links break and go half dead.
#[test]
fn transfer_and_take_back_on_breaking_links() {
    let config = Config::new(&["13.71", "13"])
        .acts(0, 3, [w(transfer("13")), Act::TakeBack, w(Change::FollowedUp)])
        .acts(1, 1, [w(Change::Accepted), w(RETURN)]);
    exhausted("links", &Config { crashes: 2, ..config });
}

/// A backup of either node, taken at any time, is restored at any later time: behind, beside or ahead of the hub.
#[test]
fn restored_backups() {
    let config = Config::new(&["13.71", "13"]).acts(0, 3, [w(transfer("13")), Act::TakeBack, w(Change::Replied)]).acts(
        1,
        1,
        [w(Change::Accepted), w(RETURN)],
    );
    exhausted("backups", &Config { restores: 1, ..config });
}

/// As before, and the node crashes before or after: the recovery itself is interrupted.
#[test]
fn restored_backups_and_crashes() {
    let config = Config::new(&["13.71", "13"])
        .acts(0, 3, [w(transfer("13")), Act::TakeBack, w(Change::FollowedUp)])
        .acts(1, 1, [w(Change::Accepted)]);
    exhausted("backups and crashes", &Config { restores: 1, crashes: 1, steady: &[1], ..config });
}

/// Deadlines fire whenever they may, while the holder works offline and asks for a transfer.
#[test]
fn silence() {
    let config = Config::new(&["13.71", "13", "id"]).acts(0, 2, [w(transfer("kl.agama")), w(Change::FollowedUp)]).acts(
        1,
        2,
        [w(Change::Accepted), Act::Adopt],
    );
    exhausted("silence", &Config { escalations: 2, crashes: 1, steady: &[1, 2], ..config });
}

/// A second hub process works from what it read: it decides, escalates and takes events in.
#[test]
fn two_processes() {
    let config = Config::new(&["13.71", "13"])
        .acts(0, 2, [w(transfer("13")), w(Change::Replied), w(Change::FollowedUp)])
        .acts(1, 1, [w(Change::Accepted)]);
    exhausted("two processes", &Config { second_process: true, escalations: 1, crashes: 1, ..config });
}

/// A stranger and a former holder misbehave: foreign unit, foreign opener, guessed opener; the holder disregards its own fold.
#[test]
fn misdeeds() {
    let bad = [Act::ForeignUnit, Act::ForeignOpener, Act::GuessedOpener];
    let config = Config::new(&["13.71", "13", "kl.pu"])
        .acts(0, 2, [w(transfer("13")), Act::Rash(Change::Responded), Act::ForeignOpener])
        .acts(1, 2, [w(Change::Accepted), Act::Rash(Change::Closed), Act::Rash(RETURN)])
        .acts(2, 1, bad);
    exhausted("misdeeds", &Config { steady: &[1, 2], ..config });
}

/// A node is revoked, what it holds moves up; it comes back as a recovery, with what it wrote meanwhile.
#[test]
fn revocation_and_reinstatement() {
    let config = Config::new(&["13.71", "13", "id"]).acts(0, 2, [w(transfer("13")), w(Change::FollowedUp)]).acts(
        1,
        1,
        [w(Change::Accepted), w(RETURN)],
    );
    exhausted("revocation", &Config { revocations: 1, crashes: 1, steady: &[2], ..config });
}

/// The reporter replies, completes and confirms while the holder answers, defers, archives, closes and reopens.
#[test]
fn replies_against_answers() {
    let holder = [w(Change::Responded), w(Change::Closed), w(DEFERRED), w(ARCHIVED), w(Change::Reopened)];
    let blind = [Act::Blind(Change::Closed), w(Change::Accepted)];
    let config = Config::new(&["13.71", "13"])
        .acts(0, 3, [w(transfer("13")), w(Change::Replied), w(Change::Completed)])
        .acts(1, 3, holder.into_iter().chain(blind));
    exhausted("replies", &Config { steady: &[0, 1], ..config });
}

/// What it is about is put right, links come and go, it is put away as a double and opened again, while custody moves and the reporter
/// appeals: at the desk, and rashly once more.
#[test]
fn links_and_appeals() {
    let said = [w(recategorised("water")), w(Change::Related { to: OTHER }), w(Change::Unlinked { from: OTHER })];
    let ended = [w(Change::Doubled { of: OTHER }), w(Change::Reopened), Act::Rash(Change::Doubled { of: OTHER })];
    let appeals = [w(Change::Appealed), Act::Rash(Change::Appealed), w(transfer("13")), Act::Adopt];
    let config = Config::new(&["13.71", "13"]).acts(0, 3, said.iter().chain(&ended).cloned().chain(appeals)).acts(
        1,
        1,
        said.into_iter().chain(ended),
    );
    exhausted("links and appeals", &Config { crashes: 1, steady: &[1], ..config });
}

/// Returned, returned again, brought before the arbiter, assigned.
#[test]
fn a_dispute_to_its_end() {
    let config = Config::new(&["13.71", "13", "id"])
        .acts(0, 4, [w(transfer("13")), w(RETURN), w(Change::Accepted), w(disposed("13.71.dlh"))])
        .acts(1, 4, [w(RETURN), w(Change::Accepted), w(transfer("13.71"))])
        .acts(2, 3, [w(Change::Accepted), w(transfer("13")), w(transfer("13.71"))]);
    exhausted("dispute", &Config { steady: &[0, 1, 2], ..config });
}

/// A change that the hub does not know is held with all that follows, and released after an upgrade.
#[test]
fn held_and_released() {
    let config = Config::new(&["13.71", "13"]).acts(0, 3, [w(transfer("13")), Act::Strange, w(Change::Replied)]).acts(
        1,
        1,
        [w(Change::Accepted)],
    );
    exhausted("held", &Config { steady: &[1], ..config });
}

/// Two agencies of one node, silence upon silence, belated work under the openers of before.
#[test]
fn silence_climbs_through_one_node() {
    let config = Config::new(&["13.71", "13"])
        .acts(0, 3, [w(disposed("13.71.dlh")), w(Change::FollowedUp), w(Change::Accepted), Act::Adopt])
        .acts(1, 1, [w(Change::Accepted), w(transfer("13.71"))]);
    exhausted("one node", &Config { escalations: 2, steady: &[1], ..config });
}

//! What went wrong before each rule was there, each by the name it was given: with the rule it does not happen, without it it does.
//! Those about admission, the fold alone and arbitration stand beside the tests of these.

use super::super::complaint::Status;
use super::super::event::{Change, Header};
use super::super::testing::{Story, node, transfer};
use super::arena::fold_under;
use super::configurations::w;
use super::search::{search, search_for};
use super::{ALL, Act, Config, Rules};

/// Without the rules taken out of `without`, this goes wrong in this small world; with all of them nothing does.
fn shows(config: &Config, without: Rules, what: &'static str) {
    let naive = search_for(config, without, 300_000, Some(what));
    let Some((wrong, way)) = naive.wrong else { unreachable!("nothing went wrong in {} worlds", naive.states) };
    println!("{wrong} after {} steps: {way:?}", way.len());
    let sound = search(config, ALL, 300_000);
    println!("with the rule: {} worlds", sound.states);
    assert!(sound.whole && sound.wrong.is_none(), "{:?}", sound.wrong);
}

const FLIP: &str = "a verdict flipped";
const DIFFERS: &str = "a node folds to something else than the hub";

fn pair() -> Config {
    Config::new(&["13.71", "13"])
}

#[test]
fn stored_transfer_is_the_move_flips_a_verdict() {
    let config = pair().acts(0, 2, [w(transfer("13")), Act::TakeBack]).acts(1, 1, [w(Change::Accepted)]);
    shows(&config, Rules { recorded_moves: false, ..ALL }, FLIP);
}

#[test]
fn take_back_written_offline_is_overtaken_by_its_transfer() {
    let config = Config { steady: &[1], crashes: 1, ..pair().acts(0, 2, [w(transfer("13")), Act::TakeBack]) };
    let what = "a promise was broken: late, though announced in time";
    shows(&config, Rules { wait_for_announced: false, ..ALL }, what);
}

#[test]
fn two_hub_processes_move_one_epoch_twice() {
    let config = Config { second_process: true, ..pair().acts(0, 2, [w(transfer("13")), w(Change::FollowedUp)]) };
    shows(&config, Rules { lock: false, unique: false, ..ALL }, "two moves end one epoch");
    // The database's own rule alone holds as well: it is the second line.
    let unlocked = search(&config, Rules { lock: false, ..ALL }, 300_000);
    assert!(unlocked.wrong.is_none_or(|(wrong, _)| wrong != "two moves end one epoch"));
}

#[test]
fn escalation_from_an_old_snapshot_turns_applied_into_late() {
    let config = pair().acts(0, 1, [w(Change::FollowedUp)]);
    let config = Config { second_process: true, escalations: 1, ..config };
    shows(&config, Rules { lock: false, ..ALL }, FLIP);
}

#[test]
fn reply_fanned_out_before_a_new_holder_joins_is_missed() {
    let config = pair().acts(0, 2, [w(transfer("13")), w(Change::Replied)]);
    shows(&Config { second_process: true, ..config }, Rules { lock: false, ..ALL }, DIFFERS);
}

#[test]
fn restored_node_behind_the_hub_resumes() {
    let config = pair().acts(0, 2, [w(Change::FollowedUp), w(Change::Responded)]);
    let config = Config { restores: 1, ..config };
    shows(&config, Rules { behind_is_fork: false, ..ALL }, "acknowledged but not stored");
}

#[test]
fn hello_without_inbound_position_never_hears_it_lost_custody() {
    let config = pair().acts(0, 1, [w(transfer("13"))]);
    shows(&Config { restores: 1, ..config }, Rules { states_inbound: false, ..ALL }, DIFFERS);
}

#[test]
fn cutoff_without_incarnation() {
    let config = pair().acts(0, 2, [w(transfer("13")), w(Change::Responded)]);
    let config = Config { restores: 1, escalations: 1, ..config };
    let what = "it counts, though custody had moved before it came";
    shows(&config, Rules { incarnation: false, ..ALL }, what);
    shows(&config, Rules { incarnation: false, ..ALL }, FLIP);
}

#[test]
fn close_swallows_a_reply() {
    let mut story = Story::filed("13.71");
    story.passed("13");
    story.holder(Change::Accepted);
    story.holder(Change::Responded);
    let closing = story.draft(&node("13"), Change::Closed);
    story.writes("13.71", Change::Replied);
    story.push(Header { ..closing });
    let status = |rules| fold_under(story.events.clone(), rules).status();
    assert_eq!(status(Rules { seen: false, ..ALL }), Status::Closed, "whoever closes is taken to have read the reply");
    assert_eq!(status(ALL), Status::Open);
}

#[test]
fn awaited_head_of_a_dead_incarnation_blocks_for_ever() {
    let config = pair().acts(0, 3, [w(transfer("13")), w(Change::FollowedUp)]);
    let config = Config { restores: 1, crashes: 1, steady: &[1], ..config };
    shows(&config, Rules { hello_replaces: false, ..ALL }, "a proposal waits for ever");
}

#[test]
fn escalation_during_catch_up() {
    let config = pair().acts(0, 2, [w(Change::FollowedUp), w(Change::Responded)]);
    let config = Config { crashes: 1, escalations: 1, ..config };
    let what = "a promise was broken: late, though announced in time";
    shows(&config, Rules { no_escalation_in_catch_up: false, ..ALL }, what);
}

#[test]
fn superseded_session_writes_on() {
    let config = pair().acts(0, 2, [w(Change::FollowedUp), w(Change::Responded)]);
    let config = Config { restores: 1, ..config };
    shows(&config, Rules { session_cas: false, ..ALL }, "an event never reaches the hub");
}

#[test]
fn verdict_on_work_written_while_pending_is_told_too_early() {
    let config = pair().acts(0, 3, [w(transfer("13")), Act::Rash(Change::FollowedUp)]);
    let config = Config { steady: &[1], ..config };
    shows(&config, Rules { only_final_verdicts: false, ..ALL }, FLIP);
}

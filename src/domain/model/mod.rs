//! A model of the federation around one complaint, to be searched exhaustively: hub, nodes, half-dead streams, crashes, restored
//! backups, misdeeds, revocation, silence, two hub processes. What it decides is decided by the real domain code; sessions,
//! journals and outboxes are reduced to what CUSTODY.md says of them. Every rule can be taken out, to see what it is for.

mod actions;
mod arena;
mod check;
mod configurations;
mod counterexamples;
mod hub;
mod node;
mod search;
mod session;
mod state;

use super::event::Change;

/// The rules that can be taken out, one by one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for one rule")]
pub(super) struct Rules {
    /// Only a recorded Moved moves custody; without it a stored transfer does.
    pub(super) recorded_moves: bool,
    /// A proposal waits for all that its writer has announced.
    pub(super) wait_for_announced: bool,
    /// The complaint is locked before its history is read.
    pub(super) lock: bool,
    /// At most one Moved for an opener can be stored.
    pub(super) unique: bool,
    /// A node that knows less of its journal than the hub begins a new life.
    pub(super) behind_is_fork: bool,
    /// The hub delivers from the place that the node states.
    pub(super) states_inbound: bool,
    /// Positions are compared incarnation first.
    pub(super) incarnation: bool,
    /// An author's own `seen` decides what it is judged on.
    pub(super) seen: bool,
    /// Each Hello replaces what is awaited of a journal.
    pub(super) hello_replaces: bool,
    /// No deadline fires during a catch-up.
    pub(super) no_escalation_in_catch_up: bool,
    /// Messages of a superseded session are ignored.
    pub(super) session_cas: bool,
    /// A verdict is told once nothing can change it.
    pub(super) only_final_verdicts: bool,
}

/// Every rule in force.
pub(super) const ALL: Rules = Rules {
    recorded_moves: true,
    wait_for_announced: true,
    lock: true,
    unique: true,
    behind_is_fork: true,
    states_inbound: true,
    incarnation: true,
    seen: true,
    hello_replaces: true,
    no_escalation_in_catch_up: true,
    session_cas: true,
    only_final_verdicts: true,
};

/// What a node may do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Act {
    /// Write this, if its own fold allows it.
    Write(Change),
    /// Take its pending proposal back.
    TakeBack,
    /// Adopt the first late event it knows that it has not adopted.
    Adopt,
    /// Write a change that the hub does not know.
    Strange,
    /// Misdeed: write on behalf of a unit of another node.
    ForeignUnit,
    /// Misdeed: write under an opener that names another node.
    ForeignOpener,
    /// Misdeed: write under an opener that nobody has seen.
    GuessedOpener,
    /// Write this while holding, whatever one's own fold says of it.
    Rash(Change),
    /// Write this while holding, claiming to have seen no reply.
    Blind(Change),
}

impl Act {
    const fn is_misdeed(&self) -> bool {
        matches!(self, Self::ForeignUnit | Self::ForeignOpener | Self::GuessedOpener)
    }
}

/// How large a world is and what may happen in it.
#[derive(Clone, Debug)]
pub(super) struct Config {
    /// Codes of the nodes; the first is the origin.
    pub(super) nodes: &'static [&'static str],
    /// What each node may do.
    pub(super) acts: Vec<Vec<Act>>,
    /// How often each may act.
    pub(super) acts_max: Vec<u8>,
    /// How often silence may be found.
    pub(super) escalations: u8,
    /// How often a node may crash or lose its stream.
    pub(super) crashes: u8,
    /// How often a node may be restored from a backup taken at any time.
    pub(super) restores: u8,
    /// How often a node may be revoked; each may be reinstated.
    pub(super) revocations: u8,
    /// Whether a second hub process works from what it read before.
    pub(super) second_process: bool,
    /// Nodes that are connected from the beginning and never leave, to keep a world small.
    pub(super) steady: &'static [usize],
}

impl Config {
    fn new(nodes: &'static [&'static str]) -> Self {
        Self {
            acts: vec![Vec::new(); nodes.len()],
            acts_max: vec![3; nodes.len()],
            nodes,
            escalations: 0,
            crashes: 0,
            restores: 0,
            revocations: 0,
            second_process: false,
            steady: &[],
        }
    }

    fn acts(mut self, node: usize, most: u8, acts: impl IntoIterator<Item = Act>) -> Self {
        self.acts[node] = acts.into_iter().collect();
        self.acts_max[node] = most;
        self
    }
}

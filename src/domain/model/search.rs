//! The search: breadth first through every world that can come to be. Each is checked; and since healing is a sequence of
//! things that can happen anyway, to look at the worlds where nothing is left to heal is to heal every one.

use std::collections::{HashSet, VecDeque};
use std::hash::{Hash, Hasher};

use super::actions::Action;
use super::state::World;
use super::{Config, Rules};

/// What a search found.
#[derive(Debug)]
pub(super) struct Found {
    /// How many worlds.
    pub(super) states: usize,
    /// The shortest way to something that must not be, and what it is.
    pub(super) wrong: Option<(&'static str, Vec<Action>)>,
    /// Whether every world was seen.
    pub(super) whole: bool,
    /// Steps to the furthest world.
    pub(super) depth: usize,
}

/// 64 bits: among a million worlds the chance that two are taken for one is below one in ten million.
fn fingerprint(world: &World) -> u64 {
    let mut mix = Mix(0);
    world.hash(&mut mix);
    mix.0
}

/// A hasher that is fast unoptimised; its input is nobody's choice.
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, word: u64) {
        let mixed = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 29);
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, word: u8) {
        self.write_u64(u64::from(word));
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(u64::try_from(word).unwrap());
    }
}

/// Searches up to so many worlds.
pub(super) fn search(config: &Config, rules: Rules, states_max: usize) -> Found {
    search_for(config, rules, states_max, None)
}

/// Searches up to so many worlds for something wrong: for anything, or for the one thing wanted.
pub(super) fn search_for(config: &Config, rules: Rules, states_max: usize, wanted: Option<&'static str>) -> Found {
    let start = World::new(config, rules);
    let mut seen = HashSet::from([fingerprint(&start)]);
    let mut ways: Vec<(usize, Option<Action>, usize)> = vec![(0, None, 0)];
    let mut queue = VecDeque::from([(0_usize, start)]);
    let mut depth = 0;
    let mut whole = true;
    while let Some((number, world)) = queue.pop_front() {
        depth = ways[number].2;
        let mut at_rest = true;
        let mut wrong = world.at_once().err();
        for action in world.possible(config) {
            let Some(next) = world.after(config, rules, action) else { continue };
            at_rest &= !action.heals();
            if !seen.insert(fingerprint(&next)) {
                continue;
            }
            if ways.len() >= states_max {
                whole = false;
                continue;
            }
            queue.push_back((ways.len(), next));
            ways.push((number, Some(action), depth + 1));
        }
        if at_rest {
            wrong = wrong.or(world.when_healed(config).err());
        }
        if let Some(wrong) = wrong.filter(|wrong| wanted.is_none_or(|wanted| wanted == *wrong)) {
            return Found { states: ways.len(), wrong: Some((wrong, way(&ways, number))), whole: false, depth };
        }
    }
    Found { states: ways.len(), wrong: None, whole, depth }
}

fn way(ways: &[(usize, Option<Action>, usize)], mut number: usize) -> Vec<Action> {
    let mut actions = Vec::new();
    while let Some(action) = ways[number].1 {
        actions.push(action);
        number = ways[number].0;
    }
    actions.reverse();
    actions
}

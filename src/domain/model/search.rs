//! The search: breadth first through every world that can come to be. Each is checked; and since healing is a sequence of
//! things that can happen anyway, to look at the worlds where nothing is left to heal is to heal every one.

use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

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
    let mut hasher = DefaultHasher::new();
    world.hash(&mut hasher);
    hasher.finish()
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

/// Goes one way, every step of which must be possible.
pub(super) fn go(config: &Config, rules: Rules, actions: &[Action]) -> World {
    actions.iter().fold(World::new(config, rules), |world, action| {
        world.after(config, rules, *action).unwrap_or_else(|| unreachable!("{action:?} is not possible here"))
    })
}

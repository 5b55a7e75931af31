//! What can happen next in a world. Enumerates and applies; what happens then is hub's, node's and session's.

use super::state::{Plan, World};
use super::{Config, Rules};

/// One thing that happens; nodes are numbered as in the configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Action {
    /// A node does the given one of its acts.
    Act(usize, usize),
    /// A node saves its disk.
    Save(usize),
    /// A node's disk is restored.
    Restore(usize),
    /// A node or its stream dies.
    Crash(usize),
    /// A node says Hello.
    Connect(usize),
    /// A node puts an event on its stream.
    Send(usize),
    /// The hub reads one from a stream.
    Read(usize),
    /// A hub process reads one from a half-dead stream.
    ReadHalfDead(usize),
    /// The hub sends one to a node.
    Deliver(usize),
    /// A deadline fires.
    Escalate,
    /// A node is revoked.
    Revoke(usize),
    /// A revoked node is reinstated.
    Reinstate(usize),
    /// The hub knows now what it held.
    Release,
    /// A second hub process reads a pending proposal.
    PlanOrder,
    /// A second hub process reads that the holder is silent.
    PlanEscalation,
    /// A second hub process reads one from a stream.
    PlanTake(usize),
    /// The second hub process writes.
    Commit,
    /// The first hub process decides a proposal that it found by query.
    Order,
}

impl Action {
    /// Whether it needs nobody to act and nothing to fail: it carries on what was begun.
    pub(super) const fn heals(self) -> bool {
        matches!(
            self,
            Self::Connect(_)
                | Self::Send(_)
                | Self::Read(_)
                | Self::Deliver(_)
                | Self::Commit
                | Self::Order
                | Self::Release
        )
    }
}

impl World {
    /// What might happen; some of it may turn out to be impossible.
    pub(super) fn possible(&self, config: &Config) -> Vec<Action> {
        use Action::{
            Act, Commit, Connect, Crash, Deliver, Escalate, Order, PlanEscalation, PlanOrder, PlanTake, Read,
            ReadHalfDead, Reinstate, Release, Restore, Revoke, Save, Send,
        };
        let mut all = Vec::new();
        for (index, (node, peer)) in self.nodes.iter().zip(&self.hub.peers).enumerate() {
            let fickle = !config.steady.contains(&index);
            let connected = node.session != 0;
            let unsent = connected && node.sent < node.disk.journal.len();
            let mut add = |action: Action, may: bool| all.extend(may.then_some(action));
            for act in 0..config.acts[index].len() {
                add(Act(index, act), node.acts < config.acts_max[index]);
            }
            add(Connect(index), !connected && !peer.revoked);
            add(Send(index), fickle && unsent);
            // A stream is read by the process that holds it.
            let elsewhere = matches!(&self.hub.second, Some(Plan::Take { node, .. }) if *node == index);
            add(Read(index), !elsewhere && !node.stream.is_empty() || (!elsewhere && !fickle && unsent));
            add(Deliver(index), connected && peer.sent < peer.outbox.len());
            add(ReadHalfDead(index), !node.half_dead.is_empty());
            add(Crash(index), fickle && connected && self.spent.crashes < config.crashes);
            let restores = fickle && self.spent.restores < config.restores;
            add(Save(index), restores && self.nodes.iter().all(|node| node.backup.is_none()));
            add(Restore(index), restores && node.backup.is_some());
            add(Revoke(index), fickle && !peer.revoked && self.spent.revocations < config.revocations);
            add(Reinstate(index), peer.revoked);
            add(PlanTake(index), config.second_process && !node.stream.is_empty());
        }
        if self.spent.escalations < config.escalations {
            all.push(Escalate);
            if config.second_process {
                all.push(PlanEscalation);
            }
        }
        if config.second_process {
            all.extend([Order, PlanOrder, Commit]);
        }
        all.push(Release);
        all
    }

    /// The world after an action; none if it cannot happen here.
    pub(super) fn after(&self, config: &Config, rules: Rules, action: Action) -> Option<Self> {
        use Action::{
            Act, Commit, Connect, Crash, Deliver, Escalate, Order, PlanEscalation, PlanOrder, PlanTake, Read,
            ReadHalfDead, Reinstate, Release, Restore, Revoke, Save, Send,
        };
        // Who locked the complaint before reading shuts everybody else out until it has written.
        let at_the_hub = !matches!(action, Act(..) | Save(_) | Restore(_) | Crash(_) | Send(_) | Deliver(_) | Commit);
        if rules.lock && self.hub.second.is_some() && at_the_hub {
            return None;
        }
        let mut world = self.clone();
        match action {
            Act(index, act) => world.act(config, index, &config.acts[index][act])?,
            Save(index) => world.save(index),
            Restore(index) => {
                world.spent.restores += 1;
                world.restore(index)?;
            }
            Crash(index) => {
                world.spent.crashes += 1;
                world.crash(index);
            }
            Connect(index) => world.connect(config, rules, index)?,
            Send(index) => world.send(index)?,
            Read(index) => {
                if config.steady.contains(&index) {
                    // Who never leaves needs no stream of its own in the model.
                    world.send(index)?;
                }
                let message = world.read(index, false)?;
                world.take(config, rules, index, message, None);
            }
            ReadHalfDead(index) => {
                let message = world.read(index, true)?;
                world.take(config, rules, index, message, None);
            }
            Deliver(index) => world.deliver(config, index)?,
            Order => world.decide(config, rules)?,
            Escalate => world.escalate(config, rules)?,
            Revoke(index) => world.revoke(config, rules, index)?,
            Reinstate(index) => world.reinstate(index)?,
            Release => world.release(config, rules)?,
            PlanOrder | PlanEscalation | PlanTake(_) if world.hub.second.is_some() => return None,
            PlanOrder => world.plan_move(config, rules, false)?,
            PlanEscalation => world.plan_move(config, rules, true)?,
            PlanTake(index) => world.plan_take(index)?,
            Commit => world.commit(config, rules)?,
        }
        Some(world)
    }
}

//! Setting own events aside for a recovery.

use super::state::State;
use crate::domain::{Position, SealHash};
use crate::journal::{GENESIS, Head, Seal};
use crate::store::SealedEntry;

impl State {
    pub(super) fn set_aside(&mut self, stored: Position) -> Vec<SealedEntry> {
        if self.own.written > stored {
            let owner = self.owner.node.clone();
            let beyond: Vec<_> = self.journal_of(&owner, stored).map(|row| row.entry.hash).collect();
            for hash in beyond {
                if let Some(entry) = self.remove(&hash) {
                    // What caused an event is not kept for its next life.
                    self.aside.insert((entry.position, hash), SealedEntry { trace: None, ..entry.sealed });
                }
            }
            self.cut(stored);
        }
        self.aside.values().cloned().collect()
    }

    /// Puts the own journal's end where the stored events end.
    fn cut(&mut self, stored: Position) {
        let owner = self.owner.node.clone();
        let written = self.own.written;
        let life = written.incarnation.min(stored.incarnation.max(1));
        let begins = self.life_begins(life);
        let last =
            self.journal_of(&owner, Position::new(life, 0)).take_while(|row| row.entry.position.incarnation == life);
        let seq = last.last().map_or(0, |row| row.entry.position.seq);
        self.own.written = Position::new(life, seq);
        let gone: Vec<Seal> = self.seals_of(&owner, self.own.written).cloned().collect();
        for seal in &gone {
            self.remove_seal(seal);
        }
        let seals = self.seals_of(&owner, Position::new(life, 0));
        let sealed = seals.filter(|seal| seal.body().incarnation == life).last().map(Seal::head);
        self.own.sealed = sealed.unwrap_or(Head { position: Position::new(life, 0), hash: begins });
    }

    /// What the first seal of a life names as the one before.
    fn life_begins(&self, life: u32) -> SealHash {
        let first =
            self.seals_of(&self.owner.node, Position::new(life, 0)).find(|seal| seal.body().incarnation == life);
        match first {
            Some(seal) => seal.body().previous,
            None if self.own.sealed.position.incarnation == life => self.own.sealed.hash,
            None => GENESIS,
        }
    }
}

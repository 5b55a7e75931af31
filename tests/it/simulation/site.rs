//! One node of the simulated federation: its disk, its desk, its end of the link, and what its people remember.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use lintas::desk::{Action, ActionName, ComplaintName, Desk, EventName, NewComplaint};
use lintas::domain::event::Category;
use lintas::domain::{
    Channel, Class, ComplaintId, FederationId, NodeId, Outcome, Reason, Role, UnitCode, Visibility, fold,
};
use lintas::journal::{Keyring, SealingKey, SigningKey};
use lintas::link::hub::HubEnd;
use lintas::link::message::{Down, Up};
use lintas::link::node::{NodeEnd, NodeKey, NodeShared, Trust};
use lintas::runtime::{Clock, Entropy};
use lintas::store::memory::MemoryStore;
use lintas::store::{ListFilter, Store};

use super::dice::Dice;

/// A link that is up: both ends, and what is on its way. In order and unaltered, as TCP carries it, until it is cut.
pub(crate) struct Line {
    pub(crate) node: NodeEnd<MemoryStore>,
    pub(crate) hub: HubEnd<MemoryStore>,
    pub(crate) up: VecDeque<Up>,
    pub(crate) down: VecDeque<Down>,
}

pub(crate) struct Site {
    pub(crate) node: NodeId,
    pub(crate) seed: [u8; 32],
    pub(crate) units: Vec<UnitCode>,
    pub(crate) store: MemoryStore,
    pub(crate) desk: Desk<MemoryStore>,
    pub(crate) shared: Arc<NodeShared<MemoryStore>>,
    pub(crate) line: Option<Line>,
    pub(crate) backup: Option<MemoryStore>,
    /// What the desk has told a person it took, and whether the disk it was on was replaced by a backup since.
    pub(crate) filed: BTreeMap<ComplaintId, bool>,
    /// Whether the hub said that the journals contradict each other, so that the operator must recover.
    pub(crate) forked: bool,
}

/// What a node is made of, beside its disk.
pub(crate) struct Kit {
    pub(crate) federation: FederationId,
    pub(crate) trust: Trust,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Site {
    pub(crate) fn share(store: &MemoryStore, node: &NodeId, seed: [u8; 32], kit: &Kit) -> Arc<NodeShared<MemoryStore>> {
        let key = SigningKey::from_seed(seed);
        let signer = NodeKey::new(kit.federation.clone(), node.clone(), key);
        Arc::new(NodeShared::new(store.clone(), signer, kit.trust.clone(), Arc::clone(&kit.clock)))
    }

    pub(crate) fn ring(seed: [u8; 32]) -> Keyring {
        Keyring::new(SealingKey::from_seed(&seed), [])
    }

    /// The process dies and starts again on the same disk.
    pub(crate) async fn restart(&mut self, kit: &Kit) {
        self.line = None;
        self.shared = Self::share(&self.store, &self.node, self.seed, kit);
        let (clock, entropy) = (Arc::clone(&kit.clock), Arc::clone(&kit.entropy));
        self.desk = Desk::open(self.store.clone(), clock, entropy, Self::ring(self.seed)).await.unwrap();
    }

    pub(crate) async fn file(&mut self, dice: &mut Dice, everywhere: &[UnitCode]) {
        let about = dice.one_in(8).then(|| dice.pick(everywhere).unwrap().clone());
        let new = NewComplaint {
            area: None,
            unit: Some(dice.pick(&self.units).unwrap().clone()),
            class: *dice.pick(Class::ALL).unwrap(),
            channel: *dice.pick(Channel::ALL).unwrap(),
            visibility: Visibility::Open,
            category: Category::parse("jalan-rusak").unwrap(),
            on_behalf: false,
            about,
            narrative: "Jalan berlubang di depan pasar.".to_owned(),
            reporter: None,
        };
        if let Ok(written) = self.desk.file(&new).await {
            self.filed.insert(written.complaint, false);
        }
    }

    /// Somebody does something with some complaint that seems possible here, or, now and then, that does not.
    pub(crate) async fn act(&mut self, dice: &mut Dice, everywhere: &[UnitCode]) {
        let known = self.store.list(ListFilter::default()).await.unwrap();
        let Some(summary) = dice.pick(&known) else { return };
        let file = self.store.file(summary.id).await.unwrap().unwrap();
        let events: Vec<_> = file.events.iter().map(|filed| filed.event.clone()).collect();
        let Some(complaint) = fold(&events) else { return };
        let options = lintas::desk::Standing::of(&complaint, &self.node).options;
        let Some(name) = dice.pick(&options) else { return };
        let late = events.iter().find(|event| complaint.outcomes.get(&event.hash) == Some(&Outcome::Late));
        let adopt = late.map(|event| EventName::parse(&event.hash.to_string()).unwrap());
        let own = events.iter().filter(|e| e.header.node == self.node && e.header.change.role() != Role::Hub);
        let own: Vec<_> = own.collect();
        let other = ComplaintName::Id(dice.pick(&known).unwrap().id);
        let action = match name {
            ActionName::Verify => Action::Verify,
            ActionName::Dispose => {
                Action::Dispose { unit: dice.pick(&self.units).unwrap().clone(), reason: Reason::Competent }
            }
            ActionName::Accept => Action::Accept,
            ActionName::Defer => Action::Defer { reason: Reason::Incomplete },
            ActionName::Archive if dice.one_in(4) => Action::Archive { reason: Reason::TooGeneral },
            ActionName::FollowUp => Action::FollowUp,
            ActionName::Respond => Action::Respond,
            ActionName::Close => Action::Close,
            ActionName::Reopen => Action::Reopen,
            ActionName::Transfer => {
                Action::Transfer { to: dice.pick(everywhere).unwrap().clone(), reason: Reason::NotMyAuthority }
            }
            ActionName::Return => Action::Return { reason: Reason::NotMyAuthority },
            ActionName::TakeBack => Action::TakeBack,
            ActionName::Adopt => match adopt {
                Some(event) => Action::Adopt { event: Some(event) },
                None => return,
            },
            ActionName::Recategorise => {
                let leaf = dice.pick(&["jalan-rusak", "lainnya"]).unwrap();
                Action::Recategorise { category: Category::parse(leaf).unwrap(), class: Class::Information }
            }
            ActionName::Relate => Action::Relate { to: other },
            ActionName::Double if dice.one_in(2) => Action::Double { of: other },
            ActionName::Unlink => match complaint.related.first() {
                Some(from) => Action::Unlink { from: ComplaintName::Id(*from) },
                None => return,
            },
            ActionName::Reply => Action::Reply,
            ActionName::Complete => Action::Complete,
            ActionName::Confirm => Action::Confirm,
            ActionName::Rate => Action::Rate { stars: 4 },
            ActionName::Appeal => Action::Appeal,
            ActionName::Withdraw => Action::Withdraw,
            ActionName::Redact if dice.one_in(10) => match dice.pick(&own) {
                Some(event) => Action::Redact { event: EventName::parse(&event.hash.to_string()).unwrap() },
                None => return,
            },
            ActionName::File | ActionName::Archive | ActionName::Double | ActionName::Redact => return,
        };
        // A refusal is an answer too; what it must not be is a change.
        let _ = self.desk.act(&ComplaintName::Id(summary.id), None, &action, "Catatan.").await;
    }
}

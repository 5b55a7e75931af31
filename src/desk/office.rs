//! The desk of one node: each use case is one transaction of its store. What it returns of an action is on disk.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::action::{Action, ActionName, NewComplaint};
use super::actor::Actor;
use super::author::{self, Author, Written};
use super::content;
use super::error::DeskError;
use super::granting::{self, Turn};
use super::import::{self, ITEMS_MAX, Item, Taken};
use super::name::ComplaintName;
use super::notices;
use super::opening::Opener;
use super::original::Original;
use super::status::LinkProbe;
use super::units::DECLARED_MAX;
use crate::accounts::Accounts;
use crate::accounts::approval::FourEyes;
use crate::domain::rules::reporter_may_be_traced;
use crate::domain::{
    ComplaintId, FederationId, Filing, NodeId, Position, Registry, Telling, Timestamp, Timetable, TrackingNumber,
    UnitCode, Visibility,
};
use crate::journal::{self, Keyring, SecretSeed};
use crate::runtime::{Clock, Entropy, TraceContext, random_bytes};
use crate::store::{Changes, File, ListFilter, Scope, Store, View};
use crate::telemetry::{Fact, Span, SpanName, Telemetry};
use crate::words::Language;

/// Complaints that are looked at for grants at a time.
const GRANT_PAGE: usize = 500;

/// The desk of a node. Clones are the same desk.
#[derive(Clone)]
pub struct Desk<S> {
    pub(super) store: S,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    keys: Arc<Keyring>,
    pub(super) federation: FederationId,
    pub(super) node: NodeId,
    registry: Arc<Mutex<Arc<Registry>>>,
    written: Arc<watch::Sender<Position>>,
    pub(super) link: Option<Arc<dyn LinkProbe>>,
    telemetry: Telemetry,
    pub(super) timetable: Arc<Timetable>,
    pub(super) actor: Actor,
    accounts: Accounts<S>,
    pub(super) four_eyes: FourEyes,
    telling: Arc<Telling>,
}

impl<S> fmt::Debug for Desk<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("node", &self.node).finish_non_exhaustive()
    }
}

impl<S: Store> Desk<S> {
    /// The desk of the node whose store this is; `keys` are those to which content is sealed for it.
    ///
    /// # Errors
    /// If storage failed.
    pub async fn open(
        store: S,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        keys: Keyring,
    ) -> Result<Self, DeskError> {
        let owner = store.owner().await?;
        let own = store.own().await?;
        let mut registry = Registry::default();
        store.registry().await?.iter().for_each(|event| registry.apply(event));
        let unit = owner.node.unit().cloned().unwrap_or_else(UnitCode::root);
        let accounts = Accounts::new(store.clone(), unit, Arc::clone(&clock), Arc::clone(&entropy));
        Ok(Self {
            accounts,
            four_eyes: FourEyes::default(),
            telling: Arc::default(),
            store,
            clock,
            entropy,
            keys: Arc::new(keys),
            federation: owner.federation,
            node: owner.node,
            registry: Arc::new(Mutex::new(Arc::new(registry))),
            written: Arc::new(watch::Sender::new(own.written)),
            link: None,
            telemetry: Telemetry::default(),
            timetable: Arc::default(),
            actor: Actor::Operator,
        })
    }

    /// Where the own journal ends: changes after each commit, and wakes the link. A value may be skipped, the last never.
    #[must_use]
    pub fn written(&self) -> watch::Receiver<Position> {
        self.written.subscribe()
    }

    /// The same desk with a link, of which `status` tells.
    #[must_use]
    pub fn with_link(self, link: Arc<dyn LinkProbe>) -> Self {
        Self { link: Some(link), ..self }
    }

    /// The same desk, recording what is done at it.
    #[must_use]
    pub fn with_telemetry(self, telemetry: Telemetry) -> Self {
        Self { telemetry, ..self }
    }

    /// How long each step may take.
    #[must_use]
    pub fn timetable(&self) -> &Timetable {
        &self.timetable
    }

    /// The same desk, with how long each step may take.
    #[must_use]
    pub fn with_timetable(self, timetable: Arc<Timetable>) -> Self {
        Self { timetable, ..self }
    }

    /// The same desk, with a rule for whether endorsing takes two people.
    #[must_use]
    pub fn with_four_eyes(self, four_eyes: FourEyes) -> Self {
        Self { four_eyes, ..self }
    }

    /// The same desk, which notes of what is done at it what reporters are to be told.
    #[must_use]
    pub fn with_telling(self, telling: Telling) -> Self {
        Self { telling: Arc::new(telling), ..self }
    }

    /// The same desk, with somebody else at it.
    #[must_use]
    pub fn with_actor(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }

    /// Who is at it.
    #[must_use]
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The accounts of the people who work here.
    #[must_use]
    pub const fn accounts(&self) -> &Accounts<S> {
        &self.accounts
    }

    /// Where everything is stored.
    #[must_use]
    pub const fn books(&self) -> &S {
        &self.store
    }

    /// What its clock shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.timestamp()
    }

    /// This node.
    #[must_use]
    pub const fn node(&self) -> &NodeId {
        &self.node
    }

    /// Files a complaint.
    ///
    /// # Errors
    /// If a text is above the limits, an identity comes with an anonymous complaint, the unit is not at home here, or
    /// storage failed. Then nothing was stored.
    pub async fn file(&self, new: &NewComplaint) -> Result<Written, DeskError> {
        self.counted(ActionName::File, self.write_filing(new).await)
    }

    async fn write_filing(&self, new: &NewComplaint) -> Result<Written, DeskError> {
        // What an anonymous reporter does leaves no trace at all; what others do begins one here, whoever calls.
        let traced = new.visibility != Visibility::Anonymous;
        let span = if traced { self.begin(ActionName::File, None) } else { Span::none() };
        let own = self.own_unit();
        let usual = || self.actor.holder().map_or(own, |holder| holder.unit.clone());
        let unit = new.unit.clone().unwrap_or_else(usual);
        self.may(ActionName::File, |grant| grant.files(&unit))?;
        let parts = content::signed(content::of_filing(new, &*self.entropy)?, &self.actor, &*self.entropy)?;
        let filing = Filing {
            nonce: random_bytes(&*self.entropy),
            tracking: TrackingNumber::from_random(u64::from_be_bytes(random_bytes(&*self.entropy))),
            class: new.class,
            channel: new.channel,
            on_behalf: new.on_behalf,
            visibility: new.visibility,
            category: new.category.clone(),
            about: new.about.clone(),
            area: new.told_area(),
        };
        let complaint = journal::complaint_id(&self.federation, &self.node, &filing.nonce);
        let plan = |view: &View, registry: &Registry, author: &Author| {
            author::file(view, registry, author, &unit, filing, parts)
        };
        self.write(complaint, ActionName::File, Some(span), plan).await
    }

    /// Does something with a complaint. `unit` acts; by default the holder, or the filing unit in what the reporter says.
    ///
    /// # Errors
    /// Says who holds the complaint and what can be done, where it cannot be done here and now. Then nothing was stored.
    pub async fn act(
        &self,
        name: &ComplaintName,
        unit: Option<&UnitCode>,
        action: &Action,
        text: &str,
    ) -> Result<Written, DeskError> {
        self.act_within(name, unit, action, text, None).await
    }

    /// The same, as a step of the caller's trace. What a reporter does never becomes one.
    ///
    /// # Errors
    /// As [`Self::act`].
    pub async fn act_within(
        &self,
        name: &ComplaintName,
        unit: Option<&UnitCode>,
        action: &Action,
        text: &str,
        caller: Option<TraceContext>,
    ) -> Result<Written, DeskError> {
        let done = async {
            let span = action.name().is_an_offices().then(|| self.begin(action.name(), caller));
            let parts =
                content::signed(content::of_action(action, text, &*self.entropy)?, &self.actor, &*self.entropy)?;
            let complaint = self.resolve(name).await?;
            let action = &self.settled(action).await?;
            // Content is destroyed by the unit of whoever asks for it, not by the node's own.
            let redacts = action.name() == ActionName::Redact;
            let usual = self.actor.holder().filter(|_| redacts).map(|holder| &holder.unit);
            let unit = unit.or(usual);
            let plan = |view: &View, registry: &Registry, author: &Author| {
                self.may_act(view, complaint, action, unit)?;
                author::take(view, registry, author, complaint, unit, action, parts)
            };
            let mut written = self.write(complaint, action.name(), span, plan).await?;
            self.narrow(complaint, &mut written.standing).await;
            Ok(written)
        };
        self.counted(action.name(), done.await)
    }

    pub(super) fn begin(&self, action: ActionName, caller: Option<TraceContext>) -> Span {
        let facts = [Fact::Node(&self.node), Fact::Action(action.name())];
        self.telemetry.begin(SpanName::DeskAction, caller, &facts)
    }

    fn counted(&self, action: ActionName, done: Result<Written, DeskError>) -> Result<Written, DeskError> {
        let outcome = done.as_ref().map_or_else(DeskError::code, |_| "done");
        self.telemetry.instruments().desk_action(action.name(), outcome);
        done
    }

    /// Takes complaints over from another system: files each, marks it as imported, and brings it to its state, all in one
    /// transaction. What was taken over before, by the source's name and number, is not taken over again; what of it is still
    /// missing is written, if nothing but that has happened to it. The notes beside the events are in `language`.
    ///
    /// # Errors
    /// At more than [`ITEMS_MAX`] complaints, and as [`Self::file`] and [`Self::act`]. Then nothing was stored.
    pub async fn import(&self, items: &[Item], language: Language) -> Result<Vec<Taken>, DeskError> {
        if items.len() > ITEMS_MAX {
            return Err(DeskError::TooMany { count: items.len(), max: ITEMS_MAX });
        }
        #[expect(clippy::redundant_closure_for_method_calls, reason = "the method itself is of one lifetime only")]
        self.may(ActionName::File, |grant| grant.imports())?;
        let own = self.own_unit();
        let id = |nonce: &[u8; 16]| journal::complaint_id(&self.federation, &self.node, nonce);
        let prepare = |item: &Item| {
            let Original { source, id: number, .. } = &item.original;
            let nonce = journal::import_nonce(&self.federation, &self.node, source, number);
            let prepared = import::prepare(item, &own, id, nonce, language, &*self.entropy)?;
            prepared.signed(|parts| content::signed(parts, &self.actor, &*self.entropy))
        };
        let prepared = items.iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
        // What is written after this look counts as somebody's.
        let mut marked = BTreeSet::new();
        for (one, item) in prepared.iter().zip(items) {
            let file = self.store.file(one.complaint).await?.map(|file| self.opener().open(file));
            marked.extend(file.iter().flat_map(|file| import::marked(file, &item.original.source)));
        }
        let complaints = prepared.iter().map(|one| one.complaint).collect();
        let plan = |view: &View, registry: &Registry, author: &Author| {
            let (changes, taken, position) = import::plan(view, registry, author, prepared, &marked)?;
            Ok((changes, (taken, position)))
        };
        // Nobody here caused what is taken over, and anonymous reporters may be among those who did.
        let (taken, position) = self.transact(complaints, |_: &View| None, plan).await?;
        self.written.send_replace(position);
        Ok(taken)
    }

    /// The id of the complaint that a system knew by a number, whether or not it was taken over yet.
    #[must_use]
    pub fn imported_id(&self, source: &str, number: &str) -> ComplaintId {
        let nonce = journal::import_nonce(&self.federation, &self.node, source, number);
        journal::complaint_id(&self.federation, &self.node, &nonce)
    }

    /// The complaint of a name.
    ///
    /// # Errors
    /// If there is none, or several.
    pub async fn resolve(&self, name: &ComplaintName) -> Result<ComplaintId, DeskError> {
        match name {
            ComplaintName::Id(id) => Ok(*id),
            ComplaintName::Tracking(number) => self.store.find(*number).await?.ok_or(DeskError::UnknownComplaint),
            ComplaintName::Prefix(digits) => match self.store.find_prefix(digits, 2).await?.as_slice() {
                [] => Err(DeskError::UnknownComplaint),
                [only] => Ok(*only),
                [..] => Err(DeskError::Ambiguous),
            },
        }
    }

    /// One complaint's file.
    ///
    /// # Errors
    /// If there is none of that name.
    pub async fn show(&self, name: &ComplaintName) -> Result<File, DeskError> {
        let complaint = self.resolve(name).await?;
        let file = self.store.file(complaint).await?.ok_or(DeskError::UnknownComplaint)?;
        self.may_read(&file)?;
        Ok(self.opener().open(file))
    }

    /// What opens files with this node's keys.
    #[must_use]
    pub fn opener(&self) -> Opener {
        Opener::new(Arc::clone(&self.keys), self.federation.clone())
    }

    /// Lets others open what they are to read and cannot, on these complaints. Returns how many were let in to something.
    ///
    /// # Errors
    /// If storage failed.
    pub async fn grant(
        &self,
        complaints: impl IntoIterator<Item = ComplaintId>,
        turn: Turn,
    ) -> Result<usize, DeskError> {
        let mut count = 0_usize;
        for id in complaints {
            let keys = Arc::clone(&self.keys);
            let plan = |view: &View, registry: &Registry, author: &Author| {
                let changes = granting::plan(view, registry, author, &keys, id, turn)?;
                let end = changes.entries.last().map(|entry| (entry.position, changes.entries.len()));
                Ok((changes, end))
            };
            // Nobody's work caused it.
            if let Some((end, written)) = self.transact([id].into(), |_: &View| None, plan).await? {
                count = count.saturating_add(written);
                self.written.send_replace(end);
            }
        }
        Ok(count)
    }

    /// The same for every complaint that is here, in pages.
    ///
    /// # Errors
    /// If storage failed.
    pub async fn grant_all(&self, turn: Turn) -> Result<usize, DeskError> {
        let (mut count, mut after) = (0_usize, None);
        loop {
            let page = self.store.filed(ListFilter { limit: GRANT_PAGE, ..ListFilter::default() }, after).await?;
            let Some(last) = page.last() else { return Ok(count) };
            after = Some((last.filed_at, last.id));
            let more = page.len() == GRANT_PAGE;
            let granted = self.grant(page.into_iter().map(|summary| summary.id), turn).await?;
            count = count.saturating_add(granted);
            if !more {
                return Ok(count);
            }
        }
    }

    /// The registry as stored now.
    ///
    /// # Errors
    /// If storage failed.
    pub async fn registry(&self) -> Result<Arc<Registry>, DeskError> {
        let mut registry = Registry::default();
        self.store.registry().await?.iter().for_each(|event| registry.apply(event));
        let registry = Arc::new(registry);
        self.learn(&registry);
        Ok(registry)
    }

    /// One event on a complaint. Without a `span` it is a reporter's step, which is traced only if the complaint is not anonymous.
    pub(super) async fn write(
        &self,
        complaint: ComplaintId,
        action: ActionName,
        mut span: Option<Span>,
        plan: impl FnOnce(&View, &Registry, &Author) -> Result<(Changes, Written), DeskError> + Send,
    ) -> Result<Written, DeskError> {
        let step = &mut span;
        let trace = |view: &View| {
            let history = view.complaints.get(&complaint).map(Vec::as_slice).unwrap_or_default();
            let begin = || if reporter_may_be_traced(history) { self.begin(action, None) } else { Span::none() };
            step.get_or_insert_with(begin).context()
        };
        let told = |view: &View, registry: &Registry, author: &Author| {
            let (changes, written) = plan(view, registry, author)?;
            Ok((notices::with(changes, view, &self.telling, author, complaint), written))
        };
        let planned = self.transact([complaint].into(), trace, told).await;
        if let (Err(error), Some(span)) = (&planned, &mut span) {
            span.fail(error.code());
        }
        let written = planned?;
        self.written.send_replace(written.end);
        Ok(written)
    }

    /// One transaction that nobody's work caused.
    pub(super) async fn planned<T: Send>(
        &self,
        complaints: BTreeSet<ComplaintId>,
        plan: impl FnOnce(&View, &Registry, &Author) -> Result<(Changes, T), DeskError> + Send,
    ) -> Result<T, DeskError> {
        self.transact(complaints, |_: &View| None, plan).await
    }

    /// Notes what was written, and wakes the link.
    pub(super) fn done(&self, action: ActionName, written: &Written) {
        self.telemetry.instruments().desk_action(action.name(), "done");
        self.written.send_replace(written.end);
    }

    /// One transaction of the planner, with the registry as it stands in it; `trace` says what its events are caused by.
    pub(super) async fn transact<T: Send>(
        &self,
        complaints: BTreeSet<ComplaintId>,
        trace: impl FnOnce(&View) -> Option<TraceContext> + Send,
        plan: impl FnOnce(&View, &Registry, &Author) -> Result<(Changes, T), DeskError> + Send,
    ) -> Result<T, DeskError> {
        let known = self.known();
        let scope =
            Scope { complaints, registry_after: Some(known.position()), declared: DECLARED_MAX, ..Scope::default() };
        let clock = &self.clock;
        let timetable = Arc::clone(&self.timetable);
        let (federation, node) = (self.federation.clone(), self.node.clone());
        let account = self.actor.pseudonym(&federation, &node);
        let keys = Arc::clone(&self.keys);
        let seed = SecretSeed::from_random(random_bytes(&*self.entropy));
        let (registry, planned) = self
            .store
            .transact(scope, move |view| {
                let registry = advanced(&known, view);
                let now = clock.timestamp();
                let key = keys.own(registry.node(&node).map(|entry| entry.sealing_key));
                let author = Author { federation, node, account, now, trace: trace(view), timetable, key, seed };
                // What was declared here counts here at once, though it binds others only when the hub has published it.
                let ahead = (!view.declared.is_empty()).then(|| registry.foreseen(&view.declared));
                match plan(view, ahead.as_ref().unwrap_or(&registry), &author) {
                    Ok((changes, answer)) => (changes, (registry, Ok(answer))),
                    Err(error) => (Changes::default(), (registry, Err(error))),
                }
            })
            .await?;
        self.learn(&registry);
        planned
    }

    /// Wakes the link: the own journal ends here now.
    pub(super) fn wrote(&self, end: Position) {
        self.written.send_replace(end);
    }

    /// The registry as it was when it was last looked at.
    #[must_use]
    pub fn known(&self) -> Arc<Registry> {
        Arc::clone(&self.registry.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn learn(&self, registry: &Arc<Registry>) {
        let mut known = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        if known.position() < registry.position() {
            *known = Arc::clone(registry);
        }
    }
}

/// The registry with what a transaction has read of it.
fn advanced(known: &Arc<Registry>, view: &View) -> Arc<Registry> {
    if view.registry.is_empty() {
        return Arc::clone(known);
    }
    let mut registry = Registry::clone(known);
    view.registry.iter().for_each(|event| registry.apply(event));
    Arc::new(registry)
}

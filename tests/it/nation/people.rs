//! What people do: residents who file, reply, rate or say nothing; officers who verify, dispose, pass on, return and answer, mostly as the
//! router advises, sometimes wrongly, sometimes never. By the dice alone.

use std::collections::BTreeSet;

use lintas::desk::{Action, ActionName, ComplaintName, DeskError, EventName, NewComplaint, Standing};
use lintas::domain::routing::{Case, route};
use lintas::domain::rules::is_adoptable;
use lintas::domain::{
    Change, Channel, Complaint, ComplaintId, Event, Outcome, Reason, Status, UnitCode, Visibility, fold,
};
use lintas::store::Store;
use lintas::words::categories;

use super::world::{STEPS_A_DAY, World};

/// Whose look at a complaint it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Who {
    Officer,
    Reporter,
}

/// Somebody is to look at a complaint at a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    pub(crate) who: Who,
    pub(crate) at: usize,
    pub(crate) complaint: ComplaintId,
}

/// What a complaint's people are like, which its name decides.
fn temper(id: ComplaintId, sides: u8) -> u8 {
    id.to_string().bytes().fold(7_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)) % sides
}

impl World {
    /// Custody came to a node: somebody there will look, or nobody ever does.
    pub(crate) fn arrived(&mut self, at: usize, id: ComplaintId) {
        if self.sites[at].watched.contains(&id) || self.dice.one_in(10) {
            return;
        }
        self.sites[at].watched.insert(id);
        let steps = 1 + self.dice.below(2 * STEPS_A_DAY);
        self.later(steps, Who::Officer, at, id);
    }

    /// What people do in this step: offices only in working hours, residents always.
    pub(crate) async fn people(&mut self) -> Result<(), String> {
        self.residents().await;
        let Some(tasks) = self.agenda.remove(&self.step) else { return Ok(()) };
        for task in tasks {
            match task.who {
                Who::Reporter => self.reporter(task).await?,
                Who::Officer if self.is_at_work(task.at) => self.officer(task).await?,
                Who::Officer => self.later(1, Who::Officer, task.at, task.complaint),
            }
        }
        Ok(())
    }

    /// Whether it is a working day, before the evening.
    fn is_at_work(&self, at: usize) -> bool {
        let zone = self.timetable.zone(&self.country.nodes[at]);
        let day = zone.date_of(self.now());
        self.step % STEPS_A_DAY < 2 && self.timetable.calendar.is_working_day(day).value
    }

    async fn residents(&mut self) {
        let steps = self.plan.days * STEPS_A_DAY;
        let upto = |step: usize| self.plan.complaints * step / steps;
        for _ in upto(self.step - 1)..upto(self.step) {
            self.file().await;
        }
    }

    /// Somebody files something somewhere: mostly at home, one in four at any node at all.
    async fn file(&mut self) {
        let place = self.dice.pick(&self.country.places).unwrap().clone();
        let category = self.dice.pick(&self.country.categories).unwrap().clone();
        let anywhere = self.dice.below(self.sites.len());
        let at = if self.dice.one_in(4) { anywhere } else { self.home(&place) };
        let about = if self.dice.one_in(12) {
            let accused = if self.dice.one_in(2) { self.home(&place) } else { anywhere };
            Some(self.country.nodes[accused].clone()).filter(|unit| !unit.is_root())
        } else {
            None
        };
        let visibility = match self.dice.below(10) {
            0 => Visibility::Anonymous,
            1 | 2 => Visibility::Confidential,
            _ => Visibility::Open,
        };
        let leaf = categories().leaf(&category).unwrap();
        let new = NewComplaint {
            area: Some(place).filter(|_| !self.dice.one_in(10)),
            unit: Some(self.country.nodes[at].clone()),
            class: leaf.class,
            channel: *self.dice.pick(Channel::ALL).unwrap(),
            visibility,
            category,
            on_behalf: false,
            about,
            narrative: "Sudah dua minggu tidak ada yang datang.".to_owned(),
            reporter: None,
        };
        let written = self.sites[at].desk.file(&new).await.unwrap();
        self.filed.push((written.complaint, at));
        self.touch(at);
        self.arrived(at, written.complaint);
        self.later(5 * STEPS_A_DAY, Who::Reporter, at, written.complaint);
    }

    /// A complaint as a node knows it.
    async fn file_at(&self, at: usize, id: ComplaintId) -> Result<(Complaint, Vec<Event>), String> {
        let file = self.sites[at].store.file(id).await.unwrap();
        let events: Vec<Event> = file.unwrap_or_default().events.into_iter().map(|filed| filed.event).collect();
        let complaint = fold(&events).ok_or_else(|| format!("{id:?} is not at {}", self.sites[at].node))?;
        Ok((complaint, events))
    }

    /// What the desk refuses, since a careless person asks for it, is counted.
    async fn act(&mut self, at: usize, id: ComplaintId, action: &Action) -> Result<(), String> {
        match self.sites[at].desk.act(&ComplaintName::Id(id), None, action, "Catatan.").await {
            Ok(_) => {
                *self.tally.acts.entry(action.name()).or_default() += 1;
                self.touch(at);
                Ok(())
            }
            Err(DeskError::Store(error)) => Err(format!("{}: {error}", self.sites[at].node)),
            Err(error) => {
                *self.tally.refused.entry(error.code()).or_default() += 1;
                Ok(())
            }
        }
    }

    async fn reporter(&mut self, Task { at, complaint: id, .. }: Task) -> Result<(), String> {
        let (complaint, _) = self.file_at(at, id).await?;
        let options = Standing::of(&complaint, &self.sites[at].node).options;
        let may = |name| options.contains(&name);
        let ended = matches!(complaint.status(), Status::Closed | Status::Archived);
        let action = match self.dice.below(20) {
            _ if complaint.reporter.withdrew => None,
            0..4 if complaint.status() == Status::Awaiting => Some(Action::Reply),
            4..7 if may(ActionName::Confirm) && !complaint.reporter.confirmed => Some(Action::Confirm),
            7..10 if may(ActionName::Rate) && complaint.stars.is_none() => {
                Some(Action::Rate { stars: u8::try_from(1 + self.dice.below(5)).unwrap() })
            }
            0..14 if may(ActionName::Complete) => Some(Action::Complete),
            14 if may(ActionName::Reply) => Some(Action::Reply),
            15 if may(ActionName::Appeal) && !complaint.reporter.appealed => Some(Action::Appeal),
            16 if may(ActionName::Withdraw) && self.dice.one_in(4) => Some(Action::Withdraw),
            _ => None,
        };
        if let Some(action) = action {
            self.act(at, id, &action).await?;
        }
        if !ended && !complaint.reporter.withdrew {
            let steps = (5 + self.dice.below(10)) * STEPS_A_DAY;
            self.later(steps, Who::Reporter, at, id);
        }
        Ok(())
    }

    async fn officer(&mut self, Task { at, complaint: id, .. }: Task) -> Result<(), String> {
        let (complaint, events) = self.file_at(at, id).await?;
        if complaint.node() != &self.sites[at].node {
            // It has gone; should it come back, it is heard of.
            self.sites[at].watched.remove(&id);
            return Ok(());
        }
        let until = self.asleep.get(complaint.unit()).copied().unwrap_or(0);
        if until > self.step {
            self.later(until - self.step, Who::Officer, at, id);
            return Ok(());
        }
        let action = self.choose(&complaint, &events, at);
        if let Some(action) = &action {
            self.act(at, id, action).await?;
        }
        let ended = matches!(complaint.status(), Status::Closed | Status::Archived) && action.is_none();
        if ended {
            self.sites[at].watched.remove(&id);
            return Ok(());
        }
        let waits = matches!(complaint.status(), Status::Awaiting | Status::Deferred | Status::Closed);
        let steps = if waits { 3 * STEPS_A_DAY } else { 1 } + self.dice.below(3 * STEPS_A_DAY);
        self.later(steps, Who::Officer, at, id);
        Ok(())
    }

    /// The unit that the router would ask: whom to pass it to, or the holder itself.
    fn advised(&self, complaint: &Complaint, events: &[Event], stubborn: bool) -> UnitCode {
        let filed = complaint.epochs[0].holders[0].territory();
        let area = complaint.filing.area.clone().unwrap_or(filed);
        let case = Case::new(categories(), &complaint.filing.category, &area).unwrap();
        let counted = |event: &&Event| complaint.outcomes.get(&event.hash) == Some(&Outcome::Counted);
        let returned_by = events.iter().filter(counted).filter_map(returned);
        let returned_by: BTreeSet<UnitCode> = if stubborn { BTreeSet::new() } else { returned_by.collect() };
        let case = Case { about: complaint.filing.about.clone(), returned_by, ..case };
        let first = route(&self.directory, &case).candidates.into_iter().next();
        first.map_or_else(UnitCode::root, |candidate| candidate.unit)
    }

    /// What the officer in charge does, who is a little careless. One complaint in eight has people who insist: each holder returns it, and
    /// gets it again; one in forty is passed on by whoever gets it.
    fn choose(&mut self, complaint: &Complaint, events: &[Event], at: usize) -> Option<Action> {
        let options = Standing::of(complaint, &self.sites[at].node).options;
        let may = |name| options.contains(&name);
        let (stubborn, wandering) = (temper(complaint.id, 8) == 0, temper(complaint.id, 40) == 8);
        let late = events.iter().find(|event| {
            complaint.outcomes.get(&event.hash) == Some(&Outcome::Late) && is_adoptable(&event.header.change)
        });
        if complaint.epoch().pending.is_some() {
            return (may(ActionName::TakeBack) && self.dice.one_in(12)).then_some(Action::TakeBack);
        }
        let best = self.advised(complaint, events, stubborn);
        let (unit, mine) = (complaint.unit().clone(), self.home(&best) == at);
        let reason = Reason::NotMyAuthority;
        let transfer =
            |to: UnitCode| (may(ActionName::Transfer) && to != unit).then_some(Action::Transfer { to, reason });
        match complaint.status() {
            Status::Received => {
                let refuses = if stubborn { !self.dice.one_in(6) } else { !mine && !self.dice.one_in(4) };
                if may(ActionName::Return) && (refuses || self.dice.one_in(12)) && !wandering {
                    Some(Action::Return { reason })
                } else if mine && best != unit && self.dice.one_in(2) {
                    Some(Action::Dispose { unit: best, reason: Reason::Competent })
                } else if self.dice.one_in(60) {
                    Some(Action::Defer { reason: Reason::Incomplete })
                } else {
                    may(ActionName::Accept).then_some(Action::Accept)
                }
            }
            Status::Open => {
                let adopted = late.filter(|_| may(ActionName::Adopt) && self.dice.one_in(3));
                if let Some(event) = adopted {
                    return Some(Action::Adopt { event: EventName::parse(&event.hash.to_string()).ok() });
                }
                if may(ActionName::Verify) {
                    return Some(Action::Verify);
                }
                if self.dice.one_in(50) {
                    return Some(Action::Defer { reason: Reason::Incomplete });
                }
                if self.dice.one_in(80) {
                    return Some(Action::Archive { reason: Reason::TooGeneral });
                }
                if wandering || self.dice.one_in(25) {
                    let somewhere = self.dice.pick(&self.country.offices).unwrap().unit.clone();
                    if let Some(action) = transfer(somewhere) {
                        return Some(action);
                    }
                }
                let passes = !mine && !self.dice.one_in(8);
                if let Some(action) = passes.then(|| transfer(best.clone())).flatten() {
                    return Some(action);
                }
                let epoch = complaint.epoch();
                let before = epoch.holders.iter().rev().nth(1).filter(|before| **before != unit);
                if let Some(before) = before.filter(|_| epoch.disposed && self.dice.one_in(12)) {
                    return Some(Action::Dispose { unit: before.clone(), reason });
                }
                if mine && best != unit && !epoch.disposed && !epoch.followed_up {
                    return Some(Action::Dispose { unit: best, reason: Reason::Competent });
                }
                let works = !epoch.followed_up || self.dice.one_in(3);
                Some(if works { Action::FollowUp } else { Action::Respond })
            }
            Status::Awaiting => (may(ActionName::Close) && self.dice.one_in(20)).then_some(Action::Close),
            Status::Closed | Status::Archived => {
                (may(ActionName::Reopen) && self.dice.one_in(20)).then_some(Action::Reopen)
            }
            Status::Deferred => None,
        }
        .filter(|action| may(action.name()))
    }
}

/// The unit that says by an event that it is not competent.
fn returned(event: &Event) -> Option<UnitCode> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others say nothing of competence")]
    let says = match &event.header.change {
        Change::Return { .. } => true,
        Change::Disposed { reason, .. } | Change::Transfer { reason, .. } => *reason == Reason::NotMyAuthority,
        _ => false,
    };
    event.header.unit.clone().filter(|_| says)
}

//! Carries out, at the desks of a training, what simulated residents and units do next. It decides nothing itself; what a desk refuses
//! is left until the complaint changes.

use std::collections::BTreeSet;

use lintas::desk::service::{Caller, ClientError, told};
use lintas::domain::complaint::DisplayState;
use lintas::domain::{Change, UnitCode};
use lintas::protocol::desk::v1 as wire;
use lintas::protocol::desk::v1::act_request::Action;
use lintas::store::sqlite::SqliteStore;

use super::children::desk;
use super::decide::{Deed, Onward, Plan, Seen, Step, filings, onward};
use super::error::PracticeError;
use super::folder::Folder;
use super::residents::{complaint, text};

/// Most that is done at one desk at once.
const ACTS_MAX: usize = 8;
/// Most complaints that a desk is asked for at once.
const LIST_MAX: u32 = 500;
const OPEN: [DisplayState; 6] = [
    DisplayState::New,
    DisplayState::Undisposed,
    DisplayState::Disposed,
    DisplayState::InProgress,
    DisplayState::Received,
    DisplayState::Returned,
];
const REPORTERS: [DisplayState; 3] = [DisplayState::Awaiting, DisplayState::Deferred, DisplayState::Closed];

type Desk = Caller<SqliteStore>;

/// All that is simulated of a training.
#[derive(Debug)]
pub(super) struct Simulation {
    plan: Plan,
    desks: Vec<(String, Desk)>,
    /// What was refused, or needs nothing more, until it changes.
    settled: BTreeSet<(String, i64)>,
    /// When the last complaint was filed, as far as is known.
    last: Option<i64>,
    filed: usize,
}

impl Simulation {
    /// At the desks of a training that runs.
    ///
    /// # Errors
    /// If one does not answer.
    pub(super) async fn open(folder: &Folder) -> Result<Self, PracticeError> {
        let mut desks = Vec::new();
        for code in &folder.mark.nodes {
            desks.push((code.clone(), desk(folder, code).await?));
        }
        Ok(Self { plan: folder.plan(), desks, settled: BTreeSet::new(), last: None, filed: 0 })
    }

    /// Does what is to be done at `now`, as far as the desks let it. A desk that does not answer is left out.
    pub(super) async fn step(&mut self, now: i64) {
        let (mut open, mut filed) = (0_usize, 0_usize);
        let Self { plan, desks, settled, .. } = self;
        for (code, desk) in desks.iter_mut() {
            let held =
                wire::ListRequest { node: code.clone(), states: names(&OPEN), limit: LIST_MAX, ..Default::default() };
            let own = wire::ListRequest {
                origin: code.clone(),
                states: names(&REPORTERS),
                limit: LIST_MAX,
                ..Default::default()
            };
            let (Ok(held), Ok(own)) = (list(desk, held).await, list(desk, own).await) else { continue };
            open = open.saturating_add(held.len());
            let here = held.iter().chain(&own);
            filed = filed.saturating_add(here.clone().count());
            self.last = self.last.max(here.map(|seen| seen.filed_at).max());
            let officers = held.iter().filter_map(|seen| Some((seen, plan.officer(seen, now)?)));
            let residents = own.iter().filter_map(|seen| Some((seen, plan.resident(seen, now)?)));
            let todo = officers.chain(residents).filter(|(seen, _)| !settled.contains(&key(seen)));
            for (seen, deed) in todo.take(ACTS_MAX).collect::<Vec<_>>() {
                if !matches!(act(desk, code, plan, seen, &deed).await, Ok(true)) {
                    settled.insert(key(seen));
                }
            }
        }
        self.filed = self.filed.max(filed);
        self.file(open, now).await;
    }

    async fn file(&mut self, open: usize, now: i64) {
        let codes: Vec<String> = self.desks.iter().map(|(code, _)| code.clone()).collect();
        for _ in 0..filings(self.filed, open, self.last, now) {
            let number = u64::try_from(self.filed).unwrap_or_default();
            let Some((code, request)) = complaint(self.plan.seed, number, &codes) else { return };
            let Some((_, desk)) = self.desks.iter_mut().find(|(other, _)| *other == code) else { return };
            if let Err(error) = desk.file(request).await {
                tracing::warn!(%error, code, "a simulated complaint cannot be filed");
                return;
            }
            self.filed = self.filed.saturating_add(1);
            self.last = Some(now);
        }
    }
}

fn key(seen: &Seen) -> (String, i64) {
    (seen.id.clone(), seen.updated_at)
}

fn names(states: &[DisplayState]) -> Vec<String> {
    states.iter().map(|state| state.name().to_owned()).collect()
}

async fn list(desk: &mut Desk, request: wire::ListRequest) -> Result<Vec<Seen>, ClientError> {
    Ok(desk.list(request).await?.complaints.into_iter().filter_map(seen).collect())
}

/// A complaint as its desk lists it; none of what this version does not know.
fn seen(summary: wire::Summary) -> Option<Seen> {
    Some(Seen {
        unit: UnitCode::parse(&summary.unit).ok()?,
        state: *DisplayState::ALL.iter().find(|state| state.name() == summary.state)?,
        id: summary.id,
        node: summary.node,
        origin: summary.origin,
        waits: summary.pending || summary.held,
        epoch: summary.epoch,
        filed_at: summary.filed_at_micros,
        updated_at: summary.updated_at_micros,
    })
}

/// Does a deed; whether there was anything to do.
async fn act(desk: &mut Desk, node: &str, plan: &Plan, seen: &Seen, deed: &Deed) -> Result<bool, ClientError> {
    let not_mine = || "not-my-authority".to_owned();
    let competent = || "competent".to_owned();
    let action = match deed {
        Deed::Verify => Action::Verify(wire::Verify {}),
        Deed::Accept => Action::Accept(wire::Accept {}),
        Deed::FollowUp => Action::FollowUp(wire::FollowUp {}),
        Deed::Respond => Action::Respond(wire::Respond {}),
        Deed::Return => Action::Return(wire::Return { reason: not_mine() }),
        Deed::HandBack(to) => Action::Dispose(wire::Dispose { unit: to.to_string(), reason: not_mine() }),
        Deed::Confirm => Action::Confirm(wire::Confirm {}),
        Deed::Reply => Action::Reply(wire::Reply {}),
        Deed::Complete => Action::Complete(wire::Complete {}),
        Deed::Rate(_) if is_rated(desk, &seen.id).await? => return Ok(false),
        Deed::Rate(stars) => Action::Rate(wire::Rate { stars: *stars }),
        Deed::PassOn => {
            let request = wire::RouteRequest { complaint: seen.id.clone(), ..Default::default() };
            let steps = desk.route(request).await?.steps;
            let steps: Vec<Step> = steps.into_iter().map(|step| Step { unit: step.unit, home: step.home }).collect();
            match onward(seen, node, &steps) {
                Onward::Dispose(unit) => Action::Dispose(wire::Dispose { unit, reason: competent() }),
                Onward::Transfer(unit) => Action::Transfer(wire::Transfer { unit, reason: competent() }),
                Onward::Accept => Action::Accept(wire::Accept {}),
                Onward::FollowUp => Action::FollowUp(wire::FollowUp {}),
            }
        }
    };
    let text = text(plan.seed, &seen.id, deed);
    let request = wire::ActRequest { complaint: seen.id.clone(), text, action: Some(action), ..Default::default() };
    desk.act(request).await.map(|_| true)
}

/// Whether the reporter has rated it before.
async fn is_rated(desk: &mut Desk, id: &str) -> Result<bool, ClientError> {
    let (file, _) = told::file(&desk.show_all(id, false).await?);
    Ok(file.events.iter().any(|filed| matches!(filed.event.header.change, Change::Rated { .. })))
}

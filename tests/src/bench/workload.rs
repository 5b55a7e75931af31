//! The journal of a node that was long without a link: written by the desk's own planner, many events a transaction, the same at
//! each making. It knows no hub.

use lintas::desk::author::{self, Author, Written};
use lintas::desk::{Action, DeskError};
use lintas::domain::event::Category;
use lintas::domain::{
    Channel, Class, ComplaintId, FederationId, Filing, NodeId, PartKind, Reason, Registry, Timestamp, TrackingNumber,
    UnitCode, Visibility,
};
use lintas::journal::{self, Part, SealingKey, SecretSeed};
use lintas::runtime::{SeededEntropy, random_bytes};
use lintas::store::{Changes, Scope, Store, View};

use super::error::{BenchError, Result};
use super::plan::{NARRATIVE_BYTES, STEPS, UNDER_WAY};

/// Events written in one transaction, each on another complaint.
const AT_ONCE: usize = 500;
/// Seconds between two events.
const SECONDS_APART: i64 = 1;

/// The node's unit and one of its agencies.
pub(super) const UNIT: &str = "13.71";
const AGENCY: &str = "13.71.dlh";

/// Events as so many whole rounds hold at least.
pub(super) const fn rounded(events: u64) -> u64 {
    let round = STEPS * UNDER_WAY;
    events.div_ceil(round) * round
}

/// Writes the events into a node's store, the last of them shortly before `now`.
pub(super) async fn write<S: Store>(store: &S, events: u64, now: Timestamp) -> Result<()> {
    let owner = store.owner().await?;
    let mut registry = Registry::default();
    store.registry().await?.iter().for_each(|event| registry.apply(event));
    let back = i64::try_from(events).unwrap_or(i64::MAX).saturating_mul(SECONDS_APART);
    let mut clerk = Clerk {
        federation: owner.federation,
        node: owner.node,
        unit: unit(UNIT)?,
        agency: unit(AGENCY)?,
        category: Category::parse("sampah").ok_or_else(|| BenchError::Wrong("no category".to_owned()))?,
        registry,
        now: now.plus_seconds(back.saturating_neg()),
        entropy: SeededEntropy::new(1),
        number: 0,
    };
    for _ in 0..events / (STEPS * UNDER_WAY) {
        let filings: Vec<Filing> = (0..UNDER_WAY).map(|_| clerk.filing()).collect();
        for step in 0..STEPS {
            for some in filings.chunks(AT_ONCE) {
                clerk.step(store, step, some).await?;
            }
        }
    }
    Ok(())
}

fn unit(code: &str) -> Result<UnitCode> {
    UnitCode::parse(code).map_err(|error| BenchError::Wrong(format!("the unit {code}: {error}")))
}

/// Text of an event: the same length for each, the number in it.
pub(super) fn text(number: u64) -> String {
    const TOLD: &str =
        "Sampah menumpuk di tepi jalan sejak beberapa hari dan belum diangkut; baunya sampai ke rumah warga. ";
    let mut text = format!("Nomor {number}. ");
    while text.len() < NARRATIVE_BYTES {
        text.push_str(TOLD);
    }
    text.truncate(NARRATIVE_BYTES);
    // A text that ended in a space would be shortened by the desk.
    text.replace_range(text.len().saturating_sub(1).., ".");
    text
}

/// Whoever files and handles the complaints.
#[derive(Debug)]
struct Clerk {
    federation: FederationId,
    node: NodeId,
    unit: UnitCode,
    agency: UnitCode,
    category: Category,
    registry: Registry,
    now: Timestamp,
    entropy: SeededEntropy,
    number: u64,
}

impl Clerk {
    fn filing(&self) -> Filing {
        Filing {
            nonce: random_bytes(&self.entropy),
            tracking: TrackingNumber::from_random(u64::from_be_bytes(random_bytes(&self.entropy))),
            class: Class::Complaint,
            channel: Channel::Counter,
            on_behalf: false,
            visibility: Visibility::Open,
            category: self.category.clone(),
            about: None,
            area: None,
        }
    }

    /// Takes the complaints of these filings one step further, each by an event of its own, all in one transaction.
    async fn step<S: Store>(&mut self, store: &S, step: u64, filings: &[Filing]) -> Result<()> {
        let ids: Vec<ComplaintId> = filings.iter().map(|filing| self.id(filing)).collect();
        let scope = Scope { complaints: ids.iter().copied().collect(), ..Scope::default() };
        let plan = |view: &View| {
            let mut view = view.clone();
            let mut all = Changes::default();
            let each = filings.iter().zip(&ids);
            let done: std::result::Result<(), DeskError> = each.into_iter().try_for_each(|(filing, id)| {
                let (changes, written) = self.write(&view, step, filing, *id)?;
                // The next event follows this one; no two of a transaction are of one complaint.
                view.own.written = written.position;
                all.entries.extend(changes.entries);
                all.summaries.extend(changes.summaries);
                all.cited = changes.cited;
                Ok(())
            });
            match done {
                Ok(()) => (all, Ok(())),
                Err(error) => (Changes::default(), Err(error)),
            }
        };
        Ok(store.transact(scope, plan).await??)
    }

    fn id(&self, filing: &Filing) -> ComplaintId {
        journal::complaint_id(&self.federation, &self.node, &filing.nonce)
    }

    fn write(
        &mut self,
        view: &View,
        step: u64,
        filing: &Filing,
        id: ComplaintId,
    ) -> std::result::Result<(Changes, Written), DeskError> {
        self.number = self.number.saturating_add(1);
        self.now = self.now.plus_seconds(SECONDS_APART);
        let account = journal::operator_pseudonym(&self.federation, &self.node);
        let key = SealingKey::from_seed(&[7; 32]).public();
        let seed = SecretSeed::from_random(random_bytes(&self.entropy));
        let (federation, node) = (self.federation.clone(), self.node.clone());
        let author = Author {
            federation,
            node,
            account,
            now: self.now,
            trace: None,
            timetable: std::sync::Arc::default(),
            key,
            seed,
        };
        let kind = if step == 0 { PartKind::Narrative } else { PartKind::Note };
        let content = text(self.number).into_bytes();
        let parts = vec![Part::plain(0, kind, random_bytes(&self.entropy), content)];
        let action = match step {
            0 => return author::file(view, &self.registry, &author, &self.unit, filing.clone(), parts),
            1 => Action::Verify,
            2 => Action::Dispose { unit: self.agency.clone(), reason: Reason::Competent },
            3 => Action::FollowUp,
            _ => Action::Respond,
        };
        author::act(view, &self.registry, &author, id, None, &action, parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_differ_in_length_or_are_trimmed() {
        for number in [1, 99, 200_000] {
            assert_eq!((text(number).len(), text(number).trim().len()), (NARRATIVE_BYTES, NARRATIVE_BYTES));
        }
        assert_ne!(text(1), text(2));
    }

    #[test]
    fn last_round_is_cut_short() {
        assert_eq!((rounded(1), rounded(5000), rounded(5001), rounded(200_000)), (5000, 5000, 10_000, 200_000));
    }
}

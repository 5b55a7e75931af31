//! The independent checker: reads the raw events of every database of a federation, folds them anew, and compares. It believes no
//! projection, no verdict and no hash that it has not computed itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use lintas::domain::{
    Complaint, ComplaintId, DisplayState, Event, EventHash, Figures, NodeId, Outcome, Position, Verdict, fold,
};
use lintas::journal;
use lintas::store::{Dimension, ListFilter, Store, StoreError, Summary, Tally, TallyFilter};

/// Rows read at a time.
const PAGE: usize = 2000;

/// What one database holds, as read from its raw events.
#[derive(Debug, Default)]
struct Books {
    /// Events by name, each with where it stands, where it says to stand, and what was said of it.
    events: BTreeMap<EventHash, Row>,
    /// Names in the order of each journal.
    journals: BTreeMap<NodeId, Vec<(Position, EventHash)>>,
    complaints: BTreeMap<ComplaintId, Complaint>,
    summaries: BTreeMap<ComplaintId, Summary>,
}

#[derive(Debug)]
struct Row {
    event: Option<Event>,
    verdict: Verdict,
}

/// What a check found, with figures counted from the databases.
#[derive(Debug, Default)]
pub struct Report {
    /// Databases read.
    pub databases: usize,
    /// Complaints at the hub.
    pub complaints: usize,
    /// Different events, of all journals.
    pub events: usize,
    /// Copies of events, over all databases.
    pub copies: usize,
    /// Moves of custody.
    pub moves: usize,
    /// Complaints by state, as folded.
    pub states: BTreeMap<&'static str, usize>,
    /// Own events of nodes by what the hub said of them.
    pub verdicts: BTreeMap<&'static str, usize>,
    /// Complaints by how many units answered for them in turn.
    pub differences: Vec<String>,
}

impl Report {
    /// Whether everything is as it must be.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.differences.is_empty()
    }

    fn differ(&mut self, difference: String) {
        // A broken federation differs everywhere; the first hundred tell enough.
        if self.differences.len() < 100 {
            self.differences.push(difference);
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {} databases, {} complaints, {} moves of custody", self.databases, self.complaints, self.moves)?;
        writeln!(f, "  {} events, {} copies of them in all databases", self.events, self.copies)?;
        let list = |map: &BTreeMap<&'static str, usize>| {
            let items: Vec<String> = map.iter().map(|(name, count)| format!("{count} {name}")).collect();
            items.join(", ")
        };
        writeln!(f, "  states: {}", list(&self.states))?;
        writeln!(f, "  verdicts on nodes' events: {}", list(&self.verdicts))?;
        for difference in &self.differences {
            writeln!(f, "  DIFFERENCE: {difference}")?;
        }
        Ok(())
    }
}

/// Checks a federation that is at rest: the hub's database against every node's.
///
/// # Errors
/// If a database cannot be read.
pub async fn check<S: Store>(hub: &S, nodes: &[(NodeId, S)]) -> Result<Report, StoreError> {
    let mut report = Report { databases: nodes.len().saturating_add(1), ..Report::default() };
    let centre = read(hub, "hub", &mut report).await?;
    let mut books = BTreeMap::new();
    for (node, store) in nodes {
        books.insert(node.clone(), read(store, node.as_str(), &mut report).await?);
    }
    report.complaints = centre.complaints.len();
    report.events = centre.events.len();
    report.copies = books.values().map(|books| books.events.len()).sum::<usize>().saturating_add(centre.events.len());
    for (id, complaint) in &centre.complaints {
        count(*id, complaint, &books, &mut report);
    }
    for (node, own) in &books {
        compare(node, own, &centre, &mut report);
    }
    for peer in hub.peers().await? {
        let waiting = peer.numbered.saturating_sub(peer.delivered);
        if waiting > 0 {
            report.differ(format!("{waiting} events wait in the outbox towards {}", peer.node));
        }
    }
    Ok(report)
}

/// Reads one database: every journal, row by row, and folds what it finds.
async fn read<S: Store>(store: &S, name: &str, report: &mut Report) -> Result<Books, StoreError> {
    let mut books = Books::default();
    for origin in store.origins().await? {
        let mut after = Position::ZERO;
        loop {
            let rows = store.journal(origin.clone(), after, PAGE).await?;
            let Some(last) = rows.last().map(|row| row.position) else { break };
            for row in rows {
                let hash = journal::header_hash(&row.bytes);
                let refused = matches!(row.verdict, Verdict::Inadmissible(_));
                let copy = refused && row.hash == journal::header::copy_name(&origin, row.position, &hash);
                if hash != row.hash && !copy {
                    report
                        .differ(format!("{name}: the event at {origin} {} is not the one it is called", row.position));
                }
                let event = journal::event(&row.bytes).ok().filter(|_| !copy);
                let place = event.as_ref().map(|event| (event.header.node.clone(), event.header.position));
                let misplaced = place.is_some_and(|place| place != (origin.clone(), row.position));
                if misplaced && !refused {
                    report.differ(format!("{name}: the event at {origin} {} says it stands elsewhere", row.position));
                }
                books.journals.entry(origin.clone()).or_default().push((row.position, hash));
                if books.events.insert(row.hash, Row { event, verdict: row.verdict }).is_some() {
                    report.differ(format!("{name}: an event of {origin} is there twice, again at {}", row.position));
                }
            }
            after = last;
        }
    }
    let mut files: BTreeMap<ComplaintId, Vec<Event>> = BTreeMap::new();
    for event in books.events.values().filter_map(|row| row.event.as_ref()) {
        if let Some(id) = event.header.complaint {
            files.entry(id).or_default().push(event.clone());
        }
    }
    books.complaints = files.iter().filter_map(|(id, events)| Some((*id, fold(events)?))).collect();
    let every = ListFilter { limit: usize::MAX >> 1, ..ListFilter::default() };
    books.summaries = store.list(every).await?.into_iter().map(|summary| (summary.id, summary)).collect();
    for (id, complaint) in &books.complaints {
        project(name, *id, complaint, &files[id], &books, report);
    }
    for id in books.summaries.keys().filter(|id| !books.complaints.contains_key(id)) {
        report.differ(format!("{name}: complaint {id} is listed, but its events are not there"));
    }
    if store.tallies(cells()).await? != recounted(books.summaries.values()) {
        report.differ(format!("{name}: the statistics are not what its complaints add up to"));
    }
    Ok(books)
}

/// Statistics of every cell.
#[must_use]
pub fn cells() -> TallyFilter {
    TallyFilter { by: Dimension::ALL.to_vec(), ..TallyFilter::default() }
}

/// The same, counted from complaints one by one.
pub fn recounted<'a>(summaries: impl Iterator<Item = &'a Summary>) -> Vec<Tally> {
    let mut sums: BTreeMap<Vec<String>, Figures> = BTreeMap::new();
    for measure in summaries.filter_map(|summary| summary.measure.as_ref()) {
        let key = Dimension::ALL.iter().map(|dimension| dimension.of(&measure.cell)).collect();
        sums.entry(key).or_default().plus(&measure.figures);
    }
    sums.into_iter().map(|(key, figures)| Tally { key, figures }).collect()
}

/// What the database says of a complaint, against what its events say.
fn project(name: &str, id: ComplaintId, complaint: &Complaint, events: &[Event], books: &Books, report: &mut Report) {
    let Some(stored) = books.summaries.get(&id) else {
        report.differ(format!("{name}: complaint {id} is not listed"));
        return;
    };
    if *stored != Summary::of(complaint, events, stored.updated_at) {
        let (says, is) = (stored.state.name(), complaint.display().name());
        report.differ(format!(
            "{name}: complaint {id} is listed as {says} at {}, but is {is} at {}",
            stored.unit,
            complaint.unit()
        ));
    }
    for (hash, outcome) in &complaint.outcomes {
        let Some(row) = books.events.get(hash) else { continue };
        let said = row.verdict;
        if said != Verdict::Provisional && said != Verdict::of(*outcome) {
            report.differ(format!("{name}: event {hash} was judged {said}, but folds to {}", Verdict::of(*outcome)));
        }
    }
}

/// Figures of one complaint, and that exactly one unit at exactly one node answers for it.
fn count(id: ComplaintId, complaint: &Complaint, books: &BTreeMap<NodeId, Books>, report: &mut Report) {
    let state: DisplayState = complaint.display();
    let states = report.states.entry(state.name()).or_default();
    *states = states.saturating_add(1);
    report.moves = report.moves.saturating_add(complaint.epochs.len().saturating_sub(1));
    let holds = |(node, books): &(&NodeId, &Books)| {
        books.complaints.get(&id).is_some_and(|complaint| complaint.node() == *node)
    };
    let holders: Vec<&NodeId> = books.iter().filter(holds).map(|(node, _)| node).collect();
    if holders != [complaint.node()] {
        report.differ(format!(
            "complaint {id} is held by {} at the hub, but by {holders:?} among the nodes",
            complaint.node()
        ));
    }
    if complaint.epoch().pending.is_some() {
        report.differ(format!("complaint {id}: a proposal waits"));
    }
    let has = |(_, books): &(&NodeId, &Books)| books.complaints.contains_key(&id);
    let there: BTreeSet<&NodeId> = books.iter().filter(has).map(|(node, _)| node).collect();
    let wanted: BTreeSet<&NodeId> = complaint.participants.iter().collect();
    if there != wanted {
        report.differ(format!("complaint {id} should be at {wanted:?}, but is at {there:?}"));
    }
}

/// One node's books against the hub's.
fn compare(node: &NodeId, own: &Books, centre: &Books, report: &mut Report) {
    if own.journals.get(node) != centre.journals.get(node) {
        report.differ(format!("the journal of {node} is not the same at the node and at the hub"));
    }
    for (hash, row) in &own.events {
        match centre.events.get(hash) {
            None => report.differ(format!("{node} has the event {hash}, the hub has not")),
            Some(there) if there.verdict != row.verdict => {
                report.differ(format!("{hash} is {} at {node}, {} at the hub", row.verdict, there.verdict));
            }
            Some(_) => {}
        }
        if row.event.as_ref().is_some_and(|event| event.header.node == *node) {
            let said = report.verdicts.entry(row.verdict.name()).or_default();
            *said = said.saturating_add(1);
        }
    }
    for (id, complaint) in &own.complaints {
        let Some(there) = centre.complaints.get(id) else { continue };
        if public(complaint) != public(there) {
            let (here, hub) = (complaint.display().name(), there.display().name());
            report.differ(format!("complaint {id} reads {here} at {node}, {hub} at the hub"));
        }
        // Every event of the set is wherever the complaint is; one outside it stands only at its author and the hub.
        let set = there.outcomes.iter().filter(|(_, outcome)| !matches!(outcome, Outcome::Inadmissible(_)));
        for (hash, _) in set.filter(|(hash, _)| !own.events.contains_key(*hash)) {
            report.differ(format!("complaint {id}: {node} lacks the event {hash}"));
        }
    }
}

/// A fold, less the events that only their author and the hub have.
fn public(complaint: &Complaint) -> Complaint {
    let mut public = complaint.clone();
    public.outcomes.retain(|_, outcome| !matches!(outcome, Outcome::Inadmissible(_)));
    public
}

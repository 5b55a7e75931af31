//! The hub's end of one session, as a pure state machine: a message or an answer of the store in, actions out. No I/O, no clock.

use std::collections::{BTreeSet, VecDeque};

use super::ingest::Taken;
use crate::domain::{FederationId, Position, Timestamp};
use crate::journal::{Head, SignedStatement};
use crate::link::message::{
    Ack, CREDIT_BYTES, DELIVERY_BYTES, Deliver, Down, Fault, Hello, UNDER_WAY_MAX, Up, UpBatch, VERSIONS, WINDOW_BYTES,
    Welcome,
};
use crate::store::{Batch, Delivery};

/// How far the clocks of hub and node may be apart, in seconds.
pub const CLOCK_SECONDS_MAX: i64 = 600;
/// Announced positions that a session waits for; of more, the farthest are found again at the next Hello.
const AWAITED_MAX: usize = 1000;
/// Bytes of a node's own journal streamed back at a time, in recovery.
pub const RESTORE_BYTES: usize = 256 * 1024;

/// What a session is told.
#[derive(Clone, Debug)]
pub enum Input {
    /// A message came.
    Received(Up, Timestamp),
    /// Batches came, one after another, none of them looked at yet; they are taken together.
    Batches(Vec<UpBatch>),
    /// The session was opened, or not.
    Opened(Result<Opened, Fault>),
    /// A batch was taken in; `Err` if it did not verify or could not be stored.
    Taken(Result<Taken, Fault>),
    /// A repeated batch is the stored one.
    Repeated,
    /// An acknowledgement, with verdicts that the node does not know, and whether there are more of them.
    Acknowledge(Ack, bool),
    /// What the outbox holds next.
    Loaded(Vec<Delivery>),
    /// What the node's own journal holds next, for recovery, each batch with its verdicts.
    Journal(Vec<(Batch, Vec<crate::domain::Verdict>)>),
    /// Something may be waiting in the outbox.
    Wake,
    /// The hub goes away.
    Drain,
    /// The store failed.
    Failed,
}

/// An opened session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opened {
    /// Its number.
    pub session: u64,
    /// What is stored of the node's journal.
    pub stored: Head,
    /// Generation of the outbox, and the number after which to deliver.
    pub outbox: (u32, u64),
    /// The hub's clock.
    pub clock: Timestamp,
    /// For recovery: the end of the old life, from which the new one continues.
    pub recovering: Option<Head>,
}

/// What a session wants done, in order.
#[derive(Clone, Debug)]
pub enum Action {
    /// Open a session for this Hello.
    Open(Hello),
    /// Verify and take in batches that continue `after`, in one transaction.
    Take {
        /// The session's number.
        session: u64,
        /// What the first of them continues.
        after: Head,
        /// The batches, in order, at least one.
        batches: Vec<UpBatch>,
    },
    /// A batch at or before what is stored: acknowledge it if it is the stored one, else it proves a fork.
    Repeat(UpBatch),
    /// Record what the node says of keys, if it holds.
    Record(SignedStatement),
    /// Decide what waited for more of this journal.
    Order,
    /// Acknowledge what is stored, with the verdicts that are final after a position.
    Acknowledge {
        /// Up to where the node was told verdicts.
        told: Position,
        /// What is stored.
        stored: Head,
    },
    /// Load what the outbox holds after a number.
    Load {
        /// The outbox's generation.
        generation: u32,
        /// The last number sent.
        after: u64,
        /// Bytes, at most.
        bytes: usize,
    },
    /// Load the node's own journal after a position.
    LoadJournal {
        /// The last position sent.
        after: Position,
        /// Bytes, at most.
        bytes: usize,
    },
    /// Remember that everything up to a number was stored by the node.
    Delivered {
        /// The outbox's generation.
        generation: u32,
        /// The number.
        number: u64,
    },
    /// Send a message.
    Send(Box<Down>),
    /// End the session.
    End(Option<Fault>),
}

#[derive(Debug)]
enum Phase {
    AwaitHello,
    Opening { judged: Position, head: Position },
    Live(Live),
    Recovering { session: Head, cursor: Position, incarnation: u32 },
    Ended,
}

#[derive(Debug)]
struct Live {
    session: u64,
    stored: Head,
    /// What was acknowledged last in this session.
    acknowledged: Position,
    /// Up to where the node was told verdicts.
    told: Position,
    /// Where the journal must have come to before a proposal that waits is looked at again.
    awaited: BTreeSet<Position>,
    generation: u32,
    sent: u64,
    under_way: VecDeque<(u64, usize)>,
    loading: bool,
    /// Something came up while a load was under way.
    again: bool,
}

impl Live {
    fn bytes(&self) -> usize {
        self.under_way.iter().map(|(_, bytes)| bytes).sum()
    }
}

/// The hub's end of one session with one authenticated node.
#[derive(Debug)]
pub struct Session {
    federation: FederationId,
    phase: Phase,
}

impl Session {
    /// A session before its first word.
    #[must_use]
    pub const fn new(federation: FederationId) -> Self {
        Self { federation, phase: Phase::AwaitHello }
    }

    /// Whether the session is open for batches and deliveries.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live(_))
    }

    /// The session's number, once it is open.
    #[must_use]
    pub const fn number(&self) -> Option<u64> {
        if let Phase::Live(live) = &self.phase { Some(live.session) } else { None }
    }

    /// The generation of the outbox from which it delivers, once it is open.
    #[must_use]
    pub const fn generation(&self) -> Option<u32> {
        if let Phase::Live(live) = &self.phase { Some(live.generation) } else { None }
    }

    /// Takes one input and says what is to be done.
    pub fn step(&mut self, input: Input) -> Vec<Action> {
        match input {
            Input::Received(up, now) => self.received(up, now),
            Input::Batches(batches) => self.batches(batches),
            Input::Opened(Ok(opened)) => self.opened(&opened),
            Input::Opened(Err(fault)) | Input::Taken(Err(fault)) => self.end(fault),
            Input::Taken(Ok(taken)) => self.taken(&taken),
            Input::Repeated => {
                self.with_live(|live| live.acknowledged = Position::ZERO);
                self.tell()
            }
            Input::Acknowledge(ack, more) => self.acknowledge(ack, more),
            Input::Loaded(events) => self.loaded(events),
            Input::Journal(batches) => self.journal(batches),
            Input::Wake => {
                let mut actions = self.tell();
                actions.extend(self.load());
                actions
            }
            Input::Drain => {
                self.phase = Phase::Ended;
                vec![send(Down::Drain { after_seconds: 1 }), Action::End(None)]
            }
            Input::Failed => self.end(Fault::Storage),
        }
    }

    fn end(&mut self, fault: Fault) -> Vec<Action> {
        if matches!(self.phase, Phase::Ended) {
            return Vec::new();
        }
        self.phase = Phase::Ended;
        vec![send(Down::Fault(fault)), Action::End(Some(fault))]
    }

    fn received(&mut self, up: Up, now: Timestamp) -> Vec<Action> {
        match (&mut self.phase, up) {
            (Phase::AwaitHello, Up::Hello(hello)) => self.hello(hello, now),
            (Phase::Live(_), Up::Batch(batch)) => self.batches(vec![batch]),
            (Phase::AwaitHello | Phase::Live(_), Up::Statement(statement)) => vec![Action::Record(statement)],
            (Phase::Live(live), Up::Delivered { generation, number }) => {
                if generation != live.generation || number > live.sent {
                    return self.end(Fault::Protocol);
                }
                while live.under_way.front().is_some_and(|(last, _)| *last <= number) {
                    live.under_way.pop_front();
                }
                let mut actions = vec![Action::Delivered { generation, number }];
                actions.extend(self.load());
                actions
            }
            (Phase::Ended, _) => Vec::new(),
            (_, Up::Fault(fault)) => {
                self.phase = Phase::Ended;
                vec![Action::End(Some(fault))]
            }
            _ => self.end(Fault::Protocol),
        }
    }

    /// Those at or before what is stored come again; the others are taken together.
    fn batches(&mut self, batches: Vec<UpBatch>) -> Vec<Action> {
        let Phase::Live(live) = &mut self.phase else {
            return if matches!(self.phase, Phase::Ended) { Vec::new() } else { self.end(Fault::Protocol) };
        };
        let mut actions = Vec::new();
        let mut next = Vec::new();
        for batch in batches {
            let end = batch.batch.seal.body().end();
            if next.is_empty() && end <= live.stored.position {
                actions.push(Action::Repeat(batch));
                continue;
            }
            live.awaited.extend(batch.announced.iter().map(|(_, upto)| *upto).filter(|upto| *upto > end));
            while live.awaited.len() > AWAITED_MAX {
                live.awaited.pop_last();
            }
            next.push(batch);
        }
        if !next.is_empty() {
            actions.push(Action::Take { session: live.session, after: live.stored, batches: next });
        }
        actions
    }

    fn hello(&mut self, hello: Hello, now: Timestamp) -> Vec<Action> {
        if hello.versions.0 > VERSIONS.1 || hello.versions.1 < VERSIONS.0 {
            return self.end(Fault::Version);
        }
        if hello.federation != self.federation {
            return self.end(Fault::Federation);
        }
        if hello.clock > now.plus_seconds(CLOCK_SECONDS_MAX) || now > hello.clock.plus_seconds(CLOCK_SECONDS_MAX) {
            return self.end(Fault::Clock);
        }
        self.phase = Phase::Opening { judged: hello.judged, head: hello.head.position };
        vec![Action::Open(hello)]
    }

    fn opened(&mut self, opened: &Opened) -> Vec<Action> {
        let Phase::Opening { judged, head } = self.phase else { return self.end(Fault::Protocol) };
        let welcome = send(Down::Welcome(Welcome {
            version: VERSIONS.1,
            session: opened.session,
            stored: opened.stored,
            credit: CREDIT_BYTES,
            outbox: opened.outbox,
            clock: opened.clock,
            recovering: opened.recovering.is_some(),
        }));
        if let Some(ended) = opened.recovering {
            let incarnation = opened.stored.position.incarnation;
            self.phase = Phase::Recovering { session: ended, cursor: Position::ZERO, incarnation };
            return vec![welcome, Action::LoadJournal { after: Position::ZERO, bytes: RESTORE_BYTES }];
        }
        let stored = opened.stored;
        self.phase = Phase::Live(Live {
            session: opened.session,
            stored,
            acknowledged: stored.position,
            told: judged,
            awaited: BTreeSet::from([head]),
            generation: opened.outbox.0,
            sent: opened.outbox.1,
            under_way: VecDeque::new(),
            loading: false,
            again: false,
        });
        let mut actions = vec![welcome, Action::Order];
        actions.extend(self.tell());
        actions.extend(self.load());
        actions
    }

    fn taken(&mut self, taken: &Taken) -> Vec<Action> {
        let Taken::Stored { stored, .. } = taken else { return self.end(Fault::Superseded) };
        let mut actions = Vec::new();
        self.with_live(|live| {
            live.stored = *stored;
            // What the batch itself proposes was decided with it; only what waited for it is looked for.
            if live.awaited.first().is_some_and(|awaited| *awaited <= stored.position) {
                live.awaited.retain(|awaited| *awaited > stored.position);
                actions.push(Action::Order);
            }
        });
        actions.extend(self.tell());
        actions.extend(self.load());
        actions
    }

    /// Acknowledges, if there is something that the node was not told.
    fn tell(&mut self) -> Vec<Action> {
        let Phase::Live(live) = &self.phase else { return Vec::new() };
        if live.told >= live.stored.position && live.acknowledged >= live.stored.position {
            return Vec::new();
        }
        vec![Action::Acknowledge { told: live.told, stored: live.stored }]
    }

    fn acknowledge(&mut self, ack: Ack, more: bool) -> Vec<Action> {
        let Phase::Live(live) = &mut self.phase else { return Vec::new() };
        let position = ack.receipt.receipt().position;
        let Some(last) = ack.verdicts.last().map(|(position, _, _)| *position) else {
            // Nothing new to say but, perhaps, that it is stored.
            let news = live.acknowledged < position;
            live.acknowledged = position;
            return if news { vec![send(Down::Ack(ack))] } else { Vec::new() };
        };
        live.acknowledged = position;
        live.told = last;
        let mut actions = vec![send(Down::Ack(ack))];
        if more {
            actions.extend(self.tell());
        }
        actions
    }

    fn with_live(&mut self, change: impl FnOnce(&mut Live)) {
        if let Phase::Live(live) = &mut self.phase {
            change(live);
        }
    }

    fn load(&mut self) -> Vec<Action> {
        let Phase::Live(live) = &mut self.phase else { return Vec::new() };
        if live.loading {
            live.again = true;
            return Vec::new();
        }
        if live.bytes() >= WINDOW_BYTES || live.under_way.len() >= UNDER_WAY_MAX {
            return Vec::new();
        }
        live.loading = true;
        live.again = false;
        vec![Action::Load { generation: live.generation, after: live.sent, bytes: DELIVERY_BYTES }]
    }

    fn loaded(&mut self, events: Vec<Delivery>) -> Vec<Action> {
        let Phase::Live(live) = &mut self.phase else { return Vec::new() };
        live.loading = false;
        let Some(last) = events.last().map(|event| event.number) else {
            return if live.again { self.load() } else { Vec::new() };
        };
        let bytes = events.iter().map(weight).sum();
        live.under_way.push_back((last, bytes));
        live.sent = last;
        let mut actions = vec![send(Down::Deliver(Deliver { generation: live.generation, events }))];
        actions.extend(self.load());
        actions
    }

    fn journal(&mut self, batches: Vec<(Batch, Vec<crate::domain::Verdict>)>) -> Vec<Action> {
        let Phase::Recovering { session, cursor, incarnation } = &mut self.phase else { return Vec::new() };
        let Some(last) = batches.last().map(|(batch, _)| batch.seal.body().end()) else {
            let recovered = Down::Recovered { incarnation: *incarnation, previous: *session };
            self.phase = Phase::Ended;
            return vec![send(recovered), Action::End(None)];
        };
        *cursor = last;
        let mut actions: Vec<Action> =
            batches.into_iter().map(|(batch, verdicts)| send(Down::Restored { batch, verdicts })).collect();
        actions.push(Action::LoadJournal { after: last, bytes: RESTORE_BYTES });
        actions
    }
}

fn send(down: Down) -> Action {
    Action::Send(Box::new(down))
}

/// Bytes that an event weighs under way.
fn weight(event: &Delivery) -> usize {
    event.parts.iter().fold(event.bytes.len(), |sum, part| sum.saturating_add(part.len()))
}

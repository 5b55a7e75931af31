//! A node's end of one session, as a pure state machine: a message or an answer of the store in, actions out. No I/O, no clock.

use std::collections::VecDeque;

use crate::domain::{ComplaintId, Position, Verdict};
use crate::journal::{Head, SignedHead, SignedStatement};
use crate::link::message::{
    Ack, DELIVERY_BYTES, Deliver, Down, Fault, Hello, Progress, UNDER_WAY_MAX, Up, UpBatch, VERSIONS, Welcome,
};
use crate::store::Batch;

/// What a session is told.
#[derive(Clone, Debug)]
pub enum Input {
    /// The stream is open; say Hello.
    Start(Hello),
    /// A message came.
    Received(Down),
    /// Whether what the hub holds of the own journal is what stands here.
    Compared(bool),
    /// The own batches after the cursor, each with what it announces.
    Loaded(Vec<(Batch, Vec<(ComplaintId, Position)>)>),
    /// Deliveries were stored up to here, or do not verify.
    Applied(Result<(u32, u64), Fault>),
    /// An acknowledgement was stored, or does not verify.
    Recorded(Result<Position, Fault>),
    /// A batch of the own journal was taken back, or does not verify.
    Restored(Result<Head, Fault>),
    /// The new life has begun.
    Begun,
    /// Something was written at the desk.
    Wake,
    /// The node says something of keys.
    Speak(Vec<SignedStatement>),
    /// The store failed.
    Failed,
}

/// What a session wants done, in order.
#[derive(Clone, Debug)]
pub enum Action {
    /// Send a message.
    Send(Box<Up>),
    /// Compare what the hub holds of the own journal with it.
    Compare(Head),
    /// Seal what is not sealed, and load sealed batches after a position.
    Load {
        /// The end of the last batch sent.
        after: Position,
        /// Bytes, at most.
        bytes: usize,
    },
    /// Verify and store deliveries that continue `after`.
    Apply {
        /// Generation and number of the last event stored.
        after: (u32, u64),
        /// The deliveries.
        deliver: Deliver,
    },
    /// Verify and store an acknowledgement.
    Record(Ack),
    /// Verify and take back a batch of the own journal that continues `after`.
    Restore {
        /// The end of what was taken back so far.
        after: Head,
        /// The batch.
        batch: Batch,
        /// What the hub said of each event.
        verdicts: Vec<Verdict>,
    },
    /// Begin the new life, and issue again what the hub does not hold.
    Begin {
        /// The new life.
        incarnation: u32,
        /// What its first seal continues.
        previous: Head,
    },
    /// Batches and deliveries flow from now on.
    Live,
    /// Show how far the hub is.
    Note(Progress),
    /// Compare where the hub says that its registry ends with what is known here; the answer is only a fault.
    Heard(SignedHead),
    /// End the session.
    End(Ended),
}

/// How a session ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// Something does not fit.
    Fault(Fault),
    /// The hub goes away; wait so many seconds, then come back.
    Drained(u32),
    /// The node has recovered; come back at once.
    Recovered,
}

#[derive(Debug)]
enum Phase {
    Idle,
    AwaitWelcome { inbound: (u32, u64), recover: bool },
    Comparing(Live),
    Live(Live),
    Recovering { at: Head },
    Ended,
}

#[derive(Clone, Debug)]
struct Live {
    credit: usize,
    cursor: Position,
    under_way: VecDeque<(Position, usize)>,
    loading: bool,
    again: bool,
    inbound: (u32, u64),
}

impl Live {
    fn bytes(&self) -> usize {
        self.under_way.iter().map(|(_, bytes)| bytes).sum()
    }
}

/// A node's end of one session.
#[derive(Debug)]
pub struct Session {
    phase: Phase,
}

impl Default for Session {
    fn default() -> Self {
        Self { phase: Phase::Idle }
    }
}

impl Session {
    /// Whether batches and deliveries flow.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live(_))
    }

    /// Takes one input and says what is to be done.
    pub fn step(&mut self, input: Input) -> Vec<Action> {
        match input {
            Input::Start(hello) => {
                self.phase = Phase::AwaitWelcome { inbound: hello.inbound, recover: hello.recover };
                vec![send(Up::Hello(hello))]
            }
            Input::Received(down) => self.received(down),
            Input::Compared(same) => self.compared(same),
            Input::Loaded(batches) => self.loaded(batches),
            Input::Applied(Ok((generation, number))) => {
                if let Phase::Live(live) = &mut self.phase {
                    live.inbound = (generation, number);
                }
                vec![send(Up::Delivered { generation, number })]
            }
            Input::Recorded(Ok(position)) => self.recorded(position),
            Input::Restored(Ok(head)) => {
                self.phase = Phase::Recovering { at: head };
                Vec::new()
            }
            Input::Applied(Err(fault)) | Input::Recorded(Err(fault)) | Input::Restored(Err(fault)) => self.end(fault),
            Input::Begun => {
                self.phase = Phase::Ended;
                vec![Action::End(Ended::Recovered)]
            }
            Input::Wake => self.load(),
            Input::Speak(statements) if self.is_live() => {
                let said = statements.into_iter().map(|statement| send(Up::Statement(statement)));
                // That there is nothing more to be said of its own keys may be what the journal has waited for.
                said.chain(self.load()).collect()
            }
            // What cannot be said now is said when the link is up.
            Input::Speak(_) => Vec::new(),
            Input::Failed => self.end(Fault::Storage),
        }
    }

    fn end(&mut self, fault: Fault) -> Vec<Action> {
        if matches!(self.phase, Phase::Ended) {
            return Vec::new();
        }
        self.phase = Phase::Ended;
        vec![send(Up::Fault(fault)), Action::End(Ended::Fault(fault))]
    }

    fn received(&mut self, down: Down) -> Vec<Action> {
        match (&mut self.phase, down) {
            (Phase::Ended, _) => Vec::new(),
            (_, Down::Fault(fault)) => {
                self.phase = Phase::Ended;
                vec![Action::End(Ended::Fault(fault))]
            }
            (_, Down::Drain { after_seconds }) => {
                self.phase = Phase::Ended;
                vec![Action::End(Ended::Drained(after_seconds))]
            }
            (Phase::AwaitWelcome { inbound, recover }, Down::Welcome(welcome)) => {
                let (inbound, recover) = (*inbound, *recover);
                self.welcomed(&welcome, inbound, recover)
            }
            (Phase::Live(live), Down::Deliver(deliver)) => vec![Action::Apply { after: live.inbound, deliver }],
            (Phase::Live(_), Down::Ack(ack)) => vec![Action::Record(ack)],
            (Phase::Live(_), Down::Progress(progress)) => vec![Action::Note(progress)],
            (Phase::Live(_), Down::Head(head)) => vec![Action::Heard(head)],
            (Phase::Recovering { at }, Down::Restored { batch, verdicts }) => {
                vec![Action::Restore { after: *at, batch, verdicts }]
            }
            (Phase::Recovering { at }, Down::Recovered { incarnation, previous }) if *at == previous => {
                vec![Action::Begin { incarnation, previous }]
            }
            _ => self.end(Fault::Protocol),
        }
    }

    fn welcomed(&mut self, welcome: &Welcome, inbound: (u32, u64), recover: bool) -> Vec<Action> {
        if !(VERSIONS.0..=VERSIONS.1).contains(&welcome.version) {
            return self.end(Fault::Version);
        }
        if welcome.recovering != recover {
            return self.end(Fault::Protocol);
        }
        if recover {
            self.phase = Phase::Recovering { at: Head::GENESIS };
            return Vec::new();
        }
        // Deliveries go on from where this node is, or start over in a newer generation.
        let resumes = welcome.outbox == inbound || (welcome.outbox.1 == 0 && welcome.outbox.0 >= inbound.0);
        if !resumes {
            return self.end(Fault::Protocol);
        }
        self.phase = Phase::Comparing(Live {
            credit: welcome.credit,
            cursor: welcome.stored.position,
            under_way: VecDeque::new(),
            loading: false,
            again: false,
            inbound: welcome.outbox,
        });
        vec![Action::Compare(welcome.stored)]
    }

    fn compared(&mut self, same: bool) -> Vec<Action> {
        let Phase::Comparing(live) = &self.phase else { return Vec::new() };
        if !same {
            return self.end(Fault::Fork);
        }
        self.phase = Phase::Live(live.clone());
        let mut actions = vec![Action::Live];
        actions.extend(self.load());
        actions
    }

    fn load(&mut self) -> Vec<Action> {
        let Phase::Live(live) = &mut self.phase else { return Vec::new() };
        if live.loading {
            live.again = true;
            return Vec::new();
        }
        let left = live.credit.saturating_sub(live.bytes());
        if left == 0 || live.under_way.len() >= UNDER_WAY_MAX {
            return Vec::new();
        }
        live.loading = true;
        live.again = false;
        vec![Action::Load { after: live.cursor, bytes: left.min(DELIVERY_BYTES) }]
    }

    fn loaded(&mut self, batches: Vec<(Batch, Vec<(ComplaintId, Position)>)>) -> Vec<Action> {
        let Phase::Live(live) = &mut self.phase else { return Vec::new() };
        live.loading = false;
        if batches.is_empty() {
            return if live.again { self.load() } else { Vec::new() };
        }
        let mut actions = Vec::new();
        for (batch, announced) in batches {
            let end = batch.seal.body().end();
            live.under_way.push_back((end, weight(&batch)));
            live.cursor = end;
            actions.push(send(Up::Batch(UpBatch { batch, announced })));
        }
        actions.extend(self.load());
        actions
    }

    fn recorded(&mut self, position: Position) -> Vec<Action> {
        let Phase::Live(live) = &mut self.phase else { return Vec::new() };
        while live.under_way.front().is_some_and(|(end, _)| *end <= position) {
            live.under_way.pop_front();
        }
        self.load()
    }
}

fn send(up: Up) -> Action {
    Action::Send(Box::new(up))
}

/// Bytes that a batch weighs under way.
fn weight(batch: &Batch) -> usize {
    let parts = |entry: &crate::store::SealedEntry| {
        entry.parts.iter().fold(entry.bytes.len(), |sum, part| sum.saturating_add(part.len()))
    };
    batch.entries.iter().map(parts).fold(0, usize::saturating_add)
}

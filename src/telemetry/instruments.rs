//! Every metric that there is, in one table, and the instruments made of it: the one source of OTLP and `/metrics`. Labels are of
//! closed lists; none can hold a text, a tracking number or a person.

use std::fmt;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter, UpDownCounter};

/// Most series of one metric; of more, the rest is counted together.
pub const SERIES_MAX: usize = 800;

/// What a metric is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// What is there now.
    Gauge,
    /// How values are spread.
    Histogram,
}

/// A metric: its name and unit in OpenTelemetry's words, and what it says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Metric {
    /// The name.
    pub name: &'static str,
    /// The unit in UCUM; empty for plain numbers.
    pub unit: &'static str,
    /// What it is.
    pub kind: Kind,
    /// What it says, in one line.
    pub about: &'static str,
}

impl Metric {
    const fn new(kind: Kind, name: &'static str, unit: &'static str, about: &'static str) -> Self {
        Self { name, unit, kind, about }
    }

    /// The name in Prometheus' words.
    #[must_use]
    pub fn prometheus(&self) -> String {
        let unit = match self.unit {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        let total = if self.kind == Kind::Counter { "_total" } else { "" };
        format!("{}{unit}{total}", self.name.replace('.', "_"))
    }
}

macro_rules! metrics {
    ($($constant:ident: $kind:ident $name:literal $unit:literal $about:literal;)+) => {
        $(const $constant: Metric = Metric::new(Kind::$kind, $name, $unit, $about);)+

        /// Every metric of both programs.
        pub const METRICS: &[Metric] = &[$($constant),+];
    };
}

metrics! {
    EVENTS: Counter "lintas.events" "" "Events of other journals taken in.";
    VERDICTS: Counter "lintas.verdicts" "" "Verdicts on nodes' events: given at the hub, heard at a node.";
    DECISIONS: Counter "lintas.decisions" "" "Proposals decided and moves made, at the hub, by change.";
    BATCHES: Counter "lintas.batches" "" "Batches and deliveries on the link, by direction and outcome.";
    BATCH_BYTES: Counter "lintas.batch.content" "By" "Bytes of headers and content in batches and deliveries, by direction.";
    SESSIONS: Gauge "lintas.sessions" "" "Sessions open on the link.";
    SESSIONS_ENDED: Counter "lintas.sessions.ended" "" "Sessions that ended, by reason.";
    HANDSHAKES_REFUSED: Counter "lintas.handshakes.refused" "" "Connections refused at the hub, by reason.";
    JOINED: Counter "lintas.enrolments" "" "At the hub: nodes that joined or got a certificate, and those that did not, by outcome.";
    OUTBOX: Gauge "lintas.outbox.rows" "" "Events that wait for delivery, by kind of node.";
    NODES: Gauge "lintas.nodes" "" "Nodes at the hub, by how they stand.";
    UNSEALED: Gauge "lintas.events.unsealed" "" "Own events that no seal covers yet.";
    PROVISIONAL: Gauge "lintas.events.provisional" "" "Own events, from the first that the hub has not judged.";
    LAG: Gauge "lintas.lag" "s" "How far behind: at a node, the hub; at the hub, the slowest node of a kind for which something waits.";
    LINK_UP: Gauge "lintas.link.up" "" "Whether a node's link to the hub is up.";
    TRANSACTION: Histogram "lintas.store.operation" "s" "How long an operation of the database took.";
    STORE_ERRORS: Counter "lintas.store.errors" "" "Operations of the database that failed, by operation and kind.";
    DESK_ACTIONS: Counter "lintas.desk.actions" "" "Actions at the desk, by action and outcome.";
    CERTIFICATE: Gauge "lintas.certificate.expiry.timestamp" "s" "When the own certificate expires, in seconds since 1970.";
    READY: Gauge "lintas.ready" "" "Whether the process can do its work.";
    BUILD: Gauge "lintas.build.info" "" "Always 1; program and version are its labels.";
    MEMORY: Gauge "process.resident.memory" "By" "Memory of the process that is in use.";
    DESCRIPTORS: Gauge "process.open.fds" "" "Files and sockets that the process has open.";
    STARTED: Gauge "process.start.time" "s" "When the process began, in seconds since 1970.";
}

/// Bounds of the histogram of database operations, in seconds.
const TRANSACTION_SECONDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Which way something goes on the link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// To this process.
    In,
    /// From this process.
    Out,
}

impl Direction {
    const fn name(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

/// The instruments of one process. What nobody reads costs next to nothing.
#[derive(Clone)]
pub struct Instruments {
    events: Counter<u64>,
    verdicts: Counter<u64>,
    decisions: Counter<u64>,
    batches: Counter<u64>,
    batch_bytes: Counter<u64>,
    sessions: UpDownCounter<i64>,
    sessions_ended: Counter<u64>,
    joined: Counter<u64>,
    outbox: Gauge<u64>,
    nodes: Gauge<u64>,
    unsealed: Gauge<u64>,
    provisional: Gauge<u64>,
    lag: Gauge<u64>,
    link_up: Gauge<u64>,
    transaction: Histogram<f64>,
    store_errors: Counter<u64>,
    desk_actions: Counter<u64>,
    certificate: Gauge<i64>,
    ready: Gauge<u64>,
    meter: Meter,
}

impl fmt::Debug for Instruments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instruments").finish_non_exhaustive()
    }
}

fn counter(meter: &Meter, metric: Metric) -> Counter<u64> {
    meter.u64_counter(metric.name).with_unit(metric.unit).with_description(metric.about).build()
}

fn gauge(meter: &Meter, metric: Metric) -> Gauge<u64> {
    meter.u64_gauge(metric.name).with_unit(metric.unit).with_description(metric.about).build()
}

impl Instruments {
    /// The instruments of a meter.
    #[must_use]
    pub fn new(meter: Meter) -> Self {
        let sessions = meter.i64_up_down_counter(SESSIONS.name).with_description(SESSIONS.about).build();
        let certificate = meter.i64_gauge(CERTIFICATE.name).with_unit(CERTIFICATE.unit);
        let transaction = meter.f64_histogram(TRANSACTION.name).with_unit(TRANSACTION.unit);
        let transaction = transaction.with_description(TRANSACTION.about).with_boundaries(TRANSACTION_SECONDS.to_vec());
        Self {
            events: counter(&meter, EVENTS),
            verdicts: counter(&meter, VERDICTS),
            decisions: counter(&meter, DECISIONS),
            batches: counter(&meter, BATCHES),
            batch_bytes: counter(&meter, BATCH_BYTES),
            sessions,
            sessions_ended: counter(&meter, SESSIONS_ENDED),
            joined: counter(&meter, JOINED),
            outbox: gauge(&meter, OUTBOX),
            nodes: gauge(&meter, NODES),
            unsealed: gauge(&meter, UNSEALED),
            provisional: gauge(&meter, PROVISIONAL),
            lag: gauge(&meter, LAG),
            link_up: gauge(&meter, LINK_UP),
            transaction: transaction.build(),
            store_errors: counter(&meter, STORE_ERRORS),
            desk_actions: counter(&meter, DESK_ACTIONS),
            certificate: certificate.with_description(CERTIFICATE.about).build(),
            ready: gauge(&meter, READY),
            meter,
        }
    }

    /// A batch or delivery went over the link: how many events and bytes, and what became of it.
    pub fn batch(&self, direction: Direction, outcome: &'static str, bytes: usize) {
        let direction = KeyValue::new("direction", direction.name());
        self.batch_bytes.add(u64::try_from(bytes).unwrap_or(u64::MAX), std::slice::from_ref(&direction));
        self.batches.add(1, &[direction, KeyValue::new("outcome", outcome)]);
    }

    /// Events of other journals were stored.
    pub fn events(&self, count: usize) {
        self.events.add(u64::try_from(count).unwrap_or(u64::MAX), &[]);
    }

    /// Verdicts of one kind were given or heard.
    pub fn verdicts(&self, verdict: &'static str, count: u64) {
        if count > 0 {
            self.verdicts.add(count, &[KeyValue::new("verdict", verdict)]);
        }
    }

    /// The hub moved a complaint, or refused to.
    pub fn decisions(&self, change: &'static str, count: u64) {
        if count > 0 {
            self.decisions.add(count, &[KeyValue::new("change", change)]);
        }
    }

    /// A session was opened; it counts until what is returned is dropped.
    #[must_use]
    pub fn session(&self) -> OpenSession {
        self.sessions.add(1, &[]);
        OpenSession(self.sessions.clone())
    }

    /// A session ended: a stable name.
    pub fn session_ended(&self, reason: &'static str) {
        self.sessions_ended.add(1, &[KeyValue::new("reason", reason)]);
    }

    /// Refused connections are counted elsewhere, by reason.
    pub fn refused_handshakes(&self, counts: impl Fn() -> Vec<(&'static str, u64)> + Send + Sync + 'static) {
        let counter = self.meter.u64_observable_counter(HANDSHAKES_REFUSED.name);
        let _counter = counter
            .with_description(HANDSHAKES_REFUSED.about)
            .with_callback(move |observer| {
                for (reason, count) in counts() {
                    observer.observe(count, &[KeyValue::new("reason", reason)]);
                }
            })
            .build();
    }

    /// How a joining or a renewal came out: a stable name.
    pub fn joined(&self, outcome: &'static str) {
        self.joined.add(1, &[KeyValue::new("outcome", outcome)]);
    }

    /// Events that wait for nodes of one kind.
    pub fn outbox(&self, class: &'static str, rows: u64) {
        self.outbox.record(rows, &[KeyValue::new("class", class)]);
    }

    /// How many nodes stand so.
    pub fn nodes(&self, standing: &'static str, count: u64) {
        self.nodes.record(count, &[KeyValue::new("standing", standing)]);
    }

    /// Own events that no seal covers, and those that the hub has not judged.
    pub fn journal(&self, unsealed: u64, provisional: u64) {
        self.unsealed.record(unsealed, &[]);
        self.provisional.record(provisional, &[]);
    }

    /// How many seconds a kind of node is behind.
    pub fn lag(&self, class: &'static str, seconds: u64) {
        self.lag.record(seconds, &[KeyValue::new("class", class)]);
    }

    /// Whether the link is up.
    pub fn link(&self, up: bool) {
        self.link_up.record(u64::from(up), &[]);
    }

    /// An operation of the database took so long; and what kind of error it ended with, if it did.
    pub fn store(&self, operation: &'static str, seconds: f64, error: Option<&'static str>) {
        let operation = KeyValue::new("operation", operation);
        self.transaction.record(seconds, std::slice::from_ref(&operation));
        if let Some(kind) = error {
            self.store_errors.add(1, &[operation, KeyValue::new("kind", kind)]);
        }
    }

    /// Somebody did something at the desk, or was refused: a stable code.
    pub fn desk_action(&self, action: &'static str, outcome: &'static str) {
        self.desk_actions.add(1, &[KeyValue::new("action", action), KeyValue::new("outcome", outcome)]);
    }

    /// When the own certificate expires, in seconds since 1970.
    pub fn certificate(&self, expiry_seconds: i64) {
        self.certificate.record(expiry_seconds, &[]);
    }

    /// Whether the process can do its work.
    pub fn ready(&self, ready: bool) {
        self.ready.record(u64::from(ready), &[]);
    }

    /// What the process says of itself from now on: program, version, memory, files, when it began (seconds since 1970).
    pub fn process(&self, program: &'static str, version: &'static str, started_seconds: i64) {
        let build = self.meter.u64_gauge(BUILD.name).with_description(BUILD.about).build();
        build.record(1, &[KeyValue::new("program", program), KeyValue::new("version", version)]);
        let began = self.meter.i64_gauge(STARTED.name).with_unit(STARTED.unit).with_description(STARTED.about).build();
        began.record(started_seconds, &[]);
        let memory = self.meter.u64_observable_gauge(MEMORY.name).with_unit(MEMORY.unit).with_description(MEMORY.about);
        let _memory = memory
            .with_callback(|observer| {
                if let Some(bytes) = resident_bytes() {
                    observer.observe(bytes, &[]);
                }
            })
            .build();
        let files = self.meter.u64_observable_gauge(DESCRIPTORS.name).with_description(DESCRIPTORS.about);
        let _files = files
            .with_callback(|observer| {
                if let Ok(folder) = std::fs::read_dir("/proc/self/fd") {
                    observer.observe(u64::try_from(folder.count()).unwrap_or(u64::MAX), &[]);
                }
            })
            .build();
    }
}

/// Counts as an open session until it is dropped.
#[derive(Debug)]
pub struct OpenSession(UpDownCounter<i64>);

impl Drop for OpenSession {
    fn drop(&mut self) {
        self.0.add(-1, &[]);
    }
}

/// Bytes of memory in use, as Linux tells them; none elsewhere.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

//! The telemetry of one process, begun and ended: one set of instruments with its readers, and spans if they are wanted. What is
//! recorded is the callers'; where it goes is the environment's choice.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{MeterProvider as _, NoopMeterProvider};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{Instrument, SdkMeterProvider, Stream};
use opentelemetry_sdk::trace::SdkTracerProvider;
use prometheus::{Registry, TextEncoder};
use thiserror::Error;

use super::choice::Choice;
use super::instruments::{Instruments, SERIES_MAX};
use super::spans::{Fact, Span, SpanName, Spans};
use crate::domain::NodeId;
use crate::runtime::{Clock, SystemClock, TraceContext};

/// How long the end of a process waits for what is still to be sent.
pub const FLUSH_LIMIT: Duration = Duration::from_secs(5);
/// The variable that overrides the program's name.
const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";

/// Why telemetry does not start.
#[derive(Debug, Error)]
#[error("telemetry cannot start: {0}; correct the OTEL_ variables, or set OTEL_SDK_DISABLED=true")]
pub struct StartError(String);

/// Whose telemetry it is.
#[derive(Clone, Debug)]
pub struct Program {
    /// The program's name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The hub, or which node.
    pub node: NodeId,
    /// Random bytes by which this process is told from every other of the same hub or node.
    pub instance: [u8; 8],
}

/// The telemetry of one process. Clones are the same.
#[derive(Clone)]
pub struct Telemetry(Arc<Inner>);

struct Inner {
    instruments: Instruments,
    spans: Option<Spans>,
    clock: Arc<dyn Clock>,
    registry: Registry,
    meters: Option<SdkMeterProvider>,
    tracers: Option<SdkTracerProvider>,
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").field("spans", &self.0.spans.is_some()).finish_non_exhaustive()
    }
}

/// Nothing is recorded.
impl Default for Telemetry {
    fn default() -> Self {
        Self::of(None, None, Registry::new(), Arc::new(SystemClock))
    }
}

impl Telemetry {
    /// Begins: metrics to be read at any time, and by OTLP what `choice` says. A receiver that is not there is tried again and
    /// holds up nothing. Call it within the async runtime.
    ///
    /// # Errors
    /// If an OTEL_ variable cannot be followed.
    pub fn start(program: &Program, choice: Choice, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let failed = |error: &dyn fmt::Display| StartError(error.to_string().replace('\n', " "));
        let resource = resource(program);
        let registry = Registry::new();
        let reader = opentelemetry_prometheus::exporter().with_registry(registry.clone());
        let reader = reader.without_target_info().scope_info_enabled(false).build().map_err(|error| failed(&error))?;
        let mut meters =
            SdkMeterProvider::builder().with_reader(reader).with_resource(resource.clone()).with_view(bounded);
        if choice.metrics {
            let exporter = opentelemetry_otlp::MetricExporter::builder().with_tonic().build();
            meters = meters.with_periodic_exporter(exporter.map_err(|error| failed(&error))?);
        }
        let mut tracers = None;
        if choice.traces {
            let exporter = opentelemetry_otlp::SpanExporter::builder().with_tonic().build();
            let exporter = exporter.map_err(|error| failed(&error))?;
            tracers = Some(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build());
        }
        let telemetry = Self::of(Some(meters.build()), tracers, registry, clock);
        let started = telemetry.0.clock.now().div_euclid(1_000_000);
        telemetry.instruments().process(program.name, program.version, started);
        Ok(telemetry)
    }

    fn of(
        meters: Option<SdkMeterProvider>,
        tracers: Option<SdkTracerProvider>,
        registry: Registry,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let spans = tracers.as_ref().map(|tracers| Spans::new(tracers.tracer("lintas")));
        let meter = meters.as_ref().map_or_else(|| NoopMeterProvider::new().meter("lintas"), |all| all.meter("lintas"));
        let instruments = Instruments::new(meter);
        Self(Arc::new(Inner { instruments, spans, clock, registry, meters, tracers }))
    }

    /// Where metrics are counted.
    #[must_use]
    pub fn instruments(&self) -> &Instruments {
        &self.0.instruments
    }

    /// Begins a step: under `parent`, or as the first of a trace.
    #[must_use]
    pub fn begin(&self, name: SpanName, parent: Option<TraceContext>, facts: &[Fact<'_>]) -> Span {
        self.0.spans.as_ref().map_or_else(Span::none, |spans| spans.begin(name, parent, facts, &*self.0.clock))
    }

    /// Begins a step of a trace that is there already; where there is none, nothing is recorded.
    #[must_use]
    pub fn follow(&self, name: SpanName, parent: Option<TraceContext>, facts: &[Fact<'_>]) -> Span {
        parent.map_or_else(Span::none, |parent| self.begin(name, Some(parent), facts))
    }

    /// Whether spans are recorded.
    #[must_use]
    pub fn is_tracing(&self) -> bool {
        self.0.spans.is_some()
    }

    /// All metrics in Prometheus' text format, version 0.0.4.
    #[must_use]
    pub fn text(&self) -> String {
        TextEncoder::new().encode_to_string(&self.0.registry.gather()).unwrap_or_default()
    }

    /// Sends what is still to be sent, and ends; what is recorded afterwards is lost. It takes at most [`FLUSH_LIMIT`].
    pub async fn end(&self) {
        let ended = self.clone();
        let flush = tokio::task::spawn_blocking(move || {
            let traces = ended.0.tracers.as_ref().map(|tracers| tracers.shutdown_with_timeout(FLUSH_LIMIT));
            let metrics = ended.0.meters.as_ref().map(|meters| meters.shutdown_with_timeout(FLUSH_LIMIT));
            [traces, metrics].into_iter().flatten().all(|ended| ended.is_ok())
        });
        if !matches!(tokio::time::timeout(FLUSH_LIMIT, flush).await, Ok(Ok(true))) {
            tracing::warn!("the last traces or metrics could not be sent");
        }
    }
}

/// No metric has more series than [`SERIES_MAX`].
fn bounded(_: &Instrument) -> Option<Stream> {
    Stream::builder().with_cardinality_limit(SERIES_MAX).build().ok()
}

/// Whose telemetry it is, in OpenTelemetry's words. Hub and nodes may run as several processes, one after another or beside each
/// other: were their instance the same, a receiver would take their figures for one's
/// (<https://opentelemetry.io/docs/specs/semconv/resource/#service>).
fn resource(program: &Program) -> Resource {
    let instance = format!("{}-{:016x}", program.node, u64::from_be_bytes(program.instance));
    let mut attributes =
        vec![KeyValue::new("service.version", program.version), KeyValue::new("service.instance.id", instance)];
    if std::env::var_os(SERVICE_NAME).is_none_or(|name| name.is_empty()) {
        attributes.push(KeyValue::new("service.name", program.name));
    }
    Resource::builder().with_attributes(attributes).build()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::runtime::ManualClock;
    use crate::telemetry::instruments::{Direction, Kind, METRICS};

    fn program(instance: u8) -> Program {
        Program { name: "lintas-hub", version: "0.0.0", node: NodeId::Hub, instance: [instance; 8] }
    }

    fn telemetry() -> Telemetry {
        Telemetry::start(&program(1), Choice::default(), Arc::new(ManualClock::at(1_790_000_000_000_000))).unwrap()
    }

    /// Every instrument is used once, with the labels of `round`.
    fn use_all(instruments: &Instruments, round: &'static str) {
        instruments.batch(Direction::In, round, 7);
        instruments.events(3);
        instruments.verdicts(round, 1);
        instruments.decisions(round, 1);
        instruments.session_ended(round);
        instruments.joined(round);
        instruments.outbox(round, 1);
        instruments.nodes(round, 1);
        instruments.journal(1, 2);
        instruments.lag(round, 4);
        instruments.link(true);
        instruments.store(round, 0.002, Some(round));
        instruments.desk_action(round, round);
        instruments.certificate(1_800_000_000);
        instruments.ready(true);
    }

    fn names(text: &str) -> BTreeSet<(String, String)> {
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
        types.map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect()
    }

    #[test]
    fn metric_is_not_in_the_table_or_has_another_name() {
        let telemetry = telemetry();
        let instruments = telemetry.instruments();
        use_all(instruments, "some");
        let _open = instruments.session();
        instruments.refused_handshakes(|| vec![("expired", 4)]);
        let kind = |kind| match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let table = METRICS.iter().map(|metric| (metric.prometheus(), kind(metric.kind).to_owned()));
        assert_eq!(names(&telemetry.text()), table.collect());
        let text = telemetry.text();
        assert!(text.contains("lintas_batch_content_bytes_total{direction=\"in\"} 7\n"), "{text}");
        assert!(text.contains("lintas_store_operation_seconds_bucket{operation=\"some\",le=\"0.0025\"} 1\n"), "{text}");
        assert!(text.contains("lintas_handshakes_refused_total{reason=\"expired\"} 4\n"), "{text}");
        assert!(text.contains("lintas_sessions 1\n") && text.contains("lintas_build_info{program=\"lintas-hub\""));
        let memory = text.lines().find_map(|line| line.strip_prefix("process_resident_memory_bytes ")).unwrap();
        assert!(memory.parse::<f64>().unwrap() > 1e6, "{memory}");
    }

    #[test]
    fn two_processes_are_taken_for_one() {
        let id = |instance| resource(&program(instance)).get(&"service.instance.id".into()).unwrap().to_string();
        assert_eq!(id(1), "hub-0101010101010101");
        assert_ne!(id(1), id(2));
    }

    #[test]
    fn closed_session_stays_open() {
        let telemetry = telemetry();
        let both = [telemetry.instruments().session(), telemetry.instruments().session()];
        assert!(telemetry.text().contains("lintas_sessions 2\n"));
        drop(both);
        assert!(telemetry.text().contains("lintas_sessions 0\n"));
    }

    #[test]
    fn labels_grow_without_bound() {
        let telemetry = telemetry();
        for number in 0..5000 {
            use_all(telemetry.instruments(), Box::leak(format!("label-{number}").into_boxed_str()));
        }
        let text = telemetry.text();
        for metric in METRICS {
            let name = metric.prometheus();
            let series = text.lines().filter(|line| line.starts_with(&format!("{name}{{"))).count();
            assert!(series <= SERIES_MAX + 1, "{name}: {series}");
        }
        assert!(text.contains("otel_metric_overflow=\"true\""), "the rest is counted together");
    }

    #[test]
    fn telemetry_that_is_off_records_something() {
        let off = Telemetry::default();
        use_all(off.instruments(), "some");
        assert_eq!(off.text(), "");
        assert_eq!(off.begin(SpanName::DeskAction, None, &[]).context(), None);
    }
}

//! Spans: what happened to an event on its way, as steps of one trace. Names and attributes are of closed lists, none of which can
//! hold a text, a tracking number or a person.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceId, TraceState,
    Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;

use crate::domain::NodeId;
use crate::runtime::{Clock, TraceContext};

/// Most spans that one process begins in one second; of more, nothing is recorded.
pub const SPANS_PER_SECOND_MAX: u32 = 200;
/// Of one message on the link, how many events have spans of their own.
pub const SPANS_PER_MESSAGE_MAX: usize = 16;

/// The steps that there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpanName {
    /// Somebody did something at a desk.
    DeskAction,
    /// A node sealed an event and sends it.
    LinkSend,
    /// The hub took an event in and judged it.
    HubIntake,
    /// The hub decided a proposal.
    HubDecision,
    /// A node stored an event of another's.
    LinkApply,
}

impl SpanName {
    /// The name as it is sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DeskAction => "desk.action",
            Self::LinkSend => "link.send",
            Self::HubIntake => "hub.intake",
            Self::HubDecision => "hub.decision",
            Self::LinkApply => "link.apply",
        }
    }

    const fn kind(self) -> SpanKind {
        match self {
            Self::DeskAction => SpanKind::Server,
            Self::LinkSend => SpanKind::Producer,
            Self::HubIntake | Self::LinkApply => SpanKind::Consumer,
            Self::HubDecision => SpanKind::Internal,
        }
    }
}

/// What a span may say of its step.
#[derive(Clone, Copy, Debug)]
pub enum Fact<'a> {
    /// The node that did it.
    Node(&'a NodeId),
    /// The node whose journal the event stands in.
    Origin(&'a NodeId),
    /// The action's name, as at the desk.
    Action(&'static str),
    /// The change's name.
    Change(&'static str),
    /// How it ended: a stable code.
    Outcome(&'static str),
    /// How many events went together.
    Events(usize),
}

impl Fact<'_> {
    fn key_value(self) -> KeyValue {
        match self {
            Self::Node(node) => KeyValue::new("lintas.node", node.as_str().to_owned()),
            Self::Origin(node) => KeyValue::new("lintas.origin", node.as_str().to_owned()),
            Self::Action(name) => KeyValue::new("lintas.action", name),
            Self::Change(name) => KeyValue::new("lintas.change", name),
            Self::Outcome(code) => KeyValue::new("lintas.outcome", code),
            Self::Events(count) => KeyValue::new("lintas.events", i64::try_from(count).unwrap_or(i64::MAX)),
        }
    }
}

/// Begins spans, and no more than so many.
#[derive(Debug)]
pub(super) struct Spans {
    tracer: SdkTracer,
    second: AtomicI64,
    begun: AtomicU32,
}

impl Spans {
    pub(super) const fn new(tracer: SdkTracer) -> Self {
        Self { tracer, second: AtomicI64::new(0), begun: AtomicU32::new(0) }
    }

    /// Begins a span: under `parent`, or as the first of a trace.
    pub(super) fn begin(
        &self,
        name: SpanName,
        parent: Option<TraceContext>,
        facts: &[Fact<'_>],
        clock: &dyn Clock,
    ) -> Span {
        if !self.has_room(clock.now().div_euclid(1_000_000)) {
            return Span::none();
        }
        let context =
            parent.map_or_else(Context::new, |parent| Context::new().with_remote_span_context(remote(parent)));
        let facts = facts.iter().map(|fact| fact.key_value()).collect::<Vec<_>>();
        let builder = self.tracer.span_builder(name.name()).with_kind(name.kind()).with_attributes(facts);
        Span(Some(builder.start_with_context(&self.tracer, &context)))
    }

    /// Whether one more span may begin in this second.
    fn has_room(&self, second: i64) -> bool {
        if self.second.swap(second, Ordering::Relaxed) != second {
            self.begun.store(0, Ordering::Relaxed);
        }
        self.begun.fetch_add(1, Ordering::Relaxed) < SPANS_PER_SECOND_MAX
    }
}

fn remote(context: TraceContext) -> SpanContext {
    let (trace, span) = (TraceId::from_bytes(context.trace()), SpanId::from_bytes(context.parent()));
    SpanContext::new(trace, span, TraceFlags::new(context.flags()), true, TraceState::default())
}

/// A step under way; it ends when it is dropped. One that is not recorded costs nothing.
#[derive(Debug)]
pub struct Span(Option<opentelemetry_sdk::trace::Span>);

impl Span {
    /// A step that is not recorded.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// What it causes is to name, if it is recorded.
    #[must_use]
    pub fn context(&self) -> Option<TraceContext> {
        let context = self.0.as_ref()?.span_context();
        let flags = context.trace_flags().to_u8();
        TraceContext::new(context.trace_id().to_bytes(), context.span_id().to_bytes(), flags)
            .filter(TraceContext::is_sampled)
    }

    /// Says more of it.
    pub fn note(&mut self, fact: Fact<'_>) {
        if let Some(span) = &mut self.0 {
            span.set_attribute(fact.key_value());
        }
    }

    /// It did not come to what was wanted; `code` says why, and the status is an error.
    pub fn fail(&mut self, code: &'static str) {
        self.note(Fact::Outcome(code));
        if let Some(span) = &mut self.0 {
            span.set_status(Status::error(code));
        }
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TracerProvider as _;
    use std::sync::{Arc, Mutex};

    use opentelemetry_sdk::error::OTelSdkResult;
    use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};

    use super::*;
    use crate::runtime::ManualClock;

    #[derive(Clone, Debug, Default)]
    struct Out(Arc<Mutex<Vec<SpanData>>>);

    impl SpanExporter for Out {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            self.0.lock().unwrap().extend(batch);
            Ok(())
        }
    }

    impl Out {
        fn spans(&self) -> Vec<SpanData> {
            self.0.lock().unwrap().clone()
        }
    }

    fn spans() -> (Spans, Out, SdkTracerProvider) {
        let out = Out::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(out.clone()).build();
        (Spans::new(provider.tracer("test")), out, provider)
    }

    #[test]
    fn step_leaves_its_trace() {
        let (spans, out, _provider) = spans();
        let clock = ManualClock::at(0);
        let first = spans.begin(SpanName::DeskAction, None, &[Fact::Action("transfer")], &clock);
        let told = first.context().unwrap();
        assert!(told.is_sampled());
        drop(first);
        let mut second = spans.begin(SpanName::HubIntake, Some(told), &[], &clock);
        second.fail("superseded");
        assert_eq!(second.context().unwrap().trace(), told.trace());
        drop(second);
        let found = out.spans();
        assert_eq!(found[1].parent_span_id, SpanId::from_bytes(told.parent()));
        assert_eq!(found[1].status, Status::error("superseded"));
        assert_eq!(found[0].parent_span_id, SpanId::INVALID);
        // What is not recorded elsewhere is not recorded here.
        let unsampled = TraceContext::new([1; 16], [2; 8], 0).unwrap();
        assert_eq!(spans.begin(SpanName::LinkApply, Some(unsampled), &[], &clock).context(), None);
        assert_eq!(out.spans().len(), 2);
    }

    #[test]
    fn flood_of_steps_is_recorded_whole() {
        let (spans, out, _provider) = spans();
        let clock = ManualClock::at(0);
        let begin = |count: u32| (0..count).for_each(|_| drop(spans.begin(SpanName::LinkSend, None, &[], &clock)));
        begin(SPANS_PER_SECOND_MAX + 50);
        assert_eq!(out.spans().len(), 200);
        clock.advance(1_000_000);
        begin(1);
        assert_eq!(out.spans().len(), 201);
    }
}

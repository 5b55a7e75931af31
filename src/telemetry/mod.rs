//! What an operator sees of a running process: traces, metrics, and whether it works. It records what it is told from closed
//! lists, knows no complaint, and sends nothing anywhere unless the environment names a receiver.

pub mod ask;
pub mod choice;
pub mod health;
pub mod instruments;
pub mod observe;
pub mod service;
pub mod spans;
pub mod start;

pub use choice::{Choice, ChoiceError};
pub use health::{Health, Pace, Readiness};
pub use instruments::{Instruments, METRICS, Metric};
pub use observe::{ObserveError, Observing};
pub use spans::{Fact, Span, SpanName};
pub use start::{Program, StartError, Telemetry};

//! The process itself: clock, randomness, tasks, shutdown, logs, exit codes. The one place that may touch the ambient
//! clock, the ambient randomness and `tokio::spawn`; it knows nothing of complaints, storage or the link.

pub mod child;
pub mod clock;
pub mod credentials;
pub mod entropy;
pub mod exit;
pub mod folder;
pub mod logs;
pub mod machine;
pub mod manager;
pub mod practice;
pub mod process;
pub mod progress;
pub mod rate;
pub mod reload;
pub mod secret;
pub mod settings;
pub mod shutdown;
pub mod tasks;
pub mod trace_context;
pub mod unfinished;

pub use clock::{Clock, ManualClock, SystemClock};
pub use entropy::{Entropy, OsEntropy, SeededEntropy, random_bytes};
pub use exit::{Exit, Watch};
pub use folder::usual_folder;
pub use manager::ServiceManager;
pub use practice::{Pace, PracticeClock, is_training};
pub use process::run_process;
pub use progress::{Progress, Step};
pub use rate::{Rate, RateLimiter};
pub use reload::reload_on_hangup;
pub use settings::{Settings, SettingsError};
pub use shutdown::{OsSignals, Signal, SignalSource, run_until_shutdown};
pub use tasks::{OnFailure, TaskFailure, Tasks};
pub use trace_context::TraceContext;

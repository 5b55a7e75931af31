//! The wire: generated types, and in one place each their conversion to and from the domain. No other module sees a wire
//! type but transports and services.

mod fault;
pub mod generated;
mod redact;
mod reflection;

pub use generated::{desk, federation};
pub use reflection::reflection;

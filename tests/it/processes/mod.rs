//! Hub and nodes as real processes, on real disks and sockets: killed, set back, refused, told to stop.

mod accounts;
mod canary;
mod catch_up;
mod checker;
mod interrupted;
mod joining;
mod log_first;
mod manager;
mod manners;
mod moving;
mod observed;
mod practice;
mod restored;
mod rotation;
mod service_calls;
mod service_otlp;
mod strangers;
mod told;
pub(crate) mod town;
mod traced;
mod transfer;
mod trust;
mod two_hubs;
mod units;

//! Hub and nodes as real processes, on real disks and sockets: killed, set back, refused, told to stop.

mod catch_up;
mod checker;
mod log_first;
mod manager;
mod manners;
mod restored;
mod strangers;
mod town;
mod transfer;

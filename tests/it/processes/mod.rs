//! Hub and nodes as real processes, on real disks and sockets: killed, set back, refused, told to stop.

mod catch_up;
mod town;
mod transfer;

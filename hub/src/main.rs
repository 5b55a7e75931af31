//! The national hub: registry, ingest, ordering of moves, fan-out, mirror. It has no desk and no sealing key.

fn main() {}

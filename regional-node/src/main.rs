//! A regional node: intake, desk, and its end of the link.

fn main() {}

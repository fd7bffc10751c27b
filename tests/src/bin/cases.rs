//! The case runner.

fn main() {}

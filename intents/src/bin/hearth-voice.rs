//! The speech worker.

fn main() {}

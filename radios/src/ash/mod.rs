//! The ASH link: frames on the serial line and the state machine that makes them reliable.

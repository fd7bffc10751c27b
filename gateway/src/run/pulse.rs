//! The main loop's pulse, and who feels it.
//!
//! The contract: the loop beats at least every [`BEAT`]. A thread of its own, started for a daemon
//! only, ends the process when there was no beat between `LOOKS` looks (a minute and a half): whoever
//! supervises it starts it again. A process that is frozen as a whole cannot do that; that is seen
//! from outside, where `hearth status` gets no answer.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The loop beats this often when nothing else happens.
pub(super) const BEAT: Duration = Duration::from_secs(10);
/// Looks at the pulse this far apart.
const LOOK: Duration = Duration::from_secs(15);
/// Looks without a beat between them before the loop counts as dead.
const LOOKS: u32 = 6;
/// The thread needs next to no stack.
const STACK: usize = 32 * 1024;

static PULSE: AtomicU32 = AtomicU32::new(0);

/// The loop lives.
pub(super) fn beat() {
    PULSE.fetch_add(1, Ordering::Relaxed);
}

/// Ends the process when the loop stops beating.
///
/// # Errors
/// No thread can be started.
pub fn watch() -> std::io::Result<()> {
    std::thread::Builder::new()
        .name("pulse".to_owned())
        .stack_size(STACK)
        .spawn(|| {
            let mut felt = Felt::default();
            loop {
                std::thread::sleep(LOOK);
                if felt.look(PULSE.load(Ordering::Relaxed)) {
                    let silent = LOOK.as_secs() * u64::from(LOOKS);
                    tracing::error!(
                        "the main loop has not moved for {silent} s: ending, to be started again"
                    );
                    std::process::abort();
                }
            }
        })
        .map(drop)
}

/// What was felt of the pulse.
#[derive(Debug, Default)]
struct Felt {
    last: u32,
    missed: u32,
}

impl Felt {
    /// Whether the loop is dead.
    const fn look(&mut self, pulse: u32) -> bool {
        // Before the first beat it starts, which may take its time.
        if pulse == 0 || pulse != self.last {
            self.last = pulse;
            self.missed = 0;
        } else {
            self.missed += 1;
        }
        self.missed >= LOOKS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pulse_that_stops_is_a_death() {
        let mut felt = Felt::default();
        assert!((0..100).all(|_| !felt.look(0)), "it starts");
        assert!((1..100).all(|pulse| !felt.look(pulse)));
        for _ in 1..LOOKS {
            assert!(!felt.look(99));
        }
        assert!(!felt.look(100), "just in time");
        for _ in 1..LOOKS {
            assert!(!felt.look(100));
        }
        assert!(felt.look(100));
    }
}

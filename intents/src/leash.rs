//! What a program that is watched over asks of the kernel.
//!
//! The contract: nothing happens without the variables that an init script sets. `HEARTH_OOM_SCORE` says by how much
//! sooner this process goes than others where memory runs out. With `HEARTH_KEPT` it ends together with the process
//! that started it: a jail whose keeper was killed would otherwise go on, and hold stick and home, while its supervisor
//! starts another.

#![allow(unsafe_code)] // prctl and _exit

use std::ffi::{c_int, c_ulong};

const PR_SET_PDEATHSIG: c_int = 1;
const SIGKILL: c_ulong = 9;

unsafe extern "C" {
    fn prctl(option: c_int, ...) -> c_int;
    fn _exit(status: c_int) -> !;
}

/// Ends this process at once and well, without the farewells of its libraries, whose threads may still be at work.
pub fn leave() -> ! {
    // SAFETY: it takes a number and does not come back.
    unsafe { _exit(0) }
}

/// Whether a supervisor keeps this process (`HEARTH_KEPT`).
#[must_use]
pub fn kept() -> bool {
    std::env::var_os("HEARTH_KEPT").is_some()
}

/// Asks for what the variables say; to be called by the first thread, before there are others.
pub fn take() {
    if let Some(score) = std::env::var_os("HEARTH_OOM_SCORE") {
        let score = score.to_string_lossy().into_owned();
        if let Err(error) = std::fs::write("/proc/self/oom_score_adj", score) {
            tracing::debug!("oom_score_adj: {error}");
        }
    }
    // SAFETY: PR_SET_PDEATHSIG takes one number and touches no memory of ours.
    if kept() && unsafe { prctl(PR_SET_PDEATHSIG, SIGKILL) } != 0 {
        tracing::debug!("PR_SET_PDEATHSIG: {}", std::io::Error::last_os_error());
    }
}

//! Gives back what was borrowed for a short time.
//!
//! The contract: costs some milliseconds, changes nothing that is in use. glibc keeps what a thread freed for that thread, so
//! that a gateway which packed a model once would hold tens of megabytes for ever. musl gives back by itself.

#![cfg_attr(target_env = "gnu", allow(unsafe_code))] // malloc_trim

/// Gives memory that is free back to the system.
pub(crate) fn give_back() {
    #[cfg(target_env = "gnu")]
    {
        unsafe extern "C" {
            fn malloc_trim(keep: usize) -> std::ffi::c_int;
        }
        // SAFETY: it takes a number, locks what it looks at, and touches only memory that is free.
        unsafe { malloc_trim(0) };
    }
}

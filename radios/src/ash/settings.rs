//! What can be set on a link, and what it counts.

use std::time::Duration;

/// The parameters of one end. The defaults are the vendor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// DATA frames that may be under way unacknowledged, 1…7. More than 1 from the host has crashed
    /// firmware, and EZSP allows one command at a time anyway.
    pub window: u8,
    /// DATA frames that may wait behind the window, and callbacks besides.
    pub queue: usize,
    /// How long to wait for an acknowledgement at first.
    pub ack_timeout: Duration,
    /// The least the wait adapts to.
    pub ack_timeout_min: Duration,
    /// The most the wait adapts to.
    pub ack_timeout_max: Duration,
    /// Waits in vain, one after the other, until the link gives up.
    pub expiries: u8,
    /// How long an acknowledgement may wait for a DATA frame that carries it.
    pub ack_delay: Duration,
    /// How long the NCP may take to answer RST.
    pub reset_timeout: Duration,
    /// How often the host sends RST before it gives up.
    pub reset_tries: u8,
    /// How often the host repeats that it is not ready.
    pub not_ready_refresh: Duration,
    /// How long the NCP believes that the host is not ready.
    pub not_ready_hold: Duration,
}

impl Settings {
    /// The host's end.
    #[must_use]
    pub const fn host() -> Self {
        Self {
            window: 1,
            queue: 8,
            ack_timeout: Duration::from_millis(1600),
            ack_timeout_min: Duration::from_millis(400),
            ack_timeout_max: Duration::from_millis(3200),
            expiries: 5,
            ack_delay: Duration::ZERO,
            reset_timeout: Duration::from_millis(3200),
            reset_tries: 5,
            not_ready_refresh: Duration::from_millis(480),
            not_ready_hold: Duration::from_millis(1000),
        }
    }

    /// The NCP's end.
    #[must_use]
    pub const fn ncp() -> Self {
        Self {
            window: 5,
            queue: 64,
            ack_delay: Duration::from_millis(20),
            ..Self::host()
        }
    }
}

/// What happened on a link so far. All of them wrap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Bytes received, good or bad.
    pub bytes: u32,
    /// DATA frames delivered.
    pub received: u32,
    /// DATA frames sent for the first time.
    pub sent: u32,
    /// DATA frames sent again.
    pub retransmitted: u32,
    /// DATA frames that came again.
    pub duplicates: u32,
    /// DATA frames out of sequence.
    pub out_of_sequence: u32,
    /// Frames whose CRC was wrong.
    pub crc_errors: u32,
    /// Frames damaged in other ways: length, control byte, substitute byte.
    pub framing_errors: u32,
    /// Frames with an impossible ackNum, or that this end never gets.
    pub unexpected: u32,
    /// NAKs sent.
    pub naks_sent: u32,
    /// NAKs received.
    pub naks_received: u32,
    /// Waits for an acknowledgement in vain.
    pub expiries: u32,
    /// XOFF bytes in the stream.
    pub xoffs: u32,
    /// Times the link came up.
    pub connects: u32,
    /// DATA frames thrown away because their reader was too slow.
    pub shed: u32,
}

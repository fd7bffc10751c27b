//! Sound cards, by the kernel's own interface: `/dev/snd/pcmC1D0c` and a handful of ioctls.
//!
//! ALSA's library loads plugins, which neither a static binary nor one that brings a C library of its own can do; and a
//! card needs no more than this: what it can do ([`params`](self)), sound in, sound out. Cards are named as everywhere:
//! `hw:1,0`, `plughw:CARD=Device,DEV=0`, or `default` for the first there is.
//!
//! The contract: one channel of 16 bit, whatever the card takes or gives. Everything here blocks, with a limit. A card
//! that is pulled out gives an error; one whose sound was fetched too late goes on.

mod name;
mod params;
mod pcm;

pub use name::Card;
pub use pcm::{Capture, play};

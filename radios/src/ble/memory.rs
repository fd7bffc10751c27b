//! What the decoders remember of one sender: enough to tell a repeat from news.
//!
//! The contract: small and of fixed size, whatever is on the air, since every sender has one; a
//! sender that speaks several formats has a slot for each, the longest unused makes room.

use std::time::Duration;

/// A number that a format keeps, and when it was last kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slot {
    /// Whose: a format's service UUID or company, or a number it made up; 0: nobody's.
    owner: u16,
    value: u32,
    at_ms: u64,
}

/// What the decoders remember of one sender.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    slots: [Slot; 4],
    /// How much better than others the format heard last is; see [`Memory::outranked`].
    rank: u8,
    /// The makers' data of the last advert that had any; see [`Memory::newest`].
    makers: Gathered,
}

/// Two sums over an advert's makers' data. If one element changes, what the one sum changes by is
/// what the other changes by, weighed by the element's company: so that the company is told
/// without keeping the elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Gathered {
    plain: u64,
    weighed: u64,
}

/// A `Duration` in whole milliseconds.
#[expect(clippy::cast_possible_truncation)] // 2^64 ms are 584 million years
const fn ms(now: Duration) -> u64 {
    now.as_millis() as u64
}

impl Memory {
    /// The number `owner` kept last, and how long ago that was.
    #[must_use]
    pub fn last(&self, owner: u16, now: Duration) -> Option<(u32, Duration)> {
        let slot = self.slots.iter().find(|slot| slot.owner == owner)?;
        let ago = Duration::from_millis(ms(now).saturating_sub(slot.at_ms));
        Some((slot.value, ago))
    }

    /// Keeps a number for `owner` (not 0).
    pub fn keep(&mut self, owner: u16, value: u32, now: Duration) {
        let kept = Slot {
            owner,
            value,
            at_ms: ms(now),
        };
        let same = self.slots.iter().position(|slot| slot.owner == owner);
        let slot = match same {
            Some(at) => self.slots.get_mut(at),
            None => self
                .slots
                .iter_mut()
                .min_by_key(|slot| (slot.owner != 0, slot.at_ms)),
        };
        if let Some(slot) = slot {
            *slot = kept;
        }
    }

    /// Whether `owner` kept this same number less than `within` ago. If not, it is kept now; a
    /// repeat keeps the first's time, so that a counter which wraps round is news again.
    pub fn repeats(&mut self, owner: u16, value: u32, within: Duration, now: Duration) -> bool {
        let repeat = self
            .last(owner, now)
            .is_some_and(|(last, ago)| last == value && ago < within);
        if !repeat {
            self.keep(owner, value, now);
        }
        repeat
    }

    /// As [`Memory::repeats`] for formats without a counter: the same bytes again.
    pub fn repeats_bytes(
        &mut self,
        owner: u16,
        data: &[u8],
        within: Duration,
        now: Duration,
    ) -> bool {
        self.repeats(owner, digest(data), within, now)
    }

    /// Which of an advert's makers' data is the one just sent. Passive scanning gathers them: a sender
    /// whose company number is part of its reading seems to have dozens. One alone is it; of several
    /// it is the one that differs from the last advert. None: they are as before, or it cannot be
    /// told yet.
    pub fn newest<'a>(&mut self, makers: &'a [(u16, Vec<u8>)]) -> Option<(u16, &'a [u8])> {
        let before = self.makers;
        let mut now = Gathered::default();
        for (company, data) in makers {
            let print = fingerprint(*company, data);
            now.plain = now.plain.wrapping_add(print);
            now.weighed = now
                .weighed
                .wrapping_add(print.wrapping_mul(weight(*company)));
        }
        self.makers = now;
        if let [(company, data)] = makers {
            return Some((*company, data));
        }
        let plain = now.plain.wrapping_sub(before.plain);
        let weighed = now.weighed.wrapping_sub(before.weighed);
        if before == Gathered::default() || plain == 0 {
            return None;
        }
        makers
            .iter()
            .find(|(company, _)| plain.wrapping_mul(weight(*company)) == weighed)
            .map(|(company, data)| (*company, data.as_slice()))
    }

    /// Whether [`Memory::newest`] was given any makers' data before.
    #[must_use]
    pub fn knows_makers(&self) -> bool {
        self.makers != Gathered::default()
    }

    /// Whether a better format was heard lately. A sender that says the same in several formats is
    /// believed in its best one; each frame of a lesser one counts the better one down by one, so
    /// that a sender which changes over is believed again after a while.
    pub const fn outranked(&mut self, rank: u8) -> bool {
        if rank >= self.rank {
            self.rank = rank;
            return false;
        }
        self.rank -= 1;
        true
    }
}

/// Odd, so that no bit of what is weighed is lost.
fn weight(company: u16) -> u64 {
    mix(u64::from(company) + 1) | 1
}

fn fingerprint(company: u16, data: &[u8]) -> u64 {
    mix(u64::from(digest(data)) << 16 | u64::from(company))
}

/// Spreads the bits of a number all over it (the finish of SplitMix64).
const fn mix(number: u64) -> u64 {
    let n = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// FNV-1a, 32 bits.
fn digest(data: &[u8]) -> u32 {
    data.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_same_number_repeats_for_a_while() {
        let mut memory = Memory::default();
        let within = 4 * SECOND;
        assert!(!memory.repeats(0xfcd2, 7, within, SECOND));
        assert!(memory.repeats(0xfcd2, 7, within, 2 * SECOND));
        assert!(!memory.repeats(0xfe95, 7, within, 2 * SECOND));
        assert!(memory.repeats(0xfcd2, 7, within, 4 * SECOND));
        assert!(!memory.repeats(0xfcd2, 7, within, 5 * SECOND));
        assert!(!memory.repeats(0xfcd2, 8, within, 5 * SECOND));
    }

    #[test]
    fn the_newest_makers_data_is_the_one_that_changed() {
        let mut memory = Memory::default();
        let mut makers: Vec<(u16, Vec<u8>)> = (0..40).map(|id| (id, vec![0, 0x14])).collect();
        assert_eq!(memory.newest(&makers), None, "any could be it");
        makers[7].1[0] = 1;
        assert_eq!(memory.newest(&makers), Some((7, &[1, 0x14][..])));
        assert_eq!(memory.newest(&makers), None, "heard already");
        makers.push((0xcfc2, vec![9]));
        assert_eq!(memory.newest(&makers), Some((0xcfc2, &[9][..])));
        makers[0].1[0] = 2;
        makers[1].1[0] = 2;
        assert_eq!(memory.newest(&makers), None, "either could be it");
        makers.remove(3);
        assert_eq!(memory.newest(&makers), None, "forgotten by the host");
        assert_eq!(memory.newest(&makers[..1]), Some((0, &[2, 0x14][..])));
        assert_eq!(memory.newest(&[]), None);
    }

    #[test]
    fn it_never_grows() {
        assert!(size_of::<Memory>() < 100);
        let mut memory = Memory::default();
        for owner in 1..=9 {
            memory.keep(owner, owner.into(), SECOND * owner.into());
        }
        assert_eq!(memory.last(9, 10 * SECOND), Some((9, SECOND)));
        assert_eq!(memory.last(1, 10 * SECOND), None);
    }

    #[test]
    fn the_best_format_is_believed_until_it_falls_silent() {
        let mut memory = Memory::default();
        assert!(!memory.outranked(1));
        assert!(!memory.outranked(3));
        assert!(memory.outranked(1));
        assert!(memory.outranked(1));
        assert!(!memory.outranked(1));
    }
}

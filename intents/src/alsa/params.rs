//! What a card can do, and what of it is taken: `struct snd_pcm_hw_params` of Linux' `sound/asound.h`.
//!
//! The contract: pure. A set of parameters says of each what is possible; the kernel (`refine`) strikes out what does
//! not go together. What is wanted is put in one after the other, until one of each is left.

use std::ffi::c_ulong;
use std::io;

/// One of: access, format, subformat. A bit for each value.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mask([u32; 8]);

/// From … to; two more bits say whether the ends belong to it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Interval {
    min: u32,
    max: u32,
    flags: u32,
}

/// See the module. Of 608 bytes, or 604 where a `long` has 32 bits.
#[repr(C)]
#[derive(Clone, Debug)]
pub(super) struct Params {
    flags: u32,
    masks: [Mask; 3],
    masks_reserved: [Mask; 5],
    intervals: [Interval; 12],
    intervals_reserved: [Interval; 9],
    /// Which are to be looked at, bit for bit.
    wanted: u32,
    changed: u32,
    info: u32,
    significant_bits: u32,
    rate_numerator: u32,
    rate_denominator: u32,
    fifo: c_ulong,
    reserved: [u8; 64],
}

const _: () = assert!(size_of::<Params>() == if size_of::<c_ulong>() == 8 { 608 } else { 604 });
const _: () = assert!(std::mem::offset_of!(Params, intervals) == 260);
const _: () = assert!(std::mem::offset_of!(Params, fifo) == 536);

/// Masks, by their place.
const ACCESS: usize = 0;
const FORMAT: usize = 1;

/// Intervals, by their place: the kernel counts them from 8 on.
const CHANNELS: usize = 2;
const RATE: usize = 3;
const PERIOD: usize = 5;
const BUFFER: usize = 9;

/// Frames whole, one after the other, by `read` and `write`.
const INTERLEAVED: u32 = 3;

/// How a sample is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// 16 bit.
    S16,
    /// 32 bit.
    S32,
    /// 24 bit in three bytes.
    S24,
}

impl Format {
    /// Those that are understood, the best first, by the kernel's numbers.
    const ALL: [(Self, u32); 3] = [(Self::S16, 2), (Self::S32, 10), (Self::S24, 32)];

    /// Bytes of a sample.
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::S16 => 2,
            Self::S24 => 3,
            Self::S32 => 4,
        }
    }
}

/// What was agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) format: Format,
    pub(super) channels: usize,
    /// Frames per second.
    pub(super) rate: u32,
    /// Frames that the card hands over at a time.
    pub(super) period: usize,
    /// Frames that wait in the kernel, at most.
    pub(super) buffer: usize,
}

impl Form {
    /// Bytes of all channels' samples at one moment.
    pub(super) const fn frame(&self) -> usize {
        self.format.bytes() * self.channels
    }

    /// Frames as the card gives them to samples of one channel: the first two mixed. What is left of a frame is
    /// passed over.
    pub(super) fn mono(&self, bytes: &[u8], out: &mut Vec<i16>) {
        let width = self.format.bytes();
        let mixed = self.channels.min(2);
        for frame in bytes.chunks_exact(self.frame()) {
            // The upper 16 bits are what counts; they come last.
            let samples = frame.chunks_exact(width).take(mixed);
            let sum: i32 = samples
                .map(|sample| match sample {
                    [.., low, high] => i32::from(i16::from_le_bytes([*low, *high])),
                    _ => 0,
                })
                .sum();
            let half = i32::try_from(mixed).unwrap_or(1).max(1);
            out.push(i16::try_from(sum / half).unwrap_or(0));
        }
    }

    /// Samples of one channel as the card takes them: the same on all.
    pub(super) fn spread(&self, samples: &[i16], out: &mut Vec<u8>) {
        for sample in samples {
            for _ in 0..self.channels {
                out.extend(std::iter::repeat_n(0, self.format.bytes() - 2));
                out.extend(sample.to_le_bytes());
            }
        }
    }
}

impl Mask {
    fn only(values: impl Iterator<Item = u32>) -> Self {
        let mut mask = Self([0; 8]);
        for value in values {
            if let Some(word) = mask.0.get_mut(value as usize / 32) {
                *word |= 1 << (value % 32);
            }
        }
        mask
    }

    fn has(self, value: u32) -> bool {
        let word = self.0.get(value as usize / 32);
        word.is_some_and(|word| word >> (value % 32) & 1 == 1)
    }
}

impl Params {
    /// Everything is possible.
    fn any() -> Self {
        Self {
            flags: 0,
            masks: [Mask([u32::MAX; 8]); 3],
            masks_reserved: [Mask([0; 8]); 5],
            intervals: [Interval {
                min: 0,
                max: u32::MAX,
                flags: 0,
            }; 12],
            intervals_reserved: [Interval::default(); 9],
            wanted: u32::MAX,
            changed: 0,
            info: u32::MAX,
            significant_bits: 0,
            rate_numerator: 0,
            rate_denominator: 0,
            fifo: 0,
            reserved: [0; 64],
        }
    }

    fn with(&self, interval: usize, min: u32, max: u32) -> Self {
        let mut params = self.clone();
        if let Some(interval) = params.intervals.get_mut(interval) {
            *interval = Interval { min, max, flags: 0 };
        }
        // Everything is to be looked at again.
        params.wanted = u32::MAX;
        params.changed = 0;
        params.info = u32::MAX;
        params
    }

    fn least(&self, interval: usize) -> u32 {
        self.intervals.get(interval).map_or(0, |found| found.min)
    }

    fn format(&self) -> Option<Format> {
        let all = Format::ALL.into_iter();
        all.filter(|(_, number)| self.masks[FORMAT].has(*number))
            .map(|(format, _)| format)
            .next()
    }

    /// What was agreed on, once the kernel has taken it.
    pub(super) fn form(&self) -> Option<Form> {
        let number = |interval| usize::try_from(self.least(interval)).ok();
        let form = Form {
            format: self.format()?,
            channels: number(CHANNELS)?,
            rate: self.least(RATE),
            period: number(PERIOD)?,
            buffer: number(BUFFER)?,
        };
        let good = (1..=32).contains(&form.channels)
            && (8_000..=48_000).contains(&form.rate)
            && (1..=1 << 20).contains(&form.period)
            && (1..=1 << 24).contains(&form.buffer);
        good.then_some(form)
    }
}

/// Chooses: one channel rather than several, `rate` rather than the usual ones, pieces of some 20 ms and half a second
/// that may wait.
pub(super) fn choose(
    rate: u32,
    mut refine: impl FnMut(&mut Params) -> io::Result<()>,
) -> io::Result<Params> {
    let none = |what: &str| io::Error::new(io::ErrorKind::Unsupported, what.to_owned());
    let mut params = Params::any();
    params.masks[ACCESS] = Mask::only([INTERLEAVED].into_iter());
    params.masks[FORMAT] = Mask::only(Format::ALL.into_iter().map(|(_, number)| number));
    refine(&mut params)?;
    let format = params.format();
    let format = format.ok_or_else(|| none("it knows no samples of 16, 24 or 32 bit"))?;
    let numbers = Format::ALL
        .into_iter()
        .filter(|(known, _)| *known == format);
    params.masks[FORMAT] = Mask::only(numbers.map(|(_, number)| number));

    let mut first = |params: &Params, interval, wishes: &[(u32, u32)]| {
        wishes.iter().find_map(|(min, max)| {
            let mut with = params.with(interval, *min, *max);
            refine(&mut with).ok().map(|()| with)
        })
    };
    let few = params.least(CHANNELS).clamp(1, 32);
    params = first(&params, CHANNELS, &[(1, 1), (2, 2), (few, few)])
        .ok_or_else(|| none("it does not say how many channels it has"))?;
    let rates = [rate, 48_000, 44_100, 32_000, 22_050, 16_000, 8_000];
    params = first(&params, RATE, &rates.map(|rate| (rate, rate)))
        .ok_or_else(|| none("it knows no rate from 8 to 48 kHz"))?;
    let rate = params.least(RATE);
    if !(8_000..=48_000).contains(&rate) {
        return Err(none("its answer makes no sense"));
    }
    // Where a card has its own mind about these, it has its way.
    let wishes: [(usize, &[(u32, u32)]); 2] = [
        (PERIOD, &[(rate / 100, rate / 25), (rate / 200, rate / 5)]),
        (BUFFER, &[(rate / 4, rate), (rate / 10, rate * 2)]),
    ];
    for (interval, wishes) in wishes {
        params = first(&params, interval, wishes).unwrap_or(params);
    }
    Ok(params.with(RATE, rate, rate))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A card with these formats, channels and rates, as the kernel would answer for it.
    fn card<'a>(
        formats: &'a [u32],
        channels: &'a [u32],
        rates: &'a [u32],
    ) -> impl FnMut(&mut Params) -> io::Result<()> + 'a {
        move |params| {
            let wrong = || io::Error::from_raw_os_error(22);
            if params.wanted != u32::MAX || !params.masks[ACCESS].has(INTERLEAVED) {
                return Err(wrong());
            }
            let mut left = formats
                .iter()
                .copied()
                .filter(|format| params.masks[FORMAT].has(*format))
                .peekable();
            left.peek().ok_or_else(wrong)?;
            params.masks[FORMAT] = Mask::only(left);
            for (interval, values) in [(CHANNELS, channels), (RATE, rates)] {
                let found = &mut params.intervals[interval];
                let within = found.min..=found.max;
                let left = values
                    .iter()
                    .copied()
                    .filter(|value| within.contains(value));
                let left: Vec<u32> = left.collect();
                found.min = *left.first().ok_or_else(wrong)?;
                found.max = *left.last().ok_or_else(wrong)?;
            }
            params.wanted = 0;
            Ok(())
        }
    }

    fn agreed(formats: &[u32], channels: &[u32], rates: &[u32]) -> Option<(Format, usize, u32)> {
        let params = choose(16_000, card(formats, channels, rates)).ok()?;
        let form = params.form()?;
        Some((form.format, form.channels, form.rate))
    }

    #[test]
    fn the_best_that_a_card_can_do_is_taken() {
        // A cheap USB microphone, a headset, studio gear, an array of microphones on I2S.
        assert_eq!(
            agreed(&[2], &[1], &[16_000, 44_100, 48_000]),
            Some((Format::S16, 1, 16_000))
        );
        assert_eq!(
            agreed(&[2, 6], &[2], &[44_100, 48_000]),
            Some((Format::S16, 2, 48_000))
        );
        assert_eq!(
            agreed(&[32], &[2, 4, 8], &[44_100, 88_200]),
            Some((Format::S24, 2, 44_100))
        );
        assert_eq!(
            agreed(&[10], &[6], &[16_000]),
            Some((Format::S32, 6, 16_000))
        );
        assert_eq!(agreed(&[0], &[1], &[16_000]), None);
        assert_eq!(agreed(&[2], &[1], &[96_000, 192_000]), None);
    }

    #[test]
    fn every_form_becomes_one_channel_and_back() {
        let form = |format, channels| Form {
            format,
            channels,
            rate: 48_000,
            period: 480,
            buffer: 4_800,
        };
        for (form, bytes, samples) in [
            (
                form(Format::S16, 1),
                &[0x34, 0x12, 0x00, 0x80, 0x99][..],
                &[0x1234, i16::MIN][..],
            ),
            (form(Format::S16, 2), &[0x10, 0, 0x20, 0], &[0x18]),
            (form(Format::S24, 1), &[0xff, 0x34, 0x12], &[0x1234]),
            (
                form(Format::S32, 3),
                &[1, 1, 2, 0, 1, 1, 4, 0, 9, 9, 9, 9],
                &[3],
            ),
        ] {
            let mut out = Vec::new();
            form.mono(bytes, &mut out);
            assert_eq!(out, samples, "{form:?}");
            let mut bytes = Vec::new();
            form.spread(samples, &mut bytes);
            assert_eq!(bytes.len(), form.frame() * samples.len());
            let mut again = Vec::new();
            form.mono(&bytes, &mut again);
            assert_eq!(again, samples, "{form:?}");
        }
    }

    proptest! {
        /// Whatever a driver answers, what is agreed on is within bounds, or nothing is.
        #[test]
        fn any_answer_is_survived(answers in proptest::collection::vec((any::<u32>(), 0..12usize, any::<u32>(), any::<bool>()), 0..40)) {
            let mut answers = answers.into_iter();
            let agreed = choose(16_000, |params| {
                let Some((bits, interval, value, good)) = answers.next() else {
                    return Ok(());
                };
                params.masks[FORMAT].0[0] &= bits;
                params.intervals[interval].min = value;
                if good { Ok(()) } else { Err(io::Error::from_raw_os_error(22)) }
            });
            if let Some(form) = agreed.ok().and_then(|params| params.form()) {
                prop_assert!(form.frame() <= 128 && form.rate <= 48_000);
            }
        }
    }
}

//! WAV files: 16-bit PCM, any rate, any number of channels; read as mono.

use nom::bytes::complete::{tag, take};
use nom::combinator::rest;
use nom::number::complete::{le_u16, le_u32};
use nom::{IResult, Parser};

/// A WAV file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WavError {
    /// It is something else.
    #[error("no WAV file: the {0} is missing")]
    Missing(&'static str),
    /// It holds sound of another form.
    #[error("the WAV file must hold 16 bit PCM at 8 to 48 kHz: this has {0}")]
    Form(String),
}

/// Sound from a WAV file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wav {
    /// Samples per second.
    pub rate: u32,
    /// The samples, channels mixed to one.
    pub samples: Vec<i16>,
}

fn chunk(input: &[u8]) -> IResult<&[u8], (&[u8], &[u8])> {
    let (input, name) = take(4usize).parse(input)?;
    let (input, length) = le_u32(input)?;
    // A recorder that was cut off leaves a length that is too large: what is there counts.
    let length = usize::try_from(length)
        .unwrap_or(usize::MAX)
        .min(input.len());
    let (input, body) = take(length).parse(input)?;
    let (input, _) = take((length % 2).min(input.len())).parse(input)?;
    Ok((input, (name, body)))
}

fn header(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let (input, _) = tag(&b"RIFF"[..]).parse(input)?;
    let (input, _) = le_u32(input)?;
    let (input, _) = tag(&b"WAVE"[..]).parse(input)?;
    rest(input)
}

fn format(input: &[u8]) -> IResult<&[u8], (u16, u16, u32, u16)> {
    let (input, (kind, channels, rate, _, _, bits)) =
        (le_u16, le_u16, le_u32, le_u32, le_u16, le_u16).parse(input)?;
    Ok((input, (kind, channels, rate, bits)))
}

impl Wav {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// Says what is missing or of another form.
    pub fn parse(bytes: &[u8]) -> Result<Self, WavError> {
        let (_, mut chunks) = header(bytes).map_err(|_| WavError::Missing("RIFF header"))?;
        let mut form = None;
        while let Ok((after, (name, body))) = chunk(chunks) {
            chunks = after;
            match name {
                b"fmt " => {
                    let (_, read) = format(body).map_err(|_| WavError::Missing("format"))?;
                    form = Some(read);
                }
                b"data" => {
                    let (kind, channels, rate, bits) = form.ok_or(WavError::Missing("format"))?;
                    let extensible = kind == 0xfffe;
                    if !(kind == 1 || extensible)
                        || bits != 16
                        || channels == 0
                        || !(8_000..=48_000).contains(&rate)
                    {
                        return Err(WavError::Form(format!(
                            "format {kind}, {bits} bits, {channels} channels, {rate} Hz"
                        )));
                    }
                    return Ok(Self {
                        rate,
                        samples: mono(body, usize::from(channels)),
                    });
                }
                _ => {}
            }
        }
        Err(WavError::Missing("sound"))
    }
}

impl Wav {
    /// As a file of one channel.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let length = u32::try_from(2 * self.samples.len()).unwrap_or(u32::MAX);
        let mut file = b"RIFF".to_vec();
        file.extend(length.saturating_add(36).to_le_bytes());
        file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
        file.extend(self.rate.to_le_bytes());
        file.extend(self.rate.saturating_mul(2).to_le_bytes());
        file.extend(b"\x02\0\x10\0data");
        file.extend(length.to_le_bytes());
        file.extend(self.samples.iter().flat_map(|sample| sample.to_le_bytes()));
        file
    }
}

/// Little-endian samples of several channels to one.
fn mono(bytes: &[u8], channels: usize) -> Vec<i16> {
    bytes
        .chunks_exact(2 * channels)
        .map(|frame| {
            let sum: i32 = frame
                .chunks_exact(2)
                .map(|pair| i32::from(i16::from_le_bytes([pair[0], pair[1]])))
                .sum();
            let count = i32::try_from(channels).unwrap_or(1);
            i16::try_from(sum / count).unwrap_or(0)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wav(channels: u16, rate: u32, bits: u16, data: &[u8]) -> Vec<u8> {
        let mut file = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0".to_vec();
        file.extend(channels.to_le_bytes());
        file.extend(rate.to_le_bytes());
        file.extend([0; 6]);
        file.extend(bits.to_le_bytes());
        file.extend(b"LIST\x03\0\0\0abc\0data");
        file.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        file.extend(data);
        file
    }

    #[test]
    fn channels_are_mixed_and_other_chunks_skipped() {
        let stereo = wav(2, 16_000, 16, &[1, 0, 3, 0, 0xff, 0xff, 0xfd, 0xff]);
        assert_eq!(
            Wav::parse(&stereo),
            Ok(Wav {
                rate: 16_000,
                samples: vec![2, -2]
            })
        );
    }

    #[test]
    fn other_files_are_refused_by_name() {
        assert_eq!(Wav::parse(b"OggS"), Err(WavError::Missing("RIFF header")));
        assert!(matches!(
            Wav::parse(&wav(1, 16_000, 8, &[0; 4])),
            Err(WavError::Form(_))
        ));
        assert!(matches!(
            Wav::parse(&wav(1, 96_000, 16, &[0; 4])),
            Err(WavError::Form(_))
        ));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(samples in proptest::collection::vec(any::<i16>(), 0..200), rate in 8_000u32..=48_000) {
            let wav = Wav { rate, samples };
            prop_assert_eq!(Wav::parse(&wav.bytes()), Ok(wav));
        }

        #[test]
        fn any_bytes_end_in_a_result(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), real in any::<bool>()) {
            if real {
                let mut file = wav(1, 16_000, 16, &bytes);
                if let (Some(at), Some(with)) = (bytes.first(), bytes.last()) {
                    let at = usize::from(*at) % file.len();
                    file[at] = *with;
                }
                bytes = file;
            }
            let _ = Wav::parse(&bytes);
        }
    }
}

//! Sound as it travels, and as it is heard: signed 16 bit, one channel.

use super::message::Format;

/// Why sound cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AudioError {
    /// Too slow or too fast.
    #[error("rate: {0} samples per second; from 8000 to 48000 are taken")]
    Rate(u32),
    /// Samples of another size.
    #[error("width: {0} bytes per sample; from 1 to 4 are taken")]
    Width(u32),
    /// None, or too many.
    #[error("channels: {0}; from 1 to 8 are taken")]
    Channels(u32),
}

/// The samples in `bytes`, all channels as one. What is left of half a sample is passed over.
///
/// # Errors
/// When `format` is none that can be used.
pub fn samples(format: &Format, bytes: &[u8]) -> Result<Vec<i16>, AudioError> {
    if !(8_000..=48_000).contains(&format.rate) {
        return Err(AudioError::Rate(format.rate));
    }
    let sample: fn(&[u8]) -> i32 = match format.width {
        // Bytes have no sign, wider samples have.
        1 => |bytes| (i32::from(bytes.first().copied().unwrap_or(128)) - 128) << 8,
        // The upper 16 bits are what counts.
        2..=4 => |bytes| match bytes {
            [.., low, high] => i32::from(i16::from_le_bytes([*low, *high])),
            _ => 0,
        },
        width => return Err(AudioError::Width(width)),
    };
    let channels = i32::try_from(format.channels)
        .ok()
        .filter(|channels| (1..=8).contains(channels))
        .ok_or(AudioError::Channels(format.channels))?;
    let width = format.width as usize;
    let frames = bytes.chunks_exact(width * format.channels as usize);
    Ok(frames
        .map(|frame| {
            let sum: i32 = frame.chunks_exact(width).map(sample).sum();
            i16::try_from(sum / channels).unwrap_or(0)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn format(rate: u32, width: u32, channels: u32) -> Format {
        Format {
            rate,
            width,
            channels,
            timestamp: None,
        }
    }

    #[test]
    fn every_width_and_channel_becomes_one() {
        for (width, channels, bytes, expected) in [
            (
                2,
                1,
                &[0x34, 0x12, 0x00, 0x80, 0x99][..],
                &[0x1234, i16::MIN][..],
            ),
            (
                2,
                2,
                &[0x10, 0, 0x20, 0, 0xff, 0xff, 0xff, 0xff],
                &[0x18, -1],
            ),
            (1, 1, &[0, 128, 255], &[i16::MIN, 0, 0x7f00]),
            (3, 1, &[0xff, 0x34, 0x12], &[0x1234]),
            (4, 1, &[0xff, 0xff, 0x34, 0x12], &[0x1234]),
        ] {
            assert_eq!(
                samples(&format(16000, width, channels), bytes).unwrap(),
                expected
            );
        }
    }

    #[test]
    fn what_is_no_sound_is_refused() {
        let error = |format| samples(&format, &[]).unwrap_err().to_string();
        assert_eq!(
            error(format(0, 2, 1)),
            "rate: 0 samples per second; from 8000 to 48000 are taken"
        );
        assert_eq!(
            error(format(16000, 0, 1)),
            "width: 0 bytes per sample; from 1 to 4 are taken"
        );
        assert_eq!(
            error(format(16000, 2, 0)),
            "channels: 0; from 1 to 8 are taken"
        );
        assert_eq!(
            error(format(16000, 2, u32::MAX)),
            "channels: 4294967295; from 1 to 8 are taken"
        );
    }
}

//! Whether a frame is speech: energy against a floor that follows the room's noise.

/// Louder than the floor by this much is speech, in dB.
const MARGIN: f32 = 9.0;

/// Softer than this is never speech, in dB of full scale.
const SILENCE: f32 = -55.0;

/// Tells speech from the room.
#[derive(Clone, Debug)]
pub struct Vad {
    floor: f32,
}

impl Default for Vad {
    fn default() -> Self {
        Self::new()
    }
}

impl Vad {
    /// One that knows no room yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { floor: -50.0 }
    }

    /// Whether this frame is voiced.
    pub fn frame(&mut self, frame: &[i16]) -> bool {
        let level = level(frame);
        let loud = level > (self.floor + MARGIN).max(SILENCE);
        if loud {
            // A room that stays loud is noise, not speech: rise by 1 dB a second.
            self.floor += 0.01;
        } else {
            // Down at once, up slowly.
            let share = if level < self.floor { 0.15 } else { 0.01 };
            self.floor += (level.max(-75.0) - self.floor) * share;
        }
        loud
    }
}

/// The level of a frame in dB of full scale.
fn level(samples: &[i16]) -> f32 {
    let sum: f32 = samples
        .iter()
        .map(|s| {
            let s = f32::from(*s) / 32_768.0;
            s * s
        })
        .sum();
    #[allow(clippy::cast_precision_loss)] // some hundred samples
    let mean = sum / samples.len().max(1) as f32;
    10.0 * mean.max(1e-10).log10()
}

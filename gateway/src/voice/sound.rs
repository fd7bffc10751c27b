//! Sound to be played: plain samples, and how long they last.

/// Sound to be played.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sound {
    /// Samples per second.
    pub rate: u32,
    /// One channel.
    pub samples: Vec<i16>,
}

impl Sound {
    /// How long it is.
    #[must_use]
    pub fn milliseconds(&self) -> u64 {
        (self.samples.len() as u64).saturating_mul(1000) / u64::from(self.rate.max(1))
    }

    /// Another sound behind this one, which keeps its rate.
    pub fn append(&mut self, other: &Self) {
        if self.samples.is_empty() {
            self.rate = other.rate;
        }
        let (from, to) = (u64::from(other.rate.max(1)), u64::from(self.rate.max(1)));
        let count = other.samples.len() as u64 * to / from;
        self.samples.extend((0..count).filter_map(|i| {
            let at = usize::try_from(i * from / to).ok()?;
            other.samples.get(at).copied()
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sounds_of_other_rates_follow_in_the_first_ones() {
        let mut sound = Sound {
            rate: 22050,
            samples: vec![1; 2205],
        };
        sound.append(&Sound {
            rate: 44100,
            samples: vec![2; 4410],
        });
        assert_eq!(sound.milliseconds(), 200);
        assert_eq!(sound.samples.len(), 4410);
    }
}

//! Which network: the one the dongle holds against the one the home expects, and new ones.

use super::config::ZigbeeConfig;
use crate::NetworkSettings;

/// The channel of a new network when none is configured and the dongle cannot say which is quiet.
const CHANNEL: u8 = 15;

/// How far above the last known frame counter a restored network starts: devices ignore anything
/// at or below what they heard.
pub(super) const COUNTER_MARGIN: u32 = 10_000;

/// A random source failed, or a wish cannot be granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SettingsError {
    #[error("the system gave no random numbers: {0}")]
    Random(String),
    #[error("`channel` is {0}: expected 11 to 26")]
    Channel(u8),
    #[error("`pan_id` is {0:#06x}: expected 0x0001 to 0xfffe")]
    PanId(u16),
    #[error("`ext_pan_id` is {0:#018x}: expected neither 0 nor all ones")]
    ExtendedPanId(u64),
}

/// What the user insists on; the rest may be anything.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wishes {
    pub(super) channel: Option<u8>,
    pub(super) pan_id: Option<u16>,
    pub(super) extended_pan_id: Option<u64>,
    pub(super) network_key: Option<[u8; 16]>,
}

impl Wishes {
    pub(super) const fn of(config: &ZigbeeConfig) -> Self {
        Self {
            channel: config.channel,
            pan_id: config.pan_id,
            extended_pan_id: config.extended_pan_id,
            network_key: config.network_key,
        }
    }

    /// Whether all of them can be had.
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        match *self {
            Self {
                channel: Some(c), ..
            } if !(11..=26).contains(&c) => Err(SettingsError::Channel(c)),
            Self {
                pan_id: Some(p @ (0 | 0xffff)),
                ..
            } => Err(SettingsError::PanId(p)),
            Self {
                extended_pan_id: Some(x @ (0 | u64::MAX)),
                ..
            } => Err(SettingsError::ExtendedPanId(x)),
            _ => Ok(()),
        }
    }

    /// The settings to form a network with: the `stored` ones where there are any, wishes above
    /// them, random numbers for the rest.
    pub(super) fn settle(
        &self,
        stored: Option<&NetworkSettings>,
        random: &mut Random,
    ) -> Result<NetworkSettings, SettingsError> {
        self.check()?;
        let mut settings = match stored {
            Some(stored) => NetworkSettings {
                frame_counter: stored.frame_counter.saturating_add(COUNTER_MARGIN),
                ..stored.clone()
            },
            None => NetworkSettings {
                pan_id: random.pan_id()?,
                extended_pan_id: u64::from_le_bytes(random.bytes()?).clamp(1, u64::MAX - 1),
                channel: CHANNEL,
                network_key: random.bytes()?,
                network_key_sequence: 0,
                frame_counter: 0,
                link_key: random.bytes()?,
            },
        };
        if let Some(channel) = self.channel {
            settings.channel = channel;
        }
        if let Some(pan_id) = self.pan_id {
            settings.pan_id = pan_id;
        }
        if let Some(extended) = self.extended_pan_id {
            settings.extended_pan_id = extended;
        }
        if let Some(key) = self.network_key {
            settings.network_key = key;
        }
        Ok(settings)
    }

    /// How the dongle's network differs from the stored one and the wishes, in plain words; none:
    /// it is the same. Keys are not shown.
    ///
    /// A network known by its extended PAN id and key may have moved: a PAN conflict changes the
    /// PAN id, a network manager the channel. That is no difference unless the user insists.
    pub(super) fn difference(
        &self,
        dongle: &NetworkSettings,
        stored: Option<&NetworkSettings>,
    ) -> Option<String> {
        let moved = stored.filter(|stored| {
            stored.extended_pan_id != dongle.extended_pan_id
                || stored.network_key != dongle.network_key
        });
        let mut parts = Vec::new();
        let mut compare = |what: &str, here: String, wanted: Option<String>| {
            if let Some(wanted) = wanted.filter(|wanted| *wanted != here) {
                parts.push(format!("{what} is {here} on the dongle, expected {wanted}"));
            }
        };
        let pan = |id: u16| format!("{id:#06x}");
        let extended = |id: u64| format!("{id:#018x}");
        compare(
            "the PAN id",
            pan(dongle.pan_id),
            self.pan_id.or(moved.map(|s| s.pan_id)).map(pan),
        );
        compare(
            "the extended PAN id",
            extended(dongle.extended_pan_id),
            self.extended_pan_id
                .or(stored.map(|s| s.extended_pan_id))
                .map(extended),
        );
        compare(
            "the channel",
            dongle.channel.to_string(),
            self.channel
                .or(moved.map(|s| s.channel))
                .map(|c| c.to_string()),
        );
        let wanted = self.network_key.or(stored.map(|s| s.network_key));
        if wanted.is_some_and(|key| key != dongle.network_key) {
            parts.push("the network key on the dongle is another one".to_owned());
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// Random numbers for a new network.
#[derive(Debug)]
pub(super) enum Random {
    /// The system's.
    System,
    /// Repeatable ones, for tests and the demo.
    Seeded(u64),
}

impl Random {
    pub(super) fn from_seed(seed: Option<u64>) -> Self {
        seed.map_or(Self::System, Self::Seeded)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], SettingsError> {
        let mut bytes = [0; N];
        match self {
            Self::System => getrandom::fill(&mut bytes)
                .map_err(|error| SettingsError::Random(error.to_string()))?,
            Self::Seeded(state) => {
                for byte in &mut bytes {
                    // SplitMix64: each step is well mixed from any seed.
                    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                    let mut z = *state;
                    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                    let [first, ..] = (z ^ (z >> 31)).to_le_bytes();
                    *byte = first;
                }
            }
        }
        Ok(bytes)
    }

    /// Not 0 and not one of the reserved high ones.
    fn pan_id(&mut self) -> Result<u16, SettingsError> {
        Ok(u16::from_le_bytes(self.bytes()?).clamp(1, 0xfff0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored() -> NetworkSettings {
        Wishes::default()
            .settle(None, &mut Random::Seeded(7))
            .unwrap()
    }

    #[test]
    fn a_new_network_is_random_unless_seeded() {
        let random = || {
            Wishes::default()
                .settle(None, &mut Random::System)
                .unwrap()
                .network_key
        };
        assert_ne!(random(), random());
        assert_eq!(stored(), stored());
        assert_ne!(stored().network_key, stored().link_key);
    }

    #[test]
    fn a_restored_network_keeps_its_keys_and_counts_on_from_above() {
        let kept = NetworkSettings {
            frame_counter: 500,
            ..stored()
        };
        let again = Wishes::default()
            .settle(Some(&kept), &mut Random::System)
            .unwrap();
        assert_eq!(again.network_key, kept.network_key);
        assert_eq!(again.link_key, kept.link_key);
        assert_eq!(again.frame_counter, 10_500);
    }

    #[test]
    fn a_difference_is_told_in_plain_words_and_without_keys() {
        let (here, mut home) = (stored(), stored());
        let wishes = Wishes::default();
        assert_eq!(wishes.difference(&here, Some(&home)), None);
        assert_eq!(wishes.difference(&here, None), None);
        home.pan_id = 0x1a62;
        home.network_key = [1; 16];
        let told = wishes.difference(&here, Some(&home)).unwrap();
        assert!(told.contains("expected 0x1a62"), "{told}");
        assert!(told.contains("network key"), "{told}");
        let moved = NetworkSettings {
            pan_id: 0x1a62,
            channel: 11,
            ..here.clone()
        };
        assert_eq!(wishes.difference(&here, Some(&moved)), None);
        let wishes = Wishes {
            channel: Some(20),
            ..Wishes::default()
        };
        assert_eq!(
            wishes.difference(&here, Some(&here)).as_deref(),
            Some("the channel is 15 on the dongle, expected 20")
        );
    }

    #[test]
    fn impossible_wishes_are_refused_by_name() {
        let wishes = Wishes {
            channel: Some(27),
            ..Wishes::default()
        };
        assert_eq!(wishes.check(), Err(SettingsError::Channel(27)));
        let wishes = Wishes {
            pan_id: Some(0xffff),
            ..Wishes::default()
        };
        assert_eq!(wishes.check(), Err(SettingsError::PanId(0xffff)));
    }
}

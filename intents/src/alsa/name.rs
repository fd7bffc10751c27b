//! Which sound card is meant.

use std::path::{Path, PathBuf};

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::character::complete::{char, u8 as number};
use nom::combinator::{all_consuming, eof, map, opt, success, value};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

/// A card that is spoken to without ALSA's library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    which: Which,
    device: u8,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Which {
    /// The first that can do what is wanted.
    First,
    Number(u8),
    /// As in `/proc/asound/cards`.
    Id(String),
}

/// In or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Capture,
    Playback,
}

fn card(input: &str) -> IResult<&str, Which> {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let end = |input| {
        alt((
            value((), eof),
            map(nom::combinator::peek(char(',')), |_| ()),
        ))
        .parse(input)
    };
    let counted = map(terminated(number, end), Which::Number);
    let named = map(take_while_m_n(1, 32, letter), |id: &str| {
        Which::Id(id.to_owned())
    });
    preceded(opt(tag("CARD=")), alt((counted, named))).parse(input)
}

fn hardware(input: &str) -> IResult<&str, Card> {
    let (input, _) = alt((tag("hw"), tag("plughw"))).parse(input)?;
    let (input, which) = alt((
        preceded(char(':'), card),
        map(success(()), |()| Which::Number(0)),
    ))
    .parse(input)?;
    let (input, device) =
        opt(preceded(char(','), preceded(opt(tag("DEV=")), number))).parse(input)?;
    let device = device.unwrap_or(0);
    Ok((input, Card { which, device }))
}

impl Card {
    /// The first card there is.
    pub const FIRST: Self = Self {
        which: Which::First,
        device: 0,
    };

    /// Reads `hw:1,0` and its like; none for names that only ALSA's library knows.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (_, card) = all_consuming(hardware).parse(name).ok()?;
        Some(card)
    }

    /// Its device file, below `root`.
    pub(super) fn path(&self, root: &Path, way: Way) -> Result<PathBuf, String> {
        let folder = root.join("dev/snd");
        let end = match way {
            Way::Capture => 'c',
            Way::Playback => 'p',
        };
        let number = match &self.which {
            Which::Number(number) => *number,
            Which::Id(id) => {
                // A link to `card1`.
                let link = std::fs::read_link(root.join("proc/asound").join(id)).ok();
                let number = link
                    .as_ref()
                    .and_then(|to| to.file_name()?.to_str()?.strip_prefix("card")?.parse().ok());
                number.ok_or_else(|| format!("there is no sound card `{id}`"))?
            }
            Which::First => {
                let files = std::fs::read_dir(&folder);
                let names = files.into_iter().flatten().flatten();
                let names = names.filter_map(|entry| entry.file_name().into_string().ok());
                let first = names
                    .filter(|name| name.starts_with("pcmC") && name.ends_with(end))
                    .min_by_key(|name| (name.len(), name.clone()));
                return match first {
                    Some(first) => Ok(folder.join(first)),
                    None if way == Way::Capture => Err("there is no microphone".to_owned()),
                    None => Err("there is no speaker".to_owned()),
                };
            }
        };
        Ok(folder.join(format!("pcmC{number}D{}{end}", self.device)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_named_as_alsa_names_them() {
        let number = |number, device| {
            Some(Card {
                which: Which::Number(number),
                device,
            })
        };
        let id = |id: &str, device| {
            Some(Card {
                which: Which::Id(id.to_owned()),
                device,
            })
        };
        for (name, card) in [
            ("hw", number(0, 0)),
            ("hw:1", number(1, 0)),
            ("hw:1,2", number(1, 2)),
            ("plughw:1,0", number(1, 0)),
            ("hw:CARD=2,DEV=1", number(2, 1)),
            ("plughw:CARD=Device,DEV=0", id("Device", 0)),
            ("hw:2mics,1", id("2mics", 1)),
            ("hw:Loopback", id("Loopback", 0)),
            ("default", None),
            ("pulse", None),
            ("hw:1,0,0", None),
            ("hw:../../x", None),
            ("hw:300", id("300", 0)),
            ("hw:", None),
        ] {
            assert_eq!(Card::parse(name), card, "{name}");
        }
    }

    #[test]
    fn a_card_has_files() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        for folder in ["dev/snd", "proc/asound/card3"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        let path = |name: &str, way| {
            let card = Card::parse(name).unwrap_or(Card::FIRST);
            let path = card.path(root, way);
            path.map(|path| {
                path.strip_prefix(root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned()
            })
        };
        assert_eq!(
            path("default", Way::Capture),
            Err("there is no microphone".to_owned())
        );
        for file in ["controlC3", "pcmC10D0c", "pcmC3D0p", "pcmC3D1c"] {
            std::fs::write(root.join("dev/snd").join(file), "").unwrap();
        }
        std::os::unix::fs::symlink("card3", root.join("proc/asound/Device")).unwrap();
        assert_eq!(path("default", Way::Capture).unwrap(), "dev/snd/pcmC3D1c");
        assert_eq!(path("default", Way::Playback).unwrap(), "dev/snd/pcmC3D0p");
        assert_eq!(
            path("hw:Device,1", Way::Capture).unwrap(),
            "dev/snd/pcmC3D1c"
        );
        assert_eq!(path("hw:7", Way::Playback).unwrap(), "dev/snd/pcmC7D0p");
        assert!(path("hw:Nothing", Way::Playback).is_err());
    }
}

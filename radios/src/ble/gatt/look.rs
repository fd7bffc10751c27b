//! What a lamp shows, and what is wished of it, in the words of all lamps.

use crate::devices::color::{Color, EXPECTED, rgb_to_hs};
use crate::{Changes, CommandError, Value};

/// The largest brightness, as Zigbee lamps have it.
pub(super) const FULL: u8 = 254;

/// Red, green and blue; the largest is 255, brightness is another matter.
pub(super) type Rgb = [u8; 3];

/// What light it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tint {
    /// A colour.
    Color(Rgb),
    /// A white of so many mired.
    Temperature(u16),
    /// The white channel.
    White,
}

/// What is known, told or wished of a lamp: any part may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) on: Option<bool>,
    /// 1…254
    pub(super) brightness: Option<u8>,
    pub(super) tint: Option<Tint>,
}

/// What a kind of lamp can do besides on and off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Abilities {
    pub(super) brightness: bool,
    pub(super) color: bool,
    /// Coolest and warmest white, in mired.
    pub(super) temperature: Option<(u16, u16)>,
    /// A white channel of its own, without a temperature.
    pub(super) white: bool,
}

impl Look {
    /// `self`, with what `news` says in its place.
    pub(super) fn with(self, news: Self) -> Self {
        Self {
            on: news.on.or(self.on),
            brightness: news.brightness.or(self.brightness),
            tint: news.tint.or(self.tint),
        }
    }

    /// Whether it is, but for rounding, what `other` is. What either does not know does not count.
    pub(super) fn resembles(&self, other: &Self) -> bool {
        let near = |a: u8, b: u8| a.abs_diff(b) <= 2;
        let same = |a: Option<u8>, b: Option<u8>| a.zip(b).is_none_or(|(a, b)| near(a, b));
        let tints = match self.tint.zip(other.tint) {
            Some((Tint::Color(a), Tint::Color(b))) => {
                let level = |look: &Self| look.brightness.unwrap_or(FULL);
                let (a, b) = (scaled(a, level(self)), scaled(b, level(other)));
                a.into_iter().zip(b).all(|(a, b)| near(a, b))
            }
            Some((Tint::Temperature(a), Tint::Temperature(b))) => a.abs_diff(b) <= 4,
            Some((a, b)) => a == b,
            None => true,
        };
        self.on.zip(other.on).is_none_or(|(a, b)| a == b)
            && same(self.brightness, other.brightness)
            && tints
    }

    /// As published.
    pub(super) fn changes(&self, abilities: &Abilities) -> Changes {
        let mut changes = Changes::new();
        if let Some(on) = self.on {
            changes.push(("state".into(), if on { "ON" } else { "OFF" }.into()));
        }
        if let Some(brightness) = self.brightness.filter(|_| abilities.brightness) {
            changes.push(("brightness".into(), brightness.into()));
        }
        match self.tint {
            Some(Tint::Color(rgb)) if abilities.color => {
                let [r, g, b] = rgb.map(|part| f64::from(part) / 255.0);
                let (x, y) = Color::Rgb(r, g, b).to_xy();
                let (hue, saturation) = rgb_to_hs(rgb);
                let color = vec![
                    ("hue".into(), hue.into()),
                    ("saturation".into(), saturation.into()),
                    ("x".into(), x.into()),
                    ("y".into(), y.into()),
                ];
                changes.push(("color_mode".into(), "xy".into()));
                changes.push(("color".into(), Value::Object(color)));
            }
            Some(Tint::Temperature(mireds)) if abilities.temperature.is_some() => {
                changes.push(("color_mode".into(), "color_temp".into()));
                changes.push(("color_temp".into(), mireds.into()));
            }
            Some(Tint::White) if abilities.white => {
                changes.push(("color_mode".into(), "white".into()));
            }
            _ => {}
        }
        changes
    }
}

/// `rgb` dimmed to `brightness`.
#[expect(clippy::cast_possible_truncation)] // at most 255
pub(super) fn scaled(rgb: Rgb, brightness: u8) -> Rgb {
    rgb.map(|part| {
        let full = u32::from(FULL);
        ((u32::from(part) * u32::from(brightness.min(FULL)) + full / 2) / full) as u8
    })
}

/// The colour and the brightness of a dimmed colour; none of black.
#[expect(clippy::cast_possible_truncation)] // at most 255
pub(super) fn unscaled(rgb: Rgb) -> Option<(Rgb, u8)> {
    let most = rgb.into_iter().max().filter(|most| *most > 0)?;
    let color = rgb.map(|part| {
        let most = u32::from(most);
        ((u32::from(part) * 255 + most / 2) / most) as u8
    });
    Some((color, from_byte(most)))
}

/// Brightness as a share of `full`, at least 1.
#[expect(clippy::cast_possible_truncation)] // at most `full`
pub(super) fn share(brightness: u8, full: u8) -> u8 {
    let level = u32::from(brightness) * u32::from(full) + u32::from(FULL) / 2;
    ((level / u32::from(FULL)) as u8).clamp(1, full)
}

/// Brightness of a share of `full`, at least 1.
#[expect(clippy::cast_possible_truncation)] // at most 254
pub(super) fn from_share(level: u8, full: u8) -> u8 {
    let brightness = u32::from(level.min(full)) * u32::from(FULL) + u32::from(full) / 2;
    ((brightness / u32::from(full)) as u8).max(1)
}

/// Brightness of a channel's 0…255.
pub(super) fn from_byte(level: u8) -> u8 {
    from_share(level, 255)
}

/// What a `/set` asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) look: Look,
    pub(super) toggle: bool,
}

impl Wish {
    /// Reads `values`.
    ///
    /// # Errors
    /// A property that such a lamp has not, or a value that is none.
    pub(super) fn read(values: &Changes, abilities: &Abilities) -> Result<Self, CommandError> {
        let mut wish = Self::default();
        for (property, value) in values {
            let property: &str = property;
            let bad = |why: &str| CommandError::BadValue {
                property: property.to_owned(),
                why: format!("expected {why}"),
            };
            match property {
                "state" => match switch(value).ok_or_else(|| bad("ON, OFF or TOGGLE"))? {
                    Some(on) => wish.look.on = Some(on),
                    None => wish.toggle = true,
                },
                "brightness" if abilities.brightness => {
                    let level =
                        number(value, 255.0).ok_or_else(|| bad("a number from 0 to 254"))?;
                    wish.dim(level);
                }
                "brightness_percent" if abilities.brightness => {
                    let percent =
                        number(value, 100.0).ok_or_else(|| bad("a number from 0 to 100"))?;
                    wish.dim(percent * 2.55);
                }
                "white" if abilities.white => {
                    let level =
                        number(value, 255.0).ok_or_else(|| bad("a number from 0 to 254"))?;
                    wish.dim(level);
                    wish.look.tint = Some(Tint::White);
                }
                "color" if abilities.color => {
                    let color = Color::from_value(value).ok_or_else(|| bad(EXPECTED))?;
                    wish.look.tint = Some(Tint::Color(color.to_rgb()));
                }
                "color_temp" | "color_temp_percent" => match abilities.temperature {
                    Some(range) => {
                        let mireds = mireds(property, value, range).ok_or_else(|| {
                            bad(&format!(
                                "mireds from {} to {}, or coolest, cool, neutral, warm or warmest",
                                range.0, range.1
                            ))
                        })?;
                        wish.look.tint = Some(Tint::Temperature(mireds));
                    }
                    None => return Err(cannot(property)),
                },
                // What Home Assistant adds to every command; these lamps change as fast as they do.
                "transition" => {}
                _ => return Err(cannot(property)),
            }
        }
        if wish.look == Look::default() && !wish.toggle {
            return Err(CommandError::BadValue {
                property: "state".to_owned(),
                why: "expected a state, a brightness or a colour".to_owned(),
            });
        }
        Ok(wish)
    }

    /// To a brightness of 0…255: on, or off.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bounded
    fn dim(&mut self, level: f64) {
        let level = level.round().clamp(0.0, f64::from(FULL)) as u8;
        if level > 0 {
            self.look.brightness = Some(level);
        }
        if self.look.on.is_none() {
            self.look.on = Some(level > 0);
        }
    }

    /// What is missing to carry it out.
    pub(super) fn depends_on(&self, known: &Look) -> bool {
        let dims = self.look.brightness.is_some() && self.look.tint.is_none();
        let tints = self.look.tint.is_some() && self.look.brightness.is_none();
        (self.toggle && known.on.is_none())
            || (dims && known.tint.is_none())
            || (tints && known.brightness.is_none())
    }

    /// What is wished, given what is.
    pub(super) fn resolved(&self, known: &Look) -> Look {
        let mut look = self.look;
        if self.toggle {
            look.on = Some(!known.on.unwrap_or(false));
        }
        look
    }
}

/// On, off, or the other of the two.
fn switch(value: &Value) -> Option<Option<bool>> {
    if let Some(on) = value.as_bool() {
        return Some(Some(on));
    }
    match value.as_str()?.to_ascii_lowercase().as_str() {
        "on" => Some(Some(true)),
        "off" => Some(Some(false)),
        "toggle" => Some(None),
        _ => None,
    }
}

fn number(value: &Value, most: f64) -> Option<f64> {
    value.as_f64().filter(|n| (0.0..=most).contains(n))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to the range
fn mireds(property: &str, value: &Value, (coolest, warmest): (u16, u16)) -> Option<u16> {
    let (min, max) = (f64::from(coolest), f64::from(warmest));
    let mireds = if property == "color_temp_percent" {
        min + (max - min) * number(value, 100.0)? / 100.0
    } else {
        match value.as_f64() {
            Some(mireds) => Some(mireds).filter(|mireds| *mireds > 0.0)?,
            None => crate::devices::temperature_preset(value.as_str()?, min, max)?,
        }
    };
    Some(mireds.round().clamp(min, max) as u16)
}

fn cannot(property: &str) -> CommandError {
    CommandError::Unsupported {
        what: "set",
        property: property.to_owned(),
        why: "this lamp has nothing of the kind".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Abilities = Abilities {
        brightness: true,
        color: true,
        temperature: Some((153, 588)),
        white: true,
    };

    fn wish(json: &str) -> Result<Wish, CommandError> {
        let Value::Object(values) = serde_json::from_str(json).unwrap() else {
            panic!("no object")
        };
        Wish::read(&values, &ALL)
    }

    #[test]
    fn every_brightness_survives_its_scales() {
        for brightness in 1..=FULL {
            assert_eq!(from_byte(share(brightness, 255)), brightness);
            let percent = share(brightness, 100);
            assert!(
                from_share(percent, 100).abs_diff(brightness) <= 2,
                "{brightness}"
            );
            let (color, level) = unscaled(scaled([255, 255, 255], brightness)).unwrap();
            assert_eq!(color, [255; 3]);
            assert!(level.abs_diff(brightness) <= 1);
        }
        assert_eq!(unscaled([0; 3]), None);
    }

    #[test]
    fn wishes_are_read_as_zigbee_lamps_read_them() {
        let on = Look {
            on: Some(true),
            ..Look::default()
        };
        assert_eq!(wish(r#"{"state":"ON"}"#).unwrap().look, on);
        assert!(wish(r#"{"state":"toggle"}"#).unwrap().toggle);
        let dim = wish(r#"{"brightness":120}"#).unwrap().look;
        assert_eq!((dim.on, dim.brightness), (Some(true), Some(120)));
        let off = wish(r#"{"brightness":0}"#).unwrap().look;
        assert_eq!((off.on, off.brightness), (Some(false), None));
        let red = wish(r##"{"color":{"hex":"#ff0000"}}"##).unwrap().look;
        assert_eq!(red.tint, Some(Tint::Color([255, 0, 0])));
        let warm = wish(r#"{"color_temp":"warmest","transition":2}"#)
            .unwrap()
            .look;
        assert_eq!(warm.tint, Some(Tint::Temperature(588)));
    }

    #[test]
    fn what_a_lamp_cannot_is_named() {
        for (json, says) in [
            (
                r#"{"state":"maybe"}"#,
                "`state`: expected ON, OFF or TOGGLE",
            ),
            (
                r#"{"brightness":300}"#,
                "`brightness`: expected a number from 0 to 254",
            ),
            (
                r#"{"effect":"rainbow"}"#,
                "cannot set `effect`: this lamp has nothing of the kind",
            ),
            ("{}", "`state`: expected a state, a brightness or a colour"),
        ] {
            assert_eq!(wish(json).unwrap_err().to_string(), says);
        }
    }
}

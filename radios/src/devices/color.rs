//! Colours: CIE 1931 xy, hue and saturation, RGB, colour temperature.
//!
//! RGB is taken as sRGB; its primaries are spread to the wide gamut that lamps have, as the
//! Philips Hue developer documentation describes.

use crate::Value;

/// What a user may call a colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Color {
    /// CIE 1931.
    Xy(f64, f64),
    /// Degrees and per cent.
    Hs(Option<f64>, Option<f64>),
    /// 0…1 each.
    Rgb(f64, f64, f64),
}

/// What to say when a colour is none of these.
pub(crate) const EXPECTED: &str =
    "{x, y}, {hue, saturation}, {r, g, b}, {hex: \"#rrggbb\"}, {h, s, v}, {h, s, l}, or #rrggbb";

impl Color {
    /// The colour in a value: an object of one of many forms, or `#rrggbb`.
    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        if let Some(text) = value.as_str() {
            return match text.starts_with('#') {
                true => hex(text),
                false => from_triple(text, rgb),
            };
        }
        let number = |key| value.get(key).and_then(Value::as_f64);
        let text = |key| value.get(key).and_then(Value::as_str);
        let unit = |n: Option<f64>| n.filter(|n| (0.0..=1.0).contains(n));
        if let (Some(x), Some(y)) = (number("x"), number("y")) {
            return Some(Self::Xy(unit(Some(x))?, unit(Some(y))?));
        }
        if let (Some(r), Some(g), Some(b)) = (number("r"), number("g"), number("b")) {
            return rgb(r, g, b);
        }
        if let Some(text) = text("hex") {
            return hex(text);
        }
        for (key, make) in [
            ("rgb", rgb as fn(f64, f64, f64) -> Option<Self>),
            ("hsb", hsv),
            ("hsv", hsv),
            ("hsl", hsl),
        ] {
            if let Some(text) = text(key) {
                return from_triple(text, make);
            }
        }
        if let (Some(h), Some(s)) = (number("h"), number("s")) {
            return match number("l") {
                Some(l) => hsl(h, s, l),
                None => hsv(h, s, 100.0),
            };
        }
        let (hue, saturation) = (number("hue"), number("saturation"));
        if hue.is_none() && saturation.is_none() {
            return None;
        }
        let fits = hue.is_none_or(|h| (0.0..=360.0).contains(&h))
            && saturation.is_none_or(|s| (0.0..=100.0).contains(&s));
        fits.then_some(Self::Hs(hue, saturation))
    }

    /// CIE xy, to four decimals.
    pub(crate) fn to_xy(self) -> (f64, f64) {
        let (x, y) = match self {
            Self::Xy(x, y) => (x, y),
            Self::Hs(hue, saturation) => {
                let (r, g, b) = hs_to_rgb(hue.unwrap_or(0.0), saturation.unwrap_or(100.0));
                rgb_to_xy(r, g, b)
            }
            Self::Rgb(r, g, b) => rgb_to_xy(r, g, b),
        };
        (round(x, 4), round(y, 4))
    }

    /// Red, green and blue, the largest 255: for lamps whose brightness is another matter.
    pub(crate) fn to_rgb(self) -> [u8; 3] {
        let (r, g, b) = match self {
            Self::Xy(x, y) => xy_to_rgb(x, y),
            Self::Hs(hue, saturation) => hs_to_rgb(hue.unwrap_or(0.0), saturation.unwrap_or(100.0)),
            Self::Rgb(r, g, b) => (r, g, b),
        };
        let most = r.max(g).max(b);
        // Black has no colour: white stands for it.
        if most <= 0.0 {
            return [255; 3];
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0…255
        [r, g, b].map(|part| (part.max(0.0) / most * 255.0).round() as u8)
    }
}

/// Hue in degrees and saturation in per cent of red, green and blue.
pub(crate) fn rgb_to_hs([r, g, b]: [u8; 3]) -> (f64, f64) {
    let [r, g, b] = [r, g, b].map(f64::from);
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    let span = most - least;
    if span <= 0.0 {
        return (0.0, 0.0);
    }
    let sixth = if most <= r {
        ((g - b) / span).rem_euclid(6.0)
    } else if most <= g {
        (b - r) / span + 2.0
    } else {
        (r - g) / span + 4.0
    };
    (
        round(sixth * 60.0, 0) % 360.0,
        round(span / most * 100.0, 0),
    )
}

pub(crate) fn round(number: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (number * scale).round() / scale
}

fn from_triple(text: &str, make: impl Fn(f64, f64, f64) -> Option<Color>) -> Option<Color> {
    let mut numbers = text.split(',').map(|n| n.trim().parse::<f64>().ok());
    let color = make(numbers.next()??, numbers.next()??, numbers.next()??);
    color.filter(|_| numbers.next().is_none())
}

fn rgb(r: f64, g: f64, b: f64) -> Option<Color> {
    let fits = [r, g, b].iter().all(|n| (0.0..=255.0).contains(n));
    fits.then_some(Color::Rgb(r / 255.0, g / 255.0, b / 255.0))
}

fn hex(text: &str) -> Option<Color> {
    let digits = text.trim_start_matches('#');
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let number = u32::from_str_radix(digits, 16).ok()?;
    let [_, r, g, b] = number.to_be_bytes();
    rgb(r.into(), g.into(), b.into())
}

fn hsv(h: f64, s: f64, _v: f64) -> Option<Color> {
    let fits = (0.0..=360.0).contains(&h) && (0.0..=100.0).contains(&s);
    fits.then_some(Color::Hs(Some(h), Some(s)))
}

/// Lightness is not a lamp's saturation: converted to hue and saturation of the same colour.
fn hsl(h: f64, s: f64, l: f64) -> Option<Color> {
    let (s, l) = (s / 100.0, l / 100.0);
    let v = l + s * l.min(1.0 - l);
    let saturation = if v == 0.0 { 0.0 } else { 2.0 * (1.0 - l / v) };
    hsv(h, round(saturation * 100.0, 2), v)
}

/// Full brightness.
fn hs_to_rgb(hue: f64, saturation: f64) -> (f64, f64, f64) {
    let s = saturation / 100.0;
    let part = |n: f64| {
        let k = (n + hue / 60.0) % 6.0;
        1.0 - s * k.min(4.0 - k).clamp(0.0, 1.0)
    };
    (part(5.0), part(3.0), part(1.0))
}

fn rgb_to_xy(r: f64, g: f64, b: f64) -> (f64, f64) {
    let linear = |c: f64| match c > 0.04045 {
        true => ((c + 0.055) / 1.055).powf(2.4),
        false => c / 12.92,
    };
    let (r, g, b) = (linear(r), linear(g), linear(b));
    let x = r * 0.664_511 + g * 0.154_324 + b * 0.162_028;
    let y = r * 0.283_881 + g * 0.668_433 + b * 0.047_685;
    let z = r * 0.000_088 + g * 0.072_310 + b * 0.986_039;
    match x + y + z {
        // Black has no colour: the white point stands for it.
        0.0 => (0.3227, 0.329),
        sum => (x / sum, y / sum),
    }
}

/// The way back from [`rgb_to_xy`], at full brightness; what no lamp can show becomes the nearest
/// that it can.
fn xy_to_rgb(x: f64, y: f64) -> (f64, f64, f64) {
    if y <= 0.0 {
        return (1.0, 1.0, 1.0);
    }
    let (red, green, blue) = (x / y, 1.0, (1.0 - x - y) / y);
    let linear = [
        red * 1.656_492 - green * 0.354_851 - blue * 0.255_038,
        -red * 0.707_196 + green * 1.655_397 + blue * 0.036_152,
        red * 0.051_713 - green * 0.121_364 + blue * 1.011_530,
    ];
    let most = linear.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let [r, g, b] = linear.map(|part| {
        let part = (part / most).max(0.0);
        if part > 0.003_130_8 {
            1.055 * part.powf(1.0 / 2.4) - 0.055
        } else {
            part * 12.92
        }
    });
    (r, g, b)
}

/// The colour of a black body (Kim et al., cubic approximation of the Planckian locus).
pub(crate) fn mireds_to_xy(mireds: f64) -> (f64, f64) {
    let t = (1_000_000.0 / mireds.max(1.0)).clamp(1667.0, 25_000.0);
    let x = if t <= 4000.0 {
        -0.266_123_9e9 / t.powi(3) - 0.234_358_9e6 / t.powi(2) + 0.877_695_6e3 / t + 0.179_910
    } else {
        -3.025_846_9e9 / t.powi(3) + 2.107_037_9e6 / t.powi(2) + 0.222_634_7e3 / t + 0.240_390
    };
    let y = if t <= 2222.0 {
        -1.106_381_4 * x.powi(3) - 1.348_110_2 * x.powi(2) + 2.185_558_32 * x - 0.202_196_83
    } else if t <= 4000.0 {
        -0.954_947_6 * x.powi(3) - 1.374_185_93 * x.powi(2) + 2.091_370_15 * x - 0.167_488_67
    } else {
        3.081_758 * x.powi(3) - 5.873_386_7 * x.powi(2) + 3.751_129_97 * x - 0.370_014_83
    };
    (round(x, 4), round(y, 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_become_xy() {
        for (text, xy) in [
            ("#ff0000", (0.7006, 0.2993)),
            ("#00ff00", (0.1724, 0.7468)),
            ("#3366cc", (0.1609, 0.1456)),
            ("#ffffff", (0.3227, 0.329)),
        ] {
            let color = Color::from_value(&Value::from(text)).unwrap();
            assert_eq!(color.to_xy(), xy, "{text}");
        }
        assert_eq!(Color::Hs(Some(0.0), Some(100.0)).to_xy(), (0.7006, 0.2993));
        assert_eq!(
            Color::Hs(Some(120.0), Some(100.0)).to_xy(),
            (0.1724, 0.7468)
        );
    }

    #[test]
    fn colours_survive_the_way_through_xy() {
        for wanted in [
            [255, 0, 0],
            [0, 255, 0],
            [51, 102, 255],
            [255, 255, 255],
            [255, 180, 107],
        ] {
            let [r, g, b] = wanted.map(|part| f64::from(part) / 255.0);
            let (x, y) = Color::Rgb(r, g, b).to_xy();
            for (got, wanted) in Color::Xy(x, y).to_rgb().into_iter().zip(wanted) {
                assert!(got.abs_diff(wanted) <= 2, "{got} is not {wanted}");
            }
        }
        assert_eq!(Color::Hs(Some(120.0), Some(100.0)).to_rgb(), [0, 255, 0]);
        assert_eq!(Color::Rgb(0.5, 0.0, 0.25).to_rgb(), [255, 0, 128]);
        assert_eq!(rgb_to_hs([0, 255, 0]), (120.0, 100.0));
        assert_eq!(rgb_to_hs([255, 0, 64]), (345.0, 100.0));
        assert_eq!(rgb_to_hs([9, 9, 9]), (0.0, 0.0));
    }

    #[test]
    fn colour_temperatures_become_xy() {
        let (x, y) = mireds_to_xy(454.0);
        assert!((x - 0.5056).abs() < 0.001 && (y - 0.4152).abs() < 0.001);
    }

    #[test]
    fn what_is_no_colour_is_refused() {
        for text in ["", "#12345", "#gggggg", "1,2", "1,2,3,4", "red", "300,0,0"] {
            assert_eq!(Color::from_value(&Value::from(text)), None, "{text}");
        }
        let far = Value::Object(vec![("x".into(), 2.0.into()), ("y".into(), 0.3.into())]);
        assert_eq!(Color::from_value(&far), None);
    }
}

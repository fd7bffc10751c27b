//! Brightness, white and colour of lamps.

use intents::Match;
use radios::{Changes, Value};

use super::{Device, Why, feature};

/// Colours by name: hue in degrees, saturation in percent.
const COLORS: &[(&str, u16, u8)] = &[
    ("red", 0, 100),
    ("orange", 30, 100),
    ("yellow", 56, 100),
    ("green", 120, 100),
    ("turquoise", 175, 80),
    ("blue", 240, 100),
    ("purple", 280, 100),
    ("pink", 330, 60),
    ("brown", 25, 75),
    ("white", 0, 0),
];

/// The values of a `HassLightSet`.
pub(super) fn set(device: &Device, intent: &Match) -> Result<Changes, Why> {
    let now = |property: &str| device.state.get(property).and_then(Value::as_f64);
    let mut values = Changes::new();
    let percent = match (
        intent.number("brightness"),
        intent.number("brightness_step"),
    ) {
        (Some(percent), _) => Some(percent.clamp(0.0, 100.0)),
        (None, Some(step)) => {
            let current = now("brightness").unwrap_or(127.0) * 100.0 / 254.0;
            // Darker is never off.
            Some((current + step).clamp(1.0, 100.0))
        }
        (None, None) => None,
    };
    if let Some(percent) = percent {
        feature(device, "brightness").ok_or("no_brightness")?;
        if percent < 0.5 {
            values.push(("state".into(), "OFF".into()));
        } else {
            let level = (percent * 254.0 / 100.0).round().max(1.0);
            values.push(("brightness".into(), level.into()));
        }
    }
    let mired = match (
        intent.number("mired"),
        intent.number("temperature"),
        intent.number("temperature_step"),
    ) {
        (Some(mired), ..) => Some(mired),
        (None, Some(kelvin), _) => Some(1e6 / kelvin.max(1.0)),
        (None, None, Some(step)) => {
            let kelvin = 1e6 / now("color_temp").unwrap_or(370.0).max(1.0);
            Some(1e6 / (kelvin + step).clamp(1000.0, 10_000.0))
        }
        (None, None, None) => None,
    };
    if let Some(mired) = mired {
        let range = feature(device, "color_temp").ok_or("no_white")?;
        let (least, most) = (
            range.value_min.unwrap_or(153.0),
            range.value_max.unwrap_or(500.0),
        );
        let mired = mired.round().min(most).max(least);
        values.push(("color_temp".into(), mired.into()));
    }
    if let Some(name) = intent.text("color") {
        let (_, hue, saturation) = COLORS
            .iter()
            .find(|(known, ..)| *known == name)
            .ok_or("no_color")?;
        feature(device, "color").ok_or("no_color")?;
        let color = vec![
            ("hue".into(), (*hue).into()),
            ("saturation".into(), (*saturation).into()),
        ];
        values.push(("color".into(), Value::Object(color)));
    }
    if values.is_empty() {
        return Err("what");
    }
    Ok(values)
}

//! Lamps: On/Off, Level and Color Control together (ZCL 3.8, 3.10, 5.2).

use super::super::color::{Color, EXPECTED, mireds_to_xy, round};
use super::super::exchange::{Heard, Request, Step, report};
use super::super::part::{Context, Incoming, Outgoing, Part, Setting, bad_value};
use super::on_off::{self, Switch};
use super::{light_config, light_expose, light_move};
use crate::zigbee::zcl::Type;
use crate::zigbee::zcl::clusters::{color, level, on_off as relay};
use crate::zigbee::zcl::command::color::ToServer as ColorCommand;
use crate::zigbee::zcl::command::level::ToServer as LevelCommand;
use crate::{Changes, CommandError, Value};

/// A lamp and what it can do.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Light {
    /// Colour temperature: the coolest and the warmest, in mired. `(0, 0)`: as the lamp tells.
    pub(crate) temperature: Option<(u16, u16)>,
    /// Colour by CIE x and y.
    pub(crate) xy: bool,
    /// Colour by hue and saturation.
    pub(crate) hs: bool,
    /// Hue in 16 bits.
    pub(crate) enhanced: bool,
    /// It has no commands for colour temperature: x and y stand for it.
    pub(crate) temperature_by_xy: bool,
    /// It takes brightness 1 for off.
    pub(crate) off_at_1: bool,
    /// It goes on when told to go off with a transition while it is off.
    pub(crate) on_when_fading_off: bool,
}

/// What lamps can do that do not tell.
const COOLEST: u16 = 153;
const WARMEST: u16 = 500;

/// Names of colour temperatures, in mired; the ends are the lamp's own.
pub(crate) const PRESETS: &[(&str, f64)] = &[("cool", 250.0), ("neutral", 370.0), ("warm", 454.0)];

/// The largest brightness; 255 is the cluster's non-value.
const FULL: f64 = 254.0;

impl Light {
    /// The range of colour temperatures.
    pub(crate) fn range(&self, context: &Context<'_>) -> Option<(u16, u16)> {
        match self.temperature? {
            (0, 0) => {
                let endpoint = context.target(color::ID);
                let known = |attribute| {
                    let raw = context.known(endpoint, color::ID, attribute)?;
                    u16::try_from(raw).ok().filter(|n| (1..0xfeff).contains(n))
                };
                let coolest = known(color::TEMPERATURE_MINIMUM).unwrap_or(COOLEST);
                let warmest = known(color::TEMPERATURE_MAXIMUM).unwrap_or(WARMEST);
                Some(if coolest < warmest {
                    (coolest, warmest)
                } else {
                    (COOLEST, WARMEST)
                })
            }
            own => Some(own),
        }
    }

    fn has_color(&self) -> bool {
        self.xy || self.hs
    }

    /// State and brightness: one frame.
    fn set_level(&self, setting: &Setting<'_>) -> Outgoing {
        let state = setting
            .beside("state")
            .map(|value| Switch::of(setting, value))
            .transpose()?;
        let brightness = brightness(setting)?;
        let transition = setting.transition()?;
        match (state, brightness) {
            (Some(Switch::On) | None, Some(brightness)) => {
                Ok(self.fade(setting, brightness, transition.unwrap_or(0), true))
            }
            (Some(state), _) => match transition {
                Some(time) if time > 0 => self.fade_state(setting, state, time),
                _ => on_off::switch(setting, state),
            },
            (None, None) => Err(setting.bad("a state or a brightness")),
        }
    }

    /// To a brightness in some time, through on and off.
    fn fade(&self, setting: &Setting<'_>, to: f64, time: u16, show: bool) -> Vec<Request> {
        let level = if self.off_at_1 && to == 1.0 { 2.0 } else { to };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0…254
        let command = LevelCommand::MoveToLevelWithOnOff {
            level: level as u8,
            transition: time,
            mask: Some(0),
            options: Some(0),
        };
        let mut changes = Changes::new();
        if show {
            changes.push((setting.shown("brightness"), level.into()));
        }
        let state = if to == 0.0 { "OFF" } else { "ON" };
        changes.push((setting.shown("state"), state.into()));
        let endpoint = setting.context.target(level::ID);
        let request = Request::new(endpoint, level::ID, command.frame());
        vec![request.showing(changes)]
    }

    /// On or off in some time.
    fn fade_state(&self, setting: &Setting<'_>, state: Switch, time: u16) -> Outgoing {
        let is_on = setting.last("state").and_then(Value::as_str) == Some("ON");
        let on = match state {
            Switch::On => true,
            Switch::Off => false,
            Switch::Toggle => !is_on,
        };
        if !on && self.on_when_fading_off && !is_on {
            return on_off::switch(setting, Switch::Off);
        }
        if !on {
            return Ok(self.fade(setting, 0.0, time, false));
        }
        let before = setting.last("brightness").and_then(Value::as_f64);
        let brightness = before.filter(|b| (1.0..=FULL).contains(b)).unwrap_or(FULL);
        Ok(self.fade(setting, brightness, time, true))
    }

    fn set_color(&self, setting: &Setting<'_>) -> Outgoing {
        let time = setting.transition()?.unwrap_or(0);
        match setting.key {
            "color" => {
                let wish = Color::from_value(setting.value).ok_or_else(|| setting.bad(EXPECTED))?;
                Ok(vec![self.color_request(setting, wish, time)])
            }
            key => {
                let mireds = self.mireds(setting, key == "color_temp_percent")?;
                Ok(vec![self.temperature_request(setting, mireds, time)])
            }
        }
    }

    /// The colour temperature wished, within the lamp's range.
    fn mireds(&self, setting: &Setting<'_>, percent: bool) -> Result<f64, CommandError> {
        let (min, max) = self
            .range(&setting.context)
            .map_or((COOLEST, WARMEST), |range| range);
        let (min, max) = (f64::from(min), f64::from(max));
        if percent {
            let percent = setting.number(0.0, 100.0)?;
            return Ok((min + (max - min) * percent / 100.0).round());
        }
        let mireds = match setting.value.as_f64() {
            Some(mireds) if mireds > 0.0 => mireds,
            _ => preset(setting.value.as_str(), min, max).ok_or_else(|| {
                setting.bad(format_args!(
                    "mireds from {min} to {max}, or coolest, cool, neutral, warm or warmest"
                ))
            })?,
        };
        Ok(mireds.round().clamp(min, max))
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within a u16 range
    fn temperature_request(&self, setting: &Setting<'_>, mireds: f64, transition: u16) -> Request {
        let command = if self.temperature_by_xy {
            let (x, y) = mireds_to_xy(mireds);
            move_to_color(x, y, transition)
        } else {
            ColorCommand::MoveToColorTemperature {
                mireds: mireds as u16,
                transition,
                mask: Some(0),
                options: Some(0),
            }
        };
        let endpoint = setting.context.target(color::ID);
        Request::new(endpoint, color::ID, command.frame()).showing(vec![
            (setting.shown("color_mode"), "color_temp".into()),
            (setting.shown("color_temp"), mireds.into()),
        ])
    }

    fn color_request(&self, setting: &Setting<'_>, wish: Color, transition: u16) -> Request {
        let (command, mode, shown) = match wish {
            Color::Hs(hue, saturation) if self.hs => {
                let before = |key| setting.last("color").and_then(|c| c.get(key)?.as_f64());
                let h = hue.or_else(|| before("hue")).unwrap_or(0.0);
                let s = saturation.or_else(|| before("saturation")).unwrap_or(100.0);
                let mut shown = Vec::new();
                if let Some(hue) = hue {
                    shown.push(("hue".into(), hue.into()));
                }
                if let Some(saturation) = saturation {
                    shown.push(("saturation".into(), saturation.into()));
                }
                (
                    self.move_to_hs((hue, h), (saturation, s), transition),
                    "hs",
                    shown,
                )
            }
            wish => {
                let (x, y) = wish.to_xy();
                let shown = vec![("x".into(), x.into()), ("y".into(), y.into())];
                (move_to_color(x, y, transition), "xy", shown)
            }
        };
        let endpoint = setting.context.target(color::ID);
        Request::new(endpoint, color::ID, command.frame()).showing(vec![
            (setting.shown("color_mode"), mode.into()),
            (setting.shown("color"), Value::Object(shown)),
        ])
    }

    /// Hue, saturation or both, whichever was given.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0…360 and 0…100
    fn move_to_hs(
        &self,
        (given_hue, hue): (Option<f64>, f64),
        (given_saturation, saturation): (Option<f64>, f64),
        transition: u16,
    ) -> ColorCommand {
        let (mask, options) = (Some(0), Some(0));
        let wide = (hue / 360.0 * 65535.0).round() as u16;
        let narrow = (hue / 360.0 * 254.0).round() as u8;
        let saturation = (saturation * 2.54).round() as u8;
        match (given_hue.is_some(), given_saturation.is_some()) {
            (true, false) if self.enhanced => ColorCommand::EnhancedMoveToHue {
                hue: wide,
                direction: 0,
                transition,
                mask,
                options,
            },
            (true, false) => ColorCommand::MoveToHue {
                hue: narrow,
                direction: 0,
                transition,
                mask,
                options,
            },
            (false, _) => ColorCommand::MoveToSaturation {
                saturation,
                transition,
                mask,
                options,
            },
            _ if self.enhanced => ColorCommand::EnhancedMoveToHueAndSaturation {
                hue: wide,
                saturation,
                transition,
                mask,
                options,
            },
            _ => ColorCommand::MoveToHueAndSaturation {
                hue: narrow,
                saturation,
                transition,
                mask,
                options,
            },
        }
    }

    /// Color Control's attributes as `color`, `color_temp` and `color_mode`.
    fn receive_color(&self, incoming: &Incoming<'_>, heard: &mut Heard) {
        for attribute in [
            color::CAPABILITIES,
            color::TEMPERATURE_MINIMUM,
            color::TEMPERATURE_MAXIMUM,
        ] {
            let value = incoming.whole(color::ID, attribute);
            if let Some(value) = value {
                incoming.learn(attribute, value, heard);
            }
        }
        let mut mode = None;
        if let Some(mireds) = incoming.number(color::ID, color::TEMPERATURE) {
            heard.put(incoming.property("color_temp"), mireds);
            mode = Some("color_temp");
        }
        let property = incoming.property("color");
        let mut member = |key, attribute, scale: f64, digits| {
            let raw = incoming.number(color::ID, attribute)?;
            let value = Value::Number(round(raw / scale, digits));
            heard.put_member(property.clone(), key, value);
            Some(())
        };
        let x = member("x", color::CURRENT_X, 65535.0, 4);
        let y = member("y", color::CURRENT_Y, 65535.0, 4);
        let saturation = member("saturation", color::CURRENT_SATURATION, 2.54, 0);
        let enhanced = member("hue", color::ENHANCED_HUE, 65535.0 / 360.0, 1);
        let hue = match enhanced {
            Some(()) => enhanced,
            None => member("hue", color::CURRENT_HUE, 254.0 / 360.0, 0),
        };
        if x.or(y).or(saturation).or(hue).is_some() {
            mode = Some(if hue.is_some() { "hs" } else { "xy" });
        }
        let told = incoming
            .whole(color::ID, color::MODE)
            .or_else(|| incoming.whole(color::ID, color::ENHANCED_MODE));
        mode = match told {
            Some(0 | 3) => Some("hs"),
            Some(1) => Some("xy"),
            Some(2) => Some("color_temp"),
            _ => mode,
        };
        if let Some(mode) = mode {
            heard.put(incoming.property("color_mode"), mode);
        }
    }
}

/// The brightness wished, 0…254.
fn brightness(setting: &Setting<'_>) -> Result<Option<f64>, CommandError> {
    if let Some(value) = setting.beside("brightness") {
        return match value.as_f64() {
            Some(n) if (0.0..=255.0).contains(&n) => Ok(Some(n.round().min(FULL))),
            _ => Err(bad_value("brightness", value, "a number from 0 to 254")),
        };
    }
    let Some(value) = setting.beside("brightness_percent") else {
        return Ok(None);
    };
    match value.as_f64() {
        Some(n) if (0.0..=100.0).contains(&n) => Ok(Some((n * 2.55).round().min(FULL))),
        _ => Err(bad_value(
            "brightness_percent",
            value,
            "a number from 0 to 100",
        )),
    }
}

/// A named colour temperature.
pub(crate) fn preset(name: Option<&str>, min: f64, max: f64) -> Option<f64> {
    match name? {
        "coolest" => Some(min),
        "warmest" => Some(max),
        name => {
            let found = PRESETS.iter().find(|(known, _)| *known == name);
            found.map(|(_, mireds)| *mireds)
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0…1 times 65535
fn move_to_color(x: f64, y: f64, transition: u16) -> ColorCommand {
    ColorCommand::MoveToColor {
        x: (x * 65535.0).round() as u16,
        y: (y * 65535.0).round() as u16,
        transition,
        mask: Some(0),
        options: Some(0),
    }
}

impl Part for Light {
    fn exposes(&self, context: &Context<'_>, out: &mut Vec<crate::Expose>) {
        light_expose::exposes(self, context, out);
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        match incoming.cluster {
            relay::ID => {
                if let Some(on) = incoming.number(relay::ID, relay::ON_OFF) {
                    heard.put(incoming.property("state"), on_off::state(on));
                }
            }
            level::ID => {
                let current = incoming.number(level::ID, level::CURRENT);
                if let Some(current) = current {
                    heard.put(incoming.property("brightness"), current);
                }
                light_config::receive_level(incoming, heard);
            }
            color::ID => {
                self.receive_color(incoming, heard);
                light_config::receive_color(incoming, heard);
            }
            _ => {}
        }
    }

    fn set(&self, setting: &Setting<'_>) -> Option<Outgoing> {
        match setting.key {
            "state" | "brightness" | "brightness_percent" => Some(self.set_level(setting)),
            "color" if self.has_color() => Some(self.set_color(setting)),
            "color_temp" | "color_temp_percent" if self.temperature.is_some() => {
                Some(self.set_color(setting))
            }
            _ => light_move::set(self, setting).or_else(|| light_config::set(self, setting)),
        }
    }

    fn get(&self, context: &Context<'_>, key: &str) -> Option<Vec<Request>> {
        let (cluster, attributes): (u16, Vec<u16>) = match key {
            "state" => (relay::ID, vec![relay::ON_OFF]),
            "brightness" => (level::ID, vec![level::CURRENT]),
            "color" | "color_temp" | "color_mode"
                if self.has_color() || self.temperature.is_some() =>
            {
                (color::ID, self.readable())
            }
            _ => return light_config::get(self, context, key),
        };
        Some(vec![Request::read(
            context.target(cluster),
            cluster,
            None,
            &attributes,
        )])
    }

    fn setup(&self, context: &Context<'_>, out: &mut Vec<Step>) {
        on_off::setup(context, out);
        let colored = self.has_color() || self.temperature.is_some();
        let mut colors = Vec::new();
        if self.temperature.is_some() && !self.temperature_by_xy {
            colors.push(report(color::TEMPERATURE, Type::UINT16, 5, 3600, 1));
        }
        if self.has_color() {
            colors.push(report(color::CURRENT_X, Type::UINT16, 5, 3600, 1));
            colors.push(report(color::CURRENT_Y, Type::UINT16, 5, 3600, 1));
        }
        let clusters = [
            (
                level::ID,
                true,
                vec![report(level::CURRENT, Type::UINT8, 5, 3600, 1)],
                vec![level::CURRENT],
            ),
            (color::ID, colored, colors, self.readable()),
        ];
        for (cluster, wanted, reports, reads) in clusters {
            for endpoint in context.serving(cluster).filter(|_| wanted) {
                let endpoint = endpoint.id;
                out.push(Step::Bind { endpoint, cluster });
                if cluster == color::ID {
                    let told = [
                        color::CAPABILITIES,
                        color::TEMPERATURE_MINIMUM,
                        color::TEMPERATURE_MAXIMUM,
                    ];
                    out.push(Step::Send(Request::read(endpoint, cluster, None, &told)));
                }
                out.push(Step::Report {
                    endpoint,
                    cluster,
                    manufacturer: None,
                    reports: reports.clone(),
                });
                out.push(Step::Send(Request::read(endpoint, cluster, None, &reads)));
            }
        }
    }
}

impl Light {
    /// The attributes that tell its colour.
    fn readable(&self) -> Vec<u16> {
        let mut attributes = vec![color::MODE];
        if self.has_color() {
            attributes.extend([color::CURRENT_X, color::CURRENT_Y]);
        }
        if self.hs {
            attributes.push(if self.enhanced {
                color::ENHANCED_HUE
            } else {
                color::CURRENT_HUE
            });
            attributes.push(color::CURRENT_SATURATION);
        }
        if self.temperature.is_some() {
            attributes.push(color::TEMPERATURE);
        }
        attributes
    }
}

//! Lamps: moving and stepping, until told to stop.

use super::super::exchange::Request;
use super::super::part::{Outgoing, Setting};
use super::light::Light;
use crate::zigbee::zcl::Frame;
use crate::zigbee::zcl::clusters::{color, level, on_off};
use crate::zigbee::zcl::command::color::ToServer as ColorCommand;
use crate::zigbee::zcl::command::level::ToServer as LevelCommand;
use crate::zigbee::zcl::command::mode;
use crate::{CommandError, Value};

/// What a colour temperature moves by when only the direction is given, in mired a second.
const RATE: f64 = 55.0;
/// Between which it moves then.
const BOUNDS: (u16, u16) = (153, 370);

/// Where to, and how fast; `None` is to stop.
fn movement(setting: &Setting<'_>, most: f64) -> Result<Option<f64>, CommandError> {
    let given = match setting.value {
        Value::Text(text) if text == "stop" => return Ok(None),
        Value::Text(text) if text == "up" => Some(RATE),
        Value::Text(text) if text == "down" => Some(-RATE),
        Value::Object(_) => setting.value.get("rate").and_then(Value::as_f64),
        value => value.as_f64(),
    };
    match given {
        Some(0.0) => Ok(None),
        Some(rate) if rate.abs() <= most => Ok(Some(rate)),
        _ => Err(setting.bad(format_args!(
            "a rate from -{most} to {most}, up, down, or stop"
        ))),
    }
}

const fn color_mode(movement: f64) -> u8 {
    if movement > 0.0 {
        mode::COLOR_UP
    } else {
        mode::COLOR_DOWN
    }
}

const fn level_mode(movement: f64) -> u8 {
    if movement > 0.0 {
        mode::LEVEL_UP
    } else {
        mode::LEVEL_DOWN
    }
}

/// `brightness_move`, `color_temp_step` and their like.
pub(super) fn set(light: &Light, setting: &Setting<'_>) -> Option<Outgoing> {
    Some(match setting.key {
        "brightness_move" | "brightness_move_onoff" => move_level(setting),
        "brightness_step" | "brightness_step_onoff" => step_level(setting),
        "color_temp_move" if light.temperature.is_some() => move_temperature(setting),
        "color_temp_step" if light.temperature.is_some() => step_temperature(setting),
        "hue_move" | "saturation_move" if light.hs || light.xy => move_hs(setting),
        "hue_step" | "saturation_step" if light.hs || light.xy => step_hs(setting),
        _ => return None,
    })
}

fn to_level(setting: &Setting<'_>, command: &LevelCommand) -> Request {
    let endpoint = setting.context.target(level::ID);
    Request::new(endpoint, level::ID, command.frame())
}

fn to_color(setting: &Setting<'_>, frame: Frame) -> Request {
    Request::new(setting.context.target(color::ID), color::ID, frame)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bounded by `movement`
fn move_level(setting: &Setting<'_>) -> Outgoing {
    let (mask, options) = (Some(0), Some(0));
    let through_off = setting.key.ends_with("onoff");
    let Some(rate) = movement(setting, 255.0)? else {
        let stop = if through_off {
            LevelCommand::StopWithOnOff { mask, options }
        } else {
            LevelCommand::Stop { mask, options }
        };
        // Where it stopped only it knows.
        let read = |cluster| Request::read(setting.context.target(cluster), cluster, None, &[0]);
        return Ok(vec![
            to_level(setting, &stop),
            read(on_off::ID),
            read(level::ID),
        ]);
    };
    let (mode, rate) = (level_mode(rate), rate.abs() as u8);
    let command = if through_off {
        LevelCommand::MoveWithOnOff {
            mode,
            rate,
            mask,
            options,
        }
    } else {
        LevelCommand::Move {
            mode,
            rate,
            mask,
            options,
        }
    };
    Ok(vec![to_level(setting, &command)])
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bounded by `number`
fn step_level(setting: &Setting<'_>) -> Outgoing {
    let (mask, options) = (Some(0), Some(0));
    let by = setting.number(-255.0, 255.0)?;
    let transition = setting.transition()?.unwrap_or(0);
    let (mode, size) = (level_mode(by), by.abs() as u8);
    let through_off = setting.key.ends_with("onoff");
    let command = if through_off {
        LevelCommand::StepWithOnOff {
            mode,
            size,
            transition,
            mask,
            options,
        }
    } else {
        LevelCommand::Step {
            mode,
            size,
            transition,
            mask,
            options,
        }
    };
    let mut request = to_level(setting, &command);
    if let Some(before) = setting.last("brightness").and_then(Value::as_f64) {
        let least = if through_off { 0.0 } else { 1.0 };
        let after = (before + by).clamp(least, 254.0);
        request
            .changes
            .push((setting.shown("brightness"), after.into()));
        if through_off {
            let state = if after == 0.0 { "OFF" } else { "ON" };
            request.changes.push((setting.shown("state"), state.into()));
        }
    }
    Ok(vec![request])
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bounded by `movement`
fn move_temperature(setting: &Setting<'_>) -> Outgoing {
    let (mask, options) = (Some(0), Some(0));
    let rate = movement(setting, 65535.0)?;
    let command = ColorCommand::MoveColorTemperature {
        mode: rate.map_or(mode::COLOR_STOP, color_mode),
        rate: rate.map_or(1, |rate| rate.abs() as u16),
        minimum: BOUNDS.0,
        maximum: BOUNDS.1,
        mask,
        options,
    };
    let mut requests = vec![to_color(setting, command.frame())];
    if rate.is_none() {
        let endpoint = setting.context.target(color::ID);
        let attributes = [color::TEMPERATURE, color::MODE];
        requests.push(Request::read(endpoint, color::ID, None, &attributes));
    }
    Ok(requests)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bounded by `number`
fn step_temperature(setting: &Setting<'_>) -> Outgoing {
    let by = setting.number(-65535.0, 65535.0)?;
    let command = ColorCommand::StepColorTemperature {
        mode: color_mode(by),
        size: by.abs() as u16,
        transition: setting.transition()?.unwrap_or(0),
        minimum: 0,
        maximum: 600,
        mask: Some(0),
        options: Some(0),
    };
    Ok(vec![to_color(setting, command.frame())])
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bounded by `movement`
fn move_hs(setting: &Setting<'_>) -> Outgoing {
    let (mask, options) = (Some(0), Some(0));
    let given = movement(setting, 255.0)?;
    let mode = given.map_or(mode::COLOR_STOP, color_mode);
    let rate = given.map_or(1, |rate| rate.abs() as u8);
    let command = if setting.key == "hue_move" {
        ColorCommand::MoveHue {
            mode,
            rate,
            mask,
            options,
        }
    } else {
        ColorCommand::MoveSaturation {
            mode,
            rate,
            mask,
            options,
        }
    };
    let mut requests = vec![to_color(setting, command.frame())];
    if given.is_none() {
        let endpoint = setting.context.target(color::ID);
        let attributes = [color::CURRENT_HUE, color::CURRENT_SATURATION];
        requests.push(Request::read(endpoint, color::ID, None, &attributes));
    }
    Ok(requests)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bounded by `number`
fn step_hs(setting: &Setting<'_>) -> Outgoing {
    let (mask, options) = (Some(0), Some(0));
    let by = setting.number(-255.0, 255.0)?;
    let time = setting.transition()?.unwrap_or(0);
    let transition = u8::try_from(time).unwrap_or(u8::MAX);
    let (mode, size) = (color_mode(by), by.abs() as u8);
    let command = if setting.key == "hue_step" {
        ColorCommand::StepHue {
            mode,
            size,
            transition,
            mask,
            options,
        }
    } else {
        ColorCommand::StepSaturation {
            mode,
            size,
            transition,
            mask,
            options,
        }
    };
    Ok(vec![to_color(setting, command.frame())])
}

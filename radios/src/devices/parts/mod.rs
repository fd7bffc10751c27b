//! The parts there are, one file a family.

pub(crate) mod action;
pub(crate) mod attribute;
pub(crate) mod battery;
pub(crate) mod climate;
pub(crate) mod closures;
pub(crate) mod electricity;
pub(crate) mod hue;
pub(crate) mod ias;
pub(crate) mod identify;
pub(crate) mod light;
mod light_config;
mod light_expose;
mod light_move;
pub(crate) mod measure;
pub(crate) mod on_off;
pub(crate) mod tuya;
pub(crate) mod xiaomi;
pub(crate) mod xiaomi_actions;

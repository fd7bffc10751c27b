//! Zigbee: APS, ZDO and ZCL codecs, and the network of one home.

pub mod network;
pub mod wire;
pub mod zcl;
pub mod zdo;

pub use network::{FormPolicy, Opening, Source, Wire, ZigbeeConfig, spawn};

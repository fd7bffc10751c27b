//! Zigbee: APS, ZDO and ZCL codecs, and the network of one home.

pub mod network;

pub use network::{FormPolicy, Opening, Source, Wire, ZigbeeConfig, spawn};

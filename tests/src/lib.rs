//! What the whole-system tests share: a real broker, a client that listens on it, the gateway as a
//! process of its own.
//!
//! Nothing here knows how the gateway works inside: these tests see what a user's programs see.

// A test that cannot set up its world ends with the reason.
#![expect(clippy::expect_used, clippy::panic)]

pub mod air;
pub mod bluez;
pub mod broker;
pub mod browser;
pub mod cases;
pub mod client;
pub mod fuzz;
pub mod gateway;
pub mod house;
pub mod luci;
pub mod places;
pub mod satellite;
pub mod sound;
pub mod spoken;

pub use broker::Broker;
pub use browser::Browser;
pub use client::Client;
pub use gateway::Gateway;
pub use house::House;
pub use satellite::Satellite;

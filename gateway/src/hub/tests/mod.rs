//! The hub's transcripts: what goes in, and every effect that comes out, one a line.

mod actions;
mod announcements;
mod availability;
mod ble;
mod commands;
mod devices;
mod full;
mod garbage;
mod home;
mod listen;
mod requests;
mod sentences;
mod times;

use home::Home;

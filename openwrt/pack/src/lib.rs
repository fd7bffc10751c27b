//! OpenWrt packages and feeds, made without OpenWrt's SDK.
//!
//! A [`definition`] says what a package is and which files it installs; [`package`] is that, gathered; [`ipk`] and
//! [`apk`] write it for opkg and for apk-tools 3, and read it again; [`feed`] makes the folder a web server offers; [`lmo`]
//! compiles LuCI's translations.
//! Equal inputs give equal bytes, whatever the time, the user or the folder.

pub mod adb;
pub mod apk;
pub mod definition;
pub mod dependency;
pub mod feed;
pub mod gzip;
pub mod index;
pub mod ipk;
pub mod lmo;
pub mod package;
pub mod parts;
pub mod scripts;
pub mod sign;
pub mod tar;
pub mod tree;

//! Bluetooth Low Energy: scanning, advertisement formats, bind keys.

//! Device models: what a device offers, and the conversion between its frames and properties.

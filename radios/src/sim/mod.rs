//! A simulated NCP with simulated devices: for the demo and for tests.

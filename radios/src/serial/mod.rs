//! Serial lines: ttys, `tcp://` bridges, finding the dongle.

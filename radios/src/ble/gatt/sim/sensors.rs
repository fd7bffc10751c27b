//! Simulated sensors that are read over GATT.

use super::{Behaviour, characteristic};
use crate::ble::ServiceUuid;
use crate::ble::gatt::link::Characteristic;

type Told = Vec<(ServiceUuid, Vec<u8>)>;

/// A Mi Flora. It measures when it is told to.
#[derive(Debug, Default)]
pub struct SimPlant {
    /// 16 bytes, or 24 of a flower pot.
    reading: Vec<u8>,
    measured: bool,
}

impl SimPlant {
    /// One that measures `reading`.
    #[must_use]
    pub fn measuring(reading: &[u8]) -> Self {
        Self {
            reading: reading.to_vec(),
            measured: false,
        }
    }
}

impl Behaviour for SimPlant {
    fn characteristics(&self) -> Vec<Characteristic> {
        let service = ServiceUuid::of(0x1204);
        vec![
            characteristic(service, ServiceUuid::of(0x1a00), "rw"),
            characteristic(service, ServiceUuid::of(0x1a01), "rn"),
            characteristic(service, ServiceUuid::of(0x1a02), "r"),
        ]
    }

    fn written(&mut self, _: ServiceUuid, data: &[u8]) -> Told {
        self.measured |= data == [0xa0, 0x1f];
        Vec::new()
    }

    fn read(&mut self, from: ServiceUuid) -> Vec<u8> {
        match from.short() {
            Some(0x1a02) => b"\x57\x103.3.5".to_vec(),
            Some(0x1a01) if self.measured => self.reading.clone(),
            _ => vec![0; 16],
        }
    }
}

/// A Mi clock with a thermometer, or a thermometer without a clock.
#[derive(Debug, Default)]
pub struct SimClock {
    reading: Vec<u8>,
    clock: bool,
    set: Vec<u8>,
    unit: u8,
}

impl SimClock {
    /// One that measures `reading`; with a `clock` it has also a battery level and a choice of degrees.
    #[must_use]
    pub fn measuring(reading: &[u8], clock: bool) -> Self {
        Self {
            reading: reading.to_vec(),
            clock,
            set: Vec::new(),
            unit: 0xff,
        }
    }
}

const fn mijia(short: u32) -> ServiceUuid {
    ServiceUuid(0xebe0_0000_7a0a_4b0c_8a1a_6ff2_997d_a3a6 | (short as u128) << 96)
}

impl Behaviour for SimClock {
    fn characteristics(&self) -> Vec<Characteristic> {
        let service = mijia(0xccb0);
        let mut all = vec![characteristic(service, mijia(0xccc1), "rn")];
        if self.clock {
            all.extend([
                characteristic(service, mijia(0xccb7), "rw"),
                characteristic(service, mijia(0xccbe), "rw"),
                characteristic(service, mijia(0xccc4), "r"),
            ]);
        }
        all
    }

    fn written(&mut self, to: ServiceUuid, data: &[u8]) -> Told {
        if to == mijia(0xccb7) {
            self.set = data.to_vec();
        } else if let [unit] = data {
            self.unit = *unit;
        }
        Vec::new()
    }

    fn read(&mut self, from: ServiceUuid) -> Vec<u8> {
        if from == mijia(0xccc4) {
            vec![64]
        } else if from == mijia(0xccbe) {
            vec![self.unit]
        } else {
            self.reading.clone()
        }
    }

    fn subscribed(&mut self, to: ServiceUuid) -> Told {
        vec![(to, self.reading.clone())]
    }

    fn shows(&self) -> String {
        format!("{:02x?} unit {:02x}", self.set, self.unit)
    }
}

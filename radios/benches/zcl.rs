//! From the bytes of a report to the properties that are published.

use criterion::{Criterion, criterion_group, criterion_main};
use radios::devices::{Memory, Model};
use radios::zigbee::zcl::Frame;
use radios::{DeviceId, DeviceInfo, DeviceKind, Endpoint, Ieee};
use std::hint::black_box;

/// A temperature report, 22.59 °C.
const TEMPERATURE: &[u8] = &[0x18, 0x07, 0x0a, 0x00, 0x00, 0x29, 0xd3, 0x08];

/// What a Mijia sensor tells once an hour.
const XIAOMI: &[u8] = &[
    0x1c, 0x5f, 0x11, 0x21, 0x0a, 0x01, 0xff, 0x42, 0x1c, 0x01, 0x21, 0xa9, 0x0b, 0x04, 0x21, 0xa8,
    0x13, 0x05, 0x21, 0x04, 0x00, 0x06, 0x24, 0x05, 0x00, 0x00, 0x00, 0x00, 0x64, 0x29, 0x59, 0x08,
    0x65, 0x21, 0xb7, 0x12,
];

fn device(model: &str, input: &[u16]) -> DeviceInfo {
    let mut info = DeviceInfo::new(DeviceId::Zigbee(Ieee(1)), DeviceKind::EndDevice);
    info.model_id = Some(model.to_owned());
    info.endpoints = vec![Endpoint {
        id: 1,
        profile: 0x0104,
        input: input.to_vec(),
        ..Endpoint::default()
    }];
    info
}

fn benches(c: &mut Criterion) {
    c.bench_function("zcl/parse report", |b| {
        b.iter(|| {
            let frame = Frame::parse(black_box(TEMPERATURE)).map(|frame| frame.global());
            black_box(frame)
        });
    });
    let cases = [
        (
            "generic",
            device("anything", &[0, 1, 0x402, 0x405]),
            0x402,
            TEMPERATURE,
        ),
        (
            "xiaomi",
            device("lumi.sensor_ht", &[0, 0x402, 0x405]),
            0,
            XIAOMI,
        ),
    ];
    for (name, info, cluster, bytes) in cases {
        let model = Model::of(&info);
        let mut memory = Memory::default();
        c.bench_function(&format!("devices/report to changes, {name}"), |b| {
            b.iter(|| {
                let Ok(frame) = Frame::parse(black_box(bytes)) else {
                    return;
                };
                black_box(model.receive(&info, 1, cluster, &frame, &mut memory));
            });
        });
        c.bench_function(&format!("devices/model of the device, {name}"), |b| {
            b.iter(|| black_box(Model::of(black_box(&info))));
        });
    }
}

criterion_group!(zcl, benches);
criterion_main!(zcl);

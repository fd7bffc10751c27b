//! What a frame costs between the link and the network: header and parameters, both ways.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use radios::ezsp::callback::{Callback, IncomingMessageHandler};
use radios::ezsp::command::{SendUnicast, SetInitialSecurityState};
use radios::ezsp::frame::{Control, Frame, Header};
use radios::ezsp::types::ApsFrame;
use radios::ezsp::{Command, Notice, Parameters, Version, blank_keys, name};

fn framed(id: u16, control: Control, parameters: &[u8]) -> Vec<u8> {
    let frame = Frame {
        header: Header::Extended,
        sequence: 1,
        control,
        id,
        parameters,
    };
    frame.encode().unwrap_or_default()
}

fn ezsp(c: &mut Criterion) {
    let aps_frame = ApsFrame {
        profile_id: 0x0104,
        cluster_id: 0x0402,
        source_endpoint: 1,
        destination_endpoint: 1,
        options: 0x0140,
        ..ApsFrame::default()
    };
    let command = SendUnicast {
        destination: 0x1234,
        aps_frame: aps_frame.clone(),
        tag: 7,
        message: vec![0x01; 20],
        ..SendUnicast::default()
    };
    let report = IncomingMessageHandler {
        aps_frame,
        sender: 0x1234,
        message: vec![0x18, 0x05, 0x0a, 0x00, 0x00, 0x29, 0x34, 0x09],
        ..IncomingMessageHandler::default()
    };
    let mut group = c.benchmark_group("ezsp");
    for number in [13, 14] {
        let Some(version) = Version::new(number) else {
            continue;
        };
        group.bench_function(format!("encode sendUnicast v{number}"), |b| {
            b.iter(|| {
                let parameters = black_box(&command).encode(version).unwrap_or_default();
                framed(SendUnicast::ID, Control::COMMAND, &parameters)
            });
        });
        let parameters = report.encode(version).unwrap_or_default();
        let bytes = framed(IncomingMessageHandler::ID, Control::CALLBACK, &parameters);
        group.bench_function(format!("decode incomingMessageHandler v{number}"), |b| {
            b.iter(|| {
                let frame = Frame::parse(black_box(&bytes)).ok()?;
                Callback::decode(frame.id, frame.parameters, version).ok()?
            });
        });
        group.bench_function(format!("trace a frame without keys v{number}"), |b| {
            b.iter(|| blank_keys(black_box(&bytes), Some(version)).len());
        });
        let keys = SetInitialSecurityState::default();
        let keys = keys.encode(version).unwrap_or_default();
        let keys = framed(SetInitialSecurityState::ID, Control::COMMAND, &keys);
        group.bench_function(format!("trace a frame with keys v{number}"), |b| {
            b.iter(|| blank_keys(black_box(&keys), Some(version)).len());
        });
        group.bench_function(format!("name of the last row v{number}"), |b| {
            b.iter(|| name(black_box(0x0169), version).len());
        });
    }
    group.finish();
}

criterion_group!(benches, ezsp);
criterion_main!(benches);

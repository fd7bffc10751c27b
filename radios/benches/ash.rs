//! How fast ASH frames are written and read: a sensor's report (40 bytes) and the longest frame.
//!
//! At 460800 baud the line brings 46 kB a second, so a router has plenty to spare if its cores take
//! a byte in a few nanoseconds.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use radios::ash::{Deframer, Event, Frame, Link, MAX_PAYLOAD};

fn frame(length: usize) -> Frame {
    let payload = (0..=255).cycle().take(length).collect();
    Frame::Data {
        number: 3,
        retransmit: false,
        ack: 4,
        payload,
    }
}

fn codec(c: &mut Criterion) {
    let mut group = c.benchmark_group("ash");
    for length in [40, MAX_PAYLOAD] {
        let frame = frame(length);
        let wire = frame.encode();
        group.throughput(Throughput::Bytes(wire.len() as u64));
        group.bench_with_input(BenchmarkId::new("encode", length), &frame, |b, frame| {
            b.iter(|| black_box(frame).encode());
        });
        group.bench_with_input(BenchmarkId::new("decode", length), &wire, |b, wire| {
            let mut deframer = Deframer::default();
            b.iter(|| {
                let frames = black_box(wire).iter().filter_map(|&b| deframer.push(b));
                assert_eq!(frames.filter(Result::is_ok).count(), 1);
            });
        });
    }
    group.finish();
}

/// A command and its response through both ends, acknowledgements included.
fn round_trip(c: &mut Criterion) {
    let now = Duration::from_secs(1);
    let (mut host, mut ncp) = (Link::host(), Link::ncp());
    host.connect(now);
    pass(&mut host, &mut ncp, now);
    pass(&mut ncp, &mut host, now);
    c.bench_function("ash/round trip", |b| {
        b.iter(|| {
            assert_eq!(host.send(vec![1; 40]), Ok(()));
            pass(&mut host, &mut ncp, now);
            assert_eq!(ncp.send(vec![2; 40]), Ok(()));
            pass(&mut ncp, &mut host, now);
            pass(&mut host, &mut ncp, now);
        });
    });
}

fn pass(from: &mut Link, to: &mut Link, now: Duration) {
    while let Some(bytes) = from.poll_transmit() {
        to.receive(&bytes, now);
    }
    while let Some(event) = to.poll_event() {
        assert!(matches!(event, Event::Data(_) | Event::Connected { .. }));
    }
}

criterion_group!(benches, codec, round_trip);
criterion_main!(benches);

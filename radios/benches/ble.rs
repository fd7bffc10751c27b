//! From an advertisement to what it says: adverts per second and core.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use radios::ble::{Advert, BindKey, Memory, decode_with};

/// Name, address, element, data, key.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
);

const CASES: &[Case] = &[
    (
        "mibeacon plain",
        "A4:C1:38:B4:94:4C",
        r#""service_data":{"fe95":"50305b04034c94b438c1a40d10041001ea01"}"#,
        "LYWSD02",
        None,
    ),
    (
        "mibeacon encrypted",
        "A4:C1:38:02:83:F4",
        r#""service_data":{"fe95":"58585b0550f4830238c1a495ef58763c26000097e2abb5"}"#,
        "LYWSD03MMC",
        Some("e9ea895fac7cca6d30532432a516f3a8"),
    ),
    (
        "bthome plain",
        "54:48:E6:8F:80:A5",
        r#""service_data":{"fcd2":"4002ca0903bf13"}"#,
        "DIY-sensor",
        None,
    ),
    (
        "bthome encrypted",
        "54:48:E6:8F:80:A5",
        r#""service_data":{"fcd2":"41a47266c95f730011223378237214"}"#,
        "DIY-sensor",
        Some("231d39c1d7cc1ab1aee224cd096db932"),
    ),
    (
        "pvvx plain",
        "A4:C1:38:8D:18:B2",
        r#""service_data":{"181a":"b2188d38c1a42b089011f70a43200f"}"#,
        "ATC_8D18B2",
        None,
    ),
    (
        "unknown maker",
        "12:34:56:78:9A:BC",
        r#""manufacturer_data":{"0075":"42040180609c8c6ee8ddbe9e8c6ee8ddbd011f8f"}"#,
        "[TV] Samsung",
        None,
    ),
    (
        "unknown phone",
        "12:34:56:78:9A:BC",
        r#""manufacturer_data":{"004c":"10055b1c0f5e1a"}"#,
        "",
        None,
    ),
];

fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("ble");
    group.throughput(Throughput::Elements(1));
    for (name, address, data, model, key) in CASES {
        let json = format!(r#"{{"address":"{address}","local_name":"{model}","rssi":-60,{data}}}"#);
        let Ok(advert) = Advert::from_json(&json) else {
            continue;
        };
        let key: Option<BindKey> = key.and_then(|key| key.parse().ok());
        let mut memory = Memory::default();
        let mut now = Duration::ZERO;
        group.bench_function(*name, |b| {
            b.iter(|| {
                now += Duration::from_millis(10);
                black_box(decode_with(
                    black_box(&advert),
                    key.as_ref(),
                    &mut memory,
                    now,
                ))
            });
        });
    }
    group.finish();
}

criterion_group!(ble, benches);
criterion_main!(ble);

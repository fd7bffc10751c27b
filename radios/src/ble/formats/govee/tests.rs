//! Frames as they were on the air.

use super::super::tests::{change, maker, named, said};
use super::*;

fn offering(service: u16, company: u16, hex: &str) -> Advert {
    Advert {
        services: vec![service.into()],
        ..maker(company, hex)
    }
}

fn says(advert: &Advert) -> String {
    said(advert).unwrap_or_else(|error| error.to_string())
}

#[test]
fn thermometers_pack_two_values_in_24_bits() {
    let h5075 = named("GVH5075_CB9B", 0xec88, "0003215d6400");
    assert_eq!(says(&h5075), "temperature=20.5 humidity=14.9 battery=100");
    let cold = named("GVH5075_CB9B", 0xec88, "0081c2896400");
    assert_eq!(says(&cold), "temperature=-11.5 humidity=33.7 battery=100");
    let h5100 = named("GVH5100_7738", 1, "010103465464");
    assert_eq!(says(&h5100), "temperature=21.4 humidity=61.2 battery=100");
}

#[test]
fn a_sensor_that_failed_tells_its_battery_alone() {
    let failed = named("GVH5075_2762", 0xec88, "00bc00043e27");
    assert_eq!(says(&failed), "battery=62");
}

#[test]
fn the_glued_on_beacon_is_cut_off() {
    let glued = "01010346486400004c000215494e54454c4c495f524f434b535f48575075f2ff0c";
    let h5108 = named("GV51080C25", 1, glued);
    assert_eq!(says(&h5108), "temperature=21.4 humidity=60 battery=100");
}

#[test]
fn older_ones_are_little_endian() {
    let h5074 = maker(0xec88, "0088078c116402");
    assert_eq!(says(&h5074), "temperature=19.28 humidity=44.92 battery=100");
    let h5071 = named("Govee_H5071_FD12", 0xec88, "00210ab61218c80001");
    assert_eq!(says(&h5071), "temperature=25.93 humidity=47.9 battery=24");
    let h5179 = maker(0x8801, "ec000101a00aa2175b");
    assert_eq!(says(&h5179), "temperature=27.2 humidity=60.5 battery=91");
}

#[test]
fn the_outdoor_part_has_names_of_its_own() {
    let outdoor = named("B5178C545", 1, "01010102fc87640002");
    assert_eq!(
        says(&outdoor),
        "sensor_id=1 temperature_remote=19.5 humidity_remote=71.9 battery_remote=100"
    );
}

#[test]
fn meat_probes() {
    let h5182 = offering(0x8251, 0x5530, "4401000101e4018608341cdc8609602249");
    assert_eq!(
        says(&h5182),
        "temperature_probe_1=21 temperature_alarm_probe_1=73.88 \
         temperature_probe_2=24 temperature_alarm_probe_2=87.77"
    );
    let h5191 = maker(0xac63, "83010001014c5d040fa01324ffff0af0ffffffff");
    assert_eq!(
        says(&h5191),
        "temperature_probe_1=40 temperature_alarm_probe_1=49 temperature=28"
    );
    let h5055 = "550064bf201a00ffffb100201900ffffffff0000";
    assert_eq!(
        says(&offering(0x5550, 0xaf2f, h5055)),
        "temperature_probe_5=26 temperature_alarm_probe_5=177 temperature_probe_6=25 battery=100"
    );
}

#[test]
fn probes_that_do_not_exist_are_refused() {
    let h5055 = offering(0x5550, 0xaf2f, "550064fb201a00ffffb100201900ffffffff0000");
    assert_eq!(said(&h5055), Err(DecodeError::Invalid("probes")));
    let h5198 = offering(0x9851, 0x3022, "6c01000101a3d40f0bb8ffffffff0960ffffffff");
    assert_eq!(said(&h5198), Err(DecodeError::Invalid("probes")));
}

#[test]
fn its_beacon_is_no_measurement() {
    let hex = "0215494e54454c4c495f524f434b535f48575075f2ff0c";
    let reading = crate::ble::decode(&maker(APPLE, hex), None).unwrap();
    assert_eq!((reading.vendor, reading.changes.len()), (Some("Govee"), 0));
    assert!(reading.beacon.is_some());
}

#[test]
fn dust() {
    let below_zero = named("GVH5106_4E05", 1, "010181867cd8");
    assert_eq!(says(&below_zero), "temperature=-2.5 humidity=59.1 pm25=0");
}

#[test]
fn small_sensors_are_told_by_their_block() {
    let button = maker(0xef88, "fe7e0000094ca86a1af0d2bc44260bd5af344c0be5c7f10a");
    assert_eq!(
        says(&button),
        "battery=100 action=button_0_press".replace("button_0_press", "\"button_0_press\"")
    );
    let vibration = named(
        "GV51242F68",
        0xef88,
        "08a2000125c25957fd7a750ef234a218bb15467c5b737b04",
    );
    assert_eq!(says(&vibration), "battery=100 action=\"vibration\"");
    let reading = crate::ble::decode(&vibration, None).unwrap();
    assert_eq!(reading.model, Some("H5124"));
    // One bit wrong, and it is nobody's.
    let wrong = maker(0xef88, "fe7e0000094ca86a1af0d2bc44260bd5af344c0be5c7f10b");
    assert!(said(&wrong).is_err());
}

#[test]
fn a_press_is_news_once() {
    let button = named(
        "GV51255367",
        0xef88,
        "2eaf0000fb0ec968d7056caf2af31be877f1e1e8e3a7f8c6",
    );
    let mut memory = crate::ble::Memory::default();
    let mut hear = |seconds| {
        let now = std::time::Duration::from_secs(seconds);
        crate::ble::decode_with(&button, None, &mut memory, now).unwrap()
    };
    let first = hear(1);
    assert!(first.news);
    assert_eq!(change(&first, "action"), "button_1_press".into());
    assert!(!hear(2).news);
}

#[test]
fn presence() {
    let nobody = maker(0x8803, "ec0001010000");
    assert_eq!(says(&nobody), "occupancy=false motion=false");
}

#[test]
fn who_tells_its_model_is_no_other() {
    // Five bytes of an H5178's nine would pass for the six of another thermometer.
    assert!(said(&named("B51782BC8", 1, "010107002af7")).is_err());
}

//! Frames as devices send them. Keys, addresses and frames are those of published decoders' tests.

use super::*;
use crate::Value;

fn unhex(text: &str) -> Vec<u8> {
    crate::ble::advert::from_hex(text).unwrap()
}

fn say(address: &str, data: &str, key: Option<&str>) -> Result<Vec<(String, Value)>, DecodeError> {
    let key = key.map(|k| k.parse::<BindKey>().unwrap());
    let content = decode(&unhex(data), address.parse().unwrap(), key.as_ref())?;
    Ok(content
        .changes
        .into_iter()
        .map(|(p, v)| (p.into_owned(), v))
        .collect())
}

#[test]
fn a_plain_thermometer() {
    assert_eq!(
        say(
            "A4:C1:38:B4:94:4C",
            "50305b04034c94b438c1a40d10041001ea01",
            None
        )
        .unwrap(),
        [
            ("temperature".to_owned(), Value::from(27.2)),
            ("humidity".to_owned(), Value::from(49u8))
        ]
    );
}

#[test]
fn an_encrypted_thermometer_of_version_5() {
    assert_eq!(
        say(
            "A4:C1:38:02:83:F4",
            "58585b0550f4830238c1a495ef58763c26000097e2abb5",
            Some("e9ea895fac7cca6d30532432a516f3a8")
        )
        .unwrap(),
        [("humidity".to_owned(), Value::from(46u8))]
    );
}

#[test]
fn a_dimmer_of_the_legacy_encryption() {
    let said = say(
        "F8:24:41:C5:98:8B",
        "5830b603d28b98c54124f8c3491476757e00000099",
        Some("b853075158487ca39a5b5ea9"),
    )
    .unwrap();
    assert_eq!(
        said,
        [
            ("action".to_owned(), Value::from("dimmer_press")),
            ("number_of_presses".to_owned(), Value::from(1u8))
        ]
    );
}

#[test]
fn what_is_wrong_is_said() {
    let (address, frame) = (
        "A4:C1:38:02:83:F4",
        "58585b0550f4830238c1a495ef58763c26000097e2abb5",
    );
    assert_eq!(say(address, frame, None), Err(DecodeError::KeyMissing));
    assert_eq!(
        say(address, frame, Some("e8ea895fac7cca6d30532432a516f3a8")),
        Err(DecodeError::KeyWrong)
    );
    assert_eq!(
        say(address, frame, Some("e9ea895fac7cca6d30532432")),
        Err(DecodeError::Token)
    );
    assert_eq!(
        say(
            "A4:C1:38:02:83:F0",
            frame,
            Some("e9ea895fac7cca6d30532432a516f3a8")
        ),
        Err(DecodeError::OtherAddress)
    );
    assert_eq!(
        say(address, "5858", None),
        Err(DecodeError::Truncated("header"))
    );
    assert_eq!(
        say(address, "58585b0550f483", None),
        Err(DecodeError::Truncated("address"))
    );
    assert_eq!(
        say(
            "A4:C1:38:B4:94:4C",
            "50305b04034c94b438c1a40d10041001ea",
            None
        ),
        Err(DecodeError::Truncated("object"))
    );
}

#[test]
fn a_press_is_news_once_however_long_it_is_sent() {
    use crate::ble::{Advert, Memory, decode_with};
    let advert = |data: &str| Advert {
        address: "F8:24:41:C5:98:8B".parse().unwrap(),
        service_data: vec![(SERVICE.into(), unhex(data))],
        ..Advert::default()
    };
    let mut memory = Memory::default();
    let mut news = |seconds: u64, data: &str| {
        decode_with(
            &advert(data),
            None,
            &mut memory,
            Duration::from_secs(seconds),
        )
        .unwrap()
        .news
    };
    // A remote (YLYK01YL), button `on`; then a thermometer's frames.
    let (pressed, again, warm) = (
        "5030530107 8b98c54124f8 01100300 0000",
        "5030530108 8b98c54124f8 01100300 0000",
        "50305b0409 8b98c54124f8 041002ea 00",
    );
    let [pressed, again, warm] = [pressed, again, warm].map(|text| text.replace(' ', ""));
    assert!(news(1, &pressed));
    assert!(!news(2, &pressed));
    assert!(!news(600, &pressed));
    assert!(news(601, &again));
    assert!(news(602, &warm));
    assert!(!news(620, &warm));
    assert!(news(640, &warm), "its counter may have wrapped round");
}

proptest::proptest! {
    #[test]
    fn nothing_panics(data in proptest::collection::vec(proptest::num::u8::ANY, 0..48), key in proptest::option::of(proptest::array::uniform16(0u8..))) {
        let key = key.map(|k| crate::ble::advert::to_hex(&k).parse::<BindKey>().unwrap());
        let _ = decode(&data, Mac([1, 2, 3, 4, 5, 6]), key.as_ref());
    }
}

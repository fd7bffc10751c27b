//! What a device may be called.
//!
//! A name is one part of a topic, so it holds none of MQTT's special characters; it is what people
//! say and read, so it is short and printable.

use radios::DeviceId;

/// First parts of topics that are not devices.
const RESERVED: [&str; 3] = ["bridge", "voice", "Coordinator"];

/// Longest name, in characters.
const LONGEST: usize = 64;

/// Whether `id` may be called `name`; whether it is free is for the registry to say.
///
/// # Errors
/// What is wrong with it, for people.
pub(super) fn check(name: &str, id: DeviceId) -> Result<(), String> {
    let short: String = name.chars().take(LONGEST).collect();
    if name.is_empty() {
        Err("a name must not be empty".to_owned())
    } else if name.chars().nth(LONGEST).is_some() {
        Err(format!(
            "name '{short}…' is longer than {LONGEST} characters"
        ))
    } else if let Some(bad) = name.chars().find(|c| "/+#".contains(*c)) {
        Err(format!("name '{name}' must not contain '{bad}'"))
    } else if name.chars().any(char::is_control) {
        Err("a name must not contain control characters".to_owned())
    } else if name.trim() != name {
        Err(format!("name '{name}' must not begin or end with a blank"))
    } else if RESERVED.iter().any(|r| r.eq_ignore_ascii_case(name)) {
        Err(format!("name '{name}' is reserved"))
    } else if name.parse::<DeviceId>().is_ok_and(|other| other != id) {
        Err(format!("name '{name}' is the address of another device"))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_topic_part_that_people_can_read() {
        let id: DeviceId = "0x00158d0001a2b3c4".parse().unwrap();
        for good in [
            "Bedroom Lamp",
            "침실 조명",
            "0x00158d0001a2b3c4",
            "Über-Lampe 2",
        ] {
            assert_eq!(check(good, id), Ok(()), "{good}");
        }
        let long = "x".repeat(65);
        for bad in [
            "",
            "a/b",
            "a+",
            "#",
            "bridge",
            "BRIDGE",
            "voice",
            " a",
            "a ",
            "a\nb",
            "a\0",
            "0x00158d0001a2b3c5",
            &long,
        ] {
            assert!(check(bad, id).is_err(), "{bad}");
        }
        assert_eq!(check(&"가".repeat(64), id), Ok(()));
    }
}

//! What must not be in a trace: values under names that promise a secret.

use serde_json::Value as Json;

/// Stands where a secret was.
pub const BLANK: &str = "(blanked)";
/// Names, without `_`, whose values are secrets. An install code travels as `value`.
const NAMES: [&str; 9] = [
    "key",
    "bindkey",
    "networkkey",
    "linkkey",
    "password",
    "token",
    "authtoken",
    "secret",
    "pincode",
];

/// `payload` with secrets blanked; unchanged, byte by byte, if it holds none.
pub(super) fn blank(payload: &str) -> String {
    let Ok(mut json) = serde_json::from_str::<Json>(payload) else {
        return payload.to_owned();
    };
    if scrub(&mut json) {
        json.to_string()
    } else {
        payload.to_owned()
    }
}

/// Blanks all secrets within; true if there were any.
fn scrub(json: &mut Json) -> bool {
    let mut found = false;
    match json {
        Json::Object(members) => {
            for (name, value) in members {
                let plain = name.replace('_', "").to_ascii_lowercase();
                if NAMES.contains(&plain.as_str()) && !value.is_null() {
                    *value = Json::from(BLANK);
                    found = true;
                } else {
                    found |= scrub(value);
                }
            }
        }
        Json::Array(items) => {
            for item in items {
                found |= scrub(item);
            }
        }
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_the_rest_stays() {
        assert_eq!(
            blank(r#"{"id":"Thermometer","options":{"bind_key":"00112233"}}"#),
            r#"{"id":"Thermometer","options":{"bind_key":"(blanked)"}}"#
        );
        for untouched in [
            r#"{ "state" : "ON" }"#,
            "ON",
            "",
            r#"{"key":null}"#,
            "[1,2]",
        ] {
            assert_eq!(blank(untouched), untouched);
        }
    }
}

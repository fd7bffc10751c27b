//! Between blobmsg and JSON, as OpenWrt's own tools translate: a number that fits in 32 bits is
//! one of 32 bits, a truth value is one of 8.

use serde_json::{Map, Number, Value as Json};

use super::blob::{Member, Value};

/// The members of a JSON object; of anything else `{"value": …}`.
#[must_use]
pub fn members(json: Json) -> Vec<Member> {
    match json {
        Json::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, from_json(value)))
            .collect(),
        Json::Null => Vec::new(),
        other => vec![("value".to_owned(), from_json(other))],
    }
}

/// The JSON object of these members.
#[must_use]
pub fn object(members: Vec<Member>) -> Map<String, Json> {
    members
        .into_iter()
        .map(|(name, value)| (name, to_json(value)))
        .collect()
}

fn from_json(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Int8(i8::from(truth)),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => i32::try_from(whole).map_or(Value::Int64(whole), Value::Int32),
            None => Value::Double(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::Text(text),
        Json::Array(values) => Value::List(values.into_iter().map(from_json).collect()),
        Json::Object(_) => Value::Table(members(json)),
    }
}

fn to_json(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::List(values) => Json::Array(values.into_iter().map(to_json).collect()),
        Value::Table(members) => Json::Object(object(members)),
        Value::Text(text) => Json::String(text),
        Value::Int64(number) => Json::from(number),
        Value::Int32(number) => Json::from(number),
        Value::Int16(number) => Json::from(number),
        // Senders type truth values as 8 bits, and nothing else.
        Value::Int8(number) => Json::Bool(number != 0),
        Value::Double(number) => Number::from_f64(number).map_or(Json::Null, Json::Number),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_goes_there_and_back() {
        let json = json!({
            "name": "거실 조명", "on": true, "off": false, "brightness": 254, "negative": -3,
            "written": 5_000_000_000_i64, "temperature": 21.5, "none": null,
            "list": [1, "two", [false]], "nested": {"a": {"b": 1}}, "empty": {},
        });
        assert_eq!(Json::Object(object(members(json.clone()))), json);
        assert_eq!(
            members(json!([1])),
            [("value".into(), Value::List(vec![Value::Int32(1)]))]
        );
    }
}

//! The methods of the object: their arguments, what they ask of the hub, what they answer.
//!
//! One row a method; a newcomer extends [`METHODS`] and [`deed`].

use serde_json::{Map, Value as Json, json};

use super::blob::kind::{INT8, INT32, LIST, TABLE, TEXT};
use super::{Method, Refusal, Status, Wanted};

/// The name of the object.
pub const OBJECT: &str = "hearth";

/// Every method.
pub const METHODS: &[Method] = &[
    Method {
        name: "status",
        arguments: &[],
    },
    Method {
        name: "devices",
        arguments: &[("device", TEXT)],
    },
    Method {
        name: "set",
        arguments: &[("device", TEXT), ("values", TABLE)],
    },
    Method {
        name: "permit_join",
        arguments: &[("time", INT32), ("device", TEXT)],
    },
    Method {
        name: "rename",
        arguments: &[("device", TEXT), ("name", TEXT)],
    },
    Method {
        name: "options",
        arguments: &[
            ("device", TEXT),
            ("room", TEXT),
            ("aliases", LIST),
            ("description", TEXT),
            ("bind_key", TEXT),
        ],
    },
    Method {
        name: "remove",
        arguments: &[("device", TEXT), ("force", INT8), ("block", INT8)],
    },
    Method {
        name: "interview",
        arguments: &[("device", TEXT)],
    },
    Method {
        name: "nearby",
        arguments: &[],
    },
    Method {
        name: "adopt",
        arguments: &[("address", TEXT), ("name", TEXT), ("key", TEXT)],
    },
    Method {
        name: "say",
        arguments: &[
            ("text", TEXT),
            ("room", TEXT),
            ("explain", INT8),
            ("dry_run", INT8),
        ],
    },
    Method {
        name: "voice",
        arguments: &[],
    },
    Method {
        name: "reload",
        arguments: &[],
    },
];

/// What a call comes to.
pub(super) enum Deed {
    /// Something the loop answers.
    Here(Wanted),
    /// A request to the hub, and how its answer is shown.
    Request {
        path: &'static str,
        body: Map<String, Json>,
        reply: fn(Json) -> Json,
    },
}

/// What `method` comes to with these arguments.
pub(super) fn deed(method: &str, arguments: Map<String, Json>) -> Result<Deed, Refusal> {
    let mut given = Arguments(arguments);
    let mut body = Map::new();
    let mut put = |name: &str, value: Json| {
        body.insert(name.to_owned(), value);
    };
    let mut reply: fn(Json) -> Json = |data| data;
    let path = match method {
        "status" => return Ok(Deed::Here(Wanted::Status)),
        "devices" => {
            let device = given.maybe("device");
            let device = device.and_then(|device| device.as_str().map(str::to_owned));
            return Ok(Deed::Here(Wanted::Devices(device)));
        }
        "voice" => return Ok(Deed::Here(Wanted::Voice)),
        "reload" => return Ok(Deed::Here(Wanted::Reload)),
        "set" => {
            put("id", given.text("device")?);
            let values = given.maybe("values");
            put("values", values.ok_or_else(|| missing("values"))?);
            "device/set"
        }
        "permit_join" => {
            put("time", given.maybe("time").unwrap_or_else(|| 254.into()));
            if let Some(device) = given.maybe("device") {
                put("device", device);
            }
            "permit_join"
        }
        "rename" => {
            put("from", given.text("device")?);
            put("to", given.text("name")?);
            "device/rename"
        }
        "options" => {
            put("id", given.text("device")?);
            let options: Map<String, Json> = ["room", "aliases", "description", "bind_key"]
                .into_iter()
                .filter_map(|name| Some((name.to_owned(), given.maybe(name)?)))
                .map(|(name, value)| match value.as_str() {
                    // An empty text takes the option back.
                    Some("") => (name, Json::Null),
                    _ => (name, value),
                })
                .collect();
            if options.is_empty() {
                return Err(Refusal::argument("no option is given"));
            }
            put("options", Json::Object(options));
            "device/options"
        }
        "remove" => {
            put("id", given.text("device")?);
            for name in ["force", "block"] {
                if let Some(flag) = given.maybe(name) {
                    put(name, flag);
                }
            }
            "device/remove"
        }
        "interview" => {
            put("id", given.text("device")?);
            "device/interview"
        }
        "nearby" => {
            // A list is no table: give it a name.
            reply = |data| match data {
                Json::Array(devices) => json!({ "devices": devices }),
                other => other,
            };
            "ble/nearby"
        }
        "adopt" => {
            put("address", given.text("address")?);
            if let Some(name) = given.maybe("name") {
                put("friendly_name", name);
            }
            if let Some(key) = given.maybe("key") {
                put("key", key);
            }
            "ble/adopt"
        }
        "say" => {
            put("text", given.text("text")?);
            put("source", Json::from("typed"));
            for name in ["room", "explain", "dry_run"] {
                if let Some(value) = given.maybe(name) {
                    put(name, value);
                }
            }
            "say"
        }
        _ => {
            return Err(Refusal {
                status: Status::MethodNotFound,
                why: format!("unknown method '{method}'"),
            });
        }
    };
    Ok(Deed::Request { path, body, reply })
}

struct Arguments(Map<String, Json>);

impl Arguments {
    fn maybe(&mut self, name: &str) -> Option<Json> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    fn text(&mut self, name: &str) -> Result<Json, Refusal> {
        match self.maybe(name) {
            Some(Json::String(text)) if !text.is_empty() => Ok(Json::String(text)),
            _ => Err(missing(name)),
        }
    }
}

fn missing(name: &str) -> Refusal {
    Refusal::argument(format!("'{name}' is missing"))
}

/// What the hub's words mean to programs; the first that fits.
const WORDS: &[(&str, Status)] = &[
    ("does not exist", Status::NotFound),
    ("nvalid payload", Status::InvalidArgument),
    ("switched off", Status::NotSupported),
    ("not supported", Status::NotSupported),
    ("too many", Status::NoMemory),
    ("too much", Status::NoMemory),
    ("did not answer", Status::Timeout),
    ("no answer", Status::Timeout),
    ("has ended", Status::ConnectionFailed),
];

/// The status for an error of the hub.
pub(super) fn status(why: &str) -> Status {
    WORDS
        .iter()
        .find(|(words, _)| why.contains(words))
        .map_or(Status::UnknownError, |(_, status)| *status)
}

//! The models the simulator knows: a newcomer adds a row here.
//!
//! Each is described as its node descriptor, endpoints and attributes, as read from real ones.

use crate::zigbee::zcl::Data;

/// A model.
#[derive(Debug, PartialEq)]
pub struct Model {
    /// What simulator and tests call it.
    pub kind: &'static str,
    /// Manufacturer code of the node descriptor.
    pub manufacturer_code: u16,
    /// Routes and is always awake; else it sleeps.
    pub router: bool,
    /// Its endpoints.
    pub endpoints: &'static [EndpointModel],
    /// Properties that can be set and seen from outside, see [`Control`].
    pub controls: &'static [Control],
    /// What it does by itself.
    pub life: Life,
}

/// An endpoint of a model.
#[derive(Debug, PartialEq)]
pub struct EndpointModel {
    /// 1…240.
    pub id: u8,
    /// Device id within the Home Automation profile.
    pub device: u16,
    /// Server clusters.
    pub input: &'static [u16],
    /// Client clusters.
    pub output: &'static [u16],
    /// Attributes by cluster.
    pub attributes: &'static [(u16, &'static [AttributeModel])],
}

/// Id, first value, what may be done with it.
pub type AttributeModel = (u16, Init, u8);

/// Can be read.
pub const READ: u8 = 1;
/// Can be written.
pub const WRITE: u8 = 2;
/// Can be reported.
pub const REPORT: u8 = 4;

/// The first value of an attribute.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)] // the types are the specification's
pub enum Init {
    Bool(bool),
    Map8(u8),
    Map16(u16),
    U8(u8),
    U16(u16),
    U24(u32),
    U32(u32),
    U48(u64),
    I8(i8),
    I16(i16),
    I24(i32),
    Enum8(u8),
    Text(&'static str),
}

impl Init {
    /// The value as an attribute holds it.
    #[must_use]
    pub fn data(self) -> Data {
        match self {
            Self::Bool(value) => Data::Bool(Some(value)),
            Self::Map8(value) => Data::Bitmap(1, value.into()),
            Self::Map16(value) => Data::Bitmap(2, value.into()),
            Self::U8(value) => Data::Uint(1, value.into()),
            Self::U16(value) => Data::Uint(2, value.into()),
            Self::U24(value) => Data::Uint(3, value.into()),
            Self::U32(value) => Data::Uint(4, value.into()),
            Self::U48(value) => Data::Uint(6, value),
            Self::I8(value) => Data::Int(1, value.into()),
            Self::I16(value) => Data::Int(2, value.into()),
            Self::I24(value) => Data::Int(3, value.into()),
            Self::Enum8(value) => Data::Enum8(value),
            Self::Text(value) => Data::text(value),
        }
    }
}

/// A property that people set at the device itself (a window opens, it gets warmer, someone presses
/// the plug's button), and where it is kept.
#[derive(Debug, PartialEq)]
pub struct Control {
    /// The property's name, in the words of dashboards.
    pub property: &'static str,
    /// Endpoint of the attribute.
    pub endpoint: u8,
    /// Its cluster.
    pub cluster: u16,
    /// Its id.
    pub attribute: u16,
    /// How the attribute's number relates to the property.
    pub scale: Scale,
}

/// How an attribute's number relates to a property.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// `ON` is 1, `OFF` is 0.
    OnOff,
    /// True is this number, false the other of 0 and 1.
    TrueIs(i64),
    /// The attribute is the property times this.
    Times(f64),
}

/// What a model does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// Nothing but what it is told.
    Plain,
    /// Transitions of a lamp.
    Lamp,
    /// Power that follows the relay, energy that adds up.
    Plug,
    /// Temperature and humidity that drift; reports as Xiaomi's do, unasked.
    XiaomiClimate,
    /// Reports as Xiaomi's do, unasked.
    XiaomiContact,
}

/// Where Xiaomi's devices keep their battery voltage for the simulator; no host ever reads it.
pub const BATTERY: (u8, u16, u16) = (1, 0xffff, 0x0001);

macro_rules! controls {
    ($($property:literal $endpoint:literal $cluster:literal $attribute:literal $scale:expr;)*) => {
        &[$(Control {
            property: $property,
            endpoint: $endpoint,
            cluster: $cluster,
            attribute: $attribute,
            scale: $scale,
        }),*]
    };
}

use Init::{Bool, Enum8, I16, I24, Map8, Map16, Text, U8, U16, U24, U32, U48};

const SEEN: u8 = READ | REPORT;
const SET: u8 = READ | WRITE;

const IDENTIFY: &[AttributeModel] = &[(0x0000, U16(0), SET)];
const GROUPS: &[AttributeModel] = &[(0x0000, Map8(0x80), READ)];
const SCENES: &[AttributeModel] = &[
    (0x0000, U8(0), READ),
    (0x0001, U8(0), READ),
    (0x0002, U16(0), READ),
    (0x0003, Bool(false), READ),
    (0x0004, Map8(0x80), READ),
];
const ON_OFF: &[AttributeModel] = &[
    (0x0000, Bool(false), SEEN),
    (0x4000, Bool(true), READ),
    (0x4001, U16(0), SET),
    (0x4002, U16(0), SET),
    (0x4003, Enum8(0xff), SET),
    (0xfffd, U16(2), READ),
];
const LEVEL: &[AttributeModel] = &[
    (0x0000, U8(254), SEEN),
    (0x0001, U16(0), READ),
    (0x000f, Map8(0), SET),
    (0x0010, U16(5), SET),
    (0x0011, U8(0xff), SET),
    (0x4000, U8(0xff), SET),
    (0xfffd, U16(3), READ),
];
const COLOR_TEMPERATURE: &[AttributeModel] = &[
    (0x0002, U16(0), READ),
    (0x0003, U16(30_138), SEEN),
    (0x0004, U16(26_909), SEEN),
    (0x0007, U16(370), SEEN),
    (0x0008, Enum8(2), READ),
    (0x000f, Map8(0), SET),
    (0x0010, U8(0), READ),
    (0x4001, Enum8(2), READ),
    (0x400a, Map16(0x0010), READ),
    (0x400b, U16(250), READ),
    (0x400c, U16(454), READ),
    (0x4010, U16(0xffff), SET),
    (0xfffd, U16(3), READ),
];
const COLOR: &[AttributeModel] = &[
    (0x0000, U8(0), SEEN),
    (0x0001, U8(0), SEEN),
    (0x0002, U16(0), READ),
    (0x0003, U16(30_138), SEEN),
    (0x0004, U16(26_909), SEEN),
    (0x0007, U16(370), SEEN),
    (0x0008, Enum8(2), READ),
    (0x000f, Map8(0), SET),
    (0x0010, U8(0), READ),
    (0x4000, U16(0), SEEN),
    (0x4001, Enum8(2), READ),
    (0x400a, Map16(0x001b), READ),
    (0x400b, U16(250), READ),
    (0x400c, U16(454), READ),
    (0x4010, U16(0xffff), SET),
    (0xfffd, U16(3), READ),
];
const DIAGNOSTICS: &[AttributeModel] = &[(0x011b, U16(0), READ), (0x011c, U8(200), READ)];

/// What a device with a client of the OTA cluster says of its firmware.
macro_rules! ota {
    ($manufacturer:literal, $image:literal, $version:literal) => {
        &[
            (0x0001, U32(0xffff_ffff), READ),
            (0x0002, U32($version), READ),
            (0x0006, Enum8(0), READ),
            (0x0007, U16($manufacturer), READ),
            (0x0008, U16($image), READ),
        ]
    };
}

macro_rules! basic {
    ($manufacturer:literal, $model:literal, $date:literal, $power:literal, $build:literal) => {
        &[
            (0x0000, U8(3), READ),
            (0x0001, U8(33), READ),
            (0x0002, U8(98), READ),
            (0x0003, U8(1), READ),
            (0x0004, Text($manufacturer), READ),
            (0x0005, Text($model), READ),
            (0x0006, Text($date), READ),
            (0x0007, Enum8($power), READ),
            (0x4000, Text($build), READ),
            (0xfffd, U16(2), READ),
        ]
    };
}

/// Xiaomi's name little: no software build, and the date only on some.
macro_rules! basic_xiaomi {
    ($model:literal, $date:literal) => {
        &[
            (0x0000, U8(1), READ),
            (0x0001, U8(3), READ),
            (0x0002, U8(2), READ),
            (0x0003, U8(30), READ),
            (0x0004, Text("LUMI"), READ),
            (0x0005, Text($model), READ),
            (0x0006, Text($date), READ),
            (0x0007, Enum8(3), READ),
        ]
    };
}

/// Every model, by [`Model::kind`].
pub static MODELS: &[Model] = &[
    // A colour-temperature lamp: IKEA LED1545G12.
    Model {
        kind: "lamp",
        manufacturer_code: 0x117c,
        router: true,
        endpoints: &[EndpointModel {
            id: 1,
            device: 0x0102,
            input: &[
                0x0000, 0x0003, 0x0004, 0x0005, 0x0006, 0x0008, 0x0300, 0x0b05, 0x1000,
            ],
            output: &[0x0005, 0x0019, 0x0020, 0x1000],
            attributes: &[
                (
                    0x0000,
                    basic!(
                        "IKEA of Sweden",
                        "TRADFRI bulb E27 WS opal 980lm",
                        "20180829",
                        1,
                        "2.0.023"
                    ),
                ),
                (0x0003, IDENTIFY),
                (0x0004, GROUPS),
                (0x0005, SCENES),
                (0x0006, ON_OFF),
                (0x0008, LEVEL),
                (0x0300, COLOR_TEMPERATURE),
                (0x0019, ota!(0x117c, 0x2202, 0x2002_3631)),
                (0x0b05, DIAGNOSTICS),
            ],
        }],
        controls: controls! {
            "state" 1 0x0006 0x0000 Scale::OnOff;
            "brightness" 1 0x0008 0x0000 Scale::Times(1.0);
            "color_temp" 1 0x0300 0x0007 Scale::Times(1.0);
        },
        life: Life::Lamp,
    },
    // A colour lamp: IKEA LED1924G9.
    Model {
        kind: "color-lamp",
        manufacturer_code: 0x117c,
        router: true,
        endpoints: &[EndpointModel {
            id: 1,
            device: 0x010d,
            input: &[
                0x0000, 0x0003, 0x0004, 0x0005, 0x0006, 0x0008, 0x0300, 0x0b05, 0x1000,
            ],
            output: &[0x0005, 0x0019, 0x0020, 0x1000],
            attributes: &[
                (
                    0x0000,
                    basic!(
                        "IKEA of Sweden",
                        "TRADFRI bulb E27 CWS 806lm",
                        "20210413",
                        1,
                        "1.0.021"
                    ),
                ),
                (0x0003, IDENTIFY),
                (0x0004, GROUPS),
                (0x0005, SCENES),
                (0x0006, ON_OFF),
                (0x0008, LEVEL),
                (0x0300, COLOR),
                (0x0019, ota!(0x117c, 0x2202, 0x2002_3631)),
                (0x0b05, DIAGNOSTICS),
            ],
        }],
        controls: controls! {
            "state" 1 0x0006 0x0000 Scale::OnOff;
            "brightness" 1 0x0008 0x0000 Scale::Times(1.0);
            "color_temp" 1 0x0300 0x0007 Scale::Times(1.0);
            "hue" 1 0x0300 0x0000 Scale::Times(254.0 / 360.0);
            "saturation" 1 0x0300 0x0001 Scale::Times(2.54);
            "x" 1 0x0300 0x0003 Scale::Times(65_536.0);
            "y" 1 0x0300 0x0004 Scale::Times(65_536.0);
        },
        life: Life::Lamp,
    },
    // A metering plug: Innr SP 240.
    Model {
        kind: "plug",
        manufacturer_code: 0x1166,
        router: true,
        endpoints: &[EndpointModel {
            id: 1,
            device: 0x010a,
            input: &[0x0000, 0x0003, 0x0004, 0x0005, 0x0006, 0x0702, 0x0b04],
            output: &[0x000a, 0x0019],
            attributes: &[
                (0x0000, basic!("innr", "SP 240", "20210901", 1, "1.7.16")),
                (0x0003, IDENTIFY),
                (0x0004, GROUPS),
                (0x0005, SCENES),
                (0x0006, ON_OFF),
                (0x0019, ota!(0x1166, 0x0209, 0x1071_6610)),
                (
                    0x0702,
                    &[
                        (0x0000, U48(1234), SEEN),
                        (0x0200, Map8(0), READ),
                        (0x0300, Enum8(0), READ),
                        (0x0301, U24(1), READ),
                        (0x0302, U24(100), READ),
                        (0x0303, Map8(0x12), READ),
                        (0x0306, Map8(0), READ),
                        (0x0400, I24(0), SEEN),
                    ],
                ),
                (
                    0x0b04,
                    &[
                        (0x0000, Map16(0x0008), READ),
                        (0x0505, U16(231), SEEN),
                        (0x0508, U16(0), SEEN),
                        (0x050b, I16(0), SEEN),
                        (0x0600, U16(1), READ),
                        (0x0601, U16(1), READ),
                        (0x0602, U16(1), READ),
                        (0x0603, U16(1000), READ),
                        (0x0604, U16(1), READ),
                        (0x0605, U16(1), READ),
                    ],
                ),
            ],
        }],
        controls: controls! {
            "state" 1 0x0006 0x0000 Scale::OnOff;
            "power" 1 0x0b04 0x050b Scale::Times(1.0);
            "current" 1 0x0b04 0x0508 Scale::Times(1000.0);
            "voltage" 1 0x0b04 0x0505 Scale::Times(1.0);
            "energy" 1 0x0702 0x0000 Scale::Times(100.0);
        },
        life: Life::Plug,
    },
    // A climate sensor: Mijia WSDCGQ01LM.
    Model {
        kind: "climate",
        manufacturer_code: 0x1037,
        router: false,
        endpoints: &[
            EndpointModel {
                id: 1,
                device: 0x5f01,
                input: &[0x0000, 0x0003, 0x0019, 0xffff, 0x0012],
                output: &[0x0000, 0x0004, 0x0003, 0x0005, 0x0019, 0xffff, 0x0012],
                attributes: &[
                    (0x0000, basic_xiaomi!("lumi.sensor_ht", "20160614")),
                    (0x0003, IDENTIFY),
                    (0x0402, &[(0x0000, I16(2150), SEEN)]),
                    (0x0405, &[(0x0000, U16(4520), SEEN)]),
                    (0xffff, &[(0x0001, U16(3025), 0)]),
                ],
            },
            EndpointModel {
                id: 2,
                device: 0x5f02,
                input: &[0x0003, 0x0012],
                output: &[0x0004, 0x0003, 0x0005, 0x0012],
                attributes: &[(0x0003, IDENTIFY)],
            },
            EndpointModel {
                id: 3,
                device: 0x5f03,
                input: &[0x0003, 0x000c],
                output: &[0x0004, 0x0003, 0x0005, 0x000c],
                attributes: &[(0x0003, IDENTIFY)],
            },
        ],
        controls: controls! {
            "temperature" 1 0x0402 0x0000 Scale::Times(100.0);
            "humidity" 1 0x0405 0x0000 Scale::Times(100.0);
            "voltage" 1 0xffff 0x0001 Scale::Times(1.0);
        },
        life: Life::XiaomiClimate,
    },
    // A contact sensor: Aqara MCCGQ11LM.
    Model {
        kind: "contact",
        manufacturer_code: 0x1037,
        router: false,
        endpoints: &[EndpointModel {
            id: 1,
            device: 0x5f01,
            input: &[0x0000, 0x0003, 0xffff, 0x0006],
            output: &[0x0000, 0x0004, 0xffff],
            attributes: &[
                (0x0000, basic_xiaomi!("lumi.sensor_magnet.aq2", "20161128")),
                (0x0003, IDENTIFY),
                (0x0006, &[(0x0000, Bool(false), SEEN)]),
                (0xffff, &[(0x0001, U16(3005), 0)]),
            ],
        }],
        controls: controls! {
            "contact" 1 0x0006 0x0000 Scale::TrueIs(0);
            "voltage" 1 0xffff 0x0001 Scale::Times(1.0);
        },
        life: Life::XiaomiContact,
    },
    // A thermostat: Zen Within's, as far as heating goes.
    Model {
        kind: "thermostat",
        manufacturer_code: 0x1078,
        router: true,
        endpoints: &[EndpointModel {
            id: 1,
            device: 0x0301,
            input: &[0x0000, 0x0003, 0x0004, 0x0201],
            output: &[0x000a, 0x0019],
            attributes: &[
                (0x0000, basic!("Zen Within", "Zen-01", "20160720", 3, "1.0")),
                (0x0003, IDENTIFY),
                (0x0004, GROUPS),
                (
                    0x0201,
                    &[
                        (0x0000, I16(1950), SEEN),
                        (0x0010, Init::I8(0), SET),
                        (0x0012, I16(2000), SET | REPORT),
                        (0x001b, Enum8(2), READ),
                        (0x001c, Enum8(4), SET | REPORT),
                        (0x0029, Map16(0), SEEN),
                    ],
                ),
            ],
        }],
        controls: controls! {
            "local_temperature" 1 0x0201 0x0000 Scale::Times(100.0);
            "occupied_heating_setpoint" 1 0x0201 0x0012 Scale::Times(100.0);
        },
        life: Life::Plain,
    },
    // A ceiling fan: King Of Fans', without its lamp.
    Model {
        kind: "fan",
        manufacturer_code: 0x1002,
        router: true,
        endpoints: &[EndpointModel {
            id: 1,
            device: 0x0301,
            input: &[0x0000, 0x0003, 0x0004, 0x0202],
            output: &[0x0019],
            attributes: &[
                (
                    0x0000,
                    basic!(
                        "King Of Fans,  Inc.",
                        "HDC52EastwindFan",
                        "20170314",
                        1,
                        "1.0"
                    ),
                ),
                (0x0003, IDENTIFY),
                (0x0004, GROUPS),
                (
                    0x0202,
                    &[(0x0000, Enum8(0), SET | REPORT), (0x0001, Enum8(2), READ)],
                ),
            ],
        }],
        controls: controls! {
            "fan_mode" 1 0x0202 0x0000 Scale::Times(1.0);
        },
        life: Life::Plain,
    },
    // A roller blind: Somfy's Sonesse.
    Model {
        kind: "cover",
        manufacturer_code: 0x1168,
        router: true,
        endpoints: &[EndpointModel {
            id: 1,
            device: 0x0202,
            input: &[0x0000, 0x0003, 0x0004, 0x0102],
            output: &[0x0019],
            attributes: &[
                (
                    0x0000,
                    basic!("SOMFY", "Sonesse2 28 WF Roller", "20210101", 1, "1.0"),
                ),
                (0x0003, IDENTIFY),
                (0x0004, GROUPS),
                (
                    0x0102,
                    &[
                        (0x0000, Enum8(0), READ),
                        (0x0008, U8(100), SEEN),
                        (0x0017, Map8(0), SET),
                    ],
                ),
            ],
        }],
        controls: controls! {
            "lift" 1 0x0102 0x0008 Scale::Times(1.0);
        },
        life: Life::Plain,
    },
    // A door lock: Yale's YRD256.
    Model {
        kind: "lock",
        manufacturer_code: 0x101d,
        router: true,
        endpoints: &[EndpointModel {
            id: 1,
            device: 0x000a,
            input: &[0x0000, 0x0003, 0x0004, 0x0101],
            output: &[0x000a, 0x0019],
            attributes: &[
                (0x0000, basic!("Yale", "YRD256-TSDB", "20190101", 3, "1.0")),
                (0x0003, IDENTIFY),
                (0x0004, GROUPS),
                (
                    0x0101,
                    &[
                        (0x0000, Enum8(1), SEEN),
                        (0x0001, Enum8(0), READ),
                        (0x0002, Bool(true), READ),
                    ],
                ),
            ],
        }],
        controls: controls! {
            "lock_state" 1 0x0101 0x0000 Scale::Times(1.0);
        },
        life: Life::Plain,
    },
];

/// The model of a kind.
#[must_use]
pub fn model(kind: &str) -> Option<&'static Model> {
    MODELS.iter().find(|model| model.kind == kind)
}

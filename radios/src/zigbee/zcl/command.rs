//! Commands of single clusters: one declaration is the table, the types and both codecs.
//!
//! Each cluster has two enumerations, what its server receives (`ToServer`) and what it sends
//! (`FromServer`), in a module of the cluster's name. A command that is not in the table is no
//! error of the sender: `parse` then says `Ok(None)`. Fields behind the last known one are
//! ignored (later revisions append some); `Option` fields may be missing at the end.

use super::{Frame, Kind, Malformed};
use crate::Ieee;
use crate::zigbee::wire::{Counted, Rest, Wire, named, open};

macro_rules! commands {
    ($(
        $(#[$meta:meta])*
        $module:ident = $cluster:literal {
            $($side:ident $from_server:literal {
                $($id:literal $name:ident { $($field:ident: $type:ty),* })*
            })*
        }
    )*) => {$(
        $(#[$meta])*
        #[allow(missing_docs)] // the names are the specification's
        pub mod $module {
            #[allow(unused_imports)]
            use super::*;

            /// The cluster's id.
            pub const ID: u16 = $cluster;

            $(
                #[derive(Clone, Debug, PartialEq, Eq)]
                pub enum $side {
                    $($name { $($field: $type),* }),*
                }

                impl $side {
                    /// The command's id.
                    #[must_use]
                    pub const fn id(&self) -> u8 {
                        match self { $(Self::$name { .. } => $id),* }
                    }

                    /// The command's name.
                    #[must_use]
                    pub const fn name(&self) -> &'static str {
                        match self { $(Self::$name { .. } => stringify!($name)),* }
                    }

                    /// The command in `frame`; `None` when this side of the cluster has none with
                    /// its id.
                    ///
                    /// # Errors
                    /// [`Malformed`] names the field at which the bytes end.
                    pub fn parse(frame: &Frame) -> Result<Option<Self>, Malformed> {
                        if frame.kind != Kind::Cluster
                            || frame.from_server != $from_server
                            || frame.manufacturer.is_some()
                        {
                            return Ok(None);
                        }
                        #[allow(unused_variables)]
                        let rest: &[u8] = &frame.payload;
                        match frame.command {
                            $($id => {
                                $(
                                    #[allow(unused_variables)]
                                    let (rest, $field) = open(
                                        stringify!($field),
                                        named(stringify!($field), <$type as Wire>::parse, rest),
                                    )?;
                                )*
                                Ok(Some(Self::$name { $($field),* }))
                            })*
                            _ => Ok(None),
                        }
                    }

                    /// The command's payload.
                    #[must_use]
                    #[allow(unused_mut)]
                    pub fn encode(&self) -> Vec<u8> {
                        let mut out = Vec::new();
                        match self {
                            $(Self::$name { $($field),* } => { $($field.write(&mut out);)* })*
                        }
                        out
                    }

                    /// The command as a frame that asks for a default response.
                    #[must_use]
                    pub fn frame(&self) -> Frame {
                        let mut frame = Frame::tell(self.id(), self.encode());
                        frame.from_server = $from_server;
                        frame
                    }
                }
            )*

            #[cfg(test)]
            #[test]
            fn known_commands_survive_the_wire() {
                $($({
                    // Zeroes are a value of every field there is.
                    let mut frame = Frame::tell($id, vec![0; 64]);
                    frame.from_server = $from_server;
                    let command = $side::parse(&frame).unwrap().unwrap();
                    assert_eq!(command.name(), stringify!($name));
                    assert_eq!($side::parse(&command.frame()), Ok(Some(command)));
                })*)*
            }
        }
    )*};
}

commands! {
    /// Basic (3.2).
    basic = 0x0000 {
        ToServer false {
            0x00 ResetToFactoryDefaults {}
        }
    }
    /// Identify (3.5).
    identify = 0x0003 {
        ToServer false {
            0x00 Identify { seconds: u16 }
            0x01 IdentifyQuery {}
            0x40 TriggerEffect { effect: u8, variant: u8 }
        }
        FromServer true {
            0x00 IdentifyQueryResponse { seconds: u16 }
        }
    }
    /// Groups (3.6).
    groups = 0x0004 {
        ToServer false {
            0x00 Add { group: u16, name: Counted<u8> }
            0x01 View { group: u16 }
            0x02 GetMembership { groups: Counted<u16> }
            0x03 Remove { group: u16 }
            0x04 RemoveAll {}
            0x05 AddIfIdentifying { group: u16, name: Counted<u8> }
        }
        FromServer true {
            0x00 AddResponse { status: u8, group: u16 }
            0x01 ViewResponse { status: u8, group: u16, name: Counted<u8> }
            0x02 GetMembershipResponse { capacity: u8, groups: Counted<u16> }
            0x03 RemoveResponse { status: u8, group: u16 }
        }
    }
    /// Scenes (3.7).
    scenes = 0x0005 {
        ToServer false {
            0x00 Add { group: u16, scene: u8, transition: u16, name: Counted<u8>, extensions: Rest }
            0x01 View { group: u16, scene: u8 }
            0x02 Remove { group: u16, scene: u8 }
            0x03 RemoveAll { group: u16 }
            0x04 Store { group: u16, scene: u8 }
            0x05 Recall { group: u16, scene: u8, transition: Option<u16> }
            0x06 GetMembership { group: u16 }
        }
        FromServer true {
            0x00 AddResponse { status: u8, group: u16, scene: u8 }
            0x01 ViewResponse { status: u8, group: u16, scene: u8, rest: Rest }
            0x02 RemoveResponse { status: u8, group: u16, scene: u8 }
            0x03 RemoveAllResponse { status: u8, group: u16 }
            0x04 StoreResponse { status: u8, group: u16, scene: u8 }
            0x06 GetMembershipResponse { status: u8, capacity: u8, group: u16, scenes: Option<Counted<u8>> }
        }
    }
    /// On/Off (3.8).
    on_off = 0x0006 {
        ToServer false {
            0x00 Off {}
            0x01 On {}
            0x02 Toggle {}
            0x40 OffWithEffect { effect: u8, variant: u8 }
            0x41 OnWithRecallGlobalScene {}
            0x42 OnWithTimedOff { control: u8, on_time: u16, off_wait_time: u16 }
        }
    }
    /// Level (3.10). Transition times in 0.1 s, 0xffff: the device's own.
    level = 0x0008 {
        ToServer false {
            0x00 MoveToLevel { level: u8, transition: u16, mask: Option<u8>, options: Option<u8> }
            0x01 Move { mode: u8, rate: u8, mask: Option<u8>, options: Option<u8> }
            0x02 Step { mode: u8, size: u8, transition: u16, mask: Option<u8>, options: Option<u8> }
            0x03 Stop { mask: Option<u8>, options: Option<u8> }
            0x04 MoveToLevelWithOnOff { level: u8, transition: u16, mask: Option<u8>, options: Option<u8> }
            0x05 MoveWithOnOff { mode: u8, rate: u8, mask: Option<u8>, options: Option<u8> }
            0x06 StepWithOnOff { mode: u8, size: u8, transition: u16, mask: Option<u8>, options: Option<u8> }
            0x07 StopWithOnOff { mask: Option<u8>, options: Option<u8> }
        }
    }
    /// OTA Upgrade (11.13): what devices ask; the answers are another room's.
    ota = 0x0019 {
        ToServer false {
            0x01 QueryNextImage { control: u8, manufacturer: u16, image_type: u16, version: u32, hardware: Option<u16> }
        }
        FromServer true {
            0x02 QueryNextImageResponse { status: u8, rest: Rest }
        }
    }
    /// Door Lock (7.3): what locks and unlocks.
    door_lock = 0x0101 {
        ToServer false {
            0x00 LockDoor { pin: Counted<u8> }
            0x01 UnlockDoor { pin: Counted<u8> }
        }
        FromServer true {
            0x00 LockDoorResponse { status: u8 }
            0x01 UnlockDoorResponse { status: u8 }
        }
    }
    /// Window Covering (7.4).
    window_covering = 0x0102 {
        ToServer false {
            0x00 UpOpen {}
            0x01 DownClose {}
            0x02 Stop {}
            0x04 GoToLiftValue { value: u16 }
            0x05 GoToLiftPercentage { percent: u8 }
            0x07 GoToTiltValue { value: u16 }
            0x08 GoToTiltPercentage { percent: u8 }
        }
    }
    /// Color Control (5.2). Colours x and y in 1/65536, hue in 1/254 or (enhanced) 1/65536 of the
    /// circle, temperatures in mired.
    color = 0x0300 {
        ToServer false {
            0x00 MoveToHue { hue: u8, direction: u8, transition: u16, mask: Option<u8>, options: Option<u8> }
            0x01 MoveHue { mode: u8, rate: u8, mask: Option<u8>, options: Option<u8> }
            0x02 StepHue { mode: u8, size: u8, transition: u8, mask: Option<u8>, options: Option<u8> }
            0x03 MoveToSaturation { saturation: u8, transition: u16, mask: Option<u8>, options: Option<u8> }
            0x04 MoveSaturation { mode: u8, rate: u8, mask: Option<u8>, options: Option<u8> }
            0x05 StepSaturation { mode: u8, size: u8, transition: u8, mask: Option<u8>, options: Option<u8> }
            0x06 MoveToHueAndSaturation { hue: u8, saturation: u8, transition: u16, mask: Option<u8>, options: Option<u8> }
            0x07 MoveToColor { x: u16, y: u16, transition: u16, mask: Option<u8>, options: Option<u8> }
            0x08 MoveColor { rate_x: i16, rate_y: i16, mask: Option<u8>, options: Option<u8> }
            0x09 StepColor { step_x: i16, step_y: i16, transition: u16, mask: Option<u8>, options: Option<u8> }
            0x0a MoveToColorTemperature { mireds: u16, transition: u16, mask: Option<u8>, options: Option<u8> }
            0x40 EnhancedMoveToHue { hue: u16, direction: u8, transition: u16, mask: Option<u8>, options: Option<u8> }
            0x41 EnhancedMoveHue { mode: u8, rate: u16, mask: Option<u8>, options: Option<u8> }
            0x42 EnhancedStepHue { mode: u8, size: u16, transition: u16, mask: Option<u8>, options: Option<u8> }
            0x43 EnhancedMoveToHueAndSaturation { hue: u16, saturation: u8, transition: u16, mask: Option<u8>, options: Option<u8> }
            0x44 ColorLoopSet { update: u8, action: u8, direction: u8, time: u16, start_hue: u16, mask: Option<u8>, options: Option<u8> }
            0x47 StopMoveStep { mask: Option<u8>, options: Option<u8> }
            0x4b MoveColorTemperature { mode: u8, rate: u16, minimum: u16, maximum: u16, mask: Option<u8>, options: Option<u8> }
            0x4c StepColorTemperature { mode: u8, size: u16, transition: u16, minimum: u16, maximum: u16, mask: Option<u8>, options: Option<u8> }
        }
    }
    /// IAS Zone (8.2).
    ias_zone = 0x0500 {
        ToServer false {
            0x00 EnrollResponse { code: u8, zone_id: u8 }
        }
        FromServer true {
            0x00 StatusChangeNotification { zone_status: u16, extended_status: u8, zone_id: Option<u8>, delay: Option<u16> }
            0x01 EnrollRequest { zone_type: u16, manufacturer: u16 }
        }
    }
    /// IAS Warning Device (8.4).
    ias_warning = 0x0502 {
        ToServer false {
            0x00 StartWarning { info: u8, duration: u16, strobe_duty_cycle: Option<u8>, strobe_level: Option<u8> }
            0x01 Squawk { info: u8 }
        }
    }
    /// Poll Control (3.16).
    poll_control = 0x0020 {
        ToServer false {
            0x00 CheckInResponse { start_fast_polling: bool, timeout: u16 }
            0x01 FastPollStop {}
            0x02 SetLongPollInterval { quarters: u32 }
            0x03 SetShortPollInterval { quarters: u16 }
        }
        FromServer true {
            0x00 CheckIn {}
        }
    }
    /// Touchlink commissioning (13.3): only what tells whose scan it is.
    touchlink = 0x1000 {
        ToServer false {
            0x00 ScanRequest { transaction: u32, zigbee: u8, touchlink: u8 }
            0x06 Identify { transaction: u32, duration: u16 }
            0x07 ResetToFactoryNew { transaction: u32 }
        }
        FromServer true {
            0x41 EndpointInformation { ieee: Ieee, network: u16, endpoint: u8, profile: u16, device: u16, version: u8 }
        }
    }
}

/// Field values of the commands.
#[allow(missing_docs)] // the names are the specification's
pub mod mode {
    pub const LEVEL_UP: u8 = 0;
    pub const LEVEL_DOWN: u8 = 1;
    pub const COLOR_STOP: u8 = 0;
    pub const COLOR_UP: u8 = 1;
    pub const COLOR_DOWN: u8 = 3;
}

//! The manufacturing test library.

use crate::ezsp::Status;
use crate::ezsp::parameters::commands;
use crate::ezsp::wire::Lv8;

commands! {
    MfglibStart 0x0083 "mfglibStart" since 8 (rx_callback: bool) -> MfglibStartReply (status: Status);
    MfglibEnd 0x0084 "mfglibEnd" since 8 () -> MfglibEndReply (status: Status);
    MfglibStartTone 0x0085 "mfglibStartTone" since 8 () -> MfglibStartToneReply (status: Status);
    MfglibStopTone 0x0086 "mfglibStopTone" since 8 () -> MfglibStopToneReply (status: Status);
    MfglibStartStream 0x0087 "mfglibStartStream" since 8 () -> MfglibStartStreamReply (status: Status);
    MfglibStopStream 0x0088 "mfglibStopStream" since 8 () -> MfglibStopStreamReply (status: Status);
    MfglibSendPacket 0x0089 "mfglibSendPacket" since 8 (packet: Vec<u8> as Lv8)
        -> MfglibSendPacketReply (status: Status);
    MfglibSetChannel 0x008a "mfglibSetChannel" since 8 (channel: u8) -> MfglibSetChannelReply (status: Status);
    MfglibGetChannel 0x008b "mfglibGetChannel" since 8 () -> MfglibGetChannelReply (channel: u8);
    MfglibSetPower 0x008c "mfglibSetPower" since 8 (tx_power_mode: u16, power: i8)
        -> MfglibSetPowerReply (status: Status);
    MfglibGetPower 0x008d "mfglibGetPower" since 8 () -> MfglibGetPowerReply (power: i8);
}

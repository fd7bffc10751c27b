//! Version, configuration, values, policies, endpoints and the NCP itself.

use crate::Ieee;
use crate::ezsp::Status;
use crate::ezsp::parameters::commands;
use crate::ezsp::types::Clusters;
use crate::ezsp::wire::{Ember, Ezsp, Lv8, Rest};

commands! {
    VersionCommand 0x0000 "version" since 8 (desired_protocol_version: u8)
        -> VersionReply (protocol_version: u8, stack_type: u8, stack_version: u16);
    GetLibraryStatus 0x0001 "getLibraryStatus" since 8 (library_id: u8) -> GetLibraryStatusReply (status: u8);
    AddEndpoint 0x0002 "addEndpoint" since 8
        (endpoint: u8, profile_id: u16, device_id: u16, device_version: u8, clusters: Clusters)
        -> AddEndpointReply (status: Status as Ezsp);
    GetExtendedValue 0x0003 "getExtendedValue" since 8 (value_id: u8, characteristics: u32)
        -> GetExtendedValueReply (status: Status as Ezsp, value: Vec<u8> as Lv8);
    Nop 0x0005 "nop" since 8 () -> NopReply ();
    CallbackCommand 0x0006 "callback" since 8 () -> CallbackReply ();
    SetTimer 0x000e "setTimer" since 8 (timer_id: u8, time: u16, units: u8, repeat: bool)
        -> SetTimerReply (status: Status);
    DebugWrite 0x0012 "debugWrite" since 8 (binary_message: bool, message: Vec<u8> as Lv8)
        -> DebugWriteReply (status: Status);
    GetXncpInfo 0x0013 "getXncpInfo" since 8 ()
        -> GetXncpInfoReply (status: Status, manufacturer_id: u16, version_number: u16);
    CustomFrame 0x0047 "customFrame" since 8 (payload: Vec<u8> as Lv8)
        -> CustomFrameReply (status: Status, reply: Vec<u8> as Lv8);
    GetRandomNumber 0x0049 "getRandomNumber" since 8 () -> GetRandomNumberReply (status: Status, value: u16);
    GetTimer 0x004e "getTimer" since 8 (timer_id: u8) -> GetTimerReply (time: u16, units: u8, repeat: bool);
    GetTrueRandomEntropySource 0x004f "getTrueRandomEntropySource" since 8 ()
        -> GetTrueRandomEntropySourceReply (entropy_source: u8);
    GetConfigurationValue 0x0052 "getConfigurationValue" since 8 (config_id: u8)
        -> GetConfigurationValueReply (status: Status as Ezsp, value: u16);
    SetConfigurationValue 0x0053 "setConfigurationValue" since 8 (config_id: u8, value: u16)
        -> SetConfigurationValueReply (status: Status as Ezsp);
    SetPolicy 0x0055 "setPolicy" since 8 (policy_id: u8, decision_id: u8) -> SetPolicyReply (status: Status as Ezsp);
    GetPolicy 0x0056 "getPolicy" since 8 (policy_id: u8) -> GetPolicyReply (status: Status as Ezsp, decision_id: u8);
    ReadAndClearCounters 0x0065 "readAndClearCounters" since 8 ()
        -> ReadAndClearCountersReply (values: Vec<u16> as Rest);
    Echo 0x0081 "echo" since 8 (data: Vec<u8> as Lv8) -> EchoReply (echo: Vec<u8> as Lv8);
    LaunchStandaloneBootloader 0x008f "launchStandaloneBootloader" since 8 (mode: u8)
        -> LaunchStandaloneBootloaderReply (status: Status as Ember);
    DelayTest 0x009d "delayTest" since 8 (delay: u16) -> DelayTestReply ();
    RemoveDevice 0x00a8 "removeDevice" since 8 (dest_short: u16, dest_long: Ieee, target_long: Ieee)
        -> RemoveDeviceReply (status: Status);
    GetValue 0x00aa "getValue" since 8 (value_id: u8)
        -> GetValueReply (status: Status as Ezsp, value: Vec<u8> as Lv8);
    SetValue 0x00ab "setValue" since 8 (value_id: u8, value: Vec<u8> as Lv8)
        -> SetValueReply (status: Status as Ezsp);
    SetGpioCurrentConfiguration 0x00ac "setGpioCurrentConfiguration" since 8 until 8 (port_pin: u8, cfg: u8, out: u8)
        -> SetGpioCurrentConfigurationReply (status: Status as Ezsp);
    SetGpioPowerUpDownConfiguration 0x00ad "setGpioPowerUpDownConfiguration" since 8 until 8
        (port_pin: u8, pu_cfg: u8, pu_out: u8, pd_cfg: u8, pd_out: u8)
        -> SetGpioPowerUpDownConfigurationReply (status: Status as Ezsp);
    ReadCounters 0x00f1 "readCounters" since 8 () -> ReadCountersReply (values: Vec<u16> as Rest);
    ReadAttribute 0x0108 "readAttribute" since 12
        (endpoint: u8, cluster: u16, attribute_id: u16, mask: u8, manufacturer_code: u16)
        -> ReadAttributeReply (status: Status as Ember, data_type: u8, data: Vec<u8> as Lv8);
    WriteAttribute 0x0109 "writeAttribute" since 12
        (endpoint: u8, cluster: u16, attribute_id: u16, mask: u8, manufacturer_code: u16, override_read_only_and_data_type: bool, just_test: bool, data_type: u8, data: Vec<u8> as Lv8)
        -> WriteAttributeReply (status: Status as Ember);
}

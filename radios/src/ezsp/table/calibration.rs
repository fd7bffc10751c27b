//! Calibration of the power amplifier, from version 18.

use crate::ezsp::Status;
use crate::ezsp::parameters::commands;
use crate::ezsp::types::{PaCurve, PaCurveSegment, PaDescriptor, PaMetadata, PaTable};

commands! {
    ReadPaDescriptor 0x0152 "readPaDescriptor" since 18 (index: u8)
        -> ReadPaDescriptorReply (status: Status, descriptor: PaDescriptor);
    WritePaDescriptor 0x0153 "writePaDescriptor" since 18 (index: u8, descriptor: PaDescriptor)
        -> WritePaDescriptorReply (status: Status);
    ReadPaCurveSegment 0x0154 "readPaCurveSegment" since 18 (index: u8, segment_index: u8)
        -> ReadPaCurveSegmentReply (status: Status, segment: PaCurveSegment);
    WritePaCurveSegment 0x0155 "writePaCurveSegment" since 18 (index: u8, segment_index: u8, segment: PaCurveSegment)
        -> WritePaCurveSegmentReply (status: Status);
    ReadPaCurve 0x0156 "readPaCurve" since 18 (index: u8) -> ReadPaCurveReply (status: Status, curve: PaCurve);
    WritePaCurve 0x0157 "writePaCurve" since 18 (index: u8, curve: PaCurve) -> WritePaCurveReply (status: Status);
    ReadPaTable 0x0158 "readPaTable" since 18 (index: u8) -> ReadPaTableReply (status: Status, table: PaTable);
    WritePaTable 0x0159 "writePaTable" since 18 (index: u8, table: PaTable) -> WritePaTableReply (status: Status);
    ReadRssiOffset 0x015a "readRssiOffset" since 18 () -> ReadRssiOffsetReply (status: Status, rssi_offset: i8);
    ReadPaVoltage 0x015b "readPaVoltage" since 18 () -> ReadPaVoltageReply (status: Status, pa_voltage: u16);
    WritePaVoltage 0x015c "writePaVoltage" since 18 (pa_voltage: u16) -> WritePaVoltageReply (status: Status);
    ReadPaMode 0x015d "readPaMode" since 18 () -> ReadPaModeReply (status: Status, pa_mode: u8);
    WritePaMode 0x015e "writePaMode" since 18 (pa_mode: u8) -> WritePaModeReply (status: Status);
    WriteRssiOffset 0x015f "writeRssiOffset" since 18 (rssi_offset: i8) -> WriteRssiOffsetReply (status: Status);
    ReadCtune 0x0160 "readCtune" since 18 () -> ReadCtuneReply (status: Status, ctune: u32);
    WriteCtune 0x0161 "writeCtune" since 18 (ctune: u32) -> WriteCtuneReply (status: Status);
    ReadDhcVersion 0x0162 "readDhcVersion" since 18 () -> ReadDhcVersionReply (status: Status, dhc_version: u8);
    WriteDhcVersion 0x0163 "writeDhcVersion" since 18 (dhc_version: u8) -> WriteDhcVersionReply (status: Status);
    ReadPaVersion 0x0164 "readPaVersion" since 18 () -> ReadPaVersionReply (status: Status, pa_version: u8);
    ReadPaSignature 0x0166 "readPaSignature" since 18 () -> ReadPaSignatureReply (status: Status, pa_signature: u32);
    WritePaSignature 0x0167 "writePaSignature" since 18 (pa_signature: u32) -> WritePaSignatureReply (status: Status);
    ReadPaMetadata 0x0168 "readPaMetadata" since 18 () -> ReadPaMetadataReply (status: Status, metadata: PaMetadata);
    WritePaMetadata 0x0169 "writePaMetadata" since 18 (metadata: PaMetadata) -> WritePaMetadataReply (status: Status);
}

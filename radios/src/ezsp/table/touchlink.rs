//! Touchlink (ZLL).

use crate::ezsp::Status;
use crate::ezsp::parameters::commands;
use crate::ezsp::types::{ZllData, ZllInitialSecurityState, ZllNetwork, ZllSecurity};
use crate::ezsp::wire::Key;

commands! {
    ZllClearTokens 0x0025 "zllClearTokens" since 8 () -> ZllClearTokensReply ();
    ZllNetworkOps 0x00b2 "zllNetworkOps" since 8 (network_info: ZllNetwork, op: u8, radio_tx_power: i8)
        -> ZllNetworkOpsReply (status: Status);
    ZllSetInitialSecurityState 0x00b3 "zllSetInitialSecurityState" since 8
        (network_key: Key, security_state: ZllInitialSecurityState)
        -> ZllSetInitialSecurityStateReply (status: Status);
    ZllStartScan 0x00b4 "zllStartScan" since 8 (channel_mask: u32, radio_power_for_scan: i8, node_type: u8)
        -> ZllStartScanReply (status: Status);
    ZllSetRxOnWhenIdle 0x00b5 "zllSetRxOnWhenIdle" since 8 (duration_ms: u32)
        -> ZllSetRxOnWhenIdleReply (status: Status);
    ZllGetTokens 0x00bc "zllGetTokens" since 8 () -> ZllGetTokensReply (data: ZllData, security: ZllSecurity);
    ZllSetDataToken 0x00bd "zllSetDataToken" since 8 (data: ZllData) -> ZllSetDataTokenReply ();
    IsZllNetwork 0x00be "isZllNetwork" since 8 () -> IsZllNetworkReply (is_zll_network: bool);
    ZllSetNonZllNetwork 0x00bf "zllSetNonZllNetwork" since 8 () -> ZllSetNonZllNetworkReply ();
    ZllSetSecurityStateWithoutKey 0x00cf "zllSetSecurityStateWithoutKey" since 8
        (security_state: ZllInitialSecurityState)
        -> ZllSetSecurityStateWithoutKeyReply (status: Status);
    ZllSetRadioIdleMode 0x00d4 "zllSetRadioIdleMode" since 8 (mode: u8) -> ZllSetRadioIdleModeReply ();
    SetZllNodeType 0x00d5 "setZllNodeType" since 8 (node_type: u8) -> SetZllNodeTypeReply ();
    SetZllAdditionalState 0x00d6 "setZllAdditionalState" since 8 (state: u16) -> SetZllAdditionalStateReply ();
    ZllOperationInProgress 0x00d7 "zllOperationInProgress" since 8 ()
        -> ZllOperationInProgressReply (zll_operation_in_progress: bool);
    ZllRxOnWhenIdleGetActive 0x00d8 "zllRxOnWhenIdleGetActive" since 8 ()
        -> ZllRxOnWhenIdleGetActiveReply (zll_rx_on_when_idle_get_active: bool);
    GetZllPrimaryChannelMask 0x00d9 "getZllPrimaryChannelMask" since 8 ()
        -> GetZllPrimaryChannelMaskReply (zll_primary_channel_mask: u32);
    GetZllSecondaryChannelMask 0x00da "getZllSecondaryChannelMask" since 8 ()
        -> GetZllSecondaryChannelMaskReply (zll_secondary_channel_mask: u32);
    SetZllPrimaryChannelMask 0x00db "setZllPrimaryChannelMask" since 8 (zll_primary_channel_mask: u32)
        -> SetZllPrimaryChannelMaskReply ();
    SetZllSecondaryChannelMask 0x00dc "setZllSecondaryChannelMask" since 8 (zll_secondary_channel_mask: u32)
        -> SetZllSecondaryChannelMaskReply ();
}

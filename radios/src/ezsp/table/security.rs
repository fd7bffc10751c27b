//! Keys and security state.

use crate::Ieee;
use crate::ezsp::Status;
use crate::ezsp::parameters::commands;
use crate::ezsp::types::{
    ApsKeyMetadata, CurrentSecurityState, InitialSecurityState, KeyStruct, MmoHashContext,
    NetworkKeyInfo, SecurityContext, TransientKeyData,
};
use crate::ezsp::wire::{Ezsp, Key, Lv8, Secret, Since, Sl, Until};

commands! {
    RequestLinkKey 0x0014 "requestLinkKey" since 8 (partner: Ieee) -> RequestLinkKeyReply (status: Status);
    UnicastCurrentNetworkKey 0x0050 "unicastCurrentNetworkKey" since 8
        (target_short: u16, target_long: Ieee, parent_short_id: u16)
        -> UnicastCurrentNetworkKeyReply (status: Status);
    AddOrUpdateKeyTableEntry 0x0066 "addOrUpdateKeyTableEntry" since 8 until 12
        (address: Ieee, link_key: bool, key_data: Key)
        -> AddOrUpdateKeyTableEntryReply (status: Status);
    SendTrustCenterLinkKey 0x0067 "sendTrustCenterLinkKey" since 8 (destination_node_id: u16, destination_eui64: Ieee)
        -> SendTrustCenterLinkKeyReply (status: Status);
    SetInitialSecurityState 0x0068 "setInitialSecurityState" since 8 (state: InitialSecurityState)
        -> SetInitialSecurityStateReply (status: Status);
    GetCurrentSecurityState 0x0069 "getCurrentSecurityState" since 8 ()
        -> GetCurrentSecurityStateReply (status: Status, state: CurrentSecurityState);
    GetKey 0x006a "getKey" since 8 until 12 (key_type: u8) -> GetKeyReply (status: Status, key_struct: KeyStruct);
    ClearTransientLinkKeys 0x006b "clearTransientLinkKeys" since 8 () -> ClearTransientLinkKeysReply ();
    UpdateTcLinkKey 0x006c "updateTcLinkKey" since 8 (max_attempts: u8) -> UpdateTcLinkKeyReply (status: Status);
    GetTransientKeyTableEntry 0x006d "getTransientKeyTableEntry" since 8 until 12 (index: u8)
        -> GetTransientKeyTableEntryReply (status: Status, transient_key_data: TransientKeyData);
    AesMmoHash 0x006f "aesMmoHash" since 8 (context: MmoHashContext, finalize: bool, data: Vec<u8> as Secret<Lv8>)
        -> AesMmoHashReply (status: Status, return_context: MmoHashContext);
    GetKeyTableEntry 0x0071 "getKeyTableEntry" since 8 until 12 (index: u8)
        -> GetKeyTableEntryReply (status: Status, key_struct: KeyStruct);
    SetKeyTableEntry 0x0072 "setKeyTableEntry" since 8 until 12
        (index: u8, address: Ieee, link_key: bool, key_data: Key)
        -> SetKeyTableEntryReply (status: Status);
    BroadcastNextNetworkKey 0x0073 "broadcastNextNetworkKey" since 8 (key: Key)
        -> BroadcastNextNetworkKeyReply (status: Status);
    BroadcastNetworkKeySwitch 0x0074 "broadcastNetworkKeySwitch" since 8 ()
        -> BroadcastNetworkKeySwitchReply (status: Status);
    FindKeyTableEntry 0x0075 "findKeyTableEntry" since 8 (address: Ieee, link_key: bool)
        -> FindKeyTableEntryReply (index: u8);
    EraseKeyTableEntry 0x0076 "eraseKeyTableEntry" since 8 (index: u8) -> EraseKeyTableEntryReply (status: Status);
    BecomeTrustCenter 0x0077 "becomeTrustCenter" since 8 until 12 (key: Key)
        -> BecomeTrustCenterReply (status: Status);
    AesEncrypt 0x0094 "aesEncrypt" since 8 (plaintext: [u8; 16] as Secret<[u8; 16]>, key: Key)
        -> AesEncryptReply (ciphertext: [u8; 16]);
    UnicastNwkKeyUpdate 0x00a9 "unicastNwkKeyUpdate" since 8 (dest_short: u16, dest_long: Ieee, key: Key)
        -> UnicastNwkKeyUpdateReply (status: Status);
    AddTransientLinkKey 0x00af "addTransientLinkKey" since 8 until 12 (partner: Ieee, transient_key: Key)
        -> AddTransientLinkKeyReply (status: Status);
    ClearKeyTable 0x00b1 "clearKeyTable" since 8 () -> ClearKeyTableReply (status: Status);
    SetSecurityKey 0x00ca "setSecurityKey" since 8 until 12 (security_key: Key, security_type: u32)
        -> SetSecurityKeyReply (status: Status as Ezsp);
    SetSecurityParameters 0x00cb "setSecurityParameters" since 8 until 12 (security_level: u8)
        -> SetSecurityParametersReply (status: Status as Ezsp, random_number: [u8; 16]);
    GetSecurityKeyStatus 0x00cd "getSecurityKeyStatus" since 8 until 12 ()
        -> GetSecurityKeyStatusReply (status: Status as Ezsp, security_type: u32);
    GetTransientLinkKey 0x00ce "getTransientLinkKey" since 8 until 12 (eui64: Ieee)
        -> GetTransientLinkKeyReply (status: Status, transient_key_data: TransientKeyData);
    GetApsKeyInfo 0x010c "getApsKeyInfo" since 12 (context_in: SecurityContext)
        -> GetApsKeyInfoReply (status: Status, eui64: Ieee, key_data: ApsKeyMetadata, context: SecurityContext) by {
            14 [status: Status, key_data: ApsKeyMetadata, context: SecurityContext]
            8 [eui64: Ieee, key_data: ApsKeyMetadata, status: Status as Sl]
        };
    ExportLinkKeyByEui 0x010d "exportLinkKeyByEui" since 12 (eui64: Ieee)
        -> ExportLinkKeyByEuiReply (status: Status, context: SecurityContext, index: u8, plaintext_key: Key, key_data: ApsKeyMetadata) by {
            14 [status: Status, context: SecurityContext, plaintext_key: Key, key_data: ApsKeyMetadata]
            8 [plaintext_key: Key, index: u8, key_data: ApsKeyMetadata, status: Status as Sl]
        };
    ImportLinkKey 0x010e "importLinkKey" since 12 (index: u8, address: Ieee, key: Key)
        -> ImportLinkKeyReply (status: Status as Sl);
    ExportLinkKeyByIndex 0x010f "exportLinkKeyByIndex" since 12 (index: u8)
        -> ExportLinkKeyByIndexReply (status: Status, context: SecurityContext, eui64: Ieee, plaintext_key: Key, key_data: ApsKeyMetadata) by {
            14 [status: Status, context: SecurityContext, plaintext_key: Key, key_data: ApsKeyMetadata]
            8 [eui64: Ieee, plaintext_key: Key, key_data: ApsKeyMetadata, status: Status as Sl]
        };
    CheckKeyContext 0x0110 "checkKeyContext" since 12 (context: SecurityContext)
        -> CheckKeyContextReply (status: Status as Sl);
    // From version 14 on one host sends the flags and the other does not: they are not sent.
    ImportTransientKey 0x0111 "importTransientKey" since 12
        (eui64: Ieee, plaintext_key: Key, flags: u8 as Until<14, u8>)
        -> ImportTransientKeyReply (status: Status as Sl);
    ExportTransientKeyByIndex 0x0112 "exportTransientKeyByIndex" since 12 (index: u8)
        -> ExportTransientKeyByIndexReply (status: Status, context: SecurityContext, plaintext_key: Key, key_data: ApsKeyMetadata) by {
            14 [status: Status, context: SecurityContext, plaintext_key: Key, key_data: ApsKeyMetadata]
            8 [context: SecurityContext, plaintext_key: Key, key_data: ApsKeyMetadata, status: Status as Sl]
        };
    ExportTransientKeyByEui 0x0113 "exportTransientKeyByEui" since 12 (eui64: Ieee)
        -> ExportTransientKeyByEuiReply (status: Status, context: SecurityContext, plaintext_key: Key, key_data: ApsKeyMetadata) by {
            14 [status: Status, context: SecurityContext, plaintext_key: Key, key_data: ApsKeyMetadata]
            8 [context: SecurityContext, plaintext_key: Key, key_data: ApsKeyMetadata, status: Status as Sl]
        };
    ExportKey 0x0114 "exportKey" since 12 (context: SecurityContext)
        -> ExportKeyReply (status: Status, key: Key, context: SecurityContext) by {
            14 [status: Status, key: Key, context: SecurityContext]
            8 [key: Key, status: Status as Sl]
        };
    ImportKey 0x0115 "importKey" since 12 (context: SecurityContext, key: Key)
        -> ImportKeyReply (status: Status as Sl, context: SecurityContext as Since<14, SecurityContext>);
    GetNetworkKeyInfo 0x0116 "getNetworkKeyInfo" since 13 ()
        -> GetNetworkKeyInfoReply (status: Status as Sl, network_key_info: NetworkKeyInfo);
}

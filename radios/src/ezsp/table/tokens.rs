//! Tokens: what the NCP keeps in flash.

use crate::ezsp::Status;
use crate::ezsp::parameters::commands;
use crate::ezsp::types::TokenInfo;
use crate::ezsp::wire::{ByteBelow, Ezsp, Lv8, Lv32, Optional, Secret};

commands! {
    SetToken 0x0009 "setToken" since 8 (token_id: u8, token_data: [u8; 8] as Secret<[u8; 8]>)
        -> SetTokenReply (status: Status);
    GetToken 0x000a "getToken" since 8 (token_id: u8)
        -> GetTokenReply (status: Status, token_data: [u8; 8] as Secret<[u8; 8]>);
    GetMfgToken 0x000b "getMfgToken" since 8 (token_id: u8) -> GetMfgTokenReply (token_data: Vec<u8> as Secret<Lv8>);
    SetMfgToken 0x000c "setMfgToken" since 8 (token_id: u8, token_data: Vec<u8> as Secret<Lv8>)
        -> SetMfgTokenReply (status: Status);
    TokenFactoryReset 0x0077 "tokenFactoryReset" since 13 (exclude_outgoing_fc: bool, exclude_boot_counter: bool)
        -> TokenFactoryResetReply ();
    ResetToFactoryDefaults 0x00cc "resetToFactoryDefaults" since 8 until 12 ()
        -> ResetToFactoryDefaultsReply (status: Status as Ezsp);
    WriteNodeData 0x00fe "writeNodeData" since 8 (erase: bool) -> WriteNodeDataReply (status: Status);
    GetTokenCount 0x0100 "getTokenCount" since 9 () -> GetTokenCountReply (count: u32 as ByteBelow<18, u32>);
    GetTokenInfo 0x0101 "getTokenInfo" since 9 (index: u8)
        -> GetTokenInfoReply (status: Status, token_info: TokenInfo);
    GetTokenData 0x0102 "getTokenData" since 9 (token: u32, index: u32)
        -> GetTokenDataReply (status: Status, value: Option<Vec<u8>> as Optional<Secret<Lv32>>);
    SetTokenData 0x0103 "setTokenData" since 9 (token: u32, index: u32, token_data: Vec<u8> as Secret<Lv32>)
        -> SetTokenDataReply (status: Status);
    ResetNode 0x0104 "resetNode" since 9 () -> ResetNodeReply ();
}

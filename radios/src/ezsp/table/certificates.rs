//! Certificate-based key establishment and signatures (Smart Energy).

use crate::ezsp::Status;
use crate::ezsp::parameters::commands;
use crate::ezsp::wire::{Blob, Lv8, Secret};

commands! {
    CalculateSmacs 0x009f "calculateSmacs" since 8
        (am_initiator: bool, partner_certificate: Blob<48>, partner_ephemeral_public_key: [u8; 22])
        -> CalculateSmacsReply (status: Status);
    ClearTemporaryDataMaybeStoreLinkKey 0x00a1 "clearTemporaryDataMaybeStoreLinkKey" since 8 (store_link_key: bool)
        -> ClearTemporaryDataMaybeStoreLinkKeyReply (status: Status);
    SetPreinstalledCbkeData 0x00a2 "setPreinstalledCbkeData" since 8
        (ca_public: [u8; 22], my_cert: Blob<48>, my_key: [u8; 21] as Secret<[u8; 21]>)
        -> SetPreinstalledCbkeDataReply (status: Status);
    DsaVerify 0x00a3 "dsaVerify" since 8 (digest: [u8; 16], signer_certificate: Blob<48>, received_sig: Blob<42>)
        -> DsaVerifyReply (status: Status);
    GenerateCbkeKeys 0x00a4 "generateCbkeKeys" since 8 () -> GenerateCbkeKeysReply (status: Status);
    GetCertificate 0x00a5 "getCertificate" since 8 () -> GetCertificateReply (status: Status, local_cert: Blob<48>);
    DsaSign 0x00a6 "dsaSign" since 8 (message: Vec<u8> as Lv8) -> DsaSignReply (status: Status);
    DsaVerify283k1 0x00b0 "dsaVerify283k1" since 8
        (digest: [u8; 16], signer_certificate: Blob<74>, received_sig: Blob<72>)
        -> DsaVerify283k1Reply (status: Status);
    GenerateCbkeKeys283k1 0x00e8 "generateCbkeKeys283k1" since 8 () -> GenerateCbkeKeys283k1Reply (status: Status);
    GenerateCbkeKeysHandler283k1 0x00e9 "generateCbkeKeysHandler283k1" since 8 ()
        -> GenerateCbkeKeysHandler283k1Reply (status: Status, ephemeral_public_key: Blob<37>);
    CalculateSmacs283k1 0x00ea "calculateSmacs283k1" since 8
        (am_initiator: bool, partner_certificate: Blob<74>, partner_ephemeral_public_key: Blob<37>)
        -> CalculateSmacs283k1Reply (status: Status);
    CalculateSmacsHandler283k1 0x00eb "calculateSmacsHandler283k1" since 8 ()
        -> CalculateSmacsHandler283k1Reply (status: Status, initiator_smac: [u8; 16], responder_smac: [u8; 16]);
    GetCertificate283k1 0x00ec "getCertificate283k1" since 8 ()
        -> GetCertificate283k1Reply (status: Status, local_cert: Blob<74>);
    SavePreinstalledCbkeData283k1 0x00ed "savePreinstalledCbkeData283k1" since 8 ()
        -> SavePreinstalledCbkeData283k1Reply (status: Status);
    ClearTemporaryDataMaybeStoreLinkKey283k1 0x00ee "clearTemporaryDataMaybeStoreLinkKey283k1" since 8
        (store_link_key: bool)
        -> ClearTemporaryDataMaybeStoreLinkKey283k1Reply (status: Status);
}

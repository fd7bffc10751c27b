//! Values with names: one module for each kind, constants of the width the wire has.

macro_rules! values {
    ($(
        $(#[$doc:meta])*
        $module:ident: $type:ty { $($name:ident = $value:literal;)* }
    )*) => {$(
        $(#[$doc])*
        pub mod $module {
            $(
                #[doc = concat!("`", stringify!($name), "`, ", stringify!($value), ".")]
                pub const $name: $type = $value;
            )*
        }
    )*};
}

values! {
    /// What `getConfigurationValue` and `setConfigurationValue` take.
    config_id: u8 {
        PACKET_BUFFER_COUNT = 0x01;
        NEIGHBOR_TABLE_SIZE = 0x02;
        APS_UNICAST_MESSAGE_COUNT = 0x03;
        BINDING_TABLE_SIZE = 0x04;
        ADDRESS_TABLE_SIZE = 0x05;
        MULTICAST_TABLE_SIZE = 0x06;
        ROUTE_TABLE_SIZE = 0x07;
        DISCOVERY_TABLE_SIZE = 0x08;
        BROADCAST_ALARM_DATA_SIZE = 0x09;
        UNICAST_ALARM_DATA_SIZE = 0x0a;
        STACK_PROFILE = 0x0c;
        SECURITY_LEVEL = 0x0d;
        MAX_HOPS = 0x10;
        MAX_END_DEVICE_CHILDREN = 0x11;
        INDIRECT_TRANSMISSION_TIMEOUT = 0x12;
        END_DEVICE_POLL_TIMEOUT = 0x13;
        MOBILE_NODE_POLL_TIMEOUT = 0x14;
        RESERVED_MOBILE_CHILD_ENTRIES = 0x15;
        TX_POWER_MODE = 0x17;
        DISABLE_RELAY = 0x18;
        TRUST_CENTER_ADDRESS_CACHE_SIZE = 0x19;
        SOURCE_ROUTE_TABLE_SIZE = 0x1a;
        END_DEVICE_POLL_TIMEOUT_SHIFT = 0x1b;
        FRAGMENT_WINDOW_SIZE = 0x1c;
        FRAGMENT_DELAY_MS = 0x1d;
        KEY_TABLE_SIZE = 0x1e;
        APS_ACK_TIMEOUT = 0x1f;
        ACTIVE_SCAN_DURATION = 0x20;
        END_DEVICE_BIND_TIMEOUT = 0x21;
        PAN_ID_CONFLICT_REPORT_THRESHOLD = 0x22;
        REQUEST_KEY_TIMEOUT = 0x24;
        CERTIFICATE_TABLE_SIZE = 0x29;
        APPLICATION_ZDO_FLAGS = 0x2a;
        BROADCAST_TABLE_SIZE = 0x2b;
        MAC_FILTER_TABLE_SIZE = 0x2c;
        SUPPORTED_NETWORKS = 0x2d;
        SEND_MULTICASTS_TO_SLEEPY_ADDRESS = 0x2e;
        ZLL_GROUP_ADDRESSES = 0x2f;
        ZLL_RSSI_THRESHOLD = 0x30;
        MTORR_FLOW_CONTROL = 0x33;
        RETRY_QUEUE_SIZE = 0x34;
        NEW_BROADCAST_ENTRY_THRESHOLD = 0x35;
        TRANSIENT_KEY_TIMEOUT_S = 0x36;
        BROADCAST_MIN_ACKS_NEEDED = 0x37;
        GREEN_POWER_ACTIVE = 0x37;
        TC_REJOINS_USING_WELL_KNOWN_KEY_TIMEOUT_S = 0x38;
        CTUNE_VALUE = 0x39;
        ASSUME_TC_CONCENTRATOR_TYPE = 0x40;
        GP_PROXY_TABLE_SIZE = 0x41;
        EZSP_CONFIG_GP_SINK_TABLE_SIZE = 0x42;
    }

    /// What `getValue` and `setValue` take.
    value_id: u8 {
        TOKEN_STACK_NODE_DATA = 0x00;
        MAC_PASSTHROUGH_FLAGS = 0x01;
        EMBERNET_PASSTHROUGH_SOURCE_ADDRESS = 0x02;
        FREE_BUFFERS = 0x03;
        UART_SYNCH_CALLBACKS = 0x04;
        MAXIMUM_INCOMING_TRANSFER_SIZE = 0x05;
        MAXIMUM_OUTGOING_TRANSFER_SIZE = 0x06;
        STACK_TOKEN_WRITING = 0x07;
        STACK_IS_PERFORMING_REJOIN = 0x08;
        MAC_FILTER_LIST = 0x09;
        EXTENDED_SECURITY_BITMASK = 0x0a;
        NODE_SHORT_ID = 0x0b;
        DESCRIPTOR_CAPABILITY = 0x0c;
        STACK_DEVICE_REQUEST_SEQUENCE_NUMBER = 0x0d;
        RADIO_HOLD_OFF = 0x0e;
        ENDPOINT_FLAGS = 0x0f;
        MFG_SECURITY_CONFIG = 0x10;
        VERSION_INFO = 0x11;
        NEXT_HOST_REJOIN_REASON = 0x12;
        LAST_REJOIN_REASON = 0x13;
        NEXT_ZIGBEE_SEQUENCE_NUMBER = 0x14;
        CCA_THRESHOLD = 0x15;
        SET_COUNTER_THRESHOLD = 0x17;
        RESET_COUNTER_THRESHOLDS = 0x18;
        CLEAR_COUNTERS = 0x19;
        CERTIFICATE_283K1 = 0x1a;
        PUBLIC_KEY_283K1 = 0x1b;
        PRIVATE_KEY_283K1 = 0x1c;
        NWK_FRAME_COUNTER = 0x23;
        APS_FRAME_COUNTER = 0x24;
        RETRY_DEVICE_TYPE = 0x25;
        ENABLE_R21_BEHAVIOR = 0x29;
        ANTENNA_MODE = 0x30;
        ENABLE_PTA = 0x31;
        PTA_OPTIONS = 0x32;
        MFGLIB_OPTIONS = 0x33;
        USE_NEGOTIATED_POWER_BY_LPD = 0x34;
        PTA_PWM_OPTIONS = 0x35;
        PTA_DIRECTIONAL_PRIORITY_PULSE_WIDTH = 0x36;
        PTA_PHY_SELECT_TIMEOUT = 0x37;
        ANTENNA_RX_MODE = 0x38;
        NWK_KEY_TIMEOUT = 0x39;
        FORCE_TX_AFTER_FAILED_CCA_ATTEMPTS = 0x3a;
        TRANSIENT_KEY_TIMEOUT_S = 0x3b;
        COULOMB_COUNTER_USAGE = 0x3c;
        MAX_BEACONS_TO_STORE = 0x3d;
        END_DEVICE_TIMEOUT_OPTIONS_MASK = 0x3e;
        END_DEVICE_KEEP_ALIVE_SUPPORT_MODE = 0x3f;
        GPIO_RADIO_POWER_MASK = 0x40;
        ACTIVE_RADIO_CONFIG = 0x41;
        TRANSIENT_DEVICE_TIMEOUT = 0x43;
        KEY_STORAGE_VERSION = 0x44;
        DELAYED_JOIN_ACTIVATION = 0x45;
        MAX_NWK_RETRIES = 0x46;
        REJOIN_MODE = 0x47;
        JOIN_USE_INSTALL_CODE_ENABLE = 0x48;
    }

    /// What `getExtendedValue` takes.
    extended_value_id: u8 {
        ENDPOINT_FLAGS = 0x00;
        LAST_LEAVE_REASON = 0x01;
        GET_SOURCE_ROUTE_OVERHEAD = 0x02;
        MEMORY_USAGE_DATA = 0x03;
    }

    /// What `getPolicy` and `setPolicy` take.
    policy_id: u8 {
        TRUST_CENTER_POLICY = 0x00;
        BINDING_MODIFICATION_POLICY = 0x01;
        UNICAST_REPLIES_POLICY = 0x02;
        POLL_HANDLER_POLICY = 0x03;
        MESSAGE_CONTENTS_IN_CALLBACK_POLICY = 0x04;
        TC_KEY_REQUEST_POLICY = 0x05;
        APP_KEY_REQUEST_POLICY = 0x06;
        PACKET_VALIDATE_LIBRARY_POLICY = 0x07;
        ZLL_POLICY = 0x08;
        TC_REJOINS_USING_WELL_KNOWN_KEY_POLICY = 0x09;
    }

    /// Decisions of all policies but the trust centre's.
    decision_id: u8 {
        DISALLOW_BINDING_MODIFICATION = 0x10;
        ALLOW_BINDING_MODIFICATION = 0x11;
        CHECK_BINDING_MODIFICATIONS_ARE_VALID_ENDPOINT_CLUSTERS = 0x12;
        HOST_WILL_NOT_SUPPLY_REPLY = 0x20;
        HOST_WILL_SUPPLY_REPLY = 0x21;
        POLL_HANDLER_IGNORE = 0x30;
        POLL_HANDLER_CALLBACK = 0x31;
        MESSAGE_TAG_ONLY_IN_CALLBACK = 0x40;
        MESSAGE_TAG_AND_CONTENTS_IN_CALLBACK = 0x41;
        DENY_TC_KEY_REQUESTS = 0x50;
        ALLOW_TC_KEY_REQUESTS_AND_SEND_CURRENT_KEY = 0x51;
        ALLOW_TC_KEY_REQUEST_AND_GENERATE_NEW_KEY = 0x52;
        DENY_APP_KEY_REQUESTS = 0x60;
        ALLOW_APP_KEY_REQUESTS = 0x61;
        PACKET_VALIDATE_LIBRARY_CHECKS_ENABLED = 0x62;
        PACKET_VALIDATE_LIBRARY_CHECKS_DISABLED = 0x63;
    }

    /// Decision bits of the trust centre policy.
    trust_center_decision: u8 {
        DEFAULT_CONFIGURATION = 0x00;
        ALLOW_JOINS = 0x01;
        ALLOW_UNSECURED_REJOINS = 0x02;
        SEND_KEY_IN_CLEAR = 0x04;
        IGNORE_UNSECURED_REJOINS = 0x08;
        JOINS_USE_INSTALL_CODE_KEY = 0x10;
        DEFER_JOINS = 0x20;
    }

    /// Bits of an APS frame's options.
    aps_option: u16 {
        NONE = 0x00;
        ENCRYPT_WITH_TRANSIENT_KEY = 0x01;
        USE_ALIAS_SEQUENCE_NUMBER = 0x02;
        UNKNOWN = 0x08;
        DSA_SIGN = 0x10;
        ENCRYPTION = 0x20;
        RETRY = 0x40;
        ENABLE_ROUTE_DISCOVERY = 0x100;
        FORCE_ROUTE_DISCOVERY = 0x200;
        SOURCE_EUI64 = 0x400;
        DESTINATION_EUI64 = 0x800;
        ENABLE_ADDRESS_DISCOVERY = 0x1000;
        POLL_RESPONSE = 0x2000;
        ZDO_RESPONSE_REQUIRED = 0x4000;
        FRAGMENT = 0x8000;
    }

    /// How `sendUnicast` and `messageSentHandler` mean the destination.
    outgoing_type: u8 {
        DIRECT = 0x00;
        VIA_ADDRESS_TABLE = 0x01;
        VIA_BINDING = 0x02;
        MULTICAST = 0x03;
        MULTICAST_WITH_ALIAS = 0x04;
        BROADCAST_WITH_ALIAS = 0x05;
        BROADCAST = 0x06;
    }

    /// How a message came.
    incoming_type: u8 {
        UNICAST = 0x00;
        UNICAST_REPLY = 0x01;
        MULTICAST = 0x02;
        MULTICAST_LOOPBACK = 0x03;
        BROADCAST = 0x04;
        BROADCAST_LOOPBACK = 0x05;
        MANY_TO_ONE_ROUTE_REQUEST = 0x06;
    }

    /// Who hears a broadcast.
    broadcast_address: u16 {
        ALL_DEVICES = 0xffff;
        RX_ON_WHEN_IDLE = 0xfffd;
        ALL_ROUTERS_AND_COORDINATOR = 0xfffc;
        LOW_POWER_ROUTER = 0xfffb;
    }

    /// What a node is.
    node_type: u8 {
        UNKNOWN_DEVICE = 0x00;
        COORDINATOR = 0x01;
        ROUTER = 0x02;
        END_DEVICE = 0x03;
        SLEEPY_END_DEVICE = 0x04;
        MOBILE_END_DEVICE = 0x05;
        UNKNOWN_NODE_TYPE = 0xff;
    }

    /// What `networkState` replies.
    network_status: u8 {
        NO_NETWORK = 0x00;
        JOINING_NETWORK = 0x01;
        JOINED_NETWORK = 0x02;
        JOINED_NETWORK_NO_PARENT = 0x03;
        LEAVING_NETWORK = 0x04;
    }

    /// Bits of `networkInit`.
    network_init: u16 {
        NO_OPTIONS = 0x00;
        PARENT_INFO_IN_TOKEN = 0x01;
        END_DEVICE_REJOIN_ON_REBOOT = 0x02;
    }

    /// How to join.
    join_method: u8 {
        USE_MAC_ASSOCIATION = 0x00;
        USE_NWK_REJOIN = 0x01;
        USE_NWK_REJOIN_HAVE_NWK_KEY = 0x02;
        USE_CONFIGURED_NWK_STATE = 0x03;
    }

    /// What a device did, in `trustCenterJoinHandler`.
    device_update: u8 {
        STANDARD_SECURITY_SECURED_REJOIN = 0x00;
        STANDARD_SECURITY_UNSECURED_JOIN = 0x01;
        DEVICE_LEFT = 0x02;
        STANDARD_SECURITY_UNSECURED_REJOIN = 0x03;
        HIGH_SECURITY_SECURED_REJOIN = 0x04;
        HIGH_SECURITY_UNSECURED_JOIN = 0x05;
        HIGH_SECURITY_UNSECURED_REJOIN = 0x07;
    }

    /// What the trust centre decided.
    join_decision: u8 {
        USE_PRECONFIGURED_KEY = 0x00;
        SEND_KEY_IN_THE_CLEAR = 0x01;
        DENY_JOIN = 0x02;
        NO_ACTION = 0x03;
    }

    /// What became of a link key, in `zigbeeKeyEstablishmentHandler`.
    key_status: u8 {
        KEY_STATUS_NONE = 0x00;
        APP_LINK_KEY_ESTABLISHED = 0x01;
        APP_MASTER_KEY_ESTABLISHED = 0x02;
        TRUST_CENTER_LINK_KEY_ESTABLISHED = 0x03;
        KEY_ESTABLISHMENT_TIMEOUT = 0x04;
        KEY_TABLE_FULL = 0x05;
        TC_RESPONDED_TO_KEY_REQUEST = 0x06;
        TC_APP_KEY_SENT_TO_REQUESTER = 0x07;
        TC_RESPONSE_TO_KEY_REQUEST_FAILED = 0x08;
        TC_REQUEST_KEY_TYPE_NOT_SUPPORTED = 0x09;
        TC_NO_LINK_KEY_FOR_REQUESTER = 0x0a;
        TC_REQUESTER_EUI64_UNKNOWN = 0x0b;
        TC_RECEIVED_FIRST_APP_KEY_REQUEST = 0x0c;
        TC_TIMEOUT_WAITING_FOR_SECOND_APP_KEY_REQUEST = 0x0d;
        TC_NON_MATCHING_APP_KEY_REQUEST_RECEIVED = 0x0e;
        TC_FAILED_TO_SEND_APP_KEYS = 0x0f;
        TC_FAILED_TO_STORE_APP_KEY_REQUEST = 0x10;
        TC_REJECTED_APP_KEY_REQUEST = 0x11;
        TC_FAILED_TO_GENERATE_NEW_KEY = 0x12;
        TC_FAILED_TO_SEND_TC_KEY = 0x13;
        TRUST_CENTER_IS_PRE_R21 = 0x1e;
        TC_REQUESTER_VERIFY_KEY_TIMEOUT = 0x32;
        TC_REQUESTER_VERIFY_KEY_FAILURE = 0x33;
        TC_REQUESTER_VERIFY_KEY_SUCCESS = 0x34;
        VERIFY_LINK_KEY_FAILURE = 0x64;
        VERIFY_LINK_KEY_SUCCESS = 0x65;
    }

    /// Bits of an initial security state.
    security_bit: u16 {
        STANDARD_SECURITY_MODE = 0x00;
        DISTRIBUTED_TRUST_CENTER_MODE = 0x02;
        TRUST_CENTER_GLOBAL_LINK_KEY = 0x04;
        PRECONFIGURED_NETWORK_KEY_MODE = 0x08;
        HAVE_TRUST_CENTER_EUI64 = 0x40;
        TRUST_CENTER_USES_HASHED_LINK_KEY = 0x84;
        HAVE_PRECONFIGURED_KEY = 0x100;
        HAVE_NETWORK_KEY = 0x200;
        GET_LINK_KEY_WHEN_JOINING = 0x400;
        REQUIRE_ENCRYPTED_KEY = 0x800;
        NO_FRAME_COUNTER_RESET = 0x1000;
        GET_PRECONFIGURED_KEY_FROM_INSTALL_CODE = 0x2000;
    }

    /// Which key `getKey` and key structs mean.
    key_type: u8 {
        TRUST_CENTER_LINK_KEY = 0x01;
        TRUST_CENTER_MASTER_KEY = 0x02;
        CURRENT_NETWORK_KEY = 0x03;
        NEXT_NETWORK_KEY = 0x04;
        APPLICATION_LINK_KEY = 0x05;
        APPLICATION_MASTER_KEY = 0x06;
    }

    /// Which key a security context means.
    core_key_type: u8 {
        NONE = 0x00;
        NETWORK = 0x01;
        TC_LINK = 0x02;
        TC_LINK_WITH_TIMEOUT = 0x03;
        APP_LINK = 0x04;
        SECURE_EZSP_KEY = 0x05;
        ZLL_ENCRYPTION_KEY = 0x06;
        ZLL_PRECONFIGURED_KEY = 0x07;
        GREEN_POWER_PROXY_TABLE_KEY = 0x08;
        GREEN_POWER_SINK_TABLE_KEY = 0x09;
        INTERNAL = 0x0a;
    }

    /// What is valid in a security context.
    context_flag: u8 {
        NONE = 0x00;
        KEY_INDEX_IS_VALID = 0x01;
        EUI_IS_VALID = 0x02;
        UNCONFIRMED_TRANSIENT_KEY = 0x04;
    }

    /// Concentrators.
    concentrator_type: u16 {
        LOW_RAM_CONCENTRATOR = 0xfff8;
        HIGH_RAM_CONCENTRATOR = 0xfff9;
    }

    /// Modes of source route discovery.
    source_route_discovery: u8 {
        OFF = 0x00;
        ON = 0x01;
        RESCHEDULE = 0x02;
    }

    /// Scans.
    scan_type: u8 {
        ENERGY_SCAN = 0x00;
        ACTIVE_SCAN = 0x01;
    }

    /// Manufacturing tokens.
    mfg_token: u8 {
        MFG_CUSTOM_VERSION = 0x00;
        MFG_STRING = 0x01;
        MFG_BOARD_NAME = 0x02;
        MFG_MANUF_ID = 0x03;
        MFG_PHY_CONFIG = 0x04;
        MFG_BOOTLOAD_AES_KEY = 0x05;
        MFG_ASH_CONFIG = 0x06;
        MFG_STORAGE = 0x07;
        STACK_CAL_DATA = 0x08;
        MFG_CBKE_DATA = 0x09;
        MFG_INSTALLATION_CODE = 0x0a;
        STACK_CAL_FILTER = 0x0b;
        MFG_CUSTOM_EUI_64 = 0x0c;
        MFG_CTUNE = 0x0d;
    }

    /// Options of `leaveNetwork`.
    leave_option: u8 {
        WITH_NO_OPTION = 0x00;
        WITH_OPTION_REJOIN = 0x20;
        IS_REQUESTED = 0x40;
    }

    /// Places in what `readCounters` replies.
    counter: u8 {
        MAC_RX_BROADCAST = 0x00;
        MAC_TX_BROADCAST = 0x01;
        MAC_RX_UNICAST = 0x02;
        MAC_TX_UNICAST_SUCCESS = 0x03;
        MAC_TX_UNICAST_RETRY = 0x04;
        MAC_TX_UNICAST_FAILED = 0x05;
        APS_DATA_RX_BROADCAST = 0x06;
        APS_DATA_TX_BROADCAST = 0x07;
        APS_DATA_RX_UNICAST = 0x08;
        APS_DATA_TX_UNICAST_SUCCESS = 0x09;
        APS_DATA_TX_UNICAST_RETRY = 0x0a;
        APS_DATA_TX_UNICAST_FAILED = 0x0b;
        ROUTE_DISCOVERY_INITIATED = 0x0c;
        NEIGHBOR_ADDED = 0x0d;
        NEIGHBOR_REMOVED = 0x0e;
        NEIGHBOR_STALE = 0x0f;
        JOIN_INDICATION = 0x10;
        CHILD_REMOVED = 0x11;
        ASH_OVERFLOW_ERROR = 0x12;
        ASH_FRAMING_ERROR = 0x13;
        ASH_OVERRUN_ERROR = 0x14;
        NWK_FRAME_COUNTER_FAILURE = 0x15;
        APS_FRAME_COUNTER_FAILURE = 0x16;
        UTILITY = 0x17;
        APS_LINK_KEY_NOT_AUTHORIZED = 0x18;
        NWK_DECRYPTION_FAILURE = 0x19;
        APS_DECRYPTION_FAILURE = 0x1a;
        ALLOCATE_PACKET_BUFFER_FAILURE = 0x1b;
        RELAYED_UNICAST = 0x1c;
        PHY_TO_MAC_QUEUE_LIMIT_REACHED = 0x1d;
        PACKET_VALIDATE_LIBRARY_DROPPED_COUNT = 0x1e;
        TYPE_NWK_RETRY_OVERFLOW = 0x1f;
        PHY_CCA_FAIL_COUNT = 0x20;
        BROADCAST_TABLE_FULL = 0x21;
        PTA_LO_PRI_REQUESTED = 0x22;
        PTA_HI_PRI_REQUESTED = 0x23;
        PTA_LO_PRI_DENIED = 0x24;
        PTA_HI_PRI_DENIED = 0x25;
        PTA_LO_PRI_TX_ABORTED = 0x26;
        PTA_HI_PRI_TX_ABORTED = 0x27;
        ADDRESS_CONFLICT_SENT = 0x28;
    }

    /// Tokens in flash (NVM3 keys).
    nvm3_key: u32 {
        STACK_NVDATA_VERSION = 0x1ff01;
        STACK_BOOT_COUNTER = 0x1e263;
        STACK_NONCE_COUNTER = 0x1e563;
        STACK_ANALYSIS_REBOOT = 0x1e162;
        STACK_KEYS = 0x1eb79;
        STACK_NODE_DATA = 0x1ee64;
        STACK_CLASSIC_DATA = 0x1e364;
        STACK_ALTERNATE_KEY = 0x1e475;
        STACK_APS_FRAME_COUNTER = 0x1e123;
        STACK_TRUST_CENTER = 0x1e124;
        STACK_NETWORK_MANAGEMENT = 0x1e125;
        STACK_PARENT_INFO = 0x1e126;
        STACK_PARENT_ADDITIONAL_INFO = 0x1e127;
        STACK_MULTI_PHY_NWK_INFO = 0x1e128;
        STACK_MIN_RECEIVED_RSSI = 0x1e129;
        STACK_RESTORED_EUI64 = 0x1e12a;
        MULTI_NETWORK_STACK_KEYS = 0x10000;
        MULTI_NETWORK_STACK_NODE_DATA = 0x10080;
        MULTI_NETWORK_STACK_ALTERNATE_KEY = 0x10100;
        MULTI_NETWORK_STACK_TRUST_CENTER = 0x10180;
        MULTI_NETWORK_STACK_NETWORK_MANAGEMENT = 0x10200;
        MULTI_NETWORK_STACK_PARENT_INFO = 0x10280;
        MULTI_NETWORK_STACK_NONCE_COUNTER = 0x1e220;
        MULTI_NETWORK_STACK_PARENT_ADDITIONAL_INFO = 0x10300;
        STACK_GP_DATA = 0x1e258;
        STACK_GP_PROXY_TABLE = 0x10380;
        STACK_GP_SINK_TABLE = 0x10400;
        STACK_GP_INCOMING_FC = 0x10480;
        STACK_BINDING_TABLE = 0x10500;
        STACK_CHILD_TABLE = 0x10580;
        STACK_KEY_TABLE = 0x10600;
        STACK_CERTIFICATE_TABLE = 0x10680;
        STACK_ZLL_DATA = 0x1e501;
        STACK_ZLL_SECURITY = 0x1e502;
        STACK_ADDITIONAL_CHILD_DATA = 0x10700;
        STACK_GP_INCOMING_FC_IN_SINK = 0x10780;
    }
}

//! Zigbee: APS, ZDO and ZCL codecs, and the network of one home.

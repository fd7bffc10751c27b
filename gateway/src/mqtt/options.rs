//! From configuration to connection.

use std::time::Duration;

use bytes::Bytes;
use rumqttc::{LastWill, MqttOptions, QoS, Transport};

use crate::config::{Config, Server};

/// Where to connect to.
pub(super) struct Target {
    host: String,
    port: u16,
    tls: bool,
}

/// Finds the broker; starts the one inside this process if that is meant.
pub(super) fn start(config: &Config) -> Result<Target, String> {
    match &config.mqtt.server {
        Server::Plain { .. } | Server::Tls { .. } => Ok(target(config)),
        #[cfg(feature = "embedded-broker")]
        Server::Embedded => {
            super::embedded::start(config)?;
            Ok(embedded(config))
        }
        #[cfg(not(feature = "embedded-broker"))]
        Server::Embedded => {
            Err("this build has no embedded broker; name one in mqtt.server".to_owned())
        }
    }
}

/// Where the broker is, for any program on this machine.
fn target(config: &Config) -> Target {
    match &config.mqtt.server {
        Server::Plain { host, port } => Target {
            // An IPv6 address needs its brackets beside the port.
            host: if host.contains(':') {
                format!("[{host}]")
            } else {
                host.clone()
            },
            port: *port,
            tls: false,
        },
        Server::Tls { host, port } => Target {
            host: host.clone(),
            port: *port,
            tls: true,
        },
        Server::Embedded => embedded(config),
    }
}

/// The one inside the gateway, as reached from this machine.
fn embedded(config: &Config) -> Target {
    let at = config.mqtt.listen;
    let host = match at.ip() {
        ip if ip.is_unspecified() => "127.0.0.1".to_owned(),
        std::net::IpAddr::V6(ip) => format!("[{ip}]"),
        std::net::IpAddr::V4(ip) => ip.to_string(),
    };
    Target {
        host,
        port: at.port(),
        tls: false,
    }
}

/// For a program beside the gateway: no will, a name of its own.
pub(super) fn visitor(config: &Config, id: &str) -> Result<MqttOptions, String> {
    let target = target(config);
    let mqtt = &config.mqtt;
    let mut options = MqttOptions::new(id, target.host, target.port);
    options
        .set_keep_alive(Duration::from_secs(u64::from(mqtt.keepalive)))
        .set_max_packet_size(mqtt.maximum_packet_size, mqtt.maximum_packet_size);
    if let Some(user) = &mqtt.user {
        let password = mqtt.password.as_ref().map_or("", |p| p.reveal());
        options.set_credentials(user, password);
    }
    if target.tls {
        options.set_transport(tls(config)?);
    }
    Ok(options)
}

pub(super) fn options(config: &Config, target: Target) -> Result<MqttOptions, String> {
    let mqtt = &config.mqtt;
    // The same every time: after a power cut the broker then ends the old connection, and its will,
    // before the new one begins.
    let id = mqtt
        .client_id
        .clone()
        .unwrap_or_else(|| format!("hearth-{}", mqtt.base_topic.replace('/', "-")));
    let mut options = MqttOptions::new(id, target.host, target.port);
    options
        .set_keep_alive(Duration::from_secs(u64::from(mqtt.keepalive)))
        .set_clean_session(true)
        .set_max_packet_size(mqtt.maximum_packet_size, mqtt.maximum_packet_size)
        .set_pending_throttle(Duration::ZERO)
        .set_last_will(LastWill {
            topic: format!("{}/bridge/state", mqtt.base_topic),
            message: Bytes::from_static(br#"{"state":"offline"}"#),
            qos: QoS::AtLeastOnce,
            retain: true,
        });
    if let Some(user) = &mqtt.user {
        let password = mqtt.password.as_ref().map_or("", |p| p.reveal());
        options.set_credentials(user, password);
    }
    if target.tls {
        options.set_transport(tls(config)?);
    }
    Ok(options)
}

#[cfg(feature = "tls")]
fn tls(config: &Config) -> Result<Transport, String> {
    super::tls::transport(&config.mqtt)
}

#[cfg(not(feature = "tls"))]
fn tls(_config: &Config) -> Result<Transport, String> {
    Err(crate::parts::NO_TLS.to_owned())
}

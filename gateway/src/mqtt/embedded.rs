//! The broker inside this process: rumqttd on threads of its own.

use std::collections::HashMap;
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use rumqttd::{ConnectionSettings, RouterConfig, ServerSettings};

use crate::config::Config;

/// Clients at once.
const CLIENTS: usize = 64;

/// Starts it; it runs until the process ends.
pub(super) fn start(config: &Config) -> Result<(), String> {
    let at = config.mqtt.listen;
    // It would only log that the port is taken: better to say so and end.
    TcpListener::bind(at).map_err(|error| {
        format!("the embedded broker cannot listen on {at} (mqtt.listen): {error}")
    })?;
    let auth = match (&config.mqtt.user, &config.mqtt.password) {
        (Some(user), Some(password)) => {
            Some(HashMap::from([(user.clone(), password.reveal().clone())]))
        }
        _ => None,
    };
    if auth.is_none() && !at.ip().is_loopback() {
        tracing::warn!(
            "the embedded broker listens on {at} and asks for no password: set mqtt.user and mqtt.password"
        );
    }
    let settings = ServerSettings {
        name: "hearth".to_owned(),
        listen: at,
        tls: None,
        next_connection_delay_ms: 1,
        connections: ConnectionSettings {
            connection_timeout_ms: 10_000,
            max_payload_size: config.mqtt.maximum_packet_size,
            max_inflight_count: 100,
            auth,
            external_auth: None,
            dynamic_filters: true,
        },
    };
    let broker = rumqttd::Config {
        router: RouterConfig {
            max_connections: CLIENTS,
            max_outgoing_packet_count: 200,
            max_segment_size: 256 * 1024,
            max_segment_count: 4,
            ..RouterConfig::default()
        },
        v4: Some(HashMap::from([("hearth".to_owned(), settings)])),
        ..rumqttd::Config::default()
    };
    std::thread::Builder::new()
        .name("broker".to_owned())
        .spawn(move || {
            if let Err(error) = rumqttd::Broker::new(broker).start() {
                tracing::error!("the embedded broker ended: {error}");
            }
        })
        .map_err(|error| format!("the embedded broker cannot start: {error}"))?;
    // Its own threads open the port in a moment; a client that came before would back off for longer.
    let patience = Instant::now() + Duration::from_secs(2);
    while TcpStream::connect_timeout(&at, Duration::from_millis(100)).is_err() {
        if Instant::now() > patience {
            return Err(format!("the embedded broker does not answer on {at}"));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    tracing::info!("the embedded broker listens on {at}");
    Ok(())
}

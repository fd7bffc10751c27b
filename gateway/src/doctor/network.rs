//! The broker and our own ports.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use rumqttc::{AsyncClient, ConnectReturnCode, ConnectionError, Event, Packet};

use super::{Finding, Patient};
use crate::config::Server;
use crate::mqtt;

/// A broker in the same house answers at once or not at all.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether the broker can be reached, and lets us in.
pub(super) async fn broker(patient: &Patient<'_>) -> Finding {
    const ABOUT: &str = "broker";
    let mqtt = &patient.config.mqtt;
    if mqtt.server == Server::Embedded {
        return match patient.status {
            Some(status) if status.mqtt.connected => Finding::good(ABOUT, "Hearth's own"),
            _ => Finding::good(ABOUT, "Hearth's own, when it runs"),
        };
    }
    let shown = mqtt.server.to_string();
    let id = format!("hearth-doctor-{}", std::process::id());
    let options = match mqtt::visitor(patient.config, &id) {
        Ok(options) => options,
        Err(why) => {
            return Finding::bad(ABOUT, why, "correct the part [mqtt] of the configuration");
        }
    };
    let (_client, mut events) = AsyncClient::new(options, 4);
    let greeting = async {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => return Ok(()),
                Ok(_) => {}
                Err(error) => return Err(error),
            }
        }
    };
    match tokio::time::timeout(PATIENCE, greeting).await {
        Ok(Ok(())) => Finding::good(ABOUT, format!("{shown} lets us in")),
        Ok(Err(ConnectionError::ConnectionRefused(
            ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized,
        ))) => Finding::bad(
            ABOUT,
            format!("{shown} does not accept our name and password"),
            "set mqtt.user and mqtt.password as the broker knows them",
        ),
        Ok(Err(ConnectionError::Io(error))) => {
            let local = matches!(&mqtt.server, Server::Plain { host, .. } if host == "127.0.0.1" || host == "localhost");
            let advice = if local {
                "install and start a broker here (opkg install mosquitto-nossl, apk add mosquitto-nossl), or set \
                 mqtt.server to one elsewhere"
            } else {
                "is it running, is mqtt.server right, does a firewall stand between?"
            };
            Finding::bad(ABOUT, format!("{shown}: {error}"), advice)
        }
        Ok(Err(error)) => Finding::bad(
            ABOUT,
            format!("{shown}: {error}"),
            "is that an MQTT broker, with TLS where mqtts:// says so and without where not?",
        ),
        Err(_) => Finding::bad(
            ABOUT,
            format!("{shown} does not answer within {} s", PATIENCE.as_secs()),
            "is mqtt.server right, does a firewall stand between?",
        ),
    }
}

/// Whether somebody else listens where we want to.
pub(super) fn ports(patient: &Patient<'_>) -> Vec<Finding> {
    if patient.status.is_some() {
        return Vec::new();
    }
    let config = patient.config;
    let mut wanted = Vec::new();
    if config.web.enabled {
        wanted.push(("page", "web.listen", config.web.listen));
    }
    if config.mqtt.server == Server::Embedded {
        wanted.push(("own broker", "mqtt.listen", config.mqtt.listen));
    }
    wanted
        .into_iter()
        .map(|(about, key, at)| port(about, key, at))
        .collect()
}

fn port(about: &'static str, key: &str, at: SocketAddr) -> Finding {
    match TcpListener::bind(at) {
        Ok(_) => Finding::good(about, format!("{at} is free")),
        Err(error) => Finding::bad(
            about,
            format!("{at}: {error}"),
            format!("stop what listens there (netstat -ltnp shows it), or change {key}"),
        ),
    }
}

//! Who may use the WebSocket.
//!
//! A home has no login page, so a browser must not lend itself to other sites. Two rules:
//! - the page that opens the socket must come from the same place as the socket (`Origin` equals
//!   `Host`), which keeps scripts of other sites out;
//! - without a token, the place must be one that the public name system cannot make point here
//!   (an address, `localhost`, a bare or local name, or a name that the configuration lists),
//!   which keeps DNS rebinding out.
//!
//! Programs other than browsers send no `Origin` and are let in.

use std::net::IpAddr;

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

/// Names that only a local resolver answers.
const LOCAL: [&str; 6] = [
    ".local",
    ".lan",
    ".home",
    ".home.arpa",
    ".internal",
    ".localhost",
];

/// The rules of one gateway.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Clients must send it as `?token=`; empty: no token.
    pub token: String,
    /// Names, besides local ones, under which the gateway may be reached.
    pub hosts: Vec<String>,
}

impl Access {
    /// Whether `given` is the token, compared in a time that does not tell where they differ.
    pub(super) fn token(&self, given: &str) -> bool {
        let (ours, given) = (self.token.as_bytes(), given.as_bytes());
        ours.is_empty()
            || (ours.len() == given.len()
                && ours.iter().zip(given).fold(0, |acc, (a, b)| acc | (a ^ b)) == 0)
    }

    /// Whether a socket may be opened under these headers.
    pub(super) fn origin(&self, headers: &HeaderMap) -> Result<(), String> {
        let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let Some(origin) = text(ORIGIN) else {
            return Ok(());
        };
        let host = text(HOST).unwrap_or_default();
        let place = origin.split_once("://").map_or("", |(_, place)| place);
        if !place.eq_ignore_ascii_case(host) && !self.hosts.iter().any(|listed| listed == place) {
            return Err(format!(
                "a page from {origin:?} may not control the home at {host:?}"
            ));
        }
        if self.token.is_empty() && !self.trusted(name(host)) {
            return Err(format!(
                "reached as {host:?}: list this name in [web] hosts, or set a token"
            ));
        }
        Ok(())
    }

    fn trusted(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        name.parse::<IpAddr>().is_ok()
            || (!name.is_empty() && !name.contains('.'))
            || LOCAL.iter().any(|suffix| name.ends_with(suffix))
            || self
                .hosts
                .iter()
                .any(|listed| self::name(listed).eq_ignore_ascii_case(&name))
    }
}

/// `Host` without its port and brackets.
fn name(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default();
    }
    host.split(':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(access: &Access, host: &str, origin: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if !origin.is_empty() {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        access.origin(&headers).is_ok()
    }

    #[test]
    fn own_pages_on_local_names_may() {
        let access = Access::default();
        for host in [
            "192.168.1.1:8099",
            "[fd00::1]:8099",
            "localhost:8099",
            "openwrt",
            "hearth.local",
            "hearth.lan:80",
        ] {
            assert!(asks(&access, host, &format!("http://{host}")), "{host}");
        }
        assert!(asks(&access, "anything.example", ""), "not a browser");
    }

    #[test]
    fn other_sites_and_rebound_names_may_not() {
        let mut access = Access::default();
        assert!(!asks(&access, "192.168.1.1:8099", "https://evil.example"));
        assert!(!asks(&access, "192.168.1.1:8099", "http://192.168.1.1:80"));
        assert!(!asks(&access, "192.168.1.1:8099", "null"));
        assert!(!asks(&access, "evil.example", "http://evil.example"));
        access.hosts = vec!["home.example".to_owned()];
        assert!(asks(&access, "home.example", "https://home.example"));
        assert!(!asks(&access, "evil.example", "http://evil.example"));
        // A rebound page has no way to know the token.
        access.token = "secret".to_owned();
        assert!(asks(&access, "evil.example", "http://evil.example"));
        assert!(access.token("secret"));
        assert!(!access.token("secreT") && !access.token("") && !access.token("secret2"));
    }
}

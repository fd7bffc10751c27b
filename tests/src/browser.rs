//! A real browser: headless Chromium, driven over WebDriver (W3C) by plain HTTP.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::broker::free_port;
use crate::client::PATIENCE;
use crate::places;

/// The key under which WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser window of its own; gone with this value.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

impl Browser {
    /// Starts a window of this size, or says why the test is skipped.
    ///
    /// # Panics
    /// When the browser is there and does not start.
    pub async fn start(width: u32, height: u32) -> Option<Self> {
        Self::start_with(width, height, &[]).await
    }

    /// The same with further switches of Chromium's.
    ///
    /// # Panics
    /// When the browser is there and does not start.
    pub async fn start_with(width: u32, height: u32, more: &[String]) -> Option<Self> {
        let chromium = places::system_program("chromium")?;
        let chromedriver = places::system_program("chromedriver")?;
        let port = free_port();
        let driver = Command::new(chromedriver)
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let mut browser = Self {
            driver,
            port,
            session: String::new(),
        };
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(Instant::now() < deadline, "chromedriver does not listen");
            sleep(Duration::from_millis(50)).await;
        }
        let arguments = [
            "--headless=new",
            // Tests may run as root in a container.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--lang=en",
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {
                "binary": chromium,
                "args": arguments.iter().map(ToString::to_string)
                    .chain([format!("--window-size={width},{height}")])
                    .chain(more.iter().cloned()).collect::<Vec<_>>(),
            },
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let session = browser.ask("POST", "/session", Some(wanted)).await;
        let id = session["sessionId"].as_str().expect("a session");
        browser.session = format!("/session/{id}");
        let size = json!({"width": width, "height": height});
        browser.command("window/rect", size).await;
        Some(browser)
    }

    /// Opens `url`.
    pub async fn open(&self, url: &str) {
        self.command("url", json!({ "url": url })).await;
    }

    /// Runs `script` (a function's body) in the page; gives what it returns.
    pub async fn run(&self, script: &str) -> Json {
        self.command("execute/sync", json!({"script": script, "args": []}))
            .await
    }

    /// Waits until `expression` is true in the page.
    ///
    /// # Panics
    /// When it does not become so; shows the page's text.
    pub async fn expect(&self, expression: &str) {
        let script = format!("return Boolean({expression})");
        let deadline = Instant::now() + PATIENCE;
        while self.run(&script).await != true {
            if Instant::now() > deadline {
                let page = self.run("return document.body.innerText").await;
                panic!("on the page, never: {expression}\nThe page: {page:#}");
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Clicks where a user would.
    pub async fn click(&self, css: &str) {
        let element = self.find(css).await;
        self.command(&format!("element/{element}/click"), json!({}))
            .await;
    }

    /// Empties a field and types into it.
    pub async fn enter(&self, css: &str, text: &str) {
        let element = self.find(css).await;
        self.command(&format!("element/{element}/clear"), json!({}))
            .await;
        self.keys(css, text).await;
    }

    /// Types, `\u{e007}` for Enter.
    pub async fn keys(&self, css: &str, text: &str) {
        let element = self.find(css).await;
        self.command(&format!("element/{element}/value"), json!({ "text": text }))
            .await;
    }

    /// The window as PNG.
    ///
    /// # Panics
    /// When the browser sends something else.
    pub async fn screenshot(&self) -> Vec<u8> {
        let path = format!("{}/screenshot", self.session);
        let picture = self.ask("GET", &path, None).await;
        from_base64(picture.as_str().expect("a picture"))
    }

    /// What the page's console complained about: exceptions, blocked resources.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.command("se/log", json!({"type": "browser"})).await;
        log.as_array()
            .into_iter()
            .flatten()
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| entry["message"].to_string())
            .collect()
    }

    async fn find(&self, css: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        let wanted = json!({"using": "css selector", "value": css});
        loop {
            let path = format!("{}/elements", self.session);
            let found = self.ask("POST", &path, Some(wanted.clone())).await;
            if let Some(element) = found[0][ELEMENT].as_str() {
                return element.to_owned();
            }
            assert!(Instant::now() < deadline, "on the page, no {css}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    async fn command(&self, name: &str, body: Json) -> Json {
        self.ask("POST", &format!("{}/{name}", self.session), Some(body))
            .await
    }

    /// One request; gives the `value` of its answer.
    async fn ask(&self, method: &str, path: &str, body: Option<Json>) -> Json {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        );
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))
            .await
            .expect("chromedriver");
        stream
            .write_all(request.as_bytes())
            .await
            .expect("sent to chromedriver");
        let mut answer = Vec::new();
        // chromedriver keeps the connection open: read as much as it promises.
        let mut wanted = usize::MAX;
        while answer.len() < wanted {
            let mut chunk = [0; 16384];
            let n = stream.read(&mut chunk).await.expect("chromedriver answers");
            if n == 0 {
                break;
            }
            answer.extend_from_slice(&chunk[..n]);
            if wanted == usize::MAX
                && let Some(end) = answer.windows(4).position(|w| w == b"\r\n\r\n")
            {
                let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length:"))
                    .and_then(|value| value.trim().parse::<usize>().ok())
                    .expect("a length");
                wanted = end + 4 + length;
            }
        }
        let start = answer
            .windows(4)
            .position(|w| w == b"\r\n\r\n")
            .expect("an answer")
            + 4;
        let mut json: Json = serde_json::from_slice(&answer[start..]).expect("JSON");
        let value = json["value"].take();
        assert!(
            value["error"].is_null(),
            "{method} {path}: {} {}",
            value["error"],
            value["message"]
        );
        value
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its own process alone would leave the browser behind: ask it to close first.
        if let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", self.port)) {
            use std::io::{Read, Write};
            let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
            let _ = write!(
                stream,
                "DELETE {} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
                self.session
            );
            let _ = stream.read(&mut [0; 512]);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Decodes base64 (RFC 4648), which is how WebDriver sends pictures.
fn from_base64(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0u32, 0);
    for c in text.bytes() {
        let six = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xff) as u8);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::from_base64;

    #[test]
    fn base64_of_the_rfc() {
        for (text, bytes) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9vYmFy", "foobar"),
        ] {
            assert_eq!(from_base64(text), bytes.as_bytes());
        }
    }
}

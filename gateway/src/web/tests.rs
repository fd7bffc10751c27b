//! The page and its socket, as browsers and strangers use them.

#![cfg(feature = "sim")] // whose demo brings the client

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::*;

struct Site {
    web: Web,
    told: mpsc::Receiver<FromClient>,
    at: std::net::SocketAddr,
}

async fn site(token: &str) -> Site {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let (tell, told) = mpsc::channel(16);
    let access = Access {
        token: token.to_owned(),
        hosts: Vec::new(),
    };
    Site {
        web: Web::spawn(Ok(listener), at, access, tell),
        told,
        at,
    }
}

/// As on a router whose own address comes up after the gateway.
#[tokio::test(start_paused = true)]
async fn an_address_that_cannot_be_had_is_tried_again() {
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = other.local_addr().unwrap();
    let (tell, _told) = mpsc::channel(16);
    let access = Access {
        token: String::new(),
        hosts: Vec::new(),
    };
    let web = Web::open(at, access, tell).await;
    let why = web.page().unwrap_err();
    assert!(
        why.starts_with(&format!("cannot listen at {at}: ")),
        "{why}"
    );
    drop(other);
    tokio::time::sleep(AGAIN * 2).await;
    assert_eq!(web.page().unwrap(), format!("http://{at}/"));
    TcpStream::connect(at).await.unwrap();
}

impl Site {
    async fn open(&self, query: &str, origin: &str) -> Result<WebSocketStream<TcpStream>, u16> {
        let mut request = format!("ws://{}/api{query}", self.at)
            .into_client_request()
            .unwrap();
        if !origin.is_empty() {
            request
                .headers_mut()
                .insert("origin", origin.parse().unwrap());
        }
        let stream = TcpStream::connect(self.at).await.unwrap();
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(socket),
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => {
                Err(answer.status().as_u16())
            }
            Err(other) => unreachable!("{other}"),
        }
    }

    async fn came(&mut self) -> ClientId {
        match self.told.recv().await {
            Some(FromClient::Came { client, frames }) => {
                self.web.came(client, frames);
                client
            }
            other => unreachable!("{other:?}"),
        }
    }

    async fn get(&self, path: &str, headers: &str) -> String {
        let mut stream = TcpStream::connect(self.at).await.unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

async fn text(socket: &mut WebSocketStream<TcpStream>) -> String {
    match socket.next().await {
        Some(Ok(Message::Text(text))) => text.to_string(),
        other => unreachable!("{other:?}"),
    }
}

#[tokio::test]
async fn frames_go_both_ways_and_garbage_is_answered() {
    let mut site = site("").await;
    let mut socket = site.open("", "").await.unwrap();
    let client = site.came().await;
    site.web
        .tell(client, "bridge/state", br#"{"state":"online"}"#);
    site.web.publish("Lamp", br#"{"state":"ON"}"#);
    assert_eq!(
        text(&mut socket).await,
        r#"{"topic":"bridge/state","payload":{"state":"online"}}"#
    );
    assert_eq!(
        text(&mut socket).await,
        r#"{"topic":"Lamp","payload":{"state":"ON"}}"#
    );
    socket.send(Message::text("what?")).await.unwrap();
    assert!(text(&mut socket).await.contains("expected"));
    socket
        .send(Message::text(r#"{"topic":"Lamp/set","payload":"ON"}"#))
        .await
        .unwrap();
    match site.told.recv().await {
        Some(FromClient::Said { frame, .. }) => assert_eq!(frame.topic, "Lamp/set"),
        other => unreachable!("{other:?}"),
    }
    // A frame beyond the bound ends the connection, nothing else.
    let large = "x".repeat(MAX_FRAME + 1);
    let _ = socket.send(Message::text(large)).await;
    assert!(matches!(
        site.told.recv().await,
        Some(FromClient::Went { .. })
    ));
}

#[tokio::test]
async fn other_sites_are_refused_and_a_wrong_token_is_told() {
    let mut site = site("open sesame").await;
    assert_eq!(site.open("", "http://evil.example").await.err(), Some(403));
    let origin = format!("http://{}", site.at);
    for query in ["", "?token=wrong"] {
        let mut socket = site.open(query, &origin).await.unwrap();
        match socket.next().await {
            Some(Ok(Message::Close(Some(frame)))) => assert_eq!(u16::from(frame.code), 4401),
            other => unreachable!("{other:?}"),
        }
    }
    let _socket = site.open("?token=open%20sesame", &origin).await.unwrap();
    site.came().await;
}

#[tokio::test]
async fn a_page_that_does_not_read_is_let_go() {
    let mut site = site("").await;
    let mut socket = site.open("", "").await.unwrap();
    site.came().await;
    // One task: its queue is not emptied between these.
    for _ in 0..=QUEUE {
        site.web.publish("Lamp", b"1");
    }
    assert!(site.web.clients.is_empty());
    let mut read = 0;
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(_))) => read += 1,
            Some(Ok(Message::Close(Some(frame)))) => {
                assert_eq!(u16::from(frame.code), 1013);
                break;
            }
            other => unreachable!("{other:?}"),
        }
    }
    assert_eq!(read, QUEUE);
}

#[tokio::test]
async fn so_many_pages_and_no_more() {
    let mut site = site("").await;
    let mut sockets = Vec::new();
    for _ in 0..MAX_CLIENTS {
        sockets.push(site.open("", "").await.unwrap());
        site.came().await;
    }
    assert_eq!(site.open("", "").await.err(), Some(503));
    drop(sockets.pop());
    assert!(matches!(
        site.told.recv().await,
        Some(FromClient::Went { .. })
    ));
    tokio::task::yield_now().await;
    assert!(site.open("", "").await.is_ok());
}

#[tokio::test]
async fn files_are_small_and_need_nothing_from_elsewhere() {
    let site = site("").await;
    let mut size = 0;
    for (path, body) in [
        ("/", include_str!("assets/index.html")),
        ("/page.css", include_str!("assets/page.css")),
        ("/page.js", include_str!("assets/page.js")),
    ] {
        // Who says nothing takes anything.
        let packed = site.get(path, "").await;
        assert!(packed.starts_with("HTTP/1.1 200"), "{path}");
        assert!(packed.contains("content-security-policy: default-src 'none'"));
        let (head, _) = packed.split_once("\r\n\r\n").unwrap();
        for elsewhere in ["src=\"http", "href=\"http", "//cdn", "@import", "url(http"] {
            assert!(!body.contains(elsewhere), "{path}: {elsewhere}");
        }
        size += body.len();
        let tag = head
            .lines()
            .find_map(|line| line.strip_prefix("etag: "))
            .unwrap();
        let again = site.get(path, &format!("If-None-Match: {tag}\r\n")).await;
        assert!(again.starts_with("HTTP/1.1 304"), "{again}");
        let packed = site.get(path, "Accept-Encoding: gzip, deflate\r\n").await;
        assert!(packed.contains("content-encoding: gzip"));
        assert!(packed.len() < body.len());
        let plain = site.get(path, "Accept-Encoding: identity\r\n").await;
        assert!(plain.starts_with("HTTP/1.1 406"), "{plain}");
    }
    assert!(size < 60_000, "{size} bytes");
    assert!(site.get("/../secret", "").await.starts_with("HTTP/1.1 404"));
}

//! The simulator as a task: bytes on a pty and on TCP.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Listen, SimConfig, spawn};
use crate::ash::{self, Event, Link};

fn tcp() -> SimConfig {
    SimConfig {
        listen: Listen::Tcp(([127, 0, 0, 1], 0).into()),
        ..SimConfig::default()
    }
}

async fn connect(address: &str) -> TcpStream {
    TcpStream::connect(address.trim_start_matches("tcp://"))
        .await
        .unwrap()
}

/// A host's end of the link on a stream: moves bytes until it has something to tell.
async fn event(link: &mut Link, stream: &mut TcpStream, began: tokio::time::Instant) -> Event {
    let mut buffer = [0; 256];
    loop {
        while let Some(bytes) = link.poll_transmit() {
            stream.write_all(&bytes).await.unwrap();
        }
        if let Some(event) = link.poll_event() {
            return event;
        }
        tokio::select! {
            read = stream.read(&mut buffer) => {
                let read = read.unwrap();
                assert_ne!(read, 0, "the stream ended");
                link.receive(&buffer[..read], began.elapsed());
            }
            () = tokio::time::sleep(Duration::from_millis(20)) => link.handle_timeout(began.elapsed()),
        }
    }
}

#[tokio::test]
async fn the_dongle_connects_reboots_fails_and_is_pulled() {
    let sim = spawn(tcp()).unwrap();
    let began = tokio::time::Instant::now();
    let mut stream = connect(sim.address()).await;
    let mut link = Link::host();
    link.connect(began.elapsed());
    let connected = event(&mut link, &mut stream, began).await;
    assert_eq!(
        connected,
        Event::Connected {
            code: ash::code::SOFTWARE
        }
    );
    link.send(vec![0, 0, 0, 13]).unwrap();
    let Event::Data(reply) = event(&mut link, &mut stream, began).await else {
        panic!()
    };
    assert_eq!(reply[..5], [0, 0x80, 0, 13, 2]);

    sim.reset(ash::code::WATCHDOG).await.unwrap();
    let rebooted = event(&mut link, &mut stream, began).await;
    assert_eq!(
        rebooted,
        Event::Reset {
            code: ash::code::WATCHDOG
        }
    );
    link.connect(began.elapsed());
    event(&mut link, &mut stream, began).await;
    sim.fail(ash::code::ACK_TIMEOUTS).await.unwrap();
    let failed = event(&mut link, &mut stream, began).await;
    assert!(matches!(failed, Event::Failed(_)), "{failed:?}");

    sim.unplug().await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(
        TcpStream::connect(sim.address().trim_start_matches("tcp://"))
            .await
            .is_err()
    );
    sim.plug().await.unwrap();
    let mut stream = connect(sim.address()).await;
    link.connect(began.elapsed());
    let connected = event(&mut link, &mut stream, began).await;
    assert_eq!(
        connected,
        Event::Connected {
            code: ash::code::SOFTWARE
        }
    );
}

#[tokio::test]
async fn a_silent_dongle_says_nothing() {
    let sim = spawn(tcp()).unwrap();
    sim.faults().change(|switches| switches.silent = true);
    let began = tokio::time::Instant::now();
    let mut stream = connect(sim.address()).await;
    let mut link = Link::host();
    link.connect(began.elapsed());
    let wait = Duration::from_millis(300);
    assert!(
        tokio::time::timeout(wait, event(&mut link, &mut stream, began))
            .await
            .is_err()
    );
    sim.faults().clear();
    link.connect(began.elapsed());
    assert!(matches!(
        event(&mut link, &mut stream, began).await,
        Event::Connected { .. }
    ));
}

/// With a paused clock, time only moves on when nobody has anything to do: a task that spins would
/// hold it for ever.
#[tokio::test(start_paused = true)]
async fn an_idle_dongle_on_a_tty_rests() {
    let sim = spawn(SimConfig::default()).unwrap();
    let path = sim.address().to_owned();
    let mut tty = tokio_serial::SerialStream::open(&tokio_serial::new(&path, 115_200)).unwrap();
    tty.write_all(&[0x1a, 0xc0, 0x38, 0xbc, 0x7e])
        .await
        .unwrap();
    let mut answer = [0; 8];
    tty.read_exact(&mut answer[..7]).await.unwrap();
    assert_eq!(answer[..7], [0x1a, 0xc1, 0x02, 0x0b, 0x0a, 0x52, 0x7e]);
    tokio::time::sleep(Duration::from_secs(3600)).await;

    // The cable pulled and plugged in again: the path comes back.
    sim.unplug().await.unwrap();
    assert!(!std::path::Path::new(&path).exists());
    sim.plug().await.unwrap();
    assert!(std::path::Path::new(&path).exists());
}

//! Moves bytes between ubusd's socket and the [`Client`], and looks for ubusd again when it went.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::client::{Broken, Caller, Client, Heard};
use super::json::{members, object};
use super::methods::{METHODS, OBJECT};
use super::{Call, Refusal, Said, Status, Ticket};

/// Where OpenWrt has it, and where it had it before 21.02.
const SOCKETS: [&str; 2] = ["/var/run/ubus/ubus.sock", "/var/run/ubus.sock"];
/// As the init script calls it.
const SERVICE: &str = "hearth";
const INSTANCE: &str = "main";
/// Seconds without a word after which procd starts the gateway anew: longer than its own thread waits for its loop.
const WATCHDOG: i32 = 180;
/// Between two looks for ubusd, growing.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Serves until nobody speaks to it any more.
pub(super) async fn serve(
    socket: Option<PathBuf>,
    calls: mpsc::Sender<Call>,
    mut queue: mpsc::Receiver<Said>,
) {
    let mut connection = 0u32;
    let mut pause = FIRST_PAUSE;
    let mut told = String::new();
    loop {
        if let Some(stream) = connect(socket.as_deref()).await {
            connection = connection.wrapping_add(1);
            let served = Instant::now();
            let end = talk(stream, connection, &calls, &mut queue).await;
            let Some(why) = end else { return };
            // One that breaks at once, again and again, is told of once.
            if why == told {
                tracing::debug!("{why}");
            } else {
                tracing::warn!("{why}; trying again");
                told = why;
            }
            if served.elapsed() > LONGEST_PAUSE {
                pause = FIRST_PAUSE;
            }
        }
        let again = Instant::now() + pause;
        pause = (pause * 2).min(LONGEST_PAUSE);
        // Meanwhile what is said has no hearer.
        loop {
            tokio::select! {
                said = queue.recv() => if said.is_none() { return },
                () = sleep_until(again) => break,
            }
        }
    }
}

async fn connect(socket: Option<&Path>) -> Option<UnixStream> {
    let places = socket.map_or_else(|| SOCKETS.map(Path::new).to_vec(), |path| vec![path]);
    for path in places {
        match UnixStream::connect(path).await {
            Ok(stream) => return Some(stream),
            Err(error) => tracing::trace!("no ubus at {}: {error}", path.display()),
        }
    }
    None
}

/// Until the connection ends, with the reason; none: the gateway ends.
async fn talk(
    mut stream: UnixStream,
    connection: u32,
    calls: &mpsc::Sender<Call>,
    queue: &mut mpsc::Receiver<Said>,
) -> Option<String> {
    let began = Instant::now();
    let mut client = Client::new(OBJECT, METHODS, Duration::ZERO);
    let mut chunk = vec![0; 4096];
    let (mut input, mut output) = stream.split();
    loop {
        while let Some(heard) = client.poll() {
            hear(heard, &mut client, connection, calls);
        }
        let deadline = client.deadline().map(|deadline| began + deadline);
        let broken = tokio::select! {
            read = input.read(&mut chunk) => match read {
                Ok(0) => return Some("ubus closed the connection".to_owned()),
                Ok(count) => {
                    let bytes = chunk.get(..count).unwrap_or_default();
                    client.receive(bytes, began.elapsed())
                }
                Err(error) => return Some(format!("the connection to ubus broke: {error}")),
            },
            written = output.write(client.output()), if !client.output().is_empty() => {
                match written {
                    Ok(count) => client.written(count),
                    Err(error) => return Some(format!("the connection to ubus broke: {error}")),
                }
                Ok(())
            }
            said = queue.recv() => {
                say(said?, &mut client, connection);
                Ok(())
            }
            () = sleep_until(deadline.unwrap_or(began)), if deadline.is_some() => {
                client.tick(began.elapsed())
            }
        };
        if let Err(broken) = broken {
            return Some(match broken {
                Broken::Refused(_) => broken.to_string(),
                _ => format!("gave up the connection to ubus: {broken}"),
            });
        }
    }
}

fn hear(heard: Heard, client: &mut Client, connection: u32, calls: &mpsc::Sender<Call>) {
    match heard {
        Heard::Published => tracing::info!("the object `{OBJECT}` is on ubus"),
        Heard::Call {
            caller,
            method,
            arguments,
        } => {
            let call = Call {
                ticket: Ticket { connection, caller },
                method,
                arguments: object(arguments),
            };
            if calls.try_send(call).is_err() {
                tracing::warn!("a ubus call of `{method}` was not taken: too many wait");
                refuse(client, caller, Status::NoMemory, "too much at once");
            }
        }
    }
}

fn say(said: Said, client: &mut Client, connection: u32) {
    match said {
        // Whoever asked on an earlier connection is gone.
        Said::Answer(ticket, _) if ticket.connection != connection => {}
        Said::Answer(ticket, Ok(answer)) => {
            client.answer(ticket.caller, Ok(&members(answer)));
        }
        Said::Answer(ticket, Err(Refusal { status, why })) => {
            refuse(client, ticket.caller, status, &why);
        }
        Said::Alive => client.alive(SERVICE, INSTANCE, WATCHDOG),
        Said::Event(name, data) => client.event(&name, members(data)),
    }
}

/// Answers with the reason for people, too.
fn refuse(client: &mut Client, caller: Caller, status: Status, why: &str) {
    let told: Json = json!({ "error": why });
    client.refuse(caller, status, &members(told));
}

//! The control socket: a running gateway answers beside its broker, on a Unix socket.
//!
//! The contract: a client sends one line of JSON, `{"do":"status"}`, and gets one line back. Every
//! answer comes from the main loop, so that no answer means: the loop hangs. A client that sends too
//! much, or nothing for a while, is let go; no client keeps the home from running.

use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::status::Status;

/// Longest line of a client.
const LONGEST: u64 = 4096;
/// Longest line of the gateway.
const LONGEST_ANSWER: u64 = 1 << 20;
/// A client that is slower has gone.
const PATIENCE: Duration = Duration::from_secs(5);
/// Clients at once; the next waits.
const MOST: usize = 8;

/// What a client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
pub enum Ask {
    /// How the gateway is.
    Status,
    /// Whether its main loop lives.
    Ping,
    /// Keep the sound of what is said for debugging.
    Keep {
        /// For so long; 0 ends it, and removes what was kept.
        minutes: u32,
    },
}

/// A question on its way to the main loop.
#[derive(Debug)]
pub struct Asked {
    /// What.
    pub ask: Ask,
    /// For the answer: one line of JSON.
    pub answer: oneshot::Sender<String>,
}

/// The listening socket; its file goes with it.
#[derive(Debug)]
pub struct Control {
    path: PathBuf,
    /// Which file it made there.
    inode: u64,
    task: tokio::task::JoinHandle<()>,
}

impl Control {
    /// Listens at `path`. The caller holds the data folder's lock, so that whatever lies there is left
    /// over from a gateway that is gone.
    ///
    /// # Errors
    /// What the system says.
    pub fn listen(path: &Path, asked: mpsc::Sender<Asked>) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
        Ok(Self {
            path: path.to_owned(),
            inode: std::fs::metadata(path)?.ino(),
            task: tokio::spawn(serve(listener, asked)),
        })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.task.abort();
        // The next gateway may listen there already.
        if std::fs::metadata(&self.path).is_ok_and(|data| data.ino() == self.inode) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

async fn serve(listener: UnixListener, asked: mpsc::Sender<Asked>) {
    let places = std::sync::Arc::new(tokio::sync::Semaphore::new(MOST));
    while let Ok(place) = std::sync::Arc::clone(&places).acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let asked = asked.clone();
                tokio::spawn(async move {
                    if let Err(error) = client(stream, &asked).await {
                        tracing::debug!("a client of the control socket went: {error}");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!("control socket: {error}");
                tokio::time::sleep(PATIENCE).await;
            }
        }
    }
}

async fn client(stream: UnixStream, asked: &mpsc::Sender<Asked>) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    loop {
        let mut line = String::new();
        let size = timeout(PATIENCE, (&mut lines).take(LONGEST).read_line(&mut line)).await??;
        if size == 0 {
            return Ok(());
        }
        let mut answer = match serde_json::from_str(&line) {
            Ok(ask) => {
                let (answer, answered) = oneshot::channel();
                let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
                asked
                    .send(Asked { ask, answer })
                    .await
                    .map_err(|_| gone())?;
                answered.await.map_err(|_| gone())?
            }
            Err(error) => serde_json::json!({"error": error.to_string()}).to_string(),
        };
        answer.push('\n');
        timeout(PATIENCE, write.write_all(answer.as_bytes())).await??;
        if !line.ends_with('\n') {
            return Ok(());
        }
    }
}

/// Why there is no status.
#[derive(Debug, thiserror::Error)]
pub enum Silent {
    /// Nobody listens: the gateway does not run.
    #[error("no gateway is running ({0})")]
    Away(String),
    /// Somebody listens and does not answer.
    #[error("the gateway hangs: it did not answer within {0} s")]
    Hangs(u64),
    /// Somebody answers something else.
    #[error("not understood: {0}")]
    Strange(String),
    /// It may not be asked.
    #[error("{0}")]
    Forbidden(String),
}

/// Asks the gateway at `path` how it is.
///
/// # Errors
/// Why it does not say.
pub async fn status(path: &Path) -> Result<Status, Silent> {
    let line = ask(path, Ask::Status).await?;
    serde_json::from_str(&line).map_err(|error| Silent::Strange(error.to_string()))
}

/// Asks the gateway at `path`; gives the line of its answer.
///
/// # Errors
/// Why there is none.
pub async fn ask(path: &Path, ask: Ask) -> Result<String, Silent> {
    let shown = path.display();
    let talk = async {
        let mut stream = UnixStream::connect(path)
            .await
            .map_err(|error| match error.kind() {
                io::ErrorKind::PermissionDenied => {
                    Silent::Forbidden(format!("{shown}: no permission; ask as root"))
                }
                _ => Silent::Away(format!("{shown}: {error}")),
            })?;
        let mut words = serde_json::to_string(&ask).map_err(strange)?;
        words.push('\n');
        stream.write_all(words.as_bytes()).await.map_err(strange)?;
        let mut line = String::new();
        let mut lines = BufReader::new(stream).take(LONGEST_ANSWER);
        lines.read_line(&mut line).await.map_err(strange)?;
        if line.is_empty() {
            // It went just now.
            return Err(Silent::Away(format!("{shown}: it is ending")));
        }
        Ok(line)
    };
    timeout(PATIENCE, talk)
        .await
        .unwrap_or(Err(Silent::Hangs(PATIENCE.as_secs())))
}

#[expect(clippy::needless_pass_by_value)] // as `map_err` wants it
fn strange(error: impl ToString) -> Silent {
    Silent::Strange(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run/control.sock");
        (folder, path)
    }

    #[tokio::test]
    async fn a_question_is_answered_by_the_loop() {
        let (_folder, path) = socket();
        let (asked, mut questions) = mpsc::channel::<Asked>(1);
        let control = Control::listen(&path, asked).unwrap();
        let answering = tokio::spawn(async move {
            while let Some(question) = questions.recv().await {
                let status = Status {
                    uptime: 7,
                    ..Status::default()
                };
                let line = match question.ask {
                    Ask::Status => serde_json::to_string(&status).unwrap(),
                    _ => "{}".to_owned(),
                };
                let _ = question.answer.send(line);
            }
        });
        assert_eq!(status(&path).await.unwrap().uptime, 7);
        assert_eq!(ask(&path, Ask::Ping).await.unwrap(), "{}\n");
        // What is no question is answered as such.
        let mut stream = UnixStream::connect(&path).await.unwrap();
        stream.write_all(b"{\"do\":\"dance\"}\n").await.unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).await.unwrap();
        assert!(line.starts_with("{\"error\":"), "{line}");
        drop(control);
        assert!(!path.exists(), "nothing is left behind");
        assert!(matches!(status(&path).await, Err(Silent::Away(_))));
        answering.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_hangs_is_told_from_one_that_is_not_there() {
        let (_folder, path) = socket();
        let (asked, _questions) = mpsc::channel(1);
        let _control = Control::listen(&path, asked).unwrap();
        assert!(matches!(status(&path).await, Err(Silent::Hangs(_))));
    }

    #[tokio::test]
    async fn what_a_dead_gateway_left_is_no_obstacle() {
        let (_folder, path) = socket();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(matches!(status(&path).await, Err(Silent::Away(_))));
        let (asked, _questions) = mpsc::channel(1);
        Control::listen(&path, asked).unwrap();
    }
}

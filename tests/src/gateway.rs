//! The gateway as its users run it: a process with a configuration file.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::places;

/// `hearth run` with a data folder of its own.
#[derive(Debug)]
pub struct Gateway {
    folder: TempDir,
    config: PathBuf,
    environment: Vec<(&'static str, OsString)>,
    child: Option<Child>,
}

impl Gateway {
    /// Writes the configuration; `more` is appended to the smallest one.
    #[must_use]
    pub fn configure(mqtt: &str, zigbee_port: &str, web: Option<u16>, more: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let config = folder.path().join("hearth.toml");
        let mut text = String::new();
        let data = folder.path().join("data");
        let _ = writeln!(
            text,
            "data_dir = {data:?}\n\n[mqtt]\nserver = \"{mqtt}\"\nbase_topic = \"hearth\"\n",
        );
        let _ = writeln!(
            text,
            "[zigbee]\nport = \"{zigbee_port}\"\nchannel = 15\n\n[ble]\nenabled = false\n\n[homeassistant]\nenabled = true\n"
        );
        let _ = match web {
            Some(port) => writeln!(text, "[web]\nlisten = \"127.0.0.1:{port}\"\n"),
            None => writeln!(text, "[web]\nenabled = false\n"),
        };
        text.push_str(more);
        std::fs::write(&config, text).expect("the configuration");
        Self {
            folder,
            config,
            environment: Vec::new(),
            child: None,
        }
    }

    /// It finds `value` as the variable `name` when it starts.
    pub fn set(&mut self, name: &'static str, value: impl Into<OsString>) {
        self.environment.push((name, value.into()));
    }

    /// Its configuration file.
    #[must_use]
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What it logged so far, all runs together.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Its process id while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Starts it.
    pub fn start(&mut self) {
        self.start_with(&[]);
    }

    /// Starts it with further arguments.
    pub fn start_with(&mut self, arguments: &[&str]) {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))
            .expect("the log");
        let child = places::hearth()
            .arg("run")
            .arg("--config")
            .arg(&self.config)
            .args(arguments)
            .env("HEARTH_LOG", "debug")
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log"))
            .stderr(log)
            .spawn()
            .expect("hearth starts");
        self.child = Some(child);
    }

    /// SIGKILL: no goodbye.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// SIGTERM, then its end; gives the time that took.
    ///
    /// # Panics
    /// When it does not end within 10 s or ends with an error.
    pub fn stop(&mut self) -> Duration {
        let mut child = self.child.take().expect("it runs");
        let begun = Instant::now();
        let signalled = Command::new("kill")
            .arg("-TERM")
            .arg(child.id().to_string())
            .status();
        assert!(signalled.expect("kill").success());
        loop {
            if let Some(status) = child.try_wait().expect("its status") {
                assert!(status.success(), "ended with {status}:\n{}", self.log());
                return begun.elapsed();
            }
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "does not end on SIGTERM:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Runs `hearth` once with these arguments and this configuration; gives success, stdout, stderr.
    pub async fn command(&self, arguments: &[&str]) -> (bool, String, String) {
        // The simulator runs meanwhile, perhaps on this very thread.
        let output = tokio::process::Command::from(places::hearth())
            .args(arguments)
            .arg("--config")
            .arg(&self.config)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .expect("hearth runs");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (
            output.status.success(),
            text(output.stdout),
            text(output.stderr),
        )
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- the gateway's log ---\n{}", self.log());
        }
        self.kill();
    }
}

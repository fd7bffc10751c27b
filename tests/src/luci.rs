//! A stand-in for a router's web server with LuCI on it: the app's views, LuCI's runtime (the small
//! one beside these tests, or the real one where `HEARTH_LUCI` names its sources), calls to ubus
//! that the app's access rights allow, and the configuration of rpcd's `uci`.

pub mod po;
pub mod ubusd;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value as Json, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::places;
pub use ubusd::Ubusd;

/// Sections in their order, each with `.type` and its options.
pub type Sections = Vec<(String, Map<String, Json>)>;

/// The server; gone with this value.
#[derive(Debug)]
pub struct Luci {
    port: u16,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    ubusd: Arc<Ubusd>,
    /// LuCI's own sources, if they are here.
    real: Option<PathBuf>,
    /// Object (or `uci`, or `file`) to what may be called.
    allowed: BTreeMap<String, Vec<String>>,
    config: Mutex<Sections>,
    log: Mutex<String>,
    /// `msgid` to `msgstr`.
    words: Mutex<Json>,
}

/// The app's folder.
#[must_use]
pub fn app() -> PathBuf {
    places::root().join("openwrt/luci-app-hearth")
}

impl Luci {
    /// Serves on a free port, with this configuration.
    ///
    /// # Panics
    /// When the app's files are not as they must be.
    pub async fn start(ubusd: Arc<Ubusd>, config: Sections) -> Self {
        let acl = app().join("root/usr/share/rpcd/acl.d/luci-app-hearth.json");
        let acl = std::fs::read_to_string(acl).expect("access rights");
        let acl: Json = serde_json::from_str(&acl).expect("access rights");
        let mut allowed: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for right in ["read", "write"] {
            let rights = &acl["luci-app-hearth"][right];
            for (object, methods) in rights["ubus"].as_object().into_iter().flatten() {
                let methods = methods.as_array().into_iter().flatten();
                let methods = methods.filter_map(|m| m.as_str().map(str::to_owned));
                allowed.entry(object.clone()).or_default().extend(methods);
            }
            for command in rights["file"].as_object().into_iter().flatten() {
                let files = allowed.entry("file".to_owned()).or_default();
                files.push(command.0.clone());
            }
            for config in rights["uci"].as_array().into_iter().flatten() {
                let uci = allowed.entry(format!("uci {right}")).or_default();
                uci.extend(config.as_str().map(str::to_owned));
            }
        }
        let shared = Arc::new(Shared {
            ubusd,
            real: std::env::var_os("HEARTH_LUCI").map(PathBuf::from),
            allowed,
            config: Mutex::new(config),
            log: Mutex::default(),
            words: Mutex::new(json!({})),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("a port").port();
        let serving = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&serving).client(stream));
            }
        });
        Self { port, shared, task }
    }

    /// Where a view is shown.
    #[must_use]
    pub fn view(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/view/hearth/{name}", self.port)
    }

    /// Whether LuCI's own runtime is used.
    #[must_use]
    pub fn is_real(&self) -> bool {
        self.shared.real.is_some()
    }

    /// What `logread` shows.
    ///
    /// # Panics
    /// Never in a test that has not failed.
    pub fn log(&self, text: &str) {
        text.clone_into(&mut self.shared.log.lock().expect("the log"));
    }

    /// Shows views in another language.
    ///
    /// # Panics
    /// Never in a test that has not failed.
    pub fn translate(&self, words: &BTreeMap<String, String>) {
        *self.shared.words.lock().expect("words") = json!(words);
    }

    /// The configuration as it is now.
    ///
    /// # Panics
    /// Never in a test that has not failed.
    #[must_use]
    pub fn config(&self) -> Sections {
        self.shared
            .config
            .lock()
            .expect("the configuration")
            .clone()
    }
}

impl Drop for Luci {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    async fn client(self: Arc<Self>, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Some((path, body)) = request(&mut stream).await {
            // LuCI's dispatcher, and uhttpd's own way to ubus.
            let rpc = ["/cgi-bin/luci/admin/ubus", "/ubus"];
            let (kind, answer) = if rpc.iter().any(|rpc| path.starts_with(rpc)) {
                let asked: Json = serde_json::from_slice(&body).unwrap_or_default();
                (
                    "application/json",
                    self.calls(asked).await.to_string().into_bytes(),
                )
            } else {
                self.file(&path)
            };
            let (status, kind) = if kind.is_empty() {
                ("404 Not Found", "text/plain")
            } else {
                ("200 OK", kind)
            };
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
                answer.len()
            );
            let whole = [head.as_bytes(), &answer].concat();
            if stream.get_mut().write_all(&whole).await.is_err() {
                return;
            }
        }
    }

    fn file(&self, path: &str) -> (&'static str, Vec<u8>) {
        let path = path.split('?').next().unwrap_or_default();
        if let Some(view) = path.strip_prefix("/view/") {
            return ("text/html; charset=utf-8", self.page(view).into_bytes());
        }
        if path.ends_with("/favicon.ico") {
            return ("image/x-icon", Vec::new());
        }
        let name = path.trim_start_matches('/');
        if name.contains("..") {
            return ("", Vec::new());
        }
        let mut folders = vec![app().join("htdocs")];
        match &self.real {
            Some(luci) => {
                folders.push(luci.join("modules/luci-base/htdocs"));
                folders.push(luci.join("themes/luci-theme-bootstrap/htdocs"));
            }
            None => folders.push(places::root().join("tests/luci")),
        }
        let kind = match Path::new(name).extension().and_then(|e| e.to_str()) {
            Some("js") => "text/javascript",
            Some("css") => "text/css",
            Some("svg") => "image/svg+xml",
            _ => "application/octet-stream",
        };
        folders
            .iter()
            .find_map(|folder| std::fs::read(folder.join(name)).ok())
            .map_or(("", Vec::new()), |bytes| (kind, bytes))
    }

    /// The page around a view, as LuCI's templates make it.
    fn page(&self, view: &str) -> String {
        let words = self.words.lock().expect("words").to_string();
        let body = "<div id=\"maincontent\" class=\"container\"><div id=\"view\"></div></div>\
                    <div id=\"modal_overlay\"><div class=\"modal\"></div></div>";
        if self.real.is_none() {
            return format!(
                "<!DOCTYPE html><html><head><meta charset=\"utf-8\">\
                 <script>window.TRANSLATIONS = {words}</script>\
                 <script src=\"/luci.js\"></script></head>\
                 <body data-view=\"{view}\">{body}</body></html>"
            );
        }
        let env = json!({
            "media": "/luci-static/bootstrap", "resource": "/luci-static/resources",
            "scriptname": "/cgi-bin/luci", "pathinfo": format!("/admin/services/{view}"),
            "documentroot": "/www", "ubuspath": "/ubus/", "pollinterval": 5,
            "requestpath": ["admin", "services", "hearth"],
            "dispatchpath": ["admin", "services", "hearth"],
            "sessionid": "0".repeat(32), "token": "0".repeat(32),
            "nodespec": {"readonly": false}, "apply_rollback": 30, "apply_holdoff": 1,
            "apply_timeout": 5, "apply_display": 1.5,
        });
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <link rel=\"stylesheet\" href=\"/luci-static/bootstrap/cascade.css\">\
             <script src=\"/luci-static/resources/cbi.js\"></script></head>\
             <body class=\"lang_en\"><header><a class=\"brand\" href=\"/\">OpenWrt</a>\
             <ul class=\"nav\" id=\"topmenu\"></ul><div id=\"indicators\"></div></header>\
             <script src=\"/luci-static/resources/luci.js\"></script>\
             <script>L = new LuCI({env});</script>\
             <div id=\"maincontent\" class=\"container\"><div id=\"tabmenu\"></div>\
             <div id=\"view\"><script>L.require('ui').then(ui => ui.instantiateView('{view}'));\
             </script></div></div></body></html>"
        )
    }

    /// One call, or several at once.
    async fn calls(&self, asked: Json) -> Json {
        match asked {
            Json::Array(several) => {
                let mut answers = Vec::new();
                for one in several {
                    answers.push(self.call(one).await);
                }
                Json::Array(answers)
            }
            one => self.call(one).await,
        }
    }

    async fn call(&self, asked: Json) -> Json {
        let id = asked["id"].clone();
        let result = |result: Json| json!({"jsonrpc": "2.0", "id": id, "result": result});
        if asked["method"] == "list" {
            return result(json!({}));
        }
        let object = asked["params"][1].as_str().unwrap_or_default();
        let method = asked["params"][2].as_str().unwrap_or_default();
        let arguments = asked["params"][3].clone();
        let allowed = |object: &str, what: &str| {
            self.allowed
                .get(object)
                .is_some_and(|allowed| allowed.iter().any(|allowed| allowed == what))
        };
        match object {
            "hearth" if allowed(object, method) => {
                // What LuCI's dispatcher does: the session goes along, the words of an error are lost.
                let mut arguments = arguments;
                if let Some(arguments) = arguments.as_object_mut() {
                    arguments.insert("ubus_rpc_session".to_owned(), Json::from("0".repeat(32)));
                }
                match self.ubusd.call(object, method, arguments).await {
                    (Some(data), 0) => result(json!([0, data])),
                    (_, status) => result(json!([status])),
                }
            }
            "file" if method == "exec" => {
                let words = std::iter::once(&arguments["command"])
                    .chain(arguments["params"].as_array().into_iter().flatten());
                let line: Vec<&str> = words.filter_map(Json::as_str).collect();
                if allowed("file", &line.join(" ")) {
                    let log = self.log.lock().expect("the log").clone();
                    result(json!([0, {"code": 0, "stdout": log}]))
                } else {
                    result(json!([6]))
                }
            }
            "uci" => result(self.uci(method, &arguments, &allowed)),
            "session" => result(json!([0, {"access": true}])),
            "luci" => result(json!([0, {}])),
            _ => json!({
                "jsonrpc": "2.0", "id": id, "error": {"code": -32002, "message": "Access denied"},
            }),
        }
    }

    fn uci(&self, method: &str, given: &Json, allowed: &dyn Fn(&str, &str) -> bool) -> Json {
        let name = given["config"].as_str().unwrap_or_default();
        let mut config = self.config.lock().expect("the configuration");
        let section = given["section"].as_str().unwrap_or_default();
        match method {
            "get" if allowed("uci read", name) => {
                let shown: Map<String, Json> = config
                    .iter()
                    .enumerate()
                    .map(|(index, (name, section))| {
                        let mut section = section.clone();
                        section.insert(".name".to_owned(), Json::from(name.clone()));
                        section.insert(".index".to_owned(), Json::from(index));
                        let anonymous = name.starts_with("cfg");
                        section.insert(".anonymous".to_owned(), Json::from(anonymous));
                        (name.clone(), Json::Object(section))
                    })
                    .collect();
                json!([0, { "values": shown }])
            }
            "add" | "set" | "delete" | "order" if !allowed("uci write", name) => json!([6]),
            "add" => {
                let anonymous = format!("cfg{:02}", config.len());
                let name = given["name"].as_str().unwrap_or(&anonymous).to_owned();
                let mut section = Map::from_iter([(".type".to_owned(), given["type"].clone())]);
                merge(&mut section, &given["values"]);
                config.push((name.clone(), section));
                json!([0, { "section": name }])
            }
            "set" => {
                for (name, options) in config.iter_mut() {
                    if name == section {
                        merge(options, &given["values"]);
                    }
                }
                json!([0])
            }
            "delete" => {
                match given["options"].as_array() {
                    Some(options) => {
                        for (_, found) in config.iter_mut().filter(|(name, _)| name == section) {
                            for option in options.iter().filter_map(Json::as_str) {
                                found.remove(option);
                            }
                        }
                    }
                    None => config.retain(|(name, _)| name != section),
                }
                json!([0])
            }
            "changes" => json!([0, {"changes": {}}]),
            _ => json!([0]),
        }
    }
}

fn merge(section: &mut Map<String, Json>, values: &Json) {
    for (option, value) in values.as_object().into_iter().flatten() {
        if !option.starts_with('.') {
            section.insert(option.clone(), value.clone());
        }
    }
}

/// Path and body of the next request; none: the browser is gone.
async fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut line = String::new();
    if stream.read_line(&mut line).await.ok()? == 0 {
        return None;
    }
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        line.clear();
        stream.read_line(&mut line).await.ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((path, body))
}

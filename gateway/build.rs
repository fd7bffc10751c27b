//! Compresses the page's files and lists them for `web::assets`.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::path::Path;
use std::{env, fs};

/// Path on the web, file, kind.
const ASSETS: [(&str, &str, &str); 5] = [
    ("/", "index.html", "text/html; charset=utf-8"),
    ("/page.css", "page.css", "text/css; charset=utf-8"),
    ("/page.js", "page.js", "text/javascript; charset=utf-8"),
    (
        "/microphone.js",
        "microphone.js",
        "text/javascript; charset=utf-8",
    ),
    (
        "/worklet.js",
        "worklet.js",
        "text/javascript; charset=utf-8",
    ),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/web/assets");
    if env::var_os("CARGO_FEATURE_WEB").is_none() {
        return Ok(());
    }
    let out = env::var("OUT_DIR")?;
    let root = env::var("CARGO_MANIFEST_DIR")?;
    let mut list = format!("static ASSETS: [Asset; {}] = [", ASSETS.len());
    for (path, file, kind) in ASSETS {
        let source = Path::new(&root).join("src/web/assets").join(file);
        let content = fs::read(&source)?;
        let packed = Path::new(&out).join(format!("{file}.gz"));
        let mut gzip =
            flate2::write::GzEncoder::new(fs::File::create(&packed)?, flate2::Compression::best());
        gzip.write_all(&content)?;
        gzip.finish()?;
        let mut hasher = DefaultHasher::new();
        content.hash(&mut hasher);
        let tag = format!("\"{:016x}\"", hasher.finish());
        write!(
            list,
            "Asset {{ path: {path:?}, kind: {kind:?}, tag: {tag:?}, gzip: include_bytes!({packed:?}) }},"
        )?;
    }
    list.push_str("];");
    fs::write(Path::new(&out).join("assets.rs"), list)?;
    Ok(())
}

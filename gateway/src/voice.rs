//! Speech.
use std::path::Path;
use crate::config::Config;
/// STUB
pub async fn hear(_config: &Config, _wav: &Path) -> Result<String, String> { Err("STUB".into()) }

//! `doctor`.

use std::process::ExitCode;

use super::args::Args;
use super::failure::{Failure, Outcome};
use super::local;
use crate::doctor::{self, Level, Machine};

/// `hearth doctor`
pub(super) fn run(args: &mut Args) -> Outcome {
    let json = args.switch("json");
    let probe = args.switch("probe");
    args.done()?;
    let file = args.config_file()?;
    let findings = local::block_on(doctor::examine(&Machine::default(), &file, probe))?;
    let text = if json {
        serde_json::to_string_pretty(&findings).map_err(Failure::failed)? + "\n"
    } else {
        findings
            .iter()
            .map(|finding| format!("{finding}\n"))
            .collect()
    };
    super::print(&text)?;
    let bad = findings.iter().any(|finding| finding.level == Level::Bad);
    Ok(ExitCode::from(u8::from(bad)))
}

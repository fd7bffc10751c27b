//! Speech: the worker, its library, and whether its model fits into the machine.

use super::{Finding, Patient};
use crate::parts;

const ABOUT: &str = "speech";

pub(super) fn voice(patient: &Patient<'_>) -> Vec<Finding> {
    vec![if parts::SENTENCES {
        listening(patient)
    } else {
        left_out(patient.config.voice.listens())
    }]
}

/// This build has no speech, which is `wanted` or not.
fn left_out(wanted: bool) -> Finding {
    if wanted {
        Finding::bad(
            ABOUT,
            "the part [voice] of the configuration asks for speech, and this build has none",
            "install hearth-full in place of this package: opkg remove it first, apk replaces it; the home stays",
        )
    } else {
        Finding::good(ABOUT, parts::NO_SENTENCES)
    }
}

#[cfg(not(feature = "sentences"))]
fn listening(_: &Patient<'_>) -> Finding {
    left_out(false)
}

#[cfg(feature = "sentences")]
fn listening(patient: &Patient<'_>) -> Finding {
    use crate::status::State;

    let voice = &patient.config.voice;
    let there = |path: &str| patient.machine.path(path).exists();
    if let Some(status) = patient.status
        && status.voice.state == State::Up
    {
        return Finding::good(ABOUT, format!("works ({})", status.voice.language));
    }
    if let Some(socket) = &voice.socket {
        if socket.starts_with("tcp://") || there(socket) {
            return Finding::good(ABOUT, format!("the worker at {socket}"));
        }
        let advice = "start it: /etc/init.d/hearth-voice start; the log says why it does not";
        return Finding::bad(ABOUT, format!("no worker at {socket}"), advice);
    }
    let Some(model) = &voice.model else {
        return Finding::good(ABOUT, "typed sentences only: voice.model is not set");
    };
    let folder = patient.machine.path(&model.to_string_lossy());
    if !folder.join("conf").exists() && !folder.join("am").exists() {
        let advice =
            "set voice.model to the folder of a Vosk model, or make one: hearth voice pack";
        let seen = format!("{} is no speech model", model.display());
        return Finding::bad(ABOUT, seen, advice);
    }
    if let Some(library) = &voice.library
        && !there(&library.to_string_lossy())
    {
        let seen = format!("{} is not there", library.display());
        let advice = "set voice.library to libvosk.so, or leave it out";
        return Finding::bad(ABOUT, seen, advice);
    }
    fits(patient, &folder)
}

/// Whether what is listened with fits: the model itself, or what is packed from it for the home.
#[cfg(feature = "sentences")]
fn fits(patient: &Patient<'_>, folder: &std::path::Path) -> Finding {
    use super::machine::{LEAST_FREE, meminfo};
    use intents::graph::pack;
    use intents::voice::memory;

    let shown = patient.config.voice.model.as_deref().unwrap_or(folder);
    let packed = crate::voice::packed(patient.config);
    let packed = patient.machine.path(&packed.to_string_lossy());
    let (of, kilobytes) = match (pack::packable(folder), pack::packed(&packed)) {
        (false, _) => ("", memory::need(folder)),
        (true, true) => (", packed for this home", memory::need(&packed)),
        (true, false) => (
            ", to be packed for this home when it is first used",
            memory::HOME,
        ),
    };
    let need = u32::try_from(kilobytes.div_ceil(1024)).unwrap_or(u32::MAX);
    let memory = |field| meminfo(patient.machine, field);
    match (memory("MemTotal"), memory("MemAvailable")) {
        (Some(total), Some(free)) if free < need.saturating_add(LEAST_FREE) => Finding::bad(
            ABOUT,
            format!("the model needs about {need} MB; {free} of {total} MB are free"),
            "make a smaller one (hearth voice pack), or run hearth-voice on another machine and set \
             voice.socket to tcp://ITS-ADDRESS:PORT",
        ),
        _ => Finding::good(
            ABOUT,
            format!("{}{of}, about {need} MB of memory", shown.display()),
        ),
    }
}

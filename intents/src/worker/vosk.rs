//! libvosk, loaded at run time: a small foreign-function interface of our own.
//!
//! Not the crate `vosk`, for it links the library at build time (then a router without libvosk could
//! not even print `--help`), and it lacks calls that are needed here, `vosk_model_find_word` among them.
//!
//! What must be known about libvosk 0.3.45, each from trying it:
//! - a grammar that is not a JSON array of strings with at least one known word ends the process with
//!   SIGSEGV; so [`Grammar`] can only be made from words the model knows;
//! - texts it returns belong to the recogniser and change with its next call; they are copied here;
//! - it is safe to use from one thread at a time; nothing here is `Sync`.

#![allow(unsafe_code)] // the one place where a C library is called

use std::ffi::{CStr, CString, c_char, c_float, c_int, c_short, c_void};
use std::path::Path;
use std::rc::Rc;

use libloading::Library;

/// A library or model that could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum VoskError {
    /// The library is not there or is not libvosk.
    #[error("libvosk at {path}: {error}")]
    Library {
        /// Where it was looked for.
        path: String,
        /// What the system says.
        error: libloading::Error,
    },
    /// The model is not there or broken.
    #[error("{0}: no Vosk model (a folder with am, conf and graph)")]
    Model(String),
    /// The recogniser could not be made.
    #[error("libvosk could not make a recogniser for this model and grammar")]
    Recognizer,
}

/// Has all threads share one heap. glibc would give each its own, which costs the speech worker most of a megabyte and
/// gains it nothing, for one thread decodes. To be called before there are threads.
pub(super) fn share_the_heap() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const M_ARENA_MAX: c_int = -8;
        unsafe extern "C" {
            fn mallopt(parameter: c_int, value: c_int) -> c_int;
        }
        // SAFETY: it sets a number inside malloc and touches no memory of ours.
        unsafe { mallopt(M_ARENA_MAX, 1) };
    }
}

type Handle = *mut c_void;

/// The functions of libvosk that are used.
struct Api {
    set_log_level: unsafe extern "C" fn(c_int),
    model_new: unsafe extern "C" fn(*const c_char) -> Handle,
    model_free: unsafe extern "C" fn(Handle),
    model_find_word: unsafe extern "C" fn(Handle, *const c_char) -> c_int,
    recognizer_new: unsafe extern "C" fn(Handle, c_float) -> Handle,
    recognizer_new_grm: unsafe extern "C" fn(Handle, c_float, *const c_char) -> Handle,
    recognizer_free: unsafe extern "C" fn(Handle),
    recognizer_set_max_alternatives: unsafe extern "C" fn(Handle, c_int),
    recognizer_set_words: unsafe extern "C" fn(Handle, c_int),
    recognizer_accept_waveform_s: unsafe extern "C" fn(Handle, *const c_short, c_int) -> c_int,
    recognizer_partial_result: unsafe extern "C" fn(Handle) -> *const c_char,
    recognizer_result: unsafe extern "C" fn(Handle) -> *const c_char,
    recognizer_final_result: unsafe extern "C" fn(Handle) -> *const c_char,
    /// Keeps the code of the functions above in memory; last, so that it is dropped last.
    _library: Library,
}

impl Api {
    fn load(path: &Path) -> Result<Self, VoskError> {
        let wrong = |error| VoskError::Library {
            path: path.display().to_string(),
            error,
        };
        // SAFETY: loading runs the initialisers of libvosk and of the C++ library it needs; they only set up
        // their own tables. The path is the user's choice, like that of any program.
        let library = unsafe { Library::new(path) }.map_err(wrong)?;
        macro_rules! symbol {
            ($name:literal) => {{
                // SAFETY: the type is that of vosk_api.h of 0.3.45 for this name, which has not
                // changed since 0.3.32; the function pointer lives as long as the library beside it.
                *unsafe { library.get($name) }.map_err(wrong)?
            }};
        }
        Ok(Self {
            set_log_level: symbol!(b"vosk_set_log_level\0"),
            model_new: symbol!(b"vosk_model_new\0"),
            model_free: symbol!(b"vosk_model_free\0"),
            model_find_word: symbol!(b"vosk_model_find_word\0"),
            recognizer_new: symbol!(b"vosk_recognizer_new\0"),
            recognizer_new_grm: symbol!(b"vosk_recognizer_new_grm\0"),
            recognizer_free: symbol!(b"vosk_recognizer_free\0"),
            recognizer_set_max_alternatives: symbol!(b"vosk_recognizer_set_max_alternatives\0"),
            recognizer_set_words: symbol!(b"vosk_recognizer_set_words\0"),
            recognizer_accept_waveform_s: symbol!(b"vosk_recognizer_accept_waveform_s\0"),
            recognizer_partial_result: symbol!(b"vosk_recognizer_partial_result\0"),
            recognizer_result: symbol!(b"vosk_recognizer_result\0"),
            recognizer_final_result: symbol!(b"vosk_recognizer_final_result\0"),
            _library: library,
        })
    }
}

/// A loaded model.
pub(crate) struct Model {
    api: Api,
    handle: Handle,
}

impl Model {
    /// Loads library and model; takes seconds and, for big models, hundreds of megabytes.
    pub(crate) fn load(library: &Path, folder: &Path) -> Result<Rc<Self>, VoskError> {
        let wrong = || VoskError::Model(folder.display().to_string());
        if !folder.join("am/final.mdl").exists() && !folder.join("final.mdl").exists() {
            return Err(wrong());
        }
        let path = CString::new(folder.as_os_str().as_encoded_bytes()).map_err(|_| wrong())?;
        let api = Api::load(library)?;
        // SAFETY: both functions take what they are given here, a number and a text ending in zero that
        // lives across the call; a model that cannot be read comes back as null.
        let handle = unsafe {
            (api.set_log_level)(-1);
            (api.model_new)(path.as_ptr())
        };
        if handle.is_null() {
            return Err(wrong());
        }
        Ok(Rc::new(Self { api, handle }))
    }

    /// Whether the model can hear this word.
    pub(crate) fn knows(&self, word: &str) -> bool {
        let Ok(word) = CString::new(word) else {
            return false;
        };
        // SAFETY: the model is alive (it is freed on drop), the text ends in zero and lives across the call.
        unsafe { (self.api.model_find_word)(self.handle, word.as_ptr()) >= 0 }
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: recognisers hold an `Rc` of the model, so none is left; it is freed once, here.
        unsafe { (self.api.model_free)(self.handle) }
    }
}

/// Phrases made of words the model knows; never empty.
pub(crate) struct Grammar(CString);

impl Grammar {
    /// From phrases whose words the model knows; none when there is no phrase.
    pub(crate) fn new(model: &Model, phrases: &[String]) -> Option<Self> {
        let known: Vec<&String> = phrases
            .iter()
            .filter(|phrase| {
                let mut words = phrase.split(' ').peekable();
                words.peek().is_some() && words.all(|word| !word.is_empty() && model.knows(word))
            })
            .collect();
        if known.is_empty() {
            return None;
        }
        CString::new(serde_json::to_string(&known).ok()?)
            .ok()
            .map(Self)
    }
}

/// A recogniser of one utterance after the other.
pub(crate) struct Recognizer {
    model: Rc<Model>,
    handle: Handle,
}

impl Recognizer {
    /// A recogniser for sound of so many samples per second; without a grammar, for anything.
    pub(crate) fn new(
        model: &Rc<Model>,
        rate: u32,
        grammar: Option<&Grammar>,
        alternatives: u8,
    ) -> Result<Self, VoskError> {
        #[expect(clippy::cast_precision_loss)] // 48,000 at most
        let rate = rate as c_float;
        // SAFETY: the model is alive and kept so by the `Rc` below; the grammar is a JSON array of at least
        // one phrase of known words (see `Grammar`), ends in zero and lives across the call.
        let handle = unsafe {
            match grammar {
                Some(Grammar(text)) => {
                    (model.api.recognizer_new_grm)(model.handle, rate, text.as_ptr())
                }
                None => (model.api.recognizer_new)(model.handle, rate),
            }
        };
        if handle.is_null() {
            return Err(VoskError::Recognizer);
        }
        // SAFETY: the recogniser was just made.
        unsafe {
            (model.api.recognizer_set_max_alternatives)(handle, c_int::from(alternatives));
        }
        Ok(Self {
            model: Rc::clone(model),
            handle,
        })
    }

    /// Takes sound; true when it heard an end of speech: then [`Recognizer::result`] has the text.
    pub(crate) fn accept(&mut self, samples: &[i16]) -> bool {
        let length = c_int::try_from(samples.len()).unwrap_or(c_int::MAX);
        // SAFETY: the recogniser is alive; the samples live across the call and there are at least as many.
        unsafe {
            (self.model.api.recognizer_accept_waveform_s)(self.handle, samples.as_ptr(), length)
                == 1
        }
    }

    /// From now on results tell when each word was said.
    pub(crate) fn tell_times(&mut self) {
        // SAFETY: the recogniser is alive.
        unsafe { (self.model.api.recognizer_set_words)(self.handle, 1) }
    }

    /// What it makes of the sound so far, as JSON.
    pub(crate) fn partial(&mut self) -> String {
        // SAFETY: the recogniser is alive.
        self.copy(unsafe { (self.model.api.recognizer_partial_result)(self.handle) })
    }

    /// The text up to the end of speech it heard, as JSON.
    pub(crate) fn result(&mut self) -> String {
        // SAFETY: the recogniser is alive.
        self.copy(unsafe { (self.model.api.recognizer_result)(self.handle) })
    }

    /// The text of the rest, as JSON.
    pub(crate) fn finish(&mut self) -> String {
        // SAFETY: the recogniser is alive.
        self.copy(unsafe { (self.model.api.recognizer_final_result)(self.handle) })
    }

    fn copy(&self, text: *const c_char) -> String {
        if text.is_null() {
            return String::new();
        }
        // SAFETY: libvosk returns a text ending in zero that is valid until the next call of this
        // recogniser; it is copied before there can be one.
        unsafe { CStr::from_ptr(text) }
            .to_string_lossy()
            .into_owned()
    }
}

impl Drop for Recognizer {
    fn drop(&mut self) {
        // SAFETY: made by `new`, freed once, here.
        unsafe { (self.model.api.recognizer_free)(self.handle) }
    }
}

//! One utterance under way, and whether its words tell that it is over.
//!
//! At a short pause the recogniser is made to finish: only so are the last half second's words known, for
//! libvosk looks ahead and works in batches. Where they make a sentence that cannot go on, the utterance is
//! over. Where they do not, the sound is recognised again from its beginning, while the pause lasts.

use std::time::Duration;

use super::recognizer::{Ears, Listening};
use crate::ear;
use crate::graph::endings::Standing;
use crate::voice::protocol::{Ended, Utterance};

/// How often an utterance is recognised from its beginning again, at most.
const TRIES: u8 = 6;

/// Recognising again may take so long, or it is not begun: it must be done before the long pause is.
const TIME: Duration = Duration::from_millis(400);

/// See the module.
pub(super) struct Turn {
    /// None while `said` holds what it heard.
    listening: Option<Box<Listening>>,
    /// What it heard at a pause, in a sentence that may be over.
    said: Option<Utterance>,
    /// All sound of it, where its words are asked.
    sound: Vec<i16>,
    keeps: bool,
    tries: u8,
    /// Time for what was in vain.
    wasted_ms: u32,
}

fn listening(ears: &Ears) -> Result<Box<Listening>, String> {
    let begun = ears.listen(ear::RATE).map_err(|error| error.to_string())?;
    Ok(Box::new(begun))
}

impl Turn {
    /// Begins an utterance.
    pub(super) fn begin(ears: &Ears) -> Result<Self, String> {
        Ok(Self {
            listening: Some(listening(ears)?),
            said: None,
            sound: Vec::new(),
            keeps: ears.knows_endings(),
            tries: 0,
            wasted_ms: 0,
        })
    }

    /// Takes sound.
    pub(super) fn accept(&mut self, samples: &[i16]) {
        if self.keeps {
            self.sound.extend_from_slice(samples);
        }
        if let Some(listening) = &mut self.listening {
            // The ear has the limit.
            let _ = listening.accept(samples);
        }
    }

    /// The text so far, unless all is heard already.
    pub(super) fn partial(&mut self) -> Option<String> {
        Some(self.listening.as_mut()?.partial())
    }

    /// Nobody speaks for a short time; true when the words tell that the utterance is over.
    pub(super) fn short_pause(&mut self, ears: &Ears) -> Result<bool, String> {
        if !self.keeps || self.tries >= TRIES {
            return Ok(false);
        }
        let Some(heard) = self.listening.take_if(|heard| heard.busy() <= TIME) else {
            return Ok(false);
        };
        let pause = ear::SHORT_PAUSE as usize * ear::FRAME;
        let room = self.sound.get(self.sound.len().saturating_sub(pause)..);
        let (said, free) = heard.settle(room.unwrap_or_default());
        let standing = ears.standing(&said, &free);
        self.said = Some(said);
        if standing == Standing::Part {
            self.goes_on(ears)?;
        }
        Ok(standing == Standing::Whole)
    }

    /// Nobody speaks for longer; true when the utterance is over.
    pub(super) const fn medium_pause(&self) -> bool {
        self.said.is_some()
    }

    /// What was heard was not all: takes up the utterance from its beginning.
    pub(super) fn goes_on(&mut self, ears: &Ears) -> Result<(), String> {
        if let Some(said) = self.said.take() {
            self.tries += 1;
            self.wasted_ms = self.wasted_ms.saturating_add(said.decode_ms);
            let mut again = listening(ears)?;
            // In pieces, for what is learnt of the voice depends on them.
            for piece in self.sound.chunks(ear::RATE as usize / 10) {
                let _ = again.accept(piece);
            }
            self.listening = Some(again);
        }
        Ok(())
    }

    /// What was said.
    pub(super) fn finish(self, ended: Ended) -> Utterance {
        let said = self.said.map(|said| Utterance { ended, ..said });
        let mut said = said
            .or_else(|| Some(self.listening?.finish(ended)))
            .unwrap_or_default();
        said.decode_ms = said.decode_ms.saturating_add(self.wasted_ms);
        said
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::time::Instant;

    use super::super::stream::{Outcome, Stream};
    use super::*;
    use crate::ear::{Ear, Options};
    use crate::graph::pack;
    use crate::voice::Wav;
    use crate::voice::protocol::Reply;

    fn place(variable: &str, otherwise: &str, name: &str) -> Option<PathBuf> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(otherwise);
        let path = std::env::var_os(variable)
            .map_or(root, PathBuf::from)
            .join(name);
        if !path.exists() {
            assert!(
                std::env::var_os("HEARTH_REQUIRE_ALL").is_none(),
                "{} is missing",
                path.display()
            );
            eprintln!("skipped: {} is not there", path.display());
            return None;
        }
        Some(path)
    }

    /// Sound of a quiet room.
    fn room(ms: usize) -> Vec<i16> {
        let mut chance = 0x2545_f491_u32;
        let mut draw = || {
            chance ^= chance << 13;
            chance ^= chance >> 17;
            chance ^= chance << 5;
            i16::try_from(chance % 41).unwrap_or_default() - 20
        };
        (0..ms * 16).map(|_| draw()).collect()
    }

    /// What was said, and how many milliseconds behind the sound it was known; the sound ends in silence.
    fn say(ears: &Ears, sounds: &[&[i16]]) -> (Utterance, i64) {
        let mut sound = room(500);
        for (i, piece) in sounds.iter().enumerate() {
            if i > 0 {
                sound.extend(room(300));
            }
            sound.extend_from_slice(piece);
        }
        let end = sound.len();
        sound.extend(room(1500));
        let options = Options {
            again: false,
            until_silence: true,
        };
        let mut stream = Stream::new(1, ear::RATE, Ear::new(options, &[]), false);
        let mut replies = Vec::new();
        let mut taken = 0;
        for piece in sound.chunks(ear::FRAME) {
            taken += piece.len();
            if let Outcome::Over = stream.accept(ears, piece, Instant::now(), &mut replies) {
                break;
            }
        }
        let said = replies.into_iter().find_map(|reply| match reply {
            Reply::Final(said) => Some(said),
            _ => None,
        });
        let ms = |samples: usize| i64::try_from(samples / 16).unwrap();
        (said.unwrap(), ms(taken) - ms(end))
    }

    /// Where the library is, the model packed for the home of the spoken cases, and where their clips are.
    fn packed() -> Option<(PathBuf, tempfile::TempDir, PathBuf)> {
        let library = place("HEARTH_TEST_DATA", "../tests/data", "vosk/libvosk.so")?;
        let model = place("HEARTH_TEST_DATA", "../tests/data", "vosk-ko")?;
        let clips = place("HEARTH_SHARED", "../../shared", "facts/voice/audio")?;
        let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/homes/speech-ko.json");
        let home = serde_json::from_str(&std::fs::read_to_string(home).unwrap()).unwrap();
        let mut engine = crate::Engine::new("ko").unwrap();
        engine.set_home(&home);
        let folder = tempfile::tempdir().unwrap();
        let options = pack::Options::default();
        pack::pack(&model, &engine.letters().unwrap(), folder.path(), &options).unwrap();
        Some((library, folder, clips))
    }

    fn clip(clips: &Path, name: &str) -> Vec<i16> {
        let wav = std::fs::read(clips.join(name)).unwrap();
        Wav::parse(&wav).unwrap().samples
    }

    #[test]
    fn an_unclear_command_is_told_from_talk_by_its_sounds() {
        let Some((library, folder, clips)) = packed() else {
            return;
        };
        let ears = Ears::load(&library, folder.path()).unwrap();
        let hear = |name: &str| {
            let said = ears.hear(16_000, &clip(&clips, name)).unwrap();
            let solid = |text: &str| text.replace(' ', "");
            let rivals: Vec<String> = said.rivals().map(solid).collect();
            (solid(&said.text), rivals)
        };
        // Heard as "방문 및 칠 이야기" and "진 치 론 도 알려줘"; what is as likely means the same.
        for (name, text, head) in [
            ("pf_dora/37.wav", "오늘며칠이야", "오늘며칠"),
            ("im_nicola/27.wav", "침실온도알려줘", "침실온도"),
        ] {
            let (said, rivals) = hear(name);
            assert_eq!(said, text);
            assert!(
                rivals.iter().all(|rival| rival.starts_with(head)),
                "{rivals:?}"
            );
        }
        // Heard as "이용 실 뿐 까지 와": on or off?
        let (said, rivals) = hear("pf_dora/05.wav");
        assert_eq!(said, "욕실불꺼줘");
        assert!(rivals.contains(&"욕실불켜줘".to_owned()), "{rivals:?}");
        // "오늘 날씨가 정말 좋네요" and "그 영화는 별로였어" are said to somebody else.
        for talk in ["neg_pf_dora/00.wav", "neg_pf_dora/13.wav"] {
            assert_eq!(hear(talk), (String::new(), Vec::new()), "{talk}");
        }
        // Not even in part is it told to anybody.
        let mut listening = ears.listen(16_000).unwrap();
        for piece in clip(&clips, "neg_pf_dora/00.wav").chunks(1600) {
            let _ = listening.accept(piece);
            let partial = listening.partial();
            assert!(!partial.contains(crate::graph::filler::TALK), "{partial}");
        }
    }

    #[test]
    fn a_whole_sentence_is_over_at_once_and_a_part_of_one_is_waited_for() {
        let Some((library, folder, clips)) = packed() else {
            return;
        };
        let ears = Ears::load(&library, folder.path()).unwrap();

        // "거실 불 켜줘": nothing goes on behind it.
        let lamp = clip(&clips, "pf_dora/00.wav");
        let (said, early) = say(&ears, &[&lamp]);
        assert_eq!(said.text.replace(' ', ""), "거실불켜줘");

        // With a pause of 300 ms before its last word it is the same sentence.
        let (room, rest) = lamp.split_at(970 * 16);
        let (said, _) = say(&ears, &[room, rest]);
        assert_eq!(said.text.replace(' ', ""), "거실불켜줘");

        // "거실 불" alone is no sentence, and waited for.
        let (_, part) = say(&ears, &[room]);

        // A folder without its sentences is listened to with long pauses.
        std::fs::remove_file(folder.path().join("graph/sentences.fst")).unwrap();
        let (said, late) = say(&Ears::load(&library, folder.path()).unwrap(), &[&lamp]);
        assert_eq!(said.text.replace(' ', ""), "거실불켜줘");
        assert!(early + 450 <= late, "{early} ms against {late}");
        assert!(early + 300 <= part, "{early} ms against {part}");

        // A broken one is told.
        std::fs::write(folder.path().join("graph/sentences.fst"), b"nonsense").unwrap();
        let error = Ears::load(&library, folder.path())
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains("sentences.fst"), "{error}");
    }
}

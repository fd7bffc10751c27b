//! The languages of the home, each made ready when its first sentence comes: a home that nobody types or speaks to
//! keeps its memory.

use std::sync::OnceLock;

use intents::{Engine, Home};

/// Sentences of some languages, and the names they may hold.
#[derive(Debug, Default)]
pub(super) struct Engines {
    /// The language of answers first.
    slots: Vec<Slot>,
    home: Home,
}

#[derive(Debug)]
struct Slot {
    language: String,
    /// Once it was needed; none: it cannot be made, which was said.
    engine: OnceLock<Option<Engine>>,
}

impl Slot {
    fn engine(&self, home: &Home) -> Option<&Engine> {
        let make = || match Engine::new(&self.language) {
            Ok(mut engine) => {
                tracing::debug!("sentences of `{}` are made ready", self.language);
                engine.set_home(home);
                engine.set_tolerant(true);
                Some(engine)
            }
            Err(error) => {
                tracing::error!("{error}");
                None
            }
        };
        self.engine.get_or_init(make).as_ref()
    }
}

impl Engines {
    /// Understands `language` besides what it understands already.
    pub(super) fn learn(&mut self, language: &str) -> Result<(), String> {
        let known = Engine::known(language).map_err(|error| error.to_string())?;
        if self.slots.iter().all(|slot| slot.language != known) {
            self.slots.push(Slot {
                language: known.to_owned(),
                engine: OnceLock::new(),
            });
        }
        Ok(())
    }

    /// Understands its language with this engine.
    pub(super) fn put(&mut self, mut engine: Engine) {
        engine.set_home(&self.home);
        engine.set_tolerant(true);
        let language = engine.language().to_owned();
        let slot = Slot {
            language,
            engine: OnceLock::from(Some(engine)),
        };
        match self
            .slots
            .iter_mut()
            .find(|known| known.language == slot.language)
        {
            Some(known) => *known = slot,
            None => self.slots.push(slot),
        }
    }

    /// All languages, in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Engine> {
        self.slots.iter().filter_map(|slot| slot.engine(&self.home))
    }

    /// The sentences of `language`.
    pub(super) fn get(&self, language: &str) -> Option<&Engine> {
        let mut slots = self.slots.iter();
        let slot = slots.find(|slot| slot.language == language)?;
        slot.engine(&self.home)
    }

    /// The names.
    pub(super) const fn home(&self) -> &Home {
        &self.home
    }

    /// Takes other names.
    pub(super) fn set_home(&mut self, home: Home) {
        for slot in &mut self.slots {
            if let Some(Some(engine)) = slot.engine.get_mut() {
                engine.set_home(&home);
            }
        }
        self.home = home;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_made_ready_by_its_first_sentence() {
        let mut engines = Engines::default();
        engines.learn("ko").unwrap();
        engines.learn("en").unwrap();
        engines.learn("ko").unwrap();
        let ready = |engines: &Engines| {
            let slots = engines.slots.iter();
            slots.filter(|slot| slot.engine.get().is_some()).count()
        };
        assert_eq!((engines.slots.len(), ready(&engines)), (2, 0));
        assert_eq!(engines.get("en").map(Engine::language), Some("en"));
        assert_eq!(ready(&engines), 1);
        assert_eq!(engines.iter().next().map(Engine::language), Some("ko"));
        assert_eq!(ready(&engines), 2);
        assert!(engines.get("vi").is_none());
        let why = engines.learn("tlh").unwrap_err();
        assert!(why.contains("tlh"), "{why}");
        // One's own sentences keep the place of their language.
        engines.put(Engine::new("ko").unwrap());
        assert_eq!(engines.iter().next().map(Engine::language), Some("ko"));
        assert_eq!(engines.slots.len(), 2);
    }
}

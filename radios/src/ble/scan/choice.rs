//! Which adapter: by address, by place (`hci0`), by name; else the first that speaks LE.

use std::collections::BTreeMap;

use super::words::{AdapterProperties, Path};

/// An adapter as BlueZ shows it now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Adapter {
    pub address: String,
    pub alias: String,
    pub powered: bool,
    pub discovering: bool,
    pub central: bool,
    pub blocked: bool,
    pub monitors: bool,
}

impl Adapter {
    pub(super) fn new(said: AdapterProperties) -> Self {
        let mut new = Self {
            // BlueZ before 5.55 does not tell; its adapters are then taken as they come.
            central: true,
            ..Self::default()
        };
        new.learn(said);
        new
    }

    pub(super) fn learn(&mut self, said: AdapterProperties) {
        if let Some(address) = said.address {
            self.address = address;
        }
        if let Some(alias) = said.alias {
            self.alias = alias;
        }
        self.powered = said.powered.unwrap_or(self.powered);
        self.discovering = said.discovering.unwrap_or(self.discovering);
        self.central = said.central.unwrap_or(self.central);
        self.blocked = said.blocked.unwrap_or(self.blocked);
    }

    fn is(&self, path: &str, wanted: &str) -> bool {
        place(path).eq_ignore_ascii_case(wanted)
            || self.address.eq_ignore_ascii_case(wanted)
            || (self.alias.to_ascii_lowercase()).contains(&wanted.to_ascii_lowercase())
    }
}

/// `hci0` of `/org/bluez/hci0`.
pub(super) fn place(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The adapter to use.
pub(super) fn choose(adapters: &BTreeMap<Path, Adapter>, wanted: Option<&str>) -> Option<Path> {
    let mut fit = adapters.iter().filter(|(path, adapter)| match wanted {
        // An address that was asked for is meant, whatever it can.
        Some(wanted) => adapter.is(path, wanted),
        None => adapter.central,
    });
    // An exact place or address wins over a part of a name.
    let exact = fit.clone().find(|(path, adapter)| {
        wanted.is_some_and(|wanted| {
            place(path).eq_ignore_ascii_case(wanted) || adapter.address.eq_ignore_ascii_case(wanted)
        })
    });
    exact.or_else(|| fit.next()).map(|(path, _)| path.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapters() -> BTreeMap<Path, Adapter> {
        let adapter = |address: &str, alias: &str, central| {
            Adapter::new(AdapterProperties {
                address: Some(address.into()),
                alias: Some(alias.into()),
                central: Some(central),
                ..AdapterProperties::default()
            })
        };
        BTreeMap::from([
            (
                "/org/bluez/hci0".into(),
                adapter("00:00:00:00:00:01", "old", false),
            ),
            (
                "/org/bluez/hci1".into(),
                adapter("00:00:00:00:00:02", "attic", true),
            ),
            (
                "/org/bluez/hci2".into(),
                adapter("00:00:00:00:00:03", "hci1", true),
            ),
        ])
    }

    #[test]
    fn the_first_that_speaks_le_unless_told() {
        let chosen = |wanted| choose(&adapters(), wanted).map(|path| place(&path).to_owned());
        assert_eq!(chosen(None).as_deref(), Some("hci1"));
        assert_eq!(chosen(Some("hci2")).as_deref(), Some("hci2"));
        assert_eq!(chosen(Some("00:00:00:00:00:03")).as_deref(), Some("hci2"));
        assert_eq!(chosen(Some("ATTIC")).as_deref(), Some("hci1"));
        assert_eq!(chosen(Some("hci0")).as_deref(), Some("hci0"));
        assert_eq!(chosen(Some("cellar")), None);
    }

    #[test]
    fn a_place_wins_over_a_name() {
        assert_eq!(
            choose(&adapters(), Some("hci1")).as_deref(),
            Some("/org/bluez/hci1")
        );
    }
}

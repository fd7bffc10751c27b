//! Named models: the table, one file a maker or kind.
//!
//! To add a model: add an [`Entry`] to the file it belongs to. Model ids are compared without
//! case, trailing spaces and NULs, as devices send them.

mod batteries;
mod lamps;
mod xiaomi;

use std::borrow::Cow;

pub(super) use batteries::curve;

use super::model::{Held, Model};
use super::part::Part;
use crate::DeviceInfo;

/// A named model.
#[derive(Debug)]
pub(super) struct Entry {
    /// The model ids of its Basic cluster.
    pub(super) ids: &'static [&'static str],
    /// The manufacturer names it comes with; empty: any.
    pub(super) makers: &'static [&'static str],
    /// The maker's model name.
    pub(super) model: &'static str,
    /// The maker.
    pub(super) vendor: &'static str,
    /// One line for people.
    pub(super) description: &'static str,
    /// What it does.
    pub(super) parts: &'static [&'static dyn Part],
    /// Names of its endpoints.
    pub(super) endpoints: &'static [(&'static str, u8)],
    /// Properties carry the endpoint's name.
    pub(super) suffixes: bool,
}

impl Entry {
    /// For `..` in tables.
    pub(super) const PLAIN: Self = Self {
        ids: &[],
        makers: &[],
        model: "",
        vendor: "",
        description: "",
        parts: &[],
        endpoints: &[],
        suffixes: false,
    };

    /// The model of a device of this entry.
    pub(super) fn model(&self, _info: &DeviceInfo) -> Model {
        let name = |(name, id): &(&'static str, u8)| (Cow::Borrowed(*name), *id);
        Model {
            vendor: self.vendor.into(),
            model: self.model.into(),
            description: self.description.into(),
            named: true,
            parts: self.parts.iter().map(|part| Held::Static(*part)).collect(),
            endpoints: self.endpoints.iter().map(name).collect(),
            suffixes: self.suffixes,
            quiet: false,
        }
    }
}

/// Every table.
const TABLES: &[&[Entry]] = &[lamps::MODELS, xiaomi::MODELS];

/// The named model of a device.
pub(super) fn find(info: &DeviceInfo) -> Option<&'static Entry> {
    let id = info.model_id.as_deref()?;
    let maker = info.manufacturer.as_deref().unwrap_or_default();
    let entries = TABLES.iter().flat_map(|table| table.iter());
    let mut matching = entries.filter(|e| {
        e.ids.iter().any(|known| same(known, id))
            && (e.makers.is_empty() || e.makers.iter().any(|known| same(known, maker)))
    });
    matching.next()
}

/// Whether a device means `known`; it may pad with NULs and spaces.
fn same(known: &str, sent: &str) -> bool {
    let sent = sent.split('\0').next().unwrap_or_default().trim();
    known.trim().eq_ignore_ascii_case(sent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_model_is_named_twice() {
        let mut seen = std::collections::HashSet::new();
        for entry in TABLES.iter().flat_map(|table| table.iter()) {
            for id in entry.ids {
                let makers = entry.makers.join("|");
                assert!(
                    seen.insert((id.to_lowercase(), makers)),
                    "{id} is there twice"
                );
            }
            assert!(
                !entry.parts.is_empty() && !entry.model.is_empty(),
                "{entry:?}"
            );
        }
    }

    #[test]
    fn padding_is_no_difference() {
        assert!(same("lumi.weather", "lumi.weather\0\0"));
        assert!(same("SP 120", "SP 120  "));
        assert!(!same("SP 120", "SP 12"));
    }
}

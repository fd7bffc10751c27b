//! Which frame is whose.

use super::THERMOMETERS;
use super::layouts::Layout;

/// A frame that is told by its length and any one of the rest.
pub(super) struct Kind {
    pub(super) model: &'static str,
    pub(super) length: usize,
    /// Parts of the name,
    pub(super) names: &'static [&'static str],
    /// the maker's number that it uses,
    pub(super) companies: &'static [u16],
    /// a service that it lists.
    pub(super) service: Option<u16>,
    pub(super) layout: Layout,
}

/// Services that meat probes list.
pub(super) static PROBE_SERVICES: &[u16] = &[
    0x5550, 0x8151, 0x8251, 0x8351, 0x8451, 0x8551, 0x9151, 0x9851,
];

const fn kind(
    model: &'static str,
    length: usize,
    names: &'static [&'static str],
    companies: &'static [u16],
    service: Option<u16>,
    layout: Layout,
) -> Kind {
    Kind {
        model,
        length,
        names,
        companies,
        service,
        layout,
    }
}

const fn thermometer(model: &'static str, name: &'static [&'static str]) -> Kind {
    kind(model, 6, name, &[], None, Layout::Packed { at: 2 })
}

const MANY: &str = "H5101/H5102/H5104/H5177";

/// Every frame that is not encrypted; the first that fits is it.
#[rustfmt::skip]
pub(super) static KINDS: &[Kind] = &[
    kind("H5127", 6, &["H5127"], &[0x8803, 0x8843], None, Layout::Presence),
    kind("H5072", 6, &["H5072"], &[], None, Layout::Packed { at: 1 }),
    kind("H5075", 6, &["H5075"], &[], None, Layout::Packed { at: 1 }),
    kind("H5129", 6, &["H5129"], &[], None, Layout::Packed { at: 1 }),
    kind("H5072/H5075", 6, &[], &[0xec88], None, Layout::Packed { at: 1 }),
    kind("H5112", 8, &["GV5112", "H5112"], &[], None, Layout::Pair),
    kind("H5140", 8, &["5140"], &[], None, Layout::Air),
    kind("H5108", 8, NAMED, &[0x0001], None, Layout::Packed { at: 2 }),
    kind("H5106", 6, &["H5106"], &[], None, Layout::Dust),
    thermometer("H5108", &["H5108"]),
    thermometer("H5100", &["H5100"]),
    thermometer("H5101", &["H5101"]),
    thermometer("H5102", &["H5102"]),
    thermometer("H5103", &["H5103"]),
    thermometer("H5104", &["H5104"]),
    thermometer("H5105", &["H5105"]),
    thermometer("H5174", &["H5174"]),
    thermometer("H5177", &["H5177"]),
    thermometer("H5110", &["H5110"]),
    thermometer("GV5179", &["GV5179"]),
    kind(MANY, 6, &[], &[], Some(THERMOMETERS), Layout::Packed { at: 2 }),
    kind("H5074", 7, &["H5074"], &[0xec88], None, Layout::Little { at: 1 }),
    kind("H5071", 9, &["H5071"], &[], None, Layout::Little { at: 1 }),
    kind("H5052", 9, &["H5052"], &[], None, Layout::Little { at: 1 }),
    kind("H5051", 9, &["H5051"], &[0xec88], None, Layout::Little { at: 1 }),
    kind("H5178", 9, &["H5178", "B5178"], &[0x0001], None, Layout::Parts),
    kind("H5179", 9, &["H5179"], &[0x8801], None, Layout::Little { at: 4 }),
    kind("H5181", 14, &["H5181"], &[0xf861, 0x388a, 0xea42, 0xaaa2, 0xd14b], Some(0x8151), Layout::OneProbe),
    kind("H5182", 17, &["H5182"], &[0x2730], Some(0x8251), Layout::TwoProbes),
    kind("H5183", 14, &["H5183"], &[0x67dd, 0xe02f, 0xf79f], Some(0x8351), Layout::OneProbe),
    kind("H5184", 17, &["H5184"], &[0x1b36], Some(0x8451), Layout::TwoOfFour),
    kind("H5185", 20, &["H5185"], &[0x4a32, 0x0332, 0x4c32], Some(0x8551), Layout::TwoWide),
    kind("H5191", 20, &["H5191"], &[0xac63], Some(0x9151), Layout::ProbeAndAir),
    kind("H5198", 20, &["H5198"], &[0x3022], Some(0x9851), Layout::TwoOfFourWide),
    kind("H5055", 20, &[], &[], Some(0x5550), Layout::TwoOfSix),
    kind("H5055", 20, &[], &[0xea1c], None, Layout::TwoOfSixBare),
];

/// Names of which 8 bytes, too, are a thermometer's.
const NAMED: &[&str] = &[
    "H5108", "H5100", "H5101", "H5102", "H5103", "H5104", "H5105", "H5174", "H5177", "H5110",
    "GV5179",
];

/// Whether the number is one that some kind uses.
pub(super) fn is_known_maker(company: u16) -> bool {
    KINDS.iter().any(|kind| kind.companies.contains(&company))
}

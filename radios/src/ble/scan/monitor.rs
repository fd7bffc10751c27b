//! Our advertisement monitors, as objects on the bus: BlueZ reads their patterns, and listens
//! passively while they are registered.
//!
//! What they find is told by the usual signals, sooner and more completely than by the monitors'
//! own calls; so those are only acknowledged.

use std::collections::HashMap;

use dbus::Message;
use dbus::arg::{PropMap, Variant};

use super::pattern::{PER_MONITOR, Pattern};

const MONITOR: &str = "org.bluez.AdvertisementMonitor1";

/// Properties of the objects under our root.
type Objects = HashMap<dbus::Path<'static>, HashMap<String, PropMap>>;
/// Position, AD type, content: as BlueZ wants them.
type Row = (u8, u8, Vec<u8>);

/// The monitors.
#[derive(Debug)]
pub(super) struct Monitors(Vec<Vec<Row>>);

impl Monitors {
    /// Where they live.
    pub(super) const ROOT: &str = "/hearth/monitors";

    pub(super) fn new(patterns: &[Pattern]) -> Self {
        let rows: Vec<Row> = (patterns.iter())
            .map(|pattern| (0, pattern.kind, pattern.start.clone()))
            .collect();
        Self(rows.chunks(PER_MONITOR).map(<[Row]>::to_vec).collect())
    }

    /// Answers a call, if it is for them.
    pub(super) fn answer(&self, call: &Message) -> Option<Message> {
        let path = call.path()?;
        let below = path.strip_prefix(Self::ROOT)?;
        match (&*call.interface()?, &*call.member()?) {
            ("org.freedesktop.DBus.ObjectManager", "GetManagedObjects") if below.is_empty() => {
                Some(call.method_return().append1(self.objects()))
            }
            ("org.freedesktop.DBus.Properties", "GetAll") => {
                let number: usize = below.strip_prefix('/')?.parse().ok()?;
                Some(
                    call.method_return()
                        .append1(properties(self.0.get(number)?)),
                )
            }
            (MONITOR, "Activate" | "Release" | "DeviceFound" | "DeviceLost") => {
                Some(call.method_return())
            }
            _ => None,
        }
    }

    fn objects(&self) -> Objects {
        let numbered = self.0.iter().enumerate();
        numbered
            .filter_map(|(number, rows)| {
                let path = dbus::Path::new(format!("{}/{number}", Self::ROOT)).ok()?;
                Some((path, HashMap::from([(MONITOR.into(), properties(rows))])))
            })
            .collect()
    }
}

fn properties(rows: &[Row]) -> PropMap {
    let mut map = PropMap::new();
    map.insert("Type".into(), Variant(Box::new("or_patterns".to_owned())));
    // 0: report every advert, not the change alone.
    map.insert("RSSISamplingPeriod".into(), Variant(Box::new(0_u16)));
    map.insert("Patterns".into(), Variant(Box::new(rows.to_vec())));
    map
}

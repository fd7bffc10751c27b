//! Which messages may be sent twice.
//!
//! When it is not known whether a message arrived (its acknowledgement was lost, or the dongle
//! restarted under it), sending it again is right for `on` and wrong for `toggle`.

use crate::zigbee::zcl::{Frame, Kind};

/// Commands of clusters that lead to the same state however often they are sent, by cluster.
const REPEATABLE: &[(u16, &[u8])] = &[
    (0x0003, &[0x00, 0x01]),                               // identify, query
    (0x0004, &[0x00, 0x01, 0x02, 0x03, 0x04]),             // groups: add, view, membership, remove
    (0x0005, &[0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06]), // scenes
    (0x0006, &[0x00, 0x01]),                               // off, on
    (0x0008, &[0x00, 0x03, 0x04, 0x07]),                   // move to level, stop
    (0x0020, &[0x00, 0x01, 0x02, 0x03]),                   // poll control
    (0x0101, &[0x00, 0x01]),                               // lock, unlock
    (0x0102, &[0x00, 0x01, 0x02, 0x04, 0x05, 0x07, 0x08]), // covers: all absolute
    (0x0201, &[0x01, 0x02, 0x03]),                         // thermostat schedules
    (
        0x0300,
        &[0x00, 0x03, 0x06, 0x07, 0x0a, 0x40, 0x43, 0x44, 0x47],
    ), // move to …, loop, stop
    (0x0500, &[0x00]),                                     // enroll response
];

/// Whether sending `frame` on `cluster` twice comes to the same as sending it once. Reading,
/// writing and configuring attributes always does.
pub(super) fn is_repeatable(cluster: u16, frame: &Frame) -> bool {
    match frame.kind {
        Kind::Global => true,
        Kind::Cluster => {
            frame.manufacturer.is_none()
                && REPEATABLE
                    .iter()
                    .any(|(id, commands)| *id == cluster && commands.contains(&frame.command))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zigbee::zcl::Global;

    #[test]
    fn on_may_be_repeated_and_toggle_may_not() {
        assert!(is_repeatable(0x0006, &Frame::tell(1, vec![])));
        assert!(!is_repeatable(0x0006, &Frame::tell(2, vec![])));
        assert!(!is_repeatable(0x0008, &Frame::tell(2, vec![0, 1, 0, 0])));
        let read = Frame::ask(&Global::ReadAttributes(vec![0]));
        assert!(is_repeatable(0x0006, &read));
    }
}

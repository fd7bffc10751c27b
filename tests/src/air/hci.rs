//! What an LE-only controller answers the host, so far as Linux asks.
//!
//! Layouts: Bluetooth Core, volume 4, part E, section 7.

/// Packet indicators of the H4 transport.
pub const COMMAND: u8 = 1;
/// ACL data.
pub const ACL: u8 = 2;
/// Events.
pub const EVENT: u8 = 4;

/// The one connection's handle.
pub const HANDLE: u16 = 0x0040;

const UNKNOWN_COMMAND: u8 = 0x01;
const COMMAND_COMPLETE: u8 = 0x0e;
const COMMAND_STATUS: u8 = 0x0f;
const LE_META: u8 = 0x3e;

/// How a command is answered.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// Command complete with these return parameters.
    Complete(Vec<u8>),
    /// Command status "pending", then what the controller does brings an event.
    Pending,
}

/// What a command changes.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// Everything is as after power on.
    Reset,
    /// From now on scanning is active or passive.
    ScanKind {
        /// Whether scan requests are sent.
        active: bool,
    },
    /// Scanning on or off.
    Scan(bool),
    /// Connect to this address, as on the air.
    Connect([u8; 6]),
    /// Do not connect any more.
    CancelConnect,
    /// End the connection.
    Disconnect,
    /// Tell the peer's LE features.
    Features,
    /// Tell the peer's version.
    Version,
    /// Other connection parameters.
    Update,
}

/// Answers command `opcode`; `address` is the controller's own, as on the air.
#[must_use]
pub fn command(opcode: u16, parameters: &[u8], address: [u8; 6]) -> (Answer, Effect) {
    let at = |index: usize| parameters.get(index).copied().unwrap_or(0);
    let complete = |values: &[u8]| Answer::Complete([&[0], values].concat());
    let ok = || complete(&[]);
    match opcode {
        // Reset
        0x0c03 => (ok(), Effect::Reset),
        // Local version: 4.2
        0x1001 => (complete(&[8, 0, 0, 8, 0xff, 0xff, 0, 0]), Effect::None),
        // Supported commands: none beyond those every controller has
        0x1002 => (complete(&[0; 64]), Effect::None),
        // Features: no BR/EDR, LE
        0x1003 => (complete(&[0, 0, 0, 0, 0x60, 0, 0, 0]), Effect::None),
        // BR/EDR buffers: none
        0x1005 => (complete(&[0; 7]), Effect::None),
        // Own address
        0x1009 => (complete(&address), Effect::None),
        // LE buffers: 8 of 251 bytes
        0x2002 => (complete(&[251, 0, 8]), Effect::None),
        // LE features: none
        0x2003 => (complete(&[0; 8]), Effect::None),
        // Transmit power of adverts, size of the accept list
        0x2007 => (complete(&[0]), Effect::None),
        0x200f => (complete(&[16]), Effect::None),
        // Random bytes; the block cipher
        0x2018 => (complete(&[1, 2, 3, 4, 5, 6, 7, 8]), Effect::None),
        0x2017 => (complete(&[0; 16]), Effect::None),
        // LE states: all
        0x201c => (
            complete(&[0xff, 0xff, 0xff, 0xff, 0xff, 3, 0, 0]),
            Effect::None,
        ),
        // Scan parameters, scan enable
        0x200b => (ok(), Effect::ScanKind { active: at(0) == 1 }),
        0x200c => (ok(), Effect::Scan(at(0) == 1)),
        // Create connection: interval, window, policy, peer address type, peer address …
        0x200d => {
            let mut peer = [0; 6];
            for (index, byte) in peer.iter_mut().enumerate() {
                *byte = at(6 + index);
            }
            (Answer::Pending, Effect::Connect(peer))
        }
        0x200e => (ok(), Effect::CancelConnect),
        0x2013 => (Answer::Pending, Effect::Update),
        0x2016 => (Answer::Pending, Effect::Features),
        0x041d => (Answer::Pending, Effect::Version),
        0x0406 => (Answer::Pending, Effect::Disconnect),
        // Event masks, host's support, name, page scan …, advertising, random address, accept list
        0x0c01
        | 0x0c05
        | 0x0c13
        | 0x0c16
        | 0x0c18
        | 0x0c1a
        | 0x0c24
        | 0x0c63
        | 0x0c6d
        | 0x2001
        | 0x2005..=0x200a
        | 0x2010..=0x2012 => (ok(), Effect::None),
        _ => (Answer::Complete(vec![UNKNOWN_COMMAND]), Effect::None),
    }
}

fn event(code: u8, parameters: &[u8]) -> Vec<u8> {
    let length = u8::try_from(parameters.len()).unwrap_or(u8::MAX);
    [&[EVENT, code, length], parameters].concat()
}

/// The event that answers a command.
#[must_use]
pub fn answer(opcode: u16, answer: &Answer) -> Vec<u8> {
    let [low, high] = opcode.to_le_bytes();
    match answer {
        Answer::Complete(values) => event(
            COMMAND_COMPLETE,
            &[&[1, low, high], values.as_slice()].concat(),
        ),
        Answer::Pending => event(COMMAND_STATUS, &[0, 1, low, high]),
    }
}

/// An advertising report.
#[must_use]
pub fn report(kind: u8, random: bool, address: [u8; 6], data: &[u8], rssi: i8) -> Vec<u8> {
    let length = u8::try_from(data.len()).unwrap_or(u8::MAX);
    let head = [2, 1, kind, u8::from(random)];
    let rssi = rssi.to_le_bytes();
    event(
        LE_META,
        &[&head, &address[..], &[length], data, &rssi].concat(),
    )
}

/// A connection to `peer` is there.
#[must_use]
pub fn connected(random: bool, peer: [u8; 6]) -> Vec<u8> {
    let [low, high] = HANDLE.to_le_bytes();
    let head = [1, 0, low, high, 0, u8::from(random)];
    // Interval 50 ms, no latency, time-out 5 s, accuracy.
    event(
        LE_META,
        &[&head, &peer[..], &[40, 0, 0, 0, 0xf4, 1, 0]].concat(),
    )
}

/// No connection came of it.
#[must_use]
pub fn not_connected(peer: [u8; 6]) -> Vec<u8> {
    // Unknown connection: what a cancelled attempt ends with.
    let head = [1, 2, 0, 0, 0, 0];
    event(LE_META, &[&head, &peer[..], &[0; 7]].concat())
}

/// The connection ended, for `reason`.
#[must_use]
pub fn disconnected(reason: u8) -> Vec<u8> {
    let [low, high] = HANDLE.to_le_bytes();
    event(0x05, &[0, low, high, reason])
}

/// The peer's LE features: none.
#[must_use]
pub fn features() -> Vec<u8> {
    let [low, high] = HANDLE.to_le_bytes();
    event(LE_META, &[&[4, 0, low, high][..], &[0; 8]].concat())
}

/// The peer's version.
#[must_use]
pub fn version() -> Vec<u8> {
    let [low, high] = HANDLE.to_le_bytes();
    event(0x0c, &[0, low, high, 8, 0xff, 0xff, 0, 0])
}

/// The connection's parameters.
#[must_use]
pub fn updated() -> Vec<u8> {
    let [low, high] = HANDLE.to_le_bytes();
    event(LE_META, &[3, 0, low, high, 40, 0, 0, 0, 0xf4, 1])
}

/// One data packet of the host was sent.
#[must_use]
pub fn sent() -> Vec<u8> {
    let [low, high] = HANDLE.to_le_bytes();
    event(0x13, &[1, low, high, 1, 0])
}

/// An L2CAP frame from the peer.
#[must_use]
pub fn data(channel: u16, payload: &[u8]) -> Vec<u8> {
    let frame = u16::try_from(payload.len()).unwrap_or(u16::MAX);
    // First fragment (10), complete.
    let [low, high] = (HANDLE | 0x2000).to_le_bytes();
    [
        &[ACL, low, high][..],
        &(frame + 4).to_le_bytes(),
        &frame.to_le_bytes(),
        &channel.to_le_bytes(),
        payload,
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scanning_is_told_by_its_kind() {
        let (answered, effect) = command(0x200b, &[0, 0x60, 0, 0x30, 0, 0, 0], [0; 6]);
        assert_eq!(effect, Effect::ScanKind { active: false });
        assert_eq!(answer(0x200b, &answered), [4, 0x0e, 4, 1, 0x0b, 0x20, 0]);
    }

    #[test]
    fn a_connection_goes_to_the_address_that_was_named() {
        let parameters = [0x60, 0, 0x30, 0, 0, 1, 6, 5, 4, 3, 2, 0xc1, 0];
        let (answered, effect) = command(0x200d, &parameters, [0; 6]);
        assert_eq!(effect, Effect::Connect([6, 5, 4, 3, 2, 0xc1]));
        assert_eq!(answer(0x200d, &answered), [4, 0x0f, 4, 0, 1, 0x0d, 0x20]);
    }

    #[test]
    fn reports_hold_address_data_and_strength() {
        let report = report(3, true, [6, 5, 4, 3, 2, 1], &[2, 1, 6], -60);
        assert_eq!(
            report,
            [4, 0x3e, 15, 2, 1, 3, 1, 6, 5, 4, 3, 2, 1, 3, 2, 1, 6, 0xc4]
        );
    }
}
